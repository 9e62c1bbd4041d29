// The courier with a real PostgreSQL and a real SMTP server at its ends: what it delivers, what it
// does when either is away, and that nothing leaves twice.

import { test, before, after, beforeEach, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { build, startRole, READY, METRICS } from '../support/role.mjs';
import { startPostgres, psql } from '../support/private_postgres.mjs';

let cluster, courier, smtp, tap, config;

before(async () => {
  cluster = await startPostgres();
  cluster.migrate();
  // The courier's user, as the migration runner makes it: the outbox and nothing else.
  cluster.sql('create role courier_under_test login in role teleloire_outbox password $$courier$$; grant connect on database teleloire to courier_under_test');
  const secrets = join(cluster.folder, 'courier');
  mkdirSync(secrets);
  writeFileSync(join(secrets, 'password'), 'courier\n');
  const key = execFileSync('openssl', ['genpkey', '-algorithm', 'X25519', '-outform', 'DER']);
  const pub = execFileSync('openssl', ['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'], { input: key });
  writeFileSync(join(secrets, 'key'), key.subarray(-32).toString('hex'));
  writeFileSync(join(secrets, 'pub'), pub.subarray(-32).toString('hex'));
  writeFileSync(join(secrets, 'smtp'), `${ACCOUNT.password}\n`);
  writeFileSync(join(secrets, 'smtp-wrong'), 'un autre\n');
  // A mail server's certificate, the same for another name, and one of an authority nobody knows.
  const certs = (...words) => execFileSync(join(build, 'bin/teleloire-certs'), words);
  for (const name of ['known', 'unknown']) {
    mkdirSync(folder(name));
    certs('authority', '--dir', folder(name));
  }
  cpSync(folder('known'), folder('misnamed'), { recursive: true });
  for (const [name, host] of [['known', BEYOND], ['unknown', BEYOND], ['misnamed', 'mail.example']]) certs('server', '--dir', folder(name), '--name', host);
}, { timeout: 120_000 });

after(() => cluster?.stop());
beforeEach(() => cluster.sql('delete from outbox'));
afterEach(async () => {
  if (courier) { await courier.stop(); courier = undefined; }
  if (tap) await stopProvider();
  if (smtp) { await new Promise((done) => smtp.close(done)); smtp = undefined; }
});

const folder = (name) => join(cluster.folder, name);
// Stands for a mail server beyond this machine: only the names of loopback itself may have clear text.
const BEYOND = '127.0.0.2';
const ACCOUNT = { user: 'teleloire', password: 'le mot de passe du serveur' };

function configure(lines = '') {
  config = folder(`${randomUUID()}.ini`);
  const socket = cluster.conninfo().match(/host=(\S+)/)[1];
  writeFileSync(config, `[database]
socket_dir = ${socket}
name = teleloire
courier_user = courier_under_test
courier_password_file = ${folder('courier/password')}
[courier]
outbox_private_key_file = ${folder('courier/key')}
mail_from = Téléloire <ne-pas-repondre@teleloire.example>
mailbox_dir = ${folder('mailbox')}
sms_mailbox_dir = ${folder('sms')}
${lines}
`);
  return config;
}

async function start(lines) {
  courier = startRole('courier', configure(lines));
  await courier.heard((m) => m.type === READY);
}

const seals = new Map();
// What api does in its transaction.
function post(payload) {
  const id = randomUUID();
  const body = { kind: 'mail', to: 'jeanne@exemple.fr', subject: 'Votre téléconsultation', text: 'Bonjour,\nvoici.', message_id: `${id}@teleloire`, ...payload };
  const sealed = execFileSync(join(build, 'tests/seal-payload'), [folder('courier/pub'), id], { input: JSON.stringify(body), encoding: 'utf8' });
  seals.set(id, sealed);
  cluster.sql(`insert into outbox (id, kind, sealed) values ('${id}', '${body.kind}', '\\x${sealed}'); notify outbox`);
  return id;
}

const row = (id) => {
  const [[delivered, dead, attempts, error]] = cluster.sql(
    `select delivered_at is not null, dead_at is not null, attempts, coalesce(last_error, '') from outbox where id = '${id}'`);
  return { delivered: delivered === 't', dead: dead === 't', attempts: Number(attempts), error };
};

// Asks again at each of the courier's reports (one a second) until it holds.
async function until(what, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  while (!what()) {
    assert.ok(Date.now() < deadline, `not within ${seconds} s; courier's log:\n${courier?.log()}`);
    courier.forget();
    await courier.heard((m) => m.type === METRICS).catch(() => {});
  }
}

function startSmtp({ port = 0, answer = () => {} } = {}) {
  const received = [];
  smtp = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], logger: false,
    onRcptTo: (address, session, done) => done(answer(address.address)),
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (piece) => { text += piece; });
      stream.on('end', () => { received.push(text); done(); });
    },
  });
  return new Promise((resolve) => smtp.listen(port, '127.0.0.1', () => resolve({ received, port: smtp.server.address().port })));
}

