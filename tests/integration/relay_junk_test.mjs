// What anybody can send to the media port, as fast as one core sends it, while two native
// participants talk through the relay.
// Alone: what a flood costs is judged with both cores.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { NativeSeat } from "../support/native_seat.mjs";
import { RelayDoor, build, newId, sanitized, types } from "../support/relay_door.mjs";
import { openBody, readOffer, writeAnswer } from "../support/relay_sdp.mjs";

const room = newId();
let relay, seats, ufrag;

async function join(number) {
  const seat = new NativeSeat("bare", ["--index", number, "--size", "320x180"]);
  seat.id = newId();
  seat.do("opened");
  await seat.message("hello");
  seat.receive({ type: "welcome", session: "s", kind: "session", you: { participant: seat.id, seat: number, name: "", title: "", role: "host", may: [] }, state: "in", act_state: "live", resume: `token-${number}`, resumed: false, roster: [], chat: [], media_alive: false });
  const { sdp, sources } = await seat.message("offer");
  const offer = readOffer(sdp);
  const reply = await relay.ask(types.PARTICIPANT_OPEN, openBody(offer, seat.id, room, sources));
  ufrag = reply.ice.ufrag;
  seat.receive({ type: "answer", sdp: writeAnswer(offer, reply) });
  await seat.message("media");
  return seat;
}

function watch(receiver, other) {
  const slots = [{ mid: "2", from: other.id, source: "microphone" }, { mid: "10", from: other.id, source: "camera" }];
  relay.tell(types.SLOTS_SET, { participant: receiver.id, slots });
  receiver.receive({ type: "slots", slots: slots.map(s => ({ mid: s.mid, participant: s.from, source: s.source })) });
}

before(async () => {
  relay = await RelayDoor.start(45_000 + Math.floor(Math.random() * 4000));
  seats = [await join(1), await join(2)];
  watch(seats[0], seats[1]);
  watch(seats[1], seats[0]);
  await Promise.all([seats[0].heard(2), seats[1].heard(1), seats[0].seen(2), seats[1].seen(1)]);
});
after(async () => {
  for (const seat of seats ?? []) await seat.stop();
  await relay?.stop();
});

const resident = pid => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
const metrics = () => relay.next(m => m.type === types.METRICS, "metrics", 5_000, true).then(m => m.body.counters);
const link = seat => seat.next(e => e.event === "link", "link", 5_000, true);

test("200,000 junk packets a second for 10 s: calls lose under 0.5 %, memory is flat, every reason is counted", async t => {
  // A sanitized relay is several times slower: it is shown what it can take.
  const wanted = sanitized() ? 20_000 : 200_000;
  const counted = await metrics(), size = resident(relay.pid);
  const start = [await link(seats[0]), await link(seats[1])];
  const junk = spawn(path.join(build, "tests/junk"), [relay.port, wanted, 10, ufrag].map(String), { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  junk.stdout.on("data", piece => (out += piece));
  await new Promise(resolve => junk.on("close", resolve));
  const { sent } = JSON.parse(out);
  const end = [await link(seats[0]), await link(seats[1])], now = await metrics();
  t.diagnostic(`${Math.round(sent / 10)} junk packets a second left`);
  for (let i = 0; i < 2; i++) {
    const got = end[i].packets_in - start[i].packets_in, lost = end[i].lost_in - start[i].lost_in;
    t.diagnostic(`participant ${i + 1}: ${got} packets, ${lost} lost, round trip ${end[i].rtt_ms} ms`);
    assert.ok(got > 400);
    assert.ok(lost <= 0.005 * (got + lost), `${lost} of ${got + lost} lost`);
  }
  await Promise.all([seats[0].heard(2), seats[1].heard(1), seats[0].seen(2), seats[1].seen(1)]);
  const grown = name => (now[`relay_${name}`] ?? 0) - (counted[`relay_${name}`] ?? 0);
  for (const reason of ["unknown_kind", "stun_format", "stun_auth", "address_not_validated"])
    assert.ok(grown(`dropped{reason="${reason}"}`) > 1_000, reason);
  // Each junk packet was counted where it was dropped, or by the kernel where the relay was too slow.
  const dropped = Object.keys(now).filter(k => k.startsWith("relay_dropped{")).reduce((sum, k) => sum + now[k] - (counted[k] ?? 0), 0);
  const kernel = grown("socket_dropped");
  t.diagnostic(`${dropped} dropped by the relay, ${kernel} by the kernel before it`);
  assert.ok(dropped + kernel >= sent * 0.98, `${dropped} + ${kernel} of ${sent}`);
  if (!sanitized()) assert.ok(resident(relay.pid) - size < 1_024, `${resident(relay.pid) - size} kB more`);
});
