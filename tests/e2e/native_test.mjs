// Native participants (teleloire-seat) on a whole server: what a lost socket, a killed relay and a
// killed door cost a call, told by what is heard and seen; five in one process.
// Alone: frames are counted against the clock.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { NativeSeat } from "../support/native_seat.mjs";
import { Client, invitation } from "./support/client.mjs";
import { makeAct } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server, scene, doctor, patient;

function seat(index, tickets, ...more) {
  return new NativeSeat("join", ["--url", `wss://localhost:${server.port}/ws`, "--ca", path.join(server.var, "certs/authority.crt"),
    "--index", index, ...tickets.flatMap(ticket => ["--ticket", ticket]), ...more]);
}

const admitted = new Set();

// Whoever waits and has not been let in yet.
async function admitNext() {
  const news = event => event.event === "roster" && event.seats.find(s => s.state === "waiting" && !admitted.has(s.participant));
  const { participant } = news(await doctor.next(news, "somebody who waits"));
  admitted.add(participant);
  doctor.do("admit", { participant });
}

// The visit of somebody who was sent a link: consent given when it is theirs to give.
async function visit(email) {
  const client = new Client(server);
  const { link, code } = await until("link and code", async () => {
    const found = await invitation(server, email, 0);
    return found.link && found.code ? found : null;
  });
  const answer = await client.expect(200, "POST", "/api/invitations/code", { token: link.split("#")[1], code });
  client.csrf = answer.csrf;
  if (answer.visit.consent.needed)
    await client.expect(200, "POST", "/api/visit/consent", { given: true, by: "patient", text_version: answer.visit.consent.text_version });
  return client;
}

const joinVisit = async client => (await client.expect(200, "POST", "/api/visit/join", {})).ticket;

