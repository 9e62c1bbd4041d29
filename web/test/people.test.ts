// What the pages about people and structures decide by themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesFor } from "../src/app/entries.ts";
import { readLinks, wrongLinks } from "../src/components/interestLinks.ts";
import { worries } from "../src/pages/platform/health.ts";
import { leaving } from "../src/pages/team/leaving.ts";
import type { Health } from "../src/api/platform.ts";

test("the side bar has five entries at most, by what somebody does", () => {
  const all = [true, false];
  for (const acts of all)
    for (const manages of all)
      for (const operates of all) {
        const entries = entriesFor({ acts, manages, operates });
        assert.ok(entries.length >= 1 && entries.length <= 5, entries.join());
        assert.equal(new Set(entries).size, entries.length);
        assert.equal(entries.includes("team"), manages);
        assert.equal(entries.includes("platform"), operates);
        assert.equal(entries.includes("day"), acts);
      }
  assert.deepEqual(entriesFor({ acts: true, manages: false, operates: false }), ["day", "create", "acts", "patients", "settings"]);
  assert.deepEqual(entriesFor({ acts: false, manages: true, operates: false }), ["team", "settings"]);
});

test("a link of interests needs an organisation and a nature, and a year that has been", () => {
  const link = (what = {}) => ({ organisation: "Laboratoire", nature: "Étude", since: "", ...what });
  const wrong = (what: object) => Object.entries(wrongLinks([link(what)], 2026)[0] ?? {}).filter(([, is]) => is).map(([name]) => name);
  assert.deepEqual(wrong({}), []);
  assert.deepEqual(wrong({ since: "2024" }), []);
  assert.deepEqual(wrong({ organisation: " " }), ["organisation"]);
  assert.deepEqual(wrong({ nature: "" }), ["nature"]);
  for (const since of ["1949", "2027", "24", "l’an dernier"]) assert.deepEqual(wrong({ since }), ["since"], since);
  assert.deepEqual(readLinks([link({ organisation: " A ", since: " 2024 " }), link()]), [
    { organisation: "A", nature: "Étude", since_year: 2024 },
    { organisation: "Laboratoire", nature: "Étude", since_year: null },
  ]);
});

test("who leaves: acts to come may be cancelled, those held are handed over, those under way waited for", () => {
  assert.deepEqual(leaving([]), { planned: false, live: false, to_close: false });
  assert.deepEqual(leaving([{ state: "planned" }]), { planned: true, live: false, to_close: false });
  assert.deepEqual(leaving([{ state: "waiting" }, { state: "to_close" }]), { planned: false, live: true, to_close: true });
});

test("the operator is told what asks for their care, and nothing else", () => {
  const health: Health = {
    version: "1",
    database: null,
    outbox: { waiting: 3, late: 0, dead: 0, oldest: null },
    processes: { ready: true, database: true, relays: 1, courier: true, journal_events: 0, warnings: [], list: [], refused_events: 0, stalled_events: 0, sessions: 0, up_s: 1 },
  };
  assert.deepEqual(worries(health), []);
  assert.deepEqual(worries({ ...health, processes: null }), []);
  const processes = { ...health.processes!, ready: false, stalled_events: 1 };
  assert.deepEqual(worries({ ...health, outbox: { waiting: 3, late: 1, dead: 1, oldest: null }, processes }), ["not_ready", "dead", "late", "events"]);
});
