// What people can grow, at the edge of its limit: the last one passes, the next is refused by name,
// and of two asked at once of two workers one is refused.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { allowEverything, limitCases } from '../support/people_rows.mjs';
import { PASSWORD, ids, signIn, startWorld, identitySql } from '../support/records_world.mjs';

let world, api, other, anne, bruno;
const HOUR = 3600_000;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const invite = { email: 'jeanne@exemple.fr', phone: '+33612345678', language: 'fr' };
const closing = { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: false };
const table = execFileSync(join(build, 'bin/teleloire-api'), ['--limits'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t'));

before(async () => {
  world = await startWorld();
  allowEverything(world);
  api = await startApi(world.config, 0);
  other = await startApi(world.config, 1);
  anne = await signIn(api, 'anne@exemple.fr');
  bruno = await signIn(api, 'bruno@exemple.fr');
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await other?.stop();
  await world?.stop();
});

// The same browser before the other worker.
const there = (browser) => Object.assign(other.browser(), { cookies: browser.cookies, csrf: browser.csrf });
async function create(more = {}) {
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: at(2 * HOUR), duration_min: 20, reason: '', invite: null, ...more });
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body;
}
async function visitor() {
  await create({ starts_at: null, invite });
  const texts = world.messages().map((m) => m.text);
  const token = texts.filter((t) => /#/.test(t)).at(-1).match(/#(\S+)/)[1];
  const code = texts.map((t) => t.match(/Téléloire : (\d{6})/)).filter(Boolean).at(-1)[1];
  const browser = api.browser();
  const answer = await browser.post('/api/invitations/code', { token, code });
  assert.equal(answer.status, 200, `${answer.raw}`);
  browser.csrf = answer.body.csrf;
  return { browser, id: world.one(`select id from invitation where token_sha256 = sha256('${token}')`), act: answer.body.visit.act };
}
const events = (act, type, count) => world.sql(`insert into act_event (id, act_id, type, at) select gen_random_uuid(), '${act}', '${type}', now() from generate_series(1, ${count})`);
const loaded = (sql) => { world.sql(sql); world.keys('seal'); };
const documents = (act, count, bytes) => loaded(`insert into document (act_id, kind, name, media_type, size_bytes, sha256)
  select '${act}', 'other', 'x.pdf', 'application/pdf', ${bytes}, sha256('x') from generate_series(1, ${count})`);
const upload = (act, bytes) => (browser) => browser.call('POST', `/api/acts/${act}/documents?kind=other`, Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(bytes - 9)]));
let serial = 0;

