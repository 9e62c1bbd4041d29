// A day of the demo, with its accidents, and then everything the server wrote, says, shows or could leave
// behind is searched for every patient of the demo and every secret: logs, metrics, checkpoints, state,
// the command lines and environments of its processes, a dump of the database. What is meant to carry
// them, messages to patients, lies in mailbox/ and sms/. Names that professionals and places of the demo
// bear as well say nothing of a patient and are left out.
// Ordinary build only: what is searched is what is said, the same in every build.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { account, Client, invitation } from '../e2e/support/client.mjs';
import { root, Server, until } from '../e2e/support/server.mjs';

let server, words, secrets;
const csv = (name) => readFileSync(join(root, 'records/seed/data', name), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
const ROLES = ['door', 'api', 'relay', 'courier', 'examiner'];
const newcomer = { birth_name: 'QUÉMÉNEUR-ZWOLLE', used_name: null, first_names: 'Yseult', birth_date: '1951-06-07', sex: 'F', birth_place_code: '44109', ins: null, ins_oid: null, phone: '+33612349876', email: 'yseult.zwolle@exemple.fr' };

before(async () => {
  server = await Server.start({ relays: 1 });
  const known = new Set([...csv('person.csv'), ...csv('structure.csv'), ...csv('site.csv'), ...csv('commune.csv'), ...csv('epci.csv')].flat().join(' ').toLowerCase().split(/[^\p{L}]+/u));
  words = [...new Set([...csv('patient.csv').flatMap(([, birth, used, , , , , ins, , , phone, email]) => [...[birth, used].filter((n) => n.length >= 5 && !known.has(n.toLowerCase())), ins, phone, email]),
    newcomer.birth_name, newcomer.phone, newcomer.email, 'Zwolle', 'céphalées matinales'].filter(Boolean))];
  assert.ok(words.length > 500, `${words.length} words`);
  secrets = new Map(server.demo.accounts.map((a) => [`password of ${a.login}`, a.password]));
  for (const file of readdirSync(join(server.var, 'secrets'))) secrets.set(file, readFileSync(join(server.var, 'secrets', file), 'utf8').trim());
}, { timeout: 120_000 });
after(async () => { await server?.stop(); });

const keep = (name, value) => { if (value) secrets.set(name, value); };

test('a day, with its accidents', { timeout: 180_000 }, async () => {
  const doctor = account(server, 'doctor'), client = new Client(server);
  await client.signIn(doctor);
  keep('cookie', [...client.cookies.values()][0]);
  keep('CSRF token', client.csrf);
  const made = await client.expect(201, 'POST', '/api/patients', newcomer);
  assert.equal((await client.expect(200, 'POST', '/api/patients/search', { q: 'Zwolle' })).items[0].id, made.id);
  const plan = { patient: made.id, structure: client.me.memberships[0].structure.id, starts_at: null, duration_min: 20, reason: 'céphalées matinales', invite: { email: newcomer.email, phone: null, language: 'fr' } };
  const act = await client.expect(201, 'POST', '/api/acts', plan);
  const link = await invitation(server, newcomer.email);
  const token = link.link.split('#')[1];
  keep('link', token);
  const visitor = new Client(server);
  await visitor.expect(200, 'POST', '/api/invitations/open', { token });
  const { code } = await until('a code', async () => { const now = await invitation(server, newcomer.email); return now.code && now; });
  const entered = await visitor.expect(200, 'POST', '/api/invitations/code', { token, code });
  visitor.csrf = entered.csrf;
  keep('visit', [...visitor.cookies.values()][0]);
  await visitor.expect(200, 'POST', '/api/visit/consent', { given: true, by: 'patient', text_version: '1' }).catch(() => {});
  keep('ticket', (await client.expect(200, 'POST', `/api/acts/${act.id}/join`, {}).catch(() => ({}))).ticket);
  // What people type where it does not belong, and programs send broken.
  for (const word of [newcomer.email, newcomer.birth_name, '+33639981004'])
    await new Client(server).request('POST', '/api/sign-in', { login: word, password: doctor.password });
  for (const word of ['Zwolle', '205018519490461', newcomer.phone]) {
    const in_ = encodeURIComponent(word);
    for (const where of [`/patients?chercher=${in_}`, `/api/acts?q=${in_}`, `/api/patients/${in_}`, `/${in_}`, `/api/${in_}?x=${in_}`]) await client.request('GET', where);
    await client.request('POST', '/api/patients/search', Buffer.from(`{"q":"${word}`));
    await client.request('POST', '/api/patients', { ...newcomer, birth_date: word, [word]: 1 });
    await client.request('POST', '/api/acts/search', { q: word });
    await client.request('GET', '/', undefined, { referer: `https://localhost/${in_}`, 'user-agent': word, 'x-teleloire-csrf': `${client.csrf}` });
  }
  await client.request('POST', '/api/invitations/open', { token: `${token}x` });
  await server.sql(`insert into care_team (patient_id, person_id, added_by) select '${made.id}', person_id, person_id from account where login = '${doctor.login}'`);
  await client.expect(200, 'GET', `/api/patients/${made.id}/export`);
  assert.equal((await client.request('POST', `/api/patients/${made.id}/corrections`, { birth_name: 'ZWOLLE', first_names: 'Yseult', birth_date: '1951-06-07', sex: 'F', birth_place_code: '44109', ins: null, ins_oid: null, reason: 'faute dans Zwolle' })).status, 200);
  // PostgreSQL goes away in the middle, a worker and the door are killed.
  await server.stopPostgres();
  await client.request('POST', '/api/acts', plan);
  await client.request('POST', '/api/patients/search', { q: 'Zwolle' });
  await server.startPostgres();
  await until('api reads again', async () => (await client.request('GET', '/api/me')).status === 200);
  for (const role of ['api', 'door']) await server.kill(role).catch(() => {});
  await until('all is back', async () => (await client.request('GET', '/api/me').catch(() => ({}))).status === 200, 40_000);
  // A statement that fails on its row, as the owner would see it.
  await assert.rejects(server.sql(`set role teleloire_owner; insert into patient (id, identity, ins_status) values ('${made.id}', 'Zwolle', 'provisional')`));
  await client.request('POST', '/api/patients', { ...newcomer, email: 'zwolle@', phone: 'Zwolle' });
});

// Every file below, whole; not the cluster's own, which sealing_test searches.
function filesOf(folder, but) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (but.includes(name)) return [];
    return statSync(path).isDirectory() ? filesOf(path, []) : statSync(path).isFile() ? [path] : [];
  });
}
// What of these words is in the text, as words.
const among = (text, list) => list.filter((word) => text.toLowerCase().includes(word.toLowerCase()) && new RegExp(`(?<![\\p{L}\\d])${word.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')}(?![\\p{L}\\d])`, 'iu').test(text));

