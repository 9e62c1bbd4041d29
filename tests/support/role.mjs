// One role as its supervisor would start it, driven by a test: see main_supervise_one.c.
//
//     const role = startRole('courier', configPath);
//     await role.heard((m) => m.type === READY);
//     role.say(STOP);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const build = process.env.TELELOIRE_BUILD ?? fileURLToPath(new URL('../../build/dev', import.meta.url));
export const READY = 0x0181, METRICS = 0x0182, FAILED = 0x0183, STOP = 0x0102, PING = 0x0104;

export function startRole(name, config, index = 0) {
  const child = spawn(join(build, 'tests/supervise-one'),
    [join(build, `bin/teleloire-${name}`), '--config', config, '--index', String(index)],
    { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = [], waiting = new Set();
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const role = {
    pid: 0,
    log: () => log,
    say: (type, body = {}, request = 0) => child.stdin.write(`${JSON.stringify({ type, body, request })}\n`),
    // The first message, said already or still to come, that satisfies the test.
    heard(wanted, seconds = 20) {
      const found = said.find(wanted);
      if (found) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const waiter = { wanted, resolve };
        waiting.add(waiter);
        setTimeout(() => { waiting.delete(waiter); reject(new Error(`not heard within ${seconds} s; log:\n${log}`)); },
          seconds * 1000).unref();
      });
    },
    forget: () => said.splice(0),
    kill: () => process.kill(role.pid, 'SIGKILL'),
    ended: once(child, 'exit'),
    async stop() {
      role.say(STOP);
      const timer = setTimeout(() => child.stdin.end(), 8000);
      const [code] = await role.ended;
      clearTimeout(timer);
      return code;
    },
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.pid) { role.pid = message.pid; return; }
    said.push(message);
    for (const waiter of waiting)
      if (waiter.wanted(message)) { waiting.delete(waiter); waiter.resolve(message); }
  });
  return role;
}
