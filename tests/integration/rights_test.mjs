// What a patient may ask of who holds their data: all of it, its correction, its restriction.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, bruno, chloe, sylvie;
const path = (what) => `/api/patients/${ids.jeanne}/${what}`;
const traits = { birth_name: 'MOREAU', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109', ins: null, ins_oid: null };
const correct = (who, change, id = ids.jeanne) => who.post(`/api/patients/${id}/corrections`, { ...traits, reason: 'Erreur de saisie à l’accueil', ...change });
let act;

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  [anne, bruno, chloe, sylvie] = await Promise.all(['anne', 'bruno', 'chloe', 'sylvie'].map((name) => signIn(api, `${name}@exemple.fr`)));
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'Toux depuis trois jours', invite: null });
  assert.equal(made.status, 201, made.raw);
  act = made.body.id; // and with it Anne cares for her
  for (const state of ['waiting', 'live', 'to_close']) world.sql(`update act set state = '${state}' where id = '${act}'`);
  assert.equal((await anne.call('POST', `/api/acts/${act}/documents?kind=other`, Buffer.from('%PDF-1.4 x'))).status, 201);
  await anne.post(`/api/acts/${act}/consent`, { given: true, by: 'patient', how: 'oral', text_version: '1' });
  const closed = await anne.post(`/api/acts/${act}/close`, { text: 'Plaie propre.', conclusion: 'Repos', incidents_confirmed: true, incident_comment: null, identity_checked: true, prescription: null, send_to_patient: false });
  assert.equal(closed.status, 200, closed.raw);
}, { timeout: 120_000 });
after(async () => {
  await api?.stop();
  await world?.stop();
});

test('a corrected identity is found by its new traits alone, and what stood before is kept with who, when and why', async () => {
  const before = (await bruno.get(`/api/patients/${ids.jeanne}`)).body;
  const answer = await correct(bruno, { birth_name: 'MOREAU-DUVAL', birth_date: '1956-04-21' });
  assert.equal(answer.status, 200, answer.raw);
  assert.equal(answer.body.birth_name, 'MOREAU-DUVAL');
  assert.equal(answer.body.phone, before.phone, 'contact stays');
  const found = async (q) => (await anne.post('/api/patients/search', { q })).body.items.map((p) => p.id);
  assert.deepEqual(await found('Moreau-Duval, 21/04/1956'), [ids.jeanne]);
  assert.deepEqual(await found('Moreau, 12/04/1956'), []);
  assert.equal((await anne.patch(`/api/patients/${ids.jeanne}`, { phone: '+33699887766' })).status, 200);
  const { corrections } = (await anne.get(path('rights'))).body;
  assert.deepEqual(corrections.map((c) => [c.by.id, c.reason, c.before.birth_name, c.before.birth_date, c.before.phone]), [
    [ids.anne, '', 'MOREAU-DUVAL', '1956-04-21', before.phone], [ids.bruno, 'Erreur de saisie à l’accueil', 'MOREAU', '1956-04-12', before.phone]]);
  const stored = world.sql('select reason, identity from patient_correction').flat();
  assert.ok(stored.every((text) => text === '' || text.startsWith('S1:')), 'sealed');
});

test('a correction that changes nothing leaves no history; one that makes two patients the same is refused', async () => {
  const now = { birth_name: 'MOREAU-DUVAL', birth_date: '1956-04-21' };
  assert.equal((await correct(anne, now)).status, 200);
  assert.equal((await anne.get(path('rights'))).body.corrections.length, 2);
  const other = await anne.post('/api/patients', { ...traits, birth_name: 'MARTIN', used_name: null, phone: null, email: null });
  assert.equal(other.status, 201, other.raw);
  const twin = await correct(anne, now, other.body.id);
  assert.equal(twin.status, 409, twin.raw);
  assert.equal(twin.body.type, '/problems/exists');
  assert.equal(twin.body.patient, undefined, 'not told who');
  assert.equal((await anne.get(`/api/patients/${other.body.id}`)).body.birth_name, 'MARTIN');
});

test('the matricule corrected is retrieved, taken away provisional, and wrong ones are told by field', async () => {
  world.sql(`update patient set ins_status = 'qualified' where id = '${ids.jeanne}' and ins_index is not null`);
  const now = { birth_name: 'MOREAU-DUVAL', birth_date: '1956-04-21' };
  for (const [change, field] of [[{ ...now, birth_date: '2999-01-01' }, 'birth_date'], [{ ...now, birth_place_code: '4410' }, 'birth_place_code'], [{ ...now, reason: 'ab' }, 'reason'],
    [{ ...now, reason: 'x'.repeat(501) }, 'reason'], [{ ...now, ins: '256044410912345' }, 'ins'], [{ ...now, birth_name: ' ' }, 'birth_name']]) {
    const wrong = await correct(anne, change);
    assert.equal(wrong.status, 400, `${field}: ${wrong.raw}`);
    assert.equal(wrong.body.field, field);
  }
  assert.equal((await correct(anne, { ...now, reason: 'x'.repeat(500), birth_place_code: '44035' })).body.ins_status, 'provisional');
});