test('no log, no metric, no file of state holds a patient or a secret', { timeout: 120_000 }, async () => {
  const metrics = await new Promise((resolve, reject) => http.get(`http://127.0.0.1:${server.port + 1}/metrics`, (m) => { let t = ''; m.on('data', (p) => { t += p; }); m.on('end', () => resolve(t)); }).on('error', reject));
  assert.match(metrics, /teleloire_/);
  const files = filesOf(server.var, ['mailbox', 'sms', 'secrets', 'postgres', 'demo.json', 'certs']);
  assert.ok(files.some((f) => f.endsWith('server.log')) && files.some((f) => f.endsWith('postgres.log')), files.join());
  const mailed = filesOf(join(server.var, 'mailbox'), []).map((f) => readFileSync(f, 'utf8')).join('\n');
  assert.deepEqual(among(mailed, [newcomer.email]), [newcomer.email], 'the search finds what is there');
  const log = readFileSync(join(server.var, 'log/server.log'), 'utf8');
  assert.match(log, /supervisor\.ended/, 'the accidents were logged');
  for (const [name, text] of [['metrics', metrics], ...files.map((f) => [f, readFileSync(f, 'latin1') + readFileSync(f, 'utf8')])]) {
    assert.deepEqual(among(text, words), [], name);
    for (const [what, secret] of secrets) assert.ok(!text.includes(secret), `${what} in ${name}`);
  }
});

test('no process shows one in its command line or environment, or leaves a core or a way in behind', () => {
  const all = ROLES.flatMap((role) => server.pids(role).map((pid) => [role, pid]));
  assert.ok(all.length >= 6);
  for (const [role, pid] of [...all, ['supervisor', Number(readFileSync(`/proc/${all[0][1]}/stat`, 'utf8').split(') ')[1].split(' ')[1])]]) {
    const shown = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join('\n');
    assert.deepEqual(among(shown, words), [], role);
    for (const [what, secret] of secrets) assert.ok(!shown.includes(secret), `${what} shown by ${role}`);
    if (role === 'supervisor') continue;
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m, `${role} leaves no core`);
    assert.ok(!existsSync(join(server.var, 'core')), role);
  }
});

test('a dump of the database holds no patient and no secret', { timeout: 60_000 }, () => {
  const dump = execFileSync('/usr/lib/postgresql/15/bin/pg_dump', ['--host', server.socketDir(), '--username', 'postgres', 'teleloire'],
    { env: { ...process.env, PGPASSWORD: secrets.get('db_superuser') }, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.ok(dump.includes('COPY public.patient ') && dump.length > 1e6);
  assert.deepEqual(among(dump, words), []);
  for (const [what, secret] of secrets) assert.ok(!dump.includes(secret), what);
});
