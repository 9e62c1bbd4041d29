// A real relay process with the test as its door: lines to and from tests/support/main_relay_door.c.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const build = path.resolve(process.env.TL_BUILD ?? path.join(root, "build/dev"));

export const types = {
  READY: 0x0181, METRICS: 0x0182, FAILED: 0x0183,
  PARTICIPANT_OPEN: 0x0301, PARTICIPANT_CLOSE: 0x0302, SLOTS_SET: 0x0303, SOURCE_MUTE: 0x0304,
  RELAY_LIST: 0x0305, TEST_COPY: 0x0306, PROBE_DOWN: 0x0307, RELAY_DRAIN: 0x0308,
  RELAY_HELLO: 0x0381, PARTICIPANT_STATE: 0x0382, PARTICIPANT_STATISTICS: 0x0383, SPEAKER: 0x0384,
  INCIDENT: 0x0385, PROBE_RESULT: 0x0386,
};

// Firefox pairs no loopback address with its others, so the host's own is offered beside it.
export const addresses = ["127.0.0.1", ...Object.values(os.networkInterfaces()).flat()
  .filter(a => a.family === "IPv4" && !a.internal).map(a => a.address)].slice(0, 4);

// Freed memory stays in a sanitizer's quarantine: size says nothing there, and leaks are found at the end.
export const sanitized = () => fs.readFileSync(path.join(build, "bin/teleloire-relay")).includes("__asan_init");

export const newId = () => randomBytes(16).toString("hex");

export class RelayDoor {
  // lines: more of the configuration, in [relay]; program: below the build
  static async start(port, { lines = "", program = "bin/teleloire-relay" } = {}) {
    const door = new RelayDoor();
    door.folder = fs.mkdtempSync(path.join(os.tmpdir(), "tl-relay-"));
    const config = path.join(door.folder, "relay.ini");
    fs.writeFileSync(config, `[server]\npublic_address = ${addresses.join(", ")}\nstate_dir = ${door.folder}\n[relay]\nudp_port = ${port}\ntcp_port = ${port}\nshared_port = off\nbind_address = 0.0.0.0\n${lines}`);
    door.port = port;
    door.received = [];
    door.waiters = [];
    door.copies = [];
    door.metrics = null;
    door.child = spawn(path.join(build, "tests/relay-door"), [path.join(build, program), config, "0"],
      { stdio: ["pipe", "pipe", "inherit"] });
    readline.createInterface({ input: door.child.stdout }).on("line", line => door.#take(JSON.parse(line)));
    door.ended = new Promise(resolve => door.child.on("close", resolve));
    await door.next(m => m.type === types.READY, "ready");
    await door.next(m => m.type === types.RELAY_HELLO, "hello");
    return door;
  }

  #take(message) {
    if (message.metrics) { this.metrics = message.metrics; message = { type: types.METRICS, body: message.metrics }; }
    else if (message.pid) this.pid = message.pid;
    else if (message.copy) this.copies.push(message.copy);
    else if (message.ended !== undefined) this.exitCode = message.ended;
    this.received.push(message);
    this.waiters = this.waiters.filter(waiter => !waiter(message));
  }

  // The next message a test function takes; past ones count unless fresh.
  next(wanted, what, ms = 15_000, fresh = false) {
    const past = fresh ? undefined : this.received.find(wanted);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${what} in ${ms} ms`)), ms);
      this.waiters.push(message => {
        if (!wanted(message)) return false;
        clearTimeout(timer);
        resolve(message);
        return true;
      });
    });
  }

  tell(type, body, request = 0) { this.child.stdin.write(`${type} ${request} ${JSON.stringify(body)}\n`); }

  #number = 0;
  async ask(type, body) {
    const request = ++this.#number;
    const answer = this.next(m => m.request === request && m.type === type, `answer to ${type}`);
    this.tell(type, body, request);
    const message = await answer;
    if (message.flags & 4) throw new Error(`${message.body.error}: ${message.body.detail}`);
    return message.body;
  }

  state(participant, state, ms) {
    return this.next(m => m.type === types.PARTICIPANT_STATE && m.body.participant === participant && m.body.state === state,
      `${state} of ${participant}`, ms);
  }

  async stop() {
    this.child.stdin.write("stop\n");
    await this.ended;
    fs.rmSync(this.folder, { recursive: true, force: true });
    if (this.exitCode !== 0) throw new Error(`the relay ended with ${this.exitCode}`);
  }
}
