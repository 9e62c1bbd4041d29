// Every list: cut, it says so, and goes on from there to its end, each item once.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld, identitySql } from '../support/records_world.mjs';

let world, api, anne;

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
  // Two of each share a name: the order goes by the id then.
  world.sql(`
    insert into person (given_name, family_name) select 'Foule', 'Zed' || n / 2 from generate_series(1, 101) as n;
    insert into membership (person_id, structure_id, role) select id, '${ids.cholet}', 'nurse' from person where given_name = 'Foule';
    insert into structure (name, kind, city, departement_code) select 'Foule ' || n / 2, 'msp', 'Laval', '44' from generate_series(1, 101) as n;
    with made as (insert into patient (identity) select ${identitySql({ first_names: "'N' || n / 2" })} from generate_series(1, 101) as n returning id)
      insert into patient_structure (patient_id, structure_id) select id, '${ids.clisson}' from made;
    insert into act (professional_id, patient_id, structure_id, starts_at, created_by, reason)
      select '${ids.anne}', '${ids.jeanne}', '${ids.clisson}', timestamptz '2027-01-01' + n / 2 * interval '1 hour', '${ids.anne}', 'foule' from generate_series(1, 101) as n`);
  world.keys('seal');
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

const inAddress = (path, words) => (more) => anne.get(`${path}?${new URLSearchParams({ ...words, ...more })}`);
const inBody = (path, words) => (more) => anne.post(path, { ...words, ...more });
const lists = {
  'GET /api/directory': { ask: inAddress('/api/directory', { structure: ids.cholet, q: 'foule' }), otherwise: 20 },
  'GET /api/structures': { ask: inAddress('/api/structures', { q: 'foule' }), otherwise: 100 },
  'POST /api/patients/search': { ask: inBody('/api/patients/search', { q: 'foule' }), otherwise: 20 },
  'GET /api/acts': { ask: inAddress('/api/acts', { from: '2027-01-01' }), otherwise: 25 },
  'POST /api/acts/search': { ask: inBody('/api/acts/search', { q: 'foule' }), otherwise: 25 },
};

test('a list cut at its limit says so, and goes on to its end', async (t) => {
  for (const [name, { ask, otherwise }] of Object.entries(lists)) await t.test(name, async () => {
    const edge = await ask({ limit: 100 });
    assert.equal(edge.status, 200, `${edge.raw}`);
    assert.equal(edge.body.items.length, 100);
    const rest = await ask({ limit: 100, after: edge.body.next });
    assert.deepEqual([rest.body.items.length, rest.body.next], [1, null]);
    const plain = await ask({});
    assert.equal(plain.body.items.length, otherwise);
    assert.ok(plain.body.next);
    const seen = [];
    for (let next = undefined; next !== null;) {
      const page = await ask({ limit: 7, ...(next && { after: next }) });
      assert.equal(page.status, 200, `${page.raw}`);
      seen.push(...page.body.items.map((item) => item.id));
      assert.ok(page.body.next === null || page.body.items.length === 7);
      next = page.body.next;
    }
    assert.deepEqual([seen.length, new Set(seen).size], [101, 101]);
    assert.deepEqual(seen.slice(0, 100), edge.body.items.map((item) => item.id));
    for (const [field, value] of [['limit', 0], ['limit', 101], ['after', randomUUID()], ['after', 'x']]) {
      const refused = await ask({ [field]: value });
      assert.deepEqual([refused.status, refused.body.field], [400, field], `${field}=${value}: ${refused.raw}`);
    }
  });
});

test('a list of exactly its limit has no next', async () => {
  for (const table of ['membership', 'structure', 'patient_structure', 'act'])
    world.sql(`delete from ${table} where ctid in (select t.ctid from ${table} as t ${{
      membership: `where person_id in (select id from person where given_name = 'Foule')`, structure: `where city = 'Laval'`,
      patient_structure: `where patient_id not in ('${ids.jeanne}', '${ids.paul}')`, act: `where reason <> ''` }[table]} limit 1)`);
  for (const [name, { ask }] of Object.entries(lists)) {
    const { body } = await ask({ limit: 100 });
    assert.deepEqual([name, body.items.length, body.next], [name, 100, null]);
  }
});

test('another’s patient is no place to go on from', async () => {
  const refused = await anne.post('/api/patients/search', { q: 'foule', after: ids.paul });
  assert.deepEqual([refused.status, refused.body.field], [400, 'after']);
});

test('a day with more acts to close than it shows counts them all', async () => {
  world.sql(`insert into act (professional_id, patient_id, structure_id, starts_at, created_by, state, reason)
    select '${ids.anne}', '${ids.jeanne}', '${ids.clisson}', '2026-01-01', '${ids.anne}', 'to_close', 'tard' from generate_series(1, 101)`);
  world.keys('seal');
  const { body } = await anne.get('/api/day?date=2026-02-01');
  assert.deepEqual([body.to_close.length, body.counts.to_close], [100, 101]);
});

test('words are looked for in every act of a patient that the care team opens, as in the list without words', async () => {
  world.sql(`insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${ids.bruno}', '${ids.anne}') on conflict do nothing`);
  const bruno = await signIn(api, 'bruno@exemple.fr');
  const plain = await bruno.get(`/api/acts?patient=${ids.jeanne}&from=2027-01-01`);
  const words = await bruno.post('/api/acts/search', { q: 'foule', patient: ids.jeanne, from: '2027-01-01' });
  assert.ok(plain.body.items.length > 0);
  assert.deepEqual(words.body.items.map((act) => act.id), plain.body.items.map((act) => act.id));
  assert.equal((await bruno.post('/api/acts/search', { q: 'foule' })).body.items.length, 0, 'of that patient, and asked for by name');
});
