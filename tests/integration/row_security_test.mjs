// The policy of the program left out: SQL by the api's own database user, for a browser that is really
// signed in. PostgreSQL alone shows each person, visitor and process what is theirs, no row more and no
// row less, and takes no change of what is not.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';
import { psql } from '../support/private_postgres.mjs';

let world, api;
const tokens = {}, person = { ...ids }; // name: cookie, name: id
const act = {}; // anne's and chloe's are closed, with everything an act may have; bruno's is planned
const sha = (text) => createHash('sha256').update(text).digest('hex');
const closing = { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: true };

// ---- asking as api does ----

// Of each question {rows} or {error: SQLSTATE}, in a transaction of its own that is not kept. One psql
// for all of them: starting it is most of what a question costs.
function askAll(questions) {
  const input = questions.map(({ role, token, sql }) => `begin; set local role ${role};
    select set_config('teleloire.credential', '${token ? sha(token) : ''}', true) \\g /dev/null\n${sql};\n\\echo asked :ERROR :SQLSTATE\nrollback;\n`).join('');
  const run = spawnSync(psql, ['-X', '-q', '-A', '-t', '-F', '\t', '-d', apiConninfo()],
    { env: { ...process.env, PGPASSWORD: readFileSync(world.folder('secrets/db_api'), 'utf8').trim() }, input, encoding: 'utf8', maxBuffer: 64 << 20 });
  const answers = run.stdout.split(/^asked (true|false) (\w{5})\n/m);
  assert.equal(answers.length, 3 * questions.length + 1, run.stderr);
  return questions.map((_, i) => {
    const [text, failed, code] = answers.slice(3 * i);
    return failed === 'true' ? { error: code } : { rows: text === '' ? [] : text.replace(/\n$/, '').split('\n') };
  });
}
const ask = (role, token, sql) => askAll([{ role, token, sql }])[0];
const askPeople = (names, sql) => askAll(names.map((name) => ({ role: 'teleloire_person', token: tokens[name], sql })));
const apiConninfo = () => world.cluster.conninfo().replace('user=teleloire_owner', 'user=teleloire_api');
const asPerson = (name, sql) => ask('teleloire_person', tokens[name], sql);

// ---- a world with every relation in it ----

const people = {
  // name: role, structure
  eve: ['nurse', 'cholet'], fred: ['midwife', 'cholet'], gaby: ['doctor', 'cholet'], hugo: ['doctor', 'cholet'],
  ines: ['secretary', 'clisson'], max: ['manager', 'clisson'], olga: ['operator', 'cholet'], cyr: ['committee', 'cholet'],
};

