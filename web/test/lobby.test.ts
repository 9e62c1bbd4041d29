import assert from "node:assert/strict";
import { test } from "node:test";
import { shorten } from "../src/call/shorten.ts";
import { callOf, type FakePeer, FakeTrack, offersOf } from "./peer.ts";
import { settle, welcome } from "./support.ts";

const servers = [{ urls: ["turns:h:443?transport=tcp"], username: "u", credential: "c" }];
const SOURCES = { microphone: "0", camera: "1", screen: "2", instrument: "3", instrument_audio: "4" };
const types = (socket: { sent: Record<string, unknown>[] }) => socket.sent.map((m) => m.type);

/** Somebody in front of the room, with all made ready, who then clicks. */
async function clicked(more: Parameters<typeof callOf>[1] = { early: true }, prepare?: (peer: FakePeer) => void) {
  const s = callOf(prepare, more);
  s.call.prepare();
  await settle();
  s.socket().open();
  s.call.start();
  await settle();
  return s;
}

test("in the lobby a socket and a connection are ready, and the only word said is that", async () => {
  let tickets = 0;
  const s = callOf(undefined, { early: true, ticket: async () => `ticket ${(tickets += 1)}` });
  s.call.prepare();
  await settle();
  s.socket().open();
  for (let i = 0; i < 60; i += 1) {
    await s.clock.run(60_000);
    s.call.prepare();
  }
  assert.deepEqual(s.socket().sent, [{ type: "lobby" }]);
  assert.deepEqual([s.sockets.length, s.made.length, s.peers.length, tickets], [1, 1, 0, 0]);
  assert.equal(s.call.phase.value, "joining");
  s.call.leave();
  assert.equal(s.socket().closed, 1000);
  assert.equal(s.made[0]?.closed, true);
});

test("the offer of who is let in at once leaves behind the hello, and is in force with the servers of the welcome", async () => {
  const s = await clicked();
  assert.deepEqual(types(s.socket()), ["lobby", "hello", "offer"]);
  assert.deepEqual(s.socket().of("offer")[0]?.sources, SOURCES);
  assert.equal(s.made[0]?.localDescription, null, "no port opens before somebody is in");
  s.socket().say(welcome({ ice_servers: servers }));
  assert.deepEqual(s.made[0]?.configuration.iceServers, servers);
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  assert.equal(s.call.phase.value, "in");
  assert.equal(s.call.pc as unknown, s.made[0]);
  assert.deepEqual([s.sockets.length, s.made.length, s.socket().of("offer").length], [1, 1, 1]);
});

test("tracks of the click are sent by the connection of the lobby", async () => {
  const s = callOf(undefined, { early: true });
  s.call.prepare();
  await settle();
  s.socket().open();
  const track = new FakeTrack("video", "camera");
  void s.call.setTrack("camera", track as unknown as MediaStreamTrack);
  s.call.start();
  await settle();
  assert.equal(s.made[0]?.transceivers[1]?.sender.track, track);
});

test("an early offer of who has to wait comes again once admitted, by the same connection, and troubles nobody", async () => {
  const s = await clicked();
  s.socket().say(welcome({ state: "waiting" }));
  s.socket().say({ type: "error", code: "order", field: null, message: "Pas maintenant.", fatal: false, re: "offer" });
  await settle();
  assert.equal(s.call.phase.value, "waiting");
  assert.equal(s.call.problem.value, "");
  assert.equal(s.peers.length, 0);
  s.socket().say({ type: "admitted", by: "host", ice_servers: servers });
  await settle();
  assert.deepEqual(offersOf(s.socket()), ["offer of pc0, ICE 0", "offer of pc0, ICE 0"]);
  assert.deepEqual(s.made[0]?.configuration.iceServers, servers);
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  assert.equal(s.call.pc as unknown, s.made[0]);
});

test("an early offer the server had no room for comes again on the welcome", async () => {
  const s = await clicked();
  s.socket().say({ type: "error", code: "order", field: null, message: "Pas maintenant.", fatal: false, re: "offer" });
  s.socket().say(welcome());
  await settle();
  assert.equal(s.call.problem.value, "");
  assert.deepEqual(offersOf(s.socket()), ["offer of pc0, ICE 0", "offer of pc0, ICE 0"]);
});

