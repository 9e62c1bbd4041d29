// The ladder: a call of real browsers through a firewall that lets less and less pass. That they hear
// and see each other is asserted on decoded frames and sound energy; by which way, on the pair of
// candidates in use and on what the relays counted.
// Alone: two browsers of one machine call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers, connections } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { until } from "../e2e/support/server.mjs";
import { apart, ip4, Lab, way } from "./support/lab.mjs";

let lab;

before(async () => {
  if (!apart) return;
  lab = await Lab.start();
  lab.names(ip4);
  await lab.serve({ relays: 2 });
}, { timeout: 120_000 });

after(async () => {
  await closeBrowsers();
  await lab?.stop();
});

async function call(kinds, check) {
  const scene = await startCall(lab.server, kinds);
  try {
    // a browser may begin by the first way that answers, and goes over to the best
    for (const person of [scene.host, scene.guest])
      await until(`${person.kind}'s way`, async () => { check(await way(person)); return true; }, 30_000, 250);
    // who entered from the lobby offered before the welcome named TURN: its first connection has it all the same
    assert.deepEqual(await scene.host.evaluate(() => { const { call } = window.__teleloire; return [call.pc === window.__connections[0], call.rebuilds, call.restarts]; }), [true, 0, 0]);
  } finally {
    await scene.close();
  }
}

// Framed STUN does not pass: its cookie is seen, as by a firewall that knows TLS from what is none.
const onlyTls = ["@ih,48,32 0x2112a442 drop", `ip daddr ${ip4} tcp dport 443 accept`];
test("sound arrives from the relay marked EF and pictures AF41", { timeout: 120_000, skip: !apart && "namespaces are forbidden here" }, async () => {
  lab.allowAll();
  const marks = lab.countMarks();
  await call(["chromium", "chromium"], () => {});
  const found = marks();
  assert.ok(found.ef > 50 && found.af41 > 50, JSON.stringify(found)); // Opus at 50 a second, for seconds
});

const open = ["accept"], noUdp = ["meta l4proto tcp accept"], only443 = [`ip daddr ${ip4} tcp dport 443 accept`];
const isUdp = found => assert.equal(found.protocol, "udp", JSON.stringify(found));
const isOwnTcp = found => {
  assert.equal(found.protocol, "tcp", JSON.stringify(found));
  assert.ok([40_000, 40_001].includes(found.port), JSON.stringify(found));
};
const isTurn = found => {
  assert.equal(found.local, "relay", JSON.stringify(found));
  assert.equal(found.relayProtocol, "tls", JSON.stringify(found));
};
const isShared = found => {
  assert.equal(found.protocol, "tcp", JSON.stringify(found));
  assert.equal(found.port, 443, JSON.stringify(found));
};

const how = { timeout: 120_000, skip: !apart && "namespaces are forbidden here" };
const reach = (kind, allowed, check) => async () => {
  lab.allow(...allowed);
  // Where TURN would do as well, a browser may stay with it: it has none where another way is tried.
  connections.turn = check === isTurn;
  await call([kind, kind], check);
};
test("with everything open two Chromium call over UDP", how, reach("chromium", open, isUdp));
test("with everything open two Firefox call over UDP", how, reach("firefox", open, isUdp));
test("with UDP blocked two Chromium call over the relay's own TCP port", how, reach("chromium", noUdp, isOwnTcp));
test("with UDP blocked two Firefox call over the relay's own TCP port", how, reach("firefox", noUdp, isOwnTcp));
test("with all but TCP 443 blocked two Chromium call over the port the pages come from", how, reach("chromium", only443, isShared));
test("with all but TCP 443 blocked two Firefox call over the port the pages come from", how, reach("firefox", only443, isShared));
test("with all but TLS on TCP 443 blocked two Chromium call by TURN", how, reach("chromium", onlyTls, isTurn));
test("with all but TLS on TCP 443 blocked two Firefox call by TURN", how, reach("firefox", onlyTls, isTurn));
