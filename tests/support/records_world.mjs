// A small world for tests of the records: two structures, three doctors, a secretary, an agent of
// the agency, two patients; a migrated database and a configuration for workers.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './role.mjs';
import { startPostgres } from './private_postgres.mjs';
import { unseal } from './api_driver.mjs';

export const PASSWORD = 'un long mot de passe';
export const ids = {
  clisson: '00000000-0000-4000-8000-000000000101', cholet: '00000000-0000-4000-8000-000000000102',
  anne: '00000000-0000-4000-8000-000000000201', bruno: '00000000-0000-4000-8000-000000000202',
  chloe: '00000000-0000-4000-8000-000000000203', sylvie: '00000000-0000-4000-8000-000000000204',
  agent: '00000000-0000-4000-8000-000000000205',
  jeanne: '00000000-0000-4000-8000-000000000301', paul: '00000000-0000-4000-8000-000000000302',
};

export async function startWorld() {
  const cluster = await startPostgres();
  const folder = (name) => join(cluster.folder, name);
  mkdirSync(folder('records'));
  const secret = (name, hex) => { writeFileSync(folder(`records/${name}`), hex); return folder(`records/${name}`); };
  const key = execFileSync('openssl', ['genpkey', '-algorithm', 'X25519', '-outform', 'DER']);
  const pub = execFileSync('openssl', ['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'], { input: key });
  const privateHex = key.subarray(-32).toString('hex'), publicHex = pub.subarray(-32).toString('hex');
  const config = secret('config.ini', '');
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
outbox_public_key_file = ${secret('outbox.pub', publicHex)}
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
    insert into account (person_id, login, password_hash)
      select id, email, '${hash}' from person;
    insert into patient (id, birth_name, first_names, birth_date, sex, birth_place_code, email, phone) values
      ('${ids.jeanne}', 'MOREAU', 'Jeanne Marie', '1956-04-12', 'F', '44109', 'jeanne@exemple.fr', '+33612345678'),
      ('${ids.paul}', 'BERNARD', 'Paul', '1980-01-02', 'M', '49099', null, null);
    insert into patient_structure (patient_id, structure_id) values
      ('${ids.jeanne}', '${ids.clisson}'), ('${ids.paul}', '${ids.cholet}');`);
  return {
    ...cluster, cluster, config, folder, migrate, firstMigration,
    sql: (text) => cluster.sql(text),
    one: (text) => cluster.sql(text)[0]?.[0],
    // Every message written, oldest first, opened with the courier's key.
    messages: () => cluster.sql("select id, encode(sealed, 'hex') from outbox order by created_at, kind")
      .map(([id, hex]) => unseal(privateHex, publicHex, id, Buffer.from(hex, 'hex'))),
    postmaster: () => Number(readFileSync(folder('postgres/data/postmaster.pid'), 'utf8').split('\n')[0]),
    stop: () => cluster.stop(),
  };
}

export async function signIn(api, login) {
  const browser = api.browser();
  const answer = await browser.post('/api/sign-in', { login, password: PASSWORD });
  if (answer.status !== 200) throw new Error(`sign-in of ${login}: ${answer.status} ${answer.raw}`);
  browser.csrf = answer.body.me.csrf;
  return browser;
}
