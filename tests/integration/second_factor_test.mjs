// The second factor over HTTP: what half a session may not, what a code may not do twice, who takes it
// away, and what wants a fresh proof.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { ids, PASSWORD, signIn, startWorld } from '../support/records_world.mjs';
import { build } from '../support/role.mjs';
import { codeOf, step } from '../support/totp.mjs';

let world, api, max, olga;
const person = {};
const DEVICE = '__Host-teleloire-device', SESSION = '__Host-teleloire';
const closing = { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: false };

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  for (const [name, role] of [['max', 'manager'], ['olga', 'operator'], ['lise', 'nurse'], ['neuf', 'doctor'], ['cible', 'nurse'], ['mains', 'nurse'], ['cyr', 'committee']]) {
    person[name] = world.one(`insert into person (given_name, family_name, email) values ('${name}', 'X', '${name}@exemple.fr') returning id`);
    world.sql(`insert into membership (person_id, structure_id, role) values ('${person[name]}', '${name === 'olga' ? ids.cholet : ids.clisson}', '${role}');
      insert into account (person_id, login, password_hash) select '${person[name]}', '${name}@exemple.fr', password_hash from account limit 1`);
  }
  max = await signIn(api, 'max@exemple.fr');
  olga = await signIn(api, 'olga@exemple.fr');
}, { timeout: 120_000 });
after(async () => { await api?.stop(); await world?.stop(); });

const account = (login) => `(select id from account where login = '${login}')`;
const fresh = (login) => world.sql(`update account_factor set last_step = 0 where account_id = ${account(login)}`);
const forgive = () => world.sql('delete from sign_in_failure');
const secretOf = (login) => world.secrets.get(login);
async function half(login, cookies = []) {
  const browser = api.browser();
  for (const [name, value] of cookies) browser.cookies.set(name, value);
  const answer = await browser.post('/api/sign-in', { login, password: PASSWORD });
  assert.equal(answer.status, 200, `${answer.raw}`);
  browser.csrf = answer.body.me.csrf;
  return { browser, me: answer.body.me };
}
const give = (browser, code, remember) => browser.post('/api/me/factor/code', { code, ...(remember !== undefined && { remember }) });
const audited = (action, who) => Number(world.one(`select count(*) from audit where action = '${action}' and (actor_id = '${who}' or object_id = '${who}')`));

test('every role that reaches somebody’s data chooses a factor at its first sign-in; who sees numbers only does not', async () => {
  for (const login of ['neuf', 'lise', 'sylvie', 'max', 'olga'].map((n) => `${n}@exemple.fr`))
    assert.ok(['enrol', 'code'].includes((await half(login)).me.missing), login);
  for (const login of ['ars@exemple.fr', 'cyr@exemple.fr']) {
    const { me, browser } = await half(login);
    assert.equal(me.missing, undefined, login);
    assert.ok(me.person);
    assert.equal((await browser.get('/api/directory')).status, 200);
  }
});

test('half a session is refused by every call but those that complete or end it, with one shape', async () => {
  const { browser, me } = await half('lise@exemple.fr');
  assert.deepEqual(Object.keys(me).sort(), ['csrf', 'demo', 'language', 'missing', 'name'], 'it tells nothing of the person’s work');
  const routes = execFileSync(join(build, 'bin/teleloire-api'), ['--routes'], { encoding: 'utf8' }).trim().split('\n').map((l) => l.split('\t'));
  const ids_ = (path) => path.replace(/\{\}/g, ids.jeanne);
  let refused = 0;
  const open = [];
  for (const [method, path, , , asks] of routes) {
    if (asks === 'half') open.push(`${method} ${path}`);
    if (asks !== 'person') continue;
    const answer = await browser.call(method, ids_(path), method === 'GET' ? undefined : {});
    assert.equal(answer.status, 401, `${method} ${path}: ${answer.raw}`);
    assert.deepEqual([answer.body.type, answer.body.status, Object.keys(answer.body).sort().join()],
      ['/problems/factor_needed', 401, 'detail,status,title,type'], `${method} ${path}`);
    refused++;
  }
  assert.ok(refused > 60, `${refused}`);
  assert.deepEqual(open.sort(), ['GET /api/me', 'POST /api/me/factor/code', 'POST /api/me/factor/confirm', 'POST /api/me/factor/enrol', 'POST /api/sign-out']);
  assert.equal((await browser.get('/api/me')).body.missing, 'enrol');
  assert.equal((await browser.post('/api/sign-out')).status, 204);
  assert.equal((await browser.get('/api/me')).status, 401);
});

