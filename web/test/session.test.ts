import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIO_SLOTS, keepCodecs, SOURCES, VIDEO_SLOTS } from "../src/call/connection.ts";
import { ANSWER_MS, CHECKS_MS, QUIET_MS } from "../src/call/recovery.ts";
import { type FakePeer, FakeTrack, offersOf, setUp } from "./peer.ts";
import { settle, welcome } from "./support.ts";

async function inCall() {
  const s = await setUp();
  s.socket().open();
  s.socket().say(welcome());
  await settle();
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  return s;
}

const camera = () => new FakeTrack("video", "camera") as unknown as MediaStreamTrack;

test("one offer reserves every sender and every slot", async () => {
  const s = await inCall();
  const [offer, ...more] = s.socket().of("offer");
  assert.equal(more.length, 0);
  assert.deepEqual(offer?.sources, { microphone: "0", camera: "1", screen: "2", instrument: "3", instrument_audio: "4" });
  const directions = s.peer().transceivers.map((t) => t.direction);
  assert.equal(directions.filter((d) => d === "sendonly").length, SOURCES.length);
  assert.equal(directions.filter((d) => d === "recvonly").length, AUDIO_SLOTS + VIDEO_SLOTS);
  assert.ok(directions.length <= 30);
});

test("who waits sends no offer until admitted", async () => {
  const s = await setUp();
  s.socket().open();
  s.socket().say(welcome({ state: "waiting" }));
  await settle();
  assert.equal(s.call.phase.value, "waiting");
  assert.equal(s.peers.length, 0);
  s.socket().say({ type: "admitted", by: "host" });
  await settle();
  assert.equal(s.call.phase.value, "in");
  assert.equal(s.socket().of("offer").length, 1);
});

test("turning things on and off later never negotiates", async () => {
  const s = await inCall();
  await s.call.setTrack("camera", camera());
  await s.call.setTrack("screen", camera());
  await s.call.setTrack("screen", null);
  s.socket().say({ type: "slots", slots: [{ mid: "13", participant: "q", source: "camera" }] });
  await settle();
  assert.equal(s.peer().offers, 1);
  assert.equal(s.call.negotiations, 0);
  assert.equal(s.socket().of("offer").length, 1);
});

test("a negotiation wanted after the answer is counted", async () => {
  const s = await inCall();
  const error = console.error;
  console.error = () => {};
  s.peer().onnegotiationneeded?.();
  console.error = error;
  assert.equal(s.call.negotiations, 1);
});

test("the media said is what is on, and it is said again after a resume", async () => {
  const s = await inCall();
  await s.call.setTrack("camera", camera());
  assert.equal(s.socket().of("media").at(-1)?.camera, true);
  s.socket().fall(1006);
  await s.clock.run(0);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  assert.equal(s.socket().of("media").at(-1)?.camera, true);
});

test("a resumed socket with living media sends no new offer", async () => {
  const s = await inCall();
  s.socket().fall(1006);
  assert.equal(s.call.line.value, "reconnecting");
  await s.clock.run(0);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.equal(s.peers.length, 1);
  assert.equal(s.call.line.value, "ok");
});

test("a restart is answered beside the old connection, which stays until the first frame", async () => {
  const s = await inCall();
  s.socket().say({ type: "slots", slots: [{ mid: "13", participant: "q", source: "camera" }] });
  const old = s.peer();
  s.socket().say({ type: "media", event: "restart" });
  await settle();
  assert.equal(s.peers.length, 2);
  s.socket().say({ type: "answer", sdp: "answer" });
  await s.clock.run(300);
  assert.equal(old.closed, false, "the old picture stays");
  assert.equal(s.call.pc as unknown, old);
  s.peer().heard = 20;
  s.peer().frames = 1;
  await s.clock.run(200);
  assert.equal(s.call.pc as unknown, s.peer());
  assert.equal(old.closed, false, "others may still be at the other end of it");
  await s.clock.run(3000);
  assert.equal(old.closed, true);
  assert.equal(s.call.line.value, "ok");
  assert.equal(s.call.negotiations, 0);
});

