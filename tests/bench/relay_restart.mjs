// The relay killed during a call: how long until the other is heard and seen again, for each browser
// and each kill. One JSON line a figure (docs/performance.md).
//
//     one      a Chromium with a whole camera in three layers, the other person a native seat
//     whole    two Chromium with whole cameras, which leave no processor idle here
//     small    two Chromium, cameras of 320 by 180, ten frames a second, one layer
//
//     ./bench relay-restart [--runs N] [--case one|whole|small]
import fs from "node:fs";
import { closeBrowsers, Person } from "../e2e/support/browsers.mjs";
import { admit, enterRoom, makeAct, signIn, startCall } from "../e2e/support/scene.mjs";
import { guestTicket, Seats } from "../e2e/support/seat.mjs";
import { Server, until } from "../e2e/support/server.mjs";

const at = process.argv.indexOf("--runs");
const runs = at > 0 ? Number(process.argv[at + 1]) : 20;
const only = process.argv.indexOf("--case");
const cases = ["one", "whole", "small"].filter((name) => only < 0 || process.argv[only + 1] === name);

// In the page, over 20 s: each new picture drawn in another's tile, and each look, every 50 ms, at
// which a later packet of another's sound had been played from the connection in use.
function watch() {
  const times = [], watched = new WeakSet(), until = Date.now() + 20_000;
  window.__watch = { times };
  const drawn = (video) => video.requestVideoFrameCallback(() => {
    if (!video.classList.contains("video-coming")) times.push({ kind: "picture", at: Date.now() });
    if (Date.now() < until) drawn(video);
  });
  let last = null;
  const timer = setInterval(() => {
    if (Date.now() > until) clearInterval(timer);
    for (const video of document.querySelectorAll(".tile video")) {
      if (!watched.has(video)) drawn(video);
      watched.add(video);
    }
    const { call } = window.__teleloire;
    const mid = call.slots.all.find((slot) => slot.participant && slot.source === "microphone")?.mid;
    const receiver = call.pc?.getTransceivers().find((t) => t.mid === mid)?.receiver;
    const at = receiver?.getSynchronizationSources()[0]?.timestamp;
    if (at && at !== last) times.push({ kind: "sound", at: Date.now() });
    last = at ?? last;
  }, 50);
}

// The longest silence that began before, or within a second of, the kill.
function gap(times, kind, killed) {
  const all = times.filter((t) => t.kind === kind).map((t) => t.at);
  let longest = 0;
  for (let i = 1; i < all.length; i++)
    if (all[i] > killed && all[i - 1] < killed + 1_000) longest = Math.max(longest, all[i] - all[i - 1]);
  return all.some((t) => t > killed + 1_000) ? longest : Infinity;
}

function ticksOf(pid) {
  const words = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(words[11]) + Number(words[12]);
}

/** Whose gaps are measured, and how the call ends. */
async function call(server, name) {
  if (name !== "one") {
    const { host, guest, close } = await startCall(server, ["chromium", "chromium"]);
    if (name === "small") await Promise.all([host, guest].map((person) => person.smallCamera()));
    return { people: [host, guest], close };
  }
  const scene = await makeAct(server), host = await Person.open(server);
  await signIn(host, scene.doctor);
  await enterRoom(host, scene.act.id);
  const { ticket } = await guestTicket(server, scene.client, scene.act.id, "Paul Marchand");
  const seats = Seats.join(server, [ticket], { index: 1, size: "640x360", fps: 25, kbps: 600 });
  await admit(host);
  await host.hearsAndSees(1);
  return { people: [host], close: async () => { await seats.end(); await host.close(); } };
}

async function kills(server, people, name) {
  const gaps = { sound: [], picture: [] };
  for (let run = 0; run < runs; run++) {
    await Promise.all(people.map((person) => person.evaluate(watch)));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    // The one that carries the call is the busier one.
    const busy = server.pids("relay").map((pid) => ({ pid, ticks: ticksOf(pid) })).sort((a, b) => b.ticks - a.ticks)[0].pid;
    const killed = Date.now();
    process.kill(busy, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    for (const person of people) {
      const { times } = await person.evaluate(() => window.__watch);
      for (const kind of ["sound", "picture"]) gaps[kind].push(gap(times, kind, killed));
    }
    console.error(`${name}: kill ${run + 1} of ${runs}: ${JSON.stringify(Object.fromEntries(Object.entries(gaps).map(([k, v]) => [k, v.slice(-2)])))}`);
    await until("two relays", () => server.pids("relay").length === 2, 15_000);
    await Promise.all(people.map((person) => person.hearsAndSees(1)));
  }
  return gaps;
}

function tell(name, kind, all) {
  const sorted = [...all].sort((a, b) => a - b);
  const line = (figure, unit, value) => console.log(JSON.stringify({
    bench: "relay-restart", case: `${name}-${kind}`, figure, unit, subject: "teleloire", value,
    low: sorted[0], high: sorted.at(-1), runs: sorted.length }));
  line("gap-median", "ms", sorted[Math.floor(sorted.length / 2)]);
  line("gap-p95", "ms", sorted[Math.ceil(sorted.length * 0.95) - 1]);
  line("under-1s", "share", sorted.filter((ms) => ms < 1_000).length / sorted.length);
}

for (const name of cases) {
  const server = await Server.start({ relays: 2 });
  let gaps;
  try {
    const { people, close } = await call(server, name);
    gaps = await kills(server, people, name);
    await close();
  } finally {
    await closeBrowsers();
    await server.stop();
  }
  for (const [kind, all] of Object.entries(gaps)) tell(name, kind, all);
}
