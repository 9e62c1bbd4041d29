// What a server must never write, show or leave behind, and where to look: patients of the demo and
// secrets, in logs, state, metrics, command lines, environments and a dump of the database. What is meant
// to carry them, messages to patients, lies in mailbox/ and sms/.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const data = fileURLToPath(new URL('../../records/seed/data', import.meta.url));
const csv = (name) => readFileSync(join(data, name), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
const ROLES = ['door', 'api', 'relay', 'courier', 'examiner'];

/** Names, INS, telephones and addresses of the demo's patients. Names that professionals and places bear
 *  as well say nothing of a patient and are left out. */
export function patientWords() {
  const known = new Set([...csv('person.csv'), ...csv('structure.csv'), ...csv('site.csv'), ...csv('commune.csv'), ...csv('epci.csv')].flat().join(' ').toLowerCase().split(/[^\p{L}]+/u));
  return [...new Set(csv('patient.csv').flatMap(([, birth, used, , , , , ins, , , phone, email]) =>
    [...[birth, used].filter((n) => n.length >= 5 && !known.has(n.toLowerCase())), ins, phone, email]).filter(Boolean))];
}

/** Passwords and the files of secrets/, by what they are. */
export function secretsOf(server) {
  const secrets = new Map((server.demo?.accounts ?? []).map((a) => [`password of ${a.login}`, a.password]));
  for (const file of readdirSync(join(server.var, 'secrets'))) secrets.set(file, readFileSync(join(server.var, 'secrets', file), 'utf8').trim());
  return secrets;
}

/** Every file below, whole. */
export function filesOf(folder, but = []) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (but.includes(name)) return [];
    return statSync(path).isDirectory() ? filesOf(path, []) : statSync(path).isFile() ? [path] : [];
  });
}

/** What of these words is in the text, as words. */
export function among(text, list) {
  const small = text.toLowerCase();
  return list.filter((word) => small.includes(word.toLowerCase()) && new RegExp(`(?<![\\p{L}\\d])${word.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')}(?![\\p{L}\\d])`, 'iu').test(text));
}

export const metricsOf = (server) => new Promise((resolve, reject) =>
  http.get(`http://127.0.0.1:${server.port + 1}/metrics`, (m) => { let t = ''; m.on('data', (p) => { t += p; }); m.on('end', () => resolve(t)); }).on('error', reject));

/** [role, pid] of each process, the supervisor's too. */
export function processesOf(server) {
  const all = ROLES.flatMap((role) => server.pids(role).map((pid) => [role, pid]));
  return all.length ? [...all, ['supervisor', Number(readFileSync(`/proc/${all[0][1]}/stat`, 'utf8').split(') ').at(-1).split(' ')[1])]] : [];
}
export const shownBy = (pid) => ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join('\n');

export const dumpOf = async (server) => (await promisify(execFile)('/usr/lib/postgresql/15/bin/pg_dump', ['--host', server.socketDir(), '--username', 'postgres', 'teleloire'],
  { env: { ...process.env, PGPASSWORD: readFileSync(join(server.var, 'secrets/db_superuser'), 'utf8').trim() }, encoding: 'utf8', maxBuffer: 1 << 28 })).stdout;

const folders = (folder) => readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const WRITTEN = ['log', 'state', 'journal', 'audit'];

/** [where, text] of what was written; not the cluster's own files, which sealing_test searches, nor what a
 *  test put beside. */
export const writtenBy = (server) => filesOf(server.var, ['demo.json', ...folders(server.var).filter((name) => !WRITTEN.includes(name))])
  .map((file) => [file.slice(server.var.length + 1), readFileSync(file, 'latin1') + readFileSync(file, 'utf8')]);

/** What of them is in any of these texts, as lines for a reader. */
export function leaksIn(texts, words, secrets) {
  return texts.flatMap(([where, text]) => [...among(text, words).map((word) => `${word} in ${where}`),
    ...[...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => `${what} in ${where}`)]);
}
