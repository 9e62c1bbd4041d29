// An installation from before delegations, care teams and row-level security: `teleloire-api --migrate`
// brings it up to date, nobody loses what they need, and api's login keeps no right of its own.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { startPostgres, psql } from '../support/private_postgres.mjs';

const folder = new URL('../../records/sql/migrations/', import.meta.url);
const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const [CLISSON, CHOLET, ANNE, BRUNO, CHLOE, SYLVIE, GONE, JEANNE, PAUL] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(id);
let cluster;
const rows = (sql) => cluster.sql(sql).map((row) => row.join(' ')).sort();

before(async () => {
  cluster = await startPostgres();
  cluster.sql('create table schema_migration (number integer constraint schema_migration_pk primary key, name text not null, sha256 text not null, at timestamptz not null default now())');
  for (const file of readdirSync(folder).filter((name) => name < '0061').sort()) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    execFileSync(psql, ['-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d', cluster.conninfo(), '-f', '-'], { env: cluster.env, input: text });
    cluster.sql(`insert into schema_migration (number, name, sha256) values (${Number(file.slice(0, 4))}, '${file.replace('.sql', '')}', '${createHash('sha256').update(text).digest('hex')}')`);
  }
  cluster.sql(`
    insert into departement values ('44', 'Loire-Atlantique', 1);
    insert into structure (id, name, kind, city, departement_code) values ('${CLISSON}', 'A', 'msp', 'A', '44'), ('${CHOLET}', 'B', 'msp', 'B', '44');
    insert into person (id, given_name, family_name) select id, 'x', 'x' from unnest('{${[ANNE, BRUNO, CHLOE, SYLVIE, GONE].join()}}'::uuid[]) as id;
    insert into membership (person_id, structure_id, role, ended_at) values ('${ANNE}', '${CLISSON}', 'doctor', null), ('${BRUNO}', '${CLISSON}', 'nurse', null),
      ('${GONE}', '${CLISSON}', 'doctor', now()), ('${CHLOE}', '${CHOLET}', 'doctor', null), ('${SYLVIE}', '${CLISSON}', 'secretary', null), ('${SYLVIE}', '${CHOLET}', 'secretary', now());
    insert into patient (id, birth_name, first_names, birth_date, sex, birth_place_code) values ('${JEANNE}', 'X', 'X', '1950-01-01', 'F', '44109'), ('${PAUL}', 'Y', 'Y', '1950-01-01', 'M', '44109');
    insert into act (professional_id, patient_id, structure_id, starts_at, created_by, state, closed_at, not_done_reason)
      values ('${ANNE}', '${JEANNE}', '${CLISSON}', now(), '${ANNE}', 'closed', now(), null), ('${ANNE}', '${JEANNE}', '${CLISSON}', now(), '${ANNE}', 'to_close', null, null),
        ('${BRUNO}', '${JEANNE}', '${CLISSON}', now(), '${BRUNO}', 'planned', null, null), ('${CHLOE}', '${PAUL}', '${CHOLET}', now(), '${CHLOE}', 'not_done', null, 'other')`);
  cluster.migrate();
}, { timeout: 120_000 });

after(() => cluster?.stop());

test('a secretary keeps planning for everybody of their structures, by name from now on', () => {
  assert.deepEqual(rows('select delegate_id, professional_id, structure_id, set_by from delegation where ended_at is null'),
    [[SYLVIE, ANNE, CLISSON, ANNE].join(' '), [SYLVIE, BRUNO, CLISSON, BRUNO].join(' ')]);
});

test('who held an act is of its patient\'s care team, once; who planned one, or met nobody, is not', () => {
  assert.deepEqual(rows('select patient_id, person_id from care_team where ended_at is null'), [`${JEANNE} ${ANNE}`]);
});

test('an act that is held makes its professional part of the care team, and an amendment brings nobody back', () => {
  cluster.sql(`update act set state = 'waiting' where professional_id = '${BRUNO}'`);
  assert.equal(rows('select person_id from care_team').length, 1, 'not while somebody waits');
  cluster.sql(`update act set state = 'live' where professional_id = '${BRUNO}'`);
  assert.deepEqual(rows('select person_id from care_team where ended_at is null'), [ANNE, BRUNO]);
  cluster.sql(`update care_team set ended_at = now(), ended_by = '${BRUNO}' where person_id = '${ANNE}'`);
  cluster.sql(`update act set state = 'amended' where state = 'closed'`);
  assert.deepEqual(rows('select person_id from care_team where ended_at is null'), [BRUNO]);
});

test('the login of api keeps nothing but the name of the schema, and a second migration does nothing', () => {
  assert.deepEqual(rows(`select relname from pg_class where relkind in ('r', 'S') and relnamespace = 'public'::regnamespace
    and (has_table_privilege('teleloire_api', oid, 'insert, update, delete') or has_any_column_privilege('teleloire_api', oid, 'select'))`), ['schema_migration']);
  cluster.migrate();
  assert.equal(rows('select number from schema_migration').length, readdirSync(folder).filter((name) => name.endsWith('.sql')).length);
});
