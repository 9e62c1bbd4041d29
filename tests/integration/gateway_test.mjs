// The whole house of real processes: what the door lets in, what it refuses and how, and what the
// supervisor does when a role dies, sleeps or must stop.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import http2 from 'node:http2';
import path from 'node:path';
import tls from 'node:tls';
import { Client, account } from '../e2e/support/client.mjs';
import { build, Server, until } from '../e2e/support/server.mjs';
import { openSocket } from '../support/websocket_client.mjs';

const KIB = 1024;
// AddressSanitizer keeps what is freed for a while: resident memory says nothing there.
const sanitized = /asan/.test(process.env.TELELOIRE_BUILD ?? '');
let server, ca, cookie, csrf, supervisor;

before(async () => {
  server = await Server.start();
  ca = server.authority;
  supervisor = Number(fs.readFileSync(`${server.var}/state/supervisor.pid`, 'utf8'));
  const client = new Client(server);
  csrf = (await client.signIn(account(server, 'doctor'))).csrf;
  cookie = `__Host-teleloire=${client.cookies.get('__Host-teleloire')}`;
}, { timeout: 120_000 });

after(() => server?.stop());

// One request on a connection of its own; body: an object for JSON, or bytes.
function call(method, path, { body, headers = {}, from = '127.0.0.1', agent } = {}) {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const request = https.request({ host: '127.0.0.1', port: server.port, method, path, ca, agent: agent ?? false, localAddress: from,
      headers: { ...(data ? { 'content-type': 'application/json', 'content-length': data.length } : {}), ...headers } }, (message) => {
      const pieces = [];
      message.on('data', (piece) => pieces.push(piece));
      message.on('end', () => resolve({ status: message.statusCode, headers: message.headers, bytes: Buffer.concat(pieces), text: Buffer.concat(pieces).toString() }));
      message.on('error', reject);
    });
    request.on('error', reject);
    request.end(data);
  });
}

const signed = (method, path, options = {}) => call(method, path, { ...options, headers: { cookie,
  ...(method === 'GET' ? {} : { 'x-teleloire-csrf': csrf }), ...(method === 'GET' || options.body ? {} : { 'content-length': 0 }), ...options.headers } });

// Bytes as they are, and what comes back until the door closes, or until a whole problem is there.
async function raw(text, { end = false, problem = false } = {}) {
  const stream = tls.connect({ port: server.port, host: '127.0.0.1', ca, servername: 'localhost' });
  let out = '';
  stream.on('data', (piece) => { out += piece; if (problem && out.endsWith('}')) stream.emit('whole'); });
  stream.on('error', () => {});
  await once(stream, 'secureConnect');
  stream.write(text);
  if (end) stream.end();
  await Promise.race([once(stream, 'whole'), once(stream, 'end'), once(stream, 'close')]);
  stream.destroy();
  return out;
}

function isProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal(JSON.parse(answer.text).type, `/problems/${code}`);
  assert.equal(JSON.parse(answer.text).status, status);
}

async function metrics() {
  return new Promise((resolve, reject) => http.get(`http://127.0.0.1:${server.port + 1}/metrics`, { agent: false }, (message) => {
    let text = '';
    message.on('data', (piece) => { text += piece; });
    message.on('end', () => resolve({ status: message.statusCode, text }));
  }).on('error', reject));
}
const number = async (name) => Number(new RegExp(`^teleloire_${name.replace(/[{}"]/g, '\\$&')} (\\S+)`, 'm').exec((await metrics()).text)?.[1]);

