// The day of the audit on the pages: what a doctor did is read by the manager of the structure that knows
// the patient, and by who runs the platform, with no patient's name; and when its certificates end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { makeAct, signIn } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server, made;
const byLogin = login => server.demo.accounts.find(a => a.login === login);
const textOf = person => person.evaluate(() => document.querySelector("main").innerText);

before(async () => {
  server = await Server.start({ relays: 1 });
  const client = new Client(server);
  await client.signIn(byLogin("anne.legoff"));
  made = await makeAct(server, { client, doctor: byLogin("anne.legoff") });
  for (let i = 0; i < 3; i++) await client.expect(200, "GET", `/api/acts/${made.act.id}`);
}, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

test("a manager reads who looked at the records their structure knows, and no patient", { timeout: 120_000 }, async () => {
  const manager = await Person.open(server);
  await signIn(manager, byLogin("bruno.orieux"), /Équipe/);
  await manager.press("Qui a consulté", { selector: "a" });
  await manager.seeText(/consultations des dossiers/);
  if (await manager.evaluate(() => !!document.querySelector("select"))) await manager.fill(/^Structure/, "Maison de santé des Tisserands", { selector: "select" });
  await manager.seeText(/Dr Anne Le Goff[\s\S]*1 dossier/);
  const said = await textOf(manager);
  assert.match(said, /3 lectures/);
  for (const hidden of [made.patient.birth_name.toUpperCase(), made.patient.first_names]) assert.ok(!said.includes(hidden), hidden);
  await look(manager, "equipe-consultations");
  await manager.press("Jour précédent", { selector: "button" });
  await manager.see("another day", () => !/Dr Anne Le Goff[\s\S]*3 lectures/.test(document.querySelector("main").innerText));
  await manager.press("Jour suivant", { selector: "button" });
  await manager.seeText(/3 lectures/);
  quiet(manager);
  await manager.close();
});

test("who runs the platform reads the day of everybody, where the proof stands, and when certificates end", { timeout: 120_000 }, async () => {
  const operator = await Person.open(server);
  await signIn(operator, server.demo.accounts.find(a => /operator/.test(a.role)), /Plateforme/);
  await operator.seeText(/Certificats[\s\S]*Pages de la plateforme[\s\S]*localhost[\s\S]*Jusqu’au/);
  await operator.seeText(/Relais de secours/);
  await operator.press("Audit", { selector: "a" });
  await operator.seeText(/points de contrôle signés s’écrivent/);
  await operator.seeText(/Dr Anne Le Goff/);
  const said = await textOf(operator);
  assert.match(said, /\d+ lignes dans \d+ chaînes/);
  assert.ok(!said.includes(made.patient.birth_name.toUpperCase()));
  await look(operator, "plateforme-audit");
  quiet(operator);
  await operator.close();
});
