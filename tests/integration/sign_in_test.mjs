// Guessing passwords, and changing one's own.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startApi } from '../support/api_driver.mjs';
import { PASSWORD, signIn, startWorld } from '../support/records_world.mjs';

let world, api, other;
const from = (peer, there = api) => Object.assign(there.browser(), { peer });
const attempt = (browser, login, password) => browser.post('/api/sign-in', { login, password });
// count failures of a login or from an address, so many seconds ago each.
const failures = (count, seconds, { login = 'x', peer = '192.0.2.200' }) => world.sql(`insert into sign_in_failure (login_sha256, peer, at)
  select sha256(${login === 'x' ? "('x' || n)::bytea" : `'${login}'`}), '${peer}', now() - interval '${seconds} seconds' from generate_series(1, ${count}) as n`);
const minutes = (answer, language = 'fr') => Number(answer.body.detail.match(language === 'fr' ? /dans (\d+) minutes?\./ : /in (\d+) minutes?\./)[1]);

before(async () => {
  world = await startWorld();
  api = await startApi(world.config, 0);
  other = await startApi(world.config, 1);
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await other?.stop();
  await world?.stop();
});

test('a login is locked by its fifth failure, says for how long, and opens by itself then', async () => {
  const login = 'bruno@exemple.fr';
  failures(3, 1, { login });
  assert.equal((await attempt(from('192.0.2.1'), login, 'non')).status, 401, 'the fourth');
  assert.equal((await attempt(from('192.0.2.2'), 'BRUNO@exemple.fr', 'non')).status, 401, 'the fifth, however it is written');
  const locked = await attempt(from('192.0.2.3'), login, PASSWORD);
  assert.deepEqual([locked.status, locked.body.type, minutes(locked)], [429, '/problems/locked', 15]);
  const wait = Number(locked.headers['retry-after']);
  assert.ok(wait > 880 && wait <= 900, `${wait}`);
  assert.equal((await attempt(from('192.0.2.1'), 'chloe@exemple.fr', PASSWORD)).status, 200, 'another login from the same address');
  // Being refused does not lock for longer.
  assert.equal(world.one(`select count(*) from sign_in_failure where login_sha256 = sha256('${login}')`), '5');
  world.sql(`update sign_in_failure set at = at - interval '${wait - 90} seconds'`);
  const later = await attempt(from('192.0.2.3'), login, PASSWORD);
  assert.deepEqual([later.status, minutes(later)], [429, 2]);
  const english = await from('192.0.2.3').post('/api/sign-in', { login, password: PASSWORD }, { 'accept-language': 'en' });
  assert.equal(minutes(english, 'en'), 2);
  world.sql("update sign_in_failure set at = at - interval '91 seconds'");
  assert.equal((await attempt(from('192.0.2.3'), login, PASSWORD)).status, 200);
  assert.equal(world.one(`select count(*) from sign_in_failure where login_sha256 = sha256('${login}')`), '0', 'forgiven');
});

test('the lock is over when the failure that filled it is old, not the first nor the last', async () => {
  const login = 'ars@exemple.fr';
  failures(1, 890, { login });
  failures(3, 600, { login });
  failures(1, 30, { login });
  assert.equal(minutes(await attempt(from('192.0.2.4'), login, PASSWORD)), 1, 'once the oldest of five is past, four are left');
  world.sql(`delete from sign_in_failure where login_sha256 = sha256('${login}')`);
});

test('an address is locked by its fiftieth failure, and only it', async () => {
  const peer = '203.0.113.9';
  failures(49, 300, { peer });
  assert.equal((await attempt(from(peer), 'personne@exemple.fr', 'non')).status, 401, 'the fiftieth');
  const locked = await attempt(from(peer), 'anne@exemple.fr', PASSWORD);
  assert.deepEqual([locked.status, minutes(locked)], [429, 10]);
  assert.equal((await attempt(from('203.0.113.10'), 'anne@exemple.fr', PASSWORD)).status, 200);
  world.sql('delete from sign_in_failure');
});

test('many tries at once of two workers are five and no more', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => attempt(from(`198.51.100.${i}`, i % 2 ? api : other), 'sylvie@exemple.fr', 'non')));
  assert.equal(answers.filter((a) => a.status === 401).length, 5, answers.map((a) => a.status).join());
  assert.equal(answers.filter((a) => a.status === 429).length, 7);
  world.sql('delete from sign_in_failure');
});

const NEW = 'une phrase nouvelle, à moi seule';
const change = (browser, old_password, new_password) => browser.post('/api/me/password', { old_password, new_password });

