// Every call there is, as every role there is, on an object of every relation, and on what is foreign,
// guessed or absent; compared with the table of rights that docs/access.md shows. A call or a role added
// tomorrow is walked the same.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { ids, signIn, startWorld, identitySql } from '../support/records_world.mjs';

const printed = (flag) => execFileSync(join(build, 'bin/teleloire-api'), [flag], { encoding: 'utf8' });
const lines = (flag) => printed(flag).trim().split('\n').map((line) => line.split('\t'));
const routes = lines('--routes').map(([method, path, action, limit, asks, object]) => ({ method, path, action, asks, object, body: Number(limit) > 0, name: `${method} ${path}` }));
// action -> role -> relations; "any" needs none.
const table = new Map();
const objects = new Map();
for (const [action, object, role, relations] of lines('--access-rows')) {
  if (!table.has(action)) table.set(action, new Map());
  table.get(action).set(role, new Set(relations.split(' ')));
  objects.set(action, object);
}
const ROLES = ['doctor', 'nurse', 'midwife', 'secretary', 'manager', 'operator', 'ars', 'committee'];
const RELATIONS = { act: ['own', 'colleague', 'planner', 'care_team', 'emergency'], patient: ['structure', 'care_team', 'emergency'], structure: ['structure'] };
const relations = (action, role) => new Set([...(table.get(action)?.get(role) ?? []), ...(table.get(action)?.get('person') ?? [])]);
const allowed = (action, role, relation) => ['any', 'territory', relation].some((word) => relations(action, role).has(word));
// Knows that it is there: some action upon such objects is theirs in this relation.
const known = (object, role, relation) => [...objects].some(([action, of]) => of === object && [relation, 'territory'].some((word) => relations(action, role).has(word)));

