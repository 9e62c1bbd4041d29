import assert from "node:assert/strict";
import { test } from "node:test";
import { SlotTable } from "../src/call/slots.ts";
import type { Slot } from "../src/call/messages.ts";

const table: Slot[] = [
  { mid: "5", participant: "a", source: "microphone" },
  { mid: "13", participant: "a", source: "camera" },
  { mid: "14", participant: "b", source: "instrument" },
  { mid: "15", participant: "b", source: "screen" },
  { mid: "16", participant: null, source: null },
];

test("a person is found in the slot the server named, and nowhere else", () => {
  const slots = new SlotTable();
  slots.take(table);
  assert.equal(slots.find("a", "camera"), "13");
  assert.equal(slots.find("a", "screen"), null);
  assert.equal(slots.find("c", "camera"), null);
  assert.deepEqual(slots.of("b"), [
    { mid: "14", source: "instrument" },
    { mid: "15", source: "screen" },
  ]);
});

test("two people who swap slots are found at their new places", () => {
  const slots = new SlotTable();
  slots.take([
    { mid: "13", participant: "a", source: "camera" },
    { mid: "14", participant: "b", source: "camera" },
  ]);
  assert.equal(
    slots.take([
      { mid: "13", participant: "b", source: "camera" },
      { mid: "14", participant: "a", source: "camera" },
    ]),
    true,
  );
  assert.equal(slots.find("a", "camera"), "14");
  assert.equal(slots.find("b", "camera"), "13");
});

test("the same table told twice changes nothing", () => {
  const slots = new SlotTable();
  assert.equal(slots.take(table), true);
  assert.equal(slots.take(table.map((s) => ({ ...s }))), false);
});

test("shared screens come before instruments", () => {
  const slots = new SlotTable();
  slots.take(table);
  assert.deepEqual(
    slots.shares().map((s) => s.source),
    ["screen", "instrument"],
  );
});