const watchTicket = async () => JSON.parse((await signed('POST', '/api/watch')).text).ticket;
const sockets = (options = {}) => openSocket({ port: server.port, ca, ...options });
// What the door says once it says that it is ready: the whole house, and nothing less.
const whole = { ready: true, database: true, api: { interactive: 2, heavy: 1, password: 1 }, relays: 2, examiner: true, courier: true, journal_events: 0, warnings: [] };
async function readyAgain() {
  const said = await until('ready', async () => { const answer = await call('GET', '/readyz'); return answer.status === 200 && JSON.parse(answer.text); });
  assert.equal(said.ready, true);
  for (const role of ['examiner', 'courier', 'database']) assert.equal(said[role], true, `ready without ${role}`);
  for (const [lane, count] of Object.entries(said.api)) assert.ok(count >= 1, `ready without ${lane}`);
  assert.ok(said.relays >= 1, 'ready without a relay');
}

// ---- the door ----

test('healthz, readyz and metrics say how it goes', async () => {
  assert.deepEqual(JSON.parse((await call('GET', '/healthz')).text), { alive: true });
  const ready = await call('GET', '/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(JSON.parse(ready.text), whole);
  const page = await metrics();
  assert.equal(page.status, 200);
  for (const role of ['api', 'relay', 'courier', 'examiner', 'door'])
    assert.match(page.text, new RegExp(`teleloire_up\\{role="${role}",index="0"\\} 1`));
  assert.equal((await call('GET', '/metrics')).headers['content-type'], 'text/html; charset=utf-8', 'not on the public port');
});

test('the command says how the server is, and which line of a configuration is wrong', () => {
  const command = (...words) => spawnSync(path.join(build, 'bin/teleloire'), words, { encoding: 'utf8' });
  const config = path.join(server.var, 'config.ini');
  const health = command('health', '--config', config);
  assert.equal(health.status, 0, health.stderr);
  assert.equal(JSON.parse(health.stdout).ready, true);
  assert.equal(command('check-config', '--config', config).status, 0);
  const wrong = path.join(server.var, 'wrong.ini');
  fs.writeFileSync(wrong, '[server]\nport = 70000\nmetrics_port = 1\n');
  const refused = command('check-config', '--config', wrong);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /line 2: .*port.*1 to 65535/);
  fs.writeFileSync(wrong, '[server]\nmetrics_port = 1\n');
  assert.equal(command('health', '--config', wrong).status, 1, 'nobody there');
  assert.match(command('config', '--help-all').stdout, /\[relay\]/);
});

