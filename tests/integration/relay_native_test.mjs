// Two native participants through a real relay process: ICE, DTLS, SRTP, Opus and VP8 decoded and
// judged. The test is the server both ways: signalling for the seats, door for the relay.
// Alone: frames are counted against the clock.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NativeSeat } from "../support/native_seat.mjs";
import { RelayDoor, newId, types } from "../support/relay_door.mjs";
import { openBody, readOffer, writeAnswer } from "../support/relay_sdp.mjs";

const room = newId();
let relay, seats;

const audioMids = Array.from({ length: 8 }, (_, i) => String(2 + i));
const videoMids = Array.from({ length: 9 }, (_, i) => String(10 + i));

async function answerOffer(seat, fresh = false) {
  const { sdp, sources } = await seat.message("offer", 10_000, fresh);
  const offer = readOffer(sdp);
  const reply = await relay.ask(types.PARTICIPANT_OPEN, openBody(offer, seat.id, room, sources));
  seat.receive({ type: "answer", sdp: writeAnswer(offer, reply) });
}

async function join(number, ...more) {
  const seat = new NativeSeat("bare", ["--index", number, ...more]);
  seat.id = newId();
  seat.number = number;
  seat.do("opened");
  await seat.message("hello");
  seat.receive({ type: "welcome", session: "s", kind: "session", you: { participant: seat.id, seat: number, name: "", title: "", role: "host", may: [] }, state: "in", act_state: "live", resume: `token-${number}`, resumed: false, roster: [], chat: [], media_alive: false });
  await answerOffer(seat);
  await seat.message("media");
  return seat;
}

function slots(receiver, others) {
  const table = others.flatMap((other, i) => [
    { mid: audioMids[i], from: other.id, source: "microphone" },
    { mid: videoMids[i], from: other.id, source: "camera" },
  ]);
  relay.tell(types.SLOTS_SET, { participant: receiver.id, slots: table });
  receiver.receive({ type: "slots", slots: table.map(s => ({ mid: s.mid, participant: s.from, source: s.source })) });
}

before(async () => {
  relay = await RelayDoor.start(41_000 + Math.floor(Math.random() * 4000));
  seats = [await join(1), await join(2)];
  slots(seats[0], [seats[1]]);
  slots(seats[1], [seats[0]]);
});

after(async () => {
  for (const seat of seats ?? []) await seat.stop();
  await relay?.stop();
});

test("two native participants are connected by ICE and DTLS-SRTP with AES-GCM first", async () => {
  for (const seat of seats) {
    await seat.next(e => e.event === "connection" && e.state === "connected", "connection");
    await relay.state(seat.id, "connected");
    const link = await seat.next(e => e.event === "link" && e.srtp_profile > 0, "link");
    assert.equal(link.srtp_profile, 7); // AEAD_AES_128_GCM
  }
});

test("each hears the other's tone and sees the other's picture move", async () => {
  await Promise.all([seats[0].heard(2), seats[0].seen(2), seats[1].heard(1), seats[1].seen(1)]);
  const seen = await seats[0].next(e => e.event === "seen" && e.slots[0]?.frames > 20, "20 frames");
  assert.equal(seen.slots[0].participant, seats[1].id);
  assert.equal(seen.slots[0].width, 640);
  assert.equal(seen.slots[0].unreadable, 0);
});

test("reports and transport-wide feedback come, round trip is measured, nothing is lost", async () => {
  const link = await seats[0].next(e => e.event === "link" && e.feedback_in > 3 && e.rtt_ms > 0 && e.packets_in > 100, "feedback", 10_000, true);
  assert.ok(link.rtt_ms < 200);
  assert.equal(link.lost_in, 0);
  // the first second told may be a part of one
  await relay.next(m => m.type === types.PARTICIPANT_STATISTICS && m.body.participant === seats[0].id && m.body.rtt_ms !== null && m.body.up.packets > 0 &&
    m.body.sources.some(s => s.source === "camera" && s.frames > 5), "a second's statistics with its frames", 10_000, true);
});

