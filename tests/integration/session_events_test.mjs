// What the door tells of a live session, through a real api worker: tickets, seats, events, and the
// journal that keeps them while PostgreSQL is away.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { API_HEALTH, HTTP_REQUEST, SESSION_EVENT, SESSION_LOAD, TICKET_REDEEM, startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, postgres;
const hex32 = () => randomBytes(16).toString('hex');
const sha = (text) => createHash('sha256').update(text).digest('hex');
const invite = { email: 'jeanne@exemple.fr', phone: '+33612345678', language: 'fr' };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/; // times of this form sort as texts
const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
}, { timeout: 120_000 });

after(async () => {
  if (api) await api.stop();
  if (postgres) { postgres.kill('SIGINT'); await once(postgres, 'exit'); }
  await world?.stop();
});

const create = async (more = {}) => {
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '', invite: null, ...more });
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body;
};
const event = (act, type, participant, detail, at = new Date().toISOString()) =>
  ({ event: randomUUID(), act, at, type, participant, detail });
const tell = async (e) => {
  const answer = await api.ask(SESSION_EVENT, e);
  assert.equal(answer.error, null, JSON.stringify(answer.json));
  return answer.json.recorded;
};
const seat = (act, participant, more = {}) => event(act.id ?? act, 'seat_taken', participant,
  { seat: 1, person: ids.anne, name: 'Dr Anne Le Goff', role: 'host', title: 'Médecin généraliste', resume_sha256: sha(participant), room: act.room ?? hex32(), ...more });
const state = (act) => world.one(`select state from act where id = '${act.id}'`);