async function closed(browser, patient, structure) {
  const made = await browser.post('/api/acts', { patient, structure, starts_at: null, duration_min: 20, reason: 'Toux',
    invite: { email: 'x@exemple.fr', phone: null, language: 'fr' } }, { 'idempotency-key': crypto.randomUUID() });
  assert.equal(made.status, 201, `${made.raw}`);
  const id = made.body.id;
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${id}'`);
  assert.equal((await browser.call('POST', `/api/acts/${id}/documents?kind=other`, Buffer.from('%PDF-1.4 x'))).status, 201);
  assert.equal((await browser.post(`/api/acts/${id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' })).status, 200);
  assert.equal((await browser.post(`/api/acts/${id}/close`, closing)).status, 200);
  const seat = id.replaceAll('-', '');
  world.sql(`insert into participant (participant, act_id, seat, name, role, state, state_at, joined_at) values ('${seat}', '${id}', 1, 'x', 'patient', 'left', now(), now());
    insert into incident (id, act_id, kind, started_at) values (gen_random_uuid(), '${id}', 'loss', now());
    insert into visit (token_sha256, invitation_id) select sha256('visitor ${id}'), id from invitation where act_id = '${id}';
    insert into visit (token_sha256, delivery_id) select sha256('recipient ${id}'), id from delivery where act_id = '${id}'`);
  return id;
}

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  const hash = world.one('select password_hash from account limit 1');
  for (const [name, [role, where]] of Object.entries(people)) {
    person[name] = world.one(`insert into person (given_name, family_name) values ('${name}', 'X') returning id`);
    world.sql(`insert into membership (person_id, structure_id, role) values ('${person[name]}', '${ids[where]}', '${role}');
      insert into account (person_id, login, password_hash) values ('${person[name]}', '${name}@exemple.fr', '${hash}')`);
  }
  const browsers = {};
  for (const name of ['anne', 'bruno', 'chloe', 'sylvie', ...Object.keys(people)]) {
    browsers[name] = await signIn(api, `${name}@exemple.fr`);
    tokens[name] = browsers[name].cookies.get('__Host-teleloire');
  }
  tokens.agent = (await signIn(api, 'ars@exemple.fr')).cookies.get('__Host-teleloire');
  act.anne = await closed(browsers.anne, ids.jeanne, ids.clisson);
  act.chloe = await closed(browsers.chloe, ids.paul, ids.cholet);
  act.bruno = (await browsers.bruno.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite: null })).body.id;
  await browsers.anne.post('/api/watch');
  world.sql(`insert into newcomer (structure_id, email, given_name, family_name, role, token_sha256, invited_by)
    values ('${ids.clisson}', 'n@exemple.fr', 'N', 'N', 'nurse', sha256('n'), '${person.max}');
    insert into absence (person_id, first_day, last_day, created_by) values ('${ids.anne}', '2027-01-01', '2027-01-02', '${ids.anne}');
    insert into interest_statement (person_id, version) values ('${ids.anne}', 1)`);
  world.sql(`insert into psc_session (token_sha256, sub, sid, leave_sealed) select token_sha256, 'sub', 'sid', '' from web_session;
    insert into psc_attempt (state_sha256, browser_sha256, peer, page) select sha256(s::bytea), sha256('b'), '192.0.2.1', '/' from unnest(array['one', 'two']) as s;
    insert into psc_logout (jti_sha256) values (sha256('jti'))`);
  world.sql(`insert into patient_correction (id, patient_id, by_person_id, reason, identity) select gen_random_uuid(), id, '${ids.anne}', '', '' from patient;
    insert into patient_restriction (id, patient_id, set_by, reason, ended_at, ended_by) select gen_random_uuid(), id, '${ids.anne}', '', now(), '${ids.anne}' from patient`);
  world.sql(`
    insert into act_colleague (act_id, person_id, invited_by) values ('${act.chloe}', '${ids.bruno}', '${ids.chloe}');
    insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${person.eve}', '${ids.anne}');
    insert into care_team (patient_id, person_id, added_by, ended_at, ended_by) values ('${ids.jeanne}', '${person.hugo}', '${ids.anne}', now(), '${ids.anne}');
    insert into audit_alert (rule, person_id, day, at, patients) select 'many_patients', id, '2026-01-01', now(), 41 from person where id in ('${ids.anne}', '${ids.chloe}');
    insert into emergency_access (patient_id, person_id, reason, expires_at) values ('${ids.jeanne}', '${person.fred}', 'Inconsciente', now() + interval '1 hour');
    insert into emergency_access (patient_id, person_id, reason, at, expires_at) values ('${ids.jeanne}', '${person.gaby}', 'Inconsciente', now() - interval '2 hours', now() - interval '1 hour');
    insert into delegation (structure_id, professional_id, delegate_id, set_by, ended_at, ended_by) values ('${ids.clisson}', '${ids.anne}', '${person.ines}', '${ids.anne}', now(), '${ids.anne}')`);
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

// ---- what is whose ----

const CLISSON = ['jeanne'], CHOLET = ['paul'], ALL = 'true', NONE = 'false';
const knows = {
  // name: acts known, acts whose clinical text is read, patients
  anne: [['anne', 'bruno'], ['anne', 'bruno'], CLISSON], bruno: [['bruno', 'chloe'], ['bruno', 'chloe'], ['jeanne', 'paul']], chloe: [['chloe'], ['chloe'], CHOLET],
  sylvie: [['anne', 'bruno'], [], CLISSON], ines: [[], [], CLISSON],
  eve: [['anne', 'bruno'], ['anne', 'bruno'], ['jeanne', 'paul']], fred: [['anne', 'bruno'], ['anne', 'bruno'], ['jeanne', 'paul']],
  gaby: [[], [], CHOLET], hugo: [[], [], CHOLET], agent: [[], [], []], max: [[], [], []], olga: [[], [], []], cyr: [[], [], []],
};
const among = (column, list) => (list.length ? `${column} in (${list.map((id) => `'${id}'`).join(', ')})` : NONE);
const cares = (name) => `structure_id in (select structure_id from membership where person_id = '${person[name]}' and role in ('doctor', 'nurse', 'midwife', 'secretary', 'manager'))`;
const manages = (name) => `select structure_id from membership where person_id = '${person[name]}' and role = 'manager'`;
const own = (name) => `(select id from account where person_id = '${person[name]}')`;

// Table: its key, and which rows a person sees, as the owner finds them.
const known = (name) => among('act_id', knows[name][0].map((a) => act[a]));
const clinical = (name) => among('act_id', knows[name][1].map((a) => act[a]));
const patients = (name, column = 'id') => among(column, knows[name][2].map((p) => ids[p]));
const tables = {
  structure: ['id', () => ALL], site: ['id', () => ALL], person: ['id', () => ALL], membership: ['id', () => ALL],
  data_key: ['id', () => ALL], // wrapped: worth nothing beside the database
  departement: ['code', () => ALL], epci: ['code', () => ALL],
  act: ['id', (n) => among('id', knows[n][0].map((a) => act[a]))],
  act_event: ['id', known], incident: ['id', known], participant: ['participant', known], consent: ['id', known], invitation: ['id', known],
  visit: ['token_sha256', (n) => `invitation_id in (select id from invitation where ${known(n)})`],
  act_colleague: ['act_id::text || person_id', (n) => `person_id = '${person[n]}' or ${known(n)}`],
  report: ['id', clinical], document: ['id', clinical], delivery: ['id', clinical],
  document_piece: ['document_id::text || number', (n) => `document_id in (select id from document where ${clinical(n)})`],
  patient: ['id', (n) => patients(n)],
  patient_structure: ['patient_id::text || structure_id', cares],
  psc_session: ['token_sha256', (n) => `token_sha256 in (select token_sha256 from web_session where account_id = ${own(n)})`],
  account: ['id', (n) => `id = ${own(n)}`], web_session: ['token_sha256', (n) => `account_id = ${own(n)}`],
  ticket: ['token_sha256', (n) => `person_id = '${person[n]}'`], idempotency_key: ['key', (n) => `owner = '${person[n]}'`],
  sign_in_failure: ['id', () => ALL],
  delegation: ['id', (n) => `'${person[n]}' in (delegate_id, professional_id) or structure_id in (${manages(n)})`],
  care_team: ['id', (n) => `person_id = '${person[n]}' or ${patients(n, 'patient_id')}`],
  newcomer: ['id', (n) => `structure_id in (${manages(n)}) or exists (select from membership where person_id = '${person[n]}' and role = 'operator')`],
  equipment_kind: ['code', () => ALL], equipment: ['id', () => ALL], absence: ['id', () => ALL], interest_statement: ['id', () => ALL],
  interest_link: ['statement_id::text || position', () => ALL],
  account_factor: ['account_id', (n) => `account_id = ${own(n)}`], known_device: ['id', (n) => `account_id = ${own(n)}`],
  recovery_code: ['code_hash', (n) => `account_id = ${own(n)}`],
  patient_correction: ['id', (n) => patients(n, 'patient_id')], patient_restriction: ['id', (n) => patients(n, 'patient_id')],
  emergency_access: ['id', (n) => `person_id = '${person[n]}' or patient_id in (select patient_id from patient_structure where structure_id in (${manages(n)}))`],
  audit_alert: ['id', (n) => `person_id in (select person_id from membership where structure_id in (${manages(n)}))
    or exists (select from membership where person_id = '${person[n]}' and role = 'operator')`],
};
const closedToPeople = ['outbox', 'audit', 'audit_head', 'audit_rule', 'audit_scan', 'code_sent', 'psc_attempt', 'psc_logout', 'purge', 'sealed_place', 'sign_in_flood', 'schema_migration'];
const openToAll = { departement: 'a public list', epci: 'a public list', equipment_kind: 'words to choose from', schema_migration: 'names of files' };

const everyTable = () => world.sql("select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1").flat();

// What a person sees of a table that they should not, or should see and do not.
function wrong(table, names = Object.keys(knows)) {
  const [key, which] = tables[table], found = [];
  const should = world.sql(names.map((name, i) => `select ${i}, coalesce(string_agg(k, ',' order by o), ''), count(*) from (select (${key})::text as k, ${key} as o from ${table} where ${which(name)}) as t`).join(' union all ') + ' order by 1');
  askPeople(names, `select ${key} from ${table} order by 1`).forEach(({ rows, error }, i) => {
    const [, keys, count] = should[i];
    if (error || rows.join() !== keys) found.push(`${names[i]} sees ${error ?? rows.length} of ${table}, should see ${count}`);
  });
  return found;
}

test('every table has row-level security, or a reason not to', () => {
  const open = world.sql("select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relrowsecurity order by 1").flat();
  assert.deepEqual(open, Object.keys(openToAll).sort(), 'a new table: alter table ... enable row level security, and policies');
  assert.deepEqual(everyTable().filter((t) => !tables[t] && !closedToPeople.includes(t)), [], 'a new table has its row here');
});

test('no login of a role process owns a table, goes past row-level security, or has a right of its own', () => {
  for (const login of ['teleloire_api', 'teleloire_courier']) {
    assert.equal(world.one(`select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = '${login}'`), 'f', login);
    assert.equal(world.one(`select pg_has_role('${login}', 'teleloire_owner', 'member')`), 'f', login);
    assert.equal(world.one(`select count(*) from pg_class where relowner = '${login}'::regrole`), '0', login);
  }
  const may = world.sql(`select relname from pg_class where relkind in ('r', 'p', 'v', 'S') and relnamespace = 'public'::regnamespace
    and (has_table_privilege('teleloire_api', oid, 'insert, update, delete, truncate') or has_any_column_privilege('teleloire_api', oid, 'select, insert, update'))`).flat();
  assert.deepEqual(may, ['schema_migration'], 'what api may without having taken a role');
  for (const role of ['stranger', 'person', 'visitor', 'door', 'system'])
    assert.equal(world.one(`select rolcanlogin or rolsuper or rolbypassrls or rolinherit and false from pg_roles where rolname = 'teleloire_${role}'`), 'f', role);
  assert.equal(ask('teleloire_person', tokens.anne, 'set local role teleloire_owner').error, '42501', 'nor may it become the owner');
});

test('each person sees what is theirs of every table, no row more and no row less', () => {
  for (const table of Object.keys(tables)) assert.deepEqual(wrong(table), []);
  for (const table of closedToPeople) assert.equal(asPerson('anne', `select count(*) from ${table}`).error, table === 'schema_migration' ? '42501' : '42501', table);
  assert.equal(asPerson('anne', 'select password_hash from account').error, '42501', 'no role reads the hashes');
});

test('without row-level security that test would fail, for every table that holds what is somebody\'s', () => {
  const everybodys = ['data_key', 'structure', 'site', 'person', 'membership', 'sign_in_failure', 'departement', 'epci', 'equipment_kind', 'equipment', 'absence', 'interest_statement', 'interest_link'];
  for (const table of Object.keys(tables).filter((t) => !everybodys.includes(t))) {
    world.sql(`alter table ${table} disable row level security`);
    try { assert.notDeepEqual(wrong(table, ['agent']), [], table); } finally { world.sql(`alter table ${table} enable row level security`); }
    // and without its policies nobody would see what they need
    const names = world.sql(`select polname from pg_policy where polrelid = '${table}'::regclass and polcmd in ('r', '*') and 'teleloire_person'::regrole = any (polroles)`).flat();
    assert.ok(names.length, table);
  }
});

test('a membership that is over is opened again by nobody, not even by whose it was', () => {
  world.sql(`insert into membership (person_id, structure_id, role, ended_at, ended_by) values ('${ids.anne}', '${ids.cholet}', 'manager', now(), '${ids.chloe}')`);
  const again = asPerson('anne', `update membership set ended_at = null, ended_by = '${ids.anne}' where person_id = '${ids.anne}' and structure_id = '${ids.cholet}' returning id`);
  assert.deepEqual(again.rows ?? [], [], again.error);
  assert.equal(world.one(`select count(*) from membership where person_id = '${ids.anne}' and structure_id = '${ids.cholet}' and ended_at is null`), '0');
});

test('with no credential, or one that is over, nobody sees anything', () => {
  world.sql(`insert into web_session (token_sha256, account_id, created_at) select sha256('too old'), ${own('anne')}, now() - interval '13 hours';
    insert into web_session (token_sha256, account_id, last_seen_at) select sha256('idle'), ${own('anne')}, now() - interval '31 minutes';
    insert into web_session (token_sha256, account_id, ended_at) select sha256('ended'), ${own('anne')}, now()`);
  const questions = [];
  for (const role of ['teleloire_person', 'teleloire_visitor', 'teleloire_stranger'])
    for (const token of [null, 'guessed', 'too old', 'idle', 'ended'])
      for (const table of everyTable().filter((t) => !openToAll[t])) {
        // Wrapped keys; digests of logins tried, which who signs in is counted against.
        if (table === 'data_key' || (role === 'teleloire_stranger' && table === 'sign_in_failure')) continue;
        questions.push({ role, token, table, sql: `select count(*) from ${table}` });
      }
  askAll(questions).forEach(({ rows, error }, i) => {
    const { role, token, table } = questions[i];
    assert.ok(error === '42501' || rows?.[0] === '0', `${role} with ${token}: ${error ?? rows} of ${table}`);
  });
});

// A row of the owner's as JSON, made new, put in by somebody else.
function copied(table, where, change) {
  const [[json]] = world.sql(`select to_jsonb(t) from ${table} as t where ${where} limit 1`);
  const row = { ...JSON.parse(json), ...change };
  const columns = world.sql(`select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_schema = 'public' and table_name = '${table}' and is_generated = 'NEVER' and is_identity = 'NO'`)[0][0];
  return `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $json$${JSON.stringify(row)}$json$)`;
}
const uuid = () => crypto.randomUUID();
const inserts = () => ({
  act: copied('act', `id = '${act.anne}'`, { id: uuid(), room: sha('r').slice(0, 32) }),
  act_event: copied('act_event', `act_id = '${act.anne}' and by_person_id = '${ids.anne}'`, { id: uuid() }),
  act_colleague: copied('act_colleague', 'true', { act_id: act.anne, person_id: person.gaby, invited_by: ids.anne }),
  consent: copied('consent', `act_id = '${act.anne}'`, { id: uuid() }),
  report: copied('report', `act_id = '${act.anne}'`, { id: uuid(), version: 2, why: 'x' }),
  document: copied('document', `act_id = '${act.anne}'`, { id: uuid() }),
  document_piece: copied('document_piece', `document_id in (select id from document where act_id = '${act.anne}')`, { number: 7 }),
  invitation: copied('invitation', `act_id = '${act.anne}'`, { id: uuid(), token_sha256: `\\x${sha(uuid())}` }),
  delivery: copied('delivery', `act_id = '${act.anne}'`, { id: uuid(), token_sha256: `\\x${sha(uuid())}` }),
  ticket: copied('ticket', `person_id = '${ids.anne}'`, { token_sha256: `\\x${sha(uuid())}` }),
  idempotency_key: copied('idempotency_key', `owner = '${ids.anne}'`, { key: uuid() }),
  patient: copied('patient', `id = '${ids.jeanne}'`, { id: uuid(), created_by: ids.anne }),
  delegation: copied('delegation', `professional_id = '${ids.anne}' and ended_at is null`, { id: uuid(), delegate_id: person.ines }),
  care_team: copied('care_team', `added_by is not null and ended_at is null`, { id: uuid(), person_id: person.gaby }),
  patient_correction: copied('patient_correction', `patient_id = '${ids.jeanne}'`, { id: uuid() }),
  patient_restriction: copied('patient_restriction', `patient_id = '${ids.jeanne}'`, { id: uuid(), ended_at: null, ended_by: null }),
  emergency_access: copied('emergency_access', `person_id = '${person.fred}'`, { id: uuid(), person_id: ids.anne }),
});

test('nobody puts a row into what is somebody else\'s, nor signs it with another\'s name', () => {
  for (const [table, sql] of Object.entries(inserts())) {
    const names = ['bruno', 'chloe', 'sylvie', 'ines', 'eve', 'fred', 'gaby', 'agent', 'olga']
      .filter((name) => table !== 'invitation' || name !== 'sylvie'); // she plans for Anne
    askPeople(names, `${sql} returning 1`).forEach(({ rows, error }, i) => assert.equal(error, '42501', `${names[i]} put into ${table}: ${rows}`));
  }
  for (const table of ['account', 'audit', 'audit_head', 'web_session', 'membership', 'person', 'structure', 'participant', 'incident'])
    assert.equal(asPerson('anne', `insert into ${table} default values`).error, '42501', table);
});

test('nobody changes or deletes what is somebody else\'s', () => {
  const changes = {
    act: [`update act set version = version where id = '${act.anne}'`, ['sylvie']],
    patient: [`update patient set identity = 'S1:1:x' where id = '${ids.jeanne}'`, ['bruno', 'sylvie', 'ines', 'eve']], // of their structure, or team
    invitation: [`update invitation set replaced_at = now() where act_id = '${act.anne}'`, ['sylvie']],
    delivery: [`update delivery set replaced_at = now() where act_id = '${act.anne}'`, []],
    document: [`update document set deleted_at = now() where act_id = '${act.anne}'`, []],
    visit: [`update visit set ended_at = now() where invitation_id in (select id from invitation where act_id = '${act.anne}')`, ['sylvie', 'eve', 'fred']],
    account: [`update account set password_hash = '$argon2id$x' where person_id = '${ids.anne}'`, []],
    web_session: [`update web_session set ended_at = now() where account_id <> (select me_account())`, []],
    idempotency_key: [`update idempotency_key set status = 1 where owner = '${ids.anne}'`, []],
    patient_restriction: [`update patient_restriction set ended_at = now(), ended_by = me_person() where patient_id = '${ids.jeanne}'`, []],
    delegation: [`update delegation set ended_at = now(), ended_by = me_person() where professional_id = '${ids.anne}'`, []],
    document_piece: [`delete from document_piece where document_id in (select id from document where act_id = '${act.anne}')`, []],
  };
  for (const [table, [sql, but]] of Object.entries(changes)) {
    const names = Object.keys(knows).filter((n) => n !== 'anne' && !(table === 'delegation' && n === 'max') && !but.includes(n));
    askPeople(names, `${sql} returning 1`).forEach(({ rows, error }, i) =>
      assert.ok(error === '42501' || (!error && rows.length === 0), `${names[i]} changed ${table}: ${error ?? rows.length}`));
  }
  for (const sql of ['delete from act', 'delete from report', 'update report set text = text', 'delete from audit', 'update audit set action = action', 'delete from patient', 'truncate act', 'update act_event set at = at'])
    assert.equal(asPerson('anne', sql).error, '42501', sql);
});

test('a visitor and a recipient see their own act and what was given to them', () => {
  const seen = (token, role, column, table) => ask(role, token, `select ${column} from ${table} order by 1`);
  for (const [kind, mine, other] of [['visitor', act.anne, act.chloe], ['recipient', act.chloe, act.anne]]) {
    const token = `${kind} ${mine}`;
    assert.deepEqual(seen(token, 'teleloire_visitor', 'id', 'act').rows, [mine]);
    assert.deepEqual(seen(token, 'teleloire_visitor', 'id', 'document').rows, world.sql(`select id from document where act_id = '${mine}' and kind = 'report'`).flat(), 'the report, and no other file');
    for (const table of ['document_piece', 'invitation', 'delivery', 'visit', 'consent', 'act_event'])
      assert.ok(seen(token, 'teleloire_visitor', '1', table).rows.length <= Number(world.one(`select count(*) from ${table}`)) / 2, table);
    for (const table of ['patient', 'report', 'account', 'web_session', 'audit', 'outbox', 'participant', 'care_team'])
      assert.equal(seen(token, 'teleloire_visitor', '1', table).error, '42501', table);
    for (const sql of [`insert into act_event (id, act_id, type, at) values (gen_random_uuid(), '${other}', 'xxx', now())`,
      `insert into consent (act_id, given, by, how, text_version, text_language, invitation_id) values ('${other}', true, 'patient', 'page', '1', 'fr', '${world.one('select id from invitation limit 1')}')`])
      assert.equal(ask('teleloire_visitor', token, sql).error, '42501', sql);
  }
  // A link whose code was not given shows who asks, and when; nothing of what was said.
  world.sql(`update invitation set token_sha256 = sha256('link') where act_id = '${act.anne}'`);
  assert.deepEqual(seen('link', 'teleloire_stranger', 'id', 'act').rows, [act.anne]);
  for (const table of ['document', 'report', 'patient', 'account', 'consent']) assert.equal(seen('link', 'teleloire_stranger', '1', table).error, '42501', table);
});

test('who holds a state of Pro Santé Connect reaches its attempt and no other, and no session', () => {
  const stranger = (token, sql) => ask('teleloire_stranger', token, sql);
  assert.equal(stranger('one', 'select encode(state_sha256, \'hex\') from psc_attempt').rows.length, 1);
  assert.deepEqual(stranger('three', 'select 1 from psc_attempt').rows, []);
  assert.deepEqual(stranger('three', 'delete from psc_attempt returning 1').rows, []);
  assert.equal(stranger('one', "insert into psc_attempt (state_sha256, browser_sha256, peer, page) values (sha256('other'), sha256('b'), 'x', '/') returning 1").error, '42501');
  for (const table of ['psc_session', 'psc_logout', 'account', 'web_session']) assert.equal(stranger('one', `select 1 from ${table}`).error, '42501', table);
  // A person marks the browser at hand, and nobody else's.
  world.sql('delete from psc_session');
  assert.equal(asPerson('bruno', "insert into psc_session (token_sha256, sub, leave_sealed) values (sha256('x'), 's', '') returning 1").error, '42501');
  assert.equal(asPerson('bruno', "insert into psc_session (token_sha256, sub, leave_sealed) values (me_credential(), 's', '') returning 1").rows?.length, 1);
  assert.equal(asPerson('bruno', "select psc_logout_take(sha256('x'), 'sub', null)").error, '42501');
  for (const name of ['anne', 'agent']) assert.equal(asPerson(name, "select account_for_rpps('99900000003')").error, '42501', 'the directory of accounts is nobody\'s');
  assert.deepEqual(ask('teleloire_system', null, 'delete from psc_attempt returning at').rows, [], 'what is not over stays');
});

test('the door and the system reach no patient and no clinical text', () => {
  for (const role of ['teleloire_door', 'teleloire_system'])
    for (const table of ['patient', 'report', 'document', 'document_piece', 'consent', 'account', 'audit', 'outbox', 'delivery', 'care_team', 'patient_structure'])
      assert.equal(ask(role, null, `select 1 from ${table}`).error, '42501', `${role} ${table}`);
  assert.equal(ask('teleloire_door', null, 'select reason from act').error, '42501');
  assert.deepEqual(ask('teleloire_system', null, 'delete from web_session returning created_at').rows, [], 'what is not over stays');
});