test("for a relay that died nothing more is encoded, and another is used as soon as it answers", async () => {
  const s = await inCall();
  await s.call.setTrack("camera", camera());
  await s.call.setTrack("microphone", new FakeTrack("audio", "microphone") as unknown as MediaStreamTrack);
  s.socket().say({ type: "slots", slots: [{ mid: "13", participant: "q", source: "camera" }] });
  const old = s.peer();
  s.socket().say({ type: "media", event: "restart", media_alive: false });
  await settle();
  assert.ok(old.transceivers.every((t) => t.sender.track === null), "the old one encodes nothing");
  await s.call.setTrack("camera", camera());
  assert.ok(old.transceivers.every((t) => t.sender.track === null), "whatever is switched on meanwhile");
  assert.equal(s.call.pc as unknown, old);
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  assert.equal(s.call.pc as unknown, s.peer(), "without a look");
  assert.equal(s.call.line.value, "restarting", "until something arrives");
  s.socket().say({ type: "media", event: "connected" });
  assert.equal(s.call.line.value, "ok");
  assert.equal(s.peer().transceivers.filter((t) => t.sender.track).length, 2);
  await s.clock.run(3000);
  assert.equal(old.closed, true);
  assert.equal(s.call.rebuilds, 1);
});

test("a path that is up before the browser has taken the answer ends the word of a restart all the same", async () => {
  const s = await inCall();
  s.socket().say({ type: "media", event: "restart", media_alive: false });
  await settle();
  s.socket().say({ type: "answer", sdp: "answer" });
  s.socket().say({ type: "media", event: "connected" });
  assert.equal(s.call.line.value, "restarting");
  await settle();
  assert.equal(s.call.line.value, "ok");
});

test("a cut socket is said until it is back, however well the media goes on", async () => {
  const s = await inCall();
  s.peer().heard = 5;
  await s.clock.run(1000);
  s.socket().fall(1006);
  for (let i = 0; i < 4; i += 1) {
    s.peer().heard += 50;
    await s.clock.run(1000);
    assert.equal(s.call.line.value, "reconnecting");
  }
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.equal(s.call.line.value, "ok");
});

test("a spare connection is made while the call is calm, offered to nobody until the next restart, and renewed with its servers", async () => {
  const s = await inCall();
  assert.equal(s.made.length, 1);
  await s.clock.run(5000);
  assert.equal(s.made.length, 2);
  const spare = s.made[1] as FakePeer;
  assert.equal(spare.transceivers.length, SOURCES.length + AUDIO_SLOTS + VIDEO_SLOTS);
  assert.equal(spare.localDescription, null);
  s.socket().say({ type: "media", event: "restart", media_alive: false });
  await settle();
  assert.equal(s.made.length, 2, "nothing is made while somebody waits");
  assert.equal(s.peer(), spare);
  assert.equal(spare.transceivers.length, SOURCES.length + AUDIO_SLOTS + VIDEO_SLOTS);
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  await s.clock.run(5000);
  assert.equal(s.made.length, 3, "and another for the next time");
  const servers = [{ urls: ["turns:h:443"], username: "u", credential: "c" }];
  s.socket().say({ type: "admitted", by: "q", ice_servers: servers });
  assert.deepEqual(s.made[2]?.configuration.iceServers, servers, "other servers, the same spare");
  assert.equal(s.made[2]?.closed, false);
  Object.assign(s.made[2] as FakePeer, { setConfiguration: undefined });
  s.socket().say({ type: "admitted", by: "q", ice_servers: [] });
  assert.equal(s.made[2]?.closed, true, "an engine that keeps its servers for life: another spare");
  await s.clock.run(5000);
  assert.equal(s.made.length, 4);
  assert.deepEqual(s.made[3]?.configuration.iceServers, []);
  s.socket().say({ type: "admitted", by: "q", ice_servers: [] });
  await s.clock.run(5000);
  assert.equal(s.made.length, 4, "the same servers, the same spare");
  s.call.leave();
  assert.ok(s.made.every((p) => p.closed));
});

