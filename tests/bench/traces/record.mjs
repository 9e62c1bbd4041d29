// Records when and how large Chromium sends: two connections of one page, 1920x1080 at 30 frames a
// second of its fake camera and its fake microphone, video held at 1.5 Mbit/s, through a UDP proxy
// that writes down what passes. The headers of SRTP are in the clear; payload sizes are without tag.
//
//     node tests/bench/traces/record.mjs        writes video-vp8.txt and audio-opus.txt beside it
import dgram from "node:dgram";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const TAG = 16, SECONDS = 6, SETTLE_MS = 15_000;
const seen = [];

function note(data) {
  if (data.length < 12 + TAG || data[0] >> 6 !== 2 || (data[1] >= 192 && data[1] < 224)) return;
  const extension = data[0] & 0x10 ? 4 + 4 * data.readUInt16BE(12 + 2 + 4 * (data[0] & 15)) : 0;
  const header = 12 + 4 * (data[0] & 15) + extension;
  seen.push({ at: Number(process.hrtime.bigint() / 1000n), ssrc: data.readUInt32BE(8), type: data[1] & 127, marker: data[1] >> 7, size: data.length - header - TAG });
}

const bind = socket => new Promise(resolve => socket.bind(0, "127.0.0.1", resolve));
const first = dgram.createSocket("udp4"), second = dgram.createSocket("udp4");
await bind(first);
await bind(second);
let sender = null, receiver = null;
first.on("message", (data, from) => { sender = from; note(data); if (receiver) second.send(data, receiver.port, receiver.address); });
second.on("message", (data, from) => { receiver ??= from; if (sender) first.send(data, sender.port, sender.address); });

const server = http.createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream=fps=30", "--allow-loopback-in-peer-connection", "--disable-dev-shm-usage", "--disable-features=WebRtcHideLocalIpsWithMdns"] });
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const candidate = await page.evaluate(async proxy => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1920, height: 1080, frameRate: 30 } });
    const a = window.a = new RTCPeerConnection({ bundlePolicy: "max-bundle" }), b = window.b = new RTCPeerConnection();
    a.addTrack(stream.getAudioTracks()[0], stream);
    const video = a.addTransceiver(stream.getVideoTracks()[0], { direction: "sendonly", streams: [stream] });
    video.setCodecPreferences(RTCRtpSender.getCapabilities("video").codecs.filter(c => /VP8|rtx/.test(c.mimeType)));
    // What no socket of ours is named for is left out, so that everything passes the proxy.
    const bare = sdp => sdp.replace(/a=candidate:.*\r\n/g, "");
    await a.setLocalDescription();
    await b.setRemoteDescription({ type: "offer", sdp: bare(a.localDescription.sdp) });
    const gathered = new Promise(resolve => { b.onicecandidate = e => { if (e.candidate && / 127\.0\.0\.1 /.test(e.candidate.candidate) && /udp/i.test(e.candidate.candidate)) resolve(e.candidate.candidate); }; });
    await b.setLocalDescription();
    await a.setRemoteDescription({ type: "answer", sdp: bare(b.localDescription.sdp).replace(/a=mid:(.*)\r\n/g, `$&`).replace(/(m=video[^]*?c=IN.*\r\n)/, "$1b=AS:1600\r\n") });
    await a.addIceCandidate({ candidate: `candidate:1 1 udp 2113937151 127.0.0.1 ${proxy} typ host`, sdpMid: "0" });
    const parameters = video.sender.getParameters();
    parameters.encodings[0].maxBitrate = 1_500_000;
    parameters.degradationPreference = "maintain-resolution";
    await video.sender.setParameters(parameters);
    return await gathered;
  }, first.address().port);
  const [, , , , address, port] = candidate.split(" ");
  receiver = { address, port: Number(port) };
  await new Promise(resolve => setTimeout(resolve, SETTLE_MS));
  seen.length = 0;
  await new Promise(resolve => setTimeout(resolve, SECONDS * 1000));
} finally {
  await browser.close();
  server.close();
  first.close();
  second.close();
}

function write(name, what, packets) {
  // from the start of a frame to the start of the first frame after SECONDS - 1
  const starts = packets.filter((p, i) => i > 0 && packets[i - 1].marker);
  const from = starts.length > 10 ? starts[0] : packets[0];
  const until = (starts.length > 10 ? starts : packets).find(p => p.at - from.at >= (SECONDS - 1) * 1e6) ?? packets.at(-1);
  const kept = packets.filter(p => p.at >= from.at && p.at < until.at);
  const kbps = kept.reduce((sum, p) => sum + p.size, 0) * 8 / ((until.at - from.at) / 1000);
  const lines = [`# ${what}`, `# ${kept.length} packets, ${kbps.toFixed(0)} kbit/s of payload; recorded by record.mjs from Chromium`,
    "# microseconds from the start, bytes of RTP payload, marker", `length_us ${until.at - from.at}`,
    ...kept.map(p => `${p.at - from.at} ${Math.max(32, p.size)} ${p.marker}`)];
  fs.writeFileSync(fileURLToPath(new URL(name, import.meta.url)), `${lines.join("\n")}\n`);
  console.error(`${name}: ${lines[1].slice(2)}`);
}
const streams = new Map();
for (const packet of seen) streams.set(packet.ssrc, [...(streams.get(packet.ssrc) ?? []), packet]);
const sorted = [...streams.values()].sort((x, y) => y.length - x.length);
const bytes = s => s.reduce((sum, p) => sum + p.size, 0);
const video = sorted.reduce((best, s) => bytes(s) > bytes(best) ? s : best);
const audio = sorted.filter(s => s !== video && !s.some(p => p.type === 97)).sort((x, y) => y.length - x.length)[0];
write("video-vp8.txt", "VP8, 1920x1080 at 30 frames a second, at most 1.5 Mbit/s", video);
write("audio-opus.txt", "Opus, 20 ms", audio);
