// How many calls of two one core relays with under a thousandth of packets lost. Doubling from below,
// then halving what is between; every subject in turn, as often as there are runs. Each look has a
// process of its own: rtpengine gives up for good a flow that was too much for it once. Then the same on
// a share of the core, for a generator on one core is full before the best of them is.
//
//     ./bench relay-capacity [--seconds N] [--runs N] [--only SUBJECT] [--case NAME] [--most CALLS]
import path from "node:path";
import { Lines, SUBJECT_CORE, build, figure, lost, measured, nothing, onlyCase, option, preamble, told, voided } from "./support.mjs";
import { isFloor, names as all, withSubject } from "./subjects.mjs";

const { seconds, runs } = measured({ seconds: 3, runs: 1 });
const FIRST = Number(option("first", 32)), MOST = Number(option("most", 256)), CLOSE_ENOUGH = 0.1, SETTLE_S = 5, HOPELESS = 0.05;
// what stops the floor first is the generator
const names = option("only", null) ? all : all.filter(name => !isFloor(name));

async function look(subject, calls) {
  const seen = await withSubject(subject, { participants: 2 * calls, group: 2, senders: 2 }, async s => {
    await s.load.settle(s.pid, undefined, SETTLE_S);
    const first = await s.load.run(0, seconds, s.pid);
    // one bad look may be a neighbour's doing, unless it is far off
    return voided(first) && first.loss < HOPELESS ? s.load.run(0, seconds, s.pid) : first;
  }).catch(error => ({ failed: error.message }));
  const why = seen.failed ?? voided(seen);
  console.error(`${subject} ${calls} calls: ${seen.failed ? "" : told(seen)}${why ? ` no: ${why}` : ""}`);
  return why && (!seen.failed && lost(seen) ? `it lost packets at ${calls}` : `${why}, at ${calls}`);
}

/** { calls, held }: the most that passed, and what stopped the search there. */
async function search(subject) {
  let good = 0, bad = null, held = `no more than ${MOST} were tried`;
  for (let calls = Math.min(FIRST, MOST); calls > good && calls !== bad; calls = bad ? Math.floor((good + bad) / 2) : Math.min(2 * calls, MOST)) {
    const why = await look(subject, calls);
    if (why) [bad, held] = [calls, why]; else good = calls;
    if (bad && bad - good <= Math.max(1, CLOSE_ENOUGH * good)) break;
  }
  return { calls: good, held };
}

// percent of the core that is the subject's
const cases = { "a core": 100, "a third of a core": 33 };

async function take(name, percent) {
  const taken = percent < 100 ? new Lines(path.join(build, "tests/relay-share"), [SUBJECT_CORE, percent].map(String)) : null;
  const found = Object.fromEntries(names.map(subject => [subject, []])), why = {};
  try {
    await taken?.next();
    for (let run = 0; run < runs; run++)
      for (const subject of names)
        try {
          const { calls, held } = await search(subject);
          why[subject] = held;
          if (calls) found[subject].push(calls);
        } catch (error) { why[subject] = error.message; }
  } finally { await taken?.end(); }
  for (const subject of names) {
    const fields = { bench: "relay-capacity", case: name, figure: "calls", unit: "calls/core", subject, held: why[subject] };
    if (found[subject].length) figure(fields, found[subject]);
    else nothing(fields, why[subject]);
  }
  return names.every(subject => found[subject].length);
}

preamble("relay-capacity");
let well = true;
for (const [name, percent] of Object.entries(cases))
  if (!onlyCase || name === onlyCase) well = await take(name, percent) && well;
process.exit(well ? 0 : 1);