async function patientTicket(kind = 'join') {
  const act = await create({ invite });
  const texts = world.messages().map((m) => m.text);
  const token = texts.filter((t) => /#/.test(t)).at(-1).match(/#(\S+)/)[1];
  const code = texts.map((t) => t.match(/Téléloire : (\d{6})/)).filter(Boolean).at(-1)[1];
  const browser = api.browser();
  browser.csrf = (await browser.post('/api/invitations/code', { token, code })).body.csrf;
  await browser.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' });
  return { act, browser, ticket: (await browser.post(`/api/visit/${kind}`)).body.ticket };
}

test('a ticket opens one session, once', async () => {
  const act = await create();
  const { ticket } = (await anne.post(`/api/acts/${act.id}/join`)).body;
  const { json } = await api.ask(TICKET_REDEEM, { ticket });
  assert.match(json.room, /^[0-9a-f]{32}$/);
  assert.match(json.browser, /^[0-9a-f-]{36}$/); // which the end of its sign-in names
  delete json.room, delete json.browser;
  assert.deepEqual(json, { kind: 'session', person: ids.anne, act: act.id, participant: null, seat: null, name: 'Dr Anne Le Goff',
    title: 'Médecin généraliste', role: 'host', may: ['admit', 'remove', 'mute', 'end', 'share', 'photo'], admitted: true, language: 'fr' });
  assert.equal((await api.ask(TICKET_REDEEM, { ticket })).error, 'missing');
  assert.equal((await api.ask(TICKET_REDEEM, { ticket: 'unknown' })).error, 'missing');
  assert.equal((await api.ask(TICKET_REDEEM, {})).error, 'format');
  assert.equal((await api.ask(TICKET_REDEEM, { ticket: 'a', resume: 'b' })).error, 'format');
});

test('a session is read with the other acts of its professional that have people in them', async () => {
  const [here, waits, live, left, forgotten, nobody, brunos] = await Promise.all(Array.from({ length: 7 }, () => create()));
  const people = new Map([waits, live, left, forgotten, brunos].map((act) => [act, hex32()]));
  for (const [act, who] of people) await tell(seat(act, who, { person: null, role: 'patient', title: '' }));
  await tell(event(live.id, 'admitted', people.get(live), { by: people.get(live) }));
  await tell(event(left.id, 'left', people.get(left), { reason: 'leave' }));
  world.sql(`update participant set state_at = now() - interval '25 hours' where participant = '${people.get(forgotten)}'`);
  assert.equal((await anne.post(`/api/acts/${brunos.id}/hand-over`, { person: ids.bruno, comment: '' })).status, 200);
  const beside = async (act) => (await api.ask(SESSION_LOAD, { act: act.id })).json.beside;
  const found = await beside(here);
  for (const act of [waits, live]) assert.ok(found.includes(act.id));
  for (const act of [here, left, forgotten, nobody, brunos]) assert.ok(!found.includes(act.id));
  assert.ok(!(await beside(waits)).includes(waits.id), 'not itself');
  assert.deepEqual(await beside(brunos), []);
  for (const [act, who] of people) if (act !== left) await tell(event(act.id, 'left', who, { reason: 'leave' }));
});

test('a notice says whose the act is now and when, apart from what its people are told', async () => {
  const act = await create();
  const starts_at = new Date(Date.now() + 7200_000).toISOString();
  await anne.post(`/api/acts/${act.id}/reschedule`, { starts_at, duration_min: 20 });
  const moved = await api.notice((n) => n.act === act.id && n.kind === 'act.rescheduled');
  assert.deepEqual([moved.professional, moved.starts_at], [ids.anne, starts_at]);
  await anne.post(`/api/acts/${act.id}/hand-over`, { person: ids.bruno, comment: '' });
  const handed = await api.notice((n) => n.act === act.id && n.kind === 'act.handed_over');
  assert.deepEqual([handed.professional, handed.starts_at, handed.detail], [ids.bruno, starts_at, {}]);
});

test('a ticket dies after a minute, and with its act', async () => {
  const act = await create();
  const first = (await anne.post(`/api/acts/${act.id}/join`)).body.ticket;
  world.sql("update ticket set expires_at = now() - interval '1 millisecond' where used_at is null");
  assert.equal((await api.ask(TICKET_REDEEM, { ticket: first })).error, 'missing');
  const second = (await anne.post(`/api/acts/${act.id}/join`)).body.ticket;
  await anne.post(`/api/acts/${act.id}/cancel`, { reason: 'other', comment: '' });
  assert.equal((await api.ask(TICKET_REDEEM, { ticket: second })).error, 'missing');
});

test('watch and test tickets carry no seat', async () => {
  const watch = await api.ask(TICKET_REDEEM, { ticket: (await anne.post('/api/watch')).body.ticket });
  assert.deepEqual([watch.json.kind, watch.json.person, watch.json.act, watch.json.room], ['watch', ids.anne, null, null]);
  const { act, ticket, browser } = await patientTicket('test');
  const probe = await api.ask(TICKET_REDEEM, { ticket });
  assert.deepEqual([probe.json.kind, probe.json.role, probe.json.act, probe.json.admitted], ['test', 'patient', act.id, false]);
  await tell(event(act.id, 'test_result', null, { report: { audio: { verdict: 'good' } } }));
  assert.equal((await browser.get('/api/visit')).body.tested, true);
});

test('a session goes from arrival to end, and the act stands in the register', async () => {
  const { act, ticket } = await patientTicket();
  const redeemed = (await api.ask(TICKET_REDEEM, { ticket })).json;
  assert.deepEqual([redeemed.role, redeemed.admitted, redeemed.name], ['patient', false, 'Jeanne MOREAU']);
  const doctor = hex32(), patient = hex32(), room = redeemed.room;
  await tell(seat(act, patient, { seat: 2, person: redeemed.person, name: redeemed.name, role: 'patient', title: '', room }));
  assert.equal(state(act), 'waiting');
  const day = (await anne.get('/api/day')).body;
  assert.equal(day.now.find((a) => a.id === act.id).waiting_count, 1);
  assert.ok((await api.notice((n) => n.act === act.id && n.kind === 'act.changed')).people.includes(ids.anne));
  await tell(seat(act, doctor, { room }));
  await tell(event(act.id, 'admitted', doctor, { by: doctor }));
  assert.equal(state(act), 'waiting', 'a host alone is not a consultation');
  await tell(event(act.id, 'admitted', patient, { by: doctor }));
  assert.equal(state(act), 'live');
  // A second join finds the seat again; so does the resume token.
  const again = (await anne.post(`/api/acts/${act.id}/join`)).body.ticket;
  const second = (await api.ask(TICKET_REDEEM, { ticket: again })).json;
  assert.deepEqual([second.participant, second.seat], [doctor, 1]);
  const resume = 'the token itself';
  await tell(event(act.id, 'resume_changed', patient, { resume_sha256: sha(resume) }));
  const resumed = (await api.ask(TICKET_REDEEM, { resume })).json;
  assert.deepEqual([resumed.participant, resumed.seat, resumed.admitted, resumed.room], [patient, 2, true, room]);
  assert.equal((await api.ask(TICKET_REDEEM, { resume: patient })).error, 'missing', 'the token before is dead');
  const loaded = (await api.ask(SESSION_LOAD, { act: act.id })).json;
  assert.equal(loaded.state, 'live');
  assert.equal(loaded.room, room);
  assert.deepEqual(loaded.people, [ids.anne]);
  assert.deepEqual([loaded.professional, loaded.starts_at], [ids.anne, act.starts_at]);
  for (const { joined_at } of loaded.participants) assert.match(joined_at, TIME);
  assert.deepEqual(loaded.participants.map((p) => [p.participant, p.seat, p.state]).sort(), [[doctor, 1, 'in'], [patient, 2, 'in']].sort());
  assert.equal(loaded.participants.find((p) => p.participant === patient).resume_sha256, sha(resume));
  assert.equal((await api.ask(SESSION_LOAD, { act: randomUUID() })).error, 'missing');
  // Closing while it is live is refused.
  const early = await anne.post(`/api/acts/${act.id}/close`, { text: 'x', conclusion: '', incidents_confirmed: true, identity_checked: true, send_to_patient: false, prescription: null, incident_comment: null });
  assert.equal(early.status, 409);
  await tell(event(act.id, 'identity_checked', doctor, { by: doctor, participant: patient }));
  const start = new Date(Date.now() - 20_000), end = new Date(start.getTime() + 12_000);
  await tell(event(act.id, 'incident', patient, { kind: 'interruption', started_at: start.toISOString(), ended_at: end.toISOString(), measure: null, unit: '' }));
  await tell(event(act.id, 'incident', null, { kind: 'loss', started_at: start.toISOString(), ended_at: null, measure: 31, unit: 'percent' }));
  await tell(event(act.id, 'incident', patient, { kind: 'fallback', started_at: start.toISOString(), ended_at: start.toISOString(), measure: null, unit: 'tcp' }));
  await tell(event(act.id, 'incident', null, { kind: 'more', started_at: start.toISOString(), ended_at: end.toISOString(), measure: 37, unit: 'incidents' }));
  assert.equal((await api.ask(SESSION_LOAD, { act: act.id })).json.incidents, 4, 'a door that reads it back knows how many it holds');
  await tell(event(act.id, 'ended', doctor, { by: doctor }));
  await tell(event(act.id, 'left', patient, { reason: 'closed' }));
  assert.equal(state(act), 'to_close');
  const full = (await anne.get(`/api/acts/${act.id}`)).body;
  assert.deepEqual(full.incidents.map((i) => i.sentence).sort(), ['Autres incidents techniques, non détaillés : 37', 'Interruption de 12 s du son et de l\'image pour Jeanne MOREAU', 'Liaison dégradée (31 % perdus)', 'Réseau restrictif : liaison de secours utilisée (TCP) pour Jeanne MOREAU']);
  assert.equal(full.participants.find((p) => p.participant === patient).identity_checked, true);
  assert.ok(full.participants.every((p) => p.left_at));
  assert.ok(full.events.some((e) => e.label === 'Entrée de Jeanne MOREAU'), JSON.stringify(full.events.map((e) => e.label)));
  assert.ok(!JSON.stringify(full).includes('resume_sha256'));
  assert.ok(full.may.includes('close'));
  const english = (await anne.get(`/api/acts/${act.id}`, { 'accept-language': 'en' })).body;
  assert.ok(english.incidents.some((i) => i.sentence === 'Interruption of 12 s of sound and picture for Jeanne MOREAU'));
  assert.equal((await api.ask(TICKET_REDEEM, { resume })).error, 'missing', 'the act has ended');
});

test('an identity check taken back is on record, undone, and seen on the page of the act', async () => {
  const act = await create();
  const doctor = hex32(), patient = hex32(), room = hex32();
  await tell(seat(act, doctor, { room }));
  await tell(seat(act, patient, { seat: 2, person: null, name: 'Jeanne', role: 'patient', title: '', room }));
  const identity = (type) => event(act.id, type, patient, { by: doctor, participant: patient });
  const page = async (language = 'fr') => (await anne.get(`/api/acts/${act.id}`, { 'accept-language': language })).body;
  const checked = async () => [(await page()).participants, (await api.ask(SESSION_LOAD, { act: act.id })).json.participants]
    .map((people) => people.find((p) => p.participant === patient).identity_checked);
  await tell(identity('identity_checked'));
  assert.deepEqual(await checked(), [true, true]);
  const taken = identity('identity_unchecked');
  await tell(taken);
  await tell(taken); // the same event again is one
  assert.deepEqual(await checked(), [false, false]);
  assert.deepEqual((await page()).events.filter((e) => /identité/i.test(e.label)).map((e) => e.label).sort(),
    ['Identité vérifiée : Jeanne', "Vérification de l'identité retirée : Jeanne"].sort());
  assert.ok((await page('en')).events.some((e) => e.label === 'Identity check withdrawn: Jeanne'));
  // An older one that comes late never undoes a newer check.
  const late = identity('identity_unchecked');
  await tell(identity('identity_checked'));
  await tell(late);
  assert.deepEqual(await checked(), [true, true]);
  const wrong = await api.ask(SESSION_EVENT, { ...identity('identity_unchecked'), detail: { by: doctor } });
  assert.equal(wrong.error, 'format');
});

test('a session everybody left without ending it is closed by its professional', async () => {
  const act = await create();
  const doctor = hex32(), patient = hex32();
  const room = hex32();
  await tell(seat(act, doctor, { room }));
  await tell(seat(act, patient, { seat: 2, person: null, name: 'Jeanne', role: 'patient', title: '', room }));
  await tell(event(act.id, 'admitted', patient, { by: doctor }));
  await anne.post(`/api/acts/${act.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  const closing = { text: 'x', conclusion: '', incidents_confirmed: true, identity_checked: true, send_to_patient: false, prescription: null, incident_comment: null };
  assert.equal((await anne.post(`/api/acts/${act.id}/close`, closing)).status, 409);
  await tell(event(act.id, 'left', patient, { reason: 'timeout' }));
  await tell(event(act.id, 'left', doctor, { reason: 'timeout' }));
  const may = (await anne.get(`/api/acts/${act.id}`)).body.may;
  assert.ok(may.includes('close') && may.includes('join'), may.join());
  assert.equal((await anne.post(`/api/acts/${act.id}/close`, closing)).body.state, 'closed');
  assert.ok(await api.notice((n) => n.act === act.id && n.kind === 'act.ended'));
});

test('the same event twice is one row and one effect', async () => {
  const act = await create();
  const who = hex32();
  const arrival = seat(act, who);
  await tell(arrival);
  await tell(arrival);
  const gone = event(act.id, 'left', who, { reason: 'leave' });
  await tell(gone);
  await tell(arrival);
  assert.equal(world.one(`select count(*) from act_event where act_id = '${act.id}' and type <> 'created'`), '2');
  assert.equal(world.one(`select state from participant where participant = '${who}'`), 'left');
});

test('an older event that comes late does not undo a newer one', async () => {
  const act = await create();
  const who = hex32();
  const when = (s) => new Date(Date.now() + s * 1000).toISOString();
  await tell({ ...seat(act, who), at: when(0) });
  await tell(event(act.id, 'left', who, { reason: 'leave' }, when(10)));
  await tell(event(act.id, 'admitted', who, { by: who }, when(5)));
  assert.equal(world.one(`select state from participant where participant = '${who}'`), 'left');
});

test('a malformed event is refused with the field, and a message without sense is answered', async () => {
  const act = await create();
  const right = seat(act, hex32());
  for (const [field, wrong] of Object.entries({
    event: { event: 'x' }, act: { act: '1' }, at: { at: 'yesterday' }, type: { type: 'photo' }, participant: { participant: 'Z'.repeat(32) },
    colour: { colour: 'red' }, seat: { detail: { ...right.detail, seat: 9 } }, role: { detail: { ...right.detail, role: 'king' } },
    resume_sha256: { detail: { ...right.detail, resume_sha256: 'z'.repeat(64) } } })) {
    const answer = await api.ask(SESSION_EVENT, { ...right, ...wrong });
    assert.equal(answer.error, 'format', field);
    assert.equal(answer.json.detail, field);
  }
  assert.equal((await api.ask(SESSION_EVENT, { ...right, act: randomUUID() })).error, 'state', 'no such act');
  assert.equal((await api.ask(SESSION_EVENT, event(act.id, 'left', hex32(), { reason: '\ue000' }))).error, 'range', 'the sign that marks sealed texts: refused for good, not kept for later');
  assert.equal((await api.ask(API_HEALTH, {})).json.journal_events, 0);
  assert.equal((await api.ask(0x0777, {})).error, 'unsupported');
  assert.equal((await api.ask(HTTP_REQUEST, { method: 'GET' })).error, 'format');
  assert.equal((await api.ask(API_HEALTH, {})).json.database, true);
});

// ---- PostgreSQL away ----

test('a connection the server closed while idle is replaced, and no page notices', async () => {
  for (let i = 0; i < 3; i++) {
    const backend = Number(world.one("select pid from pg_stat_activity where usename = 'teleloire_api'"));
    process.kill(backend, 'SIGTERM');
    while (existsSync(`/proc/${backend}/fd/0`)) await later(10);
    assert.equal((await anne.get('/api/me')).status, 200);
  }
});

const postgresPids = () => {
  const master = world.postmaster();
  const children = readdirSync('/proc').filter((d) => /^\d+$/.test(d)).filter((d) => {
    try { return readFileSync(`/proc/${d}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(master); } catch { return false; }
  }).map(Number);
  return [master, ...children];
};

