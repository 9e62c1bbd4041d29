// What a crowd can make the door hold, at its limit and one beyond: requests in hand, the length of
// a query, lobbies of an address. (How many connections: tests/unit/gateway/rate_test.c.)

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { Server, until } from '../e2e/support/server.mjs';
import { openSocket } from '../support/websocket_client.mjs';

const REQUESTS = 2_000, QUERY = 2_048;
let server, ca;

before(async () => {
  server = await Server.start({ options: ['--no-demo'] });
  ca = server.authority;
}, { timeout: 120_000 });

after(() => server?.stop());

function call(method, path) {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port: server.port, method, path, ca, agent: false }, (message) => {
      let text = '';
      message.on('data', (piece) => { text += piece; });
      message.on('end', () => resolve({ status: message.statusCode, headers: message.headers, text }));
      message.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}

function isProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const { type, title, status: said } = JSON.parse(answer.text);
  assert.deepEqual([type, said], [`/problems/${code}`, status]);
  return title;
}

const metrics = () => new Promise((resolve, reject) => http.get(`http://127.0.0.1:${server.port + 1}/metrics`, { agent: false }, (message) => {
  let text = '';
  message.on('data', (piece) => { text += piece; });
  message.on('end', () => resolve(text));
}).on('error', reject));
const number = async (name) => Number(new RegExp(`^teleloire_${name}\\{role="door",index="0"\\} (\\S+)`, 'm').exec(await metrics())[1]);
const reaches = (name, value) => until(`${name}: ${value}`, async () => (await number(name)) === value, 8000, 20);

// Opens so many, 200 at a time, each address but a part of the 256 it may hold.
async function openAll(count, one) {
  const all = [];
  while (all.length < count) {
    const some = Array.from({ length: Math.min(200, count - all.length) }, (_, i) => one(`127.0.2.${1 + Math.floor((all.length + i) / 250)}`));
    all.push(...await Promise.all(some));
  }
  return all;
}

test('a query of 2,048 bytes reaches api and one byte more is 414, in one piece or in many', async () => {
  const many = (size) => Array.from({ length: 12 }, (_, i) => `p${i % 10}${i < 10 ? 'a' : 'b'}=`).map((name, i, all) => {
    const rest = size - all.join('').length - 11, each = Math.floor(rest / 12);
    return name + 'x'.repeat(i === 11 ? rest - 11 * each : each);
  }).join('&');
  for (const query of [(size) => 'x'.repeat(size), (size) => `q=${'x'.repeat(size - 2)}`, many]) {
    assert.equal(query(QUERY).length, QUERY);
    assert.notEqual((await call('GET', `/api/about?${query(QUERY)}`)).status, 414);
    const refused = await call('GET', `/api/about?${query(QUERY + 1)}`);
    assert.equal(isProblem(refused, 414, 'format'), 'Adresse trop longue');
  }
  const read = JSON.parse((await call('GET', `/api/about?${many(QUERY)}`)).text);
  assert.equal(read.type, '/problems/field', 'api itself has read it'); // the door knows no field
});

test('2,000 requests are in hand at once, the next is told to come back, and finds its place when one ends', { timeout: 60_000 }, async () => {
  const secureContext = tls.createSecureContext({ ca });
  // All of a request but the last byte of its body: no worker is taken for it.
  const begin = async (from) => {
    const stream = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', secureContext, localAddress: from });
    await once(stream, 'secureConnect');
    stream.on('error', () => {});
    stream.write('POST /api/acts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{');
    return stream;
  };
  const held = await openAll(REQUESTS - 1, begin);
  try {
    await reaches('http_requests_in_hand', REQUESTS - 1);
    assert.equal((await call('GET', '/healthz')).status, 200, 'the last that there is room for');
    held.push(await begin('127.0.2.200'));
    await reaches('http_requests_in_hand', REQUESTS);
    const refused = await call('GET', '/healthz');
    assert.equal(isProblem(refused, 503, 'away'), 'Service occupé');
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    held.pop().destroy();
    await reaches('http_requests_in_hand', REQUESTS - 1);
    assert.equal((await call('GET', '/healthz')).status, 200);
  } finally {
    for (const stream of held) stream.destroy();
  }
  await reaches('http_requests_in_hand', 0);
});

test('who reads nothing of an answer, dribbles a request or never begins TLS is let go, and others are served meanwhile', { timeout: 120_000 }, async () => {
  const SLOW = 8, script = /src="(\/assets\/[^"]+\.js)"/.exec((await call('GET', '/')).text)[1];
  const secure = async () => {
    const stream = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca });
    await once(stream, 'secureConnect');
    return stream.on('error', () => {});
  };
  // More than the kernel keeps for who does not read, one request after the other.
  const deaf = await Promise.all(Array.from({ length: SLOW }, async () => {
    const stream = await secure();
    stream.pause();
    stream.write(`GET ${script} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(60));
    return stream;
  }));
  const dribbling = await secure();
  dribbling.resume();
  const letters = 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '.padEnd(200, 'x')[Symbol.iterator]();
  const timer = setInterval(() => { if (!dribbling.destroyed) dribbling.write(letters.next().value ?? 'x'); }, 500);
  const silent = net.connect(server.port, '127.0.0.1');
  silent.on('error', () => {}).resume();
  const ended = [dribbling, silent].map((stream) => new Promise((done) => { stream.once('close', done); })); // a reset is an end as well
  try {
    await until('they are stuck', async () => (await number('http_requests_in_hand')) >= SLOW, 10_000, 50);
    for (let i = 0; i < 20; i++) assert.equal((await call('GET', '/api/about')).status, 200);
    await until('they are let go', async () => (await number('http_requests_in_hand')) === 0, 60_000, 200);
    await Promise.all(ended);
  } finally {
    clearInterval(timer);
    for (const stream of [...deaf, dribbling, silent]) stream.destroy();
  }
});

test('32 lobbies of one address outlive the time of a hello, the next is closed, and another address is not touched', { timeout: 60_000 }, async () => {
  const LOBBIES = 32, HELLO_MS = 5_000;
  const lobby = async (localAddress) => {
    const socket = await openSocket({ port: server.port, ca, localAddress });
    socket.send('{"type":"lobby"}');
    return socket;
  };
  const kept = await Promise.all(Array.from({ length: LOBBIES }, () => lobby('127.0.3.1'))), opened = Date.now();
  const beyond = await lobby('127.0.3.1');
  assert.equal((await beyond.next(({ type }) => type === 'error')).code, 'away');
  assert.equal((await beyond.closed).code, 1013);
  kept.push(await lobby('127.0.3.2'));
  const silent = await openSocket({ port: server.port, ca, localAddress: '127.0.3.1' });
  assert.equal((await silent.closed).code, 1008, 'who says nothing has five seconds as ever');
  assert.ok(Date.now() - opened > HELLO_MS);
  for (const socket of kept) {
    socket.send('{"type":"hello","ticket":"nobody\'s"}');
    assert.equal((await socket.next(({ type }) => type === 'error')).code, 'ticket', 'it was there until now');
    assert.equal((await socket.closed).code, 1008);
  }
});