test('a changed password opens, the old one does not, and other browsers are signed out', async () => {
  const [here, there, colleague] = [await signIn(api, 'chloe@exemple.fr'), await signIn(other, 'chloe@exemple.fr'), await signIn(api, 'bruno@exemple.fr')];
  const done = await change(here, PASSWORD, NEW);
  assert.equal(done.status, 204, `${done.raw}`);
  assert.equal((await here.get('/api/me')).status, 200, 'where it was changed one stays');
  assert.equal((await there.get('/api/me')).status, 401);
  assert.equal((await colleague.get('/api/me')).status, 200);
  assert.equal((await attempt(api.browser(), 'chloe@exemple.fr', PASSWORD)).status, 401);
  assert.equal((await attempt(api.browser(), 'chloe@exemple.fr', NEW)).status, 200);
  assert.match(world.one("select password_hash from account where login = 'chloe@exemple.fr'"), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('a wrong old password is a failed sign-in: counted with the others, and locked with them', async () => {
  const browser = await signIn(api, 'anne@exemple.fr');
  for (let i = 0; i < 3; i++) {
    const wrong = await change(browser, 'pas le mien', NEW);
    assert.deepEqual([wrong.status, wrong.body.type, wrong.body.field], [401, '/problems/credentials', 'old_password']);
  }
  assert.equal((await attempt(api.browser(), 'anne@exemple.fr', 'non')).status, 401);
  assert.equal((await change(browser, 'pas le mien', NEW)).status, 401, 'the fifth of both');
  const locked = await change(browser, PASSWORD, NEW);
  assert.deepEqual([locked.status, locked.body.type], [429, '/problems/locked']);
  assert.equal((await attempt(from('192.0.2.50'), 'anne@exemple.fr', PASSWORD)).status, 429);
  assert.equal((await browser.get('/api/me')).status, 200, 'who is signed in stays so');
  world.sql('delete from sign_in_failure');
  assert.equal((await attempt(api.browser(), 'anne@exemple.fr', PASSWORD)).status, 200, 'nothing was changed');
});

test('a new password is long enough, not the old one, and sent by a page of ours', async () => {
  const browser = await signIn(api, 'anne@exemple.fr');
  for (const [password, status] of [['é'.repeat(11), 400], [PASSWORD, 400], ['é'.repeat(201), 400]]) {
    const refused = await change(browser, PASSWORD, password);
    assert.deepEqual([refused.status, refused.body.field], [status, 'new_password']);
  }
  assert.equal((await browser.post('/api/me/password', { old_password: PASSWORD, new_password: NEW }, { 'x-teleloire-csrf': null })).status, 403);
  assert.equal((await change(api.browser(), PASSWORD, NEW)).status, 401);
  assert.equal(world.one('select count(*) from sign_in_failure'), '0', 'none of these is a guess');
  for (const edge of ['é'.repeat(12), 'é'.repeat(200)]) {
    assert.equal((await change(browser, edge.length === 12 ? PASSWORD : 'é'.repeat(12), edge)).status, 204);
    assert.equal((await attempt(api.browser(), 'anne@exemple.fr', edge)).status, 200);
  }
});

test('of two changes at once one holds', async () => {
  const [one, two] = [await signIn(api, 'bruno@exemple.fr'), await signIn(other, 'bruno@exemple.fr')];
  const answers = await Promise.all([change(one, PASSWORD, `${NEW} 1`), change(two, PASSWORD, `${NEW} 2`)]);
  assert.deepEqual(answers.map((a) => a.status).sort(), [204, 401]);
});

test('a browser is listed to its owner and ended by name; nobody else can', async () => {
  const [here, there, colleague] = [await signIn(api, 'sylvie@exemple.fr'), await signIn(other, 'sylvie@exemple.fr'), await signIn(api, 'ars@exemple.fr')];
  const list = await there.get('/api/me/sessions');
  assert.equal(list.status, 200, list.raw);
  const [mine] = list.body.filter((s) => s.here);
  assert.deepEqual(list.body.map((s) => s.here).sort(), [false, true], 'two browsers, one of them this');
  assert.equal((await colleague.post(`/api/me/sessions/${mine.id}/revoke`, {})).status, 404);
  assert.equal((await there.get('/api/me')).status, 200, 'a colleague ends nothing');
  assert.equal((await here.post(`/api/me/sessions/${mine.id}/revoke`, {})).status, 204);
  assert.equal((await there.get('/api/me')).status, 401);
  assert.equal((await here.post(`/api/me/sessions/${mine.id}/revoke`, {})).status, 404, 'over is over');
  assert.deepEqual((await here.get('/api/me/sessions')).body.map((s) => s.here), [true]);
});

test('signed out everywhere is every browser of the account, and of no other', async () => {
  const [here, there, colleague] = [await signIn(api, 'sylvie@exemple.fr'), await signIn(other, 'sylvie@exemple.fr'), await signIn(api, 'ars@exemple.fr')];
  assert.equal((await here.post('/api/me/sign-out-everywhere', {})).status, 204);
  assert.deepEqual([(await here.get('/api/me')).status, (await there.get('/api/me')).status, (await colleague.get('/api/me')).status], [401, 401, 200]);
});
