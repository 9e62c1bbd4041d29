// Writes the invented half of data/ from source/: structures, people, patients
// and the acts of eight weeks. A developer runs it by hand after a change:
//
//     node records/seed/make-demo.mjs
//
// The same source always gives the same files. Nothing here knows today's
// date: acts are placed in working days before and after the day of loading,
// and load.sql turns them into dates.

import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import * as P from './source/people.mjs';
import { cases, notDone } from './source/cases.mjs';

const WORKING_DAYS = 40; // eight weeks
const BIRTH_YEAR_ZERO = 2026; // ages of the source are counted from here

// --- Small tools --------------------------------------------------------

let seed = 20261123;
const random = () => {
  // mulberry32: enough to scatter a demo, and the same everywhere
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const between = (low, high) => low + Math.floor(random() * (high - low + 1));
const pick = (list) => list[between(0, list.length - 1)];
const shuffled = (list) => list.map((x) => [random(), x]).sort((a, b) => a[0] - b[0]).map((p) => p[1]);
const pad = (n, width) => String(n).padStart(width, '0');
const ascii = (s) => s.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z-]/g, '');
const gendered = (s, sex) => s.replace(/\{([^|}]*)\|([^}]*)\}/g, sex === 'F' ? '$2' : '$1');

// RFC 9562 version 5: the same name, the same id.
const uuid = (name) => {
  const h = createHash('sha1').update('teleloire demo/' + name).digest();
  h[6] = (h[6] & 0x0f) | 0x50;
  h[8] = (h[8] & 0x3f) | 0x80;
  const x = h.toString('hex');
  return [x.slice(0, 8), x.slice(8, 12), x.slice(12, 16), x.slice(16, 20), x.slice(20, 32)].join('-');
};

const luhn = (digits) => {
  const sum = [...digits].reverse().reduce((total, d, i) => {
    const n = i % 2 === 0 ? 2 * d : +d;
    return total + (n > 9 ? n - 9 : n);
  }, 0);
  return digits + ((10 - (sum % 10)) % 10);
};
const demoFiness = (departement, n) => luhn('99' + departement + pad(n, 4)); // no département 99
const demoRpps = (n) => luhn('99' + pad(n, 8)); // RPPS in use begin with 1

const matricule = (sex, birth, place, order) => {
  const [year, month] = birth.split('-');
  const thirteen = (sex === 'F' ? '2' : '1') + year.slice(2) + month + place + pad(order, 3);
  const number = BigInt(thirteen.replace('2A', '19').replace('2B', '18'));
  return thirteen + pad(97n - (number % 97n), 2);
};

const cell = (v) => (v === null || v === undefined ? '' : /[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));
const csv = (name, header, rows) =>
  writeFileSync(new URL(`data/${name}.csv`, import.meta.url), [header, ...rows].map((r) => r.map(cell).join(',') + '\n').join(''));

// --- Structures, sites, people ------------------------------------------

const communes = new Map(readFileSync(new URL('data/commune.csv', import.meta.url), 'utf8').trim().split('\n').slice(1)
  .map((line) => line.split(',')).map(([code, name, departement, epci, postal]) => [code, { code, name, departement, epci, postal }]));

const structures = P.structures.map(([key, kind, name, commune, address, finess], i) => ({
  key, kind, name, address, commune: communes.get(commune), id: uuid(`structure/${key}`),
  demo: finess === 'demo',
  finess: finess === 'demo' ? demoFiness(communes.get(commune).departement, i + 1) : finess,
}));
const structureOf = new Map(structures.map((s) => [s.key, s]));

// 02 61 91 and 06 39 98 are kept by the numbering authority for fiction.
const landline = (n) => `+3326191${pad(n, 4)}`;
const mobile = (n) => `+3363998${pad(n, 4)}`;

csv('structure', ['id', 'key', 'kind', 'name', 'finess', 'address', 'postal_code', 'city', 'departement', 'epci', 'phone', 'demo'],
  structures.map((s, i) => [s.id, s.key, s.kind, s.name, s.finess, s.address, s.commune.postal, s.commune.name,
    s.commune.departement, s.commune.epci, s.demo ? landline(i + 100) : null, s.demo]));
