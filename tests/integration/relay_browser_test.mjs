// Real browsers through a real relay process, without the rest of the house: decoded frames and
// audio energy, not "connected".
// Alone: two browsers of one machine call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fs from "node:fs";
import http from "node:http";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { RelayDoor, newId, sanitized, types } from "../support/relay_door.mjs";
import { openBody, readOffer, writeAnswer } from "../support/relay_sdp.mjs";

let relay, server, chrome, firefox;
const port = 41500 + process.pid % 300;

const launch = {
  chromium: async () => chrome ??= await chromium.launch({ executablePath: "/usr/bin/chromium", args: [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage", "--disable-renderer-backgrounding", "--disable-background-timer-throttling"] }),
  firefox: async () => firefox ??= await puppeteer.launch({ browser: "firefox", executablePath: "/usr/bin/firefox-esr", headless: true,
    extraPrefsFirefox: { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true, "media.peerconnection.ice.loopback": true,
      "media.autoplay.default": 0, "media.autoplay.blocking_policy": 0, "media.gmp-manager.updateEnabled": false } }),
};

async function open(kind) {
  const browser = await launch[kind]();
  const page = await browser.newPage();
  page.on("console", m => { if (process.env.TL_TRACE) console.log(kind, m.text()); });
  await page.goto(`http://localhost:${server.address().port}/`);
  return { kind, page, id: newId() };
}

// Its own microphone and camera, and as many audio and video slots.
async function offer(person, slots = 1) {
  person.sdp = await person.page.evaluate(async slots => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480, frameRate: 15 } });
    const pc = window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    pc.addTransceiver(stream.getAudioTracks()[0], { direction: "sendonly", streams: [stream] });
    pc.addTransceiver(stream.getVideoTracks()[0], { direction: "sendonly", streams: [stream] });
    for (let i = 0; i < slots; i++) pc.addTransceiver("audio", { direction: "recvonly" });
    for (let i = 0; i < slots; i++) pc.addTransceiver("video", { direction: "recvonly" });
    pc.ontrack = event => {
      const element = document.createElement(event.track.kind);
      element.srcObject = new MediaStream([event.track]);
      element.autoplay = true;
      document.body.append(element);
    };
    window.negotiations = 0;
    await pc.setLocalDescription();
    pc.onnegotiationneeded = () => window.negotiations++;
    return pc.localDescription.sdp;
  }, slots);
  person.offer = readOffer(person.sdp);
}

async function join(person, room, slots = 1) {
  await offer(person, slots);
  person.reply = await relay.ask(types.PARTICIPANT_OPEN, openBody(person.offer, person.id, room, { microphone: "0", camera: "1" }));
  await person.page.evaluate(sdp => window.pc.setRemoteDescription({ type: "answer", sdp }), writeAnswer(person.offer, person.reply));
}

const stats = person => person.page.evaluate(async () => {
  const found = [];
  for (const report of (await window.pc.getStats()).values()) {
    if (report.type === "inbound-rtp") found.push({ kind: report.kind, mid: report.mid, frames: report.framesDecoded, energy: report.totalAudioEnergy,
      packets: report.packetsReceived, lost: report.packetsLost, width: report.frameWidth, nacks: report.nackCount, plis: report.pliCount,
      concealed: report.concealedSamples });
    if (report.type === "remote-inbound-rtp") found.push({ remote: report.kind, rtt: report.roundTripTime, lost: report.packetsLost });
    if (report.type === "candidate-pair" && report.nominated) found.push({ pair: report.state, out: report.availableOutgoingBitrate });
  }
  found.push({ negotiations: window.negotiations });
  return found;
});

