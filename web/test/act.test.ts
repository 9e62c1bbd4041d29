import assert from "node:assert/strict";
import { test } from "node:test";
import { stays } from "../src/pages/act/stays.ts";
import { fileStamp } from "../src/text/format.ts";

const at = (minute: number) => `2026-11-26T10:${String(minute).padStart(2, "0")}:00Z`;
const seat = (participant: string, name: string, from: number, to: number | null, identity_checked = false) => ({
  participant,
  name,
  role: "patient",
  title: "",
  joined_at: at(from),
  left_at: to === null ? null : at(to),
  identity_checked,
});

test("who leaves and comes back is one person with two stays", () => {
  const people = stays([seat("b", "Jeanne", 8, null), seat("a", "Jeanne", 0, 5, true)]);
  assert.equal(people.length, 1);
  assert.deepEqual(people[0]?.times.map((t) => t.joined_at), [at(0), at(8)]);
  assert.equal(people[0]?.identity_checked, true);
});

test("two people of one name who are there together stay two", () => {
  assert.equal(stays([seat("a", "Jeanne", 0, 9), seat("b", "Jeanne", 4, null)]).length, 2);
});

test("a photo is named by the clock of the region", () => {
  assert.equal(fileStamp(Date.parse("2026-11-26T13:05:09Z")), "2026-11-26-14-05-09");
});