let world, api;
const people = {}; // role -> {id, browser}
const object = {}; // role -> kind -> relation -> {id, document}
const foreign = {}; // kind -> id
const visitors = {}; // asks -> {browser, document}
const closing = { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: true };
const exact = { birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109' };

const newPatient = (structure) => world.one(`with p as (insert into patient (identity)
  values (${identitySql({ birth_name: "'X'", first_names: `'${randomUUID().replace(/[^a-f]/g, '')}'` })}) returning id)
  insert into patient_structure (patient_id, structure_id) select id, '${structure}' from p returning patient_id`);
const newAct = (professional, patient, structure) => world.one(`insert into act (professional_id, patient_id, structure_id, starts_at, created_by)
  values ('${professional}', '${patient}', '${structure}', now(), '${professional}') returning id`);
const opened = (person, patient) => world.sql(`insert into emergency_access (patient_id, person_id, reason, expires_at) values ('${patient}', '${person}', 'Inconsciente', now() + interval '1 hour')`);
const joined = (person, patient) => world.sql(`insert into care_team (patient_id, person_id, added_by) values ('${patient}', '${person}', '${ids.chloe}')`);

// One object of each relation; the document of an act is put there by who holds it.
async function objectsOf(role, holders) {
  const { id, browser } = people[role];
  const make = {
    own: () => [newAct(id, newPatient(ids.clisson), ids.clisson), browser],
    colleague: () => {
      const made = newAct(ids.anne, newPatient(ids.clisson), ids.clisson);
      world.sql(`insert into act_colleague (act_id, person_id, invited_by) values ('${made}', '${id}', '${ids.anne}')`);
      return [made, holders.anne];
    },
    planner: () => [newAct(ids.bruno, newPatient(ids.clisson), ids.clisson), holders.bruno],
    care_team: () => { const patient = newPatient(ids.cholet); joined(id, patient); return [newAct(ids.chloe, patient, ids.cholet), holders.chloe]; },
    emergency: () => { const patient = newPatient(ids.cholet); opened(id, patient); return [newAct(ids.chloe, patient, ids.cholet), holders.chloe]; },
  };
  world.sql(`insert into delegation (structure_id, professional_id, delegate_id, set_by) values ('${ids.clisson}', '${ids.bruno}', '${id}', '${ids.bruno}')`);
  const acts = {};
  for (const [relation, made] of Object.entries(make)) {
    const [act, holder] = made();
    const file = await holder.call('POST', `/api/acts/${act}/documents?kind=other`, Buffer.from('%PDF-1.4 x'));
    acts[relation] = { id: act, document: file.status === 201 ? file.body.id : randomUUID() };
  }
  const [team, emergency] = [newPatient(ids.cholet), newPatient(ids.cholet)];
  joined(id, team);
  opened(id, emergency);
  const ofStructure = newPatient(ids.clisson);
  world.keys('seal');
  return { act: acts, patient: { structure: { id: ofStructure }, care_team: { id: team }, emergency: { id: emergency } }, structure: { structure: { id: ids.clisson } } };
}

function visitor(token) {
  const browser = api.browser();
  browser.cookies.set('__Host-teleloire-visit', token);
  browser.csrf = createHmac('sha256', token).update('teleloire csrf ').digest('base64url');
  return browser;
}

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  const holders = {};
  for (const name of ['anne', 'bruno', 'chloe']) holders[name] = await signIn(api, `${name}@exemple.fr`);
  for (const role of ROLES) {
    const id = world.one(`insert into person (given_name, family_name) values ('${role}', 'X') returning id`);
    world.sql(`insert into membership (person_id, structure_id, role) values ('${id}', '${ids.clisson}', '${role}');
      insert into account (person_id, login, password_hash) select '${id}', 'role-${role}@exemple.fr', password_hash from account limit 1`);
    people[role] = { id, browser: await signIn(api, `role-${role}@exemple.fr`) };
    object[role] = await objectsOf(role, holders);
  }
  const patient = newPatient(ids.cholet);
  world.keys('seal');
  Object.assign(foreign, { act: newAct(ids.chloe, patient, ids.cholet), patient, structure: ids.cholet });
  const act = (await holders.anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '',
    invite: { email: 'x@exemple.fr', phone: null, language: 'fr' } })).body.id;
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${act}'`);
  await holders.anne.post(`/api/acts/${act}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  assert.equal((await holders.anne.post(`/api/acts/${act}/close`, closing)).status, 200);
  world.sql(`insert into visit (token_sha256, invitation_id) select sha256('visitor'), id from invitation where act_id = '${act}';
    insert into visit (token_sha256, delivery_id) select sha256('recipient'), id from delivery where act_id = '${act}'`);
  const document = world.one(`select id from document where act_id = '${act}' and kind = 'report'`);
  for (const asks of ['visitor', 'recipient']) visitors[asks] = { browser: visitor(asks), document };
}, { timeout: 240_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

const address = (route, first, second = randomUUID()) => route.path.replace('{}', first).replace('{}', second);
// What it asks has a field that no call knows: nothing is changed, and whether it was let in is seen.
const send = (browser, route, first, second, query = '') => browser.call(route.method, address(route, first, second) + query, route.body ? { zzz: 1 } : undefined);
const letIn = (answer) => ![401, 403, 404, 405].includes(answer.status) && answer.status < 500;

test('docs/access.md is the table, cell by cell', () => {
  const docs = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
  assert.equal(docs, printed('--access'), 'build/dev/bin/teleloire-api --access >docs/access.md');
  const seen = new Set();
  let heads = [];
  for (const cells of docs.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))) {
    if (cells[0] === 'action') heads = cells[1] === 'what' ? cells.slice(2) : [];
    if (!cells[0].startsWith('`') || !heads.length) continue;
    const action = cells[0].slice(1, -1);
    seen.add(action);
    heads.forEach((role, i) => {
      const words = ['nobody', 'visitor', 'recipient', 'half'].includes(role) ? table.get(action).get(role) ?? new Set() : relations(action, role);
      assert.deepEqual(new Set(cells[i + 2] === '—' ? [] : cells[i + 2].split(', ')), words, `${action} of ${role}`);
    });
  }
  assert.deepEqual([...seen].sort(), [...table.keys()].sort());
  for (const route of routes) assert.ok(table.has(route.action), route.name);
});

test('as every role, on an object of every relation, each call answers what the table says', { timeout: 240_000 }, async (t) => {
  for (const role of ROLES)
    await t.test(role, async () => {
      world.sql('update web_session set proved_at = now() where proved_at is not null'); // a proof that grew old is no matter of rights
      for (const route of routes.filter((r) => r.asks === 'person')) {
        const kinds = route.object === 'nothing' ? [null] : RELATIONS[route.object];
        for (const relation of kinds) {
          const what = `${role} ${relation ?? ''} ${route.name}`;
          const on = relation ? object[role][route.object][relation] : { id: /operator\/structures/.test(route.path) ? ids.clisson : randomUUID() };
          const answer = await send(people[role].browser, route, on.id, on.document);
          if (relation ? allowed(route.action, role, relation) : relations(route.action, role).size) {
            assert.ok(letIn(answer), `${what} is let in: ${answer.status} ${answer.raw}`);
          } else {
            const status = relation && !known(route.object, role, relation) ? 404 : 403;
            assert.equal(answer.status, status, `${what} is refused: ${answer.raw}`);
            assert.equal(answer.body.type, status === 404 ? '/problems/missing' : '/problems/forbidden', what);
          }
        }
      }
    });
});

