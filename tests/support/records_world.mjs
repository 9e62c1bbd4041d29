// A small world for tests of the records: two structures, three doctors, a secretary, an agent of
// the agency, two patients; a migrated database and a configuration for workers.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './role.mjs';
import { startPostgres } from './private_postgres.mjs';
import { unseal } from './api_driver.mjs';
import { Sealed } from './sealed.mjs';
import { codeOf } from './totp.mjs';

export const PASSWORD = 'un long mot de passe';
export const ids = {
  clisson: '00000000-0000-4000-8000-000000000101', cholet: '00000000-0000-4000-8000-000000000102',
  anne: '00000000-0000-4000-8000-000000000201', bruno: '00000000-0000-4000-8000-000000000202',
  chloe: '00000000-0000-4000-8000-000000000203', sylvie: '00000000-0000-4000-8000-000000000204',
  agent: '00000000-0000-4000-8000-000000000205',
  jeanne: '00000000-0000-4000-8000-000000000301', paul: '00000000-0000-4000-8000-000000000302',
};

// As the owner of the tables loads them: plain, until `--keys seal`.
export const insertPatients = (patients) => `insert into patient (id, identity) values ${patients.map(({ id, ...identity }) =>
  `('${id}', '${JSON.stringify(identity).replaceAll("'", "''")}')`).join(', ')};`;

// The same as an expression, for rows that a query makes.
export const identitySql = ({ first_names = `'Luc'`, birth_name = `'FOULE'`, birth_date = '1970-01-01' } = {}) =>
  `json_build_object('birth_name', ${birth_name}, 'first_names', ${first_names}, 'birth_date', '${birth_date}', 'sex', 'F', 'birth_place_code', '44109')::text`;

export async function startWorld() {
  const cluster = await startPostgres();
  const folder = (name) => join(cluster.folder, name);
  mkdirSync(folder('records'));
  const secret = (name, hex) => { writeFileSync(folder(`records/${name}`), hex); return folder(`records/${name}`); };
  const key = execFileSync('openssl', ['genpkey', '-algorithm', 'X25519', '-outform', 'DER']);
  const pub = execFileSync('openssl', ['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'], { input: key });
  const privateHex = key.subarray(-32).toString('hex'), publicHex = pub.subarray(-32).toString('hex');
  const config = secret('config.ini', ''), sealKey = randomBytes(32).toString('hex');
  const socket = cluster.conninfo().match(/host=(\S+)/)[1];
  writeFileSync(config, `[server]
public_name = teleloire.example
port = 8443
[database]
socket_dir = ${socket}
name = teleloire
owner_password_file = ${folder('secrets/db_owner')}
api_password_file = ${folder('secrets/db_api')}
courier_password_file = ${folder('secrets/db_courier')}
[api]
journal_dir = ${folder('records/journal')}
journal_key_file = ${secret('journal.key', randomBytes(32).toString('hex'))}
link_key_file = ${secret('link.key', randomBytes(32).toString('hex'))}
seal_key_file = ${secret('seal.key', sealKey)}
outbox_public_key_file = ${secret('outbox.pub', publicHex)}
audit_file = ${folder('records/checkpoints')}
audit_key_file = ${secret('audit.key', randomBytes(32).toString('hex'))}
factor_key_file = ${secret('factor.key', randomBytes(32).toString('hex'))}
`);
  mkdirSync(folder('records/journal'));
  const program = join(build, 'bin/teleloire-api');
  const migrate = () => execFileSync(program, ['--migrate', '--config', config], { encoding: 'utf8' });
  const firstMigration = migrate();
  const hash = execFileSync(program, ['--hash-password'], { input: `${PASSWORD}\n`, encoding: 'utf8' }).trim();
  cluster.sql(`
    insert into departement values ('44', 'Loire-Atlantique', 1412502), ('49', 'Maine-et-Loire', 815883);
    insert into structure (id, name, kind, finess, city, departement_code) values
      ('${ids.clisson}', 'MSP de Clisson', 'msp', '440000289', 'Clisson', '44'),
      ('${ids.cholet}', 'MSP de Cholet', 'msp', '490000031', 'Cholet', '49');
    insert into person (id, prefix, given_name, family_name, profession, rpps, email) values
      ('${ids.anne}', 'Dr', 'Anne', 'Le Goff', 'Médecin généraliste', '99900000003', 'anne@exemple.fr'),
      ('${ids.bruno}', 'Dr', 'Bruno', 'Martin', 'Médecin généraliste', null, 'bruno@exemple.fr'),
      ('${ids.chloe}', 'Dr', 'Chloé', 'Petit', 'Dermatologue', null, 'chloe@exemple.fr'),
      ('${ids.sylvie}', 'Mme', 'Sylvie', 'Roux', 'Secrétaire', null, 'sylvie@exemple.fr'),
      ('${ids.agent}', 'M.', 'Agent', 'Dars', 'Chargé de mission', null, 'ars@exemple.fr');
    insert into membership (person_id, structure_id, role) values
      ('${ids.anne}', '${ids.clisson}', 'doctor'), ('${ids.bruno}', '${ids.clisson}', 'doctor'),
      ('${ids.chloe}', '${ids.cholet}', 'doctor'), ('${ids.sylvie}', '${ids.clisson}', 'secretary'),
      ('${ids.agent}', '${ids.cholet}', 'ars');
    insert into delegation (structure_id, professional_id, delegate_id, set_by)
      select '${ids.clisson}', id, '${ids.sylvie}', id from person where id in ('${ids.anne}', '${ids.bruno}');
    insert into account (person_id, login, password_hash)
      select id, email, '${hash}' from person;
    ${insertPatients([
      { id: ids.jeanne, birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F',
        birth_place_code: '44109', email: 'jeanne@exemple.fr', phone: '+33612345678' },
      { id: ids.paul, birth_name: 'BERNARD', first_names: 'Paul', birth_date: '1980-01-02', sex: 'M', birth_place_code: '49099' },
    ])}
    insert into patient_structure (patient_id, structure_id) values
      ('${ids.jeanne}', '${ids.clisson}'), ('${ids.paul}', '${ids.cholet}');`);
  const keys = (word) => execFileSync(program, ['--keys', word, '--config', config], { encoding: 'utf8' }).trim();
  keys('seal');
  world = {
    ...cluster, cluster, config, folder, migrate, firstMigration, keys,
    sql: (text) => cluster.sql(text),
    one: (text) => cluster.sql(text)[0]?.[0],
    sealed: new Sealed((text) => cluster.sql(text), sealKey),
    // Every message written, oldest first, opened with the courier's key.
    messages: () => cluster.sql("select id, encode(sealed, 'hex') from outbox order by created_at, kind")
      .map(([id, hex]) => unseal(privateHex, publicHex, id, Buffer.from(hex, 'hex'))),
    postmaster: () => Number(readFileSync(folder('postgres/data/postmaster.pid'), 'utf8').split('\n')[0]),
    stop: () => cluster.stop(),
    secrets: new Map(), // of second factors, by login
  };
  return world;
}
let world;

export async function signIn(api, login, password = PASSWORD) {
  const browser = api.browser();
  const answer = await browser.post('/api/sign-in', { login, password });
  if (answer.status !== 200) throw new Error(`sign-in of ${login}: ${answer.status} ${answer.raw}`);
  browser.csrf = answer.body.me.csrf;
  if (answer.body.me.missing) await giveFactor(browser, login, answer.body.me.missing);
  return browser;
}

// The second factor: the first of an account is enrolled. A test signs in more often than a person, so
// the last code's mark is taken off before another of the same half minute is given.
export async function giveFactor(browser, login, missing) {
  if (missing === 'enrol') world.secrets.set(login, (await browser.post('/api/me/factor/enrol')).body.secret);
  else world.sql(`update account_factor set last_step = 0 where account_id = (select id from account where login = '${login}')`);
  const secret = world.secrets.get(login);
  const answer = await browser.post(`/api/me/factor/${missing === 'enrol' ? 'confirm' : 'code'}`, { code: codeOf(secret) });
  if (answer.status !== 200) throw new Error(`second factor of ${login}: ${answer.status} ${answer.raw}`);
  browser.csrf = answer.body.me.csrf;
  return answer.body;
}