test("a relay that still forwards is left when the other carries all that flows", async () => {
  const s = await inCall();
  const old = s.peer();
  s.socket().say({ type: "slots", slots: [{ mid: "13", participant: "q", source: "camera" }] });
  old.also = 4;
  s.socket().say({ type: "media", event: "restart", media_alive: true });
  await settle();
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  for (let i = 0; i < 4; i += 1) {
    old.heard += 10;
    old.also += 5;
    s.peer().heard = 20;
    s.peer().frames = 1;
    await s.clock.run(100);
  }
  assert.equal(s.call.pc as unknown, old, "a sound is still only there");
  s.peer().also = 1;
  old.heard += 10;
  old.also += 5;
  await s.clock.run(100);
  assert.equal(s.call.pc as unknown, s.peer());
});

test("what is switched off after the swap is taken off the old connection too", async () => {
  const s = await inCall();
  await s.call.setTrack("camera", camera());
  const old = s.peer();
  s.socket().say({ type: "media", event: "restart" });
  await settle();
  s.socket().say({ type: "answer", sdp: "answer" });
  s.peer().heard = 20;
  s.peer().frames = 1;
  await s.clock.run(400);
  assert.equal(s.call.pc as unknown, s.peer());
  await s.call.setTrack("camera", null);
  assert.equal(old.transceivers[1]?.sender.track, null);
});

test("the tracks sent follow to the new connection", async () => {
  const s = await inCall();
  const track = camera();
  await s.call.setTrack("camera", track);
  s.socket().say({ type: "media", event: "restart" });
  await settle();
  assert.equal(s.peer().transceivers[1]?.sender.track, track);
});

/** In a call that heard something, then nothing, long enough for a restart. */
async function silent() {
  const s = await inCall();
  s.peer().heard = 5;
  await s.clock.run(2000);
  assert.equal(s.call.line.value, "ok");
  await s.clock.run(QUIET_MS);
  return s;
}

test("media that falls silent looks for another path of the same connection first", async () => {
  const s = await silent();
  assert.deepEqual(
    offersOf(s.socket()),
    ["offer of pc0, ICE 0", "offer of pc0, ICE 1"],
  );
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  s.peer().heard = 9;
  await s.clock.run(20_000);
  s.peer().heard = 10;
  assert.equal(s.peers.length, 1);
  assert.equal(s.call.negotiations, 0);
});

test("one silence asks for one restart, and a later one for another", async () => {
  const s = await silent();
  await s.clock.run(500);
  assert.equal(s.call.restarts, 1);
  s.socket().say({ type: "answer", sdp: "answer" });
  s.peer().heard = 9;
  await s.clock.run(2000);
  assert.equal(s.call.line.value, "ok");
  await s.clock.run(QUIET_MS - 1000);
  assert.equal(s.call.restarts, 2);
  assert.equal(s.sockets.length, 1);
});

test("a restart nobody answers comes again by a fresh socket", async () => {
  const s = await silent();
  await s.clock.run(ANSWER_MS);
  assert.equal(s.sockets.length, 2);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.deepEqual(
    offersOf(s.socket()),
    ["offer of pc0, ICE 1"],
    "the very offer whose answer is owed",
  );
  s.socket().say({ type: "answer", sdp: "answer" });
  s.peer().heard = 9;
  await s.clock.run(2000);
  assert.equal(s.call.line.value, "ok");
  assert.equal(s.peers.length, 1);
});

test("a restart that brings nothing is followed by a rebuild through a fresh socket", async () => {
  const s = await silent();
  s.socket().say({ type: "answer", sdp: "answer" });
  await s.clock.run(CHECKS_MS + 1000);
  assert.equal(s.sockets.length, 2);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.equal(s.peers.length, 2, "the relay lives but our path does not");
});

test("a restart the server refuses is followed by a rebuild", async () => {
  const s = await silent();
  s.socket().say({ type: "error", code: "order", field: null, message: "", fatal: false, re: "offer" });
  await s.clock.run(0);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.equal(s.peers.length, 2);
});

test("a network that changed restarts at once, and once", async () => {
  const s = await inCall();
  s.peer().heard = 5;
  await s.clock.run(1000);
  s.call.networkChanged();
  s.call.networkChanged();
  await settle();
  assert.equal(s.socket().of("offer").length, 2);
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  s.peer().heard = 6;
  await s.clock.run(1000);
  s.call.networkChanged();
  await settle();
  assert.equal(s.socket().of("offer").length, 3);
});

