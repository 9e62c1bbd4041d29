// Sound and picture of one person, flashed and beeped at the same instants by one Chromium, seen and
// heard by another through a real relay. Each slot is a stream of its own (docs/decisions/0043), so
// nothing but the relay's even hand keeps them in step.
// Alone: milliseconds between sound and picture are judged.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { until } from "../e2e/support/server.mjs";
import { RelayDoor, newId, types } from "../support/relay_door.mjs";
import { openBody, readOffer, writeAnswer } from "../support/relay_sdp.mjs";

// ITU-R BT.1359-1: a sound is noticed 45 ms early or 125 ms late, and bears 90 and 185.
const WITHIN_MS = 100, BEATS = 15, BEAT_MS = 700;
let relay, server, browser;

before(async () => {
  server = http.createServer((_, answer) => answer.end("<!doctype html><title>relay</title>")).listen(0, "127.0.0.1");
  relay = await RelayDoor.start(41900 + process.pid % 90);
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection", "--disable-dev-shm-usage", "--disable-renderer-backgrounding", "--disable-background-timer-throttling"] });
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  server?.close();
  await relay?.stop();
});

// A white picture and a tone of 1 kHz begin in the same instant, each beat.
const clap = beat => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 }), paint = canvas.getContext("2d");
  const context = new AudioContext(), tone = context.createOscillator(), gain = context.createGain(), out = context.createMediaStreamDestination();
  tone.frequency.value = 1000;
  gain.gain.value = 0;
  tone.connect(gain).connect(out);
  tone.start();
  let on = false, tick = 0;
  setInterval(() => {
    const now = performance.now() % beat < beat / 3;
    if (now !== on) gain.gain.setValueAtTime(now ? 0.5 : 0, context.currentTime);
    on = now;
    paint.fillStyle = on ? "#fff" : "#000";
    paint.fillRect(0, 0, 320, 240);
    paint.fillStyle = "#888"; // something moves, so that there is always another picture
    paint.fillRect(tick++ % 320, 230, 8, 8);
  }, 20);
  return [canvas.captureStream(30).getVideoTracks()[0], out.stream.getAudioTracks()[0]];
};

// When each began, on this page's clock.
const listen = () => {
  window.began = { sound: [], picture: [] };
  const edge = kind => {
    let on = false;
    return now => { if (now && !on) window.began[kind].push(performance.now()); on = now; };
  };
  window.pc.ontrack = ({ track }) => {
    const element = Object.assign(document.createElement(track.kind), { srcObject: new MediaStream([track]), autoplay: true, muted: track.kind === "video" });
    document.body.append(element);
    if (track.kind === "audio") {
      const context = new AudioContext(), ears = context.createScriptProcessor(256, 1, 1), rise = edge("sound");
      ears.onaudioprocess = ({ inputBuffer }) => rise(inputBuffer.getChannelData(0).some(sample => Math.abs(sample) > 0.1));
      context.createMediaStreamSource(element.srcObject).connect(ears).connect(context.destination);
    } else {
      const paint = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true }), rise = edge("picture");
      const look = () => {
        paint.drawImage(element, 0, 0, 1, 1);
        rise(paint.getImageData(0, 0, 1, 1).data[0] > 128);
        element.requestVideoFrameCallback(look);
      };
      element.requestVideoFrameCallback(look);
    }
  };
};

async function join(room, speaks) {
  const page = await browser.newPage(), id = newId();
  await page.goto(`http://localhost:${server.address().port}/`);
  const sdp = await page.evaluate(async ({ clap, listen, beat, speaks }) => {
    const pc = window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const [picture, sound] = speaks ? (0, eval)(clap)(beat) : ["video", "audio"];
    pc.addTransceiver(sound, { direction: "sendonly" });
    pc.addTransceiver(picture, { direction: "sendonly" });
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" });
    if (!speaks) (0, eval)(listen)();
    await pc.setLocalDescription();
    return pc.localDescription.sdp;
  }, { clap: `(${clap})`, listen: `(${listen})`, beat: BEAT_MS, speaks });
  const offer = readOffer(sdp), reply = await relay.ask(types.PARTICIPANT_OPEN, openBody(offer, id, room, { microphone: "0", camera: "1" }));
  await page.evaluate(answer => window.pc.setRemoteDescription({ type: "answer", sdp: answer }), writeAnswer(offer, reply));
  return { page, id };
}

test("sound and picture of a person are played within 100 ms of each other in Chromium", { timeout: 120_000 }, async () => {
  const room = newId(), speaker = await join(room, true), listener = await join(room, false);
  relay.tell(types.SLOTS_SET, { participant: listener.id, slots: [
    { mid: "2", from: speaker.id, source: "microphone" }, { mid: "3", from: speaker.id, source: "camera" }] });
  await Promise.all([speaker, listener].map(({ id }) => relay.state(id, "connected")));
  // Buffers settle first, and longer on a busy machine: the last beats are judged, until they are in step.
  let last = [], median = NaN;
  await until("in step", async () => {
    const { sound, picture } = await listener.page.evaluate(() => window.began);
    // Each flash with the tone nearest to it; a beat of which one half was lost is left out.
    last = picture.map(at => sound.reduce((best, one) => Math.abs(one - at) < Math.abs(best - at) ? one : best, Infinity) - at)
      .filter(apart => Math.abs(apart) < BEAT_MS / 2).slice(-BEATS).sort((a, b) => a - b);
    median = last[Math.floor(last.length / 2)];
    return last.length === BEATS && Math.abs(median) < WITHIN_MS;
  }, 60_000, 300).catch(error => { throw new Error(`${error.message}; the picture is ahead by ${last.map(Math.round)} ms`); });
  console.log(`# the picture is ${median.toFixed(0)} ms ahead of its sound (${last[0].toFixed(0)} to ${last.at(-1).toFixed(0)})`);
  assert.ok(Math.abs(median) < WITHIN_MS);
});