async function until(what, condition, ms = 20_000) {
  const deadline = Date.now() + ms;
  let last;
  for (;;) {
    const value = await condition().catch(error => { last = error; return false; });
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms ${last ?? ""}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

const connected = person => relay.state(person.id, "connected").catch(async error => {
  const page = await person.page.evaluate(() => `${window.pc.iceConnectionState} ${window.pc.connectionState} ${window.pc.signalingState}`);
  throw new Error(`${error.message}\n${page}\n${JSON.stringify(relay.received.filter(m => m.type && m.type !== types.METRICS).slice(-5))}\n${JSON.stringify(relay.metrics?.counters)}`);
});

// Sound and picture in these slots grow from now on.
async function hearsAndSees(person, audio, video, ms = 20_000) {
  const first = await stats(person);
  const of = (list, mid) => list.find(s => s.mid === mid) ?? { frames: 0, energy: 0 };
  return until(`${person.kind} hears ${audio} and sees ${video}`, async () => {
    const now = await stats(person);
    person.last = now;
    const good = of(now, video).frames > of(first, video).frames + 15 && of(now, audio).energy > of(first, audio).energy + 1e-4;
    return good ? now : false;
  }, ms).catch(error => { throw new Error(`${error.message}\n${JSON.stringify(person.last)}\n${JSON.stringify(relay.metrics?.counters)}`); });
}

before(async () => {
  server = http.createServer((_, answer) => answer.end("<!doctype html><title>relay</title>")).listen(0, "127.0.0.1");
  relay = await RelayDoor.start(port);
});

after(async () => {
  await Promise.all([chrome?.close(), firefox?.close()]);
  server?.close();
  await relay?.stop();
});

const echo = kind => async () => {
  const person = await open(kind), room = newId();
  await join(person, room);
  relay.tell(types.SLOTS_SET, { participant: person.id, slots: [
    { mid: "2", from: person.id, source: "microphone" }, { mid: "3", from: person.id, source: "camera" }] });
  await connected(person);
  await hearsAndSees(person, "2", "3");
  await relay.next(m => m.type === types.PARTICIPANT_STATISTICS && m.body.participant === person.id && m.body.up.kbps > 50 && m.body.rtt_ms !== null &&
    m.body.sources.some(s => s.source === "camera" && s.frames > 5), "statistics with a round trip time and a second's frames");
  relay.tell(types.PARTICIPANT_CLOSE, { participant: person.id });
  await relay.state(person.id, "closed");
  await person.page.close();
};
test("a chromium hears and sees its own echo through the relay", { timeout: 90_000 }, echo("chromium"));
test("a firefox hears and sees its own echo through the relay", { timeout: 90_000 }, echo("firefox"));

const slot = (mid, person, source) => ({ mid, from: person?.id ?? null, source: person ? source : null });
const show = (to, from) => relay.tell(types.SLOTS_SET, { participant: to.id, slots: [slot("2", from, "microphone"), slot("3", from, "camera")] });

async function leave(...people) {
  for (const person of people) {
    relay.tell(types.PARTICIPANT_CLOSE, { participant: person.id });
    await relay.state(person.id, "closed");
    await person.page.close();
  }
}

const meet = (one, two) => async () => {
  const a = await open(one), b = await open(two), room = newId();
  await Promise.all([join(a, room), join(b, room)]);
  show(a, b);
  show(b, a);
  await Promise.all([hearsAndSees(a, "2", "3", 30_000), hearsAndSees(b, "2", "3", 30_000)]);
  await leave(a, b);
};
test("chromium and chromium hear and see each other", { timeout: 120_000 }, meet("chromium", "chromium"));
test("firefox and firefox hear and see each other", { timeout: 120_000 }, meet("firefox", "firefox"));
test("chromium and firefox hear and see each other", { timeout: 120_000 }, meet("chromium", "firefox"));

test("a slot is swapped twenty times between two people without a negotiation", { timeout: 150_000 }, async () => {
  const a = await open("chromium"), b = await open("chromium"), c = await open("chromium"), room = newId();
  for (const person of [a, b, c]) await join(person, room);
  const frames = async () => (await stats(a)).find(s => s.mid === "3")?.frames ?? 0;
  const energy = async () => (await stats(a)).find(s => s.mid === "2")?.energy ?? 0;
  for (let i = 0; i < 20; i++) {
    const before = [await frames(), await energy()];
    show(a, i % 2 ? b : c);
    await until(`swap ${i}`, async () => await frames() > before[0] + 3 && await energy() > before[1] + 1e-5, 10_000)
      .catch(async error => { throw new Error(`${error.message} ${JSON.stringify(await stats(a))} ${JSON.stringify(relay.metrics?.counters)}`); });
  }
  assert.equal((await stats(a)).at(-1).negotiations, 0);
  await leave(a, b, c);
});

test("who comes back with a new connection is seen again in the same slots", { timeout: 90_000 }, async () => {
  const a = await open("chromium"), b = await open("chromium"), room = newId();
  await Promise.all([join(a, room), join(b, room)]);
  show(a, b);
  await hearsAndSees(a, "2", "3");
  await b.page.evaluate(() => window.pc.close());
  await join(b, room);
  await hearsAndSees(a, "2", "3");
  await leave(a, b);
});

test("a muted microphone is silent, and heard again afterwards", { timeout: 90_000 }, async () => {
  const a = await open("chromium"), room = newId();
  await join(a, room);
  show(a, a);
  await hearsAndSees(a, "2", "3");
  const packets = async () => (await stats(a)).find(s => s.mid === "2").packets;
  relay.tell(types.SOURCE_MUTE, { participant: a.id, source: "microphone", muted: true });
  await relay.ask(types.RELAY_LIST, {}); // the mute is done once a later question is answered
  const muted = await until("the count stands", async () => { const n = await packets(); await new Promise(r => setTimeout(r, 300)); return n === await packets() ? n : 0; });
  relay.tell(types.SOURCE_MUTE, { participant: a.id, source: "microphone", muted: false });
  await until("packets again", async () => await packets() > muted + 10);
  await leave(a);
});

test("the equipment test gets copies for the examiner and a measured way down", { timeout: 90_000 }, async () => {
  const a = await open("chromium"), room = newId();
  await join(a, room);
  show(a, a);
  await hearsAndSees(a, "2", "3");
  relay.tell(types.TEST_COPY, { participant: a.id, test: 1, seconds: 2 });
  await relay.next(m => m.copy?.kind === 1, "a copy of sound");
  await relay.next(m => m.copy?.kind === 2, "a copy of picture");
  relay.tell(types.PROBE_DOWN, { participant: a.id, steps: [{ kbps: 300, ms: 500 }, { kbps: 1000, ms: 500 }, { kbps: 3000, ms: 500 }] });
  const { body } = await relay.next(m => m.type === types.PROBE_RESULT, "a probe result");
  for (const [i, kbps] of [300, 1000, 3000].entries()) {
    const step = body.steps[i];
    assert.ok(step.kbps > kbps * 0.8 && step.kbps < kbps * 1.2, JSON.stringify(step));
    assert.ok(step.loss < 0.1 && step.received_kbps > kbps * 0.6, JSON.stringify(step));
  }
  await hearsAndSees(a, "2", "3"); // and the call is none the worse
  await leave(a);
});

test("Firefox answers the probe too", { timeout: 90_000 }, async () => {
  const a = await open("firefox"), room = newId();
  await join(a, room);
  await connected(a);
  relay.tell(types.PROBE_DOWN, { participant: a.id, steps: [{ kbps: 500, ms: 500 }] });
  const { body } = await relay.next(m => m.type === types.PROBE_RESULT && m.body.participant === a.id, "a probe result");
  assert.ok(body.steps[0].loss < 0.1 && body.steps[0].received_kbps > 300, JSON.stringify(body));
  await leave(a);
});

test("who closes its browser without a word is reconnecting, and its slot stays", { timeout: 90_000 }, async () => {
  const a = await open("chromium"), room = newId();
  await join(a, room);
  await connected(a);
  await a.page.close();
  const told = await relay.next(m => m.type === types.PARTICIPANT_STATE && m.body.participant === a.id && ["reconnecting", "failed"].includes(m.body.state), "reconnecting or closed", 20_000);
  assert.ok(told);
  const { participants } = await relay.ask(types.RELAY_LIST, {});
  assert.ok(participants.some(p => p.participant === a.id));
  relay.tell(types.PARTICIPANT_CLOSE, { participant: a.id });
});

// Chromium begins at 300 kbit/s and stays there when its packets are not acknowledged. How far it goes
// beyond is its own affair: it looks for no more room than its picture needs.
test("a sender's estimate leaves its start rate: every packet is acknowledged", { timeout: 90_000 }, async () => {
  const a = await open("chromium"), room = newId();
  await join(a, room);
  show(a, a);
  await connected(a);
  try {
    await until("more than 500 kbit/s available", async () => (await stats(a)).some(s => s.out > 500_000), 30_000)
      .catch(async error => { throw new Error(`${error.message} ${JSON.stringify(await stats(a))}`); });
  } finally {
    await leave(a);
  }
});

test("memory and descriptors of the relay do not grow over 200 joins and leaves", { timeout: 120_000 }, async () => {
  const a = await open("chromium"), room = newId();
  await offer(a, 7);
  const measure = () => ({
    descriptors: fs.readdirSync(`/proc/${relay.pid}/fd`).length,
    kilobytes: Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${relay.pid}/status`, "utf8"))[1]),
  });
  const cycle = async count => {
    for (let i = 0; i < count; i++) {
      const id = newId();
      await relay.ask(types.PARTICIPANT_OPEN, openBody(a.offer, id, room, { microphone: "0", camera: "1" }));
      relay.tell(types.SLOTS_SET, { participant: id, slots: [{ mid: "2", from: id, source: "microphone" }] });
      relay.tell(types.PARTICIPANT_CLOSE, { participant: id });
    }
    return (await relay.ask(types.RELAY_LIST, {})).participants.length;
  };
  await cycle(50);
  const before = measure();
  assert.equal(await cycle(200), 0);
  // and with all of a browser's packets, DTLS and SRTP
  for (let i = 0; i < 5; i++) {
    await a.page.evaluate(() => window.pc.close());
    await join(a, room);
    show(a, a);
    await hearsAndSees(a, "2", "3");
  }
  relay.tell(types.PARTICIPANT_CLOSE, { participant: a.id });
  await relay.state(a.id, "closed");
  const after = measure();
  assert.equal(after.descriptors, before.descriptors);
  if (!sanitized()) assert.ok(after.kilobytes < before.kilobytes + 4096, JSON.stringify({ before, after }));
  await a.page.close();
});
