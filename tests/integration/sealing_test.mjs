// Data at rest: what the disk, a dump or a thief of the database holds is unreadable; what was moved or
// changed there is not shown; keys change while pages are open; and without the key nothing starts.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { psql } from '../support/private_postgres.mjs';
import { Sealed } from '../support/sealed.mjs';
import { ids, identitySql, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, chloe, act;
const program = join(build, 'bin/teleloire-api');
const seal = (word) => spawnSync(program, ['--keys', word, '--config', world.config], { encoding: 'utf8' });
const keyFile = () => world.folder('records/seal.key');
const closing = { text: 'Toux grasse depuis mardi.', conclusion: 'Repos et miel.', incidents_confirmed: true, incident_comment: 'Coupure à la fenêtre.',
  identity_checked: true, prescription: null, send_to_patient: true };
// Words that only those who care may read, each of which the calls below put in.
const secrets = ['MOREAU', 'Moreau', 'Jeanne', '1956-04-12', 'jeanne@exemple.fr', '33612345678', 'NGUYEN', 'Thérèse', '1979-03-04', '279035121518989', 'therese@exemple.fr',
  'Toux du soir', 'Toux grasse', 'Repos et miel', 'Coupure à la fenêtre', 'Côté oublié', 'Avis de ta part', 'ordonnance-nguyen', 'Voisine', 'voisine@exemple.fr', 'Empêchement familial',
  'Inconsciente aux urgences'];

const patients = { nguyen: { birth_name: 'NGUYEN', used_name: null, first_names: 'Thérèse', birth_date: '1979-03-04', sex: 'F', birth_place_code: '51215', ins: '279035121518989',
  ins_oid: '1.2.250.1.213.1.4.10', phone: null, email: 'therese@exemple.fr' } };
const plan = async (patient, more = {}) => {
  const answer = await anne.post('/api/acts', { patient, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux du soir', invite: { email: 'jeanne@exemple.fr', phone: null, language: 'fr' }, ...more },
    { 'idempotency-key': crypto.randomUUID() });
  assert.equal(answer.status, 201, `${answer.raw}`);
  return answer.body;
};
const ok = (answer) => { assert.ok(answer.status < 300, `${answer.status} ${answer.raw}`); return answer.body; };

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  [anne, chloe] = await Promise.all(['anne', 'chloe'].map((name) => signIn(api, `${name}@exemple.fr`)));
  patients.nguyen.id = ok(await anne.post('/api/patients', patients.nguyen)).id;
  act = await plan(ids.jeanne);
  ok(await anne.post(`/api/acts/${act.id}/invite`, { name: 'Voisine', role: 'helper', email: 'voisine@exemple.fr', phone: null }));
  ok(await anne.post(`/api/acts/${act.id}/invite`, { person: ids.bruno, comment: 'Avis de ta part' }));
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${act.id}'`);
  ok(await anne.call('POST', `/api/acts/${act.id}/documents?kind=other`, Buffer.from('%PDF-1.4 Thérèse'), { 'x-teleloire-name': 'ordonnance-nguyen.pdf' }));
  ok(await anne.post(`/api/acts/${act.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' }));
  ok(await anne.post(`/api/acts/${act.id}/close`, closing));
  ok(await anne.post(`/api/acts/${act.id}/amend`, { ...closing, why: 'Côté oublié' }));
  const other = await plan(patients.nguyen.id, { starts_at: new Date(Date.now() + 3600e3).toISOString(), invite: null });
  ok(await anne.post(`/api/acts/${other.id}/cancel`, { reason: 'patient', comment: 'Empêchement familial' }));
  ok(await chloe.post(`/api/patients/${ids.jeanne}/emergency`, { birth_name: 'Moreau', first_names: 'jeanne-marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109', reason: 'Inconsciente aux urgences' }));
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

test('those who may read still read all of it', async () => {
  const whole = ok(await anne.get(`/api/acts/${act.id}`));
  assert.deepEqual([whole.reason, whole.report.text, whole.report.conclusion, whole.report.incident_comment, whole.patient.display_name, whole.patient.birth_date],
    ['Toux du soir', closing.text, closing.conclusion, closing.incident_comment, 'Jeanne MOREAU', '1956-04-12']);
  assert.ok(whole.documents.some((d) => d.name === 'ordonnance-nguyen.pdf'));
  const { id, ...traits } = patients.nguyen;
  assert.deepEqual(ok(await anne.get(`/api/patients/${id}`)), { id, ...traits, ins_status: 'retrieved', demo: false });
  const document = whole.documents.find((d) => d.name === 'ordonnance-nguyen.pdf');
  assert.equal((await anne.get(`/api/acts/${act.id}/documents/${document.id}`)).raw.toString(), '%PDF-1.4 Thérèse');
});

test('a dump of the database names no patient and says nothing of what was said', () => {
  const dump = execFileSync('/usr/lib/postgresql/15/bin/pg_dump', [world.cluster.conninfo()], { env: world.cluster.env, maxBuffer: 64 << 20 });
  // What a professional is called is in the directory, and no secret of a patient.
  for (const word of secrets) assert.equal(dump.indexOf(word), -1, word);
  for (const word of secrets) assert.equal(dump.indexOf(Buffer.from(word).toString('hex')), -1, `${word} in bytea`);
  assert.ok(dump.includes('Le Goff') && dump.includes(patients.nguyen.id), 'it is the dump of this database');
});

test('the files of the database hold nothing that was sealed before it came', () => {
  // The log of writes is among them. Jeanne was loaded plain, as the owner may, which it remembers until it is used again.
  const words = secrets.filter((w) => !['MOREAU', 'Jeanne', '1956-04-12', 'jeanne@exemple.fr', '33612345678'].includes(w));
  const folder = world.folder('postgres/data');
  let read = 0;
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    read += bytes.length;
    for (const word of words) assert.equal(bytes.indexOf(word), -1, `${word} in ${name}`);
  }
  assert.ok(read > 10e6);
});

test('each structure has a key of its own, and what was sealed opens with the form the manual gives', () => {
  const owners = world.sql('select owner from data_key order by owner').flat();
  assert.deepEqual(owners, ['', ids.clisson, ids.cholet, 'index'].sort());
  const key = (place, where) => world.one(`select split_part(${place.split('.')[1]}, ':', 2) from ${place.split('.')[0]} where ${where}`);
  const of = (owner) => world.one(`select id from data_key where owner = '${owner}'`);
  assert.equal(key('act.reason', `id = '${act.id}'`), of(ids.clisson));
  assert.equal(key('patient.identity', `id = '${ids.paul}'`), of(ids.cholet));
  assert.equal(world.sealed.text('act.reason', act.id, world.one(`select reason from act where id = '${act.id}'`)), 'Toux du soir');
  const [[document, hex]] = world.sql(`select d.id, encode(p.sealed, 'hex') from document_piece as p join document as d on d.id = p.document_id where d.act_id = '${act.id}' and d.kind = 'other'`);
  assert.equal(world.sealed.piece(document, 0, Buffer.from(hex, 'hex')).toString(), '%PDF-1.4 Thérèse');
});

test('every column that is sealed refuses what is not, from api as from a program with a fault', () => {
  const columns = world.sql('select of_table, of_column from sealed_place');
  assert.ok(columns.length >= 15);
  for (const [table, column] of columns) {
    if (column === 'detail') continue; // JSON: its words are, checked by the dump above
    const checks = world.sql(`select pg_get_constraintdef(oid) from pg_constraint where conrelid = '${table}'::regclass and contype = 'c'`).flat();
    assert.ok(checks.some((c) => c.includes(`is_sealed(${column})`)), `${table}.${column}`);
  }
  const asApi = execFileSync(psql, ['-X', '-q', '-A', '-t', '-d', world.cluster.conninfo().replace('teleloire_owner', 'teleloire_api'), '-c', "set role teleloire_person; select is_sealed('plain')"],
    { env: { ...process.env, PGPASSWORD: readFileSync(world.folder('secrets/db_api'), 'utf8').trim() }, encoding: 'utf8' });
  assert.equal(asApi.trim(), 'f');
});

test('a text moved to another row, or changed by one letter, is not shown; the others are', async () => {
  const [one, two] = [await plan(ids.jeanne, { invite: null }), await plan(ids.jeanne, { invite: null })];
  const was = world.one(`select reason from act where id = '${two.id}'`);
  for (const forged of [world.one(`select reason from act where id = '${one.id}'`), was.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), 'S1:9999:AAAA', 'S1:1:%', 'plain']) {
    world.sql(`update act set reason = '${forged}' where id = '${two.id}'`);
    const refused = await anne.get(`/api/acts/${two.id}`);
    assert.deepEqual([refused.status, refused.body.type], [500, '/problems/internal'], forged);
    assert.equal((await anne.get(`/api/acts/${one.id}`)).body.reason, 'Toux du soir');
  }
  world.sql(`update act set reason = '${was}' where id = '${two.id}'`);
  assert.equal((await anne.get(`/api/acts/${two.id}`)).body.reason, 'Toux du soir');
  assert.match(api.log(), /"event":"seal\.not_opened"/);
});

test('the signs that mark sealed texts can be written by nobody', async () => {
  for (const sign of ['\ue000', '\ue000act.reason:1:S1:1:AAAA\ue001'])
    for (const call of [() => anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: sign, invite: null }),
      () => anne.post('/api/patients', { ...patients.nguyen, id: undefined, ins: null, ins_oid: null, birth_name: `X${sign}` }),
      () => anne.post('/api/patients/search', { q: `mo${sign}` }), () => anne.get(`/api/directory?q=${encodeURIComponent(sign)}`), () => anne.patch(`/api/patients/${ids.jeanne}`, { phone: sign })]) {
      const { status, body } = await call();
      assert.ok(status === 400 || (status === 200 && body.items.length === 0), `${status}`); // what is looked for in api never reaches the database
    }
  assert.equal(world.one(`select count(*) from act where position(E'\\uE000' in reason) > 0`), '0');
});

test('an INS, and a birth name with its date, find anybody the structure knows, however many came since', async () => {
  world.sql(`with made as (insert into patient (identity) select ${identitySql({ birth_name: "'FOULE'", first_names: "'N' || n" })} from generate_series(1, 5001) as n returning id)
    insert into patient_structure (patient_id, structure_id) select id, '${ids.clisson}' from made`);
  assert.equal(seal('seal').status, 0);
  const found = async (q) => ok(await anne.post('/api/patients/search', { q })).items.map((p) => p.birth_name);
  assert.deepEqual(await found('NGUYEN'), [], 'a part of a name is looked for among the latest 5,000');
  assert.deepEqual(await found('nguyen, 04/03/1979'), ['NGUYEN']);
  assert.deepEqual(await found('Nguyên 1979-03-04'), ['NGUYEN']);
  assert.deepEqual(await found('2 79 03 51 215 189 89'), ['NGUYEN']);
  assert.equal((await chloe.post('/api/patients/search', { q: '279035121518989' })).body.items.length, 0, 'of another structure');
  assert.equal((await anne.post('/api/patients', { ...patients.nguyen, id: undefined, birth_name: 'Nguyen', first_names: 'THERESE' })).status, 409, 'known by the same traits written otherwise');
});

test('data keys change while pages are open: no request fails, and nothing is left under the old ones', { timeout: 120_000 }, async () => {
  const before_ = world.sql('select id from data_key where retired_at is null and owner <> \'index\'').flat();
  let asked = 0, running = true;
  const asking = (async () => {
    for (; running; asked++) {
      assert.equal((await anne.get(`/api/acts/${act.id}`)).status, 200);
      if (asked % 5 === 0) await plan(ids.jeanne, { invite: null });
      if (asked % 7 === 0) ok(await anne.patch(`/api/patients/${ids.jeanne}`, { phone: '+33699887766' }));
    }
  })();
  const rotation = await new Promise((done) => {
    execFile(program, ['--keys', 'rotate', '--config', world.config], { encoding: 'utf8' }, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
  running = false;
  await asking;
  assert.ifError(rotation.error);
  assert.match(rotation.stdout, /^[1-9][0-9]* sealed anew\n$/);
  assert.ok(asked > 5, `${asked} requests`);
  // A worker holds the key it took for the one in use for 20 s: what it sealed meanwhile is left for a last pass.
  await new Promise((done) => { setTimeout(done, 21_000); });
  assert.equal(seal('seal').status, 0);
  for (const [table, column] of world.sql("select of_table, of_column from sealed_place where of_column <> 'detail'"))
    assert.deepEqual(world.sql(`select distinct sealed_key(${column}) from ${table} where sealed_key(${column}) in (${before_.join()})`), [], `${table}.${column}`);
  assert.deepEqual(world.sql(`select id from act_event where sealed_key(detail::text) in (${before_.join()})`), []);
  assert.equal((await anne.get(`/api/acts/${act.id}`)).body.report.text, closing.text);
  assert.equal(seal('seal').stdout, '0 sealed\n', 'and a pass that finds nothing does nothing');
});

test('documents from before there were data keys are sealed with them', async () => {
  const linkKey = Buffer.from(readFileSync(world.folder('records/link.key'), 'utf8'), 'hex');
  const legacy = createHmac('sha256', linkKey).update('teleloire documents 1').digest();
  const [[document]] = world.sql(`select id from document where act_id = '${act.id}' and kind = 'other'`);
  const nonce = randomBytes(12), cipher = createCipheriv('aes-256-gcm', legacy, nonce).setAAD(Buffer.from(`document ${document} 0`));
  const bytes = Buffer.concat([Buffer.from([2]), nonce, cipher.update('%PDF-1.4 Thérèse'), cipher.final(), cipher.getAuthTag()]);
  world.sql(`update document_piece set sealed = '\\x${bytes.toString('hex')}' where document_id = '${document}'`);
  assert.equal((await anne.get(`/api/acts/${act.id}/documents/${document}`)).status, 500);
  assert.equal(seal('seal').stdout, '1 sealed\n');
  assert.equal((await anne.get(`/api/acts/${act.id}/documents/${document}`)).raw.toString(), '%PDF-1.4 Thérèse');
});

test('another key-encryption key: added, wrapped anew, the old one taken away', async () => {
  const old = readFileSync(keyFile(), 'utf8'), anew = randomBytes(32).toString('hex');
  writeFileSync(keyFile(), `${anew}\n${old}\n`);
  assert.match(seal('rewrap').stdout, /^[0-9]+ data keys wrapped anew\n$/);
  writeFileSync(keyFile(), `${anew}\n`);
  const again = await startApi(world.config, 1);
  const doctor = await signIn(again, 'anne@exemple.fr');
  assert.equal((await doctor.get(`/api/acts/${act.id}`)).body.reason, 'Toux du soir');
  await again.stop();
  assert.equal(new Sealed((text) => world.sql(text), anew).text('act.reason', act.id, world.one(`select reason from act where id = '${act.id}'`)), 'Toux du soir');
});

test('without the key nothing starts, and it is said which one is missing', () => {
  const right = readFileSync(keyFile(), 'utf8');
  for (const [wrong, said] of [[randomBytes(32).toString('hex'), /is not the key this database was sealed with/], ['not a key', /one to four lines of 64 hexadecimal digits/]]) {
    writeFileSync(keyFile(), wrong);
    for (const word of ['rewrap', 'rotate', 'seal']) {
      if (word !== 'rewrap' && said.source.includes('sealed with')) continue;
      const { status, stderr } = seal(word);
      assert.equal(status, 1, word);
      assert.match(stderr, said);
    }
  }
  writeFileSync(keyFile(), right);
  assert.equal(seal('seal').status, 0);
});
