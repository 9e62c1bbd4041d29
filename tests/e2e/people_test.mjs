// People and structures, on the pages, with the real mailbox: a manager invites a newcomer who arrives
// and works; a leaver's acts find somebody; a secretary sees who delegated; the care team; the operator
// makes a structure and its first manager comes. Each new page looked at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, account, mailTo } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { enrolFactor, makeAct, newPatient, signIn } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server, manager;
const byLogin = login => server.demo.accounts.find(a => a.login === login);
before(async () => {
  server = await Server.start({ relays: 1 });
  manager = await Person.open(server);
  await signIn(manager, byLogin("bruno.orieux"), /Équipe/);
}, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

const linkTo = (email, after = 0) => until(`a link for ${email}`, () =>
  mailTo(server, email).slice(after).map(mail => /https:\/\/\S+\/arrivee#[A-Za-z0-9_-]+/.exec(mail.body)?.[0]).filter(Boolean).at(-1));
const password = "une phrase facile à retenir";
const dialog = { selector: "dialog input, dialog select, dialog textarea" };
const inDialog = { selector: "dialog button" };

/** The manager's page, of the structure where Anne Le Goff works. */
async function team() {
  await manager.go("/equipe");
  await manager.fill(/^Structure/, "Maison de santé des Tisserands", { selector: "select" });
  await manager.seeText(/Dr Anne Le Goff/);
}
async function inviteOn(person, { given, family, email, role = "Médecin", profession = "Médecin généraliste" }) {
  await person.press("Inviter un collègue", { selector: "button" });
  await person.fill("Prénom", given, dialog);
  await person.fill(/^Nom/, family, dialog);
  await person.fill(/adresse électronique/i, email, dialog);
  await person.fill(/^Rôle/, role, { selector: "dialog select" });
  await person.fill(/profession/i, profession, dialog);
  await person.press("Envoyer l’invitation", inDialog);
  await person.seeText(new RegExp(`Invitation envoyée à ${email}`));
}
async function arriveOn(email, seen) {
  const person = await Person.open(server);
  await person.go(await linkTo(email));
  await person.seeText(/Bienvenue/);
  await person.fill(/choisissez un mot de passe/i, password, { selector: "input" });
  await person.press("Créer mon compte et entrer");
  await enrolFactor(person, email);
  await person.seeText(seen);
  return person;
}

test("a manager invites a newcomer, who arrives from the mail and plans an act", { timeout: 180_000 }, async () => {
  await team();
  await manager.press("Inviter un collègue", { selector: "button" });
  await manager.fill("Prénom", "Julie", dialog);
  await manager.fill(/^Nom/, "Tessier", dialog);
  await manager.fill(/RPPS/, "99000000011", dialog);
  await manager.fill(/adresse électronique/i, "julie.tessier@exemple.fr", dialog);
  await manager.press("Envoyer l’invitation", inDialog);
  await manager.seeText(/La clé de contrôle ne correspond pas/);
  await look(manager, "equipe-inviter");
  await manager.press("Annuler", inDialog);
  await inviteOn(manager, { given: "Julie", family: "Tessier", email: "julie.tessier@exemple.fr" });
  await manager.seeText(/Invitations en attente/);
  await look(manager, "equipe");
  const arriving = await Person.open(server);
  await arriving.go(await linkTo("julie.tessier@exemple.fr"));
  await arriving.seeText(/Bienvenue, Julie Tessier/);
  await look(arriving, "arrivee");
  await arriving.fill(/choisissez un mot de passe/i, password, { selector: "input" });
  await arriving.press("Créer mon compte et entrer");
  await arriving.seeText(/Vous faites partie de/);
  await enrolFactor(arriving, "julie.tessier@exemple.fr");
  await arriving.seeText(/Bonjour/);
  const client = new Client(server);
  await client.signIn({ login: "julie.tessier@exemple.fr", password });
  const { act } = await makeAct(server, { client });
  await arriving.go(`/actes/${act.id}`);
  await arriving.seeText(/Julie Tessier|Téléconsultation/);
  assert.equal(act.professional.display_name, "Julie Tessier");
  await arriving.close();
  const late = await Person.open(server);
  await late.go(await linkTo("julie.tessier@exemple.fr"));
  await late.seeText(/Ce lien a déjà servi/);
  await look(late, "arrivee-servi");
  quiet(late);
  await late.close();
});

test("somebody leaves: their acts go to a colleague, and their page is closed at once", { timeout: 180_000 }, async () => {
  await team();
  await inviteOn(manager, { given: "Luc", family: "Partant", email: "luc.partant@exemple.fr" });
  const luc = await arriveOn("luc.partant@exemple.fr", /Bonjour/);
  const client = new Client(server);
  await client.signIn({ login: "luc.partant@exemple.fr", password });
  const { act, email } = await makeAct(server, { client, startsAt: new Date(Date.now() + 50 * 3600_000).toISOString() });
  await team();
  await manager.press("Actions pour Luc Partant", { selector: "button" });
  await manager.press("Mettre fin à l’appartenance", { selector: "[role=menuitem]" });
  await manager.seeText(/1 acte est encore ouvert/);
  await look(manager, "equipe-depart");
  await manager.fill(/^Collègue/, "Dr Anne Le Goff, Médecin généraliste", { selector: "dialog select" });
  const told = mailTo(server, email).length;
  await manager.press("Confier les actes", inDialog);
  await manager.seeText(/1 acte traité/);
  await until("the patient is told", () => mailTo(server, email).length > told);
  await manager.press("Mettre fin à l’appartenance", inDialog);
  await manager.seeText(/Luc Partant ne fait plus partie de la structure/);
  await luc.go("/");
  await luc.seeText(/Se connecter/);
  await luc.close();
  const anne = new Client(server);
  await anne.signIn(byLogin("anne.legoff"));
  assert.equal((await anne.expect(200, "GET", `/api/acts/${act.id}`)).professional.display_name, "Dr Anne Le Goff");
});

test("a delegation: the secretary sees the acts of who gave it, and no more once it ends", { timeout: 180_000 }, async () => {
  await team();
  await inviteOn(manager, { given: "Inès", family: "Roy", email: "ines.roy@exemple.fr", role: "Secrétariat", profession: "Secrétaire" });
  const ines = await arriveOn("ines.roy@exemple.fr", /Bonjour/);
  const { act, patient } = await makeAct(server, { doctor: byLogin("anne.legoff") });
  await ines.go("/");
  await ines.see("an empty day", () => document.querySelector("main") && !document.querySelector(".skeleton"));
  assert.equal(await ines.evaluate(id => !!document.querySelector(`a[href="/actes/${id}"]`), act.id), false);
  await team();
  await manager.fill(/^Secrétaire/, "Inès Roy, Secrétaire", { selector: "select" });
  await manager.fill(/^Professionnel/, "Dr Anne Le Goff, Médecin généraliste", { selector: "select" });
  await manager.press("Donner une délégation", { selector: "button" });
  await manager.seeText(/Délégation donnée/);
  await ines.go("/");
  await ines.see("the act of the day", id => !!document.querySelector(`a[href="/actes/${id}"]`), act.id);
  await ines.go(`/actes/${act.id}`);
  await ines.seeText(new RegExp(patient.birth_name, "i"));
  assert.equal(/Suivi d’une plaie/.test(await ines.text()), false, "never the reason");
  await manager.press(/Mettre fin, Inès Roy/, { selector: "button" });
  await manager.seeText(/Délégation terminée/);
  await ines.go("/");
  await ines.see("a day without it", id => document.querySelector("main h1") && !document.querySelector(".skeleton") && !document.querySelector(`a[href="/actes/${id}"]`), act.id);
  await ines.close();
});

test("equipment is entered and repaired by the manager", { timeout: 120_000 }, async () => {
  await team();
  await manager.press("Ajouter un matériel", { selector: "button" });
  await manager.fill(/^Nom/, "Chariot du couloir", dialog);
  await look(manager, "equipe-materiel");
  await manager.press("Enregistrer", inDialog);
  await manager.seeText(/Matériel ajouté/);
  await manager.press("Modifier Chariot du couloir", { selector: "button" });
  await manager.fill(/^État/, "En réparation", { selector: "dialog select" });
  await manager.press("Enregistrer", inDialog);
  await manager.seeText(/Chariot du couloir Chariot de téléconsultation En réparation/);
});

test("an absence warns who plans, who may go on; interests are declared, and read by the patient", { timeout: 240_000 }, async () => {
  const doctor = byLogin("philippe.chauvigne");
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go("/reglages");
  await person.press("Noter une absence", { selector: "button" });
  const on = n => new Date(Date.now() + n * 24 * 3600_000).toISOString().slice(0, 10).split("-").reverse().join("/");
  await person.fill(/^Du/, on(40), { selector: "dialog input" });
  await person.fill(/^Au/, on(44), { selector: "dialog input" });
  await look(person, "reglages-absence");
  await person.press("Enregistrer", inDialog);
  await person.seeText(/Absence notée/);
  await person.press(/Mettre à jour|Faire ma déclaration/, { selector: "button" });
  await person.press("J’ai des liens à déclarer", { selector: "label" });
  await person.fill(/entreprise ou organisme/i, "Laboratoire Exemple", { selector: "dialog input" });
  await person.fill(/nature du lien/i, "Étude clinique", { selector: "dialog input" });
  await look(person, "reglages-interets");
  await person.press("Enregistrer", inDialog);
  await person.seeText(/Laboratoire Exemple : Étude clinique/);
  await look(person, "reglages-presence");
  await person.go("/nouvelle");
  const client = new Client(server);
  await client.signIn(doctor);
  const { written_birth_date, ...traits } = newPatient();
  const patient = await client.expect(201, "POST", "/api/patients", traits);
  await person.go(`/nouvelle?patient=${patient.id}`);
  await person.seeText(/Patient choisi/);
  await person.press("Plus tard", { selector: "label" });
  await person.fill(/^date/i, on(41), { selector: ".new-when input" });
  await person.fill(/^heure/i, "10h00", { selector: ".new-when input" });
  await person.press("Planifier et inviter", { selector: "button[type=submit]" });
  await person.seeText(/Ce professionnel est absent ce jour-là/);
  await look(person, "nouvelle-absence");
  await person.press("Planifier malgré l’absence", { selector: "button" });
  await person.seeText(/Téléconsultation créée/);
  await person.close();

  const { email } = await makeAct(server, { doctor });
  const guest = await Person.open(server);
  const { invitation } = await import("./support/client.mjs");
  const { link, code } = await until("link and code", async () => { const found = await invitation(server, email, 0); return found.code && found; });
  await guest.go(link);
  await guest.fill(/code/i, code, { selector: "input" });
  await guest.press("Continuer", { ms: 1_500 }).catch(() => {});
  await guest.seeText(/déclare avoir des liens.*Laboratoire Exemple : Étude clinique/);
  await look(guest, "visite-accord-interets");
  await guest.close();
});

test("the care team on the patient's page: who, since when, by whose act; a colleague added and ended", { timeout: 180_000 }, async () => {
  const doctor = byLogin("anne.legoff");
  const [{ patient_id }] = await server.rows(`select c.patient_id from care_team c
    join person d on d.id = c.person_id where d.given_name = 'Anne' and d.family_name = 'Le Goff' and c.ended_at is null order by c.patient_id limit 1`);
  const own = new Client(server);
  await own.signIn(doctor);
  const known = { patient_id, ...await own.expect(200, "GET", `/api/patients/${patient_id}`) };
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go("/patients");
  await person.fill(/./, `${known.birth_name}, ${known.birth_date.split("-").reverse().join("/")}`, { selector: ".patient-search input" });
  await person.press(new RegExp(known.birth_name, "i"), { selector: ".patient-found button" });
  await person.seeText(/Équipe de soins.*Dr Anne Le Goff.*depuis le.*par l’acte du/);
  await look(person, "patients-equipe");
  await person.press("Ajouter un collègue", { selector: "button" });
  await person.fill(/collègue|nom/i, "chauvigne", { selector: "dialog input" });
  await person.press(/Chauvigné/i, { selector: "dialog .patient-found button" });
  await person.press("Ajouter un collègue", { selector: "dialog button[type=submit]" });
  await person.seeText(/Chauvigné fait partie de l’équipe/);
  await person.seeText(/ajouté par Dr Anne Le Goff/);
  const other = new Client(server);
  await other.signIn(byLogin("philippe.chauvigne"));
  await other.expect(200, "GET", `/api/patients/${known.patient_id}/team`);
  await person.press(/Retirer Dr Philippe Chauvigné/, { selector: "button" });
  await person.press("Retirer", { selector: "dialog button" });
  await person.seeText(/Chauvigné ne fait plus partie de l’équipe/);
  await person.close();
});

test("the operator sees the service, makes a structure and a site, and its first manager comes", { timeout: 240_000 }, async () => {
  const operator = await Person.open(server);
  await signIn(operator, account(server, "operator"), /État du service/);
  await operator.seeText(/Tout fonctionne/);
  await operator.seeText(/Relais 0 répond/);
  await look(operator, "plateforme");
  await operator.press("Créer une structure", { selector: "button" });
  await operator.fill(/^Nom/, "Maison de santé du Layon", dialog);
  await operator.fill(/FINESS/, "490000055", dialog);
  await operator.fill(/^Commune/, "Bellevigne-en-Layon", dialog);
  await operator.press("Enregistrer", inDialog);
  await operator.seeText(/La clé de contrôle ne correspond pas/);
  await operator.fill(/FINESS/, "490000056", dialog);
  await look(operator, "plateforme-creer");
  await operator.press("Enregistrer", inDialog);
  await operator.seeText(/Aucun responsable : invitez le premier/);
  await operator.press("Ajouter un site", { selector: "button" });
  await operator.fill(/^Nom/, "Site de Thouarcé", dialog);
  await operator.press("Enregistrer", inDialog);
  await operator.seeText(/Site ajouté/);
  await look(operator, "plateforme-structure");
  await operator.press("Inviter un responsable", { selector: "button" });
  await operator.fill("Prénom", "Paule", dialog);
  await operator.fill(/^Nom/, "Chef", dialog);
  await operator.fill(/adresse électronique/i, "paule.chef@exemple.fr", dialog);
  await operator.press("Envoyer l’invitation", inDialog);
  await operator.seeText(/Invitation envoyée/);
  const paule = await arriveOn("paule.chef@exemple.fr", /Équipe/);
  await paule.seeText(/Maison de santé du Layon/);
  await paule.seeText(/Site de Thouarcé/);
  quiet(paule);
  await paule.close();
  await operator.press("Fermer la structure", { selector: "button" });
  await operator.press("Fermer la structure", inDialog);
  await operator.seeText(/Structure fermée/);
  await operator.close();
});
