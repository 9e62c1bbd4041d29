// No row of the audit, no change and no data: a real database is made to refuse the row, at once or
// at the commit, for every call that reads or changes health data and for what a live session tells.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { API_HEALTH, SESSION_EVENT, SESSION_LOAD, TICKET_REDEEM, startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { factorCalls, factorUnaudited } from '../support/factor_rows.mjs';
import { allowEverything, auditedCalls, unauditedCalls } from '../support/people_rows.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const later = (ms) => new Promise((done) => { setTimeout(done, ms); });
const invite = { email: 'jeanne@exemple.fr', phone: '+33612345678', language: 'fr' };
const closing = { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: true };
const traits = { birth_name: 'MARTIN', used_name: null, first_names: 'Luc', birth_date: '1979-03-04', sex: 'M', birth_place_code: '51215', ins: null, ins_oid: null, phone: null, email: null };

const exact = { birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109' };

before(async () => {
  world = await startWorld();
  allowEverything(world);
  world.sql("create function refuse_audit() returns trigger language plpgsql as $$ begin raise exception 'no audit'; end $$");
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

// ---- a database that takes no row of the audit ----

const REFUSED = {
  'at once': 'create trigger refuse_audit before insert on audit for each row',
  'at the commit': 'create constraint trigger refuse_audit after insert on audit deferrable initially deferred for each row',
};
async function unaudited(when, what, only = 'true') {
  world.sql(`${REFUSED[when]} when (${only}) execute function refuse_audit()`);
  try { return await what(); } finally { world.sql('drop trigger refuse_audit on audit'); }
}
// What every table holds, as one line each.
const everything = () => world.sql(`
  select c.relname, (xpath('/row/sum/text()', query_to_xml(format(
    'select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '''')) as sum from %I as t', c.relname), false, true, '')))[1]
  from pg_class as c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'audit_scan' order by 1`); // how far the minute's look for alerts has come
const newestAction = () => world.one("select action from audit where writer = 'api-0' order by number desc limit 1");

function isBareRefusal(answer, what) {
  assert.equal(answer.status, 500, `${what}: ${answer.status} ${answer.raw}`);
  assert.deepEqual([answer.headers['content-type'], answer.body.type, answer.body.status], ['application/problem+json', '/problems/internal', 500], what);
  assert.deepEqual(Object.keys(answer.body).sort(), ['detail', 'status', 'title', 'type'], `${what}: nothing beside the reason`);
  for (const name of ['set-cookie', 'content-disposition']) assert.equal(answer.headers[name], undefined, `${what}: ${name}`);
}

// ---- every call, ready to be made ----

async function act(more = {}) {
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: at(7200_000), duration_min: 20, reason: 'Toux', invite: null, ...more });
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body.id;
}
const begun = async () => {
  const id = await act();
  world.sql(`update act set starts_at = now() - interval '1 hour' where id = '${id}'`);
  return id;
};
async function held(more) {
  const id = await act(more);
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${id}'`);
  assert.equal((await anne.post(`/api/acts/${id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' })).status, 200);
  return id;
}
async function closed(more) {
  const id = await held(more);
  assert.equal((await anne.post(`/api/acts/${id}/close`, closing)).status, 200);
  return id;
}
const pdf = Buffer.from('%PDF-1.4 Jeanne MOREAU');
async function document() {
  const id = await act();
  return [id, (await anne.call('POST', `/api/acts/${id}/documents?kind=other`, pdf)).body.id];
}
function newestLink() {
  const texts = world.messages().map((m) => m.text);
  return { token: texts.filter((t) => /#/.test(t)).at(-1).match(/#(\S+)/)[1],
    code: texts.map((t) => t.match(/(?:code est|Téléloire :) (\d{6})/)).filter(Boolean).at(-1)[1] };
}
async function link() {
  await act({ starts_at: null, invite });
  return newestLink();
}
async function delivery() {
  const id = await closed({ starts_at: null, invite });
  return { id, ...newestLink() };
}
const reportOf = (id) => world.one(`select id from document where act_id = '${id}' and kind = 'report'`);
async function enter({ token, code }, kind = 'invitations') {
  const browser = api.browser();
  const answer = await browser.post(`/api/${kind}/code`, { token, code });
  assert.equal(answer.status, 200, `${answer.raw}`);
  browser.csrf = answer.body.csrf;
  return browser;
}
const visitor = async () => enter(await link());
const byAnne = (method, path, body) => () => anne.call(method, path, body, method === 'POST' ? { 'idempotency-key': randomUUID() } : {});

const caring = () => world.sql(`insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${ids.anne}', '${ids.anne}') on conflict do nothing`);

// Call of docs/api.md: makes ready, and gives what makes the call.
const calls = {
  'POST /api/patients/search': () => byAnne('POST', '/api/patients/search', { q: 'moreau' }),
  'POST /api/patients': () => byAnne('POST', '/api/patients', traits),
  'GET /api/patients/{}': () => byAnne('GET', `/api/patients/${ids.jeanne}`),
  'PATCH /api/patients/{}': () => byAnne('PATCH', `/api/patients/${ids.jeanne}`, { used_name: 'Lebrun' }),
  'GET /api/alerts': () => {
    world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.anne}', '${ids.clisson}', 'manager') on conflict do nothing`);
    return byAnne('GET', '/api/alerts');
  },
  'POST /api/alerts/{}/seen': () => {
    world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.anne}', '${ids.clisson}', 'manager') on conflict do nothing`);
    const id = world.one(`insert into audit_alert (rule, person_id, day, at, patients) values ('many_patients', '${ids.bruno}', date '2020-01-01' + (random() * 2000)::integer, now(), 9) returning id`);
    return byAnne('POST', `/api/alerts/${id}/seen`, { comment: 'Vu avec lui' });
  },
  'GET /api/patients/{}/accesses': () => {
    caring();
    return byAnne('GET', `/api/patients/${ids.jeanne}/accesses`);
  },
  'GET /api/patients/{}/rights': () => byAnne('GET', `/api/patients/${ids.jeanne}/rights`),
  'GET /api/patients/{}/export': () => {
    caring();
    return byAnne('GET', `/api/patients/${ids.jeanne}/export`);
  },
  'POST /api/patients/{}/corrections': () => byAnne('POST', `/api/patients/${ids.jeanne}/corrections`, { ...exact, ins: null, ins_oid: null, reason: 'Erreur de saisie' }),
  'POST /api/patients/{}/restriction': () => {
    caring();
    return byAnne('POST', `/api/patients/${ids.jeanne}/restriction`, { reason: 'À sa demande' });
  },
  'POST /api/patients/{}/restriction/end': () => {
    caring();
    return byAnne('POST', `/api/patients/${ids.jeanne}/restriction/end`, {});
  },
  'POST /api/patients/find': () => byAnne('POST', '/api/patients/find', exact),
  'POST /api/patients/{}/emergency': () => byAnne('POST', `/api/patients/${ids.jeanne}/emergency`, { ...exact, reason: 'Inconsciente aux urgences' }),
  'GET /api/emergency-accesses': () => {
    world.sql(`insert into membership (person_id, structure_id, role) values ('${ids.anne}', '${ids.clisson}', 'manager') on conflict do nothing`);
    return byAnne('GET', '/api/emergency-accesses');
  },
  'GET /api/day': () => byAnne('GET', '/api/day'),
  'GET /api/acts': () => byAnne('GET', '/api/acts'),
  'POST /api/acts/search': () => byAnne('POST', '/api/acts/search', { q: 'moreau' }),
  'POST /api/acts': () => byAnne('POST', '/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite }),
  'GET /api/acts/{}': async () => byAnne('GET', `/api/acts/${await act()}`),
  'POST /api/acts/{}/cancel': async () => byAnne('POST', `/api/acts/${await act({ invite })}/cancel`, { reason: 'other', comment: '' }),
  'POST /api/acts/{}/reschedule': async () => byAnne('POST', `/api/acts/${await act({ invite })}/reschedule`, { starts_at: at(9000_000), duration_min: 20 }),
  'POST /api/acts/{}/remind': async () => byAnne('POST', `/api/acts/${await act({ invite })}/remind`, {}),
  'POST /api/acts/{}/renew-link': async () => byAnne('POST', `/api/acts/${await act({ invite })}/renew-link`, { email: null, phone: null }),
  'POST /api/acts/{}/hand-over': async () => byAnne('POST', `/api/acts/${await act({ invite })}/hand-over`, { person: ids.bruno, comment: '' }),
  'POST /api/acts/{}/invite': async () => byAnne('POST', `/api/acts/${await act()}/invite`, { person: ids.chloe, comment: '' }),
  'POST /api/acts/{}/join': async () => byAnne('POST', `/api/acts/${await act()}/join`, {}),
  'POST /api/acts/{}/consent': async () => byAnne('POST', `/api/acts/${await act()}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' }),
  'POST /api/acts/{}/documents': async () => byAnne('POST', `/api/acts/${await act()}/documents?kind=other`, pdf),
  'GET /api/acts/{}/documents/{}': async () => { const [id, file] = await document(); return byAnne('GET', `/api/acts/${id}/documents/${file}`); },
  'DELETE /api/acts/{}/documents/{}': async () => { const [id, file] = await document(); return byAnne('DELETE', `/api/acts/${id}/documents/${file}`); },
  'POST /api/acts/{}/close': async () => byAnne('POST', `/api/acts/${await held({ invite })}/close`, closing),
  'POST /api/acts/{}/not-done': async () => byAnne('POST', `/api/acts/${await begun()}/not-done`, { reason: 'other', comment: '' }),
  'POST /api/acts/{}/amend': async () => byAnne('POST', `/api/acts/${await closed({ invite })}/amend`, { ...closing, why: 'faute' }),
  'POST /api/invitations/open': async () => { const { token } = await link(); return () => api.browser().post('/api/invitations/open', { token }); },
  'POST /api/invitations/code': async () => { const both = await link(); return () => api.browser().post('/api/invitations/code', both); },
  'POST /api/invitations/new-code': async () => { const { token } = await link(); return () => api.browser().post('/api/invitations/new-code', { token }); },
  'GET /api/visit': async () => { const who = await visitor(); return () => who.get('/api/visit'); },
  'POST /api/visit/consent': async () => { const who = await visitor(); return () => who.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' }); },
  'POST /api/visit/test': async () => { const who = await visitor(); return () => who.post('/api/visit/test'); },
  'POST /api/visit/join': async () => {
    const who = await visitor();
    assert.equal((await who.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' })).status, 200);
    return () => who.post('/api/visit/join');
  },
  'POST /api/visit/leave': async () => { const who = await visitor(); return () => who.post('/api/visit/leave'); },
  'GET /api/visit/documents/{}': async () => {
    const id = await act({ starts_at: null, invite });
    const who = await enter(newestLink());
    for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${id}'`);
    await anne.post(`/api/acts/${id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
    assert.equal((await anne.post(`/api/acts/${id}/close`, closing)).status, 200);
    const file = reportOf(id);
    return () => who.get(`/api/visit/documents/${file}`);
  },
  'POST /api/deliveries/open': async () => { const { token } = await delivery(); return () => api.browser().post('/api/deliveries/open', { token }); },
  'POST /api/deliveries/code': async () => { const { token, code } = await delivery(); return () => api.browser().post('/api/deliveries/code', { token, code }); },
  'POST /api/deliveries/new-code': async () => { const { token } = await delivery(); return () => api.browser().post('/api/deliveries/new-code', { token }); },
  'GET /api/deliveries/documents/{}': async () => {
    const given = await delivery(), who = await enter(given, 'deliveries'), file = reportOf(given.id);
    return () => who.get(`/api/deliveries/documents/${file}`);
  },
  ...auditedCalls(() => world, () => api, byAnne),
  ...factorCalls(() => world, () => api),
};
// These reach nobody's health: who signs in, what is public, a way to hear of notices, a line measured by nobody.
const without = ['GET /api/about', 'POST /api/sign-in', 'GET /api/me', 'PATCH /api/me', 'POST /api/me/password',
  'GET /api/me/sessions', ...factorUnaudited,
  'GET /api/psc/begin', 'GET /api/psc/callback', 'POST /api/psc/logout', // their own words in the audit: psc_attacks_test
  'GET /api/directory', 'GET /api/structures', 'POST /api/watch', 'POST /api/probes', ...unauditedCalls];

test('without its audit row no call changes anything, or gives what it read: 500, and all as before', { timeout: 480_000 }, async (t) => {
  for (const [name, ready] of Object.entries(calls))
    await t.test(name, async () => {
      const call = await ready();
      const told = async () => { await api.ask(API_HEALTH, {}); return api.notices.length; }; // a notice follows its answer
      const before_ = everything(), notices = await told();
      for (const when of Object.keys(REFUSED)) {
        isBareRefusal(await unaudited(when, call), when);
        assert.deepEqual(everything(), before_, `${when}: something was kept`);
        assert.equal(await told(), notices, `${when}: somebody was told`);
      }
      const count = Number(world.one('select count(*) from audit'));
      const well = await call();
      assert.ok(well.status < 300, `${well.status} ${well.raw}`);
      assert.ok(Number(world.one('select count(*) from audit')) > count, 'with its row it is done');
    });
});

test('every call that reaches health data has its case here', () => {
  const all = execFileSync(join(build, 'bin/teleloire-api'), ['--routes'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t').slice(0, 2).join(' '));
  assert.deepEqual([...Object.keys(calls), ...without].sort(), all.sort());
});

test('a list without the row of each patient or act it shows gives nothing', async () => {
  await act();
  for (const [name, action] of [['POST /api/patients/search', 'patient.listed'], ['GET /api/acts', 'act.listed'], ['POST /api/acts/search', 'act.listed']]) {
    const call = await calls[name](), before_ = everything();
    isBareRefusal(await unaudited('at once', call, `new.action = '${action}'`), name);
    assert.deepEqual(everything(), before_, `${name}: the row of the list itself went too`);
  }
});

test('an answer given again under its key is not given without its own row', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const body = { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite: null };
  const again = () => anne.post('/api/acts', body, key);
  isBareRefusal(await unaudited('at once', again), 'the first time');
  const made = await again();
  assert.equal(made.status, 201, `${made.raw}`);
  for (const when of Object.keys(REFUSED)) isBareRefusal(await unaudited(when, again), when);
  assert.deepEqual((await again()).body, made.body);
  assert.equal(world.one(`select count(*) from act where id = '${made.body.id}'`), '1');
});

test('a code tried while nothing can be audited is neither right nor wrong', async () => {
  const { token, code } = await link();
  const wrong = code === '000000' ? '000001' : '000000';
  const before_ = everything();
  for (const guess of [code, wrong]) isBareRefusal(await unaudited('at once', () => api.browser().post('/api/invitations/code', { token, code: guess })), guess);
  assert.deepEqual(everything(), before_);
});

test('without its audit row no ticket opens, no session is read, and an event waits until it can be whole', { timeout: 60_000 }, async () => {
  const id = await act({ starts_at: null });
  const { ticket } = (await anne.post(`/api/acts/${id}/join`)).body;
  const who = randomBytes(16).toString('hex');
  const seat = { event: randomUUID(), act: id, at: at(0), type: 'seat_taken', participant: who,
    detail: { seat: 1, person: ids.anne, name: 'Dr Anne Le Goff', role: 'host', title: '', resume_sha256: createHash('sha256').update(who).digest('hex'), room: randomBytes(16).toString('hex') } };
  const before_ = everything();
  for (const when of Object.keys(REFUSED))
    await unaudited(when, async () => {
      const redeemed = await api.ask(TICKET_REDEEM, { ticket });
      assert.deepEqual([redeemed.error, Object.keys(redeemed.json).sort()], ['io', ['detail', 'error']], when);
      const loaded = await api.ask(SESSION_LOAD, { act: id });
      assert.deepEqual([loaded.error, Object.keys(loaded.json).sort()], ['io', ['detail', 'error']], when);
    });
  assert.deepEqual(everything(), before_);
  await unaudited('at once', async () => {
    assert.deepEqual((await api.ask(SESSION_EVENT, seat)).json, { recorded: 'journal' });
    assert.deepEqual(everything(), before_, 'neither the event nor the seat');
  });
  for (const deadline = Date.now() + 20_000; world.one(`select count(*) from act_event where id = '${seat.event}'`) !== '1'; await later(100))
    assert.ok(Date.now() < deadline, `never recorded; log:\n${api.log()}`);
  assert.equal(newestAction(), 'session.event');
  assert.equal(world.one(`select count(*) from participant where participant = '${who}'`), '1');
  assert.equal((await api.ask(TICKET_REDEEM, { ticket })).error, null, 'the ticket is still good');
});

test('the chain of the audit has no hole where rows were refused', () => {
  assert.equal(world.one("select audit_first_broken('api-0')"), '');
});
