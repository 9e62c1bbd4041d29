// Resident bytes a participant takes while its call runs: what the process grew by since it started,
// shared among them. Calls of two; a thousand of them send a tenth as often, which no peer's core
// could carry otherwise. Rings and TLS are told apart where the relay tells them.
//
//     ./bench relay-memory [--seconds N] [--runs N] [--only SUBJECT] [--case PARTICIPANTS]
import { figure, measured, memoryOf, nothing, onlyCase, preamble, told } from "./support.mjs";
import { isFloor, names, withSubject } from "./subjects.mjs";

const { seconds, runs } = measured({ seconds: 4, runs: 1 });
const MOST_LOST = 0.5;
const SETTLED_S = 8; // handshakes are over, and what they held is given back
const FIRST = 100, MORE = 200;
const sizes = { 10: {}, [FIRST]: {}, [MORE]: {}, 1000: { slow: 10 } };
const grown = {};

const rows = new Map();
function note(subject, name, what, value, unit = "bytes/participant") {
  const key = `${subject} ${name} ${what}`, row = rows.get(key) ?? { fields: { bench: "relay-memory", case: name, figure: what, unit, subject }, values: [] };
  rows.set(key, row);
  row.values.push(value);
}

async function take(subject, name, more) {
  const participants = Number(name), idle = {};
  await withSubject(subject, { participants, group: 2, senders: 2, ...more, started: pid => Object.assign(idle, memoryOf(pid)) }, async s => {
    const seen = await s.load.run(SETTLED_S, seconds, s.pid), now = memoryOf(s.pid);
    console.error(`${subject} ${name} participants: ${Math.round((now.resident - idle.resident) / participants)} bytes each, ${Math.round(idle.resident / 1024)} KiB idle, ${told(seen)}`);
    if (seen.loss > MOST_LOST) throw new Error(`${Math.round(100 * seen.loss)} % of packets were lost: this is no load`);
    const bytes = now.resident - idle.resident, first = grown[`${subject} ${FIRST}`];
    grown[`${subject} ${name}`] = bytes;
    note(subject, name, "resident", bytes / participants);
    if (participants === MORE && first) note(subject, name, "resident, each beyond the first hundred", (bytes - first) / (MORE - FIRST));
    note(subject, name, "idle process", idle.resident, "bytes");
    for (const [what, value] of Object.entries(s.parts?.() ?? {})) note(subject, name, what, value / participants);
  });
}

preamble("relay-memory");
let failed = false;
for (const [name, more] of Object.entries(sizes)) {
  if (onlyCase && name !== onlyCase) continue;
  for (let run = 0; run < runs; run++)
    for (const subject of names.filter(one => !isFloor(one)))
      await take(subject, name, more).catch(error => {
        failed = true;
        console.error(`${subject} ${name}: ${error.message}`);
        rows.set(`${subject} ${name}`, { fields: { bench: "relay-memory", case: name, figure: "resident", unit: "bytes/participant", subject }, values: [], why: error.message });
      });
}
for (const { fields, values, why } of rows.values()) if (values.length) figure(fields, values); else nothing(fields, why);
process.exit(failed ? 1 : 0);
