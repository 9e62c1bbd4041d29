// Who waits, by their socket: what they hear when the act moves, changes hands, gets a new link or is
// given up, what the professionals concerned hear, and when a connection that answers nothing is dropped.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { account, Client, mailTo } from '../e2e/support/client.mjs';
import { Server, until } from '../e2e/support/server.mjs';
import { enter as roomOf, patientWaits, socketOf } from '../support/waiting_room.mjs';
import { PONG } from '../support/websocket_client.mjs';

const HOUR = 3600_000, SECOND = 1000;
let server, anne, bruno, brunosMail;
const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

before(async () => {
  server = await Server.start();
  [anne, bruno] = [new Client(server), new Client(server)];
  await anne.signIn(account(server, 'doctor', 0));
  await bruno.signIn(account(server, 'doctor', 1));
  [{ email: brunosMail }] = await server.rows(`select email from person where id = '${bruno.me.person.id}'`);
  assert.ok(brunosMail, 'the demo gives its doctors an address');
}, { timeout: 120_000 });

after(() => server?.stop());

// ---- people with a socket ----

const watch = async (client) => socketOf(server, { ticket: (await client.expect(200, 'POST', '/api/watch', {})).ticket });
const enter = (client, act) => roomOf(server, client, act);
// An act of Anne's for now, and its patient, who came by the link and waits.
async function waiting() {
  const came = await patientWaits(server, anne);
  const { place, host_in } = await came.socket.next(({ type }) => type === 'waiting');
  assert.deepEqual({ place, host_in }, { place: 1, host_in: false });
  return came;
}
// Nothing was said that ends it, and the door still answers: who waits may not chat.
async function stillWaits(socket) {
  socket.send('{"type":"chat","text":"?"}');
  const { code, re } = await socket.next(({ type }) => type === 'error');
  assert.deepEqual({ code, re }, { code: 'order', re: 'chat' });
  assert.ok(!socket.said.some(({ type }) => type === 'bye'));
}
async function isLetIn(socket, host) {
  assert.equal((await socket.next((m) => m.type === 'waiting' && m.host_in)).place, 1);
  host.send(JSON.stringify({ type: 'admit', participant: socket.welcome.you.participant }));
  assert.equal((await socket.next(({ type }) => type === 'admitted')).by, host.welcome.you.participant);
}
const subjects = (address) => mailTo(server, address).map(({ subject }) => subject);

// ---- an act that changes while its patient waits ----

test('who waits hears that the act has moved and to when, is written to, keeps the place and is let in by the same connection', { timeout: 60_000 }, async () => {
  const { act, email, jeanne, socket } = await waiting();
  const annesWatch = await watch(anne);
  const starts_at = new Date(Date.now() + 3 * HOUR).toISOString();
  const moved = await anne.expect(200, 'POST', `/api/acts/${act}/reschedule`, { starts_at, duration_min: 20 });
  for (const who of [socket, annesWatch]) {
    const notice = await who.notice('act.rescheduled');
    assert.deepEqual({ ...notice, detail: Date.parse(notice.detail.starts_at) }, { type: 'notice', act, kind: 'act.rescheduled', detail: Date.parse(starts_at) });
  }
  assert.equal((await jeanne.expect(200, 'GET', '/api/visit')).starts_at, moved.starts_at, 'the page that reads it again shows when');
  await until('a mail with the new time', () => subjects(email).includes('Nouvel horaire de votre téléconsultation'));
  await stillWaits(socket);
  const host = await enter(anne, act);
  await isLetIn(socket, host);
  for (const each of [socket, annesWatch, host]) each.close();
});

test('who waits hears that another professional takes over; that one hears it, is written to once, and lets them in', { timeout: 60_000 }, async () => {
  const { act, email, jeanne, socket } = await waiting();
  const [annesWatch, brunosWatch] = [await watch(anne), await watch(bruno)];
  const before_ = subjects(brunosMail).length;
  await anne.expect(200, 'POST', `/api/acts/${act}/hand-over`, { person: bruno.me.person.id, comment: '' });
  for (const who of [socket, annesWatch, brunosWatch])
    assert.deepEqual(await who.notice('act.handed_over'), { type: 'notice', act, kind: 'act.handed_over', detail: {} });
  const name = bruno.me.person.display_name;
  assert.equal((await jeanne.expect(200, 'GET', '/api/visit')).professional, name, 'the page that reads it again shows who');
  await until('a mail that says who', () => subjects(email).includes(`Votre téléconsultation : ${name} vous recevra`));
  await until('a mail to who takes over', () => subjects(brunosMail).length > before_);
  assert.deepEqual(subjects(brunosMail).slice(before_), ['Une téléconsultation vous est confiée']);
  await stillWaits(socket);
  const host = await enter(bruno, act);
  assert.deepEqual([host.welcome.you.role, host.welcome.state], ['host', 'in']);
  await isLetIn(socket, host);
  for (const each of [socket, annesWatch, brunosWatch, host]) each.close();
});

