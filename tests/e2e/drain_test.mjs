// `teleloire drain`: a relay process is ended under a call, which goes on at another one.
// Alone: lost sound is counted in milliseconds.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { closeBrowsers } from "./support/browsers.mjs";
import { startCall } from "./support/scene.mjs";
import { build, Server, until } from "./support/server.mjs";

let server, scene;
before(async () => {
  server = await Server.start({ relays: 2 });
  scene = await startCall(server, ["chromium", "firefox"]);
}, { timeout: 240_000 });
after(async () => { await scene?.close(); await closeBrowsers(); await server?.stop(); });

const drain = (...words) => promisify(execFile)(path.join(build, "bin/teleloire"),
  ["drain", ...words, "--config", path.join(server.var, "config.ini")]);
const people = () => Promise.all([scene.host.call(), scene.guest.call()]);

test("a drained relay ends, and nobody has lost the call", { timeout: 180_000 }, async () => {
  const seats = (await people()).map(one => one.you);
  const rebuilds = (await people()).map(one => one.rebuilds);
  for (const index of [0, 1]) { // the call is at one of them, and comes back to it
    const pid = server.pid("relay", index);
    const { stdout } = await drain(`${index}`);
    assert.match(stdout, new RegExp(`relay ${index} drained`));
    await until("a fresh process has its place", () => { const now = server.pid("relay", index); return now && now !== pid; });
    await Promise.all([scene.host.hearsAndSees(1), scene.guest.hearsAndSees(1)]);
  }
  const now = await people();
  assert.deepEqual(now.map(one => one.you), seats, "the same seats");
  for (const [i, one] of now.entries()) {
    assert.equal(one.phase, "in");
    assert.equal(one.line, "ok");
    assert.equal(one.negotiations, 0);
    assert.ok(one.rebuilds > rebuilds[i], "it moved");
  }
  const incidents = await server.rows(`select kind from incident where act_id = '${scene.act.id}' and kind in ('relay_restart', 'interruption')`);
  assert.deepEqual(incidents, [], "nothing was interrupted");
});

test("a relay that is not there is not drained, and it is said", { timeout: 60_000 }, async () => {
  await assert.rejects(drain("7"), /there is no relay 7/);
  await assert.rejects(drain("first"), /no index of a relay/);
});
