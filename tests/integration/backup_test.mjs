// Ordinary build only: pg_dump, age and pg_restore do the work here, and a whole installation twice.
// A backup is worth what restoring it gives: it is made of one installation, restored into another, and
// read there by a real worker; what was changed, cut or is for somebody else restores nothing.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let from, to, act, file, identity, recipient, count;
const teleloire = (...words) => spawnSync(join(build, 'bin/teleloire'), words, { encoding: 'utf8' });
const rows = (world) => world.sql(`select c.relname, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I', c.relname), false, true, '')))[1]::text
  from pg_class as c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`).map((row) => row.join(' '));

before(async () => {
  from = await startWorld();
  to = await startWorld();
  file = from.folder('backup.age');
  identity = from.folder('records/backup.key');
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' });
  recipient = readFileSync(identity, 'utf8').match(/age1[0-9a-z]+/)[0];
  const api = await startApi(from.config);
  const anne = await signIn(api, 'anne@exemple.fr');
  act = (await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Fièvre du soir', invite: null })).body.id;
  assert.equal((await anne.call('POST', `/api/acts/${act}/documents?kind=other`, Buffer.from('%PDF-1.4 Fièvre'), { 'x-teleloire-name': 'courbe.pdf' })).status, 201);
  await api.stop();
  count = rows(from);
}, { timeout: 180_000 });

after(async () => { await from?.stop(); await to?.stop(); });

test('a backup is made by who cannot read it, and its file holds no word in clear', () => {
  const made = teleloire('backup', '--config', from.config, '--to', file, '--recipient', recipient);
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /backup\.age, [0-9]+ bytes\n$/);
  const bytes = readFileSync(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(bytes.subarray(0, 40).toString('latin1'), /^age-encryption\.org\/v1\n/);
  for (const word of ['Le Goff', 'MOREAU', 'Fièvre', 'patient', 'PGDMP']) assert.equal(bytes.indexOf(word), -1, word);
});

test('a backup that cannot be made leaves the last one, and no half of one', () => {
  const before_ = readFileSync(file);
  for (const words of [['--recipient', 'age1nobody'], ['--recipient', recipient, '--config', from.folder('records/none.ini')]])
    assert.notEqual(teleloire('backup', '--config', from.config, '--to', file, ...words).status, 0);
  assert.ok(readFileSync(file).equals(before_));
  assert.deepEqual(readdirSync(from.folder('.')).filter((name) => name.endsWith('.part')), []);
});

test('what was cut, changed or is for another identity restores nothing', () => {
  const was = rows(to), wrong = to.folder('wrong.age'), other = to.folder('other.key');
  execFileSync('age-keygen', ['-o', other], { stdio: 'ignore' });
  const bytes = readFileSync(file);
  const changed = Buffer.from(bytes);
  changed[bytes.length >> 1] ^= 1;
  for (const [content, key] of [[bytes.subarray(0, -1), identity], [changed, identity], [Buffer.concat([bytes, Buffer.from('x')]), identity], [bytes, other]]) {
    writeFileSync(wrong, content);
    const refused = teleloire('restore', '--config', to.config, '--from', wrong, '--identity', key);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /was changed or cut, or is for another identity/);
    assert.deepEqual(rows(to), was);
  }
});

test('a database in use is not restored over', async () => {
  const api = await startApi(to.config);
  await signIn(api, 'bruno@exemple.fr');
  const refused = teleloire('restore', '--config', to.config, '--from', file, '--identity', identity);
  await api.stop();
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /stop the server first/);
});

test('restored into another installation it is the same, row for row, and a worker there reads it', async (t) => {
  const restored = teleloire('restore', '--config', to.config, '--from', file, '--identity', identity);
  assert.equal(restored.status, 0, restored.stderr);
  assert.deepEqual(rows(to), count);
  for (const name of ['seal.key', 'factor.key']) copyFileSync(from.folder(`records/${name}`), to.folder(`records/${name}`));
  const api = await startApi(to.config);
  t.after(() => api.stop());
  const anne = await signIn(api, 'anne@exemple.fr');
  const { body } = await anne.get(`/api/acts/${act}`);
  assert.deepEqual([body.reason, body.patient.display_name, body.documents[0].name], ['Fièvre du soir', 'Jeanne MOREAU', 'courbe.pdf']);
  assert.equal((await anne.get(`/api/acts/${act}/documents/${body.documents[0].id}`)).raw.toString(), '%PDF-1.4 Fièvre');
  assert.equal((await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Suite', invite: null })).status, 201, 'and goes on');
  assert.equal(to.one("select audit_first_broken('api-0')"), '');
  assert.ok(!existsSync(to.folder('backup.age.part')));
});

test('without the key it was sealed under, a restored database shows no patient', async () => {
  writeFileSync(to.folder('records/seal.key'), '0'.repeat(64));
  const run = spawnSync(join(build, 'bin/teleloire-api'), ['--keys', 'rewrap', '--config', to.config], { encoding: 'utf8' });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /is not the key this database was sealed with/);
});
