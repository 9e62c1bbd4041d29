import assert from "node:assert/strict";
import { test } from "node:test";
import { layersOf } from "../src/call/connection.ts";
import type { Slot } from "../src/call/messages.ts";
import { pictureIn, View } from "../src/call/view.ts";

const slot = (mid: string, participant: string | null, source: Slot["source"] = "camera"): Slot => ({ mid, participant, source });

test("a picture's size is that of the whole picture, cropped or not", () => {
  assert.deepEqual(pictureIn({ width: 1280, height: 720 }, 16 / 9, false), { width: 1280, height: 720 });
  assert.deepEqual(pictureIn({ width: 360, height: 720 }, 16 / 9, false), { width: 1280, height: 720 }, "its edges are lost");
  assert.deepEqual(pictureIn({ width: 640, height: 720 }, 16 / 9, true), { width: 640, height: 368 }, "shown whole, rounded up");
  assert.deepEqual(pictureIn({ width: 0, height: 720 }, 16 / 9, false), { width: 0, height: 0 });
  assert.deepEqual(pictureIn({ width: 99999, height: 99999 }, 1, true), { width: 7680, height: 4320 });
});

test("what changed is told once, and what has no tile is 0 by 0", () => {
  const view = new View();
  const slots = [slot("5", "p", "microphone"), slot("13", "p"), slot("14", "q"), slot("15", null, null)];
  view.show("p", "camera", { width: 640, height: 368 });
  const first = view.changes(slots);
  assert.deepEqual(first.sizes, [
    { mid: "13", width: 640, height: 368 },
    { mid: "14", width: 0, height: 0 },
  ]);
  assert.equal(view.changes(slots).sizes.length, 2, "not told until it left");
  first.sent();
  assert.deepEqual(view.changes(slots).sizes, []);
  view.show("q", "camera", { width: 320, height: 192 });
  assert.deepEqual(view.changes(slots).sizes, [{ mid: "14", width: 320, height: 192 }]);
});

test("a slot that changes hands is told again, of the same size too", () => {
  const view = new View();
  view.show("p", "camera", { width: 640, height: 368 });
  view.show("q", "camera", { width: 640, height: 368 });
  view.changes([slot("13", "p")]).sent();
  assert.deepEqual(view.changes([slot("13", "q")]).sizes, [{ mid: "13", width: 640, height: 368 }]);
});

test("a page behind another shows nothing, and the same as before once in front", () => {
  const view = new View();
  const slots = [slot("13", "p")];
  view.show("p", "camera", { width: 640, height: 368 });
  view.changes(slots).sent();
  view.hide(true);
  const hidden = view.changes(slots);
  assert.deepEqual(hidden.sizes, [{ mid: "13", width: 0, height: 0 }]);
  hidden.sent();
  view.hide(false);
  assert.deepEqual(view.changes(slots).sizes, [{ mid: "13", width: 640, height: 368 }]);
  view.forget();
  assert.equal(view.changes(slots).sizes.length, 1, "another server is told all of it");
});

test("three layers of a large camera, fewer of a small one, and always its whole picture", () => {
  const sent = (rows?: number) =>
    layersOf(rows).flatMap((l) => (l.active ? [`${l.rid} ${(rows ?? 720) / l.scaleResolutionDownBy} ${l.maxBitrate / 1000}`] : []));
  assert.deepEqual(sent(undefined), ["q 180 150", "h 360 500", "f 720 1700"]);
  assert.deepEqual(sent(1080), ["q 270 150", "h 540 500", "f 1080 1700"]);
  assert.deepEqual(sent(540), ["q 135 150", "h 270 500", "f 540 1700"]);
  assert.deepEqual(sent(480), ["q 240 200", "h 480 700"]);
  assert.deepEqual(sent(180), ["q 180 300"]);
  assert.deepEqual(layersOf(180).map((l) => l.rid), ["q", "h", "f"], "names never change once offered");
});
