// Those who come by a link, and who is told what: through a real api worker and a real PostgreSQL.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, bruno, chloe, sylvie;
const HOUR = 3600_000;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const invite = { email: 'jeanne@exemple.fr', phone: '+33612345678', language: 'fr' };
const closing = { text: 'Plaie propre.', conclusion: 'Contrôle.', incidents_confirmed: true, incident_comment: '', identity_checked: true, prescription: null, send_to_patient: true };

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  [anne, bruno, chloe, sylvie] = await Promise.all(['anne', 'bruno', 'chloe', 'sylvie'].map((name) => signIn(api, `${name}@exemple.fr`)));
}, { timeout: 120_000 });

after(async () => {
  if (api) await api.stop();
  await world?.stop();
});

async function create(more = {}, by = anne) {
  const made = await by.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux', invite, ...more });
  assert.equal(made.status, 201, `${made.raw}`);
  return made.body;
}

const codes = () => world.messages().map((m) => m.text.match(/(?:code est|Téléloire :|code is|code:) (\d{6})/)).filter(Boolean).map((found) => found[1]);
function lastLink() {
  const token = world.messages().map((m) => m.text).filter((t) => /#/.test(t)).at(-1).match(/#(\S+)/)[1];
  return { token, code: codes().at(-1) };
}
const state = async (token, browser = api.browser(), kind = 'invitations') => (await browser.post(`/api/${kind}/open`, { token })).body.state;

async function enter({ token, code }, kind = 'invitations') {
  const browser = api.browser();
  const answer = await browser.post(`/api/${kind}/code`, { token, code });
  assert.equal(answer.status, 200, `${answer.raw}`);
  browser.csrf = answer.body.csrf;
  return browser;
}

// Who is written to by what an action does.
async function told(action) {
  const before = world.messages().length;
  const answer = await action();
  assert.equal(answer.status, 200, `${answer.raw}`);
  return world.messages().slice(before).map((m) => m.to).sort();
}

test('a code opens once: a second device needs its own, and the first stays until that is right', async () => {
  await create();
  const link = lastLink();
  const first = await enter(link);
  assert.equal(await state(link.token, first), 'code_used', 'here already');
  const second = api.browser();
  assert.equal(await state(link.token, second), 'elsewhere');
  const again = await second.post('/api/invitations/code', link);
  assert.equal(again.status, 401);
  assert.equal(again.body.tries_left, 5, 'a code that was used is no wrong guess');
  assert.equal((await first.get('/api/visit')).status, 200);
  assert.equal((await second.post('/api/invitations/new-code', { token: link.token })).status, 204);
  assert.equal((await first.get('/api/visit')).status, 200, 'who only asks for a code throws nobody out');
  await enter(lastLink());
  assert.equal((await first.get('/api/visit')).status, 401);
});

test('a link lives no longer than a day and a half, even while somebody waits', async () => {
  const act = await create();
  const link = lastLink();
  world.sql(`update act set state = 'waiting', starts_at = now() - interval '20 hours' where id = '${act.id}'`);
  assert.equal(await state(link.token), 'code_needed');
  world.sql(`update act set starts_at = now() - interval '37 hours' where id = '${act.id}'`);
  assert.equal(await state(link.token), 'expired');
  assert.equal((await api.browser().post('/api/invitations/code', link)).status, 409);
});

test('an act not held before its time is refused; afterwards its link says that it was not held', async () => {
  const later = await create({ starts_at: at(3 * HOUR) });
  const refused = await anne.post(`/api/acts/${later.id}/not-done`, { reason: 'patient_absent', comment: '' });
  assert.equal(refused.status, 409);
  assert.match(refused.body.detail, /annulez/);
  const now = await create();
  const link = lastLink();
  assert.equal((await anne.post(`/api/acts/${now.id}/not-done`, { reason: 'patient_absent', comment: '' })).status, 200);
  assert.equal(await state(link.token), 'not_held');
});

test('the consent is the patient’s, or passed on by who accompanies them; no other guest has a word in it', async () => {
  const act = await create();
  const patient = await enter(lastLink());
  const roles = {};
  for (const role of ['interpreter', 'nurse', 'helper', 'guardian']) {
    await anne.post(`/api/acts/${act.id}/invite`, { name: role, role, email: `${role}@exemple.fr`, phone: null });
    roles[role] = await enter(lastLink());
  }
  const give = (browser, by) => browser.post('/api/visit/consent', { given: true, by, text_version: '1' });
  for (const role of ['interpreter', 'nurse'])
    for (const by of ['patient', 'helper']) assert.equal((await give(roles[role], by)).status, 403, role);
  for (const role of ['helper', 'guardian']) assert.equal((await give(roles[role], 'patient')).body.field, 'by', role);
  assert.deepEqual((await anne.get(`/api/acts/${act.id}`)).body.consents, []);
  assert.equal((await patient.post('/api/visit/join')).body.type, '/problems/consent');
  assert.equal((await give(roles.helper, 'helper')).status, 200);
  assert.equal((await patient.post('/api/visit/join')).status, 200);
});

test('each change tells everyone it concerns but who made it: patient, guests, colleagues, the act’s own professional', async () => {
  const act = await create({ starts_at: at(2 * HOUR) });
  await anne.post(`/api/acts/${act.id}/invite`, { person: ids.chloe, comment: '' });
  await anne.post(`/api/acts/${act.id}/invite`, { name: 'Ali', role: 'interpreter', email: 'ali@exemple.fr', phone: null });
  const visitors = ['ali@exemple.fr', 'jeanne@exemple.fr'];
  const all = (...more) => [...visitors, ...more].sort();
  const move = (by, hours) => by.post(`/api/acts/${act.id}/reschedule`, { starts_at: at(hours * HOUR), duration_min: 20 });
  assert.deepEqual(await told(() => move(anne, 3)), all('chloe@exemple.fr'));
  assert.deepEqual(await told(() => move(sylvie, 4)), all('anne@exemple.fr', 'chloe@exemple.fr'), 'by the secretary');
  assert.deepEqual(await told(() => anne.post(`/api/acts/${act.id}/remind`)), all('chloe@exemple.fr'));
  assert.deepEqual(await told(() => anne.post(`/api/acts/${act.id}/hand-over`, { person: ids.bruno, comment: '' })), all('bruno@exemple.fr', 'chloe@exemple.fr'));
  assert.deepEqual(await told(() => sylvie.post(`/api/acts/${act.id}/cancel`, { reason: 'other', comment: '' })),
    all('anne@exemple.fr', 'bruno@exemple.fr', 'chloe@exemple.fr'), 'the act’s own, who handed it over, who was invited');
});

test('the patient receives the newest report and the prescription that was chosen, on one device at a time', async () => {
  const act = await create();
  world.sql(`update act set state = 'waiting' where id = '${act.id}'; update act set state = 'to_close' where id = '${act.id}'`);
  await anne.post(`/api/acts/${act.id}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  const add = async (kind, name) => (await anne.call('POST', `/api/acts/${act.id}/documents?kind=${kind}`, Buffer.from(`%PDF-1.4 ${name}`), { 'x-teleloire-name': encodeURIComponent(name) })).body;
  const wrong = await add('prescription', 'brouillon.pdf'), right = await add('prescription', 'ordonnance é.pdf');
  assert.equal(right.name, 'ordonnance é.pdf');
  assert.equal((await anne.post(`/api/acts/${act.id}/close`, { ...closing, prescription: right.id })).status, 200);
  const link = lastLink();
  const reader = await enter(link, 'deliveries');
  const given = async (browser, fresh) => (fresh ?? (await browser.post('/api/deliveries/open', { token: link.token }))).body;
  assert.equal((await given(reader)).state, 'code_used');
  assert.equal((await reader.get(`/api/deliveries/documents/${right.id}`)).status, 200);
  assert.equal((await reader.get(`/api/deliveries/documents/${wrong.id}`)).status, 404);
  assert.equal((await api.browser().post('/api/deliveries/code', link)).status, 401, 'its code was used');
  assert.equal(await state(link.token, api.browser(), 'deliveries'), 'elsewhere');
  assert.equal((await api.browser().post('/api/deliveries/new-code', { token: link.token })).status, 204);
  await enter({ token: link.token, code: codes().at(-1) }, 'deliveries');
  assert.equal((await reader.get(`/api/deliveries/documents/${right.id}`)).status, 401, 'the first device is out');
  // Amended without a prescription: the patient gets the report only.
  assert.equal((await anne.post(`/api/acts/${act.id}/amend`, { ...closing, why: 'Ordonnance retirée' })).status, 200);
  const second = api.browser();
  const listed = await second.post('/api/deliveries/code', lastLink());
  assert.deepEqual(listed.body.delivery.documents.map((d) => d.kind), ['report']);
});

test('what names a patient stands in no address: neither a search nor a file’s name', async () => {
  assert.equal((await anne.get('/api/patients?q=moreau')).status, 405);
  assert.equal((await anne.get('/api/acts?q=moreau')).body.type, '/problems/field');
  assert.equal((await anne.post('/api/patients/search', { q: 'moreau' })).body.items.length, 1);
  assert.equal((await anne.post('/api/patients/search', { q: 'm' })).body.field, 'q');
  assert.equal((await anne.post('/api/acts/search', { q: 'moreau', limit: 1 })).body.items.length, 1);
  assert.equal((await anne.post('/api/acts/search', { q: 'moreau', limit: 101 })).body.field, 'limit');
  const act = await create();
  const refused = await anne.call('POST', `/api/acts/${act.id}/documents?kind=photo&name=jeanne.pdf`, Buffer.from('%PDF-1.4'));
  assert.equal(refused.body.field, 'name');
  const bad = await anne.call('POST', `/api/acts/${act.id}/documents?kind=photo`, Buffer.from('%PDF-1.4'), { 'x-teleloire-name': '%ff' });
  assert.equal(bad.body.field, 'x-teleloire-name');
});