test("a socket that comes back after a silence brings a restart along", async () => {
  const s = await inCall();
  s.peer().heard = 5;
  await s.clock.run(1000);
  s.socket().fall(1006);
  await s.clock.run(2000);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.equal(s.peers.length, 1);
  assert.deepEqual(offersOf(s.socket()), ["offer of pc0, ICE 1"]);
});

test("a relay that dies during a restart is replaced as ever", async () => {
  const s = await silent();
  s.socket().say({ type: "media", event: "restart" });
  await settle();
  assert.equal(s.peers.length, 2);
  s.socket().say({ type: "answer", sdp: "answer" });
  s.peer().heard = 3;
  await s.clock.run(500);
  assert.equal(s.call.pc as unknown, s.peer());
});

test("audio first takes the camera off the wire, says so, and gives it back", async () => {
  const s = await inCall();
  const track = camera();
  await s.call.setTrack("camera", track);
  await s.call.setAudioFirst(true);
  assert.equal(s.peer().transceivers[1]?.sender.track, null);
  assert.equal(s.socket().of("link").at(-1)?.audio_first, true);
  assert.equal(s.socket().of("media").at(-1)?.camera, false);
  await s.call.setAudioFirst(false);
  assert.equal(s.peer().transceivers[1]?.sender.track, track);
  assert.equal(s.socket().of("media").at(-1)?.camera, true);
});

test("audio first is advised after a poor link lasts, and not again at once", async () => {
  const s = await inCall();
  const poor = { type: "quality", links: [{ participant: "me", grade: "poor", rtt_ms: 300, up: null, down: null }] };
  s.socket().say(poor);
  assert.equal(s.call.advice.value, false);
  s.socket().say(poor);
  assert.equal(s.call.advice.value, true);
  s.call.dismissAdvice();
  s.socket().say(poor);
  assert.equal(s.call.advice.value, false);
});

test("the end of the session closes everything and stops every timer", async () => {
  const s = await inCall();
  s.socket().say({ type: "bye", reason: "ended" });
  s.socket().fall(4001);
  assert.equal(s.call.phase.value, "ended");
  assert.equal(s.call.why.value, "ended");
  assert.equal(s.peer().closed, true);
  assert.equal(s.clock.waiting, 0);
});

test("an offer refused because the relay is away is sent again", async () => {
  const s = await setUp();
  s.socket().open();
  s.socket().say(welcome());
  await settle();
  s.socket().say({ type: "error", code: "away", field: null, message: "", fatal: false, re: "offer" });
  await s.clock.run(1100);
  assert.equal(s.socket().of("offer").length, 2);
});

test("an offer refused because the relay has no room is told, and sent again", async () => {
  const s = await setUp();
  s.socket().open();
  s.socket().say(welcome());
  await settle();
  s.socket().say({ type: "error", code: "busy", field: null, message: "Complet.", fatal: false, re: "offer" });
  assert.equal(s.call.problem.value, "Complet.");
  assert.notEqual(s.call.line.value, "failed");
  await s.clock.run(1100);
  assert.equal(s.socket().of("offer").length, 2);
});

const cameraAsked = (s: { peer(): FakePeer }) => s.peer().asked[1]?.sendEncodings;

test("the camera is offered in three layers from the smallest, everything else as one stream", async () => {
  const s = await inCall();
  assert.deepEqual(
    cameraAsked(s)?.map((e) => [e.rid, e.scaleResolutionDownBy, e.maxBitrate, e.scalabilityMode]),
    [
      ["q", 4, 150_000, "L1T2"],
      ["h", 2, 500_000, "L1T2"],
      ["f", 1, 1_700_000, "L1T2"],
    ],
  );
  assert.equal(s.peer().asked.filter((a) => a.sendEncodings).length, 1);
});

test("an engine that refuses an option is asked for less, and one stream is a call too", async () => {
  const asked = async (refuses: FakePeer["refuses"]) => {
    const s = await setUp((peer) => (peer.refuses = refuses));
    s.socket().open();
    s.socket().say(welcome());
    await settle();
    assert.equal(s.socket().of("offer").length, 1);
    return cameraAsked(s);
  };
  const plain = await asked((init) => init.sendEncodings?.some((e) => e.scalabilityMode) ?? false);
  assert.deepEqual(plain?.map((e) => [e.rid, e.scalabilityMode]), [["q", undefined], ["h", undefined], ["f", undefined]]);
  assert.equal(await asked((init) => init.sendEncodings !== undefined), undefined);
});