test('every answer carries the policies, whoever made it', async () => {
  for (const path of ['/', '/api/me', '/healthz', '/missing.js', '/api/about']) {
    const { headers } = await call('GET', path);
    assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'$/);
    assert.doesNotMatch(headers['content-security-policy'], /unsafe|\*/);
    assert.match(headers['strict-transport-security'], /max-age=\d{8}/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.match(headers['permissions-policy'], /camera=\(self\), microphone=\(self\), display-capture=\(self\)/);
    assert.equal(headers.server, undefined);
  }
  assert.equal((await call('GET', '/api/about')).headers['cache-control'], 'no-store');
});

test('pages: hashed files are kept for a year, the others answered by their tag, unknown ones 404', async () => {
  const index = await call('GET', '/');
  assert.match(index.text, /<div id="app">/);
  assert.equal((await call('GET', '/actes/7')).text, index.text);
  assert.equal(index.headers['cache-control'], 'no-cache');
  const again = await call('GET', '/', { headers: { 'if-none-match': index.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  const script = /src="(\/assets\/[^"]+)"/.exec(index.text)[1];
  const asset = await call('GET', script);
  assert.match(asset.headers['cache-control'], /immutable/);
  assert.match(asset.headers['content-type'], /^text\/javascript/);
  assert.equal(Number(asset.headers['content-length']), Buffer.byteLength(asset.text));
  const head = await call('HEAD', script);
  assert.equal(head.headers['content-length'], asset.headers['content-length']);
  assert.equal(head.text, '');
  isProblem(await call('GET', '/assets/missing.js'), 404, 'missing');
  isProblem(await call('POST', '/actes', { headers: { 'content-length': 0 } }), 405, 'format');
});

test('no path leads out of the pages', async () => {
  for (const path of ['/../../../../etc/passwd', '/assets/../../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2f..%2fetc%2fpasswd',
    '/assets/..%5c..%5cetc/passwd', '/.%00/etc/passwd', '//etc/passwd', '/%252e%252e/etc/passwd', '/api/../../etc/passwd']) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.doesNotMatch(answer, /root:/, path);
  }
});

test('TLS 1.2 and 1.3 with AEAD suites only', async () => {
  const attempt = (options) => new Promise((resolve) => {
    const stream = tls.connect({ port: server.port, host: '127.0.0.1', ca, servername: 'localhost', ...options }, () => {
      resolve(`${stream.getProtocol()} ${stream.getCipher().name}`);
      stream.destroy();
    });
    stream.on('error', () => resolve('refused'));
  });
  assert.match(await attempt({}), /^TLSv1\.3 TLS_AES/);
  assert.match(await attempt({ maxVersion: 'TLSv1.2' }), /^TLSv1\.2 ECDHE-.*(GCM|POLY1305)/);
  assert.equal(await attempt({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }), 'refused');
  assert.equal(await attempt({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:AES128-SHA' }), 'refused');
  assert.equal(await attempt({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }), 'refused', 'without forward secrecy');
});

test('a body of 64 KiB reaches api and one byte more is 413', async () => {
  const path = '/api/acts/00000000-0000-4000-8000-000000000000/close';
  const fits = await signed('POST', path, { body: Buffer.alloc(64 * KIB, ' ') });
  assert.ok([400, 404].includes(fits.status), fits.text);
  isProblem(await signed('POST', path, { body: Buffer.alloc(64 * KIB + 1, ' ') }), 413, 'too_big');
  const announced = await raw(`POST ${path.replace('close', 'documents')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${25 * KIB * KIB + 1}\r\n\r\n`);
  assert.match(announced, /^HTTP\/1.1 413 /, 'before a byte of it is read');
});

test('a request without length, in chunks, with a bad length or long headers is refused', async () => {
  const status = async (lines, body = '') => Number((await raw(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`, { problem: true })).split(' ')[1]);
  assert.equal(await status(['POST /api/sign-in HTTP/1.1', 'Host: localhost']), 411);
  assert.equal(await status(['POST /api/sign-in HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'), 411);
  assert.equal(await status(['GET /api/me HTTP/1.1', 'Host: localhost', `Cookie: a=${'x'.repeat(4095)}`]), 431);
  assert.notEqual(await status(['GET /api/me HTTP/1.1', 'Host: localhost', `Cookie: a=${'x'.repeat(4094)}`]), 431);
  assert.equal(await status([`GET /${'x'.repeat(1100)} HTTP/1.1`, 'Host: localhost']), 414);
  assert.equal((await call('GET', '/healthz')).status, 200);
});

test('garbage instead of TLS, or of HTTP, costs its own connection only', async () => {
  await raw('\0\x01\x02 nonsense\r\n\r\n', { end: true });
  await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(60_000)}\r\n\r\n`, { end: true });
  const plain = await new Promise((resolve) => {
    http.get({ port: server.port, host: '127.0.0.1', agent: false }, () => resolve('answered')).on('error', () => resolve('closed'));
  });
  assert.equal(plain, 'closed');
  assert.equal((await call('GET', '/healthz')).status, 200);
});

test('clients that stop in the middle of a head or a body hold no worker and are dropped', { timeout: 60_000 }, async () => {
  const started = Date.now();
  const stalled = [raw('GET / HTTP/1.1\r\nHost: loc'), raw('PROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n'), ...Array.from({ length: 8 }, () =>
    raw(`POST /api/acts HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nX-Teleloire-CSRF: ${csrf}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"patient":`))];
  for (let i = 0; i < 5; i++) assert.equal((await signed('GET', '/api/me')).status, 200);
  await Promise.all(stalled);
  assert.ok(Date.now() - started < 35_000);
});

test('sign-in is limited to 60 at once for one address, and the others feel nothing', async () => {
  const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 20 });
  const tries = await Promise.all(Array.from({ length: 75 }, () =>
    call('POST', '/api/sign-in', { body: {}, from: '127.0.0.9', agent, headers: {} })));
  agent.destroy();
  const limited = tries.filter((answer) => answer.status === 429);
  assert.ok(limited.length >= 5 && limited.length <= 15, `${limited.length}`);
  isProblem(limited[0], 429, 'limit');
  assert.ok(Number(limited[0].headers['retry-after']) >= 1);
  assert.notEqual((await call('POST', '/api/sign-in', { body: {}, from: '127.0.0.10' })).status, 429);
});

test('an address that opens too many connections is turned away, and only it', async () => {
  const open = [];
  for (let i = 0; i < 256; i++) {
    const stream = tls.connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.11', ca, servername: 'localhost' });
    await once(stream, 'secureConnect');
    open.push(stream);
  }
  await assert.rejects(call('GET', '/healthz', { from: '127.0.0.11' }));
  assert.equal((await call('GET', '/healthz')).status, 200);
  for (const stream of open) stream.destroy();
  await until('its connections are forgotten', async () => (await call('GET', '/healthz', { from: '127.0.0.11' })).status === 200);
});

test('a document of megabytes streams through without growing the door', { timeout: 60_000 }, async () => {
  const [door] = server.pids('door');
  const sizes = [];
  for (let i = 0; i < 4; i++) {
    const answer = await signed('POST', '/api/acts/00000000-0000-4000-8000-000000000000/documents?kind=photo',
      { body: Buffer.alloc(20 * KIB * KIB, 1), headers: { 'content-type': 'image/jpeg', 'idempotency-key': '00000000-0000-4000-8000-00000000000' + i } }).catch((error) => ({ status: error.code }));
    assert.ok([400, 404, 413, 422, 'EPIPE', 'ECONNRESET'].includes(answer.status), `${answer.status} ${answer.text}`);
    sizes.push(Server.size(door).resident);
  }
  assert.ok(sanitized || sizes[3] - sizes[0] < 4 * KIB, `${sizes}`);
  assert.equal((await signed('GET', '/api/me')).status, 200);
});

test('a document of megabytes comes back byte for byte', { timeout: 60_000 }, async () => {
  const once_ = () => ({ 'idempotency-key': randomUUID() });
  const patient = JSON.parse((await signed('POST', '/api/patients/search', { body: { q: 'ma' } })).text).items[0].id;
  const structure = JSON.parse((await signed('GET', '/api/me')).text).memberships[0].structure.id;
  const act = await signed('POST', '/api/acts', { headers: once_(), body: { patient, structure, starts_at: null, duration_min: 20, reason: 'x', invite: null } });
  assert.equal(act.status, 201, act.text);
  const folder = `/api/acts/${JSON.parse(act.text).id}/documents`;
  for (const size of [64 * KIB - 16, 64 * KIB - 15, 3_000_000]) {
    const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(size), Buffer.from('\n%%EOF\n')]);
    const made = await signed('POST', `${folder}?kind=other`, { headers: { ...once_(), 'content-type': 'application/pdf' }, body: pdf });
    assert.equal(made.status, 201, made.text);
    const back = await signed('GET', `${folder}/${JSON.parse(made.text).id}`);
    assert.equal(back.status, 200);
    assert.ok(back.bytes.equals(pdf), `${size}`);
  }
});

test('HTTP/2, when switched on, serves the same pages and calls, many at once', { timeout: 60_000 }, async () => {
  const port = server.port + 5, folder = path.join(server.var, 'h2');
  fs.mkdirSync(path.join(folder, 'journal'), { recursive: true });
  const config = fs.readFileSync(path.join(server.var, 'config.ini'), 'utf8')
    .replace(/^port = .*/m, `port = ${port}`).replace(/^metrics_port = .*/m, 'metrics_port = 0').replace(/^(udp|tcp)_port = .*/gm, `$1_port = ${port + 1}`)
    .replace(/^http2 = .*/m, 'http2 = true').replace(/^state_dir = .*/m, `state_dir = ${folder}`).replace(/^journal_dir = .*/m, `journal_dir = ${folder}/journal`);
  fs.writeFileSync(path.join(folder, 'config.ini'), config);
  const house = spawn(path.join(build, 'bin/teleloire'), ['run', '--config', path.join(folder, 'config.ini')], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(house.stdout, 'data');
    const session = http2.connect(`https://localhost:${port}`, { ca });
    session.on('error', () => {});
    const ask = (method, path_, body, headers = {}) => new Promise((resolve, reject) => {
      const stream = session.request({ ':method': method, ':path': path_, ...(body ? { 'content-length': body.length } : {}), ...headers });
      let answer, text = '';
      stream.on('response', (head) => { answer = head; });
      stream.on('data', (piece) => { text += piece; });
      stream.on('end', () => resolve({ status: answer[':status'], headers: answer, text }));
      stream.on('error', reject);
      stream.on('close', () => reject(new Error(`${path_}: reset`)));
      stream.setTimeout(10_000, () => stream.close());
      stream.end(body);
    });
    const page = await ask('GET', '/');
    assert.equal(page.status, 200);
    assert.match(page.headers['content-security-policy'], /connect-src 'self' wss:\/\/localhost:/);
    const script = /src="(\/assets\/[^"]+)"/.exec(page.text)[1];
    const many = await Promise.all([script, '/', '/healthz', '/api/about', script].map((path_) => ask('GET', path_)));
    assert.deepEqual(many.map((answer) => answer.status), [200, 200, 200, 200, 200]);
    assert.equal(Number(many[0].headers['content-length']), Buffer.byteLength(many[0].text));
    assert.equal((await ask('GET', '/api/me', null, { cookie })).status, 200);
    assert.equal((await ask('POST', '/api/sign-in', Buffer.from('{}'), { 'content-type': 'application/json' })).headers['content-type'], 'application/problem+json');
    session.destroy();
  } finally {
    house.kill('SIGTERM');
    await once(house, 'exit');
  }
});

