// The place in the queue, as patients of several acts are told it by a whole server: among those who
// wait for the same professional, whatever happens to their acts, and when the door is killed.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { account, Client } from '../e2e/support/client.mjs';
import { Server } from '../e2e/support/server.mjs';
import { enter, patientWaits, socketOf } from '../support/waiting_room.mjs';

const MINUTE = 60_000;
let server, anne, bruno;
const at = (minutes) => new Date(Date.now() + minutes * MINUTE).toISOString();
const admit = (host, { socket }) => host.send(JSON.stringify({ type: 'admit', participant: socket.welcome.you.participant }));

before(async () => {
  server = await Server.start();
  [anne, bruno] = [new Client(server), new Client(server)];
  await anne.signIn(account(server, 'doctor', 0));
  await bruno.signIn(account(server, 'doctor', 1));
}, { timeout: 120_000 });

after(() => server?.stop());

// "2/3": second of three turns; "in": the professional is in the room, "busy": in another call.
const written = (m) => `${m.place}/${m.waiting}${m.host_in ? ' in' : ''}${m.host_busy ? ' busy' : ''}`;
const isTold = ({ socket }, expected) => socket.next((m) => m.type === 'waiting' && written(m) === expected);
async function leave({ socket }) {
  socket.send('{"type":"leave"}');
  await socket.next(({ type }) => type === 'bye');
}

test('two acts of one professional are one queue, by planned time; the second hears of the call with the first', { timeout: 60_000 }, async () => {
  const later = await patientWaits(server, anne, at(10));
  await isTold(later, '1/1');
  const first = await patientWaits(server, anne);
  const message = await isTold(first, '1/2');
  assert.deepEqual(Object.keys(message).sort(), ['host_busy', 'host_in', 'place', 'type', 'waiting']);
  await isTold(later, '2/2');
  const host = await enter(server, anne, first.act);
  await isTold(first, '1/2 in');
  admit(host, first);
  await first.socket.next(({ type }) => type === 'admitted');
  await isTold(later, '1/1 busy');
  host.send('{"type":"end"}');
  assert.equal((await first.socket.next(({ type }) => type === 'bye')).reason, 'ended');
  await isTold(later, '1/1');
  await leave(later);
});

test('an act that is moved, handed over or cancelled changes the places of both queues', { timeout: 60_000 }, async () => {
  const [a, b, c] = [await patientWaits(server, anne), await patientWaits(server, anne, at(10)), await patientWaits(server, bruno, at(5))];
  await isTold(a, '1/2');
  await isTold(b, '2/2');
  await isTold(c, '1/1');
  await anne.expect(200, 'POST', `/api/acts/${a.act}/reschedule`, { starts_at: at(20), duration_min: 20 });
  await isTold(b, '1/2');
  await isTold(a, '2/2');
  await anne.expect(200, 'POST', `/api/acts/${b.act}/hand-over`, { person: bruno.me.person.id, comment: '' });
  await isTold(a, '1/1');
  await isTold(c, '1/2');
  await isTold(b, '2/2');
  await bruno.expect(200, 'POST', `/api/acts/${c.act}/cancel`, { reason: 'professional', comment: '' });
  assert.equal((await c.socket.next(({ type }) => type === 'bye')).reason, 'cancelled');
  await isTold(b, '1/1');
  await leave(a);
  await leave(b);
});

test('a door that was killed tells who comes back first the place it had, before the others are back', { timeout: 90_000 }, async () => {
  const caller = await patientWaits(server, anne), host = await enter(server, anne, caller.act);
  admit(host, caller);
  await caller.socket.next(({ type }) => type === 'admitted');
  const first = await patientWaits(server, anne), second = await patientWaits(server, anne, at(10));
  await isTold(first, '1/2 busy');
  await isTold(second, '2/2 busy');
  await server.kill('door');
  const back = async (who) => ({ socket: await socketOf(server, { resume: who.socket.welcome.resume }) });
  const secondBack = await back(second);
  assert.equal(secondBack.socket.welcome.resumed, true);
  assert.equal(written(await secondBack.socket.next(({ type }) => type === 'waiting')), '2/2 busy', 'and nothing else before');
  const firstBack = await back(first);
  assert.equal(written(await firstBack.socket.next(({ type }) => type === 'waiting')), '1/2 busy');
  await leave(firstBack);
  await isTold(secondBack, '1/1 busy');
  await leave(secondBack);
});