// Tells an event each half second for as long as PostgreSQL is away; gives all of them.
async function tellFor(act, who, seconds) {
  const told = [], where = [];
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await later(500)) {
    const e = event(act.id, 'incident', who, { kind: 'freeze', started_at: new Date().toISOString(), ended_at: null, measure: null, unit: '' });
    where.push(await tell(e));
    told.push(e.event);
  }
  return { told, where };
}

async function caughtUp() {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await later(100)) {
    const { json } = await api.ask(API_HEALTH, {});
    if (json.database && json.journal_events === 0) return;
  }
  throw new Error(`the journal was not replayed; log:\n${api.log()}`);
}

const eachOnce = (told) => {
  const rows = world.sql(`select id from act_event where id in (${told.map((t) => `'${t}'`)}) order by at`);
  assert.deepEqual(rows.flat(), told);
};

test('PostgreSQL frozen for some seconds: events go to the journal, pages hear 503, nothing is lost', { timeout: 60_000 }, async () => {
  const act = await create();
  const who = hex32();
  await tell(seat(act, who));
  const pids = postgresPids();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    const { told, where } = await tellFor(act, who, 6);
    assert.ok(where.length >= 2 && where.every((w) => w === 'journal'), where.join());
    const away = await anne.get('/api/me');
    assert.equal(away.status, 503);
    assert.equal(away.body.type, '/problems/away');
    assert.ok(Number(away.headers['retry-after']) > 0);
    assert.equal((await api.ask(TICKET_REDEEM, { ticket: 'x' })).error, 'away');
    const health = (await api.ask(API_HEALTH, {})).json;
    assert.deepEqual([health.database, health.journal_events], [false, told.length]);
    for (const pid of pids.reverse()) process.kill(pid, 'SIGCONT');
    pids.length = 0;
    await caughtUp();
    eachOnce(told);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  assert.equal((await anne.get('/api/me')).status, 200);
});