csv('site', ['id', 'structure', 'name', 'address', 'postal_code', 'city', 'epci', 'demo'], [
  ...structures.map((s) => [uuid(`site/${s.key}`), s.id, 'Site principal', s.address, s.commune.postal, s.commune.name, s.commune.epci, s.demo]),
  ...P.extraSites.map(([key, name, commune, address]) => {
    const c = communes.get(commune);
    return [uuid(`site/${key}/${name}`), structureOf.get(key).id, name, address, c.postal, c.name, c.epci, structureOf.get(key).demo];
  }),
]);

const people = P.people.map(([given, family, sex, what, ...memberships], i) => ({
  id: uuid(`person/${given} ${family}`), given, family, sex, what, memberships,
  login: `${ascii(given)}.${ascii(family.replaceAll(' ', ''))}`,
  doctor: memberships.some(([, role]) => role === 'doctor'),
  rpps: memberships.some(([, role]) => ['doctor', 'nurse', 'midwife'].includes(role)) ? demoRpps(i + 1) : null,
  home: memberships[0][0],
}));
const byLogin = new Map(people.map((p) => [p.login, p]));

csv('person', ['id', 'login', 'prefix', 'given_name', 'family_name', 'profession', 'rpps', 'email', 'phone'],
  people.map((p, i) => [p.id, p.login, p.doctor ? 'Dr' : p.sex === 'F' ? 'Mme' : 'M.', p.given, p.family,
    gendered(P.work[p.what], p.sex), p.rpps, `${p.login}@example.org`, mobile(100 + i)]));
csv('membership', ['id', 'person', 'structure', 'role'],
  people.flatMap((p) => p.memberships.map(([key, role]) => [uuid(`membership/${p.login}/${key}/${role}`), p.id, structureOf.get(key).id, role])));

// --- Patients -----------------------------------------------------------

// Age and sex wanted, so that every kind of case finds someone.
const mainQuota = [
  ['F', 2, 6], ['M', 4, 9], ['M', 12, 17], ['F', 20, 29], ['F', 27, 38], ['F', 24, 41], ['M', 19, 30], ['M', 28, 39],
  ['F', 41, 49], ['M', 42, 55], ['F', 50, 59], ['M', 50, 63], ['F', 60, 69], ['M', 61, 70], ['F', 68, 77], ['M', 70, 79],
  ['F', 74, 82], ['F', 80, 89], ['M', 78, 90], ['F', 86, 96], ['F', 21, 40], ['F', 29, 41], ['M', 24, 45], ['F', 45, 58],
  ['M', 56, 74], ['F', 3, 8],
];
const smallQuotas = [[['F', 22, 55], ['M', 62, 88]], [['M', 24, 58], ['F', 60, 92]]];
const ehpadQuota = [['F', 79, 90], ['F', 84, 97], ['F', 88, 101], ['M', 78, 90], ['M', 82, 95], ['F', 80, 93]];

const generation = (age) => (age >= 84 ? 'old' : age >= 64 ? 'elder' : age >= 40 ? 'adult' : age >= 15 ? 'young' : 'child');
const communeCodes = [...communes.keys()];
const patients = [];
const namesTaken = new Set();

