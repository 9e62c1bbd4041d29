// Processor time a relay spends on one forwarded packet, beside a floor and its peers.
//
//     ./bench relay-cost [--seconds N] [--runs N] [--only SUBJECT] [--case NAME]
import { figure, only, onlyCase, runs, seconds } from "./support.mjs";
import { subjects, withSubject } from "./subjects.mjs";

const calls = n => ({ participants: 2 * n, group: 2, senders: 2 });
const cases = {
  "1to1-gcm-5": calls(5), "1to1-gcm-20": calls(20), "1to1-gcm-50": calls(50),
  "1to7-gcm-8": { participants: 64, group: 8, senders: 1 },
};
const WARMUP = 3, HEADROOM = 0.3, LOSS = 0.001;
const names = Object.keys(subjects).filter(name => !only || name === only);
let failed = false, port = 22_000;

for (const [name, shape] of Object.entries(cases)) {
  if (onlyCase && name !== onlyCase) continue;
  const values = Object.fromEntries(names.map(subject => [subject, []]));
  for (let run = 0; run < runs; run++)
    for (const subject of names) {
      port = port >= 22_700 ? 22_000 : port + 1;
      const seen = await withSubject(subject, shape, port, s => s.load.run(WARMUP, seconds, s.pid));
      const cost = seen.cpu_ns / seen.received;
      const bad = seen.headroom < HEADROOM ? "void: the generator has no headroom" : seen.loss > LOSS ? "void: packets were lost" : "";
      console.error(`${name} ${subject}: ${cost.toFixed(0)} ns/packet, ${seen.received} packets, loss ${(100 * seen.loss).toFixed(3)} %, headroom ${(100 * seen.headroom).toFixed(0)} %, late p99 ${seen.late_p99_us} us, delay p50 ${seen.p50_us} p99 ${seen.p99_us} us ${bad}`);
      if (!bad) values[subject].push(cost);
    }
  for (const subject of names)
    if (values[subject].length) figure({ bench: "relay-cost", case: name, figure: "cpu", unit: "ns/packet", subject }, values[subject]);
    else failed = true;
}
process.exit(failed ? 1 : 0);