// ---- sockets ----

test('a socket opens from our own origin or from no browser, and from nowhere else', async () => {
  const own = `https://localhost:${server.port}`;
  for (const headers of [{}, { origin: own }]) (await sockets({ headers })).close();
  for (const headers of [{ origin: 'https://localhost' }, { origin: 'null' }, { origin: `http://localhost:${server.port}` }, { origin: `${own}.example` }])
    await assert.rejects(sockets({ headers }), /refused/);
  await assert.rejects(sockets({ path: '/api/acts' }), /refused/);
  for (const protocol of ['', 'http', 'channel', 'web-listener', 'teleloire.v2']) await assert.rejects(sockets({ protocol }), /refused/, protocol);
});

// Refused for good: the typed message, fatal, and then the close.
async function isEnded(socket, code, close) {
  const error = await socket.next(({ type }) => type === 'error');
  assert.deepEqual({ ...error, message: '' }, { type: 'error', code, field: null, message: '', fatal: true, re: null });
  assert.ok(error.message.length > 10);
  assert.equal((await socket.closed).code, close);
}

test('a message of 64 KiB, whole or in pieces, is read, and one byte more is told too_big before close 1009', async () => {
  const socket = await sockets();
  socket.send(JSON.stringify({ type: 'hello', ticket: await watchTicket() }));
  assert.equal((await socket.next()).type, 'welcome');
  socket.send('x'.repeat(64 * KIB));
  assert.equal((await socket.next()).code, 'format');
  socket.frame(1, 'x'.repeat(40 * KIB), { final: false });
  socket.frame(0, 'x'.repeat(24 * KIB));
  assert.equal((await socket.next()).code, 'format');
  socket.frame(1, 'x'.repeat(40 * KIB), { final: false });
  socket.frame(0, 'x'.repeat(24 * KIB + 1));
  await isEnded(socket, 'too_big', 1009);
  const whole = await sockets();
  whole.send('x'.repeat(64 * KIB + 1));
  await isEnded(whole, 'too_big', 1009);
});