test("a switched off microphone falls silent, the picture goes on, and sound comes back", async () => {
  seats[1].do("media", { microphone: false });
  await seats[0].next(e => e.event === "heard" && e.slots[0]?.silent_ms > 800, "silence", 10_000, true);
  await seats[0].seen(2);
  seats[1].do("media", { microphone: true });
  await seats[0].heard(2);
});

test("a third participant who joins late is heard and seen in the slots that were waiting", async () => {
  const third = await join(3, "--size", "320x180");
  seats.push(third);
  slots(seats[0], [seats[1], third]);
  slots(third, [seats[0], seats[1]]);
  await Promise.all([seats[0].heard(3), seats[0].seen(3), third.heard(1), third.heard(2), third.seen(1), third.seen(2)]);
});

test("slots that swap show the other person without a new offer", async () => {
  const offers = seats[0].events.filter(e => e.event === "offer").length;
  for (let i = 0; i < 4; i++) {
    const order = i % 2 ? [seats[1], seats[2]] : [seats[2], seats[1]];
    slots(seats[0], order);
    await seats[0].next(e => e.event === "seen" && e.slots[0]?.identity === order[0].number && e.slots[1]?.identity === order[1].number, `swap ${i}`, 10_000, true);
    await seats[0].next(e => e.event === "heard" && e.slots[0]?.identity === order[0].number && e.slots[1]?.identity === order[1].number, `sound of swap ${i}`, 10_000, true);
  }
  assert.equal(seats[0].events.filter(e => e.event === "offer").length, offers);
});

test("after media says restart a second connection is built beside the first and swapped in", async () => {
  const seat = seats[0];
  seat.receive({ type: "media", event: "restart" });
  await answerOffer(seat, true);
  slots(seat, [seats[1], seats[2]]);
  slots(seats[1], [seat]);
  const swapped = await seat.event("swapped", 10_000);
  assert.equal(swapped.path, 1);
  await Promise.all([seat.heard(2), seat.seen(2), seats[1].heard(1), seats[1].seen(1)]);
});

test("two native participants over TCP alone hear and see each other, with nothing lost", async () => {
  const pair = [await join(4, "--way", "tcp"), await join(5, "--way", "tcp")];
  seats.push(...pair);
  slots(pair[0], [pair[1]]);
  slots(pair[1], [pair[0]]);
  await Promise.all([pair[0].heard(5), pair[0].seen(5), pair[1].heard(4), pair[1].seen(4)]);
  const link = await pair[0].event("link", 5_000, true);
  assert.equal(link.lost_in, 0);
  const { gauges } = (await relay.next(m => m.type === types.METRICS && m.body.gauges.relay_streams > 0, "connections", 5_000, true)).body;
  assert.ok(gauges.relay_streams >= 2, JSON.stringify(gauges));
});

test("with srtp_library = libsrtp two native participants hear and see each other too", async () => {
  await Promise.all(seats.map(seat => seat.stop()));
  await relay.stop();
  relay = await RelayDoor.start(45_000 + Math.floor(Math.random() * 4000), { lines: "srtp_library = libsrtp\n" });
  seats = [await join(1), await join(2)];
  slots(seats[0], [seats[1]]);
  slots(seats[1], [seats[0]]);
  await Promise.all([seats[0].heard(2), seats[0].seen(2), seats[1].heard(1), seats[1].seen(1)]);
  const { counters, gauges } = (await relay.next(m => m.type === types.METRICS && m.body.counters.relay_packets_forwarded > 100, "forwarded packets", 5_000, true)).body;
  assert.equal(gauges.relay_libsrtp, 1);
  assert.equal(counters['relay_dropped{reason="seal"}'], 0);
  assert.equal(counters['relay_dropped{reason="srtp_auth"}'], 0);
});
