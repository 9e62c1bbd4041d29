// A relay that is used for long: fifty calls of two that join, stay a while and leave, over and over.
// Its memory, its descriptors and what it adds to a packet's way, in the second quarter of the time
// (the first fills what stays) and in the last. Memory that grew by over a twentieth, or a descriptor
// that stayed, fails it (memory from ten minutes on).
//
//     ./bench soak [--seconds N]
import fs from "node:fs";
import { RelayDoor } from "../support/relay_door.mjs";
import { Load, figure, measured, median, memoryOf, preamble } from "./support.mjs";
import { enter, leave, pin } from "./subjects.mjs";

const { seconds } = measured({ seconds: 1800, runs: 1 });
const LANES = 5, CALLS = 10, STAY_S = [4, 12], PORT = 9_000, GROWTH = 1.05, LEAST_TO_JUDGE_S = 600, LOOK_MS = Math.max(500, Math.min(10_000, seconds * 1000 / 60));
const began = Date.now(), ends = began + seconds * 1000;
const looks = [], stays = [];

const door = await RelayDoor.start(PORT);
pin(door.pid);
const descriptors = () => fs.readdirSync(`/proc/${door.pid}/fd`).length;
const atFirst = descriptors();

async function lane(number) {
  for (let round = 0; Date.now() < ends; round++) {
    // ports of its own, and others than the round before
    const load = await Load.start({ participants: 2 * CALLS, group: 2, senders: 2 }, PORT + 100 + 200 * number + 2 * CALLS * (round % 8));
    try {
      const ids = await enter(door, load, PORT);
      await load.settle(door.pid);
      const left = Math.ceil((ends - Date.now()) / 1000);
      const stay = Math.max(1, Math.min(left, STAY_S[0] + Math.floor(Math.random() * (STAY_S[1] - STAY_S[0] + 1))));
      const seen = await load.run(0, stay, door.pid);
      stays.push({ at: Date.now(), ...seen });
      leave(door, ids);
    } finally { await load.end(); }
  }
}

const timer = setInterval(() => looks.push({ at: Date.now(), ...memoryOf(door.pid), descriptors: descriptors() }), LOOK_MS);
preamble("soak");
const lanes = await Promise.allSettled(Array.from({ length: LANES }, (_, i) => new Promise(resolve => setTimeout(resolve, 1000 * i)).then(() => lane(i))));
clearInterval(timer);
const broken = lanes.filter(one => one.status === "rejected").map(one => one.reason.message);
await new Promise(resolve => setTimeout(resolve, 1000));
const atLast = descriptors();
await door.stop();

const quarter = (list, n) => list.filter(one => one.at >= began + n * seconds * 250 && one.at < began + (n + 1) * seconds * 250 + (n === 3 ? 60_000 : 0));
const say = (what, unit, list, key) => ["second", "last"].map((name, i) => {
  const values = quarter(list, i ? 3 : 1).map(one => one[key]);
  if (values.length) figure({ bench: "soak", case: `${name} quarter`, figure: what, unit, subject: "teleloire" }, values);
  return values.length ? median(values) : 0;
});
const [early, late] = say("resident", "bytes", looks, "resident");
say("descriptors", "", looks, "descriptors");
say("added delay p50", "us", stays, "p50_us");
say("added delay p99", "us", stays, "p99_us");
figure({ bench: "soak", case: "all", figure: "calls joined and left", unit: "calls", subject: "teleloire" }, [stays.length * CALLS]);
figure({ bench: "soak", case: "all", figure: "packets lost", unit: "percent", subject: "teleloire" }, [100 * (1 - stays.reduce((sum, one) => sum + one.received, 0) / stays.reduce((sum, one) => sum + one.expected, 0))]);
figure({ bench: "soak", case: "all", figure: "descriptors left over", unit: "", subject: "teleloire" }, [atLast - atFirst]);
for (const why of broken) console.error(why);
// a short look has not filled what stays
const grew = seconds >= LEAST_TO_JUDGE_S && late > GROWTH * early;
process.exit(broken.length || grew || atLast > atFirst ? 1 : 0);
