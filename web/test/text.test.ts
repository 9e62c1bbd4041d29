import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../src/text/en.ts";
import { fr } from "../src/text/fr.ts";
import { addDays, ageAt, dayIn, formats, instant } from "../src/text/format.ts";

function keys(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${at}:${typeof value}`];
  return Object.entries(value).flatMap(([k, v]) => keys(v, at ? `${at}.${k}` : k));
}

test("both catalogues have the same keys", () => {
  assert.deepEqual(keys(en).sort(), keys(fr).sort());
});

test("no text is empty", () => {
  for (const catalogue of [fr, en]) {
    const walk = (value: unknown, at: string): void => {
      if (typeof value === "string") assert.notEqual(value.trim(), "", at);
      else if (typeof value === "object" && value !== null) for (const [k, v] of Object.entries(value)) walk(v, `${at}.${k}`);
    };
    walk(catalogue, "");
  }
});

test("French counts zero and one as one", () => {
  assert.equal(fr.visit.code_wrong(1), "Ce code n’est pas le bon. Il reste 1 essai.");
  assert.equal(fr.visit.code_wrong(4), "Ce code n’est pas le bon. Il reste 4 essais.");
  assert.equal(fr.visit.wait_before(0), "0 personne avant vous");
  assert.equal(en.visit.wait_before(0), "0 people before you");
});

test("an hour of the region is one instant, in summer and in winter", () => {
  assert.equal(instant("2026-11-23", "14:30"), "2026-11-23T13:30:00.000Z");
  assert.equal(instant("2026-07-14", "14:30"), "2026-07-14T12:30:00.000Z");
  assert.equal(formats("fr").time("2026-07-14T12:30:00Z"), "14:30");
});

test("the day of an instant is the region's, across midnight", () => {
  assert.equal(dayIn("2026-11-23T23:30:00Z"), "2026-11-24");
  assert.equal(addDays("2026-02-28", 1), "2026-03-01");
});

test("a birth date is never moved by a zone", () => {
  assert.equal(formats("fr").civil("1956-04-12"), "12/04/1956");
  assert.equal(ageAt("1956-04-12", Date.parse("2026-04-11T12:00:00Z")), 69);
  assert.equal(ageAt("1956-04-12", Date.parse("2026-04-12T12:00:00Z")), 70);
});
