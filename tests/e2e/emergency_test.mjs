// Emergency access on the page of patients: by all of the identity, with a reason, looked at at both widths.
import { after, before, test } from "node:test";
import { account, Client } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { signIn } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start(); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

test("a doctor opens the record of a patient who is not theirs, with a reason", { timeout: 180_000 }, async () => {
  const doctor = account(server, "doctor");
  const other = server.demo.accounts.find(a => a.role === "doctor" && a.structure !== doctor.structure);
  const client = new Client(server);
  await client.signIn(other);
  const act = (await client.expect(200, "GET", "/api/acts?state=closed&limit=1")).items[0];
  const patient = await client.expect(200, "GET", `/api/patients/${act.patient.id}`);
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go("/patients");
  await person.press("Accès d’urgence");
  await person.seeText(/Motif de l’accès/);
  await look(person, "acces-urgence");
  await person.press("Ouvrir le dossier", { selector: "button[type=submit]" });
  await person.seeText(/Dix caractères au moins/);
  const [year, month, day] = patient.birth_date.split("-");
  await person.fill(/nom de naissance/i, patient.birth_name, { selector: "input" });
  await person.fill(/prénoms de naissance/i, patient.first_names, { selector: "input" });
  await person.fill(/^date de naissance/i, `${day}/${month}/${year}`, { selector: "input" });
  await person.fill(/lieu de naissance/i, "44999", { selector: "input" });
  await person.press({ F: "Femme", M: "Homme", U: "Sexe non précisé" }[patient.sex], { selector: "label" });
  await person.fill(/motif/i, "Inconscient aux urgences", { selector: "textarea" });
  await person.press("Ouvrir le dossier", { selector: "button[type=submit]" });
  await person.seeText(/Aucun patient n’a exactement cette identité/);
  await person.fill(/lieu de naissance/i, patient.birth_place_code, { selector: "input" });
  await person.press("Ouvrir le dossier", { selector: "button[type=submit]" });
  await person.seeText(/Dossier ouvert jusqu’à/);
  await person.see("the patient's acts", () => document.querySelectorAll(".patient-acts a").length > 0);
  quiet(person);
  await person.close();
});

test("the care team sees who looked at the record, day by day, and can print it", { timeout: 180_000 }, async () => {
  const doctor = account(server, "doctor");
  const client = new Client(server);
  await client.signIn(doctor);
  const act = (await client.expect(200, "GET", "/api/acts?state=closed&limit=1")).items[0];
  for (let i = 0; i < 2; i++) await client.expect(200, "GET", `/api/patients/${act.patient.id}`);
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go(`/patients/${act.patient.id}/acces`);
  await person.seeText(/a lu l’identité et les coordonnées/);
  await person.seeText(/[23] fois/);
  await person.see("print", () => [...document.querySelectorAll("button")].some(b => b.innerText.trim() === "Imprimer" && !b.disabled));
  await look(person, "acces-consultations");
  quiet(person);
  await person.close();
});