// name: fills the count up to one below the limit; gives the call that adds one, and who makes it.
const cases = {
  async act_consents(count) {
    const { browser, act, id } = await visitor();
    world.sql(`insert into consent (act_id, given, by, how, text_version, text_language, invitation_id)
      select '${act}', true, 'patient', 'page', '1', 'fr', '${id}' from generate_series(1, ${count})`);
    return [browser, (b) => b.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' })];
  },
  async act_reminders(count) {
    const act = await create();
    events(act.id, 'reminded', count);
    return [anne, (b) => b.post(`/api/acts/${act.id}/remind`)];
  },
  async act_links(count) {
    const act = await create({ invite });
    events(act.id, 'link_renewed', count);
    return [anne, (b) => b.post(`/api/acts/${act.id}/renew-link`, { email: null, phone: null })];
  },
  async act_moves(count) {
    const act = await create();
    events(act.id, 'rescheduled', count);
    return [anne, (b) => b.post(`/api/acts/${act.id}/reschedule`, { starts_at: at(3 * HOUR), duration_min: 20 })];
  },
  async act_amendments(count) {
    const act = await create();
    for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${act.id}'`);
    assert.equal((await anne.post(`/api/acts/${act.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' })).status, 200);
    assert.equal((await anne.post(`/api/acts/${act.id}/close`, closing)).status, 200);
    loaded(`insert into report (act_id, version, text, incidents_confirmed, identity_checked, send_to_patient, why, closed_by)
      select '${act.id}', n, 'x', true, true, false, 'x', '${ids.anne}' from generate_series(2, ${count + 1}) as n`);
    return [anne, (b) => b.post(`/api/acts/${act.id}/amend`, { ...closing, why: 'faute' })];
  },
  async act_guests(count) {
    const act = await create();
    loaded(`insert into invitation (act_id, role, identity, has_email, has_phone, token_sha256, code_hash)
      select '${act.id}', 'helper', '{"name":"X","email":"x@exemple.fr"}', true, false, sha256(('${act.id}' || n)::bytea), sha256('x') from generate_series(1, ${count}) as n`);
    return [anne, (b) => b.post(`/api/acts/${act.id}/invite`, { name: 'Luc', role: 'helper', email: 'luc@exemple.fr', phone: null })];
  },
  async act_colleagues(count) {
    const act = await create();
    events(act.id, 'colleague_invited', count);
    return [anne, (b) => b.post(`/api/acts/${act.id}/invite`, { person: ids.bruno, comment: '' })];
  },
  async act_documents(count) {
    const act = await create();
    documents(act.id, count - 1, 10);
    world.sql(`update document set deleted_at = now() where act_id = '${act.id}'`);
    documents(act.id, 1, 10);
    return [anne, upload(act.id, 100)];
  },
  async act_document_bytes(count) {
    const act = await create();
    const whole = 20 * 1024 * 1024, last = 999;
    documents(act.id, Math.floor((count + 1) / whole) - 1, whole);
    documents(act.id, 1, whole - last - 1);
    return [anne, upload(act.id, last + 1)];
  },
  async professional_day(count) {
    world.sql(`insert into act (professional_id, patient_id, structure_id, starts_at, created_by)
      select '${ids.bruno}', '${ids.jeanne}', '${ids.clisson}', '2027-03-02T22:59:00Z', '${ids.bruno}' from generate_series(1, ${count})`);
    return [bruno, (b) => b.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: '2027-03-01T23:00:00Z', duration_min: 20, reason: '', invite: null })];
  },
  async account_patients(count) {
    loaded(`insert into patient (identity, created_by)
      select ${identitySql({ first_names: "'N' || n" })}, '${ids.bruno}' from generate_series(1, ${count}) as n`);
    return [bruno, (b) => b.post('/api/patients', { birth_name: `DEUX${'ABCDEF'[serial++]}`, used_name: null, first_names: 'Luc', birth_date: '1979-03-04', sex: 'M',
      birth_place_code: '51215', ins: null, ins_oid: null, phone: null, email: null })];
  },
  async account_sessions(count) {
    world.sql(`insert into web_session (token_sha256, account_id, proof)
      select sha256(('s' || n)::bytea), (select id from account where login = 'ars@exemple.fr'), 'none' from generate_series(1, ${count}) as n`);
    return [api.browser(), (b) => b.post('/api/sign-in', { login: 'ars@exemple.fr', password: PASSWORD })];
  },
  async emergencies(count) {
    loaded(`insert into emergency_access (patient_id, person_id, reason, expires_at)
      select '${ids.jeanne}', '${ids.bruno}', 'Inconsciente', now() + interval '1 hour' from generate_series(1, ${count})`);
    return [bruno, (b) => b.post(`/api/patients/${ids.jeanne}/emergency`, { birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F',
      birth_place_code: '44109', reason: 'Inconsciente aux urgences' })];
  },
  async patient_corrections(count) {
    world.sql(`insert into patient_correction (id, patient_id, by_person_id, reason, identity)
      select gen_random_uuid(), '${ids.paul}', '${ids.anne}', '', '' from generate_series(1, ${count})`);
    world.sql(`insert into patient_structure (patient_id, structure_id) values ('${ids.paul}', '${ids.clisson}') on conflict do nothing`);
    return [anne, (b) => b.post(`/api/patients/${ids.paul}/corrections`, { birth_name: `TROIS${'ABCDEF'[serial++]}`, first_names: 'Paul', birth_date: '1980-01-02', sex: 'M',
      birth_place_code: '49099', ins: null, ins_oid: null, reason: 'Erreur de saisie' })];
  },
  async patient_restrictions(count) {
    world.sql(`insert into care_team (patient_id, person_id, added_by) values ('${ids.paul}', '${ids.anne}', '${ids.anne}') on conflict do nothing;
      insert into patient_restriction (id, patient_id, set_by, reason, ended_at, ended_by)
      select gen_random_uuid(), '${ids.paul}', '${ids.anne}', '', now(), '${ids.anne}' from generate_series(1, ${count})`);
    return [anne, (b) => b.post(`/api/patients/${ids.paul}/restriction`, { reason: 'À sa demande' })];
  },
  async tickets(count) {
    world.sql(`insert into ticket (token_sha256, kind, person_id, expires_at)
      select sha256(('t' || n)::bytea), 'watch', '${ids.bruno}', now() + interval '1 minute' from generate_series(1, ${count}) as n`);
    return [bruno, (b) => b.post('/api/watch')];
  },
  async visit_tests(count) {
    const { browser, id } = await visitor();
    world.sql(`insert into ticket (token_sha256, kind, invitation_id, expires_at, used_at)
      select sha256(('v' || n)::bytea), 'test', '${id}', now() - interval '1 hour', now() from generate_series(1, ${count}) as n`);
    return [browser, (b) => b.post('/api/visit/test')];
  },
  async probes(count) {
    world.sql(`insert into ticket (token_sha256, kind, expires_at)
      select sha256(('p' || n)::bytea), 'test', now() + interval '60 seconds' from generate_series(1, ${count}) as n`);
    return [api.browser(), (b) => b.post('/api/probes')];
  },
  ...limitCases(() => world, () => api, () => anne, () => bruno),
};

test('at each limit the last one passes, of two at once one is refused, and the next', { timeout: 120_000 }, async (t) => {
  for (const [name, limit, status] of table)
    await t.test(name, async () => {
      const [browser, call] = await cases[name](Number(limit) - 1);
      const atOnce = await Promise.all([call(browser), call(there(browser))]);
      const refused = [atOnce.find((a) => a.status >= 300), await call(browser)];
      assert.equal(atOnce.filter((a) => a.status < 300).length, 1, atOnce.map((a) => `${a.status} ${a.raw}`).join('\n'));
      for (const answer of refused) {
        assert.equal(answer.status, Number(status), `${answer.raw}`);
        assert.equal(answer.headers['content-type'], 'application/problem+json');
        assert.deepEqual([answer.body.type, answer.body.limit, answer.body.most], [status === '409' ? '/problems/full' : '/problems/limit', name, Number(limit)]);
        assert.ok(status === '409' || Number(answer.headers['retry-after']) > 0, 'when to come back');
      }
    });
});

test('every limit has its case, and docs/api.md shows the table of the code', () => {
  assert.deepEqual(Object.keys(cases).sort(), table.map((row) => row[0]).sort());
  const docs = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const shown = docs.split('## Limits')[1].split('\n## ')[0].split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  assert.deepEqual(shown, table.map(([name, limit, status, what]) => [`\`${name}\``, limit, status, what]));
});

test('a day that is full lets its own acts move within it, and takes none handed over', async () => {
  const inside = world.one(`select id from act where professional_id = '${ids.bruno}' and starts_at = '2027-03-02T22:59:00Z' limit 1`);
  const moved = await bruno.post(`/api/acts/${inside}/reschedule`, { starts_at: '2027-03-02T10:00:00Z', duration_min: 20 });
  assert.equal(moved.status, 200, `${moved.raw}`);
  const act = await create({ starts_at: '2027-03-02T10:00:00Z' });
  assert.equal((await anne.post(`/api/acts/${act.id}/hand-over`, { person: ids.bruno, comment: '' })).body.limit, 'professional_day');
  const next = await create({ starts_at: '2027-03-02T23:00:00Z' });
  assert.equal((await anne.post(`/api/acts/${next.id}/hand-over`, { person: ids.bruno, comment: '' })).status, 200, 'the next day of Paris');
});

test('an act begins in 730 days at the latest and an hour ago at the earliest, and is moved no further', async () => {
  const MINUTE = 60_000, ahead = 730 * 24 * HOUR;
  const refused = (answer) => assert.deepEqual([answer.status, answer.body.type, answer.body.field], [400, '/problems/field', 'starts_at'], `${answer.raw}`);
  const plan = (starts_at) => anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at, duration_min: 20, reason: '', invite: null });
  const act = await create({ starts_at: at(ahead - MINUTE) });
  await create({ starts_at: at(MINUTE - HOUR) });
  for (const wrong of [at(ahead + MINUTE), at(-HOUR - MINUTE), '1969-12-31T23:59:59Z']) refused(await plan(wrong));
  const move = (starts_at) => anne.post(`/api/acts/${act.id}/reschedule`, { starts_at, duration_min: 20 });
  for (const wrong of [at(ahead + MINUTE), at(-2 * MINUTE), '1969-12-31T23:59:59Z']) refused(await move(wrong));
  for (const right of [at(0), at(ahead - MINUTE)]) assert.equal((await move(right)).status, 200);
});