test("an early offer whose relay has no room is told, and sent again", async () => {
  const s = await clicked();
  s.socket().say(welcome());
  s.socket().say({ type: "error", code: "busy", field: null, message: "Complet.", fatal: false, re: "offer" });
  assert.equal(s.call.problem.value, "Complet.");
  await s.clock.run(1500);
  assert.equal(s.socket().of("offer").length, 2);
});

test("a hello that was lost takes its offer back, and the next brings it along", async () => {
  const s = await clicked();
  s.socket().fall(1006);
  await s.clock.run(300);
  assert.equal(s.sockets.length, 2);
  s.socket().open();
  assert.deepEqual(types(s.socket()), ["hello", "offer"]);
  s.socket().say(welcome());
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  assert.equal(s.call.pc as unknown, s.made[0]);
});

test("an answer that is here before the offer is in force waits for it", async () => {
  let inForce = () => {};
  const s = await clicked({ early: true }, (peer) => {
    const set = peer.setLocalDescription.bind(peer);
    peer.setLocalDescription = async (d) => {
      await new Promise<void>((resolve) => (inForce = resolve));
      await set(d);
    };
  });
  s.socket().say(welcome());
  s.socket().say({ type: "answer", sdp: "answer" });
  await settle();
  assert.equal(s.call.pc, null);
  inForce();
  await settle();
  assert.equal(s.call.pc as unknown, s.made[0]);
});

test("who may have to wait, and an engine that keeps its servers for life, offer after the welcome", async () => {
  for (const s of [
    await clicked({}),
    await clicked({ early: true }, (peer) => Object.assign(peer, { setConfiguration: undefined })),
  ]) {
    assert.deepEqual(types(s.socket()), ["lobby", "hello"]);
    s.socket().say(welcome({ ice_servers: servers }));
    await settle();
    assert.equal(s.socket().of("offer").length, 1);
    assert.deepEqual(s.peer().configuration.iceServers, servers);
  }
});

test("the hello speaks the language of the click", async () => {
  let language: "fr" | "en" = "fr";
  const s = callOf(undefined, {
    get language() {
      return language;
    },
  });
  s.call.prepare();
  s.socket().open();
  language = "en";
  s.call.start();
  await settle();
  assert.equal(s.socket().of("hello")[0]?.language, "en");
});

test("of an offer only what the server reads is sent, and what belongs to the transport once", () => {
  const line = (mid: number) =>
    [
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
      "c=IN IP4 0.0.0.0",
      "a=rtcp:9 IN IP4 0.0.0.0",
      "a=candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host",
      "a=ice-ufrag:Nj35",
      "a=ice-pwd:6p0MluBLf1CILA5iKV4EzNzI",
      "a=setup:actpass",
      `a=mid:${mid}`,
      "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset",
      "a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid",
      "a=sendonly",
      "a=msid:- f5d1994b",
      "a=rtcp-mux",
      "a=rtpmap:96 VP8/90000",
      "a=rtcp-fb:96 goog-remb",
      "a=rtcp-fb:96 nack",
      "a=rtcp-fb:96 nack pli",
      "a=ssrc:7 cname:x",
      "a=ssrc:7 msid:- f5d1994b",
    ].join("\r\n");
  const kept = (mid: number, transport: string[]) => [
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
    ...transport,
    `a=mid:${mid}`,
    "a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=sendonly",
    "a=rtcp-mux",
    "a=rtpmap:96 VP8/90000",
    "a=rtcp-fb:96 nack",
    "a=rtcp-fb:96 nack pli",
    "a=ssrc:7 cname:x",
  ];
  assert.deepEqual(shorten(`v=0\r\n${line(0)}\r\n${line(1)}\r\n`).split("\r\n"), [
    "v=0",
    ...kept(0, ["a=ice-ufrag:Nj35", "a=ice-pwd:6p0MluBLf1CILA5iKV4EzNzI", "a=setup:actpass"]),
    ...kept(1, []),
    "",
  ]);
});
