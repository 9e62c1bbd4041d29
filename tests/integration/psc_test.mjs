// Pro Santé Connect: a whole house and a certified provider at its other end. In, out both ways, new
// keys while it runs, and a provider that is slow, silent, dead or too talkative.

import { test, before, after, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build, until } from '../e2e/support/server.mjs';
import { ANNE, PASSWORD, PscHouse } from '../support/psc_house.mjs';
import { openSocket } from '../support/websocket_client.mjs';

let psc, provider;

before(async () => {
  psc = await PscHouse.start();
  ({ provider } = psc);
}, { timeout: 120_000 });

after(() => psc?.stop());
beforeEach(() => provider.reset());

const session = () => psc.server.rows("select p.sub, p.sid, encode(p.leave_sealed, 'hex') as sealed, s.ended_at from psc_session as p join web_session as s using (token_sha256) order by s.created_at");

test('a professional signs in by Pro Santé Connect and is let in where they wanted', async () => {
  const anne = psc.browser();
  const begun = await anne.ask(`${psc.home}/api/psc/begin?page=%2Factes`);
  const asked = new URL(begun.location).searchParams;
  assert.deepEqual([begun.status, asked.get('response_type'), asked.get('scope'), asked.get('acr_values'), asked.get('code_challenge_method'), asked.get('redirect_uri')],
    [303, 'code', 'openid scope_all', 'eidas1', 'S256', `${psc.home}/api/psc/callback`]);
  assert.match(begun.headers['set-cookie'][0], /^__Host-teleloire-psc=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/);
  await psc.ends('sign_in', 'good', () => psc.signIn(anne, '/actes'));
  const me = await anne.ask(`${psc.home}/api/me`);
  assert.deepEqual([me.status, me.body.person.rpps], [200, '99900000003'], me.text);
  const [exchange] = provider.asked.token;
  const form = new URLSearchParams(exchange.body);
  assert.match(form.get('code_verifier'), /^[\w-]{43}$/);
  assert.match(exchange.headers.authorization, /^Basic /);
  assert.deepEqual([form.get('client_secret'), form.get('grant_type')], [null, 'authorization_code']);
  // The browser's own list says how it came.
  const list = await anne.ask(`${psc.home}/api/me/sessions`);
  assert.deepEqual(list.body.map((s) => [s.here, s.psc]), [[true, true]]);
  const [row] = await psc.server.rows(`select actor_kind, actor_id from audit where action = 'psc.sign_in' limit 1`);
  assert.deepEqual(row, { actor_kind: 'person', actor_id: ANNE });
});

test('nothing that opens anything is in the database: digests, and a sealed ID token', async () => {
  const anne = psc.browser();
  const url = new URL(await psc.go(anne));
  const attempts = JSON.stringify(await psc.server.rows('select * from psc_attempt'));
  const asked = new URL(provider.asked.auth[0].url, provider.origin).searchParams;
  for (const secret of [url.searchParams.get('state'), url.searchParams.get('code'), asked.get('nonce'), anne.jar(psc.home).get('__Host-teleloire-psc')])
    assert.ok(secret && !attempts.includes(secret), secret);
  await anne.ask(url.href);
  const rows = await session();
  const last = rows.at(-1);
  assert.ok(last.sealed.length > 200);
  assert.ok(!Buffer.from(last.sealed.replace(/^\\x/, ''), 'hex').toString('latin1').includes('id_token_hint'), 'sealed');
});

test('keys exchanged at the provider are found without a restart, the old ones are good no more, and asking for them is rare', { timeout: 60_000 }, async () => {
  const old = provider.key;
  await psc.signIn();
  await psc.signIn(); // both workers, or one twice
  await provider.rotate();
  provider.asked = {};
  await psc.ends('sign_in', 'good', () => psc.signIn());
  assert.ok(provider.asked.keys.length >= 1 && provider.asked.keys.length <= 2, 'asked anew for the unknown key');
  const before = provider.asked.keys.length;
  // Tokens under a key nobody knows do not make us a client that hammers: one more a worker at most.
  const { SignJWT } = await import('jose');
  provider.change.token = async (answer) => {
    const body = JSON.parse(answer.body), claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url'));
    body.id_token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: old.kid }).sign(old.privateKey);
    return { ...answer, body: JSON.stringify(body) };
  };
  for (let i = 0; i < 6; i++) {
    const browser = psc.browser();
    const answer = await browser.ask(await psc.go(browser));
    assert.equal(new URL(answer.location).searchParams.get('psc'), 'failed');
  }
  assert.deepEqual(psc.outcomes().slice(-6), Array(6).fill('key_unknown'));
  assert.ok(provider.asked.keys.length <= before + 2, `${provider.asked.keys.length} after ${before}`);
});

