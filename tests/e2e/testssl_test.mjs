// Debian's testssl.sh against the door. Left out: the simulated clients (--client-simulation), which
// judge nothing; real ones are every other test here.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Server } from "./support/server.mjs";

// What a local authority and a name without DNS cause, and no door could mend.
const caused = {
  cert_revocation: "the certificate of the demo's own authority names neither CRL nor OCSP: it lives weeks and is made anew, and one of a public authority brings its own",
  DNS_CAArecord: "localhost has no DNS record",
  engine_problem: "the openssl that testssl.sh asks with knows no GOST suites; which ones the door offers is asked without it as well",
};

let server;
before(async () => { server = await Server.start({ relays: 1, options: ["--no-demo"] }); }, { timeout: 120_000 });
after(async () => { await server?.stop(); });

test("testssl.sh finds nothing above INFO, but what a local authority causes", { timeout: 600_000 }, async () => {
  const found = path.join(server.var, "testssl.json");
  // It asks for names that do not exist; where no DNS answers, each would be waited for.
  const child = spawn("testssl", ["--quiet", "--warnings", "off", "--color", "0", "--add-ca", path.join(server.var, "certs/authority.crt"), "--jsonfile", found, "--ip", "127.0.0.1", "--nodns", "none",
    "-p", "-s", "-f", "-S", "-P", "-h", "-U", `https://localhost:${server.port}`], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TERM: "dumb", RES_OPTIONS: "timeout:1 attempts:1" } });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", piece => (text += piece));
  await new Promise(resolve => child.once("close", resolve));
  const rows = JSON.parse(fs.readFileSync(found, "utf8"));
  const ids = new Set(rows.map(row => row.id));
  for (const id of ["SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "cipherlist_NULL", "cipherlist_3DES_IDEA", "cipherlist_AVERAGE", "PFS", "cert_trust", "HSTS", "heartbleed", "CCS", "ROBOT", "secure_client_renego", "LUCKY13", "RC4"])
    assert.ok([...ids].some(known => known.startsWith(id)), `${id} was looked at\n${text.slice(-3000)}`);
  const above = rows.filter(row => !["OK", "INFO", "DEBUG"].includes(row.severity));
  assert.deepEqual(above.filter(row => !(row.id.split(" ")[0] in caused)).map(row => `${row.severity} ${row.id}: ${row.finding}`), []);
  const said = id => rows.filter(row => row.id === id).map(row => row.finding).join();
  for (const old of ["SSLv2", "SSLv3", "TLS1", "TLS1_1"]) assert.match(said(old), /not offered/, old);
  for (const now of ["TLS1_2", "TLS1_3"]) assert.match(said(now), /^offered/, now);
  // AEAD suites only, of both versions.
  const suites = ["cipherorder_TLSv1_2", "cipherorder_TLSv1_3", "PFS_ciphers"].flatMap(id => said(id).trim().split(/\s+/));
  assert.ok(suites.length >= 8, suites.join(" "));
  for (const suite of suites) assert.match(suite, /GCM|CHACHA20/, suite);
});
