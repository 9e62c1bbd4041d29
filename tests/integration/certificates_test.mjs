// Certificates of a running house: exchanged while connections go on, refused when bad; and those
// that sites and integrators show, at a host name of their own. The judge is OpenSSL's command.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { build, Server, until } from '../e2e/support/server.mjs';
import { House } from '../support/house.mjs';

const certs = path.join(build, 'bin/teleloire-certs');
const names = { web: 'localhost', clients: 'integrations.localhost', turn: 'turn.localhost' };
let server, house, folder;

const run = (command, ...words) => execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const openssl = (...words) => run('openssl', ...words);
const file = (name) => path.join(folder, name);

// A fresh pair of the local authority in the place the house reads.
function issue(place, ...hosts) {
  const made = fs.mkdtempSync(file('made-'));
  for (const end of ['crt', 'key']) fs.copyFileSync(file(`authority.${end}`), path.join(made, `authority.${end}`));
  run(certs, 'server', '--dir', made, ...hosts.flatMap((host) => ['--name', host]));
  for (const end of ['crt', 'key']) fs.renameSync(path.join(made, `server.${end}`), file(`${place}.${end}`));
}

const printOf = (name) => new X509Certificate(fs.readFileSync(file(name))).fingerprint256;

function reload() {
  const { status, stdout, stderr } = spawnSync(path.join(house.bin, 'teleloire'), ['reload', '--config', house.config], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

// What a new connection to that name is served with.
function served(servername, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: house.port, servername, ca: fs.readFileSync(file('authority.crt')), ...options }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const get = (where, options = {}) => new Promise((resolve, reject) => {
  https.get({ host: '127.0.0.1', port: house.port, path: where, servername: names.web, ca: fs.readFileSync(file('authority.crt')), agent: false, ...options }, (message) => {
    let text = '';
    message.on('data', (piece) => { text += piece; });
    message.on('end', () => resolve({ status: message.statusCode, text, socket: message.socket }));
    message.on('error', reject);
  }).on('error', reject);
});

const metrics = () => new Promise((resolve, reject) => http.get(`http://127.0.0.1:${house.port + 1}/metrics`, { agent: false }, (message) => {
  let text = '';
  message.on('data', (piece) => { text += piece; });
  message.on('end', () => resolve(text));
}).on('error', reject));
// The one of a name; with a word among its labels when there are several.
const metric = async (name, label = '') => Number((await metrics()).split('\n')
  .find((line) => line.startsWith(`teleloire_${name}{`) && line.includes(label))?.split(' ').at(-1));

const client = (name) => ({ servername: names.clients, cert: fs.readFileSync(file(`clients/${name}.crt`)), key: fs.readFileSync(file(`clients/${name}.key`)) });

before(async () => {
  server = await Server.start({ options: ['--no-demo'] });
  folder = fs.mkdtempSync(path.join(server.var, 'pki-'));
  run(certs, 'authority', '--dir', folder);
  run(certs, 'crl', '--dir', folder);
  for (const name of ['lgc-angers', 'lgc-nantes']) run(certs, 'client', '--dir', folder, '--name', name);
  issue('web', names.web, names.clients);
  issue('turn', names.turn);
  house = new House(server, {}, (text) => text
    .replace(/^certificate = .*/m, `certificate = ${file('web.crt')}`)
    .replace(/^key = .*/m, `key = ${file('web.key')}\nclient_name = ${names.clients}\nclient_authority = ${file('authority.crt')}\nclient_crl = ${file('authority.crl')}`)
    .replace(/^turn_certificate = .*/m, `turn_certificate = ${file('turn.crt')}`)
    .replace(/^turn_key = .*/m, `turn_key = ${file('turn.key')}`));
  await until('the house serves', async () => (await house.readiness()).ready);
  await until('the whole house', async () => (await house.readiness()).relays === 2);
}, { timeout: 120_000 });

after(async () => { await house?.stop(); await server?.stop(); });

test('web and TURN certificates are exchanged three times and no connection notices', { timeout: 60_000 }, async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const first = await get('/healthz', { agent });
  const turn = tls.connect({ host: '127.0.0.1', port: house.port, servername: names.turn, ca: fs.readFileSync(file('authority.crt')) });
  let ended = false;
  turn.on('close', () => { ended = true; });
  await new Promise((resolve) => turn.once('secureConnect', resolve));
  const seen = new Set([await served(names.web), await served(names.turn)]);
  for (let time = 0; time < 3; time++) {
    issue('web', names.web, names.clients);
    issue('turn', names.turn);
    // A request whose answer is on its way meanwhile.
    const onTheWay = get('/readyz', { agent });
    const { status, text } = reload();
    assert.equal(status, 0, text);
    assert.match(text, /door 0: web: new one in use, good until/);
    assert.match(text, /relay 0: turn: new one in use/);
    assert.match(text, /relay 1: turn: new one in use/);
    assert.equal((await onTheWay).status, 200);
    const again = await get('/healthz', { agent });
    assert.equal(again.status, 200);
    assert.equal(again.socket, first.socket, 'the same connection');
    assert.equal(await served(names.web), printOf('web.crt'));
    assert.equal(await served(names.turn), printOf('turn.crt'));
    seen.add(printOf('web.crt')).add(printOf('turn.crt'));
  }
  assert.equal(seen.size, 8);
  assert.ok(!ended, 'the connection to TURN is there');
  turn.destroy();
  agent.destroy();
});

// Each makes something bad in the folder; the reason is what the operator reads.
const bad = [
  ['a key of another', /the key is not the certificate's/, () => fs.copyFileSync(file('turn.key'), file('web.key'))],
  ['another name', /not for the name localhost/, () => issue('web', 'other.example')],
  ['no name for clients', /not for the name integrations.localhost/, () => issue('web', names.web)],
  ['no certificate', /holds no certificate/, () => fs.writeFileSync(file('web.crt'), 'nothing\n')],
  ['no file', /is not there/, () => fs.rmSync(file('web.crt'))],
  ['a folder', /cannot be (read|opened)/, () => { fs.rmSync(file('web.crt')); fs.mkdirSync(file('web.crt')); }],
  ['too much', /too large/, () => fs.writeFileSync(file('web.crt'), Buffer.alloc(64 * 1024 + 1, 'a'))],
  ['a client\'s', /not one for a server/, () => ['crt', 'key'].forEach((end) => fs.copyFileSync(file(`clients/lgc-nantes.${end}`), file(`web.${end}`)))],
  ['a chain of strangers', /not signed by the next one/, () => fs.appendFileSync(file('web.crt'), fs.readFileSync(file('turn.crt')))],
];

test('a bad certificate is refused with its reason, on the terminal, in the log and in metrics, and the old one stays', { timeout: 60_000 }, async () => {
  for (const [what, reason, spoil] of bad) {
    const before = await served(names.web), refused = await metric('certificates_refused_total');
    spoil();
    const { status, text } = reload();
    assert.equal(status, 1, what);
    assert.match(text, reason, what);
    assert.match(text, /door 0: web: refused, the old one kept/, what);
    assert.match(text, /relay 1: turn: new one in use/, `${what}: the others go on`);
    assert.equal(await served(names.web), before, what);
    // A file that is not there never reached the door.
    if (!/opened|there/.test(reason.source)) assert.equal(await metric('certificates_refused_total'), refused + 1, what);
    assert.ok(house.log().some((line) => line.event === 'supervisor.reloaded' && line.good === false && reason.test(line.reason)), what);
    fs.rmSync(file('web.crt'), { recursive: true, force: true });
    issue('web', names.web, names.clients);
  }
  assert.equal(reload().status, 0);
  assert.equal(await served(names.web), printOf('web.crt'));
});

test('a chain with another kind of key takes the old one\'s place altogether', { timeout: 60_000 }, async () => {
  const between = { subject: '/CN=Between', key: file('between.key'), crt: file('between.crt') };
  fs.writeFileSync(file('between.ext'), 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n');
  fs.writeFileSync(file('leaf.ext'), `subjectAltName=DNS:${names.web},DNS:${names.clients}\nextendedKeyUsage=serverAuth\n`);
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=Elsewhere', '-days', '9', '-keyout', file('else.key'), '-out', file('else.crt'));
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', between.subject, '-keyout', between.key, '-out', file('between.csr'));
  openssl('x509', '-req', '-in', file('between.csr'), '-CA', file('else.crt'), '-CAkey', file('else.key'), '-CAcreateserial', '-days', '9', '-extfile', file('between.ext'), '-out', between.crt);
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=leaf', '-keyout', file('web.key'), '-out', file('leaf.csr'));
  openssl('x509', '-req', '-in', file('leaf.csr'), '-CA', between.crt, '-CAkey', between.key, '-CAcreateserial', '-days', '9', '-extfile', file('leaf.ext'), '-out', file('leaf.crt'));
  fs.writeFileSync(file('web.crt'), fs.readFileSync(file('leaf.crt'), 'utf8') + fs.readFileSync(between.crt, 'utf8'));
  const { status, text } = reload();
  assert.equal(status, 0, text);
  // The client gets the issuer between, and offers what the old key could sign with, in vain.
  assert.equal(await served(names.web, { ca: fs.readFileSync(file('else.crt')) }), printOf('leaf.crt'));
  await assert.rejects(served(names.web, { ca: fs.readFileSync(file('else.crt')), sigalgs: 'ECDSA+SHA256' }));
  // Nine days are left: an operator is to know, and nobody is kept from working.
  const { ready, warnings } = await house.readiness();
  assert.ok(ready && warnings.includes('certificate_ends'), JSON.stringify(warnings));
  const left = await metric('certificate_expires_seconds', 'which="web"');
  assert.ok(left > 8 * 86400 && left <= 9 * 86400, `${left}`);
  issue('web', names.web, names.clients);
  assert.equal(reload().status, 0);
  assert.ok(!(await house.readiness()).warnings.includes('certificate_ends'));
});

// The messages of a handshake by name, as OpenSSL's client shows them.
function handshake(servername, ...words) {
  const { stdout, stderr } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${house.port}`, ...servername ? ['-servername', servername] : ['-noservername'], '-CAfile', file('authority.crt'), '-msg', ...words], { input: '', encoding: 'utf8', timeout: 10_000 });
  return stdout + stderr;
}

test('no browser of a patient is asked for a certificate; at the host name of sites, everybody is', { timeout: 60_000 }, async () => {
  for (const version of ['-tls1_2', '-tls1_3']) {
    for (const name of [names.web, 'other.example', '']) {
      const text = handshake(name, version);
      assert.match(text, /ServerHello/, `${version} ${name}`);
      assert.doesNotMatch(text, /CertificateRequest/, `${version} ${name}`);
    }
    assert.match(handshake(names.clients, version), /CertificateRequest/, version);
  }
});

test('a site gets in with a good certificate only, to what is for sites only', { timeout: 60_000 }, async () => {
  const stranger = fs.mkdtempSync(file('stranger-'));
  run(certs, 'authority', '--dir', stranger);
  run(certs, 'client', '--dir', stranger, '--name', 'lgc-angers');
  const theirs = { servername: names.clients, cert: fs.readFileSync(path.join(stranger, 'clients/lgc-angers.crt')), key: fs.readFileSync(path.join(stranger, 'clients/lgc-angers.key')) };
  const aServers = { servername: names.clients, cert: fs.readFileSync(file('web.crt')), key: fs.readFileSync(file('web.key')) };
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    for (const [what, options] of [['none', { servername: names.clients }], ['a stranger\'s', theirs], ['a server\'s', aServers]])
      await assert.rejects(get('/api/integration/me', { ...options, maxVersion }), `${what} ${maxVersion}`);
    const { status, text } = await get('/api/integration/me', { ...client('lgc-nantes'), maxVersion });
    const mine = new X509Certificate(fs.readFileSync(file('clients/lgc-nantes.crt')));
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { subject: 'CN=lgc-nantes,O=T\\C3\\A9l\\C3\\A9loire', serial: mine.serialNumber.toLowerCase(), fingerprint: mine.fingerprint256.replaceAll(':', '').toLowerCase() });
    // Nothing else is at that name, and what is for sites is at no other, whatever Host says.
    for (const where of ['/', '/healthz', '/api/me', '/api/acts', '/api/integration/other'])
      assert.equal((await get(where, { ...client('lgc-nantes'), maxVersion, headers: { host: names.web } })).status, 404, where);
    assert.equal((await get('/api/integration/me', { maxVersion, headers: { host: names.clients } })).status, 404);
    assert.equal((await get('/api/integration/me', { ...client('lgc-nantes'), servername: names.web, maxVersion })).status, 404);
  }
});

test('a session of the pages is not taken up at the host name of sites', { timeout: 60_000 }, async () => {
  const session = await new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: house.port, servername: names.web, ca: fs.readFileSync(file('authority.crt')), maxVersion: 'TLSv1.2' });
    socket.on('session', (bytes) => { resolve(bytes); socket.destroy(); }).on('error', reject);
  });
  const outcome = await get('/api/integration/me', { servername: names.clients, session, maxVersion: 'TLSv1.2' }).then((answer) => answer.status, () => 'refused');
  // Taken for one of the pages', where there is nothing for sites.
  assert.ok(outcome === 'refused' || outcome === 403 || outcome === 404, `${outcome}`);
});

test('a revoked certificate is refused at the handshake, and on a connection that is there at the next request', { timeout: 60_000 }, async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const other = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const first = await get('/api/integration/me', { ...client('lgc-angers'), agent });
  assert.equal(first.status, 200);
  const stays = await get('/api/integration/me', { ...client('lgc-nantes'), agent: other });
  run(certs, 'revoke', '--dir', folder, '--name', 'lgc-angers', '--reason', 'key_compromise');
  const { status, text } = reload();
  assert.equal(status, 0, text);
  assert.match(text, /door 0: clients: new one in use/);
  const next = await get('/api/integration/me', { ...client('lgc-angers'), agent });
  assert.equal(next.status, 403);
  await assert.rejects(get('/api/integration/me', client('lgc-angers')));
  const still = await get('/api/integration/me', { ...client('lgc-nantes'), agent: other });
  assert.equal(still.status, 200);
  assert.equal(still.socket, stays.socket);
  assert.ok(await metric('client_certificates_refused_total') >= 1);
  agent.destroy();
  other.destroy();
});

test('a bad revocation list is refused and the old one kept: who was revoked stays so', { timeout: 60_000 }, async () => {
  const list = fs.readFileSync(file('authority.crl'));
  const stranger = fs.mkdtempSync(file('stranger-'));
  run(certs, 'authority', '--dir', stranger);
  run(certs, 'crl', '--dir', stranger);
  const spoiled = [
    [/no revocation list|not signed by its authority/, fs.readFileSync(path.join(stranger, 'authority.crl'))],
    [/holds no revocation list/, Buffer.from('nothing\n')],
  ];
  for (const [reason, content] of spoiled) {
    fs.writeFileSync(file('authority.crl'), content);
    const { status, text } = reload();
    assert.equal(status, 1);
    assert.match(text, reason);
    await assert.rejects(get('/api/integration/me', client('lgc-angers')));
    assert.equal((await get('/api/integration/me', client('lgc-nantes'))).status, 200);
  }
  fs.writeFileSync(file('authority.crl'), list);
  assert.equal(reload().status, 0);
});

test('PostgreSQL\'s passwords are changed while requests go on, and a wrong one is refused', { timeout: 90_000 }, async () => {
  const config = fs.readFileSync(house.config, 'utf8');
  const users = ['api', 'courier'].map((role) => ({ name: new RegExp(`^${role}_user = (.*)$`, 'm').exec(config)?.[1] ?? `teleloire_${role}`,
    place: new RegExp(`^${role}_password_file = (.*)$`, 'm').exec(config)[1] }));
  const old = users.map(({ place }) => fs.readFileSync(place));
  let on = true, good = 0, bad = 0;
  const asking = (async () => {
    while (on) await get('/api/about').then((answer) => { if (answer.status === 200) good++; else bad++; }, () => { bad++; });
  })();
  try {
    for (let time = 0; time < 3; time++) {
      for (const { name, place } of users) {
        fs.writeFileSync(place, `changed-${time}-${name}\n`);
        await server.sql(`alter role ${name} password 'changed-${time}-${name}'`);
      }
      const { status, text } = reload();
      assert.equal(status, 0, text);
      assert.match(text, /api 3: database: new one in use/);
      assert.match(text, /courier 0: database: new one in use/);
      const before = good;
      await until('requests go on', () => good > before + 10);
    }
    // What the file says is not what PostgreSQL knows.
    fs.writeFileSync(users[0].place, 'wrong\n');
    const { status, text } = reload();
    assert.equal(status, 1);
    assert.match(text, /api 0: database: refused, the old one kept: PostgreSQL does not let us in with it/);
    assert.match(text, /courier 0: database: new one in use/);
  } finally {
    on = false;
    await asking;
    assert.equal(bad, 0, `${bad} of ${good + bad} requests failed`);
  }
  // Connections are lost: the next ones are made with the password that was good, not the file's.
  const connections = () => server.sql(`select pid from pg_stat_activity where usename in ('${users[0].name}', '${users[1].name}')`);
  await server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename in ('${users[0].name}', '${users[1].name}')`);
  await until('the database again', async () => (await get('/api/about')).status === 200 && (await house.readiness()).database && (await connections()).trim().split('\n').length >= 2);
  for (const [i, { name, place }] of users.entries()) {
    fs.writeFileSync(place, old[i]);
    await server.sql(`alter role ${name} password '${old[i].toString().trim()}'`);
  }
  assert.equal(reload().status, 0);
});

test('the documented deploy hook has a renewed pair in use', { timeout: 60_000 }, async () => {
  const page = fs.readFileSync(new URL('../../docs/operations/certificates.md', import.meta.url), 'utf8');
  const [hook] = /^    #!\/bin\/sh\n(    .*\n)+/m.exec(page);
  const live = file('live/web'), command = file('hook');
  issue('renewed', names.web, names.clients);
  fs.mkdirSync(live, { recursive: true });
  fs.renameSync(file('renewed.crt'), path.join(live, 'fullchain.pem'));
  fs.renameSync(file('renewed.key'), path.join(live, 'privkey.pem'));
  // As it stands, but for the places and the user of this host.
  fs.writeFileSync(command, hook.replace(/^    /gm, '').replaceAll('/etc/teleloire/tls', folder).replaceAll('/etc/teleloire/config.ini', house.config)
    .replaceAll('-o teleloire ', ''), { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(command, [], { encoding: 'utf8', env: { PATH: `${house.bin}:${process.env.PATH}`, RENEWED_LINEAGE: live } });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /door 0: web: new one in use/);
  assert.equal(await served(names.web), printOf('live/web/fullchain.pem'));
});

test('what the authority issues and takes back is as OpenSSL judges it', { timeout: 60_000 }, () => {
  const dir = fs.mkdtempSync(file('pki-')), at = (name) => path.join(dir, name);
  const verify = (name) => spawnSync('openssl', ['verify', '-crl_check', '-purpose', 'sslclient', '-CAfile', at('authority.crt'), '-CRLfile', at('authority.crl'), at(`clients/${name}.crt`)], { encoding: 'utf8' });
  const status = (name) => {
    openssl('ocsp', '-issuer', at('authority.crt'), '-cert', at(`clients/${name}.crt`), '-reqout', at('question'));
    fs.writeFileSync(at('answer'), execFileSync(certs, ['ocsp', '--dir', dir], { input: fs.readFileSync(at('question')) }));
    // The question's number used once is in the answer; then what the answer says.
    const ask = (...words) => spawnSync('openssl', ['ocsp', '-respin', at('answer'), '-CAfile', at('authority.crt'), '-issuer', at('authority.crt'), ...words], { encoding: 'utf8' });
    assert.equal(ask('-reqin', at('question')).stderr, 'Response verify OK\n');
    const answer = ask('-no_nonce', '-cert', at(`clients/${name}.crt`));
    assert.match(answer.stderr, /Response verify OK/);
    return /: (good|revoked|unknown)/.exec(answer.stdout)[1];
  };
  run(certs, 'authority', '--dir', dir);
  run(certs, 'crl', '--dir', dir);
  fs.writeFileSync(at('password'), 'very secret\n');
  run(certs, 'client', '--dir', dir, '--name', 'site-1', '--pkcs12-password-file', at('password'));
  run(certs, 'client', '--dir', dir, '--name', 'site-2');
  assert.match(run(certs, 'client', '--dir', dir, '--name', 'site-2'), /nothing done/);
  assert.match(openssl('pkcs12', '-in', at('clients/site-1.p12'), '-passin', `file:${at('password')}`, '-nodes'), /PRIVATE KEY/);
  assert.throws(() => openssl('pkcs12', '-in', at('clients/site-1.p12'), '-passin', 'pass:other', '-nodes'));
  for (const name of ['index.json', 'clients/site-1.key', 'clients/site-1.p12', 'ocsp.key'].filter((one) => fs.existsSync(at(one))))
    assert.equal(fs.statSync(at(name)).mode & 0o077, 0, name);
  for (const name of ['site-1', 'site-2']) {
    assert.equal(verify(name).status, 0);
    assert.equal(status(name), 'good');
  }
  // The one before a renewal is good until it is revoked by its number.
  fs.copyFileSync(at('clients/site-2.crt'), at('clients/before.crt'));
  run(certs, 'renew', '--dir', dir, '--name', 'site-2');
  assert.equal(status('before'), 'good');
  const serial = new X509Certificate(fs.readFileSync(at('clients/before.crt'))).serialNumber;
  run(certs, 'revoke', '--dir', dir, '--serial', serial, '--reason', 'superseded');
  run(certs, 'revoke', '--dir', dir, '--name', 'site-1');
  assert.match(run(certs, 'revoke', '--dir', dir, '--name', 'site-1'), /already/);
  assert.deepEqual(['site-1', 'site-2', 'before'].map((name) => [status(name), verify(name).status]), [['revoked', 2], ['good', 0], ['revoked', 2]]);
  assert.match(openssl('crl', '-in', at('authority.crl'), '-noout', '-text'), /Superseded/);
  assert.deepEqual(run(certs, 'list', '--dir', dir).trim().split('\n').map((line) => line.split('\t').slice(1, 4).toSpliced(1, 1).join(' ')),
    ['site-1 revoked unspecified', 'site-2 revoked superseded', 'site-2 good']);
  for (const name of ['../x', '.x', 'a/b', '', 'é', 'x'.repeat(65)])
    assert.equal(spawnSync(certs, ['client', '--dir', dir, '--name', name]).status, 1, name);
  for (const words of [['revoke', '--name', 'nobody'], ['renew', '--name', 'nobody'], ['revoke', '--name', 'site-2', '--reason', 'whatever']])
    assert.equal(spawnSync(certs, [words[0], '--dir', dir, ...words.slice(1)]).status, 1, words.join(' '));
});

test('a reload without a server says so', () => {
  const { status, stderr } = spawnSync(path.join(build, 'bin/teleloire'), ['reload', '--config', house.config.replace('config.ini', 'none.ini')], { encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.notEqual(stderr, '');
});
