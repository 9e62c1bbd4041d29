// The records where two things meet: two workers at once, a key used again, a value at its edge, a log.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SESSION_LOAD, startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, other, anne, anneThere, bruno;
const HOUR = 3600_000;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const newAct = (more = {}) => ({ patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '', invite: null, ...more });
const create = async (more) => {
  const made = await anne.post('/api/acts', newAct(more));
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body;
};
const traits = (more = {}) => ({ birth_name: 'MARTIN', used_name: null, first_names: 'Luc', birth_date: '1979-03-04', sex: 'M',
  birth_place_code: '51215', ins: null, ins_oid: null, phone: null, email: null, ...more });
const newestAudit = () => world.sql("select action, coalesce(act_id::text, ''), coalesce(patient_id::text, '') from audit where writer = 'api-0' order by number desc limit 1")[0];

before(async () => {
  world = await startWorld();
  api = await startApi(world.config, 0);
  other = await startApi(world.config, 1);
  anne = await signIn(api, 'anne@exemple.fr');
  bruno = await signIn(api, 'bruno@exemple.fr');
  anneThere = Object.assign(other.browser(), { cookies: anne.cookies, csrf: anne.csrf });
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await other?.stop();
  await world?.stop();
});

test('a key used again gives the answer first given, refusals, hand-overs and old versions included', async () => {
  await anne.post('/api/patients', traits());
  const twice = async (path, body, headers = {}) => {
    const all = { 'idempotency-key': randomUUID(), ...headers };
    const [first, second] = [await anne.post(path, body, all), await anne.post(path, body, all)];
    assert.equal(second.status, first.status, path);
    assert.deepEqual(second.body, first.body, path);
    assert.equal(second.headers['content-type'], first.headers['content-type'], path);
    return { first, all };
  };
  const known = await twice('/api/patients', traits());
  assert.equal(known.first.status, 409);
  const moved = await create({ starts_at: at(2 * HOUR) });
  const reschedule = await twice(`/api/acts/${moved.id}/reschedule`, { starts_at: at(3 * HOUR), duration_min: 20 }, { 'if-match': `"${moved.version}"` });
  assert.equal(reschedule.first.status, 200);
  const given = await create({ starts_at: at(2 * HOUR) });
  const body = { person: ids.bruno, comment: '' };
  const handed = await twice(`/api/acts/${given.id}/hand-over`, body);
  assert.equal(handed.first.status, 200);
  assert.equal((await anne.post(`/api/acts/${given.id}/hand-over`, body)).status, 403, 'without its key it is another request');
  assert.equal((await bruno.post(`/api/acts/${moved.id}/hand-over`, body, handed.all)).status, 404, 'a key is its owner\'s');
  assert.equal((await api.browser().post(`/api/acts/${given.id}/hand-over`, body, handed.all)).status, 401);
  const forged = Object.assign(api.browser(), { cookies: anne.cookies });
  assert.equal((await forged.post(`/api/acts/${given.id}/hand-over`, body, handed.all)).status, 403, 'no CSRF value');
});

test('an answer given again is audited with its act and patient', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const { body } = await anne.post('/api/acts', newAct(), key);
  const count = () => Number(world.one('select count(*) from audit'));
  const before = count();
  await anne.post('/api/acts', newAct(), key);
  assert.equal(count(), before + 1);
  assert.deepEqual(newestAudit(), ['act.create', body.id, ids.jeanne]);
  await api.ask(SESSION_LOAD, { act: body.id });
  assert.deepEqual(newestAudit(), ['session.load', body.id, ids.jeanne]);
});

test('two workers asked at once make one patient', async () => {
  for (let i = 0; i < 8; i++) {
    const body = traits({ birth_name: 'DOUBLON', first_names: `Luc ${'abcdefgh'[i]}` });
    const answers = await Promise.all([anne.post('/api/patients', body), anneThere.post('/api/patients', { ...body, birth_name: 'Doublon' })]);
    assert.deepEqual(answers.map((a) => a.status).sort(), [201, 409]);
  }
  assert.equal(world.sealed.json('patient.identity').filter((who) => who.birth_name.toLowerCase() === 'doublon').length, 8);
});

test('a wrong RPPS or FINESS key never enters', () => {
  const refused = (sql, constraint) => assert.throws(() => world.sql(sql), new RegExp(constraint));
  refused(`update person set rpps = '99900000004' where id = '${ids.anne}'`, 'person_rpps_key');
  refused(`update structure set finess = '440000288' where id = '${ids.clisson}'`, 'structure_finess_key');
  refused(`insert into site (structure_id, name, finess, city) values ('${ids.clisson}', 'Site', '2A0000001', 'Ajaccio')`, 'site_finess_key');
  // Each single wrong digit of a right number, and Corsica.
  assert.equal(world.one(`select count(*) from generate_series(1, 11) as place, generate_series(0, 9) as digit
    where luhn_holds(overlay('99900000003' placing digit::text from place))`), '11');
  assert.equal(world.one("select count(*) from generate_series(0, 9) as digit where luhn_holds('2A000000' || digit)"), '1');
});

test('a used name of spaces is none', async () => {
  const made = await anne.post('/api/patients', traits({ birth_name: 'BLANC', used_name: '   ' }));
  assert.deepEqual([made.status, made.body.used_name], [201, null]);
  await anne.patch(`/api/patients/${made.body.id}`, { used_name: 'Noir' });
  assert.equal((await anne.patch(`/api/patients/${made.body.id}`, { used_name: ' \t ' })).body.used_name, null);
});

test('what a constraint refuses enters no log', () => {
  const row = (status, index) => `insert into patient (identity, ins_status, traits_index) values ('{"birth_name":"NOMTRESSECRET"}', '${status}', ${index})`;
  for (const sql of [row('NOMTRESSECRET', 'null'), row('provisional', "'NOMTRESSECRET'"),
    `update person set email = 'nomtressecret@exemple.fr', rpps = '12345678901' where id = '${ids.bruno}'`,
    "insert into account (person_id, login, password_hash) values (gen_random_uuid(), 'nomtressecret', '$argon2id$x')",
    "insert into account (person_id, login, password_hash) values (gen_random_uuid(), 'anne@exemple.fr', '$argon2id$nomtressecret')"])
    assert.throws(() => world.sql(sql), /violates/, sql);
  const logs = readdirSync(world.cluster.folder, { recursive: true }).map(String).filter((f) => f.endsWith('.log'));
  const text = logs.map((f) => readFileSync(join(world.cluster.folder, f), 'utf8')).join('\n') + api.log() + other.log();
  assert.match(text, /patient_traits_index_size/, 'the failures are in the log');
  assert.doesNotMatch(text, /NOMTRESSECRET/i);
});
