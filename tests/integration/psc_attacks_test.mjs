// Attacks on sign-in with Pro Santé Connect (RFC 6819, RFC 9700, OpenID Connect Core 16, RFC 8725), each by
// somebody between the house and a real provider, or with the provider's own keys. Each has its word in
// the log, the audit and the numbers; the browser gets one shape, and never a session.

import { test, before, after, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { CLIENT, makeKey } from '../support/psc_provider.mjs';
import { PscHouse } from '../support/psc_house.mjs';

let psc, provider;

before(async () => {
  psc = await PscHouse.start();
  ({ provider } = psc);
}, { timeout: 120_000 });

after(() => psc?.stop());
beforeEach(() => provider.reset());

const now = () => Math.floor(Date.now() / 1000);
const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const sign = (claims, { kid = provider.key.kid, alg = 'RS256', key = provider.key.privateKey, ...header } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(key);

/** The provider's token endpoint gives this in place of its ID token. */
const givesIdentity = (forge) => {
  provider.change.token = async (answer) => {
    const body = JSON.parse(answer.body);
    const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url'));
    body.id_token = await forge(claims, body.id_token);
    return { ...answer, body: JSON.stringify(body) };
  };
};

async function forged(outcome, forge) {
  const eve = psc.browser(), url = await psc.go(eve);
  givesIdentity(forge);
  await psc.fails(outcome, 'failed', eve, () => eve.ask(url));
}
const strange = (kid) => { const key = makeKey(); return { kid: kid ?? key.kid, key: key.privateKey }; };

test('an ID token of another issuer lets nobody in', () => forged('issuer', (c) => sign({ ...c, iss: 'https://auth.exemple.fr/autre' })));
test('an ID token for another audience lets nobody in', () => forged('audience', (c) => sign({ ...c, aud: 'somebody-else' })));
test('an ID token of another nonce lets nobody in', () => forged('nonce', (c) => sign({ ...c, nonce: 'a'.repeat(43) })));
test('an expired ID token lets nobody in', () => forged('expired', (c) => sign({ ...c, exp: now() - 60 })));
test('an ID token made in the future lets nobody in', () => forged('time', (c) => sign({ ...c, iat: now() + 600 })));
test('an ID token of a weaker level lets nobody in', () => forged('level', (c) => sign({ ...c, acr: 'eidas0' })));
test('an ID token of nobody lets nobody in', () => forged('subject', ({ sub, ...c }) => sign(c)));
test('a logout token in the place of an ID token lets nobody in', () => forged('event', (c) => sign({ ...c, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })));
test('an ID token whose key is not in the provider\'s set lets nobody in', () => forged('key_unknown', (c) => sign(c, strange())));
test('an ID token signed by another under the name of a good key lets nobody in', () => forged('signature', (c) => sign(c, strange(provider.key.kid))));
test('an ID token that is none lets nobody in', () => forged('malformed', () => 'neither.a.token'));

test('an ID token for several, of whom another is meant (azp), lets nobody in', async () => {
  for (const change of [{ aud: [CLIENT, 'other'], azp: 'other' }, { aud: [CLIENT, 'other'] }, { azp: 'other' }]) {
    const eve = psc.browser(), url = await psc.go(eve);
    givesIdentity((c) => sign({ ...c, ...change }));
    await psc.fails('audience', 'failed', eve, () => eve.ask(url));
  }
});

test('algorithm none, and the public key as a shared secret, let nobody in', async () => {
  const publicPem = provider.key.publicKey.export({ type: 'spki', format: 'pem' });
  const secrets = [publicPem, publicPem.trim(), provider.key.publicKey.export({ type: 'spki', format: 'der' }), Buffer.from(provider.key.jwk.n, 'base64url')];
  const forgeries = [
    ['algorithm', (c, good) => `${part({ alg: 'none', kid: provider.key.kid })}.${good.split('.')[1]}.`],
    ['algorithm', (c, good) => `${part({ alg: 'none', kid: provider.key.kid })}.${good.split('.')[1]}.${good.split('.')[2]}`],
    ['malformed', (c, good) => `${part({ alg: 'None', kid: provider.key.kid })}.${part(c)}.${good.split('.')[2]}`],
    ...secrets.map((secret) => ['algorithm', (c) => sign(c, { alg: 'HS256', key: Buffer.from(secret) })]),
  ];
  for (const [outcome, forge] of forgeries) {
    const eve = psc.browser(), url = await psc.go(eve);
    givesIdentity(forge);
    await psc.fails(outcome, 'failed', eve, () => eve.ask(url));
  }
});

test('a key that comes with its token (jwk, jku) is no key', async () => {
  const own = makeKey(), { kty, n, e } = own.jwk;
  for (const header of [{ jwk: { kty, n, e, kid: own.kid } }, { jku: `${provider.issuer}/own-keys` }]) {
    const eve = psc.browser(), url = await psc.go(eve);
    givesIdentity((c) => sign(c, { kid: own.kid, key: own.privateKey, ...header }));
    await psc.fails('key_unknown', 'failed', eve, () => eve.ask(url));
  }
});

test('userinfo about somebody else lets nobody in', async () => {
  const eve = psc.browser(), url = await psc.go(eve);
  provider.change.person = (answer) => ({ ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), sub: 'somebody-else' }) });
  await psc.fails('other_subject', 'failed', eve, () => eve.ask(url));
});