test('without an SMTP server a mail becomes a whole file of the mailbox folder', async () => {
  await start();
  const id = post({});
  await until(() => row(id).delivered);
  assert.deepEqual(readdirSync(folder('mailbox')), [`${id}.eml`]);
  const [head, body] = readFileSync(join(folder('mailbox'), `${id}.eml`), 'utf8').split('\r\n\r\n');
  assert.match(head, /^To: <jeanne@exemple\.fr>$/m);
  assert.match(head, new RegExp(`^Message-ID: <${id}@teleloire>`, 'm'));
  assert.equal(Buffer.from(body, 'base64').toString(), 'Bonjour,\nvoici.');
});

test('an SMS becomes a file of the SMS folder', async () => {
  await start();
  const id = post({ kind: 'sms', to: '+33612345678', subject: undefined, text: 'Code 123456' });
  await until(() => row(id).delivered);
  assert.match(readFileSync(join(folder('sms'), `${id}.txt`), 'utf8'), /Code 123456/);
});

test('a mail goes to the configured SMTP server once', async () => {
  const { received, port } = await startSmtp();
  await start(`smtp_url = smtp://127.0.0.1:${port}`);
  const ids = [post({}), post({}), post({})];
  await until(() => ids.every((id) => row(id).delivered));
  assert.equal(received.length, 3);
  for (const id of ids) assert.equal(received.filter((text) => text.includes(`<${id}@teleloire>`)).length, 1);
});

test('with the SMTP server away a mail waits, says why, and leaves when it is back', async () => {
  const { port } = await startSmtp();
  await new Promise((done) => smtp.close(done));
  smtp = undefined;
  await start(`smtp_url = smtp://127.0.0.1:${port}`);
  const id = post({});
  await until(() => row(id).attempts >= 1);
  assert.ok(!row(id).delivered && !row(id).dead);
  assert.match(row(id).error, /^smtp: /);
  const { received } = await startSmtp({ port });
  await until(() => row(id).delivered, 30);
  assert.equal(received.length, 1);
});

test('a refusal for good is not tried again; one for now is', async () => {
  const answers = { 'nobody@exemple.fr': 550, 'busy@exemple.fr': 451 };
  const { port } = await startSmtp({
    answer: (address) => answers[address] && Object.assign(new Error('no'), { responseCode: answers[address] }),
  });
  await start(`smtp_url = smtp://127.0.0.1:${port}`);
  const nobody = post({ to: 'nobody@exemple.fr' }), busy = post({ to: 'busy@exemple.fr' });
  await until(() => row(nobody).dead && row(busy).attempts >= 1);
  assert.ok(!row(busy).dead);
  assert.doesNotMatch(row(nobody).error, /nobody@/); // an address never enters the row in clear
});

// ---- a mail server beyond this machine ----

// A server that wants TLS and the account, as those of providers do. What reaches it passes by a tap,
// which keeps the bytes of each connection as they were on the wire.
async function startProvider({ certificate = 'known', ...options } = {}) {
  const received = [], signIns = [], wires = [], open = [];
  smtp = new SMTPServer({
    key: readFileSync(folder(`${certificate}/server.key`)), cert: readFileSync(folder(`${certificate}/server.crt`)),
    logger: false, disableReverseLookup: true, authMethods: ['PLAIN', 'LOGIN'],
    onAuth(auth, session, done) {
      signIns.push({ user: auth.username, secure: session.secure });
      const right = auth.username === ACCOUNT.user && auth.password === ACCOUNT.password;
      done(right ? null : Object.assign(new Error('no'), { responseCode: 535 }), { user: auth.username });
    },
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (piece) => { text += piece; });
      stream.on('end', () => { received.push({ text, secure: session.secure }); done(); });
    },
    ...options,
  });
  smtp.on('error', () => {}); // a handshake the courier broke off
  await new Promise((resolve) => { smtp.listen(0, '127.0.0.1', resolve); });
  tap = net.createServer((client) => {
    const wire = [], inner = net.connect(smtp.server.address().port, '127.0.0.1');
    wires.push(wire);
    open.push(client, inner);
    client.on('data', (piece) => wire.push(piece));
    for (const end of [client, inner]) end.on('error', () => { client.destroy(); inner.destroy(); });
    client.pipe(inner).pipe(client);
  });
  tap.open = open;
  smtp.server.on('connection', (socket) => open.push(socket));
  await new Promise((resolve) => { tap.listen(0, '0.0.0.0', resolve); });
  return { received, signIns, port: tap.address().port, clear: () => wires.map((wire) => inClear(Buffer.concat(wire))) };
}

