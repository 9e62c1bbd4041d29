// A real examiner process in its sandbox: verdicts, garbage, the door coming back, stop, death.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";
import { after, before, test } from "node:test";

const root = fileURLToPath(new URL("../..", import.meta.url));
const build = path.resolve(process.env.TL_BUILD ?? path.join(root, "build/dev"));
const types = { PING: 0x0104, STOP: 0x0102, READY: 0x0181, METRICS: 0x0182, BEGIN: 0x0401, END: 0x0402, PROGRESS: 0x0481, VERDICT: 0x0482 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tl-examiner-"));

class Examiner {
  constructor() {
    const config = path.join(folder, "config.ini");
    fs.writeFileSync(config, `[server]\nstate_dir = ${folder}\n`);
    this.received = [];
    this.waiters = [];
    this.child = spawn(path.join(build, "tests/examiner-door"), [path.join(build, "bin/teleloire-examiner"), config], { stdio: ["pipe", "pipe", "inherit"] });
    readline.createInterface({ input: this.child.stdout }).on("line", line => {
      const message = JSON.parse(line);
      this.received.push(message);
      this.waiters = this.waiters.filter(waiter => !waiter(message));
    });
    this.ended = new Promise(resolve => this.child.on("close", resolve));
  }
  next(wanted, what, ms = 10_000, fresh = false) {
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
  say(line) { this.child.stdin.write(`${line}\n`); }
  begin(n, more = {}) { this.say(`${types.BEGIN} 0 ${JSON.stringify({ test: n, opus: true, vp8: true, seconds: 5, ...more })}`); }
  end(n) { this.say(`${types.END} 0 ${JSON.stringify({ test: n })}`); }
  verdict(n, ms) { return this.next(m => m.type === types.VERDICT && m.body.test === n, `verdict of ${n}`, ms).then(m => m.body); }
  metrics(wanted) { return this.next(m => m.supervisor?.type === types.METRICS && wanted(m.supervisor.body), "metrics", 5_000, true).then(m => m.supervisor.body); }
}

let examiner;
before(async () => {
  examiner = new Examiner();
  await examiner.next(m => m.supervisor?.type === types.READY, "ready");
});
after(async () => {
  examiner.child.stdin.end();
  await examiner.ended;
  fs.rmSync(folder, { recursive: true, force: true });
});

test("in its sandbox the examiner decodes sound and pictures and gives a verdict", async () => {
  examiner.begin(1);
  examiner.say("speak 1 4000 5");
  await examiner.next(m => m.type === types.PROGRESS && m.body.test === 1, "progress");
  examiner.end(1);
  const verdict = await examiner.verdict(1);
  assert.equal(verdict.audio.verdict, "good");
  assert.ok(verdict.audio.decoded_ms >= 3900);
  assert.equal(verdict.video.width, 320);
  assert.ok(verdict.video.frames >= 55);
});

test("a test that nothing comes for ends by itself with none", async () => {
  examiner.begin(2, { seconds: 1 });
  const verdict = await examiner.verdict(2, 6_000);
  assert.equal(verdict.audio.verdict, "none");
  assert.equal(verdict.video.verdict, "none");
});

test("garbage is counted and harms no other test", async () => {
  examiner.begin(3);
  examiner.begin(4);
  examiner.say("garbage 4 600");
  examiner.say("speak 3 2000 2");
  examiner.end(3);
  examiner.end(4);
  assert.equal((await examiner.verdict(3)).audio.verdict, "good");
  await examiner.verdict(4);
  const metrics = await examiner.metrics(m => m.counters.examiner_tests_ended_total >= 4);
  assert.ok(metrics.counters.examiner_bad_datagrams_total > 200);
  assert.equal(metrics.gauges.examiner_tests, 0);
});

test("a bad message of the door is refused and the next one is taken", async () => {
  examiner.say(`${types.BEGIN} 0 {"test":5,"opus":true,"vp8":true,"seconds":6}`);
  examiner.say(`${types.BEGIN} 0 not json`);
  examiner.say("513 0 {}");
  examiner.begin(5);
  examiner.end(5);
  await examiner.verdict(5);
});

test("one test more than 64 is answered with none at once", async () => {
  for (let i = 100; i <= 164; i++) examiner.begin(i);
  assert.equal((await examiner.verdict(164, 2_000)).audio.verdict, "none");
  for (let i = 100; i < 164; i++) examiner.end(i);
  await examiner.verdict(163);
});

test("the tests of a door that is gone are dropped, a new door is served", async () => {
  examiner.begin(6);
  await examiner.metrics(m => m.gauges.examiner_tests === 1);
  examiner.say("door");
  await examiner.metrics(m => m.gauges.examiner_tests === 0);
  examiner.begin(7);
  examiner.say("speak 7 1000 1");
  examiner.end(7);
  assert.equal((await examiner.verdict(7)).audio.verdict, "good");
});

test("the sandbox holds: no new privileges, a seccomp filter, no file beyond what was open", () => {
  const { pid } = examiner.received.find(m => m.pid);
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  assert.match(status, /^Seccomp:\s+2$/m);
  const sockets = fs.readdirSync(`/proc/${pid}/fd`).map(fd => { try { return fs.readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ""; } });
  assert.ok(sockets.filter(target => target.startsWith("/") && !/\/dev\/|pipe/.test(target)).length <= 2, sockets.join(" "));
});

test("PING is answered and STOP ends it with 0", async () => {
  examiner.say(`supervisor ${types.PING} 9 {}`);
  await examiner.next(m => m.supervisor?.type === types.PING && m.supervisor.flags === 2, "pong");
  examiner.say(`supervisor ${types.STOP} 0 {}`);
  await examiner.next(m => m.ended === 0, "the end", 5_000);
});
