import assert from "node:assert/strict";
import { test } from "node:test";
import { addMonths, readTime, stepTime, weeksOf } from "../src/components/entry.ts";
import { sexAndAge } from "../src/components/patientName.ts";
import { turnWords } from "../src/pages/visit/turn.ts";
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

/** Every text of a catalogue as it is shown, with the numbers and names it may hold filled in. */
function* shown(value: unknown, at = ""): Generator<[string, string]> {
  if (typeof value === "string") yield [at, value];
  else if (typeof value === "function") for (const n of [1, 2]) yield [`${at}(${n})`, String(value(...Array(value.length).fill(n)))];
  else for (const [k, v] of Object.entries(value as object)) yield* shown(v, at ? `${at}.${k}` : k);
}

test("French is typeset: curly apostrophes, no line breaks before double signs, ellipses in one sign", () => {
  const faults: [RegExp, string][] = [
    [/['"]/, "straight quote"],
    [/[^\u00a0]:(?!\d|\/\/)/, "a colon without its no-break space"],
    [/[^\u202f?!][;?!]/, "; ? or ! without its narrow no-break space"],
    [/«[^\u00a0]|[^\u00a0]»/, "guillemets without their no-break space"],
    [/[^\u202f]%/, "% without its narrow no-break space"],
    [/\.\.\./, "three points"],
    [/ {2}|^ | $/, "spaces too many"],
  ];
  // Hours have a colon of their own, which the page shows as 14:30.
  const found = [...shown(fr)].flatMap(([key, said]) =>
    faults.filter(([fault]) => fault.test(said.replace(/\d\d:\d\d|hh:mm/g, "14 h"))).map(([, name]) => `${key}: ${name}: ${said}`),
  );
  assert.deepEqual(found, []);
});

test("no English stands in the French catalogue", () => {
  const words =
    /\b(e-?mail|mail|login|logout|chat|password|user|click|upload|download|browser|call|meeting|link|feedback|reset|mute|settings|speaker|screen|the|and|your|please|ok|waiting|online|offline|update|token|desktop|smartphone|web|digital)\b/i;
  const found = [...shown(fr)].filter(([, said]) => words.test(said)).map(([key, said]) => `${key}: ${said}`);
  assert.deepEqual(found, []);
  // What reads the same in both languages is the same word in both, and is listed here.
  const english = new Map(shown(en));
  const same = new Set([...shown(fr)].filter(([key, said]) => /[a-z]{3}/i.test(said) && english.get(key) === said).map(([, said]) => said.replace(/\d/g, "#")));
  const known = [
    "Téléloire", "Messages", "Patient", "Date", "Structure", "Invitation", "Actions", "Participants", "Documents", "Photo",
    "Conclusion", "Versions", "Version #", "Version #, #, #", "Patient absent", "RPPS #", "FINESS #", "Code",
    "Site", "Sites", "Absences", "Version", "PostgreSQL", "Audit", "Structures", "Commune", "Département",
    "Loire-Atlantique", "Maine-et-Loire", "Mayenne", "Sarthe", "Vendée",
  ];
  assert.deepEqual([...same].filter((said) => !known.includes(said)), []);
});

test("the months and hours of a date field are read as people write them", () => {
  for (const [typed, read] of Object.entries({ "14:30": "14:30", "14h30": "14:30", "14 h 05": "14:05", "9h": "09:00", "0905": "09:05", "24:00": null, "9:60": null, "midi": null, "": null }))
    assert.equal(readTime(typed), read, typed);
  assert.equal(stepTime("14:32", 5), "14:35");
  assert.equal(stepTime("14:30", -5), "14:25");
  assert.equal(stepTime("00:00", -5), "23:55");
  assert.equal(addMonths("2026-01-31", 1), "2026-02-28");
  assert.equal(addMonths("2026-01-31", -2), "2025-11-30");
});

test("a month is shown in whole weeks from Monday", () => {
  const november = weeksOf("2026-11");
  assert.deepEqual(november[0], ["2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30", "2026-10-31", "2026-11-01"]);
  assert.equal(november.at(-1)?.at(0), "2026-11-30");
  assert.equal(weeksOf("2027-02").length, 4); // begins on a Monday and has four weeks
});

test("a child is a girl or a boy, from eighteen a woman or a man", () => {
  const born = (years: number) => `${new Date().getUTCFullYear() - years}-01-01`;
  assert.equal(sexAndAge({ sex: "F", birth_date: born(5) }), "Fille, 5 ans");
  assert.equal(sexAndAge({ sex: "M", birth_date: born(17) }), "Garçon, 17 ans");
  assert.equal(sexAndAge({ sex: "F", birth_date: born(18) }), "Femme, 18 ans");
});

test("French counts zero and one as one", () => {
  assert.equal(fr.visit.code_wrong(1), "Ce code n’est pas le bon. Il reste 1 essai.");
  assert.equal(fr.visit.code_wrong(4), "Ce code n’est pas le bon. Il reste 4 essais.");
  assert.equal(fr.day.people_waiting(0), "0 personne attend");
  assert.equal(en.day.people_waiting(0), "0 people waiting");
});

test("who waits is told how many turns come before theirs, and where the professional is", () => {
  const told = (v: typeof fr.visit, place: number, host_in = false, host_busy = false) =>
    Object.values(turnWords(v, { place, waiting: 5, host_in, host_busy }, "Dr Paul MARTIN"));
  const out = "Nous avons prévenu le Dr Paul MARTIN de votre arrivée.";
  assert.deepEqual(told(fr.visit, 1), ["Votre rendez‑vous est le prochain", null, out]);
  assert.deepEqual(told(fr.visit, 2), ["Vous êtes en position 2", "Un rendez‑vous passe avant le vôtre", out]);
  assert.deepEqual(told(fr.visit, 4), ["Vous êtes en position 4", "3 rendez‑vous passent avant le vôtre", out]);
  const busy = "Le Dr Paul MARTIN est en consultation. Votre arrivée lui a été signalée.";
  assert.deepEqual(told(fr.visit, 1, false, true), ["Votre rendez‑vous est le prochain", null, busy]);
  const in_ = "Le Dr Paul MARTIN est dans la salle et va vous faire entrer.";
  assert.deepEqual(told(fr.visit, 1, true), ["C’est votre tour", null, in_]);
  assert.deepEqual(told(fr.visit, 1, true, true), ["C’est votre tour", null, in_]); // another page of theirs is open
  assert.deepEqual(told(en.visit, 2, false, true), [
    "You are number 2 in line",
    "One appointment goes before yours",
    "Dr Paul MARTIN is in a consultation, and has been told that you are here.",
  ]);
  assert.equal(turnWords(fr.visit, null, "Dr Paul MARTIN").professional, out); // nothing said yet
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

test("what happened within the minute happened just now", () => {
  assert.equal(formats("fr").relative(1_000, 20_000), "à l’instant");
  assert.equal(formats("fr").relative(0, 180_000), "il y a 3 minutes");
});

test("a birth date is never moved by a zone", () => {
  assert.equal(formats("fr").civil("1956-04-12"), "12/04/1956");
  assert.equal(ageAt("1956-04-12", Date.parse("2026-04-11T12:00:00Z")), 69);
  assert.equal(ageAt("1956-04-12", Date.parse("2026-04-12T12:00:00Z")), 70);
});
