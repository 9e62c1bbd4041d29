// What a professional does around an act, pressed to the end: planned for later with a patient who is
// found, moved, recalled, given a new link, handed over, a guest invited, declared not held; closed
// with a prescription and the incidents of the call.
// Alone: two browsers call, and a relay is killed meanwhile.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, Client, invitation, mailTo } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { makeAct, signIn, startCall } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server, doctor, host, client;
before(async () => {
  server = await Server.start({ relays: 1 });
  doctor = account(server, "doctor");
  host = await Person.open(server);
  await signIn(host, doctor);
  client = new Client(server);
  await client.signIn(doctor);
}, { timeout: 120_000 });
after(async () => { await host?.close(); await closeBrowsers(); await server?.stop(); });

const inHours = hours => new Date(Date.now() + hours * 3600_000).toISOString();
const acts = id => client.expect(200, "GET", `/api/acts/${id}`);

/** One of the actions of an act's page, its form filled, sent. */
async function action(act, button, said, fill = async () => {}) {
  await host.go(`/actes/${act.id}`);
  await host.press(button, { selector: ".act-actions button" });
  await host.see("the dialog", () => document.querySelector("dialog[open]") && true);
  await fill();
  await host.press(/./, { selector: "dialog button[type=submit]" });
  await host.seeText(said);
}

