// The demo region on a real database: what it holds, that its identifiers are
// valid and point at nobody, that it fits any hour, and that loading it again
// does nothing. The keys are computed here by other means than in the loader.
// Ordinary build only: psql and a script, no C to sanitize.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../support/private_postgres.mjs';

const loader = fileURLToPath(new URL('../../records/seed/load.sh', import.meta.url));
const DEMO_OIDS = ['1.2.250.1.213.1.4.10', '1.2.250.1.213.1.4.11'];

let cluster, demoFile;
const loadSeconds = []; // of whole loads

function load(...more) {
  const start = performance.now();
  const said = execFileSync(loader, ['--database', cluster.conninfo(), '--demo', demoFile, ...more], { env: cluster.env, encoding: 'utf8' });
  if (said.startsWith('loading')) loadSeconds.push((performance.now() - start) / 1000);
  return said;
}
const demo = () => JSON.parse(readFileSync(demoFile, 'utf8'));
const count = (text) => Number(cluster.sql(text)[0][0]);

// Everything in the database, as one number: the same twice means nothing moved.
function fingerprint() {
  const tables = cluster.sql("select tablename from pg_tables where schemaname = 'public' order by 1").flat();
  return tables.map((t) => `${t} ${cluster.sql(`select count(*), md5(string_agg(md5(x::text), '' order by md5(x::text))) from ${t} as x`)[0].join(' ')}`).join('\n');
}

before(async () => {
  cluster = await startPostgres();
  demoFile = join(cluster.folder, 'demo.json');
  cluster.migrate();
  load('--url', 'https://localhost:8443', '--mailbox-dir', join(cluster.folder, 'mailbox'));
}, { timeout: 120_000 });

after(() => cluster?.stop());

// Luhn by the table of doubled digits, from the left.
function luhnHolds(digits) {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += (digits.length - i) % 2 === 0 ? doubled[+digits[i]] : +digits[i];
  return sum % 10 === 0;
}

// 13 figures and their key, added, are a multiple of 97; remainder taken figure by figure.
function insHolds(ins) {
  const figures = ins.slice(0, 13).replace(/^(.{5})2A/, '$119').replace(/^(.{5})2B/, '$118');
  if (!/^[0-9]{13}$/.test(figures) || !/^[0-9]{2}$/.test(ins.slice(13))) return false;
  let remainder = 0;
  for (const figure of figures) remainder = (remainder * 10 + Number(figure)) % 97;
  const key = Number(ins.slice(13));
  return key >= 1 && key <= 97 && (remainder + key) % 97 === 0;
}

test('the independent key checks know right from wrong', () => {
  assert.ok(luhnHolds('440000289'));
  assert.ok(!luhnHolds('440000288'));
  assert.ok(insHolds('279035121518989'));
  assert.ok(!insHolds('279035121518988'));
  assert.ok(insHolds('171012A00490194'));
  assert.ok(!insHolds('171012B00490194'));
});

test('the region has its 5 départements and 71 EPCI with their population', () => {
  assert.deepEqual(cluster.sql('select code from departement order by 1').flat(), ['44', '49', '53', '72', '85']);
  assert.equal(count('select count(*) from epci where population > 1000'), 71);
  const people = count('select sum(population) from departement');
  assert.ok(people > 3_700_000 && people < 4_000_000, `${people} inhabitants`);
});

test('structures of every kind stand in all five départements', () => {
  assert.equal(count("select count(*) from structure where kind = 'msp'"), 30);
  assert.equal(count("select count(*) from structure where kind = 'hospital'"), 10);
  assert.equal(count("select count(*) from structure where kind = 'ehpad'"), 4);
  assert.equal(count("select count(distinct departement_code) from structure where kind = 'msp'"), 5);
  assert.equal(count('select count(*) from structure where epci_code is null'), 0);
  assert.equal(count('select count(*) from structure as s where not exists (select from site where structure_id = s.id)'), 0);
  assert.equal(count('select count(*) from structure as s where not exists (select from membership where structure_id = s.id)'), 0);
});

test('every role of the house has people, and everyone has one account', () => {
  const roles = cluster.sql('select distinct role from membership order by 1').flat();
  assert.deepEqual(roles, ['ars', 'doctor', 'manager', 'midwife', 'nurse', 'operator', 'secretary']);
  const people = count('select count(*) from person');
  assert.ok(people >= 65 && people <= 85, `${people} people`);
  assert.equal(count('select count(*) from account'), people);
});