function addPatient(structure, [sex, low, high], also) {
  const n = patients.length + 1;
  const age = between(low, high);
  const birth = `${BIRTH_YEAR_ZERO - age}-${pad(between(1, 12), 2)}-${pad(between(1, 28), 2)}`;
  const names = P.givenNames[sex][generation(age)];
  let given, family;
  do {
    given = pick(names);
    family = pick(P.familyNames);
  } while (namesTaken.has(`${given} ${family}`));
  namesTaken.add(`${given} ${family}`);
  const second = random() < 0.35 ? pick(names.filter((x) => x !== given)) : null;
  const place = random() < 0.82 ? pick(communeCodes) : pick(P.birthPlacesElsewhere);
  const dice = random();
  const status = dice < 0.62 ? 'qualified' : dice < 0.72 ? 'retrieved' : dice < 0.8 ? 'validated' : 'provisional';
  const hasIns = status === 'qualified' || status === 'retrieved';
  const married = sex === 'F' && age >= 30 && random() < 0.6;
  const reach = random();
  patients.push({
    id: uuid(`patient/${n}`), n, sex, age, birth, place, structure, also: also ?? [],
    birthName: family, usedName: married ? pick(P.familyNames.filter((x) => x !== family)) : null,
    firstNames: second ? `${given} ${second}` : given, status,
    ins: hasIns ? matricule(sex, birth, place, 900 + (n % 100)) : null,
    oid: hasIns ? (n % 5 === 0 ? '1.2.250.1.213.1.4.10' : '1.2.250.1.213.1.4.11') : null,
    phone: reach < 0.88 ? mobile(1000 + n) : null,
    email: reach > 0.18 ? `${ascii(given)}.${ascii(family.replaceAll(' ', ''))}@example.org` : null,
  });
}

for (const s of structures.filter((x) => x.kind === 'msp')) {
  const main = P.mainDoctors.some((login) => byLogin.get(login).home === s.key);
  for (const want of main ? mainQuota : smallQuotas[patients.length / 2 % 2]) addPatient(s.key, want);
}
for (const [key, login] of Object.entries(P.ehpadDoctors))
  for (const want of ehpadQuota) addPatient(key, want, [byLogin.get(login).home]);

// --- Acts ---------------------------------------------------------------

const casesOf = (what) => cases.map((c, index) => ({ ...c, index })).filter((c) => c.who === what);
const fits = (c, p) => p.age >= c.ages[0] && p.age <= c.ages[1] && (!c.sex || c.sex === p.sex);
const holders = people.filter((p) => p.what !== 'ophthalmology' && (casesOf(p.what).length > 0));

const load = (p) => (P.mainDoctors.includes(p.login) ? 0.8 : p.what === 'gp' ? 0.16 : 0.2); // acts a working day
const isMain = (p) => P.mainDoctors.includes(p.login);
const slots = [510, 530, 550, 570, 590, 610, 630, 650, 670, 690, 710, 840, 860, 880, 900, 920, 940, 960, 980, 1000, 1020, 1040, 1060, 1080, 1100, 1120];
const used = new Map(holders.map((p) => [p.login, new Map()])); // login -> case -> times

const seen = new Map(); // patient -> acts so far
const lastSeen = new Map(); // patient -> how far from the present, in working days, the last one is

// A case and a patient for this person: what they did least, whom they saw least, nobody twice in three days.
function choose(p, place, distance) {
  const times = used.get(p.login);
  const count = (c) => times.get(c.index) ?? 0;
  const reachable = p.what === 'gp' || p.what === 'midwife' ? patients.filter((x) => x.structure === p.home || x.also.includes(p.home)) : patients;
  let own = casesOf(p.what);
  if (Object.values(P.ehpadDoctors).includes(p.login)) own = own.concat(casesOf('ehpad'));
  const inEhpad = (x) => structureOf.get(x.structure).kind === 'ehpad';
  const suits = (c, x) => fits(c, x) && (c.who === 'ehpad') === (inEhpad(x) && p.what === 'gp');
  const rested = reachable.filter((x) => Math.abs((lastSeen.get(x) ?? 99) - distance) > 3);
  // Nobody books an angina for next week.
  const open = own.filter((c) => !(c.acute && place === 'ahead') && rested.some((x) => suits(c, x)));
  if (open.length === 0) return null;
  const least = Math.min(...open.map(count));
  const c = pick(open.filter((x) => count(x) === least));
  times.set(c.index, least + 1);
  const some = rested.filter((y) => suits(c, y));
  const fewest = Math.min(...some.map((y) => seen.get(y) ?? 0));
  const x = pick(some.filter((y) => (seen.get(y) ?? 0) === fewest));
  seen.set(x, fewest + 1);
  lastSeen.set(x, distance);
  if (!x.also.includes(p.home) && x.structure !== p.home) x.also.push(p.home);
  return { c, x };
}

