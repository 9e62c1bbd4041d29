// rtpengine, in userspace, over its ng protocol: each call is an offer and an answer, with ICE and
// DTLS on both sides, so that it opens and seals every packet as a relay between browsers does.
import dgram from "node:dgram";
import { fileURLToPath } from "node:url";
import { Load, here, pinned } from "../support.mjs";
import { Daemon } from "./process.mjs";
import { remoteOf, single } from "./sdp.mjs";

const NG_PORT = 2223, RETRY_MS = 1_000, TRIES = 10;

// ---- bencode ----

export function encode(value) {
  if (typeof value === "number") return `i${value}e`;
  if (typeof value === "string") return `${Buffer.byteLength(value)}:${value}`;
  if (Array.isArray(value)) return `l${value.map(encode).join("")}e`;
  return `d${Object.keys(value).sort().map(key => encode(key) + encode(value[key])).join("")}e`;
}

export function decode(text) {
  let at = 0;
  const read = () => {
    const kind = text[at];
    if (kind === "i") {
      const end = text.indexOf("e", at), number = Number(text.slice(at + 1, end));
      at = end + 1;
      return number;
    }
    if (kind === "l" || kind === "d") {
      const items = [];
      for (at++; text[at] !== "e";) {
        if (at >= text.length) throw new Error("cut short");
        items.push(kind === "d" ? [read(), read()] : read());
      }
      at++;
      return kind === "d" ? Object.fromEntries(items) : items;
    }
    const colon = text.indexOf(":", at), size = Number(text.slice(at, colon));
    if (colon < 0 || !Number.isInteger(size)) throw new Error(`neither of the four kinds at ${at}`);
    at = colon + 1 + size;
    return text.slice(colon + 1, at);
  };
  return read();
}

class Ng {
  #number = 0;
  #waiting = new Map();
  constructor() {
    this.socket = dgram.createSocket("udp4");
    this.socket.on("message", data => {
      const text = data.toString("latin1"), space = text.indexOf(" ");
      this.#waiting.get(text.slice(0, space))?.(decode(text.slice(space + 1)));
    });
  }
  ask(command, tries = TRIES, retryMs = RETRY_MS) {
    const cookie = `b${++this.#number}`, datagram = Buffer.from(`${cookie} ${encode(command)}`);
    return new Promise((resolve, reject) => {
      let timer, left = tries;
      const send = () => {
        if (left-- === 0) { this.#waiting.delete(cookie); reject(new Error(`no answer to ${command.command}`)); return; }
        this.socket.send(datagram, NG_PORT, "127.0.0.1");
        timer = setTimeout(send, retryMs); // the same cookie: it answers twice and acts once
      };
      this.#waiting.set(cookie, answer => {
        clearTimeout(timer);
        this.#waiting.delete(cookie);
        if (answer.result === "error") reject(new Error(`${command.command}: ${answer["error-reason"]}`)); else resolve(answer);
      });
      send();
    });
  }
  close() { this.socket.close(); }
}

export class Rtpengine {
  name = "rtpengine";
  static cannot = shape => shape.group > 2 ? "it joins two sides of a call" : null;

  async start(shape, port) {
    const config = fileURLToPath(new URL("rtpengine.conf", import.meta.url));
    this.daemon = new Daemon(...pinned("rtpengine", [`--config-file=${config}`, "--config-section=rtpengine", `--interface=${here()}`, "--num-threads=1"]));
    this.pid = this.daemon.pid;
    this.ng = new Ng();
    await this.daemon.answers(() => this.ng.ask({ command: "ping" }, 1, 100), "rtpengine");
    shape.started?.(this.pid);
    // We are the DTLS server, which chooses the profile: AEAD_AES_128_GCM.
    this.load = await Load.start(shape, port, ["--dtls", "server"]);
    const { participants } = this.load;
    for (let i = 0; i < participants.length; i += 2) {
      const [a, b] = [participants[i], participants[i + 1]];
      const call = { "call-id": `call${i}`, "from-tag": `a${i}` }, both = { ICE: "force", DTLS: "active", "transport-protocol": "UDP/TLS/RTP/SAVPF", replace: ["origin", "session-connection"], flags: ["trust-address"] };
      const offer = await this.ng.ask({ command: "offer", ...call, ...both, SDES: ["off"], sdp: single(a, here(), "passive") });
      const answer = await this.ng.ask({ command: "answer", ...call, "to-tag": `b${i}`, ...both, sdp: single(b, here(), "passive") });
      this.load.remote(b.participant, remoteOf(offer.sdp));
      this.load.remote(a.participant, remoteOf(answer.sdp));
    }
    await this.load.connect();
  }
  async stop() {
    this.ng?.close();
    await this.load?.end();
    await this.daemon?.stop();
  }
}
