// Emergency access: who knows exactly who a patient is opens their record for a while, with a reason;
// the patient's structures are told, the audit has it, and it ends by itself.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, chloe, sylvie, max, act;
const exact = { birth_name: 'Moreau', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109' };
const reason = 'Inconsciente aux urgences de Cholet';
const open = (browser, more = {}, id = ids.jeanne) => browser.post(`/api/patients/${id}/emergency`, { ...exact, reason, ...more });

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  const hash = world.one('select password_hash from account limit 1');
  world.sql(`insert into person (id, given_name, family_name, email) values ('${randomUUID()}', 'Max', 'Gestion', 'max@exemple.fr');
    insert into membership (person_id, structure_id, role) select id, '${ids.clisson}', 'manager' from person where email = 'max@exemple.fr';
    insert into account (person_id, login, password_hash) select id, email, '${hash}' from person where email = 'max@exemple.fr'`);
  [anne, chloe, sylvie, max] = await Promise.all(['anne', 'chloe', 'sylvie', 'max'].map((name) => signIn(api, `${name}@exemple.fr`)));
  act = (await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Douleur', invite: null })).body.id;
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

test('a patient is found over the region by all of their identity, and by nothing less', async () => {
  assert.deepEqual((await chloe.post('/api/patients/find', exact)).body, { id: ids.jeanne });
  for (const wrong of [{ birth_name: 'MOREAUX' }, { first_names: 'Jeanne' }, { birth_date: '1956-04-13' }, { sex: 'M' }, { birth_place_code: '44110' }])
    assert.equal((await chloe.post('/api/patients/find', { ...exact, ...wrong })).status, 404, JSON.stringify(wrong));
  for (const field of Object.keys(exact)) {
    const answer = await chloe.post('/api/patients/find', { ...exact, [field]: undefined });
    assert.deepEqual([answer.status, answer.body.field], [400, field]);
  }
  assert.equal((await sylvie.post('/api/patients/find', exact)).status, 403, 'a secretary opens nothing');
  assert.equal((await chloe.get(`/api/patients/${ids.jeanne}`)).status, 404, 'being found opens nothing');
});

test('an id without the identity, a reason too short or a time too long open nothing', async () => {
  assert.equal((await open(chloe, { birth_date: '1956-04-13' })).status, 404);
  assert.equal((await open(chloe, {}, ids.paul)).status, 404, 'the identity of another');
  for (const [field, value] of [['reason', 'urgent'], ['reason', undefined], ['minutes', 241], ['minutes', 4]])
    assert.equal((await open(chloe, { [field]: value })).body.field, field);
  assert.equal((await open(sylvie)).status, 403);
  assert.equal(world.one('select count(*) from emergency_access'), '0');
  assert.equal((await chloe.get(`/api/patients/${ids.jeanne}`)).status, 404);
});

test('it opens the patient and their acts for reading, tells the structure at once without a name, and is audited', async () => {
  assert.equal((await chloe.get(`/api/acts/${act}`)).status, 404);
  const before_ = world.messages().length;
  const opened = await open(chloe);
  assert.equal(opened.status, 201, `${opened.raw}`);
  assert.equal(opened.body.patient.id, ids.jeanne);
  const left = Date.parse(opened.body.expires_at) - Date.now();
  assert.ok(left > 59 * 60_000 && left <= 60 * 60_000, 'an hour');
  assert.equal((await chloe.get(`/api/patients/${ids.jeanne}`)).status, 200);
  const read = await chloe.get(`/api/acts/${act}`);
  assert.deepEqual([read.status, read.body.reason, read.body.may], [200, 'Douleur', []], 'read, and no more');
  assert.deepEqual((await chloe.get(`/api/acts?patient=${ids.jeanne}`)).body.items.map((a) => a.id), [act]);
  assert.equal((await chloe.post(`/api/acts/${act}/join`)).status, 403);
  assert.equal((await chloe.patch(`/api/patients/${ids.jeanne}`, { used_name: 'x' })).status, 403);
  const told = world.messages().slice(before_);
  assert.deepEqual(told.map((m) => m.to), ['max@exemple.fr']);
  assert.match(told[0].text, /MSP de Clisson[\s\S]*https:\/\/teleloire\.example/);
  assert.doesNotMatch(JSON.stringify(told), /moreau|jeanne|petit|inconsciente/i, 'no identity, no reason');
  assert.equal(world.one(`select count(*) from audit where action = 'patient.emergency' and actor_id = '${ids.chloe}' and patient_id = '${ids.jeanne}' and object_id is not null`), '1');
});

test('who manages the structure reads who, why and until when; nobody else does', async () => {
  const list = await max.get('/api/emergency-accesses');
  assert.equal(list.status, 200, `${list.raw}`);
  assert.equal(list.body.items.length, 1);
  assert.deepEqual([list.body.items[0].reason, list.body.items[0].by.id, list.body.items[0].patient], [reason, ids.chloe, ids.jeanne]);
  for (const browser of [anne, chloe, sylvie]) assert.equal((await browser.get('/api/emergency-accesses')).status, 403);
  world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.anne}', '${ids.cholet}', 'manager')`);
  assert.deepEqual((await anne.get('/api/emergency-accesses')).body.items, [], 'not of a structure that does not know the patient');
});

test('when its time is over so is what it opened', async () => {
  // What was written stays as it is: the clock is moved instead, by a row that is as old as it.
  world.sql(`alter table emergency_access disable trigger emergency_access_append_only;
    update emergency_access set at = at - interval '61 minutes', expires_at = expires_at - interval '61 minutes';
    alter table emergency_access enable trigger emergency_access_append_only`);
  for (const path of [`/api/patients/${ids.jeanne}`, `/api/acts/${act}`]) assert.equal((await chloe.get(path)).status, 404, path);
  assert.deepEqual((await chloe.get(`/api/acts?patient=${ids.jeanne}`)).body.items, []);
});
