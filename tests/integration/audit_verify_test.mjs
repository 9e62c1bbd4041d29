// Checkpoints of a real worker over a real database, and `audit verify` against whoever may write in
// that database: every way of touching the audit is found and named.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, file;
const program = join(build, 'bin/teleloire-api');
const lines = () => readFileSync(file, 'utf8').split('\n').filter(Boolean);
const audit = (word, ...more) => spawnSync(program, ['--audit', word, '--config', world.config, ...more], { encoding: 'utf8' });

/** A worker that serves some looks and stops, which writes a checkpoint. */
async function looks(count) {
  const api = await startApi(world.config);
  const anne = await signIn(api, 'anne@exemple.fr');
  for (let i = 0; i < count; i++) assert.equal((await anne.get(`/api/patients/${ids.jeanne}`)).status, 200);
  await api.stop();
}

function verify(...more) {
  const { status, stdout, stderr } = audit('verify', ...more);
  return { status, found: stdout.trim().split('\n').filter((line) => /^(changed|removed|inserted|reordered|rewritten|not signed|does not follow):/.test(line)), out: stdout + stderr };
}

before(async () => {
  world = await startWorld();
  file = world.folder('records/checkpoints');
  await looks(8);
  await looks(8);
  await looks(8);
}, { timeout: 120_000 });
after(async () => { await world?.stop(); });

// The rows as they are, put back after each attack.
const keep = () => world.sql('create table kept_audit as table audit; create table kept_head as table audit_head');
const restore = () => world.sql(`truncate audit, audit_head; insert into audit table kept_audit; insert into audit_head table kept_head;
  drop table kept_audit, kept_head; alter table audit enable trigger user`);
const number = () => Number(world.one("select max(number) from audit where writer = 'api-0'"));
function attack(name, sql, expected) {
  test(name, () => {
    keep();
    world.sql('alter table audit disable trigger user');
    try {
      world.sql(sql);
      const { status, found, out } = verify();
      assert.equal(status, 1, out);
      assert.equal(found.length, 1, out);
      assert.match(found[0], expected, out);
    } finally { restore(); }
    assert.equal(verify().status, 0);
  });
}

test('each stop of the worker leaves a signed line, readable by its owner alone, chained to the one before', () => {
  assert.equal(lines().length, 3);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const checkpoints = lines().map((line) => JSON.parse(line.split('\t')[0]));
  assert.deepEqual(checkpoints.map((c) => c.checkpoint), [1, 2, 3]);
  assert.equal(checkpoints[0].previous, '0'.repeat(64));
  assert.equal(Number(checkpoints[2].heads['api-0'][0]), number());
  assert.ok(!/Moreau|Jeanne|exemple/i.test(lines().join()));
});

test('an untouched audit is whole, also for who has only the public key', () => {
  const whole = verify();
  assert.equal(whole.status, 0, whole.out);
  assert.match(whole.out, /3 checkpoints, 0 findings/);
  const key = audit('key').stdout.trim();
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal(verify('--key', key).status, 0);
  const other = verify('--key', '11'.repeat(32));
  assert.equal(other.status, 1);
  assert.match(other.out, /not signed: checkpoint at line 1/);
});

attack('a changed row is named', "update audit set actor_id = gen_random_uuid() where writer = 'api-0' and number = 5", /^changed: api-0 5, written /);
attack('a changed row is named though its hash was made anew',
  `update audit set action = 'act.read' where writer = 'api-0' and number = 5;
   update audit a set hash = audit_row_hash(previous_hash, writer, number, at, actor_kind, actor_id, action, act_id, patient_id, object_id) where writer = 'api-0' and number = 5`,
  /^changed: api-0 5, /);
attack('a removed row is named', "delete from audit where writer = 'api-0' and number = 7", /^removed: api-0 7, after /);
attack('a removed row is named though those after it were numbered again',
  `delete from audit where writer = 'api-0' and number = 7; update audit set number = number + 100000 where writer = 'api-0' and number > 7;
   update audit set number = number - 100001 where writer = 'api-0' and number > 100000; update audit_head set number = number - 1 where writer = 'api-0'`,
  /^removed: api-0 7, /);
