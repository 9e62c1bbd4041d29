import assert from "node:assert/strict";
import { test } from "node:test";
import { match } from "../src/app/match.ts";
import { emailLooksWrong, hasDateShape, insKeyIsRight, phoneForServer, phoneLooksWrong, phoneShown, readDate } from "../src/components/Contact.ts";
import { allGood, readVerdict } from "../src/call/equipment.ts";

test("a birth date is read as people write it, and only when it exists", () => {
  assert.equal(readDate("12/04/1956"), "1956-04-12");
  assert.equal(readDate("1.4.1956"), "1956-04-01");
  assert.equal(readDate("1956-04-12"), "1956-04-12");
  assert.equal(readDate("31/02/1956"), null);
  assert.equal(readDate("12/04/56"), null);
});

test("a day that does not exist is told from a date written otherwise", () => {
  assert.equal(hasDateShape("31/02/1956"), true);
  assert.equal(hasDateShape("12 avril 1956"), false);
});

test("a French number is shown as it is said, another country's as it is written", () => {
  assert.equal(phoneShown("+33261910100"), "02\u00a061\u00a091\u00a001\u00a000");
  assert.equal(phoneShown("+32470123456"), "+32470123456");
});

test("a mobile number leaves in its international form", () => {
  assert.equal(phoneForServer("06 12 34 56 78"), "+33612345678");
  assert.equal(phoneForServer("+32 470 12 34 56"), "+32470123456");
  assert.equal(phoneForServer("  "), null);
  assert.equal(phoneLooksWrong("06 12"), true);
  assert.equal(phoneLooksWrong("06 12 34 56 78"), false);
});

test("an address without its end is refused before the server is asked", () => {
  assert.equal(emailLooksWrong("jeanne@exemple"), true);
  assert.equal(emailLooksWrong("jeanne@exemple.fr"), false);
});

test("a matricule with a wrong key is refused, Corsica included", () => {
  const key = (thirteen: string, digits = thirteen) => {
    const key = 97n - (BigInt(digits) % 97n);
    return thirteen + String(key).padStart(2, "0");
  };
  assert.equal(insKeyIsRight(key("2560444109001")), true);
  assert.equal(insKeyIsRight("256044410900100"), false);
  assert.equal(insKeyIsRight(key("156042A004012", "1560419004012")), true);
  assert.equal(insKeyIsRight(key("156042B004012", "1560418004012")), true);
});

test("addresses are matched piece by piece", () => {
  assert.deepEqual(match("/actes/:id", "/actes/a-1"), { id: "a-1" });
  assert.deepEqual(match("/actes/:id/cloture", "/actes/a-1/cloture"), { id: "a-1" });
  assert.equal(match("/actes/:id", "/actes"), null);
  assert.deepEqual(match("/", "/"), {});
  assert.equal(match("/", "/actes"), null);
});

test("a verdict is read whole, and what lacks is unknown, never good", () => {
  const verdict = readVerdict({ audio: { verdict: "good" }, video: { verdict: "too_dark" }, network: { up_kbps: 900 } });
  assert.deepEqual([verdict.audio, verdict.video, verdict.network], ["good", "too_dark", "unknown"]);
  assert.equal(verdict.figures.up_kbps, 900);
  assert.equal(allGood(verdict), false);
});
