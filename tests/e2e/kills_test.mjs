// kill -9 of each role during a call, and PostgreSQL away: the call goes on, seats and events stay.
// Alone: how long a call takes to come back is judged.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers } from "./support/browsers.mjs";
import { startCall } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server, scene, seats;
before(async () => {
  server = await Server.start({ relays: 1 });
  scene = await startCall(server, ["chromium", "firefox"]);
  seats = await Promise.all([scene.host.call(), scene.guest.call()]).then(all => all.map(one => one.you));
}, { timeout: 240_000 });
after(async () => { await scene?.close(); await closeBrowsers(); await server?.stop(); });

async function goesOn() {
  await Promise.all([scene.host.hearsAndSees(1, 30_000), scene.guest.hearsAndSees(1, 30_000)]);
  const now = await Promise.all([scene.host.call(), scene.guest.call()]);
  assert.deepEqual(now.map(one => one.you), seats, "the same seats");
  for (const one of now) assert.equal(one.roster.filter(seat => seat.state === "in").length, 2);
}

// How often each event stands in the register, by its id.
async function eventsOnce() {
  const rows = await server.rows(`select type, count(*)::int as n from act_event where act_id = '${scene.act.id}' group by type`);
  const counts = Object.fromEntries(rows.map(r => [r.type, r.n]));
  assert.equal(counts.seat_taken, 2, JSON.stringify(counts));
  return counts;
}

test("the examiner is killed: nobody notices", { timeout: 60_000 }, async () => {
  await server.kill("examiner");
  await goesOn();
});

test("an api worker is killed: the call goes on", { timeout: 60_000 }, async () => {
  for (const pid of server.pids("api")) await server.kill("api", pid);
  await goesOn();
  await scene.client.expect(200, "GET", `/api/acts/${scene.act.id}`);
});

test("the door is killed: the media goes on, the seats come back by themselves", { timeout: 90_000 }, async () => {
  await server.kill("door");
  await goesOn();
  await until("the session is live in the register", async () =>
    (await scene.client.expect(200, "GET", `/api/acts/${scene.act.id}`)).state === "live");
});

// In the page: the other's tile, as it is drawn, every 50 ms. A cut dark or empty is no picture.
function watchTile() {
  const seen = window.__tile = { looks: 0, dark: 0, pictures: new Set() };
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
  [canvas.width, canvas.height] = [16, 9];
  seen.timer = setInterval(() => {
    const video = document.querySelector(".tile video:not(.video-coming)");
    pen.clearRect(0, 0, 16, 9);
    if (video) pen.drawImage(video, 0, 0, 16, 9);
    const { data } = pen.getImageData(0, 0, 16, 9);
    seen.looks++;
    if (data.every((value, i) => i % 4 === 3 || value < 8)) { seen.dark++; (seen.why ??= []).push(video ? `${video.readyState} ${video.videoWidth} ${video.paused} ${video.srcObject?.getTracks().map(t => t.readyState + t.muted)}` : "none"); }
    seen.pictures.add(data.join());
  }, 50);
}

test("the relay is killed: sound and picture come back by themselves, and the last picture stands until then", { timeout: 90_000 }, async () => {
  const people = [scene.host, scene.guest];
  await Promise.all(people.map(person => person.evaluate(watchTile)));
  const before = (await Promise.all([scene.host.call(), scene.guest.call()])).map(one => one.rebuilds);
  const started = Date.now();
  await server.kill("relay");
  await goesOn();
  const later = (await Promise.all([scene.host.call(), scene.guest.call()])).map(one => one.rebuilds);
  assert.ok(later.every((n, i) => n === before[i] + 1), `one new connection each: ${before} → ${later}`);
  console.log(`# both ways again within ${Date.now() - started} ms, watching included`);
  for (const person of people) {
    await person.see("no word of a restart any more", () => !/Le relais redémarre/.test(document.body.innerText));
    await person.evaluate(() => window.__tile.pictures.clear());
    await person.see("pictures drawn one after another", () => window.__tile.pictures.size > 3);
    const { looks, dark, why } = await person.evaluate(() => { clearInterval(window.__tile.timer); return { looks: window.__tile.looks, dark: window.__tile.dark, why: window.__tile.why }; });
    assert.ok(looks > 20, `${looks} looks`);
    assert.equal(dark, 0, `${person.kind}: ${dark} of ${looks} looks found no picture: ${why}`);
  }
});

test("PostgreSQL is away for 20 s: the call goes on, then every event is there once", { timeout: 120_000 }, async () => {
  const events = await eventsOnce();
  await server.stopPostgres();
  const back = Date.now() + 20_000;
  // What a host does meanwhile is an event that must not be lost.
  await scene.host.evaluate(() => {
    const call = window.__teleloire.call;
    const guest = call.roster.value.find(seat => seat.participant !== call.you.value.participant);
    call.identity(guest.participant, true);
  });
  await goesOn();
  await until("20 s have passed", () => Date.now() >= back, 25_000);
  await server.startPostgres();
  await until("the event made meanwhile is in the register", async () =>
    (await eventsOnce().catch(() => ({}))).identity_checked === (events.identity_checked ?? 0) + 1, 30_000);
  await goesOn();
  const rows = await server.rows(`select count(*)::int as n, count(distinct id)::int as ids from act_event where act_id = '${scene.act.id}'`);
  assert.equal(rows[0].n, rows[0].ids);
});
