// `teleloire probe` behind firewalls, proxies and narrow or lossy lines: by which ways it says the server
// is reached, what it measures against what the kernel was told to let through, and what it makes of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { apart, ip4, Lab, proxyPort } from "./support/lab.mjs";
import { probe, rung } from "./support/probe.mjs";

let lab, ca;
const proxy = `http://${ip4}:${proxyPort}`;

before(async () => {
  if (!apart) return;
  lab = await Lab.start();
  lab.names(ip4);
  await lab.serve({ relays: 2, options: ["--no-demo"] });
  await lab.proxy();
  ca = path.join(lab.server.var, "certs/authority.crt");
}, { timeout: 200_000 });

afterEach(() => { if (apart) try { execFileSync("tc", ["qdisc", "del", "dev", "near", "root"], { stdio: "ignore" }); } catch { /* none */ } });
after(() => lab?.stop());

const how = { timeout: 240_000, skip: !apart && "namespaces are forbidden here" };
const ask = (...args) => probe(["--to", lab.server.url, "--ca", ca, "--json", ...args]);

function assertCarries(r) {
  assert.equal(r.state, "measured", JSON.stringify(r));
  assert.deepEqual([r.far.audio, r.far.video], ["good", "good"], JSON.stringify(r.far));
  assert.ok(r.near.audio && r.near.video && r.near.fps > 0, JSON.stringify(r.near));
  assert.ok(r.up.kbps > 500 && r.down.kbps > 500, JSON.stringify([r.up, r.down]));
  assert.deepEqual([r.near.width, r.near.height], [640, 360]);
}

test("on an open network every rung carries sound and picture both ways, and the best is UDP", how, async () => {
  lab.allowAll();
  const { report, err } = await ask("--proxy", proxy, "--site", "440000057");
  report.rungs.forEach(assertCarries);
  assert.equal(report.best, "udp");
  assert.equal(report.site, "440000057");
  for (const words of ["TCP, port 443 : connexion…", "TURN/TLS par le proxy : débit montant…"]) assert.ok(err.includes(words), err);
});

test("with UDP blocked the UDP rung says so and TCP is the best", how, async () => {
  lab.allow("meta l4proto tcp accept");
  const { report } = await ask("--rungs", "udp,tcp");
  assert.deepEqual(rung(report, "udp"), { rung: "udp", state: "failed", reason: "no_answer" });
  assertCarries(rung(report, "tcp"));
  assert.equal(report.best, "tcp");
  assert.equal(rung(report, "turn").reason, "not_asked");
});

test("with all but TLS on 443 blocked TURN is the only way", how, async () => {
  lab.allow("@ih,48,32 0x2112a442 drop", `ip daddr ${ip4} tcp dport 443 accept`);
  const { report } = await ask("--rungs", "udp,tcp,tcp443,turn");
  for (const name of ["udp", "tcp", "tcp443"]) assert.equal(rung(report, name).state, "failed", name);
  assertCarries(rung(report, "turn"));
  assert.equal(report.best, "turn");
});

test("through an HTTP proxy and nothing else, named by HTTPS_PROXY, TURN by the proxy is the only way", how, async () => {
  lab.allow(`ip daddr ${ip4} tcp dport ${proxyPort} accept`);
  const { report } = await probe(["--to", lab.server.url, "--ca", ca, "--json", "--rungs", "turn,proxy"], { env: { HTTPS_PROXY: proxy } });
  assert.deepEqual(rung(report, "turn"), { rung: "turn", state: "failed", reason: "no_answer" });
  assertCarries(rung(report, "proxy"));
  assert.equal(report.best, "proxy");
  assert.equal(report.by_proxy, true);
});

test("an uplink of 300 kbit/s is measured within a fifth, and fit for sound and not for video", how, async () => {
  lab.allowAll();
  execFileSync("tc", "qdisc add dev near root tbf rate 300kbit burst 3000 latency 300ms".split(" "));
  const { report, code } = await ask("--rungs", "udp");
  const { up, uses } = rung(report, "udp");
  assert.ok(up.saturated && up.kbps > 240 && up.kbps < 360, JSON.stringify(up));
  assert.ok(uses.video.lacks.includes("up_kbps"), JSON.stringify(uses));
  assert.equal(uses.audio.fit, true, JSON.stringify(uses));
  assert.equal(code, 1);
});

test("a twentieth lost upwards is measured upwards and nowhere else", how, async () => {
  lab.allow("meta l4proto udp numgen random mod 100 < 5 drop", "accept");
  const { report } = await ask("--rungs", "udp");
  const { up, down } = rung(report, "udp");
  assert.ok(up.loss > 0.015 && up.loss < 0.1, JSON.stringify(up)); // of some 450 packets
  assert.ok(down.loss < 0.01, JSON.stringify(down));
  assert.equal(up.saturated, false, JSON.stringify(up)); // it loses, but is not narrow
});

test("a server that is down, silent or not the one it says is told in a sentence, with exit code 3", how, async () => {
  lab.allowAll();
  const down = await probe(["--to", `${lab.server.url}:444`, "--ca", ca]);
  assert.equal(down.code, 3);
  assert.match(down.err, /clinique\.example:444 : connexion refusée/);
  assert.equal(down.out, "");
  const stranger = await probe(["--to", lab.server.url, "--lang", "en"]);
  assert.equal(stranger.code, 3);
  assert.match(stranger.err, /certificate is refused/);
  lab.allow("drop");
  const silent = await ask("--lang", "en");
  assert.match(silent.err, /no answer: a firewall\?/);
  assert.deepEqual([silent.code, silent.report.best, silent.report.rungs[0].reason], [3, null, "no_answer"]);
});

test("options that cannot be are told with exit code 3", how, async () => {
  for (const wrong of [["--to", "http://clinique.example"], ["--to", lab.server.url, "--rungs", "pigeon"],
    ["--to", lab.server.url, "--site", "440000058"], ["--to", lab.server.url, "--lang", "br"], []]) {
    const { code, err } = await probe(wrong);
    assert.equal(code, 3, wrong.join(" "));
    assert.match(err, /teleloire probe --to/);
  }
});