// smtp-server waits long for a connection that ended within TLS: all are cut first.
async function stopProvider() {
  for (const socket of tap.open) socket.destroy();
  await Promise.all([tap, smtp].map((server) => new Promise((done) => { server.close(done); })));
  tap = smtp = undefined;
}

// What a connection carried before its first TLS record (RFC 8446 section 5.1); nothing may follow but records.
function inClear(wire) {
  const first = wire.indexOf(Buffer.from([22, 3]));
  for (let at = first; at >= 0 && at < wire.length; at += 5 + wire.readUInt16BE(at + 3))
    assert.ok(wire[at] >= 20 && wire[at] <= 23 && wire[at + 1] === 3, `clear text between records: ${wire.subarray(at, at + 20)}`);
  return (first < 0 ? wire : wire.subarray(0, first)).toString('latin1').replace(/^EHLO \S+/, 'EHLO me');
}
const SECURED = 'EHLO me\r\nSTARTTLS\r\n';

const provider = (port, { scheme = 'smtp', host = BEYOND, password = 'smtp', ca = 'known', user = ACCOUNT.user } = {}) =>
  [`smtp_url = ${scheme}://${host}:${port}`, ...(user ? [`smtp_user = ${user}`, `smtp_password_file = ${folder(`courier/${password}`)}`] : []),
    `smtp_ca_file = ${folder(`${ca}/authority.crt`)}`].join('\n');

// Tried, kept for later, and why.
async function waits(id, reason) {
  await until(() => row(id).attempts >= 1);
  assert.match(row(id).error, reason);
  assert.deepEqual([row(id).delivered, row(id).dead], [false, false]);
}

const leaves = (scheme, options, clear) => async () => {
  const server = await startProvider(options);
  await start(provider(server.port, { scheme }));
  const id = post({});
  await until(() => row(id).delivered);
  assert.equal(server.received.length, 1);
  assert.ok(server.received[0].secure && server.received[0].text.includes(`<${id}@teleloire>`));
  assert.deepEqual(server.signIns, [{ user: ACCOUNT.user, secure: true }]);
  assert.deepEqual(server.clear(), [clear]);
};
test("a mail leaves by STARTTLS with the account's password, and nothing of it in clear", leaves('smtp', {}, SECURED));
test("a mail leaves by TLS from the first byte with the account's password, and nothing of it in clear", leaves('smtps', { secure: true }, ''));

test('with a wrong password a mail waits, says why, goes nowhere in clear, and leaves once the password is mended', async () => {
  const server = await startProvider();
  await start(provider(server.port, { password: 'smtp-wrong' }));
  const id = post({});
  await waits(id, /^smtp: Login denied \(reply 535\)$/);
  assert.equal(server.received.length, 0);
  assert.ok(server.clear().every((text) => text === SECURED), `${server.clear()}`);
  await courier.stop();
  await start(provider(server.port));
  await until(() => row(id).delivered);
  assert.equal(server.received.length, 1);
});

test('a mail server that is not the one it says, or has no TLS, is told neither the password nor the mail', async () => {
  const certificate = /^smtp: SSL peer certificate or SSH remote key was not OK/;
  for (const [what, options, settings, clear, reason] of [
    ['a certificate of an unknown authority', { certificate: 'unknown' }, {}, SECURED, certificate],
    ['the same, with TLS from the first byte', { certificate: 'unknown', secure: true }, { scheme: 'smtps' }, '', certificate],
    ['a certificate for another name', { certificate: 'misnamed' }, {}, SECURED, certificate],
    ['no STARTTLS', { disabledCommands: ['STARTTLS'], allowInsecureAuth: true }, {}, 'EHLO me\r\n', /^smtp: Requested SSL level failed/],
    // What only looks like this machine.
    ['no STARTTLS, at an address that begins as loopback', { disabledCommands: ['STARTTLS'], authOptional: true }, { host: '127.0.0.10', user: null }, 'EHLO me\r\n', /^smtp: Requested SSL level failed/],
    ['no STARTTLS, behind a user named localhost', { disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true }, { host: `localhost@${BEYOND}`, user: null }, 'EHLO me\r\n', /^smtp: Requested SSL level failed/],
  ]) {
    const server = await startProvider(options);
    await start(provider(server.port, settings));
    const id = post({});
    await waits(id, reason);
    assert.deepEqual([server.received, server.signIns], [[], []], what);
    for (const text of server.clear()) assert.equal(text.replace(/QUIT\r\n$/, ''), clear, what);
    await courier.stop();
    courier = undefined;
    await stopProvider();
    cluster.sql('delete from outbox');
  }
});

test('a server that wants an account nobody configured keeps the mail waiting: it is our fault, not the mail\'s', async () => {
  const server = await startProvider();
  await start(provider(server.port, { user: null }));
  const id = post({});
  await waits(id, /^smtp: .* \(reply 530\)$/);
  assert.equal(server.received.length, 0);
  await courier.stop();
  await start(provider(server.port));
  await until(() => row(id).delivered);
});