before(async () => {
  server = await Server.start({ relays: 1 });
  scene = await makeAct(server);
  doctor = seat(1, [(await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/join`, {})).ticket]);
  await doctor.next(e => e.event === "state" && e.state === "in", "the session");
  patient = seat(2, [await joinVisit(await visit(scene.email))]);
  await admitNext();
  await Promise.all([doctor.heard(2), doctor.seen(2), patient.heard(1), patient.seen(1)]);
}, { timeout: 120_000 });

after(async () => {
  await doctor?.stop();
  await patient?.stop();
  await server?.stop();
});

// Milliseconds until each hears and sees the other again, on a connection not older than now.
async function again() {
  const began = Date.now();
  await Promise.all([doctor.heard(2), doctor.seen(2), patient.heard(1), patient.seen(1)]);
  return Date.now() - began;
}

test("a server whose authority is not trusted is refused", async () => {
  const stranger = new NativeSeat("join", ["--url", `wss://localhost:${server.port}/ws`, "--ca", "/etc/ssl/certs/ca-certificates.crt", "--ticket", "x"]);
  await stranger.event("not_connected");
  await stranger.stop();
});

test("a dropped socket comes back with the resume token, same seat, and the media goes on all the while", async () => {
  const before = doctor.events.findLast(e => e.event === "link").packets_in;
  const welcome = doctor.events.find(e => e.event === "welcome");
  doctor.do("drop");
  const resumed = await doctor.next(e => e.event === "welcome" && e.resumed, "welcome back");
  assert.equal(resumed.you.participant, welcome.you.participant);
  assert.equal(resumed.media_alive, true);
  await again();
  const link = await doctor.event("link", 5_000, true);
  assert.ok(link.packets_in > before);
  assert.equal(link.lost_in, 0);
  assert.equal(doctor.events.filter(e => e.event === "offer").length, 1, "no new offer");
});

test("a killed relay costs a second connection beside the first, and under three seconds", async () => {
  const swaps = [doctor, patient].map(s => s.next(e => e.event === "swapped", "swap", 20_000, true));
  const killed = Date.now();
  await server.kill("relay");
  await Promise.all(swaps);
  await again();
  const took = Date.now() - killed;
  assert.ok(took < 3_000, `${took} ms`);
});

test("a killed door is found again by the resume token while sound and picture go on", async () => {
  const welcomes = [doctor, patient].map(s => s.next(e => e.event === "welcome" && e.resumed, "welcome back", 20_000, true));
  await server.kill("door");
  const [welcome] = await Promise.all(welcomes);
  assert.equal(welcome.state, "in");
  await again();
});

test("what a host decided stays when the door is killed: who was muted, and whose identity was checked", { timeout: 60_000 }, async () => {
  const { participant } = patient.events.findLast(e => e.event === "welcome").you;
  const roster = (seat, what, wanted, fresh = false) => seat.next(e => e.event === "roster" &&
    e.seats.some(s => s.participant === participant && s.state === "in" && wanted(s)), what, 20_000, fresh);
  doctor.do("send", { message: { type: "mute", participant, source: "microphone", muted: true } });
  doctor.do("send", { message: { type: "identity", participant, checked: true } });
  await roster(doctor, "muted and checked", s => s.muted.join() === "microphone" && s.identity_checked);
  const silence = () => doctor.next(e => e.event === "heard" && e.slots.every(s => s.participant !== participant || s.silent_ms > 1_500), "silence", 20_000, true);
  await silence();

  const welcomes = [doctor, patient].map(s => s.next(e => e.event === "welcome" && e.resumed, "welcome back", 20_000, true));
  const both = roster(doctor, "muted and checked still", s => s.muted.join() === "microphone" && s.identity_checked, true);
  const own = roster(patient, "the patient's own roster", s => s.muted.join() === "microphone", true);
  await server.kill("door");
  await Promise.all([...welcomes, both, own]);
  await doctor.next(e => e.event === "seen" && e.slots.some(s => s.participant === participant && s.silent_ms < 500), "the picture goes on", 20_000, true);
  await silence(); // the relay still drops what the patient says

  doctor.do("send", { message: { type: "identity", participant, checked: false } });
  await roster(doctor, "taken back", s => !s.identity_checked, true);
  const rows = await server.rows(`select type from act_event where act_id = '${scene.act.id}' and type like 'identity%' order by at`);
  assert.deepEqual(rows.map(row => row.type), ["identity_checked", "identity_unchecked"]);
  doctor.do("send", { message: { type: "mute", participant, source: "microphone", muted: false } });
  await doctor.heard(2);
});

test("a participant over the pages' own port, through the door, hears and is heard", { timeout: 60_000 }, async () => {
  const email = `door-${Date.now()}@exemple.fr`;
  await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/invite`, { name: "Par la porte", role: "helper", email, phone: null });
  const third = seat(8, [await joinVisit(await visit(email))], "--way", "shared");
  await admitNext();
  await Promise.all([third.heard(1), third.seen(1), doctor.heard(8), doctor.seen(8)]);
  third.do("leave");
  await third.stop();
});

test("an equipment test is judged by the examiner from what came through the relay", { timeout: 60_000 }, async () => {
  const { email } = await makeAct(server, { client: scene.client, doctor: scene.doctor });
  const client = await visit(email);
  const { ticket } = await client.expect(200, "POST", "/api/visit/test", {});
  const tester = seat(9, [ticket]);
  await tester.next(e => e.event === "connection" && e.state === "connected", "connection");
  await tester.heard(9); // the echo of oneself
  tester.do("send", { message: { type: "test", step: "begin" } });
  let progress = 0;
  await tester.next(e => e.event === "test" && e.what === "progress" && ++progress > 12, "three seconds of progress", 20_000);
  tester.do("send", { message: { type: "test", step: "down" } });
  const down = await tester.next(e => e.event === "test" && e.what === "down", "what the link carries down", 20_000);
  assert.ok(down.detail.steps.some(step => step.received_kbps > 200), JSON.stringify(down.detail));
  tester.do("send", { message: { type: "test", step: "end" } });
  const { detail } = await tester.next(e => e.event === "test" && e.what === "verdict", "verdict", 20_000);
  assert.equal(detail.audio.verdict, "good");
  assert.equal(detail.video.verdict, "good");
  assert.ok(detail.network.verdict !== "none");
  await tester.stop();
});

test("five native seats in one process hear and see the doctor and each other", { timeout: 90_000 }, async () => {
  const guests = [];
  for (const role of ["helper", "interpreter", "nurse", "guardian", "helper"]) {
    const email = `guest-${guests.length}-${Date.now()}@exemple.fr`;
    await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/invite`, { name: `Invité ${guests.length}`, role, email, phone: null });
    guests.push(await visit(email));
  }
  const tickets = [];
  for (const guest of guests) tickets.push(await joinVisit(guest));
  const five = seat(3, tickets, "--size", "320x180", "--fps", 10, "--kbps", 150);
  for (let i = 0; i < 5; i++) await admitNext();
  const everybody = [1, 2, 3, 4, 5, 6, 7];
  for (let i = 0; i < 5; i++) {
    const others = everybody.filter(n => n !== 3 + i);
    await five.next(e => e.event === "heard" && e.seat === i && others.every(n => e.slots.some(s => s.identity === n)), `all the sound for seat ${i}`, 30_000, true);
    await five.next(e => e.event === "seen" && e.seat === i && others.every(n => e.slots.some(s => s.identity === n && s.moved > 5)), `all the pictures for seat ${i}`, 30_000, true);
  }
  await five.stop();
});