attack('an inserted row is named',
  `update audit set number = number + 100000 where writer = 'api-0' and number >= 7;
   insert into audit select writer, 7, at, actor_kind, gen_random_uuid(), action, act_id, patient_id, object_id, hash, sha256('x') from audit where writer = 'api-0' and number = 6;
   update audit set number = number - 99999 where writer = 'api-0' and number > 100000; update audit_head set number = number + 1 where writer = 'api-0'`,
  /^inserted: api-0 7, /);
attack('two rows that changed places are named',
  `update audit set number = 100000 where writer = 'api-0' and number = 5; update audit set number = 5 where writer = 'api-0' and number = 6;
   update audit set number = 6 where writer = 'api-0' and number = 100000`,
  /^reordered: api-0 5 to 6, /);
attack('a chain rewritten as a whole is found by the checkpoint, whatever the database says of itself',
  `create or replace function rewrite_chain() returns void language plpgsql as $$
   declare r audit; last bytea := decode(repeat('00', 32), 'hex');
   begin
     for r in select * from audit where writer = 'api-0' order by number loop
       if r.number = 4 then r.actor_id := gen_random_uuid(); end if;
       r.previous_hash := last;
       last := audit_row_hash(last, r.writer, r.number, r.at, r.actor_kind, r.actor_id, r.action, r.act_id, r.patient_id, r.object_id);
       update audit set previous_hash = r.previous_hash, hash = last, actor_id = r.actor_id where writer = 'api-0' and number = r.number;
     end loop;
     update audit_head set hash = last where writer = 'api-0';
   end $$; select rewrite_chain()`,
  /^rewritten: api-0 1 to \d+, .*against checkpoint 1$/);
attack('an end cut off with its head is named by the checkpoint',
  `delete from audit where writer = 'api-0' and number > 9;
   update audit_head h set number = 9, hash = (select a.hash from audit a where a.writer = 'api-0' and a.number = 9) where writer = 'api-0'`,
  /^removed: api-0 10 to \d+, .*against checkpoint 3$/);
attack('a whole chain taken away is named', "delete from audit where writer = 'api-0'; delete from audit_head where writer = 'api-0'", /^removed: api-0 1 to \d+, against checkpoint 3$/);

test('a line of the file that was changed, taken out or never signed is named', () => {
  const before = readFileSync(file);
  const [first, second, third] = lines();
  try {
    writeFileSync(file, [first, second.replace('"checkpoint":2', '"checkpoint":9'), third, ''].join('\n'));
    assert.match(verify().out, /not signed: checkpoint at line 2/);
    writeFileSync(file, [first, third, ''].join('\n'));
    assert.match(verify().out, /does not follow: checkpoint at line 2/);
    writeFileSync(file, [first, second, 'nonsense', ''].join('\n'));
    assert.match(verify().out, /not signed: checkpoint at line 3/);
  } finally { writeFileSync(file, before); }
  assert.equal(verify().status, 0);
});

test('a line cut short by a crash is taken off, and the chain of checkpoints goes on', async () => {
  const whole = lines().length;
  appendFileSync(file, '{"at":"2026-01-01T00');
  await looks(2);
  assert.equal(lines().length, whole + 1);
  assert.equal(verify().status, 0, verify().out);
});

test('a file that holds something else is left alone, and the worker says so and does not start', async () => {
  const copy = `${file}.kept`;
  copyFileSync(file, copy);
  writeFileSync(file, 'the register of something else\n');
  try {
    const api = await startApi(world.config);
    assert.match(api.log(), /role.failed.*audit_file cannot be used/);
    await api.end();
    assert.equal(readFileSync(file, 'utf8'), 'the register of something else\n');
  } finally { copyFileSync(copy, file); }
});

test('a full disk is told, nothing is refused to anybody, and the next checkpoint covers what it missed', async () => {
  const config = world.config.replace('config.ini', 'full.ini');
  writeFileSync(config, readFileSync(world.config, 'utf8').replace(/audit_file = .*/, 'audit_file = /dev/full'));
  const api = await startApi(config);
  const anne = await signIn(api, 'anne@exemple.fr');
  assert.equal((await anne.get(`/api/patients/${ids.jeanne}`)).status, 200);
  await api.stop();
  assert.match(api.log(), /audit.checkpoint_failed/);
  await looks(1);
  const after = verify();
  assert.equal(after.status, 0, after.out);
  assert.ok(!/in no checkpoint yet/.test(after.out), after.out);
});
