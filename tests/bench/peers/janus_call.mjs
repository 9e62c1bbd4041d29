// A call of two in Janus' video room by real browsers: a page with what its own demo page does and
// nothing else. Each publishes on one connection and is subscribed to the other on a second one.
import http from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { until } from "../../e2e/support/server.mjs";
import { here } from "../support.mjs";
import { Daemon } from "./process.mjs";

const API_PORT = 8088;

// In the page.
async function enter({ api, room, create }) {
  const stream = window.__stream ?? await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
  window.__clicked = performance.now();
  let count = 0, session = "";
  const waiting = new Map(), subscribers = new Map();
  const post = async (path, body) => {
    const transaction = `p${++count}`, event = new Promise(resolve => waiting.set(transaction, resolve));
    const answer = await (await fetch(api + path, { method: "POST", body: JSON.stringify({ ...body, transaction }) })).json();
    if (answer.janus === "error") throw new Error(answer.error.reason);
    return answer.janus === "ack" && body.janus !== "trickle" ? event : answer;
  };
  const attach = async () => (await post(session, { janus: "attach", plugin: "janus.plugin.videoroom" })).data.id;
  const message = (handle, body, jsep) => post(`${session}/${handle}`, { janus: "message", body, ...(jsep && { jsep }) });
  // Candidates go in the description: the browser's are its own host's, and there at once.
  const gathered = pc => new Promise(resolve => {
    if (pc.iceGatheringState === "complete") resolve();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
  });
  const subscribe = async feed => {
    const handle = await attach(), offer = await message(handle, { request: "join", ptype: "subscriber", room, streams: [{ feed }] });
    const pc = new RTCPeerConnection(), element = document.createElement("video");
    element.autoplay = true;
    element.srcObject = new MediaStream();
    document.body.append(element);
    subscribers.set(feed, pc);
    pc.ontrack = ({ track }) => element.srcObject.addTrack(track);
    await pc.setRemoteDescription(offer.jsep);
    await pc.setLocalDescription();
    await gathered(pc);
    await message(handle, { request: "start", room }, pc.localDescription);
  };
  const poll = async () => {
    for (;;) {
      const events = await (await fetch(`${api}${session}?maxev=10`)).json().catch(() => []);
      for (const event of [events].flat()) {
        waiting.get(event.transaction)?.(event);
        for (const one of event.plugindata?.data.publishers ?? []) if (!subscribers.has(one.id)) subscribe(one.id);
      }
    }
  };
  session = `/${(await post("", { janus: "create" })).data.id}`;
  poll();
  const handle = await attach();
  if (create) await message(handle, { request: "create", room, publishers: 6, audiocodec: "opus", videocodec: "vp8" });
  await message(handle, { request: "join", ptype: "publisher", room });
  const pc = new RTCPeerConnection();
  for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  await pc.setLocalDescription();
  await gathered(pc);
  const answer = await message(handle, { request: "publish" }, pc.localDescription);
  await pc.setRemoteDescription(answer.jsep);
}

function keepConnections() {
  const Native = RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Native { constructor(config) { super(config); window.__connections.push(this); } };
}

export class JanusCall {
  /** in_: words before the daemon's command, to start it in another network, at that address. */
  static async start({ in_ = [], address = here() } = {}) {
    const call = new JanusCall(), folder = fileURLToPath(new URL("janus", import.meta.url));
    const [command, ...words] = [...in_, "setpriv", "--pdeathsig", "KILL", "janus", `--configs-folder=${folder}`, `--config=${folder}/janus.jcfg`, "--disable-colors", `--ice-enforce-list=${address}`];
    call.daemon = new Daemon(command, words);
    call.address = address;
    // The daemon speaks to its own loopback only; the page's origin hands its requests on.
    call.server = http.createServer((request, response) => {
      if (!request.url.startsWith("/janus")) { response.setHeader("content-type", "text/html").end("<!doctype html><title>room</title>"); return; }
      const on = http.request({ host: call.apiHost, port: API_PORT, path: request.url, method: request.method }, answer => { response.writeHead(answer.statusCode, { "content-type": "application/json" }); answer.pipe(response); });
      on.on("error", () => response.writeHead(502).end("{}"));
      request.pipe(on);
    });
    call.apiHost = in_.length ? address : "127.0.0.1";
    await new Promise(resolve => call.server.listen(0, "127.0.0.1", resolve));
    call.url = `http://127.0.0.1:${call.server.address().port}`;
    await call.daemon.answers(async () => { if (!(await fetch(`${call.url}/janus/info`)).ok) throw new Error("not yet"); }, "Janus");
    call.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection", "--disable-dev-shm-usage", "--disable-features=WebRtcHideLocalIpsWithMdns",
      "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"] });
    return call;
  }
  async person(create, before) {
    const context = await this.browser.newContext({ permissions: ["camera", "microphone"] });
    await context.addInitScript(keepConnections);
    const page = await context.newPage();
    await page.goto(this.url);
    if (before) await page.evaluate(before);
    await page.evaluate(enter, { api: `${this.url}/janus`, room: 1, create });
    return { evaluate: (fn, argument) => page.evaluate(fn, argument), page };
  }
  async pair() {
    this.host = await this.person(true);
    this.guest = await this.person(false);
    for (const one of [this.host, this.guest])
      await until("a picture of the other", () => one.evaluate(async () => {
        for (const pc of window.__connections) for (const s of (await pc.getStats()).values()) if (s.type === "inbound-rtp" && s.kind === "video" && s.framesDecoded > 10) return true;
        return false;
      }), 60_000);
    return this;
  }
  async stop() {
    await this.browser?.close();
    this.server?.close();
    await this.daemon?.stop();
  }
}
