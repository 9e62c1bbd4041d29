// PostgreSQL stopped and started again under workers that go on.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { API_HEALTH } from './api_driver.mjs';

const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

export async function stopPostgres(world) {
  const master = world.postmaster();
  process.kill(master, 'SIGINT');
  while (existsSync(`/proc/${master}`) && existsSync(world.folder('postgres/data/postmaster.pid'))) await later(50);
}

export function startPostgresAgain(world) {
  const data = world.folder('postgres/data');
  const method = readFileSync(world.folder('postgres/method'), 'utf8').trim();
  const as = method === 'namespace' ? ['unshare', '--user', '--map-user=1000', '--map-group=1000']
    : method === 'user' ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : ['env'];
  return spawn(as[0], [...as.slice(1), '/usr/lib/postgresql/15/bin/postgres', '-D', data], { stdio: 'ignore' });
}

// Until the worker sees the database and its journal satisfies the test (empty unless said).
export async function journalIs(api, wanted = (health) => health.database && health.journal_events === 0) {
  let health;
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await later(100)) {
    ({ json: health } = await api.ask(API_HEALTH, {}));
    if (wanted(health)) return health;
  }
  throw new Error(`the journal stays at ${JSON.stringify(health)}; log:\n${api.log()}`);
}