function startPostgresAgain() {
  const data = world.folder('postgres/data');
  const method = readFileSync(world.folder('postgres/method'), 'utf8').trim();
  const as = method === 'namespace' ? ['unshare', '--user', '--map-user=1000', '--map-group=1000']
    : method === 'user' ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : ['env'];
  return spawn(as[0], [...as.slice(1), '/usr/lib/postgresql/15/bin/postgres', '-D', data], { stdio: 'ignore' });
}

test('PostgreSQL stopped for 20 s during a session, a worker killed meanwhile: afterwards every event is there once', { timeout: 120_000 }, async () => {
  const act = await create();
  const who = hex32();
  await tell(seat(act, who));
  const master = world.postmaster();
  process.kill(master, 'SIGINT');
  while (existsSync(`/proc/${master}`) && existsSync(world.folder('postgres/data/postmaster.pid'))) await later(50);
  const first = await tellFor(act, who, 10);
  const key = randomUUID();
  const created = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'envoyé deux fois', invite: null }, { 'idempotency-key': key });
  assert.equal(created.status, 503, 'new acts are refused, and sent again');
  api.signal(9);
  await api.heard((e) => e.event === 'exit');
  const journal = world.folder('records/journal/api-0.journal');
  assert.ok(statSync(journal).size > 8);
  assert.ok(!readFileSync(journal).includes(act.id), 'sealed');
  const cookies = anne.cookies, { csrf } = anne;
  await api.end();
  api = await startApi(world.config);
  anne = api.browser();
  Object.assign(anne, { cookies, csrf });
  const second = await tellFor(act, who, 10);
  const told = [...first.told, ...second.told];
  assert.ok([...first.where, ...second.where].every((w) => w === 'journal'));
  assert.equal((await api.ask(API_HEALTH, {})).json.journal_events, told.length);
  postgres = startPostgresAgain();
  await caughtUp();
  eachOnce(told);
  assert.equal(statSync(journal).size, 8, 'the journal is empty again');
  const sent = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'envoyé deux fois', invite: null }, { 'idempotency-key': key });
  assert.equal(sent.status, 201);
  assert.equal(world.sealed.column('act.reason').filter((reason) => reason === 'envoyé deux fois').length, 1);
  assert.equal(world.one("select audit_first_broken('api-0')"), '');
});

test('a worker ends when its supervisor says stop', async () => {
  const other = await startApi(world.config, 7);
  const exit = await other.stop();
  assert.deepEqual([exit.status, exit.signal], [0, 0]);
});
