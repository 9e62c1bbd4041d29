// A secretary plans for the professionals of their structures, and for no one else: through a real
// api worker and a real PostgreSQL.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startApi } from '../support/api_driver.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, api, anne, bruno, sylvie;
const tomorrow = () => new Date(Date.now() + 24 * 3600_000).toISOString();
const invite = { email: 'jeanne@exemple.fr', phone: null, language: 'fr' };

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  [anne, bruno, sylvie] = await Promise.all(['anne', 'bruno', 'sylvie'].map((name) => signIn(api, `${name}@exemple.fr`)));
}, { timeout: 120_000 });

after(async () => {
  if (api) await api.stop();
  await world?.stop();
});

const plan = (by, more = {}) => by.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson,
  starts_at: tomorrow(), duration_min: 20, reason: 'Toux', invite, ...more });

test('a secretary plans for a professional of their structure: it is theirs, and everyone is told', async () => {
  const before = world.messages().length;
  const made = await plan(sylvie, { professional: ids.anne });
  assert.equal(made.status, 201, `${made.raw}`);
  assert.equal(made.body.professional.id, ids.anne);
  assert.equal(made.body.reason, '', 'a secretary does not read the reason again');
  assert.ok(made.body.may.includes('reschedule') && !made.body.may.includes('join'));
  const seen = await anne.get(`/api/acts/${made.body.id}`);
  assert.equal(seen.body.reason, 'Toux');
  assert.ok(seen.body.may.includes('join'));
  const sent = world.messages().slice(before);
  const patient = sent.filter((m) => m.to === 'jeanne@exemple.fr');
  assert.ok(patient.some((m) => m.text.includes('Anne Le Goff')), 'the patient is told with whom');
  assert.equal(patient.some((m) => m.text.includes('Sylvie')), false);
  assert.equal(sent.filter((m) => m.to === 'anne@exemple.fr').length, 1, 'the professional is told once');
  assert.equal(sent.some((m) => m.to === 'anne@exemple.fr' && m.text.includes('MOREAU')), false);
  const who = world.sql(`select actor_id from audit where action = 'act.create' and act_id = '${made.body.id}'`);
  assert.match(`${who}`, new RegExp(ids.sylvie), 'the audit names who planned');
  assert.match(`${world.sql(`select created_by from act where id = '${made.body.id}'`)}`, new RegExp(ids.sylvie));
});

test('a secretary names a professional, of a structure of their own, who practises there', async () => {
  const missing = await plan(sylvie);
  assert.equal(missing.status, 400, `${missing.raw}`);
  assert.equal(missing.body.field, 'professional');
  for (const professional of [ids.chloe, ids.sylvie, ids.agent]) {
    const refused = await plan(sylvie, { professional });
    assert.equal(refused.status, 400, `${refused.raw}`);
    assert.equal(refused.body.field, 'professional');
  }
  const elsewhere = await plan(sylvie, { structure: ids.cholet, patient: ids.paul, professional: ids.chloe });
  assert.equal(elsewhere.status, 400, `${elsewhere.raw}`);
  assert.equal(elsewhere.body.field, 'patient');
});

test('a doctor plans for themselves, named or not, and not for a colleague', async () => {
  assert.equal((await plan(bruno)).body.professional.id, ids.bruno);
  assert.equal((await plan(bruno, { professional: ids.bruno })).body.professional.id, ids.bruno);
  const other = await plan(bruno, { professional: ids.anne });
  assert.equal(other.status, 400, `${other.raw}`);
  assert.equal(other.body.field, 'professional');
});
