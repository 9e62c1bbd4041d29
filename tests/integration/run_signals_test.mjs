// What is interrupted leaves nothing running, and a number in a file is never taken for a process
// of ours: another may have it by now.
// Ordinary build only: ./run is a script, no C to sanitize.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { addresses, build, root, Server, until } from '../e2e/support/server.mjs';

let folder, port;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'teleloire-signals-'));
  port = 35_000 + 10 * Math.floor(Math.random() * 1_000);
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

// As a terminal has it: a process group of its own, all of which hears Ctrl-C.
function run(words, where = folder, at = port) {
  const child = spawn(path.join(root, 'run'), [...words, '--var', where, '--build-dir', build, '--port', `${at}`, '--relays', '2', '--public-address', addresses.join()],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { child, text: '', ended: once(child, 'exit') };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { said.text += piece; });
  said.interrupt = (signal = 'SIGINT') => process.kill(-child.pid, signal);
  return said;
}

function processesOf(where) {
  return fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid).filter((entry) => {
    try {
      return fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(where) && !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${entry}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
}
const command = (entry) => { try { return fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' '); } catch { return ''; } };
const runs = (name) => () => processesOf(folder).some((entry) => command(entry).includes(name));

test('./run --background interrupted before it is ready stops the server it started', { timeout: 180_000 }, async () => {
  for (const [moment, what, signal, code] of [['PostgreSQL starts', 'postgres ', 'SIGINT', 130], ['the server starts', '/teleloire run', 'SIGTERM', 143]]) {
    const started = run(['--background', '--no-demo']);
    await until(moment, () => { if (started.child.exitCode !== null) throw new Error(started.text); return runs(what)(); }, 60_000, 5);
    assert.ok(!fs.existsSync(path.join(folder, 'ready')), 'too late to interrupt');
    started.interrupt(signal);
    assert.deepEqual(await started.ended, [code, null], started.text);
    assert.deepEqual(processesOf(folder).map(command), [], moment);
  }
});

test('./run selftest interrupted in the middle of its call stops the server it started', { timeout: 180_000 }, async () => {
  const started = run(['selftest']);
  await until('the participants', () => { if (started.child.exitCode !== null) throw new Error(started.text); return runs('teleloire-seat')(); }, 120_000, 20);
  started.interrupt();
  assert.deepEqual(await started.ended, [130, null], started.text);
  assert.deepEqual(processesOf(folder).map(command), []);
});

test('./run selftest interrupted leaves a server alone that was up before, and stop stops it', { timeout: 180_000 }, async () => {
  const up = run(['--background']);
  assert.deepEqual(await up.ended, [0, null], up.text);
  const before_ = processesOf(folder).filter((entry) => /teleloire-(door|api|relay|courier|examiner) /.test(command(entry)));
  const started = run(['selftest']);
  await until('the participants', runs('teleloire-seat'), 30_000, 20);
  started.interrupt();
  assert.deepEqual(await started.ended, [130, null], started.text);
  assert.deepEqual(processesOf(folder).filter((entry) => /teleloire-(door|api|relay|courier|examiner) /.test(command(entry))), before_);
  assert.ok(!runs('teleloire-seat')());
  const stop = run(['stop']);
  assert.deepEqual(await stop.ended, [0, null], stop.text);
  assert.deepEqual(processesOf(folder).map(command), []);
});

test('a stale number of a process is never signalled, whatever has it now', { timeout: 120_000 }, async () => {
  const server = await Server.start({ options: ['--no-demo'] });
  // Processes that look like ours from outside: by name, by word, by a mark of another start.
  const impostors = [['/somewhere/run', ['run', '-f', '/dev/null']], ['teleloire', ['run', '-f', '/dev/null']]]
    .map(([argv0, words]) => spawn('tail', words, { argv0, stdio: 'ignore' }));
  try {
    const mark = fs.readFileSync(path.join(server.var, 'run.pid'), 'utf8').trim().split(' ');
    assert.equal(mark.length, 3);
    process.kill(Number(mark[0]), 0); // the true one names ./run
    const stale = path.join(folder, 'stale');
    fs.mkdirSync(path.join(stale, 'state'), { recursive: true });
    fs.writeFileSync(path.join(stale, 'ready'), '');
    const config = path.join(stale, 'config.ini');
    fs.writeFileSync(config, fs.readFileSync(path.join(server.var, 'config.ini'), 'utf8').replace(/^state_dir = .*/m, `state_dir = ${stale}/state`));
    const start = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[19];
    for (const { pid } of impostors)
      for (const text of [`${pid}`, `${pid} ${Number(start(pid)) - 1} ${mark[2]}`, `${pid} ${start(pid)} ${mark[2].replace(/./, 'x')}`, `${pid} ${mark[1]} ${mark[2]}`, '-1', '0', '1', `-${pid}`, 'x']) {
        fs.writeFileSync(path.join(stale, 'run.pid'), `${text}\n`);
        const stop = run(['stop'], stale);
        await stop.ended;
        assert.match(stop.text, /Not running/, text);
      }
    // The supervisor of another configuration, too, hears nothing from here.
    for (const pid of [...impostors.map((child) => child.pid), fs.readFileSync(path.join(server.var, 'state/supervisor.pid'), 'utf8').trim()]) {
      fs.writeFileSync(path.join(stale, 'state/supervisor.pid'), `${pid}\n`);
      const drain = spawn(path.join(build, 'bin/teleloire'), ['drain', '0', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
      let text = '';
      drain.stderr.on('data', (piece) => { text += piece; });
      assert.deepEqual(await once(drain, 'close'), [1, null]);
      assert.match(text, /no server runs/);
    }
    for (const child of impostors) assert.equal(child.exitCode ?? child.signalCode, null, 'it lives');
    assert.ok(!server.tail('log/server.log', 400).includes('supervisor.drain'));
  } finally {
    for (const child of impostors) child.kill('SIGKILL');
    await server.stop();
  }
});
