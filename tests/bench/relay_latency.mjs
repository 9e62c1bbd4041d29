// What a relay adds to a packet's way, from the send call to the receive call, as the generator sees
// it: at shares of the subject's own most calls (tests/bench/results/relay-capacity.jsonl, so take that
// first), and at half of what each peer carries. A relay that paces pictures delays them on purpose: a
// case of its own shows it towards receivers that tell it nothing of their way down, where it does not.
//
//     ./bench relay-latency [--seconds N] [--runs N] [--only SUBJECT] [--capacity SUBJECT=CALLS,...]
import { figure, measured, nothing, option, preamble, told, voided } from "./support.mjs";
import { isFloor, names as all, withSubject } from "./subjects.mjs";
import { results } from "./results.mjs";

const { seconds, runs } = measured({ seconds: 3, runs: 2 });
const names = option("only", null) ? all : all.filter(name => !isFloor(name));
const OTHERWISE = 20; // calls, where no capacity was found
const given = Object.fromEntries((option("capacity", "") || "").split(",").filter(Boolean).map(pair => pair.split("=")));
const known = Object.fromEntries(results("relay-capacity").lines.filter(line => line.value && line.case === "a core").map(line => [line.subject, line.value]));
const isKnown = subject => given[subject] ?? known[subject];
const most = subject => Number(isKnown(subject) ?? OTHERWISE);

const shares = { "at 10 %": 0.1, "at 50 %": 0.5, "at 80 %": 0.8 };
const loadsOf = subject => Object.fromEntries([
  ...Object.entries(shares).map(([name, share]) => [name, share * most(subject)]),
  ...["janus", "rtpengine"].filter(peer => peer !== subject && isKnown(peer) && most(peer) / 2 < most(subject)).map(peer => [`at half of ${peer}'s`, most(peer) / 2]),
].map(([name, calls]) => [name, Math.max(1, Math.round(calls))]));

const quantiles = { p50: "p50_us", p99: "p99_us", "p99.9": "p999_us" };
const rows = new Map(); // "subject case" -> { fields, values: {p50: [..]}, why }

async function take(subject, answers) {
  const loads = loadsOf(subject), biggest = Math.max(...Object.values(loads));
  await withSubject(subject, { participants: 2 * biggest, group: 2, senders: 2, answers }, async s => {
    for (const [name, calls] of Object.entries(loads)) {
      await s.load.settle(s.pid, calls, 4);
      const seen = await s.load.run(0, seconds, s.pid, calls), bad = voided(seen), label = answers ? name : `${name}, unpaced`;
      console.error(`${subject} ${label} (${calls} calls): ${told(seen)}${bad ? ` void: ${bad}` : ""}`);
      const row = rows.get(`${subject} ${label}`) ?? { subject, case: label, calls, values: { p50: [], p99: [], "p99.9": [] } };
      rows.set(`${subject} ${label}`, row);
      if (bad) row.why = bad; else for (const [quantile, key] of Object.entries(quantiles)) row.values[quantile].push(seen[key]);
    }
  });
}

preamble("relay-latency");
let failed = false;
for (let run = 0; run < runs; run++)
  for (const subject of names)
    for (const answers of subject === "teleloire" ? [true, false] : [true])
      await take(subject, answers).catch(error => { failed = true; console.error(`${subject}: ${error.message}`); });
for (const row of rows.values())
  for (const [quantile, values] of Object.entries(row.values)) {
    const fields = { bench: "relay-latency", case: row.case, figure: quantile, unit: "us", subject: row.subject, calls: row.calls };
    if (values.length) figure(fields, values); else { nothing(fields, row.why); failed = true; }
  }
process.exit(failed ? 1 : 0);