test('a state stolen to another browser opens nothing there, and is left to whose it is', async () => {
  const [anne, eve] = [psc.browser(), psc.browser()];
  const url = await psc.go(anne);
  await psc.fails('browser', 'failed', eve, () => eve.ask(url)); // without any cookie
  await psc.go(eve); // with a cookie of her own
  await psc.fails('browser', 'failed', eve, () => eve.ask(url));
  const answer = await psc.ends('sign_in', 'good', () => anne.ask(url));
  assert.equal(answer.location, `${psc.home}/`);
  assert.ok(await psc.isIn(anne));
});

test('who is sent somebody else\'s redirect (login CSRF) is not signed in as them', async () => {
  const [eve, anne] = [psc.browser(), psc.browser()];
  const hers = await psc.go(eve);
  await psc.go(anne);
  await psc.fails('browser', 'failed', anne, () => anne.ask(hers));
});

test('a state nobody gave, and one used already, are refused', async () => {
  const anne = psc.browser(), url = await psc.go(anne);
  const invented = new URL(url);
  invented.searchParams.set('state', 'a'.repeat(43));
  await psc.fails('state', 'failed', anne, () => anne.ask(invented));
  await psc.ends('sign_in', 'good', () => anne.ask(url));
  anne.jar(psc.home).delete('__Host-teleloire');
  provider.asked = {};
  await psc.fails('state', 'failed', anne, () => anne.ask(url));
  assert.equal(provider.asked.token, undefined, 'the code is not shown twice');
});

test('of one redirect followed many times at once, one gets in', async () => {
  const anne = psc.browser(), url = await psc.go(anne), before = psc.outcomes().length;
  const answers = await Promise.all(Array.from({ length: 8 }, () => anne.ask(url)));
  assert.equal(answers.filter((a) => a.location === `${psc.home}/`).length, 1, answers.map((a) => a.location).join());
  assert.deepEqual(psc.outcomes().slice(before).sort(), ['good', ...Array(7).fill('state')]);
});

test('a code replayed, or another browser\'s code, is refused by the provider, and that is heard', async () => {
  const anne = psc.browser(), first = new URL(await psc.go(anne));
  await psc.ends('sign_in', 'good', () => anne.ask(first));
  anne.jar(psc.home).delete('__Host-teleloire');
  const replay = new URL(await psc.go(anne));
  replay.searchParams.set('code', first.searchParams.get('code'));
  await psc.fails('code', 'failed', anne, () => anne.ask(replay));
  const victim = psc.browser(), stolen = new URL(await psc.go(victim)).searchParams.get('code'), eve = psc.browser();
  const injected = new URL(await psc.go(eve));
  injected.searchParams.set('code', stolen); // PKCE: the code was asked for under another verifier
  await psc.fails('code', 'failed', eve, () => eve.ask(injected));
});