test('sixteen deep is read, and seventeen is told too_big with the field, and the socket goes on', async () => {
  const socket = await sockets();
  socket.send(JSON.stringify({ type: 'hello', ticket: await watchTicket() }));
  await socket.next(({ type }) => type === 'welcome');
  const deep = (levels) => `{"type":"leave","deep":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  socket.send(deep(16));
  const { code, field } = await socket.next();
  assert.deepEqual({ code, field }, { code: 'field', field: 'deep' });
  socket.send(deep(17));
  const { message, ...error } = await socket.next();
  assert.deepEqual(error, { type: 'error', code: 'too_big', field: 'depth', fatal: false, re: null });
  socket.send('{"type":"leave"}');
  assert.equal((await socket.next()).type, 'bye');
});

test('a client over its rate is told rate once, and when it goes on once more before close 1008', async () => {
  const socket = await sockets();
  socket.send(JSON.stringify({ type: 'hello', ticket: await watchTicket() }));
  await socket.next(({ type }) => type === 'welcome');
  for (let i = 0; i < 49; i++) socket.send('{"type":"fly"}'); // with hello: fifty
  for (let i = 0; i < 49; i++) assert.equal((await socket.next()).code, 'unknown_type');
  for (let i = 0; i < 200; i++) socket.send('{"type":"fly"}');
  const first = await socket.next(({ code }) => code === 'rate');
  assert.equal(first.fatal, false);
  await isEnded({ ...socket, next: () => socket.next(({ code }) => code === 'rate') }, 'rate', 1008);
});

test('binary, malformed UTF-8 and silence instead of hello close the socket', { timeout: 20_000 }, async () => {
  const binary = await sockets(), wrong = await sockets(), silent = await sockets();
  binary.frame(2, 'abc');
  await isEnded(binary, 'format', 1003);
  wrong.frame(1, Buffer.from([0xc3, 0x28]));
  await isEnded(wrong, 'format', 1008);
  assert.equal((await silent.closed).code, 1008);
});

test('descriptors of the door do not grow over 200 connections and 100 sockets', { timeout: 60_000 }, async () => {
  const [door] = server.pids('door');
  const round = async (count) => {
    for (let i = 0; i < count; i++) await call('GET', '/healthz');
    for (let i = 0; i < count / 2; i++) { const socket = await sockets(); socket.close(); await socket.closed; }
    await until('connections end', async () => (await number('connections{role="door",index="0"}')) === 0);
    return Server.size(door);
  };
  const first = await round(40), second = await round(200);
  // the connection that asked for the numbers may be ending still
  await until('no descriptor is left over', () => Server.size(door).descriptors <= first.descriptors);
  assert.ok(sanitized || second.resident - first.resident < 2 * KIB, `${first.resident} ${second.resident}`);
});

// ---- the house ----

test('every role runs in its sandbox', () => {
  for (const role of ['door', 'api', 'relay', 'courier', 'examiner'])
    for (const pid of server.pids(role)) {
      const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      assert.match(status, /^NoNewPrivs:\s+1$/m, role);
      assert.match(status, /^Seccomp:\s+2$/m, role);
      const filters = Number(/^Seccomp_filters:\s+(\d+)$/m.exec(status)[1]);
      assert.ok(filters >= 2, `${role}: the supervisor's list and its own`);
      assert.match(fs.readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size\s+0\s+0/m);
    }
});

