// A network in which there is no IPv4 at all.
// Alone: two browsers of one machine call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { apart, ip6, Lab, way } from "./support/lab.mjs";

let lab;

before(async () => {
  if (!apart) return;
  lab = await Lab.start({ families: [6] });
  lab.names(ip6);
  await lab.serve({ relays: 2, publicAddresses: [ip6] });
}, { timeout: 120_000 });

after(async () => {
  await closeBrowsers();
  await lab?.stop();
});

async function call(kind, allowed, protocol, ports) {
  lab.allow(...allowed);
  const scene = await startCall(lab.server, [kind, kind]);
  try {
    for (const person of [scene.host, scene.guest]) {
      const found = await way(person);
      assert.equal(found.protocol, protocol, JSON.stringify(found));
      assert.ok(ports.includes(found.port), JSON.stringify(found));
      assert.equal(found.address.replace(/[[\]]/g, ""), ip6, JSON.stringify(found));
    }
  } finally {
    await scene.close();
  }
}

const how = { timeout: 120_000, skip: !apart && "namespaces are forbidden here" };
const only443 = [`ip6 daddr ${ip6} tcp dport 443 accept`];

test("over IPv6 alone two Chromium call", how, () => call("chromium", ["accept"], "udp", [40_000, 40_001]));
test("over IPv6 alone two Firefox call", how, () => call("firefox", ["accept"], "udp", [40_000, 40_001]));
test("over IPv6 alone with all but TCP 443 blocked two Chromium call", how, () => call("chromium", only443, "tcp", [443]));
test("over IPv6 alone with all but TCP 443 blocked two Firefox call", how, () => call("firefox", only443, "tcp", [443]));
