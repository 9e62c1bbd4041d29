import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, groupOf } from "../src/pages/audit/actions.ts";

test("an action has the word of its own, else of its beginning, else is another", () => {
  assert.equal(groupOf("act.read"), "read");
  assert.equal(groupOf("act.renew_link"), "planned");
  assert.equal(groupOf("session.enter"), "live");
  assert.equal(groupOf("session.revoke"), "account");
  assert.equal(groupOf("something.new"), "other");
});

test("actions of one word are counted together, most first", () => {
  assert.deepEqual(
    grouped([
      { action: "patient.search", times: 2 },
      { action: "patient.read", times: 1 },
      { action: "document.read", times: 4 },
    ]),
    [
      ["read", 5],
      ["searched", 2],
    ],
  );
});