test('who signs out here is taken to the end of the session over there, and comes back signed out of both', { timeout: 60_000 }, async () => {
  const anne = await psc.signIn();
  const out = await psc.post(anne, '/api/sign-out');
  assert.equal(out.status, 200, out.text);
  const leave = new URL(out.body.leave);
  assert.equal(leave.origin, provider.origin);
  assert.equal(leave.searchParams.get('id_token_hint').split('.').length, 3);
  assert.equal(await psc.isIn(anne), false);
  const asked = await anne.ask(leave);
  assert.equal(asked.status, 200, asked.text);
  const form = /action="([^"]+)"[\s\S]*name="xsrf" value="([^"]+)"/.exec(asked.text);
  const done = await anne.ask(form[1], { method: 'POST', body: new URLSearchParams({ xsrf: form[2], logout: 'yes' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  assert.deepEqual([done.status, done.location], [303, `${psc.home}/connexion`]);
});

test('a session ended over there ends every browser it let in at once, and no other', { timeout: 60_000 }, async () => {
  const [anne, elsewhere, local] = [await psc.signIn(), await psc.signIn(), psc.browser()];
  const entered = await psc.post(local, '/api/sign-in', JSON.stringify({ login: 'anne@exemple.fr', password: PASSWORD }));
  assert.equal(entered.status, 200, entered.text);
  const { leave } = (await psc.post(anne, '/api/sign-out')).body;
  const again = await psc.signIn(anne); // who did not go there is signed in there still: the same session
  assert.deepEqual([await psc.isIn(again), await psc.isIn(elsewhere), await psc.isIn(local)], [true, true, true]);
  const { ticket } = (await psc.post(anne, '/api/watch')).body;
  const socket = await openSocket({ port: psc.house.port, ca: psc.ca });
  socket.send(JSON.stringify({ type: 'hello', ticket, language: 'fr', client: 'test' }));
  await socket.next((m) => m.type === 'welcome');
  await psc.ends('logout', 'good', async () => {
    const asked = await anne.ask(leave);
    const form = /action="([^"]+)"[\s\S]*name="xsrf" value="([^"]+)"/.exec(asked.text);
    await anne.ask(form[1], { method: 'POST', body: new URLSearchParams({ xsrf: form[2], logout: 'yes' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  });
  await socket.next((m) => m.type === 'bye' && m.reason === 'signed_out', 2000);
  assert.equal((await socket.closed).code, 4003, 'what the browser held open is closed at once');
  assert.deepEqual(provider.failures, []);
  assert.deepEqual([await psc.isIn(again), await psc.isIn(elsewhere), await psc.isIn(local)], [false, true, true], 'the one, not the other session, not the local account');
});

test('who declines over there, and who has no account here, is told so; local accounts remain', { timeout: 60_000 }, async () => {
  const declining = psc.browser();
  provider.account = null;
  await psc.fails('declined', 'refused', declining, async () => declining.ask(await psc.go(declining, '/actes')));
  for (const [account, outcome] of [['stranger', 'unknown'], ['adeli', 'no_rpps']]) {
    const browser = psc.browser();
    provider.account = account;
    const answer = await psc.fails(outcome, 'unknown', browser, async () => browser.ask(await psc.go(browser, '/actes')));
    assert.equal(new URL(answer.location).searchParams.get('retour'), '/actes');
  }
  await psc.server.sql(`update account set disabled_at = now()`);
  try {
    const anne = psc.browser();
    provider.account = 'anne';
    await psc.fails('unknown', 'unknown', anne, async () => anne.ask(await psc.go(anne)));
  } finally {
    await psc.server.sql(`update account set disabled_at = null`);
  }
  const about = await psc.browser().ask(`${psc.home}/api/about`);
  assert.equal(about.body.psc, true);
});

test('a provider that does not answer is waited for a few seconds, and nobody else waits with them', { timeout: 90_000 }, async () => {
  const anne = psc.browser(), url = await psc.go(anne);
  provider.before.token = () => new Promise((resolve) => setTimeout(resolve, 20_000, true));
  const began = Date.now();
  const failing = psc.fails('away', 'away', anne, () => anne.ask(url));
  await until('the exchange', () => provider.asked.token);
  const times = [];
  for (let i = 0; i < 5; i++) {
    const start = Date.now(), local = psc.browser();
    assert.equal((await psc.post(local, '/api/sign-in', JSON.stringify({ login: 'anne@exemple.fr', password: PASSWORD }))).status, 200);
    assert.ok(await psc.isIn(local));
    times.push(Date.now() - start);
  }
  assert.ok(Math.max(...times) < 4000, `${times} ms for a local sign-in meanwhile`);
  await failing;
  assert.ok(Date.now() - began < 16_000);
  assert.ok((await psc.house.readiness()).ready);
});

test('a dead provider, and one with a certificate of nobody, are away; it is back by itself', { timeout: 90_000 }, async () => {
  const anne = psc.browser(), url = await psc.go(anne);
  const { front } = provider;
  provider.before.token = (req) => { req.socket.destroy(); return true; };
  await psc.fails('away', 'away', anne, () => anne.ask(url));
  provider.before.token = undefined;
  const strange = fs.mkdtempSync(path.join(psc.server.var, 'strange-'));
  for (const words of [['authority'], ['server', '--name', 'localhost']]) execFileSync(path.join(build, 'bin/teleloire-certs'), [words[0], '--dir', strange, ...words.slice(1)]);
  const file = (folder, name) => fs.readFileSync(path.join(folder, name));
  const second = psc.browser(), there = await psc.go(second);
  front.setSecureContext({ cert: file(strange, 'server.crt'), key: file(strange, 'server.key') });
  for (const socket of provider.sockets) socket.destroy();
  provider.asked = {};
  await psc.fails('away', 'away', second, () => second.ask(there));
  assert.equal(provider.asked.token, undefined, 'the secret and the code were shown to nobody');
  front.setSecureContext({ cert: file(psc.server.var, 'certs/server.crt'), key: file(psc.server.var, 'certs/server.key') });
  for (const socket of provider.sockets) socket.destroy();
  await psc.signIn();
});

test('answers too large, of another kind, or that point elsewhere are none', { timeout: 60_000 }, async () => {
  const cases = {
    huge: { token: (req, res) => { res.writeHead(200, { 'content-type': 'application/json' }); const pour = () => { while (!res.destroyed && res.write(Buffer.alloc(65_536, 32))); if (!res.destroyed) res.once('drain', pour); }; pour(); return true; } },
    announced: { token: (req, res) => { res.writeHead(200, { 'content-length': 1e9 }); res.flushHeaders(); return true; } },
    html: { token: (req, res) => { res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Bonjour</h1>'); return true; } },
    redirect: { token: (req, res) => { res.writeHead(307, { location: `${provider.issuer}/elsewhere` }).end(); return true; } },
    largePerson: { person: (req, res) => { res.writeHead(200, { 'content-type': 'application/json' }).end(`{"sub":"anne","x":"${'x'.repeat(70_000)}"}`); return true; } },
  };
  for (const [name, before] of Object.entries(cases)) {
    const browser = psc.browser(), url = await psc.go(browser);
    provider.before = before;
    await psc.fails('answer', 'failed', browser, () => browser.ask(url)).catch((error) => { throw new Error(`${name}: ${error.message}`, { cause: error }); });
    provider.before = {};
  }
  await psc.signIn();
});

test('userinfo may be signed, and is then judged as signed', { timeout: 60_000 }, async () => {
  provider.client = { userinfo_signed_response_alg: 'RS256' };
  await provider.rotate();
  try {
    await pause(10_100); // keys nobody knew made us ask a moment ago
    await psc.signIn();
    assert.match(provider.asked.person[0].headers.accept, /application\/jwt/);
    const browser = psc.browser(), url = await psc.go(browser);
    provider.change.person = (answer) => {
      const parts = `${answer.body}`.split('.');
      parts[1] = Buffer.from(`${Buffer.from(parts[1], 'base64url')}`.replace('Anne', 'Eve ')).toString('base64url');
      return { ...answer, body: parts.join('.') };
    };
    await psc.fails('signature', 'failed', browser, () => browser.ask(url));
  } finally {
    provider.client = {};
    await provider.rotate();
    await pause(10_100);
  }
});

test('without the section nothing is offered', async () => {
  const browser = psc.browser(), main = psc.server.url;
  assert.equal((await browser.ask(`${main}/api/about`)).body.psc, false);
  for (const [target, method] of [['/api/psc/begin', 'GET'], ['/api/psc/callback?code=a&state=b', 'GET'], ['/api/psc/logout', 'POST']])
    assert.equal((await browser.ask(main + target, { method, ...(method === 'POST' && { body: '' }) })).status, 404, target);
});
