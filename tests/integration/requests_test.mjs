// Every call there is, from the program's own table, asked in every wrong way: each answer is a
// problem that says which, and a call added tomorrow is asked the same.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { allowEverything } from '../support/people_rows.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, act;
const routes = execFileSync(join(build, 'bin/teleloire-api'), ['--routes'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t'))
  .map(([method, path, action, limit, asks, object]) => ({ method, path, action, asks, object, limit: Number(limit), file: method === 'POST' && path.endsWith('/documents') }))
  .filter(({ path }) => !path.startsWith('/api/psc/')); // not offered here: what they refuse is in psc_attacks_test
const withBody = routes.filter((route) => route.limit);
const spare = '00000000-0000-4000-8000-0000000000ff';

before(async () => {
  world = await startWorld();
  allowEverything(world);
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
  act = (await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '', invite: null })).body.id;
  // The browsers of a visitor and of who receives a report, past their codes.
  world.sql(`with i as (insert into invitation (act_id, role, identity, has_email, has_phone, token_sha256, code_hash)
      values ('${act}', 'patient', '{"name":"Jeanne","email":"x@exemple.fr"}', true, false, sha256('i'), sha256('c')) returning id)
    insert into visit (token_sha256, invitation_id) select sha256('visitor'), id from i`);
  world.sql(`with d as (insert into delivery (act_id, identity, token_sha256, code_hash, expires_at)
      values ('${act}', '{"email":"x@exemple.fr"}', sha256('d'), sha256('c'), now() + interval '1 day') returning id)
    insert into visit (token_sha256, delivery_id) select sha256('recipient'), id from d`);
  world.keys('seal');
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

function who(asks) {
  if (asks === 'nobody') return api.browser();
  if (asks === 'person' || asks === 'half') return anne;
  const browser = api.browser();
  browser.cookies.set('__Host-teleloire-visit', asks);
  browser.csrf = createHmac('sha256', asks).update('teleloire csrf ').digest('base64url'); // tokens.c makes it of the token
  return browser;
}
const address = (route) => route.path.replace('{}', { patient: ids.jeanne, act, structure: ids.clisson }[route.object] ?? spare).replace('{}', spare);
const send = (route, body, headers = { 'content-type': 'application/json' }, query = '') =>
  who(route.asks).call(route.method, address(route) + query, body === undefined ? undefined : Buffer.from(body), headers);

function isProblem(answer, statuses, types, what) {
  assert.ok(statuses.includes(answer.status), `${what}: ${answer.status} ${answer.raw}`);
  assert.equal(answer.headers['content-type'], 'application/problem+json', what);
  assert.ok(types.includes(answer.body.type.replace('/problems/', '')), `${what}: ${answer.raw}`);
  assert.equal(answer.body.status, answer.status, what);
  assert.ok(answer.body.title && answer.body.detail, what);
}

test('what is no JSON object, wholly and once, is refused by every call', async () => {
  const deep = (levels) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  for (const route of withBody.filter((r) => !r.file)) {
    const name = `${route.method} ${route.path}`;
    for (const body of ['{"a":', '{', '[1]', '"x"', '1', 'null', '{"a":1}x', '{"a":1,"a":2}', '{a:1}', "{'a':1}", '{"a":01}', '{"a":"\\ud800"}', '{"a":"\u0001"}', '\u0000'])
      isProblem(await send(route, body), [400], ['format'], `${name} ${JSON.stringify(body)}`);
    isProblem(await send(route, deep(17)), [413], ['too_big'], `${name}: depth`);
    isProblem(await send(route, deep(16)), [400], ['field'], `${name}: depth at its edge`);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', null])
      isProblem(await send(route, '{"a":1}', { 'content-type': type }), [415], ['format'], `${name}: ${type}`);
  }
});

test('a field that is unknown, missing or of the wrong type is refused by its name, by every call', async () => {
  for (const route of withBody.filter((r) => !r.file)) {
    const name = `${route.method} ${route.path}`;
    const unknown = await send(route, '{"zzz":1}');
    isProblem(unknown, [400], ['field'], name);
    assert.ok(unknown.body.field, name);
    // What is missing is named; given in a wrong type it is named again; and so on, as far as it goes.
    const { field } = unknown.body;
    if (field === 'zzz') continue;
    for (const wrong of [[], {}, 5, true, ''].filter((value) => (typeof value !== 'boolean' || field !== 'given') && (!Array.isArray(value) || field !== 'links'))) {
      const answer = await send(route, JSON.stringify({ [field]: wrong }));
      isProblem(answer, [400], ['field'], `${name} ${field}=${JSON.stringify(wrong)}`);
      assert.equal(answer.body.field, field, `${name} ${field}=${JSON.stringify(wrong)}`);
    }
  }
});

test('one byte more than a call takes is refused, of every call', async () => {
  for (const route of withBody) {
    const over = Buffer.alloc(route.limit + 1, ' ');
    over.write('{}');
    isProblem(await send(route, over), [413], ['too_big'], `${route.method} ${route.path}`);
  }
  for (const route of routes.filter((r) => !r.limit))
    isProblem(await send(route, 'x'), [413], ['too_big'], `${route.method} ${route.path} takes no body`);
});

test('a file that is none, and an unknown parameter, are refused by every call', async () => {
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    if (route.file) isProblem(await send(route, 'MZ', { 'content-type': 'image/png' }, '?kind=photo'), [415], ['format'], name);
    if (route.method === 'GET' || route.file) {
      const answer = await send(route, undefined, {}, '?zzz=1');
      // A document that is not there has no parameters to be wrong.
      isProblem(answer, /documents\/\{\}/.test(route.path) ? [404] : [400], ['field', 'missing'], name);
      isProblem(await send(route, undefined, {}, '?a=%zz'), /documents\/\{\}/.test(route.path) ? [404] : [400], ['format', 'field', 'missing'], name);
    }
  }
});

test('without an identity, or under another method, every call is refused', async () => {
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    if (route.asks !== 'nobody') isProblem(await api.browser().call(route.method, address(route)), [401], ['not_signed_in'], name);
    if (route.limit && route.asks !== 'nobody') {
      isProblem(await who(route.asks).call(route.method, address(route), {}, { 'x-teleloire-csrf': null }), [403], ['forbidden'], `${name} without CSRF`);
    }
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE'])
      if (!routes.some((r) => r.path === route.path && r.method === method))
        isProblem(await anne.call(method, address(route)), [405], ['method'], `${method} ${route.path}`);
    isProblem(await anne.call(route.method, `${address(route)}/`), [404], ['missing'], `${name}/`);
    isProblem(await anne.call('PUT', address(route)), [405], ['method'], `PUT ${route.path}`);
  }
});

test('docs/api.md names every call', () => {
  const docs = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  for (const { method, path } of routes) {
    const pattern = path.replaceAll('{}', '\\{[a-z]+\\}');
    const short = new RegExp(`${method} ${pattern}[\`?]`).test(docs) || new RegExp(`\`${path.match(/\/(code|new-code)$/)?.[0] ?? '\0'}\``).test(docs);
    assert.ok(short, `${method} ${path}`);
  }
});