const comesBack = (role) => async () => {
  const others = ['door', 'api', 'relay', 'examiner', 'courier'].filter((other) => other !== role);
  const before_ = others.map((other) => server.pids(other).join());
  const started = Date.now();
  await server.kill(role);
  await readyAgain();
  assert.ok(Date.now() - started < 8000);
  assert.deepEqual(others.map((other) => server.pids(other).join()), before_);
  await until('counted', async () => await number(`restarts_total{role="${role}",index="0"}`) >= 1);
};
test('kill -9 of the door: it is back and ready, and the others never left', { timeout: 30_000 }, comesBack('door'));
test('kill -9 of the api: it is back and ready, and the others never left', { timeout: 30_000 }, comesBack('api'));
test('kill -9 of the relay: it is back and ready, and the others never left', { timeout: 30_000 }, comesBack('relay'));
test('kill -9 of the examiner: it is back and ready, and the others never left', { timeout: 30_000 }, comesBack('examiner'));
test('kill -9 of the courier: it is back and ready, and the others never left', { timeout: 30_000 }, comesBack('courier'));

test('a worker put to sleep costs its own request, is replaced, and the others go on', { timeout: 60_000 }, async () => {
  const workers = server.pids('api');
  for (const pid of workers.slice(0, 1)) process.kill(pid, 'SIGSTOP');
  const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 4 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => signed('GET', '/api/me', { agent })));
  agent.destroy();
  assert.ok(answers.filter((answer) => answer.status === 200).length >= 11);
  await until('the sleeper is replaced', () => !server.pids('api').includes(workers[0]) && server.pids('api').length === workers.length, 25_000);
  await readyAgain();
});