test('to the database half a session is nobody, and what it may not it may not', async () => {
  const { browser } = await half('neuf@exemple.fr'), { browser: lise } = await half('lise@exemple.fr');
  const digest = (b) => createHash('sha256').update(b.cookies.get(SESSION)).digest('hex');
  const as = (whose, sql) => {
    const run = spawnSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=sqlstate', '-d', world.cluster.conninfo().replace('user=teleloire_owner', 'user=teleloire_api')],
      { env: { ...process.env, PGPASSWORD: readFileSync(world.folder('secrets/db_api'), 'utf8').trim() }, encoding: 'utf8',
        input: `begin; set local role teleloire_person; select set_config('teleloire.credential', '${digest(whose)}', true) \\g /dev/null\n${sql};\nrollback;\n` });
    return run.status === 0 ? run.stdout.trim() : run.stderr.match(/ERROR: {2}(\w+)/)?.[1] ?? run.stderr;
  };
  assert.equal(as(browser, 'select me_account() is null and me_person() is null'), 't');
  assert.equal(as(browser, `select ${['act', 'patient', 'person', 'account', 'web_session', 'membership', 'document', 'report'].map((t) => `(select count(*) from ${t})`).join(' + ')}`), '0');
  assert.equal(as(browser, `select count(*) from account_factor where account_id <> ${'half_account()'}`), '0');
  await signIn(api, 'lise@exemple.fr'); // has a factor from here on
  assert.equal(as(lise, 'select count(*) from account_factor'), '1');
  for (const change of ["sealed = decode(repeat('00', 49), 'hex')", "pending_sealed = decode(repeat('00', 49), 'hex'), pending_at = now()"])
    assert.equal(as(lise, `update account_factor set ${change}`), '42501', change);
  assert.equal(as(lise, "insert into web_session (token_sha256, account_id, proof) values (sha256('x'), half_account(), 'code')"), '42501');
  assert.equal(as(lise, "update web_session set proof = 'code'"), '42501');
  assert.equal(as(lise, "select factor_forget(half_account())"), '42501');
  assert.equal(as(lise, `select factor_reset('${person.cible}')`), 'f');
});

test('a factor is enrolled with one code of it; ten recovery codes are shown once and kept as digests', async () => {
  const { browser, me } = await half('neuf@exemple.fr');
  assert.equal(me.missing, 'enrol');
  assert.equal((await browser.post('/api/me/factor/confirm', { code: '123456' })).status, 409, 'nothing was shown yet');
  const shown = (await browser.post('/api/me/factor/enrol')).body;
  assert.match(shown.secret, /^[A-Z2-7]{32}$/);
  assert.equal(shown.uri, `otpauth://totp/T%C3%A9l%C3%A9loire:neuf@exemple.fr?secret=${shown.secret}&issuer=T%C3%A9l%C3%A9loire&algorithm=SHA1&digits=6&period=30`);
  const wrong = await browser.post('/api/me/factor/confirm', { code: codeOf(shown.secret, step() - 5) });
  assert.deepEqual([wrong.status, wrong.body.type, wrong.body.field], [401, '/problems/code', 'code']);
  assert.equal((await browser.get('/api/day')).status, 401, 'still half');
  const done = await browser.post('/api/me/factor/confirm', { code: codeOf(shown.secret) });
  assert.equal(done.status, 200, `${done.raw}`);
  world.secrets.set('neuf@exemple.fr', shown.secret);
  assert.equal(done.body.recovery_codes.length, 10);
  for (const code of done.body.recovery_codes) assert.match(code, /^[a-z1-9]{5}-[a-z1-9]{5}$/);
  browser.csrf = done.body.me.csrf;
  assert.equal((await browser.get('/api/day')).status, 200, 'whole');
  assert.equal(audited('factor.enrol', person.neuf), 1);
  // What the database holds gives neither the secret nor a code.
  const kept = world.sql(`select encode(sealed, 'hex') from account_factor`).flat().join(), hex = Buffer.from(shown.secret).toString('hex');
  assert.ok(!kept.includes(hex));
  const hashes = world.sql(`select encode(code_hash, 'hex') from recovery_code where account_id = ${account('neuf@exemple.fr')}`).flat();
  assert.equal(hashes.length, 10);
  assert.equal((await browser.get('/api/me/factor')).body.recovery_left, 10);

  // Each recovery code opens once.
  const [first] = done.body.recovery_codes;
  const again = await half('neuf@exemple.fr');
  assert.equal(again.me.missing, 'code');
  assert.equal((await give(again.browser, first.toUpperCase().replace('-', ' '))).status, 200, 'as people copy them');
  const twice = await half('neuf@exemple.fr');
  assert.equal((await give(twice.browser, first)).status, 401);
  assert.equal((await browser.get('/api/me/factor')).body.recovery_left, 9);
  // New ones take the place of the old.
  const renewed = await browser.post('/api/me/factor/recovery-codes');
  assert.equal(renewed.status, 200, `${renewed.raw}`);
  assert.equal((await give(twice.browser, done.body.recovery_codes[1])).status, 401, 'an old one');
  assert.equal((await give(twice.browser, renewed.body.recovery_codes[0])).status, 200);
  forgive();
});

