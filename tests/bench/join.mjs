// From the click to the first picture of the other, Chromium, with everything 80 ms there and back: the
// server stands in a network of its own behind a delay line. Beside it Janus' room at the same
// distance, and as a floor two connections of one page, whose packets and whose three messages of
// signalling take as long. Camera and microphone are open before the click, the other is there.
//
//     ./bench join [--runs N] [--only SUBJECT]
import dgram from "node:dgram";
import http from "node:http";
import { chromium } from "playwright-core";
import { closeBrowsers } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { Server } from "../e2e/support/server.mjs";
import { FarNetwork } from "./far_network.mjs";
import { JanusCall } from "./peers/janus_call.mjs";
import { favourOurs, figure, measured, nothing, only, preamble } from "./support.mjs";

const { runs } = measured({ runs: 5 });
const ONE_WAY_MS = 40, LIMIT_MS = 30_000;

// In the page: when the first picture of another was decoded, by any connection; milliseconds.
const untilFirstFrame = async limit => {
  for (const end = performance.now() + limit; performance.now() < end; await new Promise(resolve => setTimeout(resolve, 5)))
    for (const pc of window.__connections) {
      if (pc.connectionState === "closed") continue;
      for (const s of (await pc.getStats()).values())
        if (s.type === "inbound-rtp" && s.kind === "video" && s.framesDecoded > 0) return performance.now() - window.__clicked;
    }
  throw new Error("no picture came");
};

const openCamera = async () => { window.__stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } }); };

/** Each gives its times one by one. */
const subjects = {
  async *teleloire(far) {
    const server = await Server.start({ relays: 1, in_: far.in_, host: far.address, publicAddresses: [far.address], options: ["--public-name", far.address] });
    try {
      const scene = await startCall(server, ["chromium", "chromium"]);
      for (;;) {
        await scene.host.go("/");
        await scene.host.go(`/appel/${scene.act.id}`);
        await scene.host.see("the lobby's picture", () => [...document.querySelectorAll("video")].some(v => v.videoWidth > 0) && true);
        await scene.host.evaluate(() => document.addEventListener("click", () => { window.__clicked ??= performance.now(); }, true));
        await scene.host.press("Entrer dans la salle");
        yield await scene.host.evaluate(untilFirstFrame, LIMIT_MS);
      }
    } finally {
      await closeBrowsers();
      await server.stop();
    }
  },

  async *janus(far) {
    const call = await JanusCall.start(far);
    try {
      await call.person(true);
      for (;;) {
        const person = await call.person(false, openCamera);
        yield await person.evaluate(untilFirstFrame, LIMIT_MS);
        await person.page.context().close();
      }
    } finally { await call.stop(); }
  },

  async *floor() {
    const page = http.createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
    await new Promise(resolve => page.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
      "--allow-loopback-in-peer-connection", "--disable-dev-shm-usage", "--disable-features=WebRtcHideLocalIpsWithMdns"] });
    try {
      for (;;) {
        let open = true;
        const proxies = [dgram.createSocket("udp4"), dgram.createSocket("udp4")], ends = [null, null];
        for (const [i, socket] of proxies.entries()) {
          await new Promise(resolve => socket.bind(0, "127.0.0.1", resolve));
          // what the one end sends here leaves to the other from there
          socket.on("message", (data, from) => {
            ends[i] = from;
            setTimeout(() => open && ends[1 - i] && proxies[1 - i].send(data, ends[1 - i].port, ends[1 - i].address), ONE_WAY_MS);
          });
        }
        const one = await (await browser.newContext()).newPage();
        await one.exposeFunction("answererAt", port => { ends[1] ??= { port, address: "127.0.0.1" }; });
        await one.goto(`http://127.0.0.1:${page.address().port}/`);
        await one.evaluate(openCamera);
        await one.evaluate(async ([toA, toB, delay]) => {
          window.__clicked = performance.now();
          const a = new RTCPeerConnection(), b = new RTCPeerConnection(), wait = () => new Promise(resolve => setTimeout(resolve, delay));
          window.__connections = [b];
          for (const track of window.__stream.getTracks()) a.addTrack(track, window.__stream);
          const bare = sdp => sdp.replace(/a=candidate:.*\r\n/g, "");
          const candidate = port => ({ candidate: `candidate:1 1 udp 2113937151 127.0.0.1 ${port} typ host`, sdpMid: "0" });
          await a.setLocalDescription();
          await wait();
          await b.setRemoteDescription({ type: "offer", sdp: bare(a.localDescription.sdp) });
          b.onicecandidate = e => { if (e.candidate && / 127\.0\.0\.1 /.test(e.candidate.candidate) && /udp/i.test(e.candidate.candidate)) window.answererAt(Number(e.candidate.candidate.split(" ")[5])); };
          await b.setLocalDescription();
          await b.addIceCandidate(candidate(toB));
          await wait();
          await a.setRemoteDescription({ type: "answer", sdp: bare(b.localDescription.sdp) });
          await a.addIceCandidate(candidate(toA));
        }, [proxies[0].address().port, proxies[1].address().port, ONE_WAY_MS]);
        yield await one.evaluate(untilFirstFrame, LIMIT_MS);
        await one.context().close();
        open = false;
        for (const socket of proxies) socket.close();
      }
    } finally {
      await browser.close();
      page.close();
    }
  },
};

favourOurs();
preamble("join");
const names = Object.keys(subjects).filter(name => !only || only.split(",").includes(name));
const far = await FarNetwork.start(ONE_WAY_MS);
const going = Object.fromEntries(names.map(name => [name, subjects[name](far)])), times = Object.fromEntries(names.map(name => [name, []])), why = {};
for (let run = 0; run < runs; run++)
  for (const name of names.filter(one => !why[one]))
    try {
      const { value } = await going[name].next();
      times[name].push(value);
      console.error(`${name}: ${Math.round(value)} ms`);
    } catch (error) { why[name] = error.message.split("\n")[0]; console.error(`${name}: ${error.message}`); }
for (const one of Object.values(going)) await one.return();
await far.stop();
for (const name of names) {
  const fields = { bench: "join", case: "80 ms there and back", figure: "click to first picture", unit: "ms", subject: name };
  if (times[name].length) figure(fields, times[name]); else nothing(fields, why[name]);
}
process.exit(Object.keys(why).length ? 1 : 0);
