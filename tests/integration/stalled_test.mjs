// Session events that cannot be recorded while PostgreSQL is there: for a fault of ours (here a
// trigger that fails), or because nothing on record fits them. Others go on, and an operator is told.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SESSION_EVENT, startApi } from '../support/api_driver.mjs';
import { journalIs, startPostgresAgain, stopPostgres } from '../support/postgres_away.mjs';
import { ids, signIn, startWorld } from '../support/records_world.mjs';
import { build } from '../support/role.mjs';

let world, api, anne, postgres;
const hex32 = () => randomBytes(16).toString('hex');
const sha = (text) => createHash('sha256').update(text).digest('hex');
let clock = Date.now();
const event = (act, type, participant, detail) =>
  ({ event: randomUUID(), act: act.id, at: new Date(clock += 10).toISOString(), type, participant, detail });
const seat = (act, participant) => event(act, 'seat_taken', participant,
  { seat: 1, person: ids.anne, name: 'Dr Anne Le Goff', role: 'host', title: '', resume_sha256: sha(participant), room: act.room });
const freeze = (act, who) => event(act, 'incident', who, { kind: 'freeze', started_at: new Date().toISOString(), ended_at: null, measure: null, unit: '' });
const tell = async (e) => {
  const answer = await api.ask(SESSION_EVENT, e);
  assert.equal(answer.error, null, JSON.stringify(answer.json));
  return answer.json.recorded;
};
const create = async () => {
  const made = await anne.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: null, duration_min: 20, reason: '', invite: null });
  assert.equal(made.status, 201, `${made.raw}`);
  return { ...made.body, room: hex32() };
};
const order = (act) => world.sql(`select id from act_event where act_id = '${act.id}' and type in ('seat_taken', 'incident', 'left', 'ended') order by recorded_at`).map(([id]) => id);
const journal = (word) => spawnSync(join(build, 'bin/teleloire'), ['journal', word, '--config', world.config], { encoding: 'utf8' });
const numbers = (wanted) => api.numbers(wanted);

before(async () => {
  world = await startWorld();
  api = await startApi(world.config);
  anne = await signIn(api, 'anne@exemple.fr');
  world.sql(`create table broken (act uuid);
    grant select on broken to teleloire_door, teleloire_person;
    create function break_it() returns trigger language plpgsql as $$
    begin
      if new.act_id in (select act from broken) then raise exception 'broken'; end if;
      return new;
    end $$;
    create trigger break_it before insert on act_event for each row execute function break_it();
    grant execute on function break_it() to teleloire_door, teleloire_person`);
}, { timeout: 120_000 });

after(async () => {
  await api?.stop();
  if (postgres) { postgres.kill('SIGINT'); await once(postgres, 'exit'); }
  await world?.stop();
});

test('an event that fails for our own fault holds up its act, in order, and no other', { timeout: 90_000 }, async () => {
  const [bad, good] = [await create(), await create()];
  const who = hex32(), other = hex32();
  world.sql(`insert into broken values ('${bad.id}')`);
  const waits = [seat(bad, who), freeze(bad, who), freeze(bad, who), event(bad, 'left', who, { reason: 'leave' })];
  const goes = [seat(good, other), freeze(good, other), freeze(good, other)];
  for (let i = 0; i < waits.length; i++) {
    assert.equal(await tell(waits[i]), 'journal');
    if (goes[i]) assert.equal(await tell(goes[i]), 'database', 'another act goes on');
  }
  assert.deepEqual(order(good), goes.map((e) => e.event));
  const told = await numbers((n) => n.gauges.api_stalled_events === 4);
  assert.deepEqual([told.gauges.api_stalled_acts, told.gauges.api_journal_events], [1, 0]);
  // Each try is one more attempt on the act's first event, with a pause that doubles.
  const second = await numbers((n) => n.counters.api_stalled_retries_total >= 2);
  assert.ok(second.counters.api_stalled_retries_total <= 3);
  assert.equal(order(bad).length, 0);
  world.sql('delete from broken');
  await journalIs(api);
  assert.deepEqual(order(bad), waits.map((e) => e.event), 'in their order');
  assert.equal(world.one(`select state from participant where participant = '${who}'`), 'left');
  assert.equal(await tell(freeze(bad, who)), 'database');
  await numbers((n) => n.gauges.api_stalled_events === 0 && n.gauges.api_stalled_acts === 0 && n.counters.api_stalled_retries_total >= 6);
});

test('what stalled in a replay, or before the worker was started again, keeps its order', { timeout: 90_000 }, async () => {
  const [bad, good] = [await create(), await create()];
  const who = hex32(), other = hex32();
  const first = seat(bad, who), theirs = seat(good, other);
  world.sql(`insert into broken values ('${bad.id}')`);
  await stopPostgres(world);
  assert.equal(await tell(first), 'journal');
  assert.equal(await tell(theirs), 'journal');
  const next = freeze(bad, who);
  assert.equal(await tell(next), 'journal');
  postgres = startPostgresAgain(world);
  await journalIs(api, (health) => health.database && health.journal_events === 2);
  assert.deepEqual(order(good), [theirs.event], 'the journal went on past the one that fails');
  await api.stop();
  api = await startApi(world.config);
  const last = freeze(bad, who);
  assert.equal(await tell(last), 'journal', 'behind those from before');
  world.sql('delete from broken');
  await journalIs(api);
  assert.deepEqual(order(bad), [first.event, next.event, last.event]);
  anne = await signIn(api, 'anne@exemple.fr');
});

test('refused events are counted, listed without a name, and recorded once their cause is mended', { timeout: 90_000 }, async () => {
  const act = { id: randomUUID(), room: hex32() };
  const who = hex32();
  await stopPostgres(world);
  const lost = seat(act, who);
  assert.equal(await tell(lost), 'journal');
  postgres = startPostgresAgain(world);
  await journalIs(api);
  await numbers((n) => n.gauges.api_refused_events === 1 && n.counters.api_refused_events_total === 1);
  const listed = journal('list');
  assert.equal(listed.status, 0, listed.stderr);
  assert.deepEqual(listed.stdout.trim().split('\t'), ['api-0', 'refused', lost.at, 'seat_taken', act.id, lost.event, 'not recorded']);
  assert.doesNotMatch(listed.stdout + listed.stderr, /Anne|Goff/);
  const still = journal('retry');
  assert.equal(still.status, 1, 'its cause is still there');
  assert.match(still.stdout, /refused again/);
  world.sql(`insert into act (id, professional_id, patient_id, structure_id, starts_at, created_by)
    values ('${act.id}', '${ids.anne}', '${ids.jeanne}', '${ids.clisson}', now(), '${ids.anne}')`);
  const mended = journal('retry');
  assert.equal(mended.status, 0, mended.stdout + mended.stderr);
  assert.deepEqual(order(act), [lost.event]);
  assert.equal(journal('retry').status, 0, 'again is the same');
  await numbers((n) => n.gauges.api_refused_events === 0);
  assert.equal(journal('list').stdout, '');
  assert.equal(journal('drop').status, 2);
  assert.equal(world.one("select audit_first_broken('operator')"), '');
  assert.ok(existsSync(world.folder('records/journal/api-0.refused')) && !readFileSync(world.folder('records/journal/api-0.refused')).includes(act.id));
});
