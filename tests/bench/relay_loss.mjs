// What a person's bad line does to a call of two Chromium: pictures that stand still and sound made up,
// for the one behind the line and for the other. Téléloire and Janus in turn, each call through the
// same lines: 2, 5 and 10 % lost each way, then 300 kbit/s up.
//
//     ./bench relay-loss [--seconds N] [--runs N] [--only SUBJECT]
import { closeBrowsers } from "../e2e/support/browsers.mjs";
import { portsOf } from "../e2e/support/line.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { Server } from "../e2e/support/server.mjs";
import { Access } from "./access.mjs";
import { JanusCall } from "./peers/janus_call.mjs";
import { favourOurs, figure, measured, nothing, only, preamble } from "./support.mjs";

const { seconds, runs } = measured({ seconds: 15, runs: 2 });
const SETTLE_MS = 5_000;
const lines = { "no loss": access => access.loss(0), "2 % lost": access => access.loss(2), "5 % lost": access => access.loss(5), "10 % lost": access => access.loss(10),
  "300 kbit/s up": access => { access.loss(0); access.up(300); } };
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

const subjects = {
  async teleloire() {
    const server = await Server.start({ relays: 1 });
    try {
      const scene = await startCall(server, ["chromium", "chromium"]);
      return { host: scene.host, guest: scene.guest, async stop() { await scene.close(); await closeBrowsers(); await server.stop(); } };
    } catch (error) { await closeBrowsers(); await server.stop(); throw error; }
  },
  async janus() {
    const call = await JanusCall.start();
    try { return await call.pair(); } catch (error) { await call.stop(); throw error; }
  },
};

// What a page received so far, over all its connections.
const received = person => person.evaluate(async () => {
  const sum = { frames: 0, frozenMs: 0, freezes: 0, concealed: 0, samples: 0, pixels: 0 };
  for (const pc of window.__connections)
    for (const s of (await pc.getStats()).values()) {
      if (s.type !== "inbound-rtp") continue;
      if (s.kind === "video") {
        sum.frames += s.framesDecoded ?? 0;
        sum.freezes += s.freezeCount ?? 0;
        sum.frozenMs += 1000 * (s.totalFreezesDuration ?? 0);
        sum.pixels = Math.max(sum.pixels, (s.frameHeight ?? 0));
      } else {
        sum.concealed += (s.concealedSamples ?? 0) - (s.silentConcealedSamples ?? 0);
        sum.samples += s.totalSamplesReceived ?? 0;
      }
    }
  return sum;
});

const rows = new Map(), why = {};
function note(subject, name, what, unit, value) {
  const key = `${subject} ${name} ${what}`, row = rows.get(key) ?? { fields: { bench: "relay-loss", case: name, figure: what, unit, subject }, values: [] };
  rows.set(key, row);
  row.values.push(value);
}

async function take(subject) {
  const call = await subjects[subject](), access = new Access(await portsOf(call.guest));
  try {
    for (const [name, set] of Object.entries(lines)) {
      set(access);
      await pause(SETTLE_MS);
      const people = { down: call.guest, up: call.host };
      const before = Object.fromEntries(await Promise.all(Object.entries(people).map(async ([way, person]) => [way, await received(person)])));
      await pause(seconds * 1000);
      for (const [way, person] of Object.entries(people)) {
        const now = await received(person), past = before[way], samples = now.samples - past.samples;
        const seen = { frozen: (now.frozenMs - past.frozenMs) / seconds / 10, concealed: samples ? 100 * (now.concealed - past.concealed) / samples : 100, frames: (now.frames - past.frames) / seconds };
        console.error(`${subject} ${name}, its way ${way}: frozen ${seen.frozen.toFixed(1)} % in ${now.freezes - past.freezes} freezes, concealed ${seen.concealed.toFixed(1)} %, ${seen.frames.toFixed(1)} frames a second at ${now.pixels} lines`);
        note(subject, `${name}, ${way}`, "picture frozen", "percent", seen.frozen);
        note(subject, `${name}, ${way}`, "sound concealed", "percent", seen.concealed);
        note(subject, `${name}, ${way}`, "frames a second", "1/s", seen.frames);
        note(subject, `${name}, ${way}`, "lines of the picture", "lines", now.pixels);
      }
    }
  } finally {
    access.end();
    await call.stop();
  }
}

favourOurs();
preamble("relay-loss");
const names = Object.keys(subjects).filter(name => !only || only.split(",").includes(name));
for (let run = 0; run < runs; run++)
  for (const subject of names)
    await take(subject).catch(error => { why[subject] = error.message.split("\n")[0]; console.error(`${subject}: ${error.message}`); });
for (const { fields, values } of rows.values()) figure(fields, values);
for (const subject of Object.keys(why)) nothing({ bench: "relay-loss", case: "all", figure: "picture frozen", unit: "percent", subject }, why[subject]);
process.exit(Object.keys(why).length ? 1 : 0);
