// What the relay benches share: options, one JSON line a figure, the load generator as a child.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const build = path.resolve(process.env.TL_BUILD ?? process.env.TELELOIRE_BUILD ?? path.join(root, "build/release"));
export const LOAD_CORE = 1, SUBJECT_CORE = 0;

/** An address of this network that is not the loopback's, which Janus ignores. Packets to it take the
 * same way through the kernel as to the loopback's. */
export function here() {
  const found = Object.values(os.networkInterfaces()).flat().find(a => a.family === "IPv4" && !a.internal);
  if (!found) throw new Error("there is no address beside the loopback's");
  return found.address;
}

/** Neighbours wait for subject and generator alike, where that may be asked for. */
const FIRST = -15;
export function putFirst(pid) {
  try {
    os.setPriority(pid, FIRST);
    // Where the kernel groups processes by session, nice counts within one, and the group has its own.
    // So subject and generator are each a session: one with many threads would starve the other.
    const group = `/proc/${pid}/autogroup`;
    if (fs.existsSync(group)) fs.writeFileSync(group, String(FIRST));
  } catch { /* not root: what neighbours do shows in how late the generator was */ }
}
/** The same for all that descends from us, browsers and servers, as it comes. */
export function favourOurs() {
  const seen = new Set();
  const look = () => {
    const parents = new Map();
    for (const pid of fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)).map(Number))
      try { parents.set(pid, Number(fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[1])); } catch { /* ended */ }
    for (const pid of parents.keys()) {
      let up = pid;
      while (up > 1 && up !== process.pid) up = parents.get(up) ?? 0;
      if (up === process.pid && !seen.has(pid)) { seen.add(pid); putFirst(pid); }
    }
  };
  look();
  setInterval(look, 500).unref();
}
/** A program on the core of the subjects, that ends with the bench: what spawn wants. */
export const pinned = (program, args) => ["setpriv", ["--pdeathsig", "KILL", "nice", "-n", String(FIRST), "taskset", "-c", String(SUBJECT_CORE), program, ...args]];

export function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : otherwise;
}
export const only = option("only", null);
export const onlyCase = option("case", null);

/** How long and how often, unless the command says otherwise. */
export const measured = ({ seconds, runs }) => ({ seconds: Number(option("seconds", seconds)), runs: Number(option("runs", runs)) });

export const median = values => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

// ---- results: JSON lines on standard output ----

const line = fields => console.log(JSON.stringify(fields));

/** First of all: what the figures after it were taken with. */
export function preamble(bench) {
  line({ bench, machine: `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores`, kernel: os.release(), date: new Date().toISOString().slice(0, 10),
    load: Number(os.loadavg()[0].toFixed(1)), command: ["./bench", bench, ...process.argv.slice(2)].join(" ") });
}
export function figure(fields, values) {
  const round = v => Number(v.toPrecision(4));
  line({ ...fields, value: round(median(values)), low: round(Math.min(...values)), high: round(Math.max(...values)), runs: values.length });
}
/** A figure that could not be had, and why. */
export const nothing = (fields, why) => line({ ...fields, value: null, why });

// ---- when a row is void ----

const HEADROOM = 0.3, LOSS = 0.001, LATE_US = 30_000;
// more than was sent is no better: then the generator took packets for others
export const lost = seen => Math.abs(seen.loss) > LOSS;

/** Why what the generator saw does not count; null when it does. */
export function voided(seen) {
  if (seen.headroom < HEADROOM) return `the generator had ${Math.round(100 * seen.headroom)} % of its core left`;
  if (seen.late_p99_us > LATE_US) return `the generator was ${Math.round(seen.late_p99_us / 1000)} ms late: others used its core`;
  if (lost(seen)) return `${(100 * seen.loss).toFixed(1)} % of packets were lost`;
  return null;
}
export const told = seen => `${seen.received} packets, loss ${(100 * seen.loss).toFixed(3)} %, headroom ${Math.round(100 * seen.headroom)} %, late p99 ${seen.late_p99_us} us, delay p50 ${seen.p50_us} p99 ${seen.p99_us} p99.9 ${seen.p999_us} us`;

/** A child that speaks lines of JSON. */
export class Lines {
  constructor(program, args) {
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
    this.lines = [];
    this.waiters = [];
    readline.createInterface({ input: this.child.stdout }).on("line", line => {
      const waiter = this.waiters.shift();
      if (waiter) waiter.resolve(line); else this.lines.push(line);
    });
    this.ended = new Promise(resolve => this.child.on("exit", code => {
      for (const waiter of this.waiters.splice(0)) waiter.reject(new Error(`${path.basename(program)} ended with ${code}`));
      resolve(code);
    }));
  }
  next() {
    if (this.lines.length) return Promise.resolve(this.lines.shift());
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }
  say(line) { this.child.stdin.write(`${line}\n`); }
  async end() { this.child.stdin.end(); this.child.kill(); await this.ended; }
}

const SETTLE_S = 8;

/** shape: { participants, group, senders, video: name of a trace, slow: times as slowly } */
export class Load {
  static async start(shape, port, more = []) {
    const load = new Load(), trace = name => fileURLToPath(new URL(`traces/${name}.txt`, import.meta.url));
    load.shape = shape;
    load.wanted = 0;
    load.process = new Lines(path.join(build, "tests/relay-load"), ["--count", shape.participants, "--group", shape.group, "--senders", shape.senders,
      "--port", port, "--core", LOAD_CORE, "--video", trace(shape.video ?? "video-vp8"), "--audio", trace("audio-opus"), "--slow", shape.slow ?? 1, "--answers", Number(shape.answers ?? true), ...more].map(String));
    load.participants = [];
    putFirst(load.process.child.pid);
    const lines = more.includes("--split") ? 2 * shape.participants : shape.participants;
    for (let i = 0; i < lines; i++) load.participants.push(JSON.parse(await load.process.next()));
    return load;
  }
  remote(index, { ufrag, pwd, fingerprint, ip, port }) {
    this.wanted++;
    this.process.say(`remote ${index} ${ufrag} ${pwd} ${fingerprint} ${ip} ${port}`);
  }
  async connect(limit = 30) {
    this.process.say(`connect ${limit}`);
    const { connected, gcm } = JSON.parse(await this.process.next());
    if (connected !== this.wanted) throw new Error(`${connected} of ${this.wanted} connected`);
    if (!gcm) throw new Error("not all agreed on AEAD_AES_128_GCM");
  }
  /** The first so many rooms send (all, unless said). */
  async run(warmup, length, pid, rooms = this.shape.participants / this.shape.group) {
    this.process.say(`run ${warmup} ${length} ${pid} ${rooms}`);
    return JSON.parse(await this.process.next());
  }
  /** Until a second passes without loss: a relay that estimates its receivers' way down begins low. */
  async settle(pid, rooms, limit = SETTLE_S) {
    for (let i = 0; i < limit; i++) if (!lost(await this.run(i ? 0 : 1, 1, pid, rooms))) return;
  }
  end() { return this.process.end(); }
}

/** Resident bytes of a process and its anonymous part. */
export function memoryOf(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = name => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]) * 1024;
  return { resident: kb("VmRSS"), anonymous: kb("RssAnon") };
}