test('readyz is false while a role does not answer, and says which', { timeout: 60_000 }, async () => {
  const asked = async () => { const answer = await call('GET', '/readyz'); return { status: answer.status, ...JSON.parse(answer.text) }; };
  await until('the whole house', async () => JSON.stringify(await asked()) === JSON.stringify({ status: 200, ...whole }));
  for (const [role, missing] of [['courier', { courier: false }], ['examiner', { examiner: false }], ['relay', { relays: 0 }]]) {
    const sleepers = server.pids(role);
    for (const pid of sleepers) process.kill(pid, 'SIGSTOP');
    try {
      await until(`${role} is missed`, async () => (await asked()).status === 503, 8000);
      assert.deepEqual(await until('all of them', async () => { const now = await asked(); return (role !== 'relay' || now.relays === 0) && now; }, 4000),
        { status: 503, ...whole, ready: false, ...missing });
    } finally {
      for (const pid of sleepers) process.kill(pid, 'SIGCONT');
    }
    await until('it answers again', async () => (await asked()).status === 200, 5000);
    assert.deepEqual(server.pids(role), sleepers, 'nobody was killed for it');
  }
});

test('a clean stop leaves no process, and the supervisor killed takes its roles along', { timeout: 60_000 }, async () => {
  const all = ['door', 'api', 'relay', 'courier', 'examiner'].flatMap((role) => server.pids(role));
  assert.ok(all.length >= 7);
  process.kill(supervisor, 'SIGKILL');
  await until('they are gone', () => all.every((pid) => !fs.existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))), 5000);
  const other = await Server.start({ options: ['--no-demo'] });
  const socket = await openSocket({ port: other.port, ca: other.authority });
  const pids = ['door', 'api', 'relay', 'courier', 'examiner'].flatMap((role) => other.pids(role));
  const own = Number(fs.readFileSync(`${other.var}/state/supervisor.pid`, 'utf8'));
  process.kill(own, 'SIGTERM');
  assert.equal((await socket.closed).code, 1012);
  await until('all have ended', () => [...pids, own].every((pid) => !fs.existsSync(`/proc/${pid}`)), 8000);
  await other.stop();
});
