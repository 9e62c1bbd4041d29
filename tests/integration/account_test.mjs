// An installation without demo has nobody: the operator's command makes the first account, and a
// database that had the demo lets its people in no more.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { Client } from '../e2e/support/client.mjs';
import { build, Server, until } from '../e2e/support/server.mjs';

let server;
before(async () => { server = await Server.start({ options: ['--no-demo'] }); }, { timeout: 120_000 });
after(() => server?.stop());

// What the terminal shows, and what any user of the host can read of the process meanwhile.
function account(words, { input = '', config = path.join(server.var, 'config.ini') } = {}) {
  return new Promise((resolve) => {
    const child = spawn(path.join(build, 'bin/teleloire'), ['account', ...words, ...(config ? ['--config', config] : [])], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '', error = '', seen = '';
    const look = () => { try { seen += fs.readFileSync(`/proc/${child.pid}/cmdline`, 'latin1') + fs.readFileSync(`/proc/${child.pid}/environ`, 'latin1'); } catch { /* ended */ } };
    const timer = setInterval(look, 2);
    child.stdout.on('data', (piece) => { look(); out += piece; });
    child.stderr.on('data', (piece) => { error += piece; });
    child.on('close', (status) => { clearInterval(timer); resolve({ status, out, error, seen }); });
    child.stdin.end(input);
  });
}

function signIn(login, password, to = server) {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ login, password });
    https.request({ host: '127.0.0.1', port: to.port, method: 'POST', path: '/api/sign-in', ca: to.authority, agent: false,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (message) => {
      let text = '';
      message.on('data', (piece) => { text += piece; });
      message.on('end', () => resolve({ status: message.statusCode, ...JSON.parse(text) }));
    }).on('error', reject).end(body);
  });
}

const jeanne = ['--role', 'doctor', '--email', 'Jeanne.Exemple@example.org', '--name', 'Dr Jeanne EXEMPLE'];
const where = ['--structure', 'MSP de la Loire', '--city', 'Nantes', '--departement', '44'];

test('./run --no-demo prints how to make the first account, and what it prints works', { timeout: 60_000 }, async () => {
  // it is ready a moment before it says so
  const told = (await until('./run says where to look', () => { const text = server.tail('run.log'); return text.includes('Ctrl-C') && text; })).replace(/\\\n\s*/g, '');
  const line = told.split('\n').find((text) => text.includes('account add')).trim();
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]);
  assert.equal(words[0], path.join(build, 'bin/teleloire'));
  assert.deepEqual(words.slice(1, 5), ['account', 'add', '--config', path.join(server.var, 'config.ini')]);
  const made = await account(words.slice(2), { config: null });
  assert.equal(made.status, 0, made.error);
  const [, login, password] = /^login {5}(\S+)\npassword {2}(\S+)\n$/.exec(made.out);
  assert.equal((await signIn(login, password)).status, 200);
});

test('an account is made with its person, place and role, and its password is shown once and kept nowhere', { timeout: 60_000 }, async () => {
  const made = await account(['add', ...jeanne, ...where, '--profession', 'Médecin généraliste', '--rpps', `9900000001${luhn('9900000001')}`]);
  assert.equal(made.status, 1, 'the same address as the one before');
  assert.match(made.error, /there is an account with this address/);
  const other = await account(['add', '--role', 'nurse', '--email', 'paul.le-goff@example.org', '--name', 'M. Paul LE GOFF', '--structure', 'MSP DE LA LOIRE', '--language', 'en']);
  assert.equal(other.status, 0, other.error);
  const [, login, password] = /^login {5}(\S+)\npassword {2}(\S+)\n$/.exec(other.out);
  assert.ok(other.seen.includes('--role') && !other.seen.includes(password), 'no other user of the host has seen it');
  const me = await new Client(server).signIn({ login, password });
  assert.equal(me.person.display_name, 'M. Paul LE GOFF');
  assert.deepEqual(me.memberships.map((m) => [m.structure.name, m.role]), [['MSP de la Loire', 'nurse']]);
  assert.equal(me.language, 'en');
  assert.equal((await signIn(login, `${password}x`)).status, 401);
  const [row] = await server.rows("select a.password_hash, (select count(*)::int from audit where action = 'account.add' and object_id = a.id) as told, audit_first_broken('operator') as broken from account as a where login = 'paul.le-goff@example.org'");
  assert.match(row.password_hash, /^\$argon2id\$/);
  assert.equal(row.told, 1, 'the audit has its line');
  assert.equal(row.broken, null);
  for (const name of ['server.log', 'migrate.log', 'postgres.log'])
    assert.ok(!fs.readFileSync(path.join(server.var, 'log', name), 'utf8').includes(password), name);
});