test("how large pictures are shown is said once things stand still, and only what changed", async () => {
  const s = await inCall();
  s.socket().say({ type: "slots", slots: [{ mid: "13", participant: "q", source: "camera" }] });
  s.call.show("q", "camera", { width: 320, height: 192 });
  s.call.show("q", "camera", { width: 1280, height: 720 });
  await s.clock.run(250);
  assert.deepEqual(s.socket().of("view"), [{ type: "view", sizes: [{ mid: "13", width: 1280, height: 720 }] }]);
  s.call.show("q", "camera", { width: 1280, height: 720 });
  await s.clock.run(1000);
  assert.equal(s.socket().of("view").length, 1);
  s.call.hide(true);
  await s.clock.run(250);
  assert.deepEqual(s.socket().of("view").at(-1)?.sizes, [{ mid: "13", width: 0, height: 0 }]);
});

test("a server met again is told all sizes again", async () => {
  const s = await inCall();
  s.socket().say({ type: "slots", slots: [{ mid: "13", participant: "q", source: "camera" }] });
  s.call.show("q", "camera", { width: 1280, height: 720 });
  await s.clock.run(250);
  s.socket().fall(1006);
  await s.clock.run(0);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await s.clock.run(250);
  assert.deepEqual(s.socket().of("view").at(-1)?.sizes, [{ mid: "13", width: 1280, height: 720 }]);
});

test("a line that carries only sound is said once it lasts, and the end of it once", async () => {
  const s = await inCall();
  const carries = (video: string | null) =>
    s.socket().say({
      type: "quality",
      links: [{ participant: "me", grade: "poor", rtt_ms: 30, up: null, down: { kbps: 50, loss: 0, estimate_kbps: 60, video } }],
    });
  carries("none");
  assert.equal(s.call.pictures.value, "shown", "a moment is not worth a word");
  carries("none");
  assert.equal(s.call.pictures.value, "none");
  assert.equal(s.call.advice.value, false, "no advice to do what is done already");
  carries("reduced");
  assert.equal(s.call.pictures.value, "back");
  await s.clock.run(6100);
  assert.equal(s.call.pictures.value, "shown");
  carries("none");
  carries("none");
  carries(null);
  assert.equal(s.call.pictures.value, "shown", "nobody's camera is wanted any more");
});

test("only Opus, VP8 and its retransmissions are offered", () => {
  const video = ["video/VP8", "video/rtx", "video/H264", "video/AV1", "video/red"].map((mimeType) => ({ mimeType }));
  assert.deepEqual(
    keepCodecs("video", video).map((c) => c.mimeType),
    ["video/VP8", "video/rtx"],
  );
  assert.deepEqual(keepCodecs("audio", [{ mimeType: "audio/PCMU" }, { mimeType: "audio/opus" }]), [{ mimeType: "audio/opus" }]);
});

test("two toggles of audio first within a second make two reports a second apart, the last as things stand", async () => {
  const s = await inCall();
  await s.clock.run(2000);
  const before = s.socket().of("link").length;
  await s.call.setAudioFirst(true);
  await s.clock.run(300);
  await s.call.setAudioFirst(false);
  await s.call.setAudioFirst(true);
  await s.call.setAudioFirst(false);
  assert.ok(s.socket().of("link").length <= before + 1, "the second waits");
  await s.clock.run(1500);
  const said = s.socket().of("link").slice(before);
  assert.ok(said.length <= 2, "those that come too soon are one");
  assert.equal(said[said.length - 1]?.audio_first, false);
});

test("a link report refused for its rate troubles nobody, and a line that was shown passes", async () => {
  const s = await inCall();
  s.socket().say({ type: "error", code: "rate", field: null, message: "Trop de messages", fatal: false, re: "link" });
  assert.equal(s.call.problem.value, "");
  s.socket().say({ type: "error", code: "rate", field: null, message: "Trop de messages", fatal: false, re: "chat" });
  assert.equal(s.call.problem.value, "Trop de messages");
  await s.clock.run(10_500);
  assert.equal(s.call.problem.value, "");
});