test('every RPPS and FINESS has a valid key, and invented ones the reserved shape', () => {
  const rpps = cluster.sql('select rpps from person where rpps is not null').flat();
  assert.ok(rpps.length > 50);
  for (const number of rpps) {
    assert.ok(luhnHolds(number), `RPPS ${number}`);
    assert.match(number, /^99[0-9]{9}$/);
  }
  const finess = cluster.sql('select finess, demo from structure where finess is not null');
  assert.ok(finess.length > 30);
  for (const [number, invented] of finess) {
    assert.ok(luhnHolds(number), `FINESS ${number}`);
    assert.equal(/^99(44|49|53|72|85)0[0-9]{4}$/.test(number), invented === 't', `FINESS ${number}`);
  }
});

test('every INS has a valid key, fits its traits and is under a test or demonstration authority', () => {
  const patients = cluster.sql(`select i ->> 'ins', i ->> 'ins_oid', ins_status, i ->> 'birth_date', i ->> 'sex', i ->> 'birth_place_code', demo
    from patient, lateral (select identity::json) as o (i)`);
  assert.ok(patients.length >= 180 && patients.length <= 220, `${patients.length} patients`);
  let with_ = 0, provisional = 0;
  for (const [ins, oid, status, birth, sex, place, invented] of patients) {
    assert.equal(invented, 't');
    if (status === 'provisional') provisional++;
    if (ins === '') continue;
    with_++;
    assert.ok(insHolds(ins), `INS ${ins}`);
    assert.ok(DEMO_OIDS.includes(oid), oid);
    assert.equal(ins.slice(0, 10), (sex === 'F' ? '2' : '1') + birth.slice(2, 4) + birth.slice(5, 7) + place);
  }
  assert.ok(with_ > 100 && provisional > 10, `${with_} with INS, ${provisional} provisional`);
});

test('the register holds eight weeks of acts with reports that fit, incidents, consents and reasons', () => {
  assert.ok(count("select count(*) from act where state in ('closed', 'amended')") > 300);
  assert.ok(count('select count(distinct text) from report') >= 40);
  assert.equal(count(`select count(*) from act as a where state in ('closed', 'amended')
                      and not exists (select from report where act_id = a.id)`), 0);
  assert.equal(count(`select count(*) from act as a where state in ('closed', 'amended', 'to_close')
                      and not exists (select from consent where act_id = a.id and given)`), 0);
  assert.ok(count("select count(distinct not_done_reason) from act where state = 'not_done'") >= 5);
  assert.ok(count('select count(distinct kind) from incident') >= 6);
  assert.equal(count("select count(*) from report where text like '%{%' or conclusion like '%{%'"), 0);
  assert.equal(count("select count(*) from act where starts_at < now() - interval '60 days'"), 0);
  assert.ok(count("select count(*) from act where starts_at < now() - interval '49 days'") > 0);
  assert.equal(count('select count(*) from act where not demo'), 0);
});

test('the program has words for every event of the demo', () => {
  const words = readFileSync(new URL('../../records/acts/act_words.c', import.meta.url), 'utf8');
  const types = cluster.sql('select distinct type from act_event').flat();
  assert.ok(types.length >= 12);
  assert.deepEqual(types.filter((type) => !words.includes(`{ "${type}",`)), []);
});

test('nothing of the past lies in the future and each life is in order', () => {
  assert.equal(count(`select count(*) from act where created_at >= starts_at or created_at > now() or live_at > ended_at
                      or ended_at > now() or closed_at < ended_at or closed_at > now() or not_done_at > now()`), 0);
  assert.equal(count('select count(*) from act_event where at > now()'), 0);
  assert.equal(count('select count(*) from incident as i join act as a on a.id = i.act_id where i.ended_at > a.ended_at'), 0);
});

test('everything written about a patient or an act is in the audit chain, which holds', () => {
  assert.equal(cluster.sql("select coalesce(audit_first_broken('seed')::text, 'whole')")[0][0], 'whole');
  assert.equal(count('select count(*) from act where id not in (select act_id from audit where act_id is not null)'), 0);
  assert.equal(count('select count(*) from patient where id not in (select patient_id from audit where patient_id is not null)'), 0);
});