test('a code opens once, and so does no code of a step before it; a step of drift each side is taken, two are not', async () => {
  const login = 'neuf@exemple.fr', secret = secretOf(login), now = step();
  fresh(login);
  assert.equal((await give((await half(login)).browser, codeOf(secret, now))).status, 200);
  const replay = await give((await half(login)).browser, codeOf(secret, now));
  assert.equal(replay.status, 401);
  assert.match(replay.body.detail, /déjà servi/);
  assert.equal((await give((await half(login)).browser, codeOf(secret, now - 1))).status, 401, 'older than the one used');
  assert.equal((await give((await half(login)).browser, codeOf(secret, step() + 1))).status, 200, 'a clock that is ahead');
  fresh(login);
  assert.equal((await give((await half(login)).browser, codeOf(secret, step() - 1))).status, 200, 'a clock that is behind');
  forgive();
  fresh(login);
  for (const off of [-3, 3]) assert.equal((await give((await half(login)).browser, codeOf(secret, step() + off))).status, 401, `${off}`);
  assert.ok(audited('factor.refused', person.neuf) >= 4, 'what was refused is on record');
  forgive();
  // Twice at once is once.
  const both = await Promise.all([half(login), half(login)]), code = codeOf(secret);
  fresh(login);
  const answers = await Promise.all(both.map(({ browser }) => give(browser, code)));
  assert.deepEqual(answers.map((a) => a.status).sort(), [200, 401]);
  forgive();
});

test('five wrong codes lock the account’s codes, whichever session gives them, and the right code too', async () => {
  const login = 'lise@exemple.fr';
  await signIn(api, login);
  fresh(login);
  const secret = secretOf(login), used = new Set([-1, 0, 1].map((d) => codeOf(secret, step() + d)));
  const wrong = [...Array(99).keys()].map((i) => String(100000 + i)).filter((c) => !used.has(c));
  for (let i = 0; i < 5; i++) assert.equal((await give((await half(login)).browser, wrong[i])).status, 401, `${i}`);
  const { browser } = await half(login);
  const locked = await give(browser, codeOf(secret));
  assert.equal(locked.status, 429);
  assert.equal(locked.body.type, '/problems/locked');
  assert.ok(Number(locked.headers['retry-after']) > 800);
  // The moment is over: the same browser goes on.
  world.sql("update sign_in_failure set at = at - interval '15 minutes'");
  assert.equal((await give(browser, codeOf(secret))).status, 200);
  forgive();
});