test('the operator takes a second factor away at the terminal: another is chosen at the next sign-in', { timeout: 60_000 }, async () => {
  const made = await account(['add', '--role', 'nurse', '--email', 'perdu@example.org', '--name', 'Mme Anne PERDU', '--structure', 'MSP DE LA LOIRE']);
  const password = /^password {2}(\S+)$/m.exec(made.out)[1], login = 'perdu@example.org', client = new Client(server);
  await client.signIn({ login, password });
  assert.equal((await signIn(login, password)).me.missing, 'code');
  const reset = await account(['reset-factor', '--email', 'Perdu@example.org']);
  assert.equal(reset.status, 0, reset.error);
  assert.equal((await signIn(login, password)).me.missing, 'enrol');
  await client.expect(401, 'GET', '/api/me');
  assert.equal((await server.rows("select count(*)::int as n from audit where action = 'factor.reset'"))[0].n, 1);
  const nobody = await account(['reset-factor', '--email', 'personne@example.org']);
  assert.equal(nobody.status, 1);
  assert.match(nobody.error, /no account with this address/);
  assert.equal((await account(['reset-factor'])).status, 2);
});

test('a password of one\'s own comes by standard input, 12 characters at least', { timeout: 60_000 }, async () => {
  const words = ['add', '--role', 'secretary', '--email', 'anne@example.org', '--name', 'Anne BRETON', '--password-stdin'];
  assert.match((await account(words, { input: 'eleven char\n' })).error, /12 to 200/);
  assert.match((await account(words, { input: 'no line end, cut?' })).error, /12 to 200/);
  assert.match((await account(words, { input: `${'x'.repeat(201)}\n` })).error, /12 to 200/);
  const made = await account(words, { input: 'twelve chars\n' });
  assert.equal(made.status, 0, made.error);
  assert.equal(made.out, 'login     anne@example.org\n', 'it is not shown back');
  assert.equal((await signIn('anne@example.org', 'twelve chars')).status, 200);
});

test('what the field does not know is refused, and nothing of it is kept', { timeout: 60_000 }, async () => {
  const [before_] = await server.rows('select (select count(*)::int from person) as persons, (select count(*)::int from structure) as structures');
  const refusals = [
    [['add'], /--role, --email and --name are needed/],
    [['add', ...jeanne, '--role', 'king'], /--role is doctor/],
    [['add', ...jeanne, '--email', 'jeanne'], /--email is not an address/],
    [['add', ...jeanne, '--name', 'Jeanne'], /--name is a given name and a family name/],
    [['add', ...jeanne, '--rpps', '12345678901'], /--rpps is not an RPPS number/],
    [['add', ...jeanne, '--structure', 'Another'], /--city and --departement/],
    [['add', ...jeanne, '--structure', 'Another', '--city', 'Paris', '--departement', '75'], /not one of the region/],
    [['add', ...jeanne, '--structure', 'Another', '--city', 'Nantes', '--departement', '44'], /there is an account with this address/],
    [['add', ...jeanne, '--password', 'secret-on-the-line'], /^teleloire account add/],
    [['remove'], /^teleloire account add/],
  ];
  for (const [words, why] of refusals) {
    const { status, out, error } = await account(words);
    assert.notEqual(status, 0, `${words}`);
    assert.match(error.replace(/^teleloire account: /, ''), why, `${words}`);
    assert.equal(out, '');
  }
  assert.deepEqual((await server.rows('select (select count(*)::int from person) as persons, (select count(*)::int from structure) as structures'))[0], before_);
});

test('--no-demo on a var/ that had the demo lets its accounts in no more, says so, and a start with the demo lets them in again', { timeout: 180_000 }, async () => {
  const other = await Server.start();
  try {
    const { login, password } = other.demo.accounts[0];
    assert.equal((await signIn(login, password, other)).status, 200);
    const again = async (options) => {
      other.child.kill('SIGTERM');
      await other.ended;
      process.off('exit', other.atExit);
      fs.rmSync(path.join(other.var, 'run.log'));
      await other.launch(2, options);
    };
    await again(['--no-demo']);
    assert.match(other.tail('run.log'), /demo region is in this database from before: its accounts sign in no more/);
    assert.doesNotMatch(other.tail('run.log'), /demo\.json/);
    assert.equal((await signIn(login, password, other)).status, 401);
    assert.equal((await other.rows('select count(*)::int as n from account where disabled_at is null'))[0].n, 0);
    await again([]);
    assert.equal((await signIn(login, password, other)).status, 200);
    assert.equal((await other.rows('select count(*)::int as n from account where disabled_at is not null'))[0].n, 0);
  } finally {
    await other.stop();
  }
});

function luhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, i) => { const n = Number(digit) * (i % 2 ? 1 : 2); return total + (n > 9 ? n - 9 : n); }, 0);
  return String((10 - sum % 10) % 10);
}
