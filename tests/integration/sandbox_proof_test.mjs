// From inside each role's own process, in its sandbox, with all it holds: what it must not be able to
// do is tried, and refused. The whole house runs with a library loaded before each program
// (support/prove_sandbox.c) that tries once the last wall stands.
// Ordinary build only: AddressSanitizer's runtime must be the first library of a process, and widens the
// lists of calls.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { build, Server, until } from '../e2e/support/server.mjs';
import { House } from '../support/house.mjs';

const EPERM = 1, EACCES = 13;
let server, house, listener, victim;
const proofs = () => house.log().filter((line) => line.event === 'proved');

before(async () => {
  server = await Server.start();
  listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  victim = spawn('sleep', ['600'], { stdio: 'ignore' });
  house = new House(server, {}, (text) => text, { LD_PRELOAD: path.join(build, 'tests/prove-sandbox.so'),
    PROVE_FILE: path.join(server.var, 'secrets/link.key'), PROVE_PORT: String(listener.address().port), PROVE_PID: String(victim.pid) });
  await until('every role has tried', () => new Set(proofs().map((proof) => proof.program)).size === 6, 60_000);
}, { timeout: 180_000 });

after(async () => {
  await house?.stop();
  victim?.kill('SIGKILL');
  listener?.close();
  await server?.stop();
});

// What a role needs of the list, and why; all else is refused.
const needs = {
  'teleloire-door': [],
  'teleloire-relay': [],
  'teleloire-examiner': [],
  'teleloire-api': ['unix'], // PostgreSQL
  'teleloire-courier': ['tcp', 'udp', 'unix'], // mail, names, PostgreSQL: the only role that connects out
  // it starts the others, which read their own files before they narrow themselves
  teleloire: ['open', 'create', 'tcp', 'udp', 'unix', 'listen', 'exec', 'fork', 'signal', 'memory_file', 'code', 'dumpable'],
};
const walls = { teleloire: ['raw', 'ptrace', 'memory', 'descriptor', 'namespace', 'mount', 'module', 'bpf', 'ring', 'core'] };

test('from inside each role, what it does not need is refused to it', async (t) => {
  for (const [program, needed] of Object.entries(needs))
    await t.test(program, () => {
      const all = proofs().filter((proof) => proof.program === program);
      assert.ok(all.length, 'it tried');
      for (const { tried } of all) {
        const names = walls[program] ?? Object.keys(tried);
        assert.ok(names.length >= 10);
        for (const name of names.filter((one) => !needed.includes(one)))
          assert.ok([EPERM, EACCES].includes(tried[name]), `${name}: ${tried[name] === 0 ? 'worked' : `errno ${tried[name]}`}`);
      }
    });
});

test('what a role needs works there, so that a refusal means something', () => {
  const of = (program) => proofs().find((proof) => proof.program === program).tried;
  assert.deepEqual([of('teleloire-api').unix, of('teleloire-courier').tcp, of('teleloire').fork], [0, 0, 0]);
});
