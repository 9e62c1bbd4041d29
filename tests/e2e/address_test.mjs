// Somebody's address changes in a call: Wi-Fi became 4G. The path is another one, the connection
// the same: no second handshake, nothing built anew, sound and picture go on.
//
// The server stands at an address of the loopback interface, which no browser offers as its own;
// the browsers reach it from the address of a veth interface, and that one is exchanged.
// Alone: how long a call takes to come back is judged.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { closeBrowsers } from "./support/browsers.mjs";
import { startCall } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

const SERVER = "10.88.0.1", HOMES = ["10.77.0.1", "10.77.0.2"];
const ip = (...words) => execFileSync("ip", words, { encoding: "utf8" });

/** Not in ./check's own network (namespaces are forbidden here): nobody's address may be taken. */
function ownNetwork() {
  try {
    return ip("-4", "-o", "address", "show", "dev", "outside").includes(HOMES[0]);
  } catch {
    return false;
  }
}
const skip = ownNetwork() ? false : "needs a network namespace of its own (scripts/check/own_network.sh)";

let server, home = 0;
before(async () => {
  if (skip) return;
  ip("address", "add", `${SERVER}/32`, "dev", "lo");
  server = await Server.start({ relays: 1, options: ["--public-address", SERVER] });
  server.loopback = false;
}, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

/** The address goes, with every path from it; after a moment there is another. */
function move() {
  ip("address", "del", `${HOMES[home]}/24`, "dev", "outside");
  home = 1 - home;
  ip("address", "add", `${HOMES[home]}/24`, "dev", "outside");
  ip("route", "replace", "default", "dev", "outside");
}

/** A counter of the relay, once the door has heard it. */
async function counter(name) {
  const text = await (await fetch(`http://127.0.0.1:${server.port + 1}/metrics`)).text();
  const line = new RegExp(`^teleloire_\\w*${name}(\\{[^}]*\\})? (\\d+)$`, "m").exec(text);
  if (!line) throw new Error(`no ${name} in\n${text}`);
  return Number(line[2]);
}

/** The address of its own that a page's path in use begins at. */
const addressOf = person => person.evaluate(async () => {
  const stats = [...(await window.__teleloire.call.pc.getStats()).values()];
  const pair = stats.find(s => s.type === "candidate-pair" && s.nominated && s.state === "succeeded");
  return stats.find(s => s.id === pair?.localCandidateId)?.address ?? null;
});

// An engine that is still looking for paths when the address changes may find the new one by itself,
// before the page has missed anything: then there is nothing to restart.
async function keepsItsConnection(kind) {
  const scene = await startCall(server, [kind, kind]), people = [scene.host, scene.guest];
  const before = await Promise.all(people.map(one => one.call()));
  const handshakes = await until("both handshakes are counted", async () => (await counter("dtls_handshakes")) || null);
  const followed = await counter("ice_restarts");
  move();
  const restarted = await until("both have another path", async () => {
    const now = await Promise.all(people.map(one => one.call())), again = now.map((one, i) => one.restarts > before[i].restarts);
    const moved = await Promise.all(people.map(async (one, i) => again[i] || await addressOf(one) === HOMES[home]));
    if (moved.every(Boolean)) return again.filter(Boolean);
    throw new Error(JSON.stringify(now));
  }, 30_000);
  await Promise.all(people.map(one => one.hearsAndSees(1, 30_000)));
  const now = await Promise.all(people.map(one => one.call()));
  assert.deepEqual(now.map(one => one.you), before.map(one => one.you), "the same seats");
  assert.deepEqual(now.map(one => one.rebuilds), before.map(one => one.rebuilds), "no second connection");
  assert.deepEqual(now.map(one => one.negotiations), [0, 0]);
  await until("the relay followed those who restarted", async () => (await counter("ice_restarts")) >= followed + restarted.length);
  assert.equal(await counter("dtls_handshakes"), handshakes, "no second handshake");
  await until("their reconnections are in the register", async () =>
    (await server.rows(`select count(*)::int as n from incident where act_id = '${scene.act.id}' and kind = 'reconnection'`))[0].n >= restarted.length, 30_000);
  await scene.close();
}

test("an address that changes in a call costs no second connection, in chromium", { skip, timeout: 180_000 },
  () => keepsItsConnection("chromium"));
test("an address that changes in a call costs no second connection, in firefox", { skip, timeout: 180_000 },
  () => keepsItsConnection("firefox"));
