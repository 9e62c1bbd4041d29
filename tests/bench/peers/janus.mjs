// Janus' video room, over its HTTP interface: each person publishes on one connection and is
// subscribed to all others of the room on another, as its pages do.
import http from "node:http";
import { fileURLToPath } from "node:url";
import { Load, here, pinned } from "../support.mjs";
import { Daemon } from "./process.mjs";
import { bundled, linesOf, remoteOf } from "./sdp.mjs";

const PORT = 8088, EVENTS = 50;

/** One session with its handles. An event belongs to the transaction that caused it. */
class Session {
  #agent = new http.Agent({ keepAlive: true });
  #number = 0;
  #waiting = new Map();

  #http(method, path, body) {
    return new Promise((resolve, reject) => {
      const request = http.request({ method, path: `/janus${path}`, port: PORT, host: "127.0.0.1", agent: this.#agent,
        headers: body ? { "content-type": "application/json" } : {} }, response => {
        let text = "";
        response.on("data", piece => { text += piece; });
        response.on("end", () => { try { resolve(JSON.parse(text)); } catch (error) { reject(error); } });
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end(body && JSON.stringify(body));
    });
  }

  async #ask(path, body) {
    const transaction = `t${++this.#number}`;
    const event = new Promise((resolve, reject) => this.#waiting.set(transaction, { resolve, reject }));
    const answer = await this.#http("POST", path, { ...body, transaction });
    if (answer.janus === "error") throw new Error(`${body.janus}: ${answer.error.reason}`);
    return this.#checked(answer.janus === "ack" ? await event : (this.#waiting.delete(transaction), answer));
  }
  #checked(answer) {
    const data = answer.plugindata?.data;
    if (data?.error) throw new Error(data.error);
    return answer;
  }

  async open() {
    this.id = (await this.#ask("", { janus: "create" })).data.id;
    this.polling = this.#poll();
  }
  async #poll() {
    while (!this.closed) {
      const events = await this.#http("GET", `/${this.id}?maxev=${EVENTS}`).catch(() => null);
      if (!events) return;
      for (const event of [events].flat()) {
        const waiter = event.transaction && this.#waiting.get(event.transaction);
        if (!waiter) continue;
        this.#waiting.delete(event.transaction);
        waiter.resolve(event);
      }
    }
  }
  async attach() {
    return (await this.#ask(`/${this.id}`, { janus: "attach", plugin: "janus.plugin.videoroom" })).data.id;
  }
  message(handle, body, jsep) {
    return this.#ask(`/${this.id}/${handle}`, { janus: "message", body, ...(jsep && { jsep }) });
  }
  close() { this.closed = true; this.#agent.destroy(); }
}

export class Janus {
  name = "janus";

  async start(shape, port) {
    const folder = fileURLToPath(new URL("janus", import.meta.url));
    this.daemon = new Daemon(...pinned("janus", [`--configs-folder=${folder}`, `--config=${folder}/janus.jcfg`, "--disable-colors", `--ice-enforce-list=${here()}`]));
    this.pid = this.daemon.pid;
    this.session = new Session();
    await this.daemon.answers(() => this.session.open(), "Janus");
    shape.started?.(this.pid);
    // We are the DTLS server, which chooses the profile: AEAD_AES_128_GCM.
    this.load = await Load.start(shape, port, ["--dtls", "server", "--split", "1"]);
    const people = shape.participants, rooms = people / shape.group;
    const control = await this.session.attach();
    for (let room = 1; room <= rooms; room++)
      await this.session.message(control, { request: "create", room, publishers: shape.group, audiocodec: "opus", videocodec: "vp8", permanent: false });
    const feeds = Array.from({ length: rooms }, () => []);
    for (const p of this.load.participants.slice(0, people).filter(one => one.sends))
      feeds[p.room].push({ person: p.participant, feed: await this.#publish(p) });
    await this.load.connect();
    for (const p of this.load.participants.slice(people)) {
      const others = feeds[p.room].filter(({ person }) => person !== p.participant - people);
      if (others.length) await this.#subscribe(p, others.map(({ feed }) => feed));
    }
    await this.load.connect();
  }

  async #publish(p) {
    const handle = await this.session.attach(), room = p.room + 1;
    const joined = await this.session.message(handle, { request: "join", ptype: "publisher", room });
    const answer = await this.session.message(handle, { request: "publish" }, { type: "offer", sdp: bundled(p, here(), "passive", "sendonly") });
    this.load.remote(p.participant, remoteOf(answer.jsep.sdp));
    return joined.plugindata.data.id;
  }

  async #subscribe(p, feeds) {
    const handle = await this.session.attach(), room = p.room + 1;
    const offer = await this.session.message(handle, { request: "join", ptype: "subscriber", room, streams: feeds.map(feed => ({ feed })) });
    await this.session.message(handle, { request: "start" }, { type: "answer", sdp: bundled(p, here(), "passive", "recvonly", linesOf(offer.jsep.sdp)) });
    this.load.remote(p.participant, remoteOf(offer.jsep.sdp));
  }

  async stop() {
    this.session?.close();
    await this.load?.end();
    await this.daemon?.stop();
  }
}