test('a device its owner vouched for is asked for the password alone, until it is forgotten or 30 days are over', async () => {
  const login = 'neuf@exemple.fr';
  fresh(login);
  const { browser } = await half(login);
  const done = await give(browser, codeOf(secretOf(login)), true);
  assert.match(done.headers['set-cookie'].find((c) => c.startsWith(DEVICE)), /; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=15552000$/);
  browser.csrf = done.body.me.csrf;
  const device = [[DEVICE, browser.cookies.get(DEVICE)]];
  assert.equal((await half(login, device)).me.missing, undefined);
  assert.equal((await half('lise@exemple.fr', device)).me.missing, 'code', 'another account on the same device');
  assert.equal((await half(login, [[DEVICE, `${'A'.repeat(43)}.${device[0][1].split('.')[1]}`]])).me.missing, 'code', 'another token');
  const wrong = await api.browser().post('/api/sign-in', { login, password: 'non' }, { cookie: `${DEVICE}=${device[0][1]}` });
  assert.equal(wrong.status, 401, 'it is no password');
  assert.ok(world.one(`select count(*) from known_device where position(encode('${device[0][1].slice(0, 43)}', 'hex') in encode(token_sha256, 'hex')) > 0`) === '0');
  const [mine] = (await browser.get('/api/me/factor')).body.devices;
  assert.equal(mine.here, true);
  const days = (Date.parse(mine.until) - Date.now()) / 86400_000;
  assert.ok(days > 29.9 && days < 30.1, `${days}`);
  world.sql(`update known_device set trusted_until = now() - interval '1 second' where id = '${mine.id}'`);
  assert.equal((await half(login, device)).me.missing, 'code', 'over');
  world.sql(`update known_device set trusted_until = now() + interval '1 day' where id = '${mine.id}'`);
  assert.equal((await max.post(`/api/me/devices/${mine.id}/forget`)).status, 404, 'not theirs');
  assert.equal((await browser.post(`/api/me/devices/${mine.id}/forget`)).status, 204);
  assert.equal((await half(login, device)).me.missing, 'code', 'forgotten');
  assert.equal(audited('factor.forget_device', person.neuf), 1);
  forgive();
});

test('a factor in force is replaced by who has just given it, never by a password alone', async () => {
  const login = 'mains@exemple.fr';
  const browser = await signIn(api, login), old = secretOf(login);
  const other = await half(login);
  assert.equal((await other.browser.post('/api/me/factor/enrol')).status, 403, 'half');
  assert.equal((await other.browser.post('/api/me/factor/confirm', { code: '000000' })).status, 409);
  world.sql(`update web_session set proved_at = now() - interval '6 minutes' where account_id = ${account(login)}`);
  const late = await browser.post('/api/me/factor/enrol');
  assert.deepEqual([late.status, late.body.type, late.body.minutes], [403, '/problems/step_up_needed', 5]);
  fresh(login);
  assert.equal((await give(browser, codeOf(old))).status, 200);
  const { secret } = (await browser.post('/api/me/factor/enrol')).body;
  fresh(login);
  assert.equal((await give((await half(login)).browser, codeOf(old))).status, 200, 'until it is confirmed the old one stays');
  assert.equal((await browser.post('/api/me/factor/confirm', { code: codeOf(secret) })).status, 200);
  fresh(login);
  assert.equal((await give((await half(login)).browser, codeOf(old))).status, 401, 'then it is gone');
  forgive();
});

test('a manager of the structure, or the operator, takes a factor away: signed out, told by mail, audited, enrolled anew', async () => {
  const path = (who, where = ids.clisson) => `/api/structures/${where}/people/${person[who] ?? ids[who]}/reset-factor`;
  for (const by of [max, olga]) {
    const victim = await signIn(api, 'cible@exemple.fr');
    const mails = world.messages().length, rows = audited('factor.reset', person.cible);
    const done = await by.post(path('cible'));
    assert.equal(done.status, 204, `${done.raw}`);
    assert.equal((await victim.get('/api/me')).status, 401, 'signed out');
    assert.equal(audited('factor.reset', person.cible), rows + 1);
    const mail = world.messages().slice(mails).find((m) => m.to === 'cible@exemple.fr');
    assert.match(mail.subject, /second facteur/);
    assert.equal((await half('cible@exemple.fr')).me.missing, 'enrol');
  }
  const anne = await signIn(api, 'anne@exemple.fr');
  assert.equal((await anne.post(path('cible'))).status, 403, 'a doctor does not');
  assert.equal((await max.post(path('chloe', ids.cholet))).status, 404, 'nor the manager of another structure');
  assert.equal((await max.post(path('chloe'))).status, 404, 'who does not work there');
  assert.equal((await max.post(path('max'))).status, 409, 'one’s own is replaced, not taken away');
  world.sql(`update web_session set proved_at = now() - interval '6 minutes' where account_id = ${account('max@exemple.fr')}`);
  assert.equal((await max.post(path('cible'))).body.type, '/problems/step_up_needed');
});

