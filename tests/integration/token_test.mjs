// The key-encryption key in a PKCS#11 token (SoftHSM2): no file holds it, and without the token nothing opens.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const program = join(build, 'bin/teleloire-api');
let world, plain, keyFile, pinFile, uri;
const token = (address = uri) => spawnSync(program, ['--keys', 'token', '--config', world.config, '--token', address], { encoding: 'utf8' });
const start = () => spawnSync(program, ['--keys', 'seal', '--config', world.config], { encoding: 'utf8' }); // opens as api does

before(async () => {
  world = await startWorld();
  keyFile = world.folder('records/seal.key');
  plain = readFileSync(keyFile, 'utf8').trim();
  mkdirSync(world.folder('tokens'));
  writeFileSync(world.folder('softhsm2.conf'), `directories.tokendir = ${world.folder('tokens')}\nobjectstore.backend = file\n`);
  process.env.SOFTHSM2_CONF = world.folder('softhsm2.conf');
  for (const label of ['other', 'teleloire']) execFileSync('softhsm2-util', ['--init-token', '--free', '--label', label, '--pin', '271828', '--so-pin', '314159']);
  pinFile = world.folder('token.pin');
  writeFileSync(pinFile, '271828\n');
  uri = `pkcs11:token=teleloire;object=seal?module-path=${MODULE}&pin-source=${pinFile}`;
}, { timeout: 120_000 });
after(async () => { await world?.stop(); });

test('the token makes a key that never leaves it, and the line it gives stands for ours', async () => {
  const made = token();
  assert.equal(made.status, 0, made.stderr);
  const [address, hex] = made.stdout.trim().split(' ');
  assert.equal(address, uri);
  assert.match(hex, /^[0-9a-f]{120}$/);
  assert.ok(!made.stdout.includes(plain));
  writeFileSync(keyFile, made.stdout);
  const listed = execFileSync('softhsm2-util', ['--show-slots'], { encoding: 'utf8' });
  assert.match(listed, /teleloire/);
  assert.match(token().stdout, /^pkcs11:/, 'the key that is there is used again');
  const api = await startApi(world.config);
  const anne = await signIn(api, 'anne@exemple.fr');
  assert.equal((await anne.get(`/api/patients/${ids.jeanne}`)).body.birth_name, 'MOREAU');
  // New data keys are made and used while the token is not asked any more.
  writeFileSync(pinFile, '000000\n');
  const [patient] = [await anne.post('/api/patients', { birth_name: 'DURAND', used_name: null, first_names: 'Luc', birth_date: '1979-03-04', sex: 'M', birth_place_code: '51215', ins: null, ins_oid: null, phone: null, email: null })];
  assert.equal(patient.status, 201, patient.raw);
  writeFileSync(pinFile, '271828\n');
  await api.stop();
});

test('with another PIN, another token, another key, or none, nothing starts and it is said why', () => {
  const line = readFileSync(keyFile, 'utf8').trim(), [, hex] = line.split(' ');
  const tries = [
    [line.replace(pinFile, world.folder('wrong.pin')), /refuses: another PIN, or another key/],
    [line.replace('token=teleloire', 'token=other'), /is not there/],
    [line.replace('object=seal', 'object=absent'), /is not there/],
    [line.replace('token=teleloire', 'token=nowhere'), /is not there/],
    [`${uri} ${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`, /refuses/],
    [`${uri} ${hex.slice(2)}`, /cannot be read/],
    [uri, /cannot be read/],
    [line.replace(MODULE, '/nowhere.so'), /cannot be read/],
    [line.replace(`module-path=${MODULE}&`, ''), /cannot be read/],
    [line.replace(/&pin-source=\S+/, ''), /cannot be read/],
    [`${Array(5).fill(plain).join('\n')}`, /cannot be read/],
  ];
  writeFileSync(world.folder('wrong.pin'), '000000\n');
  try {
    for (const [text, said] of tries) {
      writeFileSync(keyFile, `${text}\n`);
      const run = start();
      assert.equal(run.status, 1, text);
      assert.match(run.stderr, said, text);
      assert.ok(!`${run.stdout}${run.stderr}`.includes(plain) && !run.stderr.includes('271828'));
    }
  } finally { writeFileSync(keyFile, `${line}\n`); }
  assert.equal(start().status, 0);
});

test('from a file to a token and back again by rewrapping, as any other key', () => {
  const line = readFileSync(keyFile, 'utf8').trim(), anew = 'ab'.repeat(32);
  writeFileSync(keyFile, `${anew}\n${line}\n`);
  assert.match(world.keys('rewrap'), /^[1-9][0-9]* data keys wrapped anew$/);
  writeFileSync(keyFile, `${anew}\n`);
  assert.equal(start().status, 0);
  const made = token(uri.replace('object=seal', 'object=second'));
  assert.equal(made.status, 0, made.stderr);
  writeFileSync(keyFile, made.stdout);
  assert.equal(start().status, 0, 'the same key, sealed by the token');
  assert.equal(token('pkcs11:token=teleloire').status, 1);
  assert.equal(token('not an address').status, 1);
});
