// A day of the demo, with its accidents, and then everything the server wrote, says, shows or could leave
// behind is searched for every patient of the demo and every secret: logs, metrics, checkpoints, state,
// the command lines and environments of its processes, a dump of the database. What is meant to carry
// them, messages to patients, lies in mailbox/ and sms/. Names that professionals and places of the demo
// bear as well say nothing of a patient and are left out.
// Ordinary build only: what is searched is what is said, the same in every build.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { account, Client, invitation } from '../e2e/support/client.mjs';
import { Server, until } from '../e2e/support/server.mjs';
import { among, dumpOf, filesOf, leaksIn, metricsOf, patientWords, processesOf, secretsOf, shownBy, writtenBy } from '../support/leaks.mjs';

let server, words, secrets;
const newcomer = { birth_name: 'QUÉMÉNEUR-ZWOLLE', used_name: null, first_names: 'Yseult', birth_date: '1951-06-07', sex: 'F', birth_place_code: '44109', ins: null, ins_oid: null, phone: '+33612349876', email: 'yseult.zwolle@exemple.fr' };

before(async () => {
  server = await Server.start({ relays: 1 });
  words = [...patientWords(), newcomer.birth_name, newcomer.phone, newcomer.email, 'Zwolle', 'céphalées matinales'];
  assert.ok(words.length > 500, `${words.length} words`);
  secrets = secretsOf(server);
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

test('no log, no metric, no file of state holds a patient or a secret', { timeout: 120_000 }, async () => {
  const metrics = await metricsOf(server), written = writtenBy(server);
  assert.match(metrics, /teleloire_/);
  for (const name of ['log/server.log', 'log/postgres.log']) assert.ok(written.some(([file]) => file === name), name);
  const mailed = filesOf(join(server.var, 'mailbox')).map((f) => readFileSync(f, 'utf8')).join('\n');
  assert.deepEqual(among(mailed, [newcomer.email]), [newcomer.email], 'the search finds what is there');
  const log = readFileSync(join(server.var, 'log/server.log'), 'utf8');
  assert.match(log, /supervisor\.ended/, 'the accidents were logged');
  assert.deepEqual(leaksIn([['metrics', metrics], ...written], words, secrets), []);
});

test('no process shows one in its command line or environment, or leaves a core or a way in behind', () => {
  const all = processesOf(server);
  assert.ok(all.length >= 7);
  assert.deepEqual(leaksIn(all.map(([role, pid]) => [role, shownBy(pid)]), words, secrets), []);
  for (const [role, pid] of all.filter(([role]) => role !== 'supervisor'))
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m, `${role} leaves no core`);
  assert.ok(!existsSync(join(server.var, 'core')));
});

test('a dump of the database holds no patient and no secret', { timeout: 60_000 }, async () => {
  const dump = await dumpOf(server);
  assert.ok(dump.includes('COPY public.patient ') && dump.length > 1e6);
  assert.deepEqual(leaksIn([['dump', dump]], words, secrets), []);
});

test('a browser test ends in failure when its server left one behind', { timeout: 60_000 }, async () => {
  appendFileSync(join(server.var, 'log/server.log'), `{"event":"x","detail":"${words[0]}"}\n`);
  const stopped = server;
  server = null;
  await assert.rejects(stopped.stop(), (error) => error.message === `left behind: ${words[0]} in log/server.log`);
});
