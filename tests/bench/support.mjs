// What the relay benches share: options, one JSON line a figure, the load generator as a child.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const build = path.resolve(process.env.TL_BUILD ?? process.env.TELELOIRE_BUILD ?? path.join(root, "build/release"));
export const LOAD_CORE = 1, SUBJECT_CORE = 0;

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : otherwise;
}
export const seconds = Number(option("seconds", 5));
export const runs = Number(option("runs", 5));
export const only = option("only", null);
export const onlyCase = option("case", null);

export const median = values => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

export function figure(fields, values) {
  const round = v => Number(v.toPrecision(4));
  console.log(JSON.stringify({ ...fields, value: round(median(values)), low: round(Math.min(...values)), high: round(Math.max(...values)), runs: values.length }));
}

/** A child that speaks lines of JSON. */
export class Lines {
  constructor(program, args) {
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
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

/** shape: { participants, group, senders } */
export class Load {
  static async start(shape, port, more = []) {
    const load = new Load();
    load.shape = shape;
    load.process = new Lines(path.join(build, "tests/relay-load"), ["--count", shape.participants, "--group", shape.group, "--senders", shape.senders,
      "--port", port, "--core", LOAD_CORE, "--video", shape.video ?? fileURLToPath(new URL("traces/video-vp8.txt", import.meta.url)),
      "--audio", fileURLToPath(new URL("traces/audio-opus.txt", import.meta.url)), ...more].map(String));
    load.participants = [];
    for (let i = 0; i < shape.participants; i++) load.participants.push(JSON.parse(await load.process.next()));
    return load;
  }
  remote(index, { ufrag, pwd, fingerprint, ip, port }) { this.process.say(`remote ${index} ${ufrag} ${pwd} ${fingerprint} ${ip} ${port}`); }
  async connect(limit = 30) {
    this.process.say(`connect ${limit}`);
    const { connected } = JSON.parse(await this.process.next());
    if (connected !== this.participants.length) throw new Error(`${connected} of ${this.participants.length} participants connected`);
  }
  async run(warmup, length, pid) {
    this.process.say(`run ${warmup} ${length} ${pid}`);
    return JSON.parse(await this.process.next());
  }
  end() { return this.process.end(); }
}

/** Resident bytes of a process and its anonymous part. */
export function memoryOf(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = name => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]) * 1024;
  return { resident: kb("VmRSS"), anonymous: kb("RssAnon") };
}