test('another provider\'s redirect (mix-up) has its code shown to nobody, and so has one that names no provider', async () => {
  for (const change of [(q) => q.set('iss', 'https://autre.exemple.fr'), (q) => q.set('iss', `${provider.issuer}/`), (q) => q.delete('iss')]) {
    const anne = psc.browser(), url = new URL(await psc.go(anne));
    assert.equal(url.searchParams.get('iss'), provider.issuer);
    change(url.searchParams);
    provider.asked = {};
    await psc.fails('provider', 'failed', anne, () => anne.ask(url));
    assert.equal(provider.asked.token, undefined);
  }
});

test('redirects that are none of a provider\'s are refused in the same shape', async () => {
  const anne = psc.browser(), { state } = Object.fromEntries(new URL(await psc.go(anne)).searchParams);
  for (const query of ['', '?', '?code=a', `?state=${state}`, `?state=${state}&code=a&error=b`, `?state=${state}&state=${state}&code=a`,
    `?state=${'a'.repeat(201)}&code=a`, `?state=${state}&code=${'a'.repeat(401)}`, `?state=%ff&code=a`, '?state[]=a&code[]=b'])
    await psc.fails('form', 'failed', anne, () => anne.ask(`${psc.home}/api/psc/callback${query}`)).catch((error) => { throw new Error(`${query}: ${error.message}`); });
});

test('a sign-in that took longer than ten minutes is over', async () => {
  const [early, late] = [psc.browser(), psc.browser()];
  const [inTime, tooLate] = [await psc.go(early), await psc.go(late)];
  await psc.server.sql("update psc_attempt set at = at - interval '9 minutes 40 seconds'");
  await psc.ends('sign_in', 'good', () => early.ask(inTime));
  await psc.server.sql("update psc_attempt set at = at - interval '20 seconds'");
  await psc.fails('late', 'failed', late, () => late.ask(tooLate));
});

test('300 sign-ins of one address may be under way, and not one more', async () => {
  const anne = psc.browser();
  const fill = (count) => psc.server.sql(`insert into psc_attempt (state_sha256, browser_sha256, peer, page) select sha256(random()::text::bytea), sha256('x'), '${anne.address}', '/' from generate_series(1, ${count})`);
  await fill(299);
  assert.ok(new URL((await anne.ask(`${psc.home}/api/psc/begin`)).location).origin === provider.origin, 'the 300th');
  await psc.fails('crowd', 'away', anne, () => anne.ask(`${psc.home}/api/psc/begin`));
  await psc.go(psc.browser()); // another address
  await psc.server.sql("update psc_attempt set at = at - interval '10 minutes'");
  await psc.go(anne);
});

test('where a sign-in leads to is a page of ours, whatever is asked', async () => {
  for (const page of ['//evil.example', '/\\evil.example', 'https://evil.example', '/a\r\nx: y', '/api/me', '/é', `/${'a'.repeat(200)}`, '']) {
    const anne = psc.browser();
    const begun = await anne.ask(`${psc.home}/api/psc/begin?page=${encodeURIComponent(page)}`);
    if (begun.status !== 303) { assert.equal(begun.status, 400, `${page}: ${begun.text}`); continue; }
    const url = await anne.follow(begun.location, (to) => to.startsWith(`${psc.home}/api/psc/callback`));
    const { origin, pathname } = new URL((await anne.ask(url.location)).location);
    assert.ok(origin === psc.home && ['/', '/a'].includes(pathname), page); // the door cuts at a line end
  }
});

// ---- back-channel logout ----

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };
const logoutClaims = (more) => ({ iss: provider.issuer, aud: CLIENT, iat: now(), exp: now() + 120, jti: randomUUID(), events: EVENTS, ...more });
const sessionOf = async () => (await psc.server.rows('select p.sub, p.sid from psc_session as p join web_session as s using (token_sha256) order by s.created_at desc limit 1'))[0];

