// A private PostgreSQL cluster for one test file; see private_postgres.sh.
//
//     const cluster = await startPostgres();
//     cluster.sql('select 1');            // as the owner, rows of columns
//     await cluster.stop();

import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const build = process.env.TELELOIRE_BUILD ?? fileURLToPath(new URL('../../build/dev', import.meta.url));
// Debian's own psql is a script that looks for the right one; this is it.
export const psql = '/usr/lib/postgresql/15/bin/psql';
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'teleloire-test-'));
  const process_ = spawn(here('private_postgres.sh'), [folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: process_.stdout });
  const [line] = await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(60_000) }),
    once(process_, 'exit').then(() => { throw new Error('PostgreSQL did not start'); }),
  ]);
  const [socket, , ownerPassword] = line.split('\t');
  const env = { ...process.env, PGPASSWORD: ownerPassword, PGOPTIONS: '-c client_min_messages=warning' };

  return {
    folder,
    env,
    conninfo: (database = 'teleloire') => `host=${socket} dbname=${database} user=teleloire_owner`,
    // By the program itself, as ./run does.
    migrate() {
      const config = join(folder, 'migrate.ini');
      const user = (name) => `${name}_user = teleloire_${name}\n${name}_password_file = ${folder}/secrets/db_${name}\n`;
      writeFileSync(config, `[database]\nsocket_dir = ${socket}\nname = teleloire\n${['api', 'courier', 'owner'].map(user).join('')}`);
      execFileSync(join(build, 'bin/teleloire-api'), ['--migrate', '--config', config], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    },
    sql(text) {
      const out = execFileSync(psql, ['-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', this.conninfo(), '-c', text],
        { env, encoding: 'utf8', maxBuffer: 64 << 20 });
      return out === '' ? [] : out.replace(/\n$/, '').split('\n').map((row) => row.split('\t'));
    },
    async stop() {
      process_.stdin.end();
      await once(process_, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
