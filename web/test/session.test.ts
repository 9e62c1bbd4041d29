import assert from "node:assert/strict";
import { test } from "node:test";
import { CallSession } from "../src/call/session.ts";
import { AUDIO_SLOTS, keepCodecs, SOURCES, VIDEO_SLOTS } from "../src/call/connection.ts";
import { DEAD_MS } from "../src/call/pulse.ts";
import { Clock, FakeSocket, settle, welcome } from "./support.ts";

class FakeTrack {
  enabled = true;
  constructor(
    readonly kind: string,
    readonly id: string,
  ) {}
}

class FakePeer {
  onnegotiationneeded: (() => void) | null = null;
  transceivers: {
    mid: string | null;
    kind: string;
    direction: string;
    sender: { track: unknown; replaceTrack(t: unknown): Promise<void>; getParameters(): object; setParameters(): Promise<void> };
    receiver: { track: FakeTrack };
    setCodecPreferences(): void;
  }[] = [];
  offers = 0;
  closed = false;
  localDescription: { sdp: string } | null = null;
  heard = 0;
  frames = 0;

  constructor(readonly name: string) {}

  addTransceiver(kind: string, init: { direction: string }) {
    const sender = {
      track: null as unknown,
      replaceTrack: async (t: unknown) => void (sender.track = t),
      getParameters: () => ({ encodings: [{}] }),
      setParameters: async () => {},
    };
    const transceiver = {
      mid: null as string | null,
      kind,
      direction: init.direction,
      sender,
      receiver: { track: new FakeTrack(kind, `${this.name}-${this.transceivers.length}`) },
      setCodecPreferences: () => {},
    };
    this.transceivers.push(transceiver);
    this.onnegotiationneeded?.();
    return transceiver;
  }

  getTransceivers() {
    return this.transceivers;
  }

  async createOffer() {
    this.offers += 1;
    return { type: "offer", sdp: `offer of ${this.name}` };
  }

  async setLocalDescription(d: { sdp: string }) {
    this.localDescription = d;
    this.transceivers.forEach((t, i) => (t.mid = String(i)));
  }

  async setRemoteDescription() {}

  async getStats() {
    return new Map([
      ["v", { type: "inbound-rtp", kind: "video", mid: "13", packetsReceived: this.heard, framesDecoded: this.frames }],
    ]);
  }

  close() {
    this.closed = true;
  }
}

async function setUp() {
  const clock = new Clock();
  const sockets: FakeSocket[] = [];
  const peers: FakePeer[] = [];
  const call = new CallSession({
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    ticket: async () => "ticket",
    makePeer: () => {
      const peer = new FakePeer(`pc${peers.length}`);
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    capabilities: { audio: [{ mimeType: "audio/opus" }], video: [{ mimeType: "video/VP8" }] },
    language: "fr",
    client: "test",
    now: () => clock.now,
    every: clock.every,
  });
  call.start();
  await settle();
  const socket = () => sockets[sockets.length - 1] as FakeSocket;
  const peer = () => peers[peers.length - 1] as FakePeer;
  return { clock, sockets, peers, call, socket, peer };
}

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

test("a lost relay is replaced beside the old one, which stays until the first frame", async () => {
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
  assert.equal(old.closed, true);
  assert.equal(s.call.pc as unknown, s.peer());
  assert.equal(s.call.line.value, "ok");
  assert.equal(s.call.negotiations, 0);
});

test("the tracks sent follow to the new connection", async () => {
  const s = await inCall();
  const track = camera();
  await s.call.setTrack("camera", track);
  s.socket().say({ type: "media", event: "restart" });
  await settle();
  assert.equal(s.peer().transceivers[1]?.sender.track, track);
});

test("media that falls silent rebuilds through a fresh socket", async () => {
  const s = await inCall();
  s.peer().heard = 5;
  await s.clock.run(2000);
  assert.equal(s.call.line.value, "ok");
  await s.clock.run(DEAD_MS + 2000);
  assert.equal(s.sockets.length, 2);
  s.socket().open();
  s.socket().say(welcome({ resumed: true, media_alive: true }));
  await settle();
  assert.equal(s.peers.length, 2, "the relay lives but our path does not");
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
