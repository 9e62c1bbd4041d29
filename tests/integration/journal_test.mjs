// The journals of several workers, and a PostgreSQL that comes back otherwise than it went.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { SESSION_EVENT, startApi } from '../support/api_driver.mjs';
import { journalIs, startPostgresAgain, stopPostgres } from '../support/postgres_away.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';

let world, first, second, anne, postgres;
const hex32 = () => randomBytes(16).toString('hex');
const sha = (text) => createHash('sha256').update(text).digest('hex');
let clock = Date.now();
const event = (act, type, participant, detail) =>
  ({ event: randomUUID(), act: act.id, at: new Date(clock += 10).toISOString(), type, participant, detail });
const seat = (act, participant, more = {}) => event(act, 'seat_taken', participant,
  { seat: 1, person: ids.anne, name: 'Dr Anne Le Goff', role: 'host', title: '', resume_sha256: sha(participant), room: act.room, ...more });
const freeze = (act, who) => event(act, 'incident', who, { kind: 'freeze', started_at: new Date().toISOString(), ended_at: null, measure: null, unit: '' });
const tell = async (api, e) => {
  const answer = await api.ask(SESSION_EVENT, e);
  assert.equal(answer.error, null, JSON.stringify(answer.json));
  return answer.json.recorded;
};
const create = async () => {
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '', invite: null });
  assert.equal(made.status, 201, `${made.raw}`);
  return { ...made.body, room: hex32() };
};
const recorded = (events) => Number(world.one(`select count(*) from act_event where id in (${events.map((e) => `'${e.event}'`)})`));

before(async () => {
  world = await startWorld();
  first = await startApi(world.config, 0);
  second = await startApi(world.config, 1);
  anne = await signIn(first, 'anne@exemple.fr');
}, { timeout: 120_000 });

after(async () => {
  await first?.stop();
  await second?.stop();
  if (postgres) { postgres.kill('SIGINT'); await once(postgres, 'exit'); }
  await world?.stop();
});

test('the journals of two workers replayed in the wrong order leave the act as in the right one', { timeout: 90_000 }, async () => {
  const act = await create();
  const doctor = hex32(), patient = hex32();
  await tell(first, seat(act, doctor));
  await stopPostgres(world);
  const arrival = seat(act, patient, { seat: 2, person: null, name: 'Jeanne', role: 'patient' });
  const identity = (type) => event(act, type, patient, { by: doctor, participant: patient });
  const rest = [event(act, 'admitted', patient, { by: doctor }), identity('identity_checked'), identity('identity_unchecked'), identity('identity_checked'),
    event(act, 'left', patient, { reason: 'leave' }), event(act, 'ended', doctor, { by: doctor })];
  assert.equal(await tell(first, arrival), 'journal');
  for (const e of rest) assert.equal(await tell(second, e), 'journal');
  first.signal(19);
  postgres = startPostgresAgain(world);
  await journalIs(second);
  assert.equal(recorded(rest), rest.length, 'the second worker was first');
  first.signal(18);
  await journalIs(first);
  assert.equal(recorded([arrival]), 1);
  const [row] = world.sql(`select state, admitted_at is not null, identity_checked_at is not null, left_at is not null from participant where participant = '${patient}'`);
  assert.deepEqual(row, ['left', 't', 't', 't']);
  assert.equal(world.one(`select identity_checked_at = '${rest[3].at}' from participant where participant = '${patient}'`), 't', 'checked, taken back, checked again');
  assert.deepEqual(world.sql(`select state, live_at is not null, ended_at is not null from act where id = '${act.id}'`)[0], ['to_close', 't', 't']);
  assert.equal(world.one(`select state from participant where participant = '${doctor}'`), 'left');
});

test('PostgreSQL that comes back read-only loses no event of the journal', { timeout: 90_000 }, async () => {
  const act = await create();
  const who = hex32();
  await tell(first, seat(act, who));
  world.sql('alter role teleloire_api set default_transaction_read_only = on');
  await stopPostgres(world);
  const told = [freeze(act, who), freeze(act, who), freeze(act, who)];
  for (const e of told) assert.equal(await tell(first, e), 'journal');
  postgres = startPostgresAgain(world);
  // A read-only server answers, and takes nothing: what is told now is kept as well.
  await journalIs(first, (health) => health.database);
  told.push(freeze(act, who));
  assert.equal(await tell(first, told.at(-1)), 'journal');
  assert.equal(recorded(told), 0);
  world.sql('alter role teleloire_api reset default_transaction_read_only');
  await journalIs(first);
  assert.equal(recorded(told), told.length);
});

test('an event that can never be recorded is set aside, sealed and counted, and the others go on', { timeout: 90_000 }, async () => {
  const act = await create();
  const who = hex32();
  await tell(first, seat(act, who));
  await stopPostgres(world);
  const lost = freeze({ id: randomUUID() }, who), kept = freeze(act, who);
  assert.equal(await tell(first, lost), 'journal');
  assert.equal(await tell(first, kept), 'journal');
  postgres = startPostgresAgain(world);
  await journalIs(first);
  assert.equal(recorded([kept]), 1);
  const refused = world.folder('records/journal/api-0.refused');
  assert.ok(statSync(refused).size > 100);
  assert.ok(!readFileSync(refused).includes(lost.act), 'sealed');
  assert.match(first.log(), /journal\.refused/);
  assert.ok(!first.log().includes(lost.act));
});