test("a teleconsultation for another day, with a patient who is found by name", { timeout: 120_000 }, async () => {
  const { patient } = await makeAct(server, { doctor, client });
  await host.go("/nouvelle");
  await host.fill(/nom, date de naissance/i, `${patient.birth_name}, ${patient.birth_date.split("-").reverse().join("/")}`, { selector: "input" });
  await host.press(new RegExp(patient.birth_name, "i"), { selector: ".patient-found button" });
  await host.seeText(/Patient choisi/);
  await host.press("Plus tard", { selector: "label" });
  const day = new Date(Date.now() + 7 * 24 * 3600_000);
  const date = [day.getDate(), day.getMonth() + 1].map(n => `${n}`.padStart(2, "0")).join("/") + `/${day.getFullYear()}`;
  await host.fill(/^date/i, date, { selector: ".new-when input" });
  await host.fill(/^heure/i, "14h30", { selector: ".new-when input" });
  await host.fill("Motif", "Contrôle de la plaie");
  const email = `plus-tard-${Date.now()}@exemple.fr`;
  await host.fill(/courriel/i, email, { selector: ".new-rest input" });
  await host.press("Planifier et inviter", { selector: "button[type=submit]" });
  await host.seeText(/Téléconsultation créée\. L’invitation est partie/);
  const { link } = await invitation(server, email);
  assert.ok(link);
  const found = await until("the act in the register", async () =>
    (await client.expect(200, "GET", "/api/acts?limit=50")).items.find(a => a.patient.id === patient.id && new Date(a.starts_at) > Date.now() + 5 * 24 * 3600_000));
  assert.equal(new Intl.DateTimeFormat("fr-FR", { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" }).format(new Date(found.starts_at)), "14:30");
});

test("moved: another hour, and the patient is told", { timeout: 120_000 }, async () => {
  const { act, email } = await makeAct(server, { doctor, client, startsAt: inHours(30) });
  await invitation(server, email);
  const before = mailTo(server, email).length;
  await action(act, "Déplacer", /Le rendez-vous est déplacé/, () => host.fill(/^heure/i, "08h15", { selector: "dialog input" }));
  const moved = await acts(act.id);
  assert.notEqual(moved.starts_at, act.starts_at);
  await until("a message to the patient", () => mailTo(server, email).length > before);
});

test("recalled: the patient gets the appointment again, with the link they have", { timeout: 120_000 }, async () => {
  const { act, email } = await makeAct(server, { doctor, client, startsAt: inHours(30) });
  const { link } = await invitation(server, email);
  const before = mailTo(server, email).length;
  await action(act, "Rappeler le rendez-vous", /Le rappel est parti/);
  await until("a message to the patient", () => mailTo(server, email).length > before);
  assert.equal((await invitation(server, email)).link, link);
});

test("a new link: to another address, and the old one says that it is over", { timeout: 120_000 }, async () => {
  const { act, email } = await makeAct(server, { doctor, client, startsAt: inHours(2) });
  const { link } = await invitation(server, email);
  const other = `autre-${Date.now()}@exemple.fr`;
  await action(act, "Renouveler le lien", /Un nouveau lien est parti/, () => host.fill(/courriel/i, other, { selector: "dialog input" }));
  const fresh = (await invitation(server, other)).link;
  assert.notEqual(fresh, link);
  const patient = await Person.open(server);
  await patient.go(link);
  await patient.seeText(/Un lien plus récent vous a été envoyé/);
  await patient.go(fresh);
  await patient.seeText(/code à six chiffres/);
  await patient.close();
});

test("handed over: the colleague has the act, and both the colleague and the patient are told", { timeout: 120_000 }, async () => {
  const { act, email } = await makeAct(server, { doctor, client, startsAt: inHours(30) });
  await invitation(server, email);
  const before = mailTo(server, email).length, colleague = account(server, "doctor", 1);
  const theirs = new Client(server);
  await theirs.signIn(colleague);
  const name = theirs.me.person.display_name;
  await action(act, "Confier à un confrère", /L’acte est confié/, async () => {
    await host.fill("Nom du professionnel", name.split(" ").at(-1), { selector: "dialog input" });
    await host.press(name, { selector: "dialog .patient-found button" });
  });
  assert.equal((await theirs.expect(200, "GET", `/api/acts/${act.id}`)).professional.id, theirs.me.person.id);
  await until("a message to the patient", () => mailTo(server, email).length > before);
});

test("a guest is invited by name and address", { timeout: 120_000 }, async () => {
  const { act } = await makeAct(server, { doctor, client, startsAt: inHours(2) });
  const email = `aide-${Date.now()}@exemple.fr`;
  await action(act, "Inviter", /./, async () => {
    await host.press(/^Proche, interprète/, { selector: "dialog label" });
    await host.fill(/^nom affiché/i, "Marie Aidante", { selector: "dialog input" });
    await host.fill(/courriel/i, email, { selector: "dialog input" });
  });
  assert.ok((await invitation(server, email)).link);
});

test("not held: said with its reason", { timeout: 120_000 }, async () => {
  const { act } = await makeAct(server, { doctor, client, startsAt: inHours(1) });
  await server.sql(`update act set starts_at = now() - interval '1 hour' where id = '${act.id}'`); // time passes
  await action(act, /non réalis|pas eu lieu/i, /./);
  await until("the act is declared not held", async () => (await acts(act.id)).state === "not_done");
});

test("closed with a prescription and the incidents of the call, already there", { timeout: 180_000 }, async () => {
  const scene = await startCall(server, ["chromium", "chromium"], { doctor, client });
  await Promise.all([scene.host.smallCamera(), scene.guest.smallCamera()]);
  await server.kill("relay");
  await Promise.all([scene.host.hearsAndSees(1), scene.guest.hearsAndSees(1)]);
  const { host: page } = scene;
  await page.press("Quitter", { selector: ".controls button" });
  await page.press("Terminer pour tous", { selector: "dialog button" });
  await page.see("the report's form", () => location.pathname.endsWith("/cloture") && document.querySelector("textarea") && true);
  await page.see("the incident of the relay", () => /relais/i.test(document.querySelector(".incidents")?.innerText));
  await page.page.setInputFiles("input[type=file]", { name: "ordonnance.pdf", mimeType: "application/pdf", buffer: Buffer.from(pdf) });
  await page.seeText(/ordonnance\.pdf/);
  await page.fill(/compte rendu/i, "Plaie propre, pas de signe d’infection.", { selector: "textarea" });
  await page.fill(/conclusion/i, "Contrôle dans une semaine.", { selector: "textarea, input" });
  for (const name of [/identité du patient vérifiée/i, /je confirme/i]) await page.press(name, { selector: "input[type=checkbox]" });
  await page.press(/clôturer l’acte/i, { selector: "button" });
  await page.seeText(/Clôturé/);
  const closed = await acts(scene.act.id);
  assert.equal(closed.state, "closed");
  assert.deepEqual(closed.documents.filter(d => d.kind === "prescription").map(d => d.name), ["ordonnance.pdf"]);
  assert.ok(closed.incidents.some(i => i.kind === "relay_restart"), JSON.stringify(closed.incidents));
  await scene.close();
});

const pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
  "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
