// A relay process drained under a call between two Chromium: how much sound each person loses. One
// JSON line a figure (docs/performance.md).
//
//     ./bench relay-drain [--runs N]
//
// Lost is what the browser had to conceal (silence it was sent apart) on the connection in use, and
// the time between the last packet of sound on the old connection and the first on the new one.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { closeBrowsers } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { build, Server, until } from "../e2e/support/server.mjs";

const at = process.argv.indexOf("--runs");
const runs = at > 0 ? Number(process.argv[at + 1]) : 20;

// In the page: sound packets and concealment of whichever connection is in use, each 20 ms. A hole
// within a connection is concealed by it; between two of them there is one when the new one has no
// sound yet.
function watch() {
  const seen = { concealedMs: 0, holeMs: 0, swaps: 0 };
  window.__watch = seen;
  let pc = null, before = null, silentSince = null, busy = false;
  clearInterval(window.__watchTimer);
  window.__watchTimer = setInterval(async () => {
    if (busy) return;
    busy = true;
    const now = window.__teleloire.call.pc;
    const facts = { packets: 0, concealed: 0, lastAt: 0 };
    const report = await now.getStats().catch(() => []);
    for (const [, s] of report) {
      if (s.type !== "inbound-rtp" || s.kind !== "audio") continue;
      facts.packets += s.packetsReceived ?? 0;
      facts.concealed += (s.concealedSamples ?? 0) - (s.silentConcealedSamples ?? 0);
      facts.lastAt = Math.max(facts.lastAt, s.lastPacketReceivedTimestamp ?? 0);
    }
    busy = false;
    if (pc && now !== pc) {
      seen.swaps += 1;
      silentSince = before.lastAt;
    } else if (pc) {
      seen.concealedMs += Math.max(0, facts.concealed - before.concealed) / 48;
    }
    if (silentSince !== null && facts.packets > 0) {
      // Flowing at the first look, so before it: no hole.
      if (now === pc) seen.holeMs = Math.max(seen.holeMs, facts.lastAt - silentSince);
      silentSince = null;
    }
    pc = now;
    before = facts;
  }, 20);
}

const server = await Server.start({ relays: 2 });
const lost = [], ended = [];
try {
  const scene = await startCall(server, ["chromium", "chromium"]);
  const people = [scene.host, scene.guest];
  for (let run = 0; lost.length < 2 * runs; run++) {
    const index = run % 2;
    await Promise.all(people.map((person) => person.evaluate(watch)));
    const began = Date.now();
    await promisify(execFile)(path.join(build, "bin/teleloire"),
      ["drain", `${index}`, "--config", path.join(server.var, "config.ini")]);
    const took = Date.now() - began;
    await Promise.all(people.map((person) => person.hearsAndSees(1)));
    const seen = await Promise.all(people.map((person) => person.evaluate(() => window.__watch)));
    await until("a fresh process has its place", () => server.pids("relay").length === 2);
    if (seen.every((one) => one.swaps === 0)) continue; // the call was at the other one
    lost.push(...seen.map((one) => one.concealedMs + one.holeMs));
    ended.push(took);
    console.error(`drain ${ended.length} of ${runs}: ${JSON.stringify(seen.map((one) => ({ concealed: Math.round(one.concealedMs), hole: Math.round(one.holeMs) })))} ended after ${took} ms`);
  }
  await scene.close();
} finally {
  await closeBrowsers();
  await server.stop();
}

function line(figure, unit, value, all) {
  console.log(JSON.stringify({ bench: "relay-drain", case: "two-chromium", figure, unit, subject: "teleloire",
    value, low: all[0], high: all.at(-1), runs: all.length }));
}
const rounded = (all) => all.map((ms) => Math.round(ms)).sort((a, b) => a - b);
const sound = rounded(lost), time = rounded(ended);
line("sound-lost-median", "ms", sound[Math.floor(sound.length / 2)], sound);
line("sound-lost-p95", "ms", sound[Math.ceil(sound.length * 0.95) - 1], sound);
line("under-200ms", "share", sound.filter((ms) => ms < 200).length / sound.length, sound);
line("process-ended-after", "ms", time[Math.floor(time.length / 2)], time);
