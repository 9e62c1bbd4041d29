// What ./run promises: ready in seconds the second time, Ctrl-C stops every process it started.
// Alone: how soon a first and a second start are ready.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start({ anew: true }); }, { timeout: 120_000 });
after(async () => { await server?.stop(); });

function processesOf(folder) {
  return fs.readdirSync("/proc").filter(entry => /^\d+$/.test(entry)).filter(entry => {
    try {
      const words = fs.readFileSync(`/proc/${entry}/cmdline`, "utf8");
      return Number(entry) !== process.pid && words.includes(folder);
    } catch {
      return false;
    }
  }).map(Number);
}

test("the demo accounts' passwords are in a file of its owner alone", () => {
  const file = path.join(server.var, "demo.json");
  assert.equal(fs.statSync(file).mode & 0o077, 0);
  for (const entry of fs.readdirSync(path.join(server.var, "secrets")))
    assert.equal(fs.statSync(path.join(server.var, "secrets", entry)).mode & 0o077, 0, entry);
  assert.ok(server.demo.accounts.length > 10);
});

test("PostgreSQL listens on a socket only", () => {
  const pid = server.postgresPid();
  const inodes = new Set(fs.readdirSync(`/proc/${pid}/fd`).map(fd => { try { return fs.readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ""; } })
    .map(link => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter(Boolean));
  for (const table of ["tcp", "tcp6"])
    for (const line of fs.readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      assert.ok(!(fields[3] === "0A" && inodes.has(fields[9])), `it listens: ${line}`);
    }
});

test("Ctrl-C stops every process it started, and the second start is ready in seconds", { timeout: 90_000 }, async () => {
  assert.ok(processesOf(server.var).length > 5);
  server.child.kill("SIGINT");
  assert.equal(await server.ended, 130);
  assert.deepEqual(processesOf(server.var), []);
  const before = fs.readFileSync(path.join(server.var, "demo.json"), "utf8");
  process.off("exit", server.atExit);
  const started = Date.now();
  await server.launch(2, []);
  assert.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`);
  assert.equal(fs.readFileSync(path.join(server.var, "demo.json"), "utf8"), before, "the same passwords");
});
