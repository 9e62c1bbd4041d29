import assert from "node:assert/strict";
import { test } from "node:test";
import { MediaLink } from "../src/call/connection.ts";
import { RedWriter } from "../src/call/red.ts";
import { Redundancy, type Wrapper } from "../src/call/redundancy.ts";

const frame = (...bytes: number[]) => new Uint8Array(bytes).buffer as ArrayBuffer;
const bytes = (packet: ArrayBuffer) => [...new Uint8Array(packet)];

test("RED: a frame alone, then with the one before it (RFC 2198 section 3)", () => {
  const red = new RedWriter();
  assert.deepEqual(bytes(red.write(109, 4_294_967_000, frame(1, 2), true)), [109, 1, 2]); // none before
  assert.deepEqual(bytes(red.write(109, 664, frame(3), true)), [0x80 | 109, 960 >> 6, 0, 2, 109, 1, 2, 3]);
  assert.deepEqual(bytes(red.write(109, 1624, frame(4), false)), [109, 4]);
  assert.deepEqual(bytes(red.write(109, 2585, frame(5), true)), [0x80 | 109, 961 >> 6, (961 & 63) << 2, 1, 109, 4, 5]);
});

test("RED: what its fields cannot hold is left out", () => {
  const red = new RedWriter();
  const large = new Uint8Array(1024).buffer as ArrayBuffer;
  red.write(109, 0, frame(1), true);
  assert.equal(bytes(red.write(109, 0x4000, frame(2), true))[0], 109); // too long ago
  assert.equal(bytes(red.write(109, 0x4000, frame(2), true))[0], 109); // the same moment again
  red.write(109, 0x5000, large, true);
  assert.equal(bytes(red.write(109, 0x5001, frame(3), true))[0], 109); // too large
  red.write(109, 0x6000, large.slice(1), true);
  const full = bytes(red.write(109, 0x6000 + 0x3fff, frame(4), true));
  assert.deepEqual(full.slice(0, 5), [0x80 | 109, 0xff, 0xff, 0xff, 109]);
  assert.equal(full.length, 5 + 1023 + 1);
});

function wrapper() {
  const said: unknown[] = [];
  const w: Wrapper = { onmessage: null, onerror: null, postMessage: (message) => said.push(message) };
  let giveUp = () => {};
  const redundancy = new Redundancy(w, () => "transform", (act) => (giveUp = act));
  return { w, said, redundancy, giveUp: () => giveUp() };
}

test("RED: frames go twice while the way up loses and a minute after", () => {
  const { redundancy, said } = wrapper();
  redundancy.judge(0.01, 0);
  assert.deepEqual(said, []);
  redundancy.judge(0.02, 1_000);
  redundancy.judge(0, 60_999);
  assert.deepEqual(said, [true]);
  redundancy.judge(0, 61_000);
  assert.deepEqual(said, [true, false]);
});

async function offered(redundancy: Redundancy | null) {
  const made: { kind: string; direction: string; sender: { transform?: unknown } }[] = [];
  const peer = {
    localDescription: { sdp: "offer" },
    addTransceiver(kind: string, { direction }: { direction: string }) {
      const sender = { track: null };
      made.push({ kind, direction, sender });
      return { mid: String(made.length - 1), direction, sender, receiver: {} };
    },
    createOffer: async () => ({ type: "offer", sdp: "offer" }),
    setLocalDescription: async () => {},
  };
  const link = new MediaLink({
    make: () => peer as unknown as RTCPeerConnection,
    layers: false,
    capabilities: { audio: [], video: [], redundancy },
    onNegotiation: () => {},
    onTrack: () => {},
  });
  await link.prepare({});
  const wrapped = made.filter((t) => t.sender.transform === "transform").map((t) => `${t.kind} ${t.direction}`);
  return { wrapped, redundant: (await link.offer()).redundant };
}

test("RED: both sounds that leave are wrapped before the offer, which says so", async () => {
  const { w, redundancy } = wrapper();
  w.onmessage?.({ data: "ready" });
  assert.deepEqual(await offered(redundancy), {
    wrapped: ["audio sendonly", "audio sendonly"],
    redundant: ["microphone", "instrument_audio"],
  });
});

test("RED: without a wrapper, or with one that does not come, sound leaves as it is and nothing is said", async () => {
  const none = { wrapped: [], redundant: undefined };
  assert.deepEqual(await offered(null), none);
  const late = wrapper();
  late.giveUp();
  assert.deepEqual(await offered(late.redundancy), none);
  const broken = wrapper();
  broken.w.onerror?.({});
  assert.deepEqual(await offered(broken.redundancy), none);
});
