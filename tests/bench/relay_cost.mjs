// Processor time a relay spends on one forwarded packet, beside a floor and its peers.
//
//     ./bench relay-cost [--seconds N] [--runs N] [--only SUBJECT] [--case NAME]
import { figure, measured, nothing, onlyCase, preamble, told, voided } from "./support.mjs";
import { cannot, names, withSubject } from "./subjects.mjs";

const calls = n => ({ participants: 2 * n, group: 2, senders: 2 });
const cases = {
  "1to1-gcm-5": calls(5), "1to1-gcm-20": calls(20), "1to1-gcm-50": calls(50),
  "1to1-gcm-110": calls(110), // as many as the first of the peers carries before it loses
  "1to7-gcm-8": { participants: 64, group: 8, senders: 1 },
  "heavy-1to1-gcm-10": { ...calls(10), video: "video-heavy" },
  // growth: ten people and a thousand, each sending a tenth as often, which one core can carry
  "slow-1to1-gcm-5": { ...calls(5), slow: 10 },
  "slow-1to1-gcm-500": { ...calls(500), slow: 10 },
};
const { seconds, runs } = measured({ seconds: 3, runs: 2 });
const SETTLE_S = 6;
let failed = false;

preamble("relay-cost");
for (const [name, shape] of Object.entries(cases)) {
  if (onlyCase && name !== onlyCase) continue;
  const values = Object.fromEntries(names.map(subject => [subject, []])), why = {};
  for (let run = 0; run < runs; run++)
    for (const subject of names.filter(one => !cannot(one, shape))) {
      const seen = await withSubject(subject, shape, async s => {
        await s.load.settle(s.pid, undefined, SETTLE_S);
        return s.load.run(0, seconds, s.pid);
      }).catch(error => { why[subject] = error.message; return null; });
      if (!seen) continue;
      const cost = seen.cpu_ns / seen.received, bad = voided(seen);
      console.error(`${name} ${subject}: ${cost.toFixed(0)} ns/packet, ${told(seen)}${bad ? ` void: ${bad}` : ""}`);
      if (bad) why[subject] = bad; else values[subject].push(cost);
    }
  for (const subject of names) {
    const fields = { bench: "relay-cost", case: name, figure: "cpu", unit: "ns/packet", subject };
    if (values[subject].length) figure(fields, values[subject]);
    else {
      nothing(fields, cannot(subject, shape) ?? why[subject]);
      failed ||= !cannot(subject, shape);
    }
  }
}
process.exit(failed ? 1 : 0);
