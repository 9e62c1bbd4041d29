import assert from "node:assert/strict";
import { test } from "node:test";
import { readVerdict } from "../src/call/equipment.ts";

test("the loss told is the worse of the two ways, and that of one when only one was measured", () => {
  const loss = (network: Record<string, unknown>) => readVerdict({ audio: "good", video: "good", network }).figures.loss;
  assert.equal(loss({ up_loss: 0.01, down_loss: 0.2 }), 0.2);
  assert.equal(loss({ up_loss: 0.3, down_loss: 0.2 }), 0.3);
  assert.equal(loss({ up_loss: 0.3, down_loss: null }), 0.3);
  assert.equal(loss({ down_loss: 0.2 }), 0.2);
  assert.equal(loss({}), null);
});
