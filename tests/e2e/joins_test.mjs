// 200 joins and leaves: what the relay and the door hold afterwards is what they held before.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account } from "./support/client.mjs";
import { makeAct } from "./support/scene.mjs";
import { Seats } from "./support/seat.mjs";
import { Server, until } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await server?.stop(); });

async function joinAndLeave(scene, index) {
  const { ticket } = await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/join`);
  const seats = Seats.join(server, [ticket], { index, size: "160x96", fps: 5, kbps: 60 });
  await seats.until("connected to the relay", ([seat]) => seat.link?.state === "connected");
  assert.equal(await seats.end(), 0, seats.stderr);
}

test("memory and descriptors of the relay and the door do not grow over 200 joins and leaves", { timeout: 500_000 }, async () => {
  const scenes = await Promise.all([0, 1, 2, 3].map(nth => makeAct(server, { doctor: account(server, "doctor", nth) })));
  const round = times => Promise.all(scenes.map(async (scene, index) => {
    for (let i = 0; i < times; i++) await joinAndLeave(scene, index);
  }));
  const relay = server.pids("relay")[0], door = server.pids("door")[0];
  const quiet = () => until("everybody's place is free again", () => {
    const sizes = { relay: Server.size(relay), door: Server.size(door) };
    return quiet.floor === undefined || (sizes.relay.descriptors <= quiet.floor.relay.descriptors &&
      sizes.door.descriptors <= quiet.floor.door.descriptors) ? sizes : null;
  }, 90_000, 500);
  await round(10); // what is taken once and kept: pools, caches, the allocator's own
  const before = await quiet();
  quiet.floor = before;
  await round(50);
  const later = await quiet();
  for (const role of ["relay", "door"]) {
    assert.ok(later[role].descriptors <= before[role].descriptors, `${role}: ${before[role].descriptors} → ${later[role].descriptors} descriptors`);
    const grown = later[role].resident - before[role].resident;
    assert.ok(grown < 1_024, `${role} grew by ${grown} kB over 200 joins`);
    console.log(`# ${role}: ${before[role].resident} → ${later[role].resident} kB, ${later[role].descriptors} descriptors`);
  }
  assert.deepEqual([server.pids("relay")[0], server.pids("door")[0]], [relay, door], "neither was started anew");
});