test('who took an act over hears of its waiting room from then on', { timeout: 60_000 }, async () => {
  const { act, socket } = await waiting();
  await anne.expect(200, 'POST', `/api/acts/${act}/hand-over`, { person: bruno.me.person.id, comment: '' });
  const brunosWatch = await watch(bruno);
  socket.send('{"type":"leave"}');
  assert.equal((await socket.next(({ type }) => type === 'bye')).reason, 'left');
  assert.deepEqual(await brunosWatch.notice('waiting.leave'), { type: 'notice', act, kind: 'waiting.leave', detail: { waiting: 0 } });
  brunosWatch.close();
});

test('who waits keeps the place while the link is renewed and a reminder goes, and is told bye when the act is cancelled', { timeout: 60_000 }, async () => {
  const { act, email, socket } = await waiting();
  await anne.expect(200, 'POST', `/api/acts/${act}/renew-link`, { email: null, phone: null });
  assert.deepEqual(await socket.notice('link.renewed'), { type: 'notice', act, kind: 'link.renewed', detail: {} });
  await stillWaits(socket);
  const count = subjects(email).length;
  await anne.expect(200, 'POST', `/api/acts/${act}/remind`, {});
  await until('a reminder', () => subjects(email).length > count);
  await stillWaits(socket);
  await anne.expect(200, 'POST', `/api/acts/${act}/cancel`, { reason: 'professional', comment: '' });
  assert.equal((await socket.notice('act.cancelled')).act, act);
  assert.equal((await socket.next(({ type }) => type === 'bye')).reason, 'cancelled');
  assert.equal((await socket.closed).code, 4001);
});

// ---- silence ----

const PING = 15 * SECOND, SILENCE = 40 * SECOND, UNDER = 38 * SECOND;
const EARLY = 100, LATE = 10 * SECOND; // the door's clock starts a moment before ours; a busy machine is late
// From now on its pings are seen and stay without answer.
function hush(socket) {
  const { frame } = socket;
  socket.pings = [];
  socket.answer = () => frame(PONG, '');
  socket.frame = (opcode, ...rest) => { if (opcode === PONG) socket.pings.push(Date.now() - socket.openedAt); else frame(opcode, ...rest); };
  return socket;
}
const dropped = async (socket) => ({ ...await socket.closed, after: Date.now() - socket.openedAt });

test('a connection is pinged after 15 s, dropped when it has answered nothing for 40 s, and kept by an answer just before', { timeout: 120_000 }, async () => {
  const { act, socket: patient } = await waiting();
  const silent = hush(patient), talks = hush(await watch(anne)), answers = hush(await watch(anne)), host = await enter(anne, act);
  const ends = [silent, talks].map(dropped);
  const talking = setInterval(() => talks.send('{"type":"fly"}'), 5 * SECOND);
  try {
    await later(UNDER - (Date.now() - answers.openedAt));
    for (const socket of [silent, talks, answers]) {
      assert.equal(socket.pings.length, 1, `pinged at ${socket.pings}`);
      assert.ok(socket.pings[0] > PING - EARLY && socket.pings[0] < PING + LATE, `pinged at ${socket.pings}`);
    }
    answers.answer();
    for (const { code, after } of await Promise.all(ends)) {
      assert.ok(after > SILENCE - EARLY && after < SILENCE + LATE, `dropped after ${after} ms`);
      assert.equal(code, 1006, 'nobody hears a close');
    }
  } finally { clearInterval(talking); }
  await host.next((m) => m.type === 'roster' && m.seats.some((s) => s.participant === silent.welcome.you.participant && s.state === 'away'));
  await later(SILENCE + LATE - (Date.now() - answers.openedAt));
  answers.send('{"type":"leave"}');
  assert.equal((await answers.next(({ type }) => type === 'bye')).reason, 'left', 'its answer came in time');
  host.close();
});