test('the passwords are in a file of its owner alone, and the hash of a login verifies', () => {
  assert.equal(statSync(demoFile).mode & 0o777, 0o600);
  const { url, mailbox_dir, accounts } = demo();
  assert.equal(url, 'https://localhost:8443');
  assert.equal(mailbox_dir, join(cluster.folder, 'mailbox'));
  assert.equal(accounts.length, count('select count(*) from account'));
  assert.equal(new Set(accounts.map((a) => a.password)).size, accounts.length);
  const { login, password } = accounts[0];
  assert.equal(login, 'anne.legoff');
  const [[hash]] = cluster.sql(`select password_hash from account where login = '${login}'`);
  const [, kind, , cost, salt64] = hash.split('$');
  const [m, t, p] = cost.split(',').map((part) => part.slice(2));
  assert.equal(kind, 'argon2id');
  const again = (word) => execFileSync('argon2', [Buffer.from(salt64, 'base64').toString(), '-id', '-k', m, '-t', t, '-p', p, '-e'],
    { input: word, encoding: 'utf8' }).trim();
  assert.equal(again(password), hash);
  assert.notEqual(again(password + 'x'), hash);
});

test('loading twice changes nothing, only the address in the file', () => {
  const rows = fingerprint();
  const { accounts } = demo();
  assert.equal(load('--url', 'https://localhost:9443'), '');
  assert.equal(fingerprint(), rows);
  assert.deepEqual(demo().accounts, accounts);
  assert.equal(demo().url, 'https://localhost:9443');
  assert.equal(demo().mailbox_dir, join(cluster.folder, 'mailbox'));
});

test('a lost password file is made again with passwords that work', () => {
  const old = cluster.sql('select login, password_hash from account order by 1');
  rmSync(demoFile);
  load('--url', 'https://localhost:8443');
  const fresh = cluster.sql('select login, password_hash from account order by 1');
  assert.deepEqual(fresh.map((r) => r[0]), old.map((r) => r[0]));
  assert.ok(fresh.every((r, i) => r[1] !== old[i][1]));
});

// The doctors a visitor opens first, at any hour and on any date.
test('the day of each main doctor is true to life at any hour of any date', () => {
  for (const moment of ['2027-01-04 03:10', '2027-03-28 10:30', '2027-06-05 14:45', '2028-02-29 23:20']) {
    const at = `timestamp '${moment}' at time zone 'Europe/Paris'`;
    cluster.sql(`do $$ declare t text; begin
                   for t in select tablename from pg_tables where schemaname = 'public' and tablename not in ('schema_migration', 'equipment_kind')
                   loop execute 'truncate table ' || quote_ident(t) || ' cascade'; end loop; end $$`);
    load('--now', `${moment} Europe/Paris`);
    const days = cluster.sql(`
      select c.login,
             count(*) filter (where planned and starts_at > ${at} and starts_at < ${at} + interval '15 minutes') as soon,
             count(*) filter (where state = 'to_close') as to_close,
             count(*) filter (where (starts_at at time zone 'Europe/Paris')::date = date '${moment.slice(0, 10)}') as today,
             count(*) filter (where planned and starts_at > ${at} + interval '1 day') as next_days,
             count(*) filter (where planned and starts_at < ${at}) as forgotten,
             count(*) filter (where planned) - count(distinct starts_at) filter (where planned) as doubled
      from act as a
      join account as c on c.person_id = a.professional_id
      cross join lateral (select state = 'planned' as planned) as p
      where c.login in ('anne.legoff', 'philippe.chauvigne', 'isabelle.gaste', 'marc.lhommeau', 'karima.belkacem')
      group by c.login`);
    assert.equal(days.length, 5);
    for (const [login, soon, toClose, today, nextDays, forgotten, doubled] of days) {
      assert.ok(+soon >= 1, `${moment}, ${login}: one is about to begin`);
      assert.ok(+toClose >= 2 && +toClose <= 3, `${moment}, ${login}: ${toClose} to close`);
      assert.ok(+today >= 5, `${moment}, ${login}: ${today} acts today`);
      assert.ok(+nextDays >= 4, `${moment}, ${login}: ${nextDays} in the next days`);
      assert.equal(+forgotten, 0, `${moment}, ${login}: planned and past`);
      assert.equal(+doubled, 0, `${moment}, ${login}: two planned at once`);
    }
  }
});

// The best of them, and with room: a busy machine slows them. ./bench start has the figure.
test('loading takes seconds and not minutes', () => {
  assert.ok(Math.min(...loadSeconds) < 30, loadSeconds.map((x) => x.toFixed(1)).join(' '));
});