test('signing wants a proof of the last hour: refused, given, and then the very same call goes through', async () => {
  const anne = await signIn(api, 'anne@exemple.fr');
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite: null }, { 'idempotency-key': randomUUID() });
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${made.body.id}'`);
  await anne.post(`/api/acts/${made.body.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  const ago = (text) => world.sql(`update web_session set proved_at = now() - interval '${text}' where account_id = ${account('anne@exemple.fr')}`);
  const key = { 'idempotency-key': randomUUID() }, close = () => anne.post(`/api/acts/${made.body.id}/close`, closing, key);
  ago('61 minutes');
  const before_ = await close();
  assert.deepEqual([before_.status, before_.body.type, before_.body.minutes, before_.body.enrolled], [403, '/problems/step_up_needed', 60, true]);
  assert.equal(world.one(`select state from act where id = '${made.body.id}'`), 'to_close');
  assert.equal((await anne.post(`/api/acts/${randomUUID()}/close`, closing)).status, 404, 'what is not theirs is told as before');
  fresh('anne@exemple.fr');
  assert.equal((await give(anne, codeOf(secretOf('anne@exemple.fr')))).status, 200);
  const done = await close();
  assert.equal(done.status, 200, `${done.raw}`);
  ago('59 minutes');
  assert.equal((await anne.post(`/api/acts/${made.body.id}/amend`, { ...closing, why: 'faute' })).status, 200, 'within the hour');
  ago('61 minutes');
  assert.equal((await anne.post(`/api/acts/${made.body.id}/amend`, { ...closing, why: 'faute' })).status, 403);
});

test('a device that skipped the code has proved nothing yet when it signs', async () => {
  const login = 'bruno@exemple.fr', browser = await signIn(api, login);
  fresh(login);
  await give(browser, codeOf(secretOf(login)), true);
  const known = await half(login, [[DEVICE, browser.cookies.get(DEVICE)]]);
  assert.equal(known.me.missing, undefined);
  const made = await known.browser.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite: null });
  assert.equal((await known.browser.post(`/api/acts/${made.body.id}/not-done`, { reason: 'other', comment: '' })).body.type, '/problems/step_up_needed');
});

test('half a session ends after a quarter of an hour, and an account has ten of them', async () => {
  const login = 'lise@exemple.fr', { browser } = await half(login);
  world.sql("update web_session set created_at = now() - interval '15 minutes' where proof is null");
  assert.equal((await browser.get('/api/me')).status, 401);
  const many = [];
  for (let i = 0; i < 12; i++) many.push((await half(login)).browser);
  const states = await Promise.all(many.map(async (b) => (await b.get('/api/me')).status));
  assert.deepEqual(states, [401, 401, ...Array(10).fill(200)]);
});

test('a session that ran out is ended at its next use, once, with its row in the audit', async () => {
  for (const [column, minutes, action] of [['last_seen_at', 31, 'session.idle'], ['created_at', 721, 'session.too_old']]) {
    const browser = await signIn(api, 'lise@exemple.fr'), token = browser.cookies.get(SESSION);
    world.sql(`update web_session set ${column} = now() - interval '${minutes} minutes' where token_sha256 = sha256('${token}')`);
    const rows = audited(action, person.lise);
    for (let i = 0; i < 3; i++) assert.equal((await browser.get('/api/me')).status, 401);
    assert.equal(audited(action, person.lise), rows + 1);
    assert.ok(world.one(`select ended_at from web_session where token_sha256 = sha256('${token}')`));
  }
  const browser = await signIn(api, 'lise@exemple.fr'), rows = audited('session.end', person.lise);
  assert.equal((await browser.post('/api/sign-out')).status, 204);
  assert.equal(audited('session.end', person.lise), rows + 1);
});

test('a role given since the sign-in that wants a factor is not at work before one was chosen', async () => {
  const { browser } = await half('ars@exemple.fr');
  assert.equal((await browser.get('/api/directory')).status, 200);
  world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.agent}', '${ids.clisson}', 'doctor')`);
  assert.equal((await browser.get('/api/directory')).status, 401);
  assert.equal((await half('ars@exemple.fr')).me.missing, 'enrol');
});

test('outside the demo nobody is shown a code', async () => {
  const { me } = await half('neuf@exemple.fr');
  assert.deepEqual([me.demo, me.demo_code], [false, undefined]);
});
