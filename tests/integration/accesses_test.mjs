// "Who saw my data": what the audit holds of one patient, for those who may tell the patient, and for nobody else.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, bruno, chloe;
const exact = { birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109' };
const accesses = (who, query = '') => who.get(`/api/patients/${ids.jeanne}/accesses${query}`);

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  [anne, bruno, chloe] = await Promise.all(['anne', 'bruno', 'chloe'].map((name) => signIn(api, `${name}@exemple.fr`)));
  world.sql(`insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${ids.anne}', '${ids.anne}')`);
}, { timeout: 120_000 });
after(async () => {
  await api?.stop();
  await world?.stop();
});

test('every look is there with who, when, where from and how often, and the emergency with its reason', async () => {
  for (let i = 0; i < 3; i++) assert.equal((await bruno.get(`/api/patients/${ids.jeanne}`)).status, 200);
  const opened = await chloe.post(`/api/patients/${ids.jeanne}/emergency`, { ...exact, reason: 'Inconsciente aux urgences de Cholet' });
  assert.equal(opened.status, 201, opened.raw);
  assert.equal((await chloe.get(`/api/patients/${ids.jeanne}`)).status, 200);
  const answer = await accesses(anne);
  assert.equal(answer.status, 200, answer.raw);
  const of = (name, action) => answer.body.items.filter((item) => item.who.name === name && item.action === action);
  const [read] = of('Dr Bruno Martin', 'patient.read');
  assert.equal(read.times, 3);
  assert.equal(read.emergency, null);
  assert.deepEqual(read.who, { kind: 'person', name: 'Dr Bruno Martin', profession: 'Médecin généraliste', structures: ['MSP de Clisson'] });
  assert.ok(read.first_at <= read.last_at);
  const [urgent] = of('Dr Chloé Petit', 'patient.read');
  assert.equal(urgent.emergency, 'Inconsciente aux urgences de Cholet');
  assert.deepEqual(urgent.who.structures, ['MSP de Cholet']);
});

test('asking is itself an access, and is shown the next time', async () => {
  await accesses(anne);
  const { body } = await accesses(anne);
  assert.ok(body.items.some((item) => item.action === 'patient.accesses' && item.who.name === 'Dr Anne Le Goff'), JSON.stringify(body));
});

test('of the care team and the managers of its structures only; another patient\'s accesses are never among them', async () => {
  assert.equal((await accesses(bruno)).status, 403, 'knows the patient, cares for another');
  world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.bruno}', '${ids.clisson}', 'manager')`);
  assert.equal((await accesses(bruno)).status, 200, 'manages a structure that knows the patient');
  const paul = await chloe.get(`/api/patients/${ids.paul}`);
  assert.equal(paul.status, 200);
  const { body } = await accesses(anne);
  assert.ok(!body.items.some((item) => item.who.name === 'Dr Chloé Petit' && item.action === 'patient.read' && item.last_at > paul.headers.date));
  assert.equal((await anne.get(`/api/patients/${ids.paul}/accesses`)).status, 404);
});

test('fourteen days a page, none twice and none left out, to the first day', async () => {
  world.sql(`alter table audit disable trigger user;
    insert into audit (writer, number, at, actor_kind, actor_id, action, patient_id, previous_hash, hash)
      select 'old-0', n, current_date - n + time '12:00', 'person', '${ids.anne}', 'patient.read', '${ids.jeanne}', sha256('x'), sha256('y')
      from generate_series(1, 40) as n;
    alter table audit enable trigger user`);
  const seen = [];
  let before = null, pages = 0;
  do {
    const { status, body } = await accesses(anne, before ? `?before=${before}` : '');
    assert.equal(status, 200);
    const days = new Set(body.items.map((item) => item.day));
    assert.ok(days.size <= 14);
    for (const day of days) { assert.ok(!seen.includes(day), day); seen.push(day); }
    before = body.next;
    pages++;
  } while (before);
  assert.equal(seen.length, 41);
  assert.equal(pages, 3);
  assert.deepEqual(seen.slice(0, 14), [...seen.slice(0, 14)].sort().reverse());
});

test('a day that is none, or a parameter nobody knows, is refused by name', async () => {
  for (const query of ['?before=2026-02-30', '?before=hier', '?until=2026-01-01']) {
    const answer = await accesses(anne, query);
    assert.equal(answer.status, 400, query);
  }
});

test('a manager reads the day of their structure: who, how many patients, and no patient', async () => {
  world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.sylvie}', '${ids.clisson}', 'manager')`);
  const sylvie = await signIn(api, 'sylvie@exemple.fr');
  const day = (who, structure, query = '') => who.get(`/api/structures/${structure}/accesses${query}`);
  const answer = await day(sylvie, ids.clisson);
  assert.equal(answer.status, 200, answer.raw);
  const bruno_ = answer.body.items.find((item) => item.who.name === 'Dr Bruno Martin');
  assert.equal(bruno_.patients, 1);
  assert.ok(bruno_.actions.find((one) => one.action === 'patient.read').times >= 3);
  const chloe_ = answer.body.items.find((item) => item.who.name === 'Dr Chloé Petit');
  assert.ok(chloe_.actions.some((one) => one.action === 'patient.emergency'), 'from another structure, and seen');
  assert.equal(answer.body.state, null, 'the chains are the operator\'s');
  for (const word of [ids.jeanne, 'MOREAU', 'Moreau', 'Jeanne']) assert.ok(!answer.raw.includes(word), word);
  const counts = answer.body.items.map((item) => item.patients);
  assert.deepEqual(counts, [...counts].sort((a, b) => b - a));

  assert.deepEqual((await day(sylvie, ids.clisson, '?day=2020-01-01')).body.items, []);
  assert.equal((await day(sylvie, ids.clisson, '?day=hier')).status, 400);
  assert.equal((await day(sylvie, ids.clisson, '?day=2026-02-30')).status, 400);
  assert.equal((await day(sylvie, ids.cholet)).status, 404, 'another\'s structure');
  assert.equal((await day(anne, ids.clisson)).status, 403);
  assert.equal((await day(chloe, ids.clisson)).status, 404, 'knows nothing of the structure');
});

test('an operator reads the day of everybody, and how far the chains have come', async () => {
  world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.anne}', '${ids.clisson}', 'operator')`);
  const { status, body, raw } = await anne.get('/api/operator/audit');
  assert.equal(status, 200, raw);
  assert.deepEqual(body.day, new Date().toLocaleDateString('sv', { timeZone: 'Europe/Paris' }));
  assert.ok(body.items.some((item) => item.who.name === 'Dr Chloé Petit'));
  assert.ok(!raw.includes(ids.jeanne));
  const rows = Number(world.one("select count(*) from audit where writer <> 'old-0'"));
  // its own look was audited after it was answered, or before
  assert.ok(Math.abs(body.state.rows - rows) <= 1, `${body.state.rows} of ${rows}`);
  assert.equal(body.state.rows, body.state.chains.reduce((sum, chain) => sum + chain.rows, 0));
  assert.ok(body.state.chains.every((chain) => /^\d{4}-.*Z$/.test(chain.last_at)));
  assert.equal((await bruno.get('/api/operator/audit')).status, 403);
  assert.equal((await bruno.get('/api/operator/certificates')).status, 403);
});
