// The estimate of a receiver's way down, on a real browser behind a line whose capacity changes:
// 3 Mbit/s, 300 kbit/s, 3 Mbit/s. For each step: the estimate five seconds later against the
// capacity, and how long the queue before the line is. One JSON line a figure. Three native people
// send beside the host, pictures with grain that cost 1.3 Mbit/s each (small ones, for two cores
// encode and decode them all), so that more than 3 Mbit/s is wanted and the step back up shows what
// the line carries and not what is asked of it.
//
//     ./bench relay-bandwidth [--runs N] [--case chromium|firefox]
import { Line } from "../e2e/support/line.mjs";
import { closeBrowsers } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { guestTicket, Seats } from "../e2e/support/seat.mjs";
import { Server } from "../e2e/support/server.mjs";

const option = (name, otherwise) => process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise;
const runs = Number(option("--runs", 3)), only = option("--case");
const steps = [3000, 300, 3000];
const STEP_MS = 20_000, SETTLED_MS = 5_000, LOOK_MS = 250, JOINED_MS = 15_000, WANTED_KBPS = 3_500;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// What the relay says of the guest's way down (each second to the door, each two to the page).
const estimateOf = scene => scene.guest.evaluate(() => {
  const call = window.__teleloire.call, me = call.you.value.participant;
  return call.links.value.find(link => link.participant === me)?.down.estimate_kbps ?? null;
});

async function company(scene) {
  const tickets = [];
  for (const [name, role] of [["Paul Nurse", "nurse"], ["Lise Helper", "helper"], ["Ivan Interpreter", "interpreter"]])
    tickets.push((await guestTicket(server, scene.client, scene.act.id, name, role)).ticket);
  const seats = Seats.join(server, tickets, { index: 1, size: "320x180", fps: 15, kbps: 1_300, grain: 40 });
  await scene.host.see("all three wait", () => window.__teleloire.call.roster.value.filter(seat => seat.state === "waiting").length === 3);
  await scene.host.evaluate(() => {
    const call = window.__teleloire.call;
    for (const seat of call.roster.value) if (seat.state === "waiting") call.admit(seat.participant);
  });
  await seats.until("all are connected", last => last.every(seat => seat.link?.state === "connected"), 30_000);
  return seats;
}

function say(browser, figure, unit, values, step) {
  console.log(JSON.stringify({ bench: "relay-bandwidth", case: `${browser} ${step}`, figure, unit, subject: "teleloire",
    value: median(values), low: Math.min(...values), high: Math.max(...values), runs: values.length }));
}

const server = await Server.start({ relays: 1 });
try {
  for (const browser of ["chromium", "firefox"].filter(name => !only || name === only)) {
    const error = steps.map(() => []), queue = steps.map(() => []);
    for (let run = 0; run < runs; run++) {
      const scene = await startCall(server, ["chromium", browser]);
      const line = await Line.of(scene.guest), seats = await company(scene);
      line.rate({ down: 20_000 });
      let free = 0; // pictures begin one after the other, and each is asked room for
      for (const end = Date.now() + JOINED_MS; free < WANTED_KBPS && Date.now() < end; await pause(LOOK_MS)) free = await estimateOf(scene);
      if (free < WANTED_KBPS) console.error(`${browser}: on a free line only ${free} kbit/s are estimated: nothing asks for more`);
      for (const [i, kbps] of steps.entries()) {
        line.rate({ down: kbps });
        await pause(SETTLED_MS);
        const estimates = [], queues = [];
        for (const end = Date.now() + STEP_MS - SETTLED_MS; Date.now() < end; await pause(LOOK_MS)) {
          queues.push(line.backlog() * 8 / kbps);
          const now = await estimateOf(scene);
          if (now !== null) estimates.push(now);
        }
        error[i].push(Math.round(100 * Math.abs(median(estimates) - kbps) / kbps));
        queue[i].push(Math.round(median(queues)));
        console.error(`${browser} run ${run + 1}, ${kbps} kbit/s: estimates ${Math.min(...estimates)} to ${Math.max(...estimates)}, median ${median(estimates)}; queue median ${Math.round(median(queues))} ms, most ${Math.round(Math.max(...queues))} ms`);
      }
      await seats.end();
      await scene.close();
    }
    for (const [i, kbps] of steps.entries()) {
      say(browser, "estimate off by", "percent", error[i], `${i + 1}: ${kbps} kbit/s`);
      say(browser, "standing queue", "ms", queue[i], `${i + 1}: ${kbps} kbit/s`);
    }
  }
} finally {
  await closeBrowsers();
  await server.stop();
}
