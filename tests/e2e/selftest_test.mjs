// The ten-second proof that ./run selftest gives, on a server that is up.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { build, root, Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start(); }, { timeout: 120_000 });
after(async () => { await server?.stop(); });

test("two native participants hold a call through the relay, end the act and judge what they got", { timeout: 90_000 }, async () => {
  const started = Date.now();
  const child = spawn(path.join(root, "run"), ["selftest", "--var", server.var, "--build-dir", build, "--port", `${server.port}`], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", piece => (text += piece));
  child.stderr.on("data", piece => (text += piece));
  const code = await new Promise(resolve => child.once("close", resolve));
  assert.equal(code, 0, text);
  assert.ok(Date.now() - started < 60_000, `took ${Date.now() - started} ms`);
  const [{ n }] = await server.rows("select count(*)::int as n from act where state in ('to_close', 'closed') and created_at > now() - interval '1 minute'");
  assert.ok(n >= 1, "the act stands in the register");
});
