// The relay killed during a call between two Chromium: how long until the other is heard and seen
// again, for each person and each kill. One JSON line a figure (docs/performance.md).
//
//     ./bench relay-restart [--runs N]
import { closeBrowsers } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { Server } from "../e2e/support/server.mjs";

const at = process.argv.indexOf("--runs");
const runs = at > 0 ? Number(process.argv[at + 1]) : 20;

// In the page: when each of sound and picture grew last, sampled every 20 ms over 20 s. A new
// connection counts from zero, so any number different from the last one is growth.
function watch() {
  const seen = { picture: null, sound: null, times: [] };
  window.__watch = seen;
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    const facts = await window.__teleloire.inspect().catch(() => null);
    busy = false;
    if (!facts) return;
    const full = facts.slots.filter((s) => s.participant);
    const picture = Math.max(0, ...full.map((s) => s.framesDecoded));
    const sound = Math.max(0, ...full.map((s) => s.totalAudioEnergy));
    if (picture !== seen.picture && picture > 0) seen.times.push({ kind: "picture", at: Date.now() });
    if (sound !== seen.sound && sound > 0) seen.times.push({ kind: "sound", at: Date.now() });
    seen.picture = picture;
    seen.sound = sound;
  }, 20);
  setTimeout(() => clearInterval(timer), 20_000);
}

// The longest silence that began before, or within a second of, the kill.
function gap(times, kind, killed) {
  const all = times.filter((t) => t.kind === kind).map((t) => t.at);
  let longest = 0;
  for (let i = 1; i < all.length; i++)
    if (all[i] > killed && all[i - 1] < killed + 1_000) longest = Math.max(longest, all[i] - all[i - 1]);
  return all.some((t) => t > killed + 1_000) ? longest : Infinity;
}

const server = await Server.start({ relays: 2 });
const gaps = { sound: [], picture: [] };
try {
  const scene = await startCall(server, ["chromium", "chromium"]);
  for (let run = 0; run < runs; run++) {
    await Promise.all([scene.host, scene.guest].map((person) => person.evaluate(watch)));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    // The one that carries the call is the busier one.
    const busy = server.pids("relay").map((pid) => ({ pid, ticks: ticksOf(pid) })).sort((a, b) => b.ticks - a.ticks)[0].pid;
    const killed = Date.now();
    await server.kill("relay", busy);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    for (const person of [scene.host, scene.guest]) {
      const { times } = await person.evaluate(() => window.__watch);
      for (const kind of ["sound", "picture"]) gaps[kind].push(gap(times, kind, killed));
    }
    console.error(`kill ${run + 1} of ${runs}: ${JSON.stringify(Object.fromEntries(Object.entries(gaps).map(([k, v]) => [k, v.slice(-2)])))}`);
    await Promise.all([scene.host, scene.guest].map((person) => person.hearsAndSees(1)));
  }
  await scene.close();
} finally {
  await closeBrowsers();
  await server.stop();
}

import fs from "node:fs";
function ticksOf(pid) {
  const words = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return fs.existsSync(`/proc/${pid}`) ? Number(words[11]) + Number(words[12]) : 0;
}

for (const [kind, all] of Object.entries(gaps)) {
  const sorted = [...all].sort((a, b) => a - b);
  const share = sorted.filter((ms) => ms < 1_000).length / sorted.length;
  const line = (figure, unit, value) => console.log(JSON.stringify({
    bench: "relay-restart", case: `two-chromium-${kind}`, figure, unit, subject: "teleloire", value,
    low: sorted[0], high: sorted.at(-1), runs: sorted.length }));
  line("gap-median", "ms", sorted[Math.floor(sorted.length / 2)]);
  line("gap-p95", "ms", sorted[Math.ceil(sorted.length * 0.95) - 1]);
  line("under-1s", "share", share);
}
