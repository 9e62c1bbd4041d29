// The records through a real api worker and a real PostgreSQL: every call of docs/api.md, and what
// each refuses.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startApi } from '../support/api_driver.mjs';
import { PASSWORD, giveFactor, ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, bruno, chloe, sylvie;
const HOUR = 3600_000;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const newAct = (more = {}) => ({ patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite: null, ...more });
const invite = { email: 'jeanne@exemple.fr', phone: '+33612345678', language: 'fr' };

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
  bruno = await signIn(api, 'bruno@exemple.fr');
  chloe = await signIn(api, 'chloe@exemple.fr');
  sylvie = await signIn(api, 'sylvie@exemple.fr');
}, { timeout: 120_000 });

after(async () => {
  if (api) await api.stop();
  await world?.stop();
});

async function create(more, by = anne) {
  const made = await by.post('/api/acts', newAct(more));
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body;
}

// The link and the code of the act's newest invitation, from what the courier would send.
function lastLink() {
  const texts = world.messages().map((m) => m.text);
  const link = texts.filter((t) => /#/.test(t)).at(-1).match(/#(\S+)/)[1];
  const code = texts.map((t) => t.match(/(?:code est|Téléloire :|code is|code:) (\d{6})/)).filter(Boolean).at(-1)[1];
  return { token: link, code };
}

async function visitor(token, code, consents = true) {
  const browser = api.browser();
  const answer = await browser.post('/api/invitations/code', { token, code });
  assert.equal(answer.status, 200, `${answer.raw}`);
  browser.csrf = answer.body.csrf;
  if (consents) {
    const given = await browser.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' });
    assert.equal(given.status, 200, `${given.raw}`);
  }
  return browser;
}

test('migrations run once and a second run finds nothing to do', () => {
  assert.match(world.firstMigration, /^(\d+) of \1 migrations run/);
  assert.match(world.migrate(), /^0 of \d+ migrations run/);
});

test('a migration changed after it was run, or a database newer than the program, is refused', () => {
  const refuses = (change, back) => {
    world.sql(change);
    try { assert.throws(() => world.migrate()); } finally { world.sql(back); }
  };
  const sha = world.one('select sha256 from schema_migration where number = 3');
  refuses("update schema_migration set sha256 = 'x' where number = 3", `update schema_migration set sha256 = '${sha}' where number = 3`);
  refuses("insert into schema_migration (number, name, sha256) values (9999, 'later', 'x')", 'delete from schema_migration where number = 9999');
  assert.match(world.migrate(), /^0 of/);
});

test('every table and every column says what it is', () => {
  const bare = world.sql(`
    select c.relname, coalesce(a.attname, '') from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace and n.nspname = 'public'
    left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)`);
  assert.deepEqual(bare, []);
});

test('the api user cannot change what is append-only, nor choose a hash, nor read the outbox', () => {
  const may = (what, table) => world.one(`select has_table_privilege('teleloire_api', '${table}', '${what}')`);
  for (const table of ['audit', 'act_event', 'report', 'consent'])
    for (const what of ['update', 'delete']) assert.equal(may(what, table), 'f', `${what} ${table}`);
  assert.equal(may('insert', 'audit'), 'f');
  assert.equal(may('select', 'outbox'), 'f');
  assert.equal(may('delete', 'act'), 'f');
  assert.equal(world.one("select has_table_privilege('teleloire_courier', 'act', 'select')"), 'f');
  assert.equal(world.one("select has_table_privilege('teleloire_courier', 'outbox', 'update')"), 't');
});

test('signing in gives a __Host- cookie, and me', async () => {
  const browser = api.browser();
  const answer = await browser.post('/api/sign-in', { login: 'Anne@Exemple.fr', password: PASSWORD });
  assert.equal(answer.status, 200);
  assert.deepEqual([answer.body.me.missing, answer.body.me.person], ['code', undefined], 'a password alone opens nothing');
  browser.csrf = answer.body.me.csrf;
  const half = browser.cookies.get('__Host-teleloire');
  const { me: given } = await giveFactor(browser, 'anne@exemple.fr', 'code');
  assert.notEqual(browser.cookies.get('__Host-teleloire'), half, 'the whole session has another token');
  assert.equal((await api.browser().get('/api/me', { cookie: `__Host-teleloire=${half}` })).status, 401);
  assert.match(answer.headers['set-cookie'][0], /^__Host-teleloire=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  assert.equal(given.person.display_name, 'Dr Anne Le Goff');
  assert.equal(given.memberships[0].structure.name, 'MSP de Clisson');
  const me = await browser.get('/api/me');
  assert.equal(me.body.csrf, given.csrf);
  assert.equal((await browser.get('/api/me', { cookie: '__Host-teleloire=nothing' })).status, 401);
  browser.csrf = me.body.csrf;
  assert.equal((await browser.patch('/api/me', { language: 'en' })).body.language, 'en');
  assert.equal((await browser.patch('/api/me', { language: 'fr' })).body.language, 'fr');
  assert.equal((await browser.post('/api/sign-out')).status, 204);
  assert.equal((await browser.get('/api/me')).status, 401);
  // Only digests are kept.
  assert.equal(world.one("select count(*) from web_session where octet_length(token_sha256) <> 32"), '0');
});

test('a wrong password and an unknown login answer alike', async () => {
  const browser = api.browser();
  browser.peer = '192.0.2.77';
  const wrong = await browser.post('/api/sign-in', { login: 'bruno@exemple.fr', password: 'non' });
  const unknown = await browser.post('/api/sign-in', { login: 'nobody@exemple.fr', password: 'non' });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.body.type, '/problems/credentials');
  assert.deepEqual(wrong.body, unknown.body);
});

test('five failures lock the account, from anywhere, and the right password too', async () => {
  for (let i = 0; i < 5; i++) {
    const browser = api.browser();
    browser.peer = `198.51.100.${i}`;
    assert.equal((await browser.post('/api/sign-in', { login: 'ars@exemple.fr', password: 'non' })).status, 401);
  }
  const browser = api.browser();
  browser.peer = '198.51.100.99';
  const locked = await browser.post('/api/sign-in', { login: 'ars@exemple.fr', password: PASSWORD });
  assert.equal(locked.status, 429);
  assert.equal(locked.body.type, '/problems/locked');
  assert.ok(Number(locked.headers['retry-after']) > 0);
  world.sql("update sign_in_failure set at = at - interval '16 minutes'");
  assert.equal((await browser.post('/api/sign-in', { login: 'ars@exemple.fr', password: PASSWORD })).status, 200);
});

test('fifty failures from one address lock the address, and fewer lock no colleague', async () => {
  const browser = api.browser();
  browser.peer = '203.0.113.5';
  const failures = (count) => world.sql(`insert into sign_in_failure (login_sha256, peer)
    select sha256(i::text::bytea), '203.0.113.5' from generate_series(1, ${count}) as i`);
  failures(48);
  assert.equal((await browser.post('/api/sign-in', { login: 'x@exemple.fr', password: 'non' })).status, 401);
  assert.equal((await browser.post('/api/sign-in', { login: 'anne@exemple.fr', password: PASSWORD })).status, 200);
  assert.equal((await browser.post('/api/sign-in', { login: 'y@exemple.fr', password: 'non' })).status, 401);
  assert.equal((await browser.post('/api/sign-in', { login: 'anne@exemple.fr', password: PASSWORD })).status, 429);
});

test('an idle or old session is over', async () => {
  const browser = await signIn(api, 'bruno@exemple.fr');
  const session = 'where token_sha256 = (select token_sha256 from web_session order by created_at desc limit 1)';
  world.sql(`update web_session set last_seen_at = now() - interval '31 minutes' ${session}`);
  assert.equal((await browser.get('/api/me')).status, 401);
  world.sql(`update web_session set last_seen_at = now(), created_at = now() - interval '12 hours 1 second' ${session}`);
  assert.equal((await browser.get('/api/me')).status, 401);
});

test('a change without the CSRF value is refused', async () => {
  for (const value of [null, 'wrong', `${anne.csrf}x`]) {
    const answer = await anne.post('/api/acts', newAct(), { 'x-teleloire-csrf': value });
    assert.equal(answer.status, 403);
  }
});

test('unknown fields, unknown parameters and broken JSON are refused and named', async () => {
  assert.equal((await anne.post('/api/acts', { ...newAct(), colour: 'red' })).body.field, 'colour');
  assert.equal((await anne.get('/api/directory?qq=x')).body.field, 'qq');
  assert.equal((await anne.get('/api/me?x=1')).status, 400);
  const broken = await anne.call('POST', '/api/acts', Buffer.from('{"a":'), { 'content-type': 'application/json' });
  assert.equal(broken.status, 400);
  assert.equal(broken.body.type, '/problems/format');
  assert.equal(broken.headers['content-type'], 'application/problem+json');
  assert.equal((await anne.get('/api/nothing')).status, 404);
  assert.equal((await anne.call('DELETE', '/api/acts')).status, 405);
  assert.equal((await anne.get('/api/acts', { 'accept-language': 'en-GB,en;q=0.9', cookie: null })).body.title, 'Please sign in');
});

test('a body over the limit of its route is refused, at its edge', async () => {
  const edge = Buffer.from(JSON.stringify({ login: 'x', password: 'y' }).padEnd(16 * 1024));
  assert.equal((await api.browser().call('POST', '/api/sign-in', edge, { 'content-type': 'application/json' })).status, 401);
  const over = Buffer.concat([edge, Buffer.from(' ')]);
  assert.equal((await api.browser().call('POST', '/api/sign-in', over, { 'content-type': 'application/json' })).status, 413);
});

test('the directory and the structures are found', async () => {
  const found = await anne.get('/api/directory?q=goff%20an');
  assert.deepEqual(found.body.items.map((p) => p.display_name), ['Dr Anne Le Goff']);
  assert.equal(found.body.items[0].structures[0].city, 'Clisson');
  assert.equal((await anne.get('/api/directory?profession=derm&q=chloe')).body.items.length, 1);
  assert.equal((await anne.get('/api/directory?q=roux')).body.items.length, 0, 'a secretary holds no acts');
  assert.deepEqual((await anne.get('/api/structures?departement=49')).body.items.map((s) => s.name), ['MSP de Cholet']);
  assert.equal((await anne.get('/api/structures?limit=101')).body.field, 'limit');
});

test('a patient is found by name, date or INS, only by structures that know them', async () => {
  for (const q of ['moreau', 'jeanne mor', 'Jéanne-Marie', '1956-04-12', '12/04/1956', 'Moreau, 12/04/1956', 'jeanne moreau 1956-04-12'])
    assert.deepEqual((await anne.post('/api/patients/search', { q })).body.items.map((p) => p.id), [ids.jeanne], q);
  for (const q of ['moreau, 13/04/1956', 'durand 12/04/1956', 'moreau12/04/1956', 'moreau 31/02/1956'])
    assert.deepEqual((await anne.post('/api/patients/search', { q })).body.items, [], q);
  assert.deepEqual((await chloe.post('/api/patients/search', { q: 'moreau' })).body.items, []);
  assert.equal((await anne.get(`/api/patients/${ids.jeanne}`)).body.birth_name, 'MOREAU');
  assert.equal((await chloe.get(`/api/patients/${ids.jeanne}`)).status, 404);
  assert.equal((await anne.get(`/api/patients/${randomUUID()}`)).status, 404);
});

test('wrong identity traits are each named', async () => {
  const right = { birth_name: 'DURAND', used_name: null, first_names: 'Zoé', birth_date: '1979-03-04', sex: 'F', birth_place_code: '51215',
    ins: '279035121518989', ins_oid: '1.2.250.1.213.1.4.10', phone: null, email: null };
  for (const [field, change] of Object.entries({
    birth_name: { birth_name: '' }, birth_date: { birth_date: '1979-02-30' }, sex: { sex: 'X' }, birth_place_code: { birth_place_code: '00123' },
    ins: { ins: '279035121518988' }, ins_oid: { ins_oid: '1.2.3' }, phone: { phone: 'abc' }, email: { email: 'not-an-address' } })) {
    const answer = await anne.post('/api/patients', { ...right, ...change });
    assert.equal(answer.status, 400, field);
    assert.equal(answer.body.field, field);
  }
  const future = await anne.post('/api/patients', { ...right, birth_date: '2100-01-01' });
  assert.equal(future.body.field, 'birth_date');
  assert.equal((await anne.post('/api/patients', { ...right, sex: 'M' })).body.field, 'sex', 'the matricule says otherwise');
  assert.equal((await anne.post('/api/patients', { ...right, birth_place_code: '44109' })).body.field, 'birth_place_code');
  assert.equal((await anne.post('/api/patients', { ...right, first_names: '  ' })).body.field, 'first_names');
  const made = await anne.post('/api/patients', right);
  assert.equal(made.status, 201, `${made.raw}`);
  assert.equal(made.body.ins_status, 'retrieved');
  const again = await anne.post('/api/patients', { ...right, first_names: 'zoe' });
  assert.equal(again.status, 409);
  assert.equal(again.body.type, '/problems/exists');
  assert.equal(again.body.patient.id, made.body.id);
  const changed = await anne.patch(`/api/patients/${made.body.id}`, { phone: '06 12 34 56 78' });
  assert.equal(changed.body.phone, '06 12 34 56 78');
  assert.equal((await anne.patch(`/api/patients/${made.body.id}`, { birth_name: 'X' })).body.field, 'birth_name');
  assert.equal((await anne.post('/api/patients/search', { q: '2 79 03 51 215 189 89' })).body.items.length, 1);
});

test('the same Idempotency-Key gives the same answer and one act', async () => {
  const key = randomUUID();
  const first = await anne.post('/api/acts', newAct({ reason: 'une fois' }), { 'idempotency-key': key });
  const second = await anne.post('/api/acts', newAct({ reason: 'une fois' }), { 'idempotency-key': key });
  assert.equal(first.status, 201);
  assert.deepEqual(second.body, first.body);
  assert.equal(world.sealed.column('act.reason').filter((reason) => reason === 'une fois').length, 1);
  assert.equal((await anne.post('/api/acts', newAct({ reason: 'autre' }), { 'idempotency-key': key })).status, 409);
  assert.equal((await bruno.post('/api/acts', newAct({ reason: 'autre personne' }), { 'idempotency-key': key })).status, 201);
  assert.equal((await anne.post('/api/acts', newAct(), { 'idempotency-key': 'x' })).status, 400);
});

test('an act needs a patient its structure knows and a time to come', async () => {
  assert.equal((await anne.post('/api/acts', newAct({ patient: ids.paul }))).body.field, 'patient');
  assert.equal((await anne.post('/api/acts', newAct({ structure: ids.cholet }))).body.field, 'patient');
  assert.equal((await anne.post('/api/acts', newAct({ starts_at: at(-2 * HOUR) }))).body.field, 'starts_at');
  assert.equal((await anne.post('/api/acts', newAct({ starts_at: 'tomorrow' }))).body.field, 'starts_at');
  assert.equal((await anne.post('/api/acts', newAct({ duration_min: 4 }))).body.field, 'duration_min');
  assert.equal((await anne.post('/api/acts', newAct({ invite: { email: null, phone: null, language: 'fr' } }))).body.field, 'email');
  assert.equal((await sylvie.post('/api/acts', newAct())).body.field, 'professional', 'for whom?');
});

test('an act of someone else does not exist, whatever is asked of it', async () => {
  const act = await create();
  for (const [method, path, body] of [
    ['GET', ''], ['POST', '/cancel', { reason: 'other', comment: '' }], ['POST', '/reschedule', { starts_at: at(HOUR), duration_min: 20 }],
    ['POST', '/remind', {}], ['POST', '/renew-link', {}], ['POST', '/hand-over', { person: ids.anne }],
    ['POST', '/invite', { person: ids.chloe }], ['POST', '/join', {}], ['POST', '/consent', { given: true, by: 'patient', how: 'oral', text_version: '1' }],
    ['POST', '/close', {}], ['POST', '/not-done', { reason: 'other' }], ['POST', '/amend', {}],
    ['GET', `/documents/${randomUUID()}`], ['DELETE', `/documents/${randomUUID()}`]]) {
    const answer = await chloe.call(method, `/api/acts/${act.id}${path}`, body);
    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.equal(answer.body.type, '/problems/missing');
  }
});

test('a secretary plans, and never reads the clinical text', async () => {
  const act = await create({ starts_at: at(3 * HOUR), reason: 'secret médical' });
  const read = await sylvie.get(`/api/acts/${act.id}`);
  assert.equal(read.status, 200);
  assert.ok(!read.raw.includes('secret'));
  assert.ok(read.body.may.includes('reschedule') && !read.body.may.includes('close') && !read.body.may.includes('join'));
  assert.equal((await sylvie.post(`/api/acts/${act.id}/reschedule`, { starts_at: at(4 * HOUR), duration_min: 30 })).status, 200);
  assert.equal((await sylvie.post(`/api/acts/${act.id}/close`, {})).status, 403);
  // The acts of their structure, several doctors' at once, on one page and in the register.
  const other = await create({ reason: 'secret de Bruno' }, bruno);
  const [day, register] = [await sylvie.get('/api/day'), await sylvie.get('/api/acts')];
  for (const list of [day.body.items, register.body.items]) assert.ok(list.some((a) => a.id === other.id));
  assert.ok(!day.raw.includes('secret') && !register.raw.includes('secret'));
  assert.deepEqual((await sylvie.post('/api/acts/search', { q: 'secret' })).body.items, [], 'nor found by it');
  assert.equal((await sylvie.post(`/api/acts/${act.id}/join`)).status, 403);
});

test('who holds no acts has an empty day, not an error', async () => {
  const agent = await signIn(api, 'ars@exemple.fr');
  const day = await agent.get('/api/day');
  assert.equal(day.status, 200);
  assert.deepEqual([day.body.items, day.body.now, day.body.to_close], [[], [], []]);
  assert.deepEqual((await agent.get('/api/acts')).body.items, []);
  assert.equal((await agent.post('/api/patients/search', { q: 'moreau' })).status, 403);
});

test('an old version is not overwritten', async () => {
  const act = await create({ starts_at: at(3 * HOUR) });
  const body = { starts_at: at(4 * HOUR), duration_min: 20 };
  const moved = await anne.post(`/api/acts/${act.id}/reschedule`, body, { 'if-match': `"${act.version}"` });
  assert.equal(moved.status, 200);
  assert.equal((await anne.post(`/api/acts/${act.id}/reschedule`, body, { 'if-match': `"${act.version}"` })).status, 412);
});

test('the link and the code leave in two messages, sealed, without identity or reason', async () => {
  const before = world.messages().length;
  await create({ invite, reason: 'MOT MÉDICAL' });
  const sent = world.messages().slice(before);
  assert.deepEqual(sent.map((m) => m.kind).sort(), ['mail', 'sms']);
  for (const m of sent) assert.doesNotMatch(JSON.stringify(m), /MOT MÉDICAL|MOREAU|Jeanne|1956/);
  for (const m of sent) assert.match(m.message_id, /^[0-9a-f-]{36}@teleloire\.example$/);
  const { token, code } = lastLink();
  const mail = sent.find((m) => m.kind === 'mail');
  assert.ok(mail.text.includes(`https://teleloire.example:8443/visite#${token}`));
  assert.ok(!mail.text.includes(code));
  assert.ok(!world.one("select string_agg(encode(sealed, 'escape'), '') from outbox").includes(token));
  assert.equal(world.one(`select count(*) from invitation where token_sha256 = sha256('${token}')`), '1');
});

test('a patient opens the link, gives the code, consents and gets a ticket', async () => {
  const act = await create({ invite });
  const { token, code } = lastLink();
  const browser = api.browser();
  const opened = await browser.post('/api/invitations/open', { token });
  assert.equal(opened.body.state, 'code_needed', `${opened.raw}`);
  assert.equal(opened.body.professional, 'Dr Anne Le Goff');
  assert.equal(opened.body.tries_left, 5);
  assert.doesNotMatch(opened.body.contact, /612345|jeanne/);
  assert.equal((await browser.get('/api/visit')).status, 401);
  const entered = await browser.post('/api/invitations/code', { token, code });
  assert.equal(entered.status, 200);
  assert.match(entered.headers['set-cookie'][0], /^__Host-teleloire-visit=/);
  browser.csrf = entered.body.csrf;
  const { visit } = entered.body;
  assert.equal(visit.act, act.id);
  assert.deepEqual(visit.you, { name: 'Jeanne MOREAU', role: 'patient' });
  assert.deepEqual([visit.consent.needed, visit.consent.given, visit.tested, visit.report_ready], [true, null, false, false]);
  assert.ok(visit.consent.text.paragraphs.length >= 3 && visit.consent.text.more.length >= 3);
  assert.equal((await browser.post('/api/visit/join')).body.type, '/problems/consent');
  assert.equal((await browser.post('/api/visit/consent', { given: true, by: 'patient', text_version: '0' })).body.field, 'text_version');
  assert.equal((await browser.post('/api/visit/consent', { given: false, by: 'patient', text_version: '1' })).body.consent.given, false);
  assert.equal((await browser.post('/api/visit/join')).status, 409, 'a refusal is not a consent');
  assert.equal((await browser.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' })).body.consent.given, true);
  const joined = await browser.post('/api/visit/join');
  assert.equal(joined.body.session, act.id);
  assert.ok((await browser.post('/api/visit/test')).body.ticket);
  assert.equal((await anne.get(`/api/acts/${act.id}`)).body.consents.length, 2, 'the refusal stays on record');
  assert.equal((await anne.get(`/api/acts/${act.id}`)).body.invitation.state, 'verified');
  assert.equal((await browser.post('/api/visit/leave')).status, 204);
  assert.equal((await browser.get('/api/visit')).status, 401);
});

test('a code is tried five times at most, then the link is dead', async () => {
  await create({ invite });
  const { token, code } = lastLink();
  const wrong = code === '111111' ? '222222' : '111111';
  const browser = api.browser();
  for (let left = 4; left > 0; left--) {
    const answer = await browser.post('/api/invitations/code', { token, code: wrong });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.tries_left, left);
  }
  const last = await browser.post('/api/invitations/code', { token, code: wrong });
  assert.equal(last.status, 429);
  assert.equal(last.body.type, '/problems/locked');
  assert.equal((await browser.post('/api/invitations/code', { token, code })).status, 429, 'the right one too');
  assert.equal((await browser.post('/api/invitations/new-code', { token })).status, 429);
  assert.equal((await browser.post('/api/invitations/open', { token })).body.state, 'locked');
});

test('a code is right on the fifth try', async () => {
  await create({ invite });
  const { token, code } = lastLink();
  const wrong = code === '111111' ? '222222' : '111111';
  for (let i = 0; i < 4; i++) await api.browser().post('/api/invitations/code', { token, code: wrong });
  await visitor(token, code, false);
});

test('three new codes an hour and no more; the old code is dead', async () => {
  await create({ invite });
  const { token, code } = lastLink();
  const browser = api.browser();
  for (let i = 0; i < 3; i++) assert.equal((await browser.post('/api/invitations/new-code', { token })).status, 204);
  const fourth = await browser.post('/api/invitations/new-code', { token });
  assert.equal(fourth.status, 429);
  assert.equal(fourth.body.type, '/problems/limit');
  const fresh = lastLink().code;
  if (fresh !== code) assert.equal((await browser.post('/api/invitations/code', { token, code })).status, 401);
  await visitor(token, fresh, false);
});

test('each way a link is dead has its name', async () => {
  const state = async (token) => (await api.browser().post('/api/invitations/open', { token })).body.state;
  const unknown = await api.browser().post('/api/invitations/open', { token: 'x'.repeat(43) });
  assert.equal(unknown.status, 404);
  const early = await create({ invite, starts_at: at(30 * HOUR) });
  assert.equal(await state(lastLink().token), 'early');
  await anne.post(`/api/acts/${early.id}/cancel`, { reason: 'patient', comment: '' });
  const expired = await create({ invite });
  const expiredLink = lastLink();
  world.sql(`update act set starts_at = now() - interval '13 hours' where id = '${expired.id}'`);
  assert.equal(await state(expiredLink.token), 'expired');
  assert.equal((await api.browser().post('/api/invitations/code', expiredLink)).status, 409);
  const renewed = await create({ invite });
  const old = lastLink();
  const browser = await visitor(old.token, old.code, false);
  assert.equal((await anne.post(`/api/acts/${renewed.id}/renew-link`, { email: 'autre@exemple.fr', phone: null })).status, 200);
  assert.equal(await state(old.token), 'replaced');
  assert.equal((await browser.get('/api/visit')).status, 401, 'the old link\'s browser is out');
  assert.equal(await state(lastLink().token), 'code_needed');
  const newest = lastLink();
  assert.equal((await anne.post(`/api/acts/${renewed.id}/cancel`, { reason: 'professional', comment: 'Urgence' })).status, 200);
  assert.equal(await state(newest.token), 'cancelled');
  const done = await create({ invite });
  const doneLink = lastLink();
  world.sql(`update act set state = 'waiting' where id = '${done.id}'; update act set state = 'to_close' where id = '${done.id}'`);
  assert.equal(await state(doneLink.token), 'ended');
});

test('cancelling tells the patient, who is invited, and the session', async () => {
  const act = await create({ invite });
  await anne.post(`/api/acts/${act.id}/invite`, { person: ids.chloe, comment: 'Un avis ?' });
  const before = world.messages().length;
  api.notices.splice(0);
  const cancelled = await anne.post(`/api/acts/${act.id}/cancel`, { reason: 'technical', comment: 'Panne' });
  assert.equal(cancelled.body.state, 'not_done');
  assert.deepEqual(cancelled.body.not_done, { reason: 'technical', comment: 'Panne' });
  const sent = world.messages().slice(before);
  assert.deepEqual(sent.map((m) => m.to).sort(), ['chloe@exemple.fr', 'jeanne@exemple.fr']);
  const notice = await api.notice((n) => n.kind === 'act.cancelled');
  assert.equal(notice.act, act.id);
  assert.deepEqual(notice.people.sort(), [ids.anne, ids.chloe].sort());
  assert.equal((await anne.post(`/api/acts/${act.id}/cancel`, { reason: 'other', comment: '' })).body.type, '/problems/state');
});

test('rescheduling, reminding and handing over keep the link and tell everyone', async () => {
  const act = await create({ invite, starts_at: at(2 * HOUR) });
  const { token } = lastLink();
  let before = world.messages().length;
  const moved = await anne.post(`/api/acts/${act.id}/reschedule`, { starts_at: at(5 * HOUR), duration_min: 30 });
  assert.equal(moved.body.duration_min, 30);
  assert.ok(world.messages().slice(before)[0].text.includes(token));
  assert.equal((await anne.post(`/api/acts/${act.id}/remind`)).status, 200);
  assert.match(world.messages().at(-1).subject, /Rappel/);
  before = world.messages().length;
  const handed = await anne.post(`/api/acts/${act.id}/hand-over`, { person: ids.bruno, comment: 'Je suis absente' });
  assert.equal(handed.status, 200, `${handed.raw}`);
  assert.equal(handed.body.professional.id, ids.bruno);
  assert.deepEqual(world.messages().slice(before).map((m) => m.to).sort(), ['bruno@exemple.fr', 'jeanne@exemple.fr']);
  assert.equal((await api.browser().post('/api/invitations/open', { token })).body.professional, 'Dr Bruno Martin');
  assert.equal((await anne.post(`/api/acts/${act.id}/cancel`, { reason: 'other', comment: '' })).status, 403, 'hers to read, no longer to change');
  assert.ok((await bruno.get(`/api/acts/${act.id}`)).body.may.includes('cancel'));
  assert.equal((await bruno.post(`/api/acts/${act.id}/hand-over`, { person: ids.sylvie })).body.field, 'person');
  assert.equal((await bruno.post(`/api/acts/${act.id}/reschedule`, { starts_at: at(-HOUR), duration_min: 20 })).body.field, 'starts_at');
});

test('a colleague and a guest are invited', async () => {
  const act = await create();
  assert.equal((await chloe.get(`/api/acts/${act.id}`)).status, 404);
  assert.equal((await anne.post(`/api/acts/${act.id}/invite`, { person: ids.chloe, comment: '' })).status, 200);
  const seen = await chloe.get(`/api/acts/${act.id}`);
  assert.deepEqual(seen.body.may.filter((w) => w !== 'document'), ['join']);
  assert.equal((await chloe.post(`/api/acts/${act.id}/close`, {})).status, 403);
  assert.equal((await anne.post(`/api/acts/${act.id}/invite`, { name: 'Ali', role: 'interpreter', email: 'ali@exemple.fr', phone: null })).status, 200);
  const { token, code } = lastLink();
  const guest = await visitor(token, code, false);
  assert.deepEqual((await guest.get('/api/visit')).body.you, { name: 'Ali', role: 'interpreter' });
  assert.equal((await guest.post('/api/visit/join')).status, 200, 'consent is the patient\'s');
  assert.equal((await anne.post(`/api/acts/${act.id}/invite`, { name: 'Ali', role: 'patient', email: 'a@b.fr' })).body.field, 'role');
});

test('a document is typed by its content, sealed at rest, and gone when deleted', async () => {
  const act = await create();
  const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(2_500_000, 'photographie ')]);
  const sent = await anne.call('POST', `/api/acts/${act.id}/documents?kind=photo`, jpeg, { 'content-type': 'image/png', 'x-teleloire-name': '..%2Fplaie%22.jpg' });
  assert.equal(sent.status, 201, `${sent.raw}`);
  assert.equal(sent.body.media_type, 'image/jpeg');
  assert.equal(sent.body.name, 'plaie.jpg');
  const got = await anne.get(`/api/acts/${act.id}/documents/${sent.body.id}`);
  assert.ok(got.raw.equals(jpeg));
  assert.match(got.headers['content-disposition'], /^attachment; filename="plaie.jpg"/);
  assert.deepEqual(world.sql(`select count(*), bool_or(position('photographie' in encode(sealed, 'escape')) > 0) from document_piece where document_id = '${sent.body.id}'`)[0], ['3', 'f']);
  assert.equal((await chloe.get(`/api/acts/${act.id}/documents/${sent.body.id}`)).status, 404);
  const other = await create();
  assert.equal((await anne.get(`/api/acts/${other.id}/documents/${sent.body.id}`)).status, 404, 'not through another act');
  const exe = await anne.call('POST', `/api/acts/${act.id}/documents?kind=photo`, Buffer.from('MZ nothing of the kind'), { 'content-type': 'image/jpeg' });
  assert.equal(exe.status, 415);
  assert.equal((await anne.delete(`/api/acts/${act.id}/documents/${sent.body.id}`)).status, 204);
  assert.equal((await anne.get(`/api/acts/${act.id}/documents/${sent.body.id}`)).status, 404);
  assert.equal(world.one(`select count(*) from document_piece where document_id = '${sent.body.id}'`), '0');
});

