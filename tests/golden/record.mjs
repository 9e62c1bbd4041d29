// Records the tapes of this folder: one echo call of a real Chromium and one of a real Firefox, three
// seconds each from the first sound on, through a recording relay (build/dev/tests/relay-recording).
//
//     cmake --build build/dev && scripts/check/own_network.sh node tests/golden/record.mjs [chromium|firefox]
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { RelayDoor, newId, types } from "../support/relay_door.mjs";
import { openBody, readOffer, writeAnswer } from "../support/relay_sdp.mjs";

const launch = {
  chromium: () => chromium.launch({ executablePath: "/usr/bin/chromium", args: [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage"] }),
  firefox: () => puppeteer.launch({ browser: "firefox", executablePath: "/usr/bin/firefox-esr", headless: true, timeout: 120_000,
    extraPrefsFirefox: { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true, "media.peerconnection.ice.loopback": true,
      "media.autoplay.default": 0, "media.autoplay.blocking_policy": 0, "media.gmp-manager.updateEnabled": false } }),
};

const server = http.createServer((_, answer) => answer.end("<!doctype html><title>golden</title>")).listen(0, "127.0.0.1");
const wanted = process.argv[2] ? [process.argv[2]] : Object.keys(launch);
for (const kind of wanted) {
  process.env.TL_GOLDEN_TAPE = path.join(path.dirname(fileURLToPath(import.meta.url)), `${kind}.tape`);
  const relay = await RelayDoor.start(41900 + process.pid % 90, { program: "tests/relay-recording" });
  const browser = await launch[kind](), page = await browser.newPage(), id = newId();
  await page.goto(`http://localhost:${server.address().port}/`);
  const offer = readOffer(await page.evaluate(async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240, frameRate: 15 } });
    const pc = window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    for (const track of [stream.getAudioTracks()[0], stream.getVideoTracks()[0]]) pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" });
    await pc.setLocalDescription();
    return pc.localDescription.sdp;
  }));
  const reply = await relay.ask(types.PARTICIPANT_OPEN, openBody(offer, id, newId(), { microphone: "0", camera: "1" }));
  relay.tell(types.SLOTS_SET, { participant: id, slots: [{ mid: "2", from: id, source: "microphone" }, { mid: "3", from: id, source: "camera" }] });
  await page.evaluate(sdp => window.pc.setRemoteDescription({ type: "answer", sdp }), writeAnswer(offer, reply));
  await relay.state(id, "connected");
  await new Promise(resolve => setTimeout(resolve, 3000)); // the length of the recording
  await relay.stop();
  await browser.close();
}
server.close();
