// A call that its network leaves no UDP: what the act says of it, which is by which way and for whom.
// Alone: two browsers of one machine call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers, connections } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { until } from "../e2e/support/server.mjs";
import { apart, ip4, Lab } from "./support/lab.mjs";

let lab;

before(async () => {
  if (!apart) return;
  lab = await Lab.start();
  lab.names(ip4);
  await lab.serve({ relays: 2 });
}, { timeout: 200_000 });

after(async () => {
  await closeBrowsers();
  await lab?.stop();
});

const how = { timeout: 200_000, skip: !apart && "namespaces are forbidden here" };

/** The incidents of a call behind this firewall that lasts some seconds more than a fallback takes to be told. */
async function incidentsOf(turn, ...allowed) {
  lab.allow(...allowed);
  connections.turn = turn; // where another way is tried they have none: a browser may stay with either
  const scene = await startCall(lab.server);
  try {
    await new Promise(resolve => setTimeout(resolve, 12_000));
    await scene.host.press("Quitter", { selector: "button" });
    await scene.host.press("Terminer pour tous", { selector: "button" });
    const act = await until("the call is over", async () => {
      const found = await scene.client.expect(200, "GET", `/api/acts/${scene.act.id}`);
      return found.state === "to_close" && found;
    });
    return act.incidents.filter(i => i.kind === "fallback");
  } finally {
    await scene.close();
  }
}

function assertTold(incidents, unit, words) {
  assert.equal(incidents.length, 2, JSON.stringify(incidents)); // of each of the two
  for (const one of incidents) {
    assert.equal(one.unit, unit);
    assert.match(one.sentence, words);
    assert.ok(Date.parse(one.ended_at) - Date.parse(one.started_at) > 8_000, JSON.stringify(one));
  }
}

test("with UDP blocked the act says that TCP carried the call, for whom and for how long", how, async () =>
  assertTold(await incidentsOf(false, "meta l4proto tcp accept"), "tcp", /^Réseau restrictif : liaison de secours utilisée \(TCP\) pour /));

test("with all but TLS on 443 blocked the act says that TURN carried the call", how, async () =>
  assertTold(await incidentsOf(true, "@ih,48,32 0x2112a442 drop", `ip daddr ${ip4} tcp dport 443 accept`), "turn", /\(TURN, 443\) pour /));

test("with everything open the act says nothing of it", how, async () =>
  assert.deepEqual(await incidentsOf(false, "accept"), []));
