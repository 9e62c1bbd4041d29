// Unusual access: found in the audit within a minute, told without naming anybody, answered for once,
// and nobody's business but of who answers for the person.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld, identitySql } from '../support/records_world.mjs';

let world, anne, bruno, chloe, agent, api;
const member = (person, structure, role) => world.sql(`insert into membership (person_id, structure_id, role) values ('${person}', '${structure}', '${role}')`);
const alerts = (rule) => world.sql(`select person_id, patients from audit_alert where rule = '${rule}' order by person_id`);
const mails = () => world.messages().filter((m) => /inhabituel/.test(m.subject ?? ''));

/** The first worker looks at its start, and each minute: one that starts has looked when it has served a second. */
async function looked() {
  const scanned = () => world.one("select coalesce(min(case when s.number >= h.number then 1 else 0 end), 1) from audit_head h left join audit_scan s using (writer)");
  const own = await startApi(world.config, 0);
  try {
    for (const until = Date.now() + 20_000; scanned() !== '1';) {
      if (Date.now() > until) throw new Error(`not looked at in 20 s\n${own.log()}`);
      await new Promise((done) => { setTimeout(done, 50); });
    }
  } finally { await own.stop(); }
}

// Looks as a worker writes them, with their hash, so long ago.
const look = (person, patients, minutesAgo = 0, action = 'patient.read') => world.sql(`
  with p as (insert into patient (identity)
             select ${identitySql({ first_names: "replace(gen_random_uuid()::text, '-', '')" })} from generate_series(1, ${patients}) returning id)
  select audit_add('test', 'person', '${person}', '${action}', null, p.id, null) from p;
  alter table audit disable trigger user;
  update audit set at = at - ${minutesAgo} * interval '1 minute' where actor_id = '${person}' and at > now() - interval '5 seconds' and ${minutesAgo} > 0;
  alter table audit enable trigger user`);

before(async () => {
  world = await startWorld();
  member(ids.bruno, ids.clisson, 'manager');
  member(ids.agent, ids.cholet, 'operator');
  api = await startApi(world.config, 1);
  [anne, bruno, chloe, agent] = await Promise.all(['anne', 'bruno', 'chloe', 'ars'].map((name) => signIn(api, `${name}@exemple.fr`)));
  world.sql("update audit_rule set threshold = 5 where rule = 'many_patients'; update audit_rule set threshold = 4, minutes = 60 where rule = 'beyond_care'; update audit_rule set enabled = false where rule = 'at_night'");
}, { timeout: 120_000 });
after(async () => {
  await api?.stop();
  await world?.stop();
});

test('as many patients as the rule says are told once, and one fewer is not', { timeout: 60_000 }, async () => {
  world.sql("update audit_rule set enabled = false where rule = 'beyond_care'");
  look(ids.anne, 5);
  look(ids.chloe, 4);
  look(ids.sylvie, 5, 0, 'patient.listed'); // a list opens no record
  await looked();
  assert.deepEqual(alerts('many_patients'), [[ids.anne, '5']]);
  assert.equal(mails().length, 1);
  look(ids.anne, 2);
  await looked();
  assert.deepEqual(alerts('many_patients'), [[ids.anne, '7']], 'the same day: one alert, its count kept up');
  assert.equal(mails().length, 1);
});

test('the message names nobody and leads to the page', () => {
  const [mail] = mails();
  assert.equal(mail.to, 'bruno@exemple.fr');
  assert.match(mail.text, /MSP de Clisson[\s\S]*\/alertes/);
  assert.ok(!/Anne|Le Goff|MOREAU|patient\b.*\d/i.test(mail.text), mail.text);
});

test('what was looked at before the window does not count', { timeout: 60_000 }, async () => {
  look(ids.chloe, 3, 90);
  look(ids.chloe, 1);
  await looked();
  assert.ok(!alerts('many_patients').some(([person]) => person === ids.chloe));
});

test('records opened outside care are told, those of one\'s own acts and care team are not', { timeout: 60_000 }, async () => {
  world.sql("update audit_rule set enabled = (rule = 'beyond_care')");
  look(ids.bruno, 3);
  world.sql(`insert into care_team (patient_id, person_id, added_by)
    select distinct patient_id, '${ids.anne}'::uuid, '${ids.anne}'::uuid from audit where actor_id = '${ids.anne}' and patient_id is not null`);
  look(ids.anne, 2);
  await looked();
  assert.deepEqual(alerts('beyond_care'), []);
  look(ids.bruno, 1);
  await looked();
  assert.deepEqual(alerts('beyond_care'), [[ids.bruno, '4']]);
});

test('a manager sees those of their structures, an operator all, a doctor none', async () => {
  const of = async (who) => (await who.get('/api/alerts')).body;
  world.sql(`insert into audit_alert (rule, person_id, day, at, patients) values ('many_patients', '${ids.chloe}', '2026-01-01', '2026-01-01', 50)`);
  assert.deepEqual(new Set((await of(bruno)).items.map((item) => item.person.id)), new Set([ids.anne, ids.bruno]));
  assert.equal((await of(agent)).items.length, 3);
  assert.equal((await anne.get('/api/alerts')).status, 403);
  const [first] = (await of(bruno)).items;
  assert.deepEqual([typeof first.patients, first.seen], ['number', null]);
});

test('an alert is answered once, with words; another structure\'s is not there', async () => {
  const { items } = (await bruno.get('/api/alerts')).body;
  const mine = items.find((item) => item.person.id === ids.anne).id, theirs = world.one(`select id from audit_alert where person_id = '${ids.chloe}'`);
  assert.equal((await bruno.post(`/api/alerts/${mine}/seen`, { comment: 'x' })).status, 400);
  assert.equal((await bruno.post(`/api/alerts/${mine}/seen`, { comment: 'x'.repeat(501) })).status, 400);
  assert.equal((await bruno.post(`/api/alerts/${theirs}/seen`, { comment: 'Vu avec elle' })).status, 404);
  assert.equal((await bruno.post(`/api/alerts/${mine}/seen`, { comment: 'Préparait la réunion de concertation' })).status, 204);
  assert.equal((await bruno.post(`/api/alerts/${mine}/seen`, { comment: 'Encore' })).status, 409);
  const after = (await bruno.get('/api/alerts')).body;
  assert.equal(after.open, 1);
  assert.equal(after.items.find((item) => item.id === mine).seen.comment, 'Préparait la réunion de concertation');
});

test('pages of alerts hold each once', async () => {
  world.sql(`insert into audit_alert (rule, person_id, day, at, patients) select 'at_night', '${ids.anne}', date '2025-01-01' + n, timestamptz '2025-01-01' + n * interval '1 day', 9 from generate_series(1, 30) as n`);
  const seen = [];
  let after = '';
  do {
    const { body } = await bruno.get(`/api/alerts?limit=10${after}`);
    seen.push(...body.items.map((item) => item.id));
    after = body.next ? `&after=${body.next}` : null;
  } while (after);
  assert.equal(seen.length, 32);
  assert.equal(new Set(seen).size, 32);
});