test('two hundred corrections of a patient, and no more', async () => {
  const has = Number(world.one(`select count(*) from patient_correction where patient_id = '${ids.jeanne}'`));
  world.sql(`insert into patient_correction (id, patient_id, by_person_id, reason, identity) select gen_random_uuid(), '${ids.jeanne}', '${ids.anne}', '', '' from generate_series(1, ${199 - has})`);
  const to = (birth_name) => correct(anne, { birth_name });
  assert.equal((await to('UN')).status, 200);
  const refused = await to('DEUX');
  assert.equal(refused.status, 409, refused.raw);
  assert.equal((await anne.get(`/api/patients/${ids.jeanne}`)).body.birth_name, 'UN');
  world.sql("alter table patient_correction disable trigger user; delete from patient_correction where identity = ''; alter table patient_correction enable trigger user");
});

test('the export holds all of it: identity as it was and is, team, acts with every report, consents, files, and who looked', async () => {
  const answer = await anne.get(path('export'));
  assert.equal(answer.status, 200, answer.raw);
  const { body } = answer;
  assert.equal(body.format, 'teleloire.patient-export/1');
  assert.equal(body.made_by.id, ids.anne);
  assert.equal(body.patient.birth_name, 'UN');
  assert.deepEqual(body.rights.corrections.map((c) => c.before.birth_name).slice(-1), ['MOREAU']);
  assert.deepEqual(body.care_team.map((m) => m.person.id), [ids.anne]);
  const [one] = body.acts.filter((a) => a.id === act);
  assert.equal(one.reason, 'Toux depuis trois jours');
  assert.deepEqual(one.reports.map((r) => [r.version, r.text, r.conclusion]), [[1, 'Plaie propre.', 'Repos']]);
  assert.equal(one.consents.length, 1);
  assert.ok(one.documents.length >= 1, 'the files by name and size');
  assert.ok(body.accesses.some((a) => a.who.name === 'Dr Bruno Martin' && a.action === 'rights.correct'));
  assert.ok(!answer.raw.includes('S1:') && !/[\uE000\uE001]/.test(answer.raw), 'nothing left sealed');
  // every act of the patient that the register holds
  assert.equal(body.acts.length, Number(world.one(`select count(*) from act where patient_id = '${ids.jeanne}'`)));
  assert.equal(world.one(`select count(*) from audit where action = 'rights.export' and patient_id = '${ids.jeanne}'`), '1');
});

test('who is not of the care team exports nothing, nor does a manager, and wants no more than to be told so', async () => {
  assert.equal((await bruno.get(path('export'))).status, 403, 'knows the patient');
  assert.equal((await sylvie.get(path('export'))).status, 403, 'plans');
  assert.equal((await chloe.get(path('export'))).status, 404, 'does not know the patient');
});

test('an export wants a second factor given within five minutes', async () => {
  world.sql(`update web_session set proved_at = now() - interval '6 minutes'`);
  const answer = await anne.get(path('export'));
  assert.equal(answer.status, 403, answer.raw);
  assert.equal(answer.body.type, '/problems/step_up_needed');
  assert.equal(answer.body.minutes, 5);
  world.sql('update web_session set proved_at = now()');
  assert.equal((await anne.get(path('export'))).status, 200);
});

test('restricted: the care team sees the patient, colleagues of the structure find nobody, and it ends as it began', async () => {
  const seen = async (who) => (await who.get(`/api/patients/${ids.jeanne}`)).status;
  const found = async (who) => (await who.post('/api/patients/search', { q: 'UN' })).body.items.length;
  assert.equal((await bruno.post(path('restriction'), { reason: 'Ne veut pas' })).status, 403, 'not of the team');
  assert.equal((await anne.post(path('restriction'), { reason: 'ab' })).status, 400);
  assert.deepEqual([await seen(bruno), await found(bruno)], [200, 1]);
  const on = await anne.post(path('restriction'), { reason: 'Connaît une personne de l’accueil' });
  assert.equal(on.status, 201, on.raw);
  assert.equal(on.body.restriction.reason, 'Connaît une personne de l’accueil');
  assert.equal((await anne.post(path('restriction'), { reason: 'encore une fois' })).status, 409);
  assert.deepEqual([await seen(anne), await found(anne)], [200, 1]);
  assert.deepEqual([await seen(bruno), await found(bruno)], [404, 0]);
  assert.equal((await bruno.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: 'x', invite: null })).body.field, 'patient');
  assert.equal((await correct(bruno, { birth_name: 'AUTRE' })).status, 404);
  // an emergency still opens the record, and is told
  const urgent = await bruno.post(path('emergency'), { birth_name: 'UN', first_names: 'Jeanne Marie', birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109', reason: 'Inconsciente aux urgences' });
  assert.equal(urgent.status, 201, urgent.raw);
  assert.equal(await seen(bruno), 200);
  world.sql(`alter table emergency_access disable trigger user; delete from emergency_access; alter table emergency_access enable trigger user`);
  assert.equal(await seen(bruno), 404);
  assert.equal((await anne.get(path('team'))).body.restricted, true);
  const off = await anne.post(path('restriction/end'), {});
  assert.equal(off.status, 200, off.raw);
  assert.equal(off.body.restriction, null);
  assert.equal(off.body.restrictions_ended.length, 1);
  assert.equal((await anne.get(path('team'))).body.restricted, false);
  assert.deepEqual([await seen(bruno), await found(bruno)], [200, 1]);
  assert.deepEqual((await anne.post(path('restriction/end'), {})).body, off.body, 'over is over');
});
