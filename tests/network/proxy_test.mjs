// Browsers that reach nothing but an HTTP proxy, which connects to port 443 only: the way out of many
// hospitals. tinyproxy is the real one; the browsers use it by themselves.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { browserOptions, closeBrowsers } from "../e2e/support/browsers.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { apart, ip4, Lab, proxyPort, way } from "./support/lab.mjs";

let lab;

before(async () => {
  if (!apart) return;
  lab = await Lab.start();
  lab.names(ip4);
  await lab.serve({ relays: 2 });
  await lab.proxy();
  lab.allow(`ip daddr ${ip4} tcp dport ${proxyPort} accept`);
  browserOptions({
    chromium: [`--proxy-server=http://${ip4}:${proxyPort}`],
    firefox: { "network.proxy.type": 1, "network.proxy.http": ip4, "network.proxy.http_port": proxyPort,
      "network.proxy.ssl": ip4, "network.proxy.ssl_port": proxyPort, "network.proxy.no_proxies_on": "localhost, 127.0.0.1" },
  });
}, { timeout: 120_000 });

after(async () => {
  await closeBrowsers();
  await lab?.stop();
});

async function call(kind, check) {
  const scene = await startCall(lab.server, [kind, kind]);
  try {
    for (const person of [scene.host, scene.guest]) check(await way(person));
  } finally {
    await scene.close();
  }
  const log = fs.readFileSync(path.join(lab.server.var, "tinyproxy.log"), "utf8");
  assert.match(log, /CONNECT/);
}

const isTurn = found => assert.deepEqual([found.local, found.relayProtocol], ["relay", "tls"], JSON.stringify(found));
const how = { timeout: 150_000, skip: !apart && "namespaces are forbidden here" };

// By TURN, or framed ICE through the proxy's tunnel: both reach port 443, and the browser chooses.
test("through an HTTP proxy and nothing else two Chromium call", how, () => call("chromium", found => {
  if (found.local !== "relay") assert.deepEqual([found.protocol, found.port], ["tcp", 443], JSON.stringify(found));
}));

test("through an HTTP proxy that passes TLS only two Chromium call by TURN", how, () => {
  lab.tlsOnly();
  return call("chromium", isTurn);
});

test("through an HTTP proxy and nothing else two Firefox call by TURN", how, () => call("firefox", isTurn));
