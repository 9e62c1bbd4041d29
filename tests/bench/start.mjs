// How long people wait: a built tree until the server is ready (a new var/ with its database, and one
// that was there before), and a role killed under a call of two until the call has resumed.
//
//     ./bench start [--runs N]
import fs from "node:fs";
import { favourOurs, figure, measured, nothing, preamble } from "./support.mjs";
import { makeAct } from "../e2e/support/scene.mjs";
import { Seats, guestTicket } from "../e2e/support/seat.mjs";
import { Server, until } from "../e2e/support/server.mjs";

const { runs } = measured({ runs: 3 });
const rows = new Map();
function note(name, value) { rows.set(name, [...(rows.get(name) ?? []), value]); }
async function timed(name, work) {
  const began = performance.now(), result = await work();
  note(name, performance.now() - began);
  console.error(`${name}: ${Math.round(performance.now() - began)} ms`);
  return result;
}

/** Two native participants who hear each other. */
async function callOn(server) {
  const scene = await makeAct(server);
  const { ticket } = await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/join`);
  const helper = await guestTicket(server, scene.client, scene.act.id, "Aide Bench");
  const seats = Seats.join(server, [ticket, helper.ticket], { size: "160x96", fps: 10, kbps: 60 });
  await seats.until("both connected or waiting", all => all.every(seat => seat.welcome));
  const waiting = await seats.until("somebody waits", ([host]) => host.roster?.participants?.find(one => one.state === "waiting") ?? host.roster?.seats?.find(one => one.state === "waiting"));
  seats.tell(0, { do: "admit", participant: waiting.participant ?? waiting.id });
  await seats.until("both hear", heard);
  return seats;
}
const heard = all => all.every(seat => seat.heard?.slots.some(slot => slot.identity !== null && slot.silent_ms < 500));

const ticksOf = pid => fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ").slice(11, 13).reduce((sum, word) => sum + Number(word), 0);

/** Killed; then what tells that it went wrong is awaited, and then what tells that it is right again. */
async function killed(server, seats, role) {
  const counts = seats.last.map(seat => ({ ...seat }));
  // of the relays the one that carries the call, which is the busier one
  const victims = server.pids(role).sort((a, b) => ticksOf(b) - ticksOf(a)), began = performance.now();
  process.kill(victims[0], "SIGKILL");
  if (role === "door") await seats.until("both are known again", all => all.every((seat, i) => seat.welcome !== counts[i].welcome && seat.welcome.resumed));
  if (role === "relay") await seats.until("both took another relay", all => all.every((seat, i) => seat.swapped !== counts[i].swapped));
  if (role === "api") await until("another api answers", () => server.pids("api").length === victims.length && !server.pids("api").includes(victims[0]), 15_000, 5);
  const took = performance.now() - began;
  await seats.until("both hear", heard);
  await until(`${role} is back`, () => server.pids(role).length === victims.length);
  note(`${role} killed until resumed`, took);
  console.error(`${role} killed: ${Math.round(took)} ms`);
}

favourOurs();
preamble("start");
const why = {};
for (let run = 0; run < runs; run++) {
  const server = await timed("ready, new", () => Server.start({ relays: 2 }));
  try {
    const seats = await callOn(server);
    for (const role of ["door", "relay", "api"]) await killed(server, seats, role).catch(error => { why[`${role} killed until resumed`] = error.message.split("\n")[0]; });
    await seats.end();
    server.child.kill("SIGTERM");
    await server.ended;
    fs.rmSync(`${server.var}/ready`, { force: true });
    await timed("ready, again", () => server.launch(2, []));
  } catch (error) {
    console.error(error.message);
    why["call"] = error.message.split("\n")[0];
  } finally { await server.stop(); }
}
for (const [name, values] of rows) figure({ bench: "start", case: name, figure: "time", unit: "ms", subject: "teleloire" }, values);
for (const [name, reason] of Object.entries(why)) if (!rows.has(name)) nothing({ bench: "start", case: name, figure: "time", unit: "ms", subject: "teleloire" }, reason);
process.exit(Object.keys(why).length ? 1 : 0);
