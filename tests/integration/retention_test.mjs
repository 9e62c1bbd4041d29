// Records leave at the end of their legal term, whole, and with proof; nothing else leaves, by any hand.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne;
const program = join(build, 'bin/teleloire-api');
const retention = (word) => execFileSync(program, ['--retention', word, '--config', world.config], { encoding: 'utf8' }).trim().split('\n');
const traits = { birth_name: 'ANCIEN', used_name: null, first_names: 'Luc', birth_date: '1949-03-04', sex: 'M', birth_place_code: '51215', ins: null, ins_oid: null, phone: null, email: 'luc@exemple.fr' };
const who = {}, acts = {};

// With everything that may be held of a patient.
async function patient(name, change) {
  const made = await anne.post('/api/patients', { ...traits, birth_name: name.toUpperCase(), ...change });
  assert.equal(made.status, 201, `${made.raw}`);
  const id = who[name] = made.body.id;
  const act = (await anne.post('/api/acts', { patient: id, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite: { email: 'x@exemple.fr', phone: null, language: 'fr' } }, { 'idempotency-key': randomUUID() })).body.id;
  acts[name] = act;
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${act}'`);
  assert.equal((await anne.call('POST', `/api/acts/${act}/documents?kind=other`, Buffer.from('%PDF-1.4 x'))).status, 201);
  await anne.post(`/api/acts/${act}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  assert.equal((await anne.post(`/api/acts/${act}/close`, { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: true })).status, 200);
  await anne.patch(`/api/patients/${id}`, { phone: '+33612345678' });
  assert.equal((await anne.post(`/api/patients/${id}/restriction`, { reason: 'À sa demande' })).status, 201);
  if (name !== 'restricted') assert.equal((await anne.post(`/api/patients/${id}/restriction/end`, {})).status, 200);
  const seat = act.replaceAll('-', '');
  world.sql(`insert into participant (participant, act_id, seat, name, role, state, state_at, joined_at) values ('${seat}', '${act}', 1, '', 'patient', 'left', now(), now());
    insert into incident (id, act_id, kind, started_at) values (gen_random_uuid(), '${act}', 'loss', now());
    insert into act_colleague (act_id, person_id, invited_by) values ('${act}', '${ids.chloe}', '${ids.anne}');
    insert into visit (token_sha256, invitation_id) select sha256('v' || id::text::bytea), id from invitation where act_id = '${act}';
    insert into code_sent (invitation_id) select id from invitation where act_id = '${act}';
    insert into ticket (token_sha256, kind, act_id, person_id, expires_at) values (sha256('${act}'), 'session', '${act}', '${ids.anne}', now());
    insert into emergency_access (patient_id, person_id, reason, expires_at) values ('${id}', '${ids.chloe}', 'Inconsciente', now() + interval '1 hour')`);
}
// Everything of the patient so many years and days ago.
const age = (name, years, days) => world.sql(`alter table act disable trigger user;
  update act set starts_at = starts_at - interval '${years} years ${days} days', live_at = live_at - interval '${years} years ${days} days', ended_at = ended_at - interval '${years} years ${days} days',
    closed_at = closed_at - interval '${years} years ${days} days' where patient_id = '${who[name]}';
  alter table act enable trigger user;
  update patient set created_at = created_at - interval '${years} years ${days} days' where id = '${who[name]}'`);
const youth = (years) => `${new Date().getUTCFullYear() - years}-01-01`;

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
  for (const [name, change] of Object.entries({ over: {}, nearly: {}, restricted: {}, young: { birth_date: youth(26) }, grown: { birth_date: youth(29) } })) await patient(name, change);
  for (const name of ['over', 'restricted', 'grown']) age(name, 20, 2);
  age('young', 20, 2);
  age('nearly', 19, 350);
}, { timeout: 240_000 });
after(async () => {
  await api?.stop();
  await world?.stop();
});

// Every cell of every table that holds one of these words, by table.
function found(words) {
  const tables = world.sql("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1").flat();
  const like = words.map((w) => `t::text like '%${w}%'`).join(' or ');
  return tables.filter((table) => world.one(`select exists (select from ${table} as t where ${like})`) === 't');
}
let tablesBefore, expected;

test('those over are listed, and listing takes nothing away', () => {
  tablesBefore = found([who.over, acts.over]);
  const list = retention('list');
  assert.deepEqual(list.slice(0, -1).map((line) => line.split(' ')[0]).sort(), [who.over, who.grown].sort());
  assert.equal(list.at(-1), '2 over');
  assert.deepEqual(found([who.over, acts.over]), tablesBefore);
});

test('a record that is over leaves from every table, and from nobody else\'s', () => {
  const others = () => world.sql(`select 'act', count(*) from act union all select 'report', count(*) from report union all select 'document_piece', count(*) from document_piece
    union all select 'consent', count(*) from consent union all select 'patient', count(*) from patient order by 1`).map(([t, n]) => [t, Number(n)]);
  const held = others();
  expected = Object.fromEntries(['act_event', 'invitation', 'document_piece'].map((table) => [table, Number(world.one(`select count(*) from ${table} where ${table === 'document_piece' ? `document_id in (select id from document where act_id = '${acts.over}')` : `act_id = '${acts.over}'`}`))]));
  assert.equal(retention('purge').at(-1), '2 purged');
  // The audit says who did what when, by numbers that lead nowhere; the proof says that it left.
  assert.deepEqual(found([who.over, acts.over, who.grown]), ['audit', 'purge']);
  assert.ok(tablesBefore.length > 15, tablesBefore.join());
  assert.deepEqual(others(), held.map(([t, n]) => [t, { act: n - 2, report: n - 2, patient: n - 2, consent: n - 2 }[t] ?? n - (n / 5) * 2]));
  assert.equal(retention('purge').at(-1), '0 purged');
});

test('what is not twenty years past, of somebody not twenty-eight, or restricted stays', async () => {
  for (const name of ['nearly', 'young', 'restricted']) {
    assert.equal((await anne.get(`/api/patients/${who[name]}`)).status, 200, name);
    assert.equal((await anne.get(`/api/acts/${acts[name]}`)).body.report?.text, 'Plaie propre.', name);
  }
  assert.equal((await anne.get(`/api/patients/${who.over}`)).status, 404);
});

test('the proof: when, by which rule, how many rows, and a digest of what left; told in the audit, whose chains hold', () => {
  const [[rule, counts, byYear, digest, id]] = world.sql(`select rule, row_counts, acts, encode(digest, 'hex'), id from purge where patient_id = '${who.over}'`);
  assert.equal(rule, 'R1112-7');
  const rows = JSON.parse(counts);
  for (const [table, n] of Object.entries({ patient: 1, act: 1, report: 1, consent: 1, incident: 1, participant: 1, patient_correction: 1, patient_restriction: 1, emergency_access: 1, code_sent: 1, ticket: 1, care_team: 1, ...expected })) assert.equal(rows[table], n, table);
  assert.deepEqual(JSON.parse(byYear).map(({ type, state, structure, acts: n }) => [type, state, structure, n]), [['teleconsultation', 'closed', ids.clisson, 1]]);
  assert.equal(digest.length, 64);
  assert.notEqual(digest, createHash('sha256').update('').digest('hex'));
  assert.equal(world.one(`select object_id from audit where action = 'retention.purge' and patient_id = '${who.over}'`), id);
  for (const writer of world.sql('select distinct writer from audit').flat()) assert.equal(world.one(`select audit_first_broken('${writer}')`) ?? '', '', writer);
});

test('nobody else purges, and outside of it nothing that is only added to is deleted', () => {
  for (const sql of [`delete from report where act_id = '${acts.nearly}'`, `delete from act_event where act_id = '${acts.nearly}'`, `delete from consent where act_id = '${acts.nearly}'`, 'delete from audit', 'delete from purge', "update purge set rule = 'x'"])
    assert.throws(() => world.sql(sql), /append-only/, sql);
  assert.throws(() => world.sql("begin; set local teleloire.purging = 'yes'; delete from audit"), /append-only/);
  for (const role of ['person', 'visitor', 'door', 'system', 'stranger', 'records'])
    assert.equal(world.one(`select has_function_privilege('teleloire_${role}', 'purge_patient(uuid, text)', 'execute') or has_table_privilege('teleloire_${role}', 'purge', 'select, insert, update, delete')`), 'f', role);
  assert.equal(spawnSync(program, ['--retention', 'all', '--config', world.config]).status, 2);
});