test('a document of 20 MiB is taken and one byte more is not', async () => {
  const act = await create();
  const edge = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(20 * 1024 * 1024 - 9)]);
  const sent = await anne.call('POST', `/api/acts/${act.id}/documents?kind=other`, edge);
  assert.equal(sent.status, 201);
  assert.equal((await anne.get(`/api/acts/${act.id}/documents/${sent.body.id}`)).raw.length, edge.length);
  const over = await anne.call('POST', `/api/acts/${act.id}/documents?kind=other`, Buffer.concat([edge, Buffer.from('x')]));
  assert.equal(over.status, 413);
  assert.equal((await anne.get('/api/me')).status, 200, 'the worker serves on');
});

async function toClose(more = { invite }) {
  const act = await create(more);
  const link = more.invite ? lastLink() : null;
  world.sql(`update act set state = 'waiting' where id = '${act.id}'; update act set state = 'live', live_at = now() where id = '${act.id}'; update act set state = 'to_close' where id = '${act.id}'`);
  return { act, link };
}
const closing = { text: 'Toux depuis trois jours.', conclusion: 'Repos.', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: false };

test('an act closes with its report, and every missing part is named', async () => {
  const { act } = await toClose();
  const url = `/api/acts/${act.id}/close`;
  for (const [field, change] of Object.entries({ text: { text: '  ' }, incidents_confirmed: { incidents_confirmed: false }, identity_checked: { identity_checked: false }, consent: {} })) {
    const answer = await anne.post(url, { ...closing, ...change });
    assert.equal(answer.status, 422, field);
    assert.equal(answer.body.field, field);
  }
  assert.deepEqual((await anne.post(url, {})).body.missing, ['text', 'incidents_confirmed', 'identity_checked', 'consent']);
  assert.equal((await anne.post(`/api/acts/${act.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' })).status, 200);
  const pdf = await anne.call('POST', `/api/acts/${act.id}/documents?kind=prescription`, Buffer.from('%PDF-1.4 ordonnance'), { 'x-teleloire-name': 'ordonnance.pdf' });
  assert.equal((await anne.post(url, { ...closing, prescription: randomUUID() })).body.field, 'prescription');
  const closed = await anne.post(url, { ...closing, prescription: pdf.body.id, send_to_patient: true });
  assert.equal(closed.status, 200, `${closed.raw}`);
  assert.equal(closed.body.state, 'closed');
  assert.equal(closed.body.report.sent_to_patient, true);
  assert.deepEqual(closed.body.may, ['amend']);
  assert.equal((await anne.post(url, closing)).body.type, '/problems/state');
  assert.equal((await anne.delete(`/api/acts/${act.id}/documents/${pdf.body.id}`)).status, 409);
  assert.equal(world.one(`select ins_status from patient where id = '${ids.jeanne}'`), 'validated', 'identity seen');

  // The patient reads it by the safe link, and nothing else.
  const { token, code } = lastLink();
  const reader = api.browser();
  assert.equal((await reader.post('/api/deliveries/open', { token })).body.state, 'code_needed');
  assert.equal((await reader.post('/api/deliveries/code', { token, code: code === '111111' ? '222222' : '111111' })).status, 401);
  const read = await reader.post('/api/deliveries/code', { token, code });
  assert.deepEqual(read.body.delivery.documents.map((d) => d.kind).sort(), ['prescription', 'report']);
  for (const d of read.body.delivery.documents)
    assert.match((await reader.get(`/api/deliveries/documents/${d.id}`)).raw.toString('latin1'), /^%PDF-/);
  const photo = world.one(`insert into document (act_id, kind, name, media_type, size_bytes, sha256) values ('${act.id}', 'photo', 'x.jpg', 'image/jpeg', 1, sha256('x')) returning id`);
  world.keys('seal');
  assert.equal((await reader.get(`/api/deliveries/documents/${photo}`)).status, 404);
  assert.equal((await reader.get('/api/visit')).status, 401, 'a delivery is not a visit');
  world.sql("update delivery set expires_at = now() - interval '1 second'");
  assert.equal((await api.browser().post('/api/deliveries/open', { token })).body.state, 'expired');
  assert.equal((await reader.get(`/api/deliveries/documents/${pdf.body.id}`)).status, 401);
});

test('an amendment is a new version, says why, and the old one stays', async () => {
  const { act } = await toClose();
  await anne.post(`/api/acts/${act.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  assert.equal((await anne.post(`/api/acts/${act.id}/amend`, { ...closing, why: 'trop tôt' })).status, 409);
  await anne.post(`/api/acts/${act.id}/close`, closing);
  assert.equal((await anne.post(`/api/acts/${act.id}/amend`, closing)).body.field, 'why');
  const amended = await anne.post(`/api/acts/${act.id}/amend`, { ...closing, text: 'Corrigé.', why: 'Erreur de côté' });
  assert.equal(amended.body.state, 'amended');
  assert.equal(amended.body.report.text, 'Corrigé.');
  assert.deepEqual(amended.body.versions.map((v) => v.version), [1, 2]);
  assert.equal(world.sealed.column('report.text', `act_id = '${act.id}' and version = 1`)[0], closing.text);
});

test('an act not held keeps its reason', async () => {
  const act = await create();
  const answer = await anne.post(`/api/acts/${act.id}/not-done`, { reason: 'patient_absent', comment: 'Pas venue' });
  assert.deepEqual(answer.body.not_done, { reason: 'patient_absent', comment: 'Pas venue' });
  assert.equal((await anne.post(`/api/acts/${act.id}/join`)).status, 409);
  assert.equal((await anne.post(`/api/acts/${act.id}/close`, closing)).status, 409);
});

test('the database itself refuses a state the machine does not know', () => {
  const id = world.one(`insert into act (professional_id, patient_id, structure_id, starts_at, created_by)
    values ('${ids.anne}', '${ids.jeanne}', '${ids.clisson}', now(), '${ids.anne}') returning id`);
  assert.throws(() => world.sql(`update act set state = 'closed', closed_at = now() where id = '${id}'`), /cannot go from planned to closed/);
});

test('the day and the register show the acts, page by page', async () => {
  const act = await create({ starts_at: at(60_000) });
  const day = await anne.get('/api/day');
  assert.ok(day.body.items.some((a) => a.id === act.id));
  assert.ok(day.body.counts.planned >= 1);
  assert.ok(day.body.to_close.every((a) => a.state === 'to_close'));
  assert.equal((await anne.get('/api/day?date=2026-13-01')).body.field, 'date');
  const seen = [];
  for (let next = ''; next !== null;) {
    const page = await anne.get(`/api/acts?limit=5${next && `&after=${next}`}`);
    assert.ok(page.body.items.length <= 5);
    seen.push(...page.body.items.map((a) => a.id));
    next = page.body.next;
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(String(seen.length), world.one(`select count(*) from act as a where professional_id = '${ids.anne}' or exists (select from act_colleague as c where c.act_id = a.id and c.person_id = '${ids.anne}')`));
  assert.ok((await anne.get('/api/acts?state=closed')).body.items.every((a) => a.state === 'closed'));
  assert.ok((await anne.post('/api/acts/search', { q: 'moreau' })).body.items.length > 0);
  assert.equal((await anne.post('/api/acts/search', { q: 'personne' })).body.items.length, 0);
  assert.equal((await anne.get('/api/acts?state=dead')).body.field, 'state');
  assert.ok((await bruno.get('/api/acts')).body.items.every((a) => a.id !== act.id));
});

test('every read and write of health data left a chained audit row', async () => {
  const before = Number(world.one("select count(*) from audit"));
  const act = await create();
  await anne.get(`/api/acts/${act.id}`);
  await anne.get(`/api/patients/${ids.jeanne}`);
  const rows = world.sql(`select action, actor_id, act_id, patient_id from audit order by at offset ${before}`);
  assert.deepEqual(rows, [
    ['act.create', ids.anne, act.id, ids.jeanne], ['act.read', ids.anne, act.id, ids.jeanne], ['patient.read', ids.anne, '', ids.jeanne]]);
  // A list names each patient it showed.
  const mark = Number(world.one('select count(*) from audit'));
  await anne.post('/api/patients/search', { q: 'moreau' });
  await anne.get('/api/acts?limit=2');
  const listed = world.sql(`select action, act_id, patient_id from audit order by number offset ${mark}`);
  assert.deepEqual(listed.slice(0, 3), [['patient.search', '', ''], ['patient.listed', '', ids.jeanne], ['act.list', '', '']]);
  assert.deepEqual(listed.slice(3).map((r) => r[0]), ['act.listed', 'act.listed']);
  assert.ok(listed.slice(3).every((r) => r[1] && r[2] === ids.jeanne));
  assert.equal(world.one("select audit_first_broken('api-0')"), '');
  const total = Number(world.one('select count(*) from audit'));
  const refused = await anne.post('/api/acts', newAct({ patient: ids.paul }));
  assert.equal(refused.status, 400);
  assert.equal(world.one("select count(*) from audit"), String(total), 'nothing seen, nothing written');
});

test('a changed or missing audit row breaks the chain', () => {
  world.sql('alter table audit disable trigger audit_append_only');
  const probe = (sql) => world.sql(`begin; ${sql}; select 'broken', audit_first_broken('api-0'); rollback`).find((r) => r[0] === 'broken')[1];
  assert.equal(probe("update audit set action = 'act.other' where number = 5 and writer = 'api-0'"), '5');
  assert.equal(probe("delete from audit where number = 7 and writer = 'api-0'"), '8');
  assert.equal(probe("update audit set hash = sha256('x') where number = 9 and writer = 'api-0'"), '9');
  const last = Number(world.one("select number from audit_head where writer = 'api-0'"));
  assert.equal(probe('select 1'), '', 'whole');
  assert.equal(probe(`delete from audit where number > ${last - 5} and writer = 'api-0'`), String(last - 4), 'a cut tail');
  assert.equal(probe("delete from audit where writer = 'api-0'"), '1', 'all of it gone');
  assert.notEqual(probe("delete from audit_head where writer = 'api-0'"), '', 'the head gone');
  world.sql('alter table audit enable trigger audit_append_only');
  assert.throws(() => world.sql("update audit set action = 'a.b'"), /append-only/);
});
