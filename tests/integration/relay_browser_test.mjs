// Real browsers through a real relay process, without the rest of the house: decoded frames and
// audio energy, not "connected".
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import http from "node:http";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { RelayDoor, newId, types } from "../support/relay_door.mjs";
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

for (const kind of ["chromium", "firefox"])
  test(`a ${kind} hears and sees its own echo through the relay`, { timeout: 90_000 }, async () => {
    const person = await open(kind), room = newId();
    await join(person, room);
    relay.tell(types.SLOTS_SET, { participant: person.id, slots: [
      { mid: "2", from: person.id, source: "microphone" }, { mid: "3", from: person.id, source: "camera" }] });
    await connected(person);
    await hearsAndSees(person, "2", "3");
    const told = await relay.next(m => m.type === types.PARTICIPANT_STATISTICS && m.body.participant === person.id && m.body.up.kbps > 50 && m.body.rtt_ms !== null, "statistics with a round trip time");
    assert.ok(told.body.sources.find(s => s.source === "camera").frames > 5);
    relay.tell(types.PARTICIPANT_CLOSE, { participant: person.id });
    await relay.state(person.id, "closed");
    await person.page.close();
  });
