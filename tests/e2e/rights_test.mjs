// What a patient may ask, on the pages: a copy that is read without Téléloire, a correction, a restriction.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { unzipSync, strFromU8 } from "fflate";
import { account, Client } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { signIn } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server, doctor, patient;
before(async () => {
  server = await Server.start({ relays: 1 });
  doctor = account(server, "doctor");
  [patient] = (await server.rows(`select t.patient_id as id from care_team as t join account as a on a.person_id = t.person_id
    where a.login = '${doctor.login}' and t.ended_at is null
    order by (select count(*) from document as d join act as x on x.id = d.act_id where x.patient_id = t.patient_id) desc, 1 limit 1`)).map(row => row.id);
}, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

test("the copy is a folder that opens without Téléloire: a page, the same for a program, and every file as it is", { timeout: 180_000 }, async () => {
  const client = new Client(server);
  await client.signIn(doctor);
  const whole = await client.expect(200, "GET", `/api/patients/${patient}/export`);
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go(`/patients/${patient}/droits`);
  await person.seeText(/Remettre ses données/);
  await look(person, "droits");
  const [download] = await Promise.all([person.page.waitForEvent("download"), person.press("Préparer le dossier")]);
  assert.match(download.suggestedFilename(), /^teleloire-[\d-]+.*\.zip$/);
  const kept = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "teleloire-e2e-")), "copy.zip");
  await download.saveAs(kept);
  await person.seeText(/dans vos téléchargements/);
  const files = unzipSync(fs.readFileSync(kept));
  fs.rmSync(path.dirname(kept), { recursive: true });
  const data = JSON.parse(strFromU8(files["dossier.json"])), page = strFromU8(files["dossier.html"]);
  assert.deepEqual(data.acts.map(a => a.id), whole.acts.map(a => a.id));
  assert.ok(data.acts.length > 0 && page.startsWith("<!doctype html>"));
  for (const words of [data.patient.birth_name, ...data.acts.flatMap(a => a.reports.map(r => r.text.split("\n")[0])).filter(Boolean)])
    assert.ok(page.includes(words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")), words);
  assert.doesNotMatch(page, /<script|https?:|src=/, "nothing that runs, nothing from elsewhere");
  const documents = whole.acts.flatMap(a => a.documents);
  assert.equal(Object.keys(files).filter(name => name.startsWith("documents/")).length, documents.length);
  assert.deepEqual(Object.entries(files).filter(([name]) => name.startsWith("documents/")).map(([, bytes]) => bytes.length).sort(), documents.map(d => d.size).sort());
  // read as the patient would, from the disk
  const read = await person.context.newPage();
  await read.setContent(page);
  assert.match(await read.locator("h1").textContent(), /Données de santé de/);
  fs.mkdirSync("docs/screenshots", { recursive: true });
  await read.setViewportSize({ width: 900, height: 1000 });
  await read.screenshot({ path: new URL("../../docs/screenshots/dossier-remis.png", import.meta.url).pathname });
  await read.close();
  quiet(person);
  await person.close();
});

test("an identity is corrected with its reason, and what stood before is shown", { timeout: 180_000 }, async () => {
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go(`/patients/${patient}/droits`);
  await person.press("Rectifier l’identité", { selector: "button" });
  await person.fill(/Nom de naissance/, "Kerdoncuff", { selector: "input" });
  await person.press("Rectifier", { selector: "button[type=submit]" });
  await person.seeText(/Trois caractères au moins/);
  await person.fill(/Motif de la rectification/, "Pièce d’identité présentée", { selector: "textarea" });
  await look(person, "droits-rectifier");
  await person.press("Rectifier", { selector: "button[type=submit]" });
  await person.seeText(/L’identité est rectifiée/);
  await person.seeText(/Pièce d’identité présentée/);
  await person.seeText(/KERDONCUFF/);
  await person.seeText(/Avant :/);
  await look(person, "droits-rectifie");
  quiet(person);
  await person.close();
});

test("restricted and lifted again, in the patient's words", { timeout: 180_000 }, async () => {
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go(`/patients/${patient}/droits`);
  await person.press("Limiter", { selector: "button" });
  await person.fill(/Demande du patient/, "Connaît une personne de l’accueil", { selector: "textarea" });
  await person.press("Limiter", { selector: "button[type=submit]" });
  await person.seeText(/Usage limité depuis le/);
  await person.seeText(/Connaît une personne de l’accueil/);
  await look(person, "droits-limite");
  // and so it stands on the patient's card, for the team
  const own = new Client(server);
  await own.signIn(doctor);
  const known = await own.expect(200, "GET", `/api/patients/${patient}`);
  await person.go("/patients");
  await person.fill(/./, `${known.birth_name}, ${known.birth_date.split("-").reverse().join("/")}`, { selector: ".patient-search input" });
  await person.press(new RegExp(known.birth_name, "i"), { selector: ".patient-found button" });
  await person.seeText(/ses données sont réservées à cette équipe/);
  await look(person, "patients-limite");
  await person.go(`/patients/${patient}/droits`);
  await person.press("Lever la limitation");
  await person.seeText(/La limitation est levée/);
  assert.equal(await server.sql(`select count(*) as n from patient_restriction where patient_id = '${patient}' and ended_at is not null`).then(n => n.trim()), "1");
  quiet(person);
  await person.close();
});