test('what is foreign, guessed or absent is one and the same 404, byte for byte, for every role', { timeout: 240_000 }, async () => {
  const bodies = new Set();
  for (const role of ROLES)
    for (const route of routes.filter((r) => r.object !== 'nothing')) {
      if (known(route.object, role, 'territory')) continue; // who knows them all is told 403, not 404
      // Who may open an emergency is told no more about an id than that it is not who they say.
      const any = relations(route.action, role).has('any');
      for (const id of [foreign[route.object], randomUUID(), '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
        const answer = any ? await people[role].browser.post(address(route, id), { ...exact, reason: 'Inconsciente aux urgences' }) : await send(people[role].browser, route, id);
        assert.equal(answer.status, 404, `${role} ${route.name} ${id}: ${answer.raw}`);
        bodies.add(`${answer.raw}`);
      }
    }
  // A document that is not of this act, of one's own act.
  for (const document of [object.doctor.act.colleague.document, visitors.visitor.document, randomUUID()])
    bodies.add(`${(await people.doctor.browser.get(`/api/acts/${object.doctor.act.own.id}/documents/${document}`)).raw}`);
  for (const [asks, path] of [['visitor', '/api/visit/documents/'], ['recipient', '/api/deliveries/documents/']])
    for (const document of [object.doctor.act.own.document, randomUUID()]) bodies.add(`${(await visitors[asks].browser.get(path + document)).raw}`);
  assert.deepEqual([...bodies].length, 1, [...bodies].join('\n'));
});

test('nobody, a session that is over, and a cookie of another kind are refused by every call that asks who it is', async () => {
  const over = await signIn(api, 'anne@exemple.fr');
  world.sql("update web_session set last_seen_at = now() - interval '31 minutes' where token_sha256 = sha256('" + over.cookies.get('__Host-teleloire') + "')");
  const guessed = api.browser();
  guessed.cookies.set('__Host-teleloire', 'guessed').set('__Host-teleloire-visit', 'guessed');
  for (const route of routes) {
    const own = route.object === 'nothing' ? randomUUID() : object.doctor[route.object].structure?.id ?? object.doctor.act.own.id;
    const ours = [visitors.visitor.browser, visitors.recipient.browser];
    const others = { person: ours, half: ours, visitor: [people.doctor.browser, visitors.recipient.browser], recipient: [people.doctor.browser, visitors.visitor.browser], nobody: [] };
    for (const browser of [api.browser(), over, guessed, ...others[route.asks]]) {
      const answer = await send(browser, route, own);
      if (route.asks === 'nobody') assert.notEqual(answer.status, 401, route.name);
      else assert.equal(answer.status, 401, `${route.name}: ${answer.raw}`);
    }
  }
});

test('a visitor and a recipient are let in where the table says, and by no call of the other', async () => {
  for (const route of routes.filter((r) => r.asks === 'visitor' || r.asks === 'recipient')) {
    const { browser, document } = visitors[route.asks];
    const answer = await send(browser, route, document);
    assert.ok(letIn(answer), `${route.name}: ${answer.status} ${answer.raw}`);
  }
});

test('another verb is 405 and a doubled parameter, field or id is refused, whoever asks', async () => {
  const askers = [api.browser(), visitors.visitor.browser, ...ROLES.map((role) => people[role].browser)];
  for (const route of routes)
    for (const [i, browser] of askers.entries()) {
      const role = ROLES[i - 2] ?? 'doctor';
      const relation = route.object === 'nothing' ? null : RELATIONS[route.object].find((r) => allowed(route.action, role, r)) ?? RELATIONS[route.object][0];
      const on = relation ? object[role][route.object][relation] : { id: randomUUID() };
      const path = address(route, on.id, on.document);
      for (const method of ['GET', 'POST', 'PATCH', 'DELETE'])
        if (!routes.some((r) => r.path === route.path && r.method === method))
          assert.equal((await browser.call(method, path)).status, 405, `${method} ${path}`);
      for (const query of ['?a=1&a=1', `?id=${foreign.act}`, `?limit=1&limit=1`])
        if (!route.body) assert.ok((await browser.call(route.method, path + query)).status >= 400, path + query);
      const twice = await browser.call(route.method, path, Buffer.from('{"a":1,"a":2}'), { 'content-type': 'application/json' });
      assert.ok(twice.status >= 400, `${route.name}: ${twice.status}`);
      if (relation) assert.equal((await browser.call(route.method, path.replace(on.id, `${on.id}/${foreign[route.object]}`))).status, 404, path);
    }
});

test('ids are random, and an answer counts nothing that is not shown', async () => {
  // Version 4 of RFC 9562: nothing in an id is a number that grows.
  for (const kind of ['act', 'patient', 'structure'])
    for (const [id] of world.sql(`select id from ${kind} where id::text not like '00000000-%'`)) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, kind);
  const numbers = world.sql("select table_name, column_name from information_schema.columns where table_schema = 'public' and (is_identity = 'YES' or column_default like 'nextval%')").map((row) => row.join('.'));
  assert.deepEqual(numbers.sort(), ['code_sent.id', 'data_key.id', 'sign_in_failure.id'], 'numbers that grow, which no call shows');
  const before_ = await people.doctor.browser.get('/api/acts');
  newAct(ids.chloe, foreign.patient, ids.cholet);
  assert.deepEqual((await people.doctor.browser.get('/api/acts')).body, before_.body);
});
