import assert from "node:assert/strict";
import { test } from "node:test";
import { DEAD_MS, Pulse, readStats, SILENT_MS, START_MS } from "../src/call/pulse.ts";

test("life is packets: silence is told, then worth a rebuild", () => {
  const pulse = new Pulse(0);
  assert.equal(pulse.look(10, 1000), "alive");
  assert.equal(pulse.look(10, 1000 + SILENT_MS), "alive");
  assert.equal(pulse.look(10, 1001 + SILENT_MS), "silent");
  assert.equal(pulse.look(10, 1001 + DEAD_MS), "dead");
  assert.equal(pulse.look(11, 1002 + DEAD_MS), "alive");
});

test("a connection that never brought anything is dead after its time to start", () => {
  const pulse = new Pulse(0);
  assert.equal(pulse.look(0, START_MS), "starting");
  assert.equal(pulse.look(0, START_MS + 1), "dead");
});

test("a report is read by slot, and everything heard counts as life", () => {
  const facts = readStats(
    new Map<string, Record<string, unknown>>([
      ["a", { type: "inbound-rtp", kind: "video", mid: "13", packetsReceived: 7, framesDecoded: 3, frameHeight: 360, bytesReceived: 900 }],
      ["b", { type: "inbound-rtp", kind: "audio", mid: "5", packetsReceived: 5, totalAudioEnergy: 0.25 }],
      ["c", { type: "outbound-rtp", kind: "video", bytesSent: 100, framesSent: 4, mid: "1", rid: "h", frameHeight: 360 }],
      ["d", { type: "candidate-pair", nominated: true, responsesReceived: 2, currentRoundTripTime: 0.031 }],
      ["e", { type: "codec" }],
    ]),
  );
  assert.equal(facts.heard, 14);
  assert.equal(facts.slots.get("13")?.framesDecoded, 3);
  assert.equal(facts.slots.get("5")?.totalAudioEnergy, 0.25);
  assert.equal(facts.slots.get("13")?.frameHeight, 360);
  assert.equal(facts.framesSent, 4);
  assert.deepEqual(facts.sent, [{ mid: "1", rid: "h", active: true, frameHeight: 360, framesSent: 4, bytes: 100 }]);
  assert.equal(facts.rttMs, 31);
});