test('a payload sealed to another key, or moved from another row, is given up and told', async () => {
  await start();
  const id = post({});
  await until(() => row(id).delivered);
  const moved = randomUUID();
  assert.equal(cluster.sql(`select octet_length(sealed) from outbox where id = '${id}'`)[0][0], '0', 'what has left is not kept');
  cluster.sql(`insert into outbox (id, kind, sealed) values ('${moved}', 'mail', '\\x${seals.get(id)}'); notify outbox`);
  await until(() => row(moved).dead);
  assert.match(row(moved).error, /does not open/);
  assert.ok(!existsSync(join(folder('mailbox'), `${moved}.eml`)));
});

test('killed between two mails, it goes on where it was and sends none twice', async () => {
  const { received, port } = await startSmtp();
  await start(`smtp_url = smtp://127.0.0.1:${port}`);
  const first = post({});
  await until(() => row(first).delivered);
  courier.kill();
  await courier.ended;
  const second = post({});
  await start(`smtp_url = smtp://127.0.0.1:${port}`);
  await until(() => row(second).delivered);
  assert.equal(received.length, 2);
});

test('with nothing to deliver it asks the database once a second at most', async () => {
  await start();
  const asked = () => Number(cluster.sql("select calls from (select pg_stat_clear_snapshot(), xact_commit + xact_rollback as calls from pg_stat_database where datname = 'teleloire') as s"));
  // What a connection did is told to the statistics with a delay of a second or so.
  await new Promise((done) => setTimeout(done, 2000)); // what came before this has been told by then
  const seconds = 8, before = asked();
  await new Promise((done) => setTimeout(done, seconds * 1000));
  const more = asked() - before;
  assert.ok(more > 0, 'it asks nothing at all');
  assert.ok(more <= 5 * (seconds + 2), `${more} transactions in ${seconds} s`);
});

test('what was delivered or given up is deleted after its days, a bounded pass at a time, and what waits never', async () => {
  const insert = (count, columns, values) => cluster.sql(`insert into outbox (kind, sealed, ${columns}) select 'mail', 'x', ${values} from generate_series(1, ${count})`);
  insert(5, 'created_at, due_at, next_attempt_at', "now() - interval '900 days', now() - interval '900 days', now() + interval '1 hour'");
  insert(30, 'dead_at', 'now()');
  cluster.sql("analyze outbox; delete from outbox where dead_at is not null");
  insert(1203, 'delivered_at', "now() - interval '8 days' - interval '1 minute'");
  insert(3, 'delivered_at', "now() - interval '8 days' + interval '1 hour'");
  insert(2, 'dead_at', "now() - interval '20 days' - interval '1 minute'");
  insert(4, 'dead_at', "now() - interval '20 days' + interval '1 hour'");
  // Whatever the plan: also row by row, to which the planner comes by statistics older than the rows.
  for (const plan of ['', ['hashjoin', 'mergejoin', 'hashagg', 'material', 'sort'].map((way) => `set local enable_${way} = off;`).join(' ')])
    assert.deepEqual(cluster.sql(`begin; ${plan} select delivered, dead from outbox_prune(8, 20, 500); rollback`)[0], ['500', '2'], `a pass is bounded: ${plan}`);
  assert.deepEqual(cluster.sql('begin; select delivered, dead from outbox_prune(0, -5, 2000000000); rollback')[0], ['1206', '6'], 'never what waits');
  await start('keep_delivered_days = 8\nkeep_dead_days = 20');
  const count = (where) => Number(cluster.sql(`select count(*) from outbox where ${where}`)[0][0]);
  await until(() => count('delivered_at is not null') === 3 && count('dead_at is not null') === 4);
  assert.equal(count('delivered_at is null and dead_at is null'), 5);
  assert.equal(count("dead_at is not null and sealed = 'x'"), 4, 'one given up keeps its payload until then');
  courier.forget();
  const told = await courier.heard((m) => m.type === METRICS);
  assert.equal(told.body.counters.courier_pruned_total, 1205);
});

test('its database user can read and mark the outbox and nothing else', () => {
  const socket = cluster.conninfo().match(/host=(\S+)/)[1];
  const as = (sql) => execFileSync(psql, ['-X', '-q', '-A', '-t', '-d', `host=${socket} dbname=teleloire user=courier_under_test`, '-c', sql],
    { env: { ...process.env, PGPASSWORD: 'courier' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  assert.match(as('select count(*) from outbox'), /^\d+/);
  for (const table of ['patient', 'act', 'account', 'audit', 'invitation'])
    assert.throws(() => as(`select * from ${table} limit 1`));
  assert.throws(() => as('delete from outbox'));
});
