// The camera in three layers, on real browsers: which of them arrives follows how large its picture
// is shown, without a negotiation and without a gap in the sound.
// Alone: layers follow what the machine can encode.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers } from "./support/browsers.mjs";
import { startCall } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

const camera = facts => facts.slots.find(slot => slot.source === "camera" && slot.participant);
const sound = facts => facts.slots.find(slot => slot.source === "microphone" && slot.participant);

// Of 720 rows; a browser short of processor time sends three quarters of each layer.
const large = height => height > 400;
const small = height => height > 0 && height <= 400;

/** Waits until pictures of a height that fits arrive, and still do two looks later. */
async function sees(person, what, fits) {
  let last = null;
  await until(`${person.kind} sees ${what}`, async () => {
    const now = camera(await person.call()), before = last;
    last = now;
    return before && fits(before.frameHeight) && fits(now.frameHeight) && now.framesDecoded > before.framesDecoded;
  }, 60_000, 500).catch(async error => {
    const facts = await person.call();
    throw new Error(`${error.message}: ${JSON.stringify(camera(facts))} ${JSON.stringify(await person.evaluate(() => window.__teleloire.call.links.value))}`);
  });
}

async function heardMeanwhile(person, act) {
  const before = sound(await person.call());
  await act();
  const after = sound(await person.call());
  assert.equal(after.mid, before.mid);
  assert.ok(after.totalAudioEnergy > before.totalAudioEnergy, `${person.kind} hears on`);
  assert.ok(after.packets > before.packets + 50, `${person.kind} hears on: ${after.packets - before.packets} packets`);
}

async function followsTheSize(kinds) {
  const scene = await startCall(server, kinds, { screen: { width: 1280, height: 800 } });
  const people = [scene.host, scene.guest];
  for (const [i, person] of people.entries()) {
    const sender = people[1 - i];
    await heardMeanwhile(person, async () => {
      await sees(person, "the large layer in a large tile", large);
      const sent = (await sender.call()).senders.find(s => s.source === "camera");
      assert.equal(sent.activeLayers, 3, JSON.stringify(sent));
      assert.deepEqual(sent.layers.map(layer => layer.rid).sort(), ["f", "h", "q"]);
      await person.resize(340, 420);
      await sees(person, "a smaller layer in a small tile", small);
      await person.resize(1280, 800);
      await sees(person, "the large layer again", large);
    });
  }
  for (const person of people) {
    const facts = await person.call();
    assert.equal(facts.negotiations, 0);
    assert.equal(facts.rebuilds, 0);
  }
  await scene.close();
}

test("Chromium with Chromium: the layer that arrives follows the size shown, sound on all the time", { timeout: 300_000 },
  () => followsTheSize(["chromium", "chromium"]));

test("Firefox with Firefox: the layer that arrives follows the size shown, sound on all the time", { timeout: 300_000 },
  () => followsTheSize(["firefox", "firefox"]));

test("Chromium with Firefox: the layer that arrives follows the size shown, sound on all the time", { timeout: 300_000 },
  () => followsTheSize(["chromium", "firefox"]));

test("a page behind another is sent the least there is, and all of it again in front", { timeout: 180_000 }, async () => {
  const scene = await startCall(server);
  const { host } = scene;
  await heardMeanwhile(host, async () => {
    await sees(host, "the large layer", large);
    await host.evaluate(() => window.__teleloire.call.hide(true));
    await sees(host, "the smallest layer", height => height > 0 && height <= 180);
    await host.evaluate(() => window.__teleloire.call.hide(false));
    await sees(host, "the large layer again", large);
  });
  await scene.close();
});

test("a camera of few rows is sent whole, whatever layers are too many for it", { timeout: 180_000 }, async () => {
  const scene = await startCall(server);
  await scene.host.evaluate(() => window.__teleloire.call.localTrack("camera").applyConstraints({ width: 640, height: 480 }));
  await sees(scene.guest, "all 480 rows", height => height === 480);
  await scene.host.evaluate(() => window.__teleloire.call.localTrack("camera").applyConstraints({ width: 320, height: 180 }));
  await sees(scene.guest, "all 180 rows", height => height === 180);
  for (const person of [scene.host, scene.guest]) assert.equal((await person.call()).negotiations, 0);
  await scene.close();
});

// What the line carries is the relay's to judge (tests/unit/signaling/relay_test.c has its words);
// here only what the page makes of it.
test("the page says that the line carries only sound, and that pictures are back, without a fuss", { timeout: 180_000 }, async () => {
  const scene = await startCall(server);
  const { host } = scene;
  const calm = pattern => host.see(`a calm ${pattern}`, source =>
    [...document.querySelectorAll("[aria-live=polite]")].some(e => new RegExp(source).test(e.innerText)), pattern.source);
  const carries = video => host.evaluate(video => {
    const call = window.__teleloire.call;
    call.pictures.value = video;
  }, video);
  await carries("none");
  await calm(/ne porte que le son/);
  await carries("back");
  await calm(/images sont revenues/);
  await carries("shown");
  await host.see("nothing more is said", () => !/images sont revenues|que le son/.test(document.body.innerText));
  await scene.close();
});
