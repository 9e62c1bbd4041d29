// Every text field of every call that takes one, at its edge: so many characters pass, whatever
// their bytes, and one more is refused with the field's name; so are signs that hide or turn.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startApi } from '../support/api_driver.mjs';
import { build } from '../support/role.mjs';
import { factorFields } from '../support/factor_rows.mjs';
import { allowEverything, fieldRows } from '../support/people_rows.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, visitor, link;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const closing = { text: 'Plaie propre.', conclusion: '', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: false };
const traits = { birth_name: 'MARTIN', used_name: null, first_names: 'Luc', birth_date: '1979-03-04', sex: 'M', birth_place_code: '51215', ins: null, ins_oid: null, phone: null, email: null };
const invite = { email: 'jeanne@exemple.fr', phone: '+33612345678', language: 'fr' };

async function act(more = {}) {
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: at(7200_000), duration_min: 20, reason: '', invite: null, ...more });
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body.id;
}
async function held() {
  const id = await act();
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${id}'`);
  assert.equal((await anne.post(`/api/acts/${id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' })).status, 200);
  return id;
}
async function closed() {
  const id = await held();
  assert.equal((await anne.post(`/api/acts/${id}/close`, closing)).status, 200);
  return id;
}
const begun = async () => {
  const id = await act();
  world.sql(`update act set starts_at = now() - interval '1 hour' where id = '${id}'`);
  return id;
};

before(async () => {
  world = await startWorld();
  allowEverything(world);
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
  await act({ starts_at: null, invite });
  const texts = world.messages().map((m) => m.text);
  const token = texts.filter((t) => /#/.test(t)).at(-1).match(/#(\S+)/)[1];
  const code = texts.map((t) => t.match(/Téléloire : (\d{6})/)).filter(Boolean).at(-1)[1];
  visitor = api.browser();
  visitor.csrf = (await visitor.post('/api/invitations/code', { token, code })).body.csrf;
  link = { token, code };
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  await world?.stop();
});

let alerts = 0;
const alert = () => world.one(`with m as (insert into membership (person_id, structure_id, role) values ('${ids.anne}', '${ids.clisson}', 'manager') on conflict do nothing)
  insert into audit_alert (rule, person_id, day, at, patients) values ('many_patients', '${ids.anne}', date '2020-01-01' + ${alerts++}, now(), 9) returning id`);
const exact = { birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109' };
const cared = () => {
  world.sql(`insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${ids.anne}', '${ids.anne}') on conflict do nothing;
    update patient_restriction set ended_at = now(), ended_by = set_by where ended_at is null`);
  return ids.jeanne;
};
let theNewcomer;
const newcomer = async () => (theNewcomer ??= (await anne.post('/api/patients', { ...traits, birth_name: 'NOUVEAU' })).body.id);
const LINE = 'line', LINES = 'lines';
const secret = { passes: 401 }, link404 = { passes: 404 };
// Call; a good body; what people write [field, characters, lines]; what machines write [field, bytes].
const rows = [
  ['POST /api/sign-in', null, { login: 'personne@exemple.fr', password: 'x' }, [['login', 200, LINE], ['password', 200, LINE]], [], secret],
  ['POST /api/sign-out', null, {}],
  ['POST /api/psc/logout', null, {}], // a form, at its edge in psc_attacks_test
  ['POST /api/me/sessions/{}/revoke', () => '00000000-0000-4000-8000-000000000000', {}],
  ['POST /api/me/sign-out-everywhere', null, {}],
  ['PATCH /api/me', null, { language: 'fr' }, [], [['language', 64]]],
  ['POST /api/me/password', null, { old_password: 'faux', new_password: 'un autre long mot de passe' }, [['old_password', 200, LINE], ['new_password', 200, LINE]], [], secret],
  ['POST /api/patients/search', null, { q: 'moreau' }, [['q', 100, LINE]]],
  ['POST /api/patients', null, traits, [['birth_name', 100, LINE], ['used_name', 100, LINE], ['first_names', 100, LINE]],
    [['birth_date', 10], ['birth_place_code', 5], ['ins', 15], ['ins_oid', 30], ['phone', 25], ['email', 254], ['sex', 64]]],
  ['POST /api/patients/find', null, exact, [['birth_name', 100, LINE], ['first_names', 100, LINE]], [['birth_date', 10], ['birth_place_code', 5], ['sex', 64]], link404],
  ['POST /api/alerts/{}/seen', alert, { comment: 'Vu avec lui' }, [['comment', 500, LINES]], []],
  ['POST /api/patients/{}/emergency', () => ids.jeanne, { ...exact, reason: 'Inconsciente aux urgences' }, [['reason', 500, LINES]], [['birth_date', 10], ['birth_place_code', 5], ['sex', 64]]],
  ['POST /api/patients/{}/corrections', newcomer, { birth_name: 'LUCAS', first_names: 'Luc', birth_date: '1981-05-06', sex: 'M', birth_place_code: '51215', ins: null, ins_oid: null, reason: 'Erreur de saisie' },
    [['birth_name', 100, LINE], ['first_names', 100, LINE], ['reason', 500, LINES]], [['birth_date', 10], ['birth_place_code', 5], ['ins', 15], ['ins_oid', 30], ['sex', 64]]],
  ['POST /api/patients/{}/restriction', cared, { reason: 'À sa demande' }, [['reason', 500, LINES]]],
  ['POST /api/patients/{}/restriction/end', cared, {}],
  ['PATCH /api/patients/{}', () => ids.jeanne, {}, [['used_name', 100, LINE]], [['phone', 25], ['email', 254]]],
  ['POST /api/acts/search', null, { q: 'x' }, [['q', 100, LINE]], [['state', 20], ['from', 10], ['to', 10], ['patient', 37], ['after', 37]]],
  ['POST /api/acts', null, { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '', invite: null }, [['reason', 1000, LINES]],
    [['patient', 37], ['structure', 37], ['professional', 37], ['starts_at', 40], ['invite.email', 254], ['invite.phone', 25], ['invite.language', 64]]],
  ['POST /api/acts/{}/cancel', act, { reason: 'other', comment: '' }, [['comment', 1000, LINES]], [['reason', 64]]],
  ['POST /api/acts/{}/reschedule', act, { starts_at: at(7200_000), duration_min: 20 }, [], [['starts_at', 40]]],
  ['POST /api/acts/{}/remind', act, {}],
  ['POST /api/acts/{}/renew-link', act, { email: 'x@exemple.fr', phone: null }, [], [['email', 254], ['phone', 25]]],
  ['POST /api/acts/{}/hand-over', act, { person: ids.bruno, comment: '' }, [['comment', 1000, LINES]], [['person', 37]]],
  ['POST /api/acts/{}/invite', act, { person: ids.bruno, comment: '' }, [['comment', 1000, LINES]], [['person', 37]]],
  ['POST /api/acts/{}/invite', act, { name: 'Luc', role: 'helper', email: 'x@exemple.fr', phone: null }, [['name', 200, LINE]], [['role', 64], ['email', 254], ['phone', 25]]],
  ['POST /api/acts/{}/join', act, {}],
  ['POST /api/acts/{}/consent', act, { given: true, by: 'patient', how: 'oral', text_version: '1' }, [['text_version', 10, LINE]], [['by', 64], ['how', 64]]],
  ['POST /api/acts/{}/documents', act], // a file; its name is cut, not refused (http_test)
  ['POST /api/acts/{}/close', held, closing, [['text', 50000, LINES], ['conclusion', 10000, LINES], ['incident_comment', 2000, LINES]], [['prescription', 37]]],
  ['POST /api/acts/{}/not-done', begun, { reason: 'other', comment: '' }, [['comment', 1000, LINES]], [['reason', 64]]],
  ['POST /api/acts/{}/amend', closed, { ...closing, why: 'faute' }, [['text', 50000, LINES], ['conclusion', 10000, LINES], ['incident_comment', 2000, LINES], ['why', 1000, LINES]], [['prescription', 37]]],
  ['POST /api/watch', null, {}],
  ['POST /api/invitations/open', null, { token: 'x' }, [], [['token', 200]], link404],
  ['POST /api/invitations/code', null, { token: 'x', code: '1' }, [], [['token', 200], ['code', 20]], link404],
  ['POST /api/invitations/new-code', null, { token: 'x' }, [], [['token', 200]], link404],
  ['POST /api/visit/consent', null, { given: true, by: 'patient', text_version: '1' }, [], [['by', 64], ['text_version', 10]]],
  ['POST /api/visit/test', null, {}],
  ['POST /api/probes', null, {}],
  ['POST /api/visit/join', null, {}],
  ['POST /api/visit/leave', null, {}],
  ['POST /api/deliveries/open', null, { token: 'x' }, [], [['token', 200]], link404],
  ['POST /api/deliveries/code', null, { token: 'x', code: '1' }, [], [['token', 200], ['code', 20]], link404],
  ['POST /api/deliveries/new-code', null, { token: 'x' }, [], [['token', 200]], link404],
  ...factorFields,
  ...fieldRows(() => world, LINE, LINES),
];

const withField = (body, field, value) => {
  const [outer, inner] = field.split('.');
  return inner ? { ...body, [outer]: { ...invite, [inner]: value } } : { ...body, [field]: value };
};
const bare = (field) => field.split('.').at(-1);

async function eachRow(t, body) {
  for (const [call, object, good, people = [], machines = [], { passes } = {}] of rows)
    if (people.length || machines.length)
      await t.test(`${call} ${Object.keys(good)}`, async () => {
        const [method, pattern] = call.split(' ');
        const browser = /\/visit/.test(pattern) ? visitor : /invitations|deliveries|sign-in/.test(pattern) ? api.browser() : anne;
        const send = (id, content) => browser.call(method, [id].flat().reduce((path, one) => path.replace('{}', one), pattern), content, { 'content-type': 'application/json' });
        await body({ send, fresh: async () => (object ? object() : ''), good, people, machines, passes });
      });
}
const refused = (answer, field, what) => {
  assert.equal(answer.status, 400, `${what}: ${answer.status} ${answer.raw}`);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal(answer.body.field, field, what);
};

test('so many characters pass, accents or not, and one more is refused by the name of its field', { timeout: 240_000 }, (t) => eachRow(t, async ({ send, fresh, good, people, machines, passes }) => {
  for (const [field, most] of people) {
    const id = await fresh();
    const over = await send(id, withField(good, field, 'é'.repeat(most + 1)));
    refused(over, bare(field), field);
    assert.equal(over.body.detail, 'Trop long.');
    const edge = await send(id, withField(good, field, 'é'.repeat(most)));
    assert.ok(passes ? edge.status === passes : edge.status < 300, `${field}: ${edge.status} ${edge.raw}`);
  }
  const id = await fresh();
  for (const [field, most] of machines) {
    const over = await send(id, withField(good, field, 'x'.repeat(most + 1)));
    refused(over, bare(field), field);
    assert.ok(over.body.detail === 'Trop long.', `${field} of ${most + 1}: ${over.raw}`);
    const edge = await send(id, withField(good, field, 'x'.repeat(most)));
    assert.notEqual(edge.body?.detail, 'Trop long.', `${field} of ${most}`);
  }
}));

test('signs that hide or turn, and line ends in a name, are refused by the name of their field', { timeout: 240_000 }, (t) => eachRow(t, async ({ send, fresh, good, people }) => {
  for (const [field, , lines] of people) {
    const id = await fresh();
    for (const sign of ['\u0001', '\u001b', '\u007f', '\u0085', '\u202e', '\u2066', '\u200f', '\ufeff', ...(lines === LINE ? ['\n', '\r', '\u2028'] : [])])
      refused(await send(id, withField(good, field, `a${sign}b`)), bare(field), `${field} ${JSON.stringify(sign)}`);
    const once = (json) => Buffer.from(json.replace('"MARK"', '"a\\u0000b"'));
    const nul = await send(id, once(JSON.stringify(withField(good, field, 'MARK'))));
    assert.deepEqual([nul.status, nul.body.type], [400, '/problems/format'], `${field}: NUL`);
    const [head, tail] = JSON.stringify(withField(good, field, 'MARK')).split('MARK');
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x00]]) {
      const answer = await send(id, Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]));
      assert.deepEqual([answer.status, answer.headers['content-type']], [400, 'application/problem+json'], `${field}: ${bytes}`);
    }
    if (lines === LINES) {
      const answer = await send(id, withField(good, field, 'a\r\nb\tc, et plus'));
      assert.ok(answer.status < 300, `${field}: ${answer.raw}`);
    }
  }
}));

test('every call that takes a body has its row here', () => {
  const calls = execFileSync(join(build, 'bin/teleloire-api'), ['--routes'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t'))
    .filter(([method]) => method === 'POST' || method === 'PATCH').map(([method, path]) => `${method} ${path}`);
  assert.deepEqual([...new Set(rows.map(([call]) => call))].sort(), calls.sort());
});

test('a guest whose name is as long as it may be enters with as much of it as fits', async () => {
  const id = await act({ starts_at: null });
  const name = 'Élodie '.repeat(28) + 'Zoé';
  assert.equal((await anne.post(`/api/acts/${id}/invite`, { name, role: 'helper', email: 'z@exemple.fr', phone: null })).status, 200);
  assert.deepEqual(world.sealed.json('invitation.identity', `act_id = '${id}'`).map((who) => who.name), [name]);
  const guest = world.one(`select id from invitation where act_id = '${id}'`);
  world.sql(`insert into ticket (token_sha256, kind, act_id, invitation_id, expires_at) values (sha256('long'), 'session', '${id}', '${guest}', now() + interval '1 minute')`);
  const redeemed = await api.ask(0x0203, { ticket: 'long' });
  assert.equal(redeemed.error, null, JSON.stringify(redeemed.json));
  assert.ok(Buffer.byteLength(redeemed.json.name) <= 255 && name.startsWith(redeemed.json.name) && redeemed.json.name.length > 200 * 0.9, redeemed.json.name);
});