// The relay's incidents, where there was one.
const incidents = ['loss', 'loss', 'reconnection', 'interruption', 'freeze', 'audio_gap'];
const acts = [];
function addAct(p, when) {
  const place = when.place ?? 'past';
  const chosen = choose(p, place, place === 'past' ? -when.day : place === 'ahead' ? when.day : 0);
  if (!chosen) return;
  const { c, x } = chosen;
  const { outcome = random() < 0.09 ? 'not_done' : 'closed' } = when;
  const n = acts.length + 1;
  const why = outcome === 'not_done' ? between(0, notDone.length - 1) : null;
  const bad = outcome !== 'planned' && (why === null ? random() < 0.13 : notDone[why].reason === 'technical');
  const helper = c.who === 'ehpad' ? people.find((y) => y.home === x.structure).id : null;
  acts.push([uuid(`act/${n}`), p.id, x.id, structureOf.get(p.home).id, c.index + 1, when.day ?? null, when.minute ?? null,
    place, when.rank ?? null, pick([15, 15, 20, 20, 20, 30]), outcome, why === null ? null : why + 1,
    bad ? (why === null ? pick(incidents) : 'test_failed') : null, helper]);
}

for (const p of holders) {
  for (let day = WORKING_DAYS; day >= 1; day--) {
    const wanted = load(p) * (0.6 + 0.8 * (1 - day / WORKING_DAYS)); // use grows with the weeks
    const n = Math.floor(wanted) + (random() < wanted % 1 ? 1 : 0);
    for (const minute of shuffled(slots).slice(0, n)) addAct(p, { day, minute });
  }
  // Around the moment of loading; rank is the distance from it. A working day
  // at the main doctors', one or two acts at the others'.
  const before = isMain(p) ? ['to_close', 'closed', 'closed', 'not_done', 'closed', 'closed'] : random() < 0.4 ? ['closed'] : [];
  before.forEach((outcome, i) => addAct(p, { place: 'before', rank: i + 1, outcome }));
  if (isMain(p)) for (let i = between(1, 2); i >= 1; i--) addAct(p, { day: i, minute: 1120 + 20 * i, outcome: 'to_close' });
  const after = isMain(p) ? 7 : between(1, 2);
  for (let rank = 1; rank <= after; rank++) addAct(p, { place: 'after', rank, outcome: 'planned' });
  // Tomorrow in the afternoon (its morning may take what today has no room for), then next week.
  const days = isMain(p) ? [[1, 3], [2, 2], [3, 1], [5, 2], [6, 1]] : [[between(1, 3), 1], [between(4, 7), 1]];
  for (const [day, n] of days)
    for (const minute of shuffled(day === 1 ? slots.filter((m) => m >= 840) : slots).slice(0, n)) addAct(p, { place: 'ahead', day, minute, outcome: 'planned' });
}

csv('patient', ['id', 'birth_name', 'used_name', 'first_names', 'birth_date', 'sex', 'birth_place_code', 'ins', 'ins_oid', 'ins_status', 'phone', 'email'],
  patients.map((p) => [p.id, p.birthName, p.usedName, p.firstNames, p.birth, p.sex, p.place, p.ins, p.oid, p.status, p.phone, p.email]));
csv('patient_structure', ['patient', 'structure'],
  patients.flatMap((p) => [p.structure, ...p.also].map((key) => [p.id, structureOf.get(key).id])));
csv('case', ['number', 'who', 'acute', 'reason', 'text', 'conclusion'], cases.map((c, i) => [i + 1, c.who, Boolean(c.acute), c.reason, c.text, c.conclusion]));
csv('not_done', ['number', 'reason', 'cancelled', 'comment'], notDone.map((x, i) => [i + 1, x.reason, x.cancelled, x.comment]));
csv('act', ['id', 'person', 'patient', 'structure', 'case', 'day', 'minute', 'place', 'rank', 'duration', 'outcome', 'not_done', 'incident', 'helper'], acts);