test('a forged logout token ends nothing', { timeout: 120_000 }, async () => {
  const anne = await psc.signIn(), { sub, sid } = await sessionOf();
  assert.ok(sub && sid);
  const good = logoutClaims({ sub, sid }), stranger = makeKey();
  const hmac = Buffer.from(provider.key.publicKey.export({ type: 'spki', format: 'pem' }));
  const forged = [
    ['issuer', await sign({ ...good, iss: 'https://autre.exemple.fr' })],
    ['audience', await sign({ ...good, aud: 'other' })],
    ['expired', await sign({ ...good, exp: now() - 60 })],
    ['time', await sign({ ...good, iat: now() - 660, exp: now() + 60 })],
    ['nonce', await sign({ ...good, nonce: 'n' })],
    ['event', await sign({ ...good, events: undefined })],
    ['event', await sign({ ...good, events: { 'http://exemple.fr/autre': {} } })],
    ['number', await sign({ ...good, jti: undefined })],
    ['subject', await sign({ ...good, sub: undefined, sid: undefined })],
    ['algorithm', `${part({ alg: 'none', kid: provider.key.kid })}.${part(good)}.`],
    ['algorithm', await sign(good, { alg: 'HS256', key: hmac })],
    ['signature', await sign(good, { key: stranger.privateKey })],
    ['key_unknown', await sign(good, { kid: stranger.kid, key: stranger.privateKey })],
    ['malformed', 'a.b.c'],
  ];
  for (const [outcome, token] of forged) {
    const answer = await psc.ends('logout', outcome, () => psc.logout(token));
    assert.deepEqual([answer.status, answer.body.type], [400, '/problems/format'], outcome);
    assert.ok(await psc.isIn(anne), outcome);
  }
  // An ID token of the very session is no logout token.
  let identity;
  givesIdentity((c, token) => (identity = token));
  await psc.signIn();
  await psc.ends('logout', 'nonce', () => psc.logout(identity));
  for (const [body, type] of [['', 'application/x-www-form-urlencoded'], ['logout_token=', 'application/x-www-form-urlencoded'], ['logout_token=a&logout_token=b', 'application/x-www-form-urlencoded'], ['{"logout_token":"a"}', 'application/json'], [`logout_token=${'a'.repeat(16_385)}`, 'application/x-www-form-urlencoded']]) {
    const before = psc.outcomes('logout').length;
    const answer = await psc.browser().ask(`${psc.home}/api/psc/logout`, { method: 'POST', body, headers: { 'content-type': type } });
    assert.equal(answer.status, 400, body.slice(0, 40));
    assert.ok(['form', 'malformed'].includes(psc.outcomes('logout')[before]));
  }
  assert.ok(await psc.isIn(anne));
});

test('a logout token is taken once, and ends what it names: a session, or all of a person\'s', { timeout: 60_000 }, async () => {
  const anne = await psc.signIn(), { sub, sid } = await sessionOf();
  const elsewhere = await psc.signIn();
  const token = await sign(logoutClaims({ sub, sid }));
  const answer = await psc.ends('logout', 'good', () => psc.logout(token));
  assert.deepEqual([answer.status, answer.headers['cache-control']], [200, 'no-store']);
  assert.deepEqual([await psc.isIn(anne), await psc.isIn(elsewhere)], [false, true]);
  await psc.ends('logout', 'repeated', () => psc.logout(token));
  await psc.ends('logout', 'good', async () => psc.logout(await sign(logoutClaims({ sub: 'somebody-else', sid: (await sessionOf()).sid }))));
  assert.ok(await psc.isIn(elsewhere), 'of somebody else: sub and sid must both be theirs');
  await psc.ends('logout', 'good', async () => psc.logout(await sign(logoutClaims({ sub }))));
  assert.equal(await psc.isIn(elsewhere), false);
});
