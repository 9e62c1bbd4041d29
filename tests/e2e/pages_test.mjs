// Every page at 1280 and 375 px: nothing for axe-core to say, no sideways scrolling, no error in
// the console; and its picture under docs/screenshots/.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, Client, freshFactor, invitation } from "./support/client.mjs";
import { beforePages, closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { codeFor, enterCode, enterFactor, makeAct, signIn, startCall } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server, doctor;
before(async () => { server = await Server.start(); doctor = account(server, "doctor"); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

test("the professional's pages", { timeout: 240_000 }, async () => {
  const person = await Person.open(server);
  await person.go("/connexion");
  await person.seeText(/Se connecter/);
  await look(person, "connexion");
  await person.fill(/identifiant/i, doctor.login, { selector: "input" });
  await person.fill(/mot de passe/i, "oublié", { selector: "input" });
  await person.press("Se connecter", { selector: "button[type=submit]" });
  await person.seeText(/Identifiant ou mot de passe incorrect/);
  await look(person, "connexion-refusee");
  await signIn(person, doctor);
  await look(person, "journee");
  for (const [where, name, text] of [["/nouvelle", "nouvelle", /Pour quel patient/], ["/actes", "actes", /registre/],
    ["/patients", "patients", /patient/i], ["/reglages", "reglages", /réglages/i]]) {
    await person.go(where);
    await person.seeText(text);
    await look(person, name);
  }
  const client = new Client(server);
  await client.signIn(doctor);
  const closed = await client.expect(200, "GET", "/api/acts?state=closed&limit=1");
  const toClose = await client.expect(200, "GET", "/api/acts?state=to_close&limit=1");
  await person.go(`/actes/${closed.items[0].id}`);
  await person.seeText(/Compte rendu/);
  await look(person, "acte");
  await person.go(`/actes/${toClose.items[0].id}/cloture`);
  await person.seeText(/Clôturer/);
  await look(person, "cloture");
  quiet(person);
  await person.close();
});

test("a patient nobody has met, and pages with nothing to show", { timeout: 240_000 }, async () => {
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go("/nouvelle");
  await person.fill(/nom, date de naissance/i, "Zzyzx", { selector: "input" });
  await person.seeText(/Aucun patient ne correspond/);
  await look(person, "nouvelle-aucun-patient");
  await person.press("Créer le patient");
  await person.seeText(/Prénoms de naissance/);
  await person.fill(/^date de naissance/i, "31/02/1956", { selector: "input" });
  await person.press("Créer le patient", { selector: "button[type=submit]" });
  await person.seeText(/à corriger/);
  await look(person, "nouveau-patient-erreurs");
  await person.fill(/nom de naissance/i, "Guérin");
  await person.fill(/prénoms/i, "Odile Anne");
  await person.fill(/^date de naissance/i, "02/03/1956", { selector: "input" });
  await person.press(/femme/i, { selector: "label" });
  await person.fill(/lieu de naissance/i, "44109");
  await look(person, "nouveau-patient");
  await person.go("/?date=2031-01-05");
  await person.seeText(/Aucune téléconsultation ce jour/);
  await look(person, "journee-vide");
  await person.go("/actes");
  await person.fill(/chercher un patient dans le registre/i, "Zzyzx", { selector: "input" });
  await person.seeText(/Aucun acte pour ces critères/);
  await look(person, "actes-vide");
  quiet(person);
  await person.close();
});

test("dates are the page's, whatever the browser's language", { timeout: 120_000 }, async () => {
  const person = await Person.open(server, "chromium", { language: "en-US" });
  await signIn(person, doctor);
  await person.go("/nouvelle");
  await person.press("Plus tard", { selector: "label" });
  const date = () => person.evaluate(() => document.querySelector(".new-when .date input").value);
  assert.match(await date(), /^\d\d\/\d\d\/20\d\d$/);
  await person.fill(/^date/i, "31/12/2026", { selector: ".new-when input" });
  assert.equal(await person.evaluate(() => document.querySelector(".new-when .date input").value), "31/12/2026");
  await person.page.keyboard.press("ArrowUp");
  assert.equal(await date(), "01/01/2027");
  // The calendar, by keyboard alone: a week on, a day back.
  await person.page.keyboard.press("Tab");
  await person.page.keyboard.press("Enter");
  await person.seeText(/Janvier 2027/);
  await look(person, "nouvelle-calendrier");
  await person.see("the day has the focus", () => document.activeElement?.dataset.date === "2027-01-01");
  await person.page.keyboard.press("ArrowDown");
  await person.page.keyboard.press("ArrowLeft");
  await person.page.keyboard.press("Enter");
  await person.see("the calendar is gone", () => !document.querySelector(".calendar"));
  assert.equal(await date(), "07/01/2027");
  await person.fill(/^heure/i, "14h30", { selector: "input" });
  await person.fill(/^date/i, "31/02/2027", { selector: ".new-when input" });
  await person.press("Motif", { selector: "input" });
  await person.seeText(/Cette date n’existe pas/);
  await person.fill(/^date/i, "demain", { selector: ".new-when input" });
  await person.press("Motif", { selector: "input" });
  await person.seeText(/Date attendue sous la forme jj\/mm\/aaaa/);
  assert.equal(await person.evaluate(() => [...document.querySelectorAll(".new-when input")][1].value), "14:30");
  assert.equal(await person.evaluate(() => document.querySelectorAll("input[type=date], input[type=time]").length), 0);
  await person.close();
});

test("an act planned, and what can be done with it", { timeout: 240_000 }, async () => {
  const { act } = await makeAct(server, { doctor, startsAt: new Date(Date.now() + 26 * 3600_000).toISOString() });
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go(`/actes/${act.id}`);
  await person.seeText(/Actions/);
  await look(person, "acte-planifie");
  for (const [button, name] of [["Déplacer", "acte-deplacer"], ["Rappeler le rendez-vous", "acte-rappeler"],
    ["Renouveler le lien", "acte-renouveler"], ["Confier à un confrère", "acte-confier"], ["Annuler le rendez-vous", "acte-annuler"]]) {
    await person.press(button, { selector: ".act-actions button" });
    await person.see("a dialog", () => document.querySelector("dialog[open], [role=dialog]") && true);
    await look(person, name);
    await person.page.keyboard.press("Escape");
    await person.see("no dialog", () => !document.querySelector("dialog[open], [role=dialog]"));
  }
  await person.go("/nulle-part");
  await person.seeText(/n’existe pas|introuvable|page/i);
  await look(person, "introuvable");
  quiet(person);
  await person.close();
});

// A finger that comes down on a button and goes up on what slid into its place has pressed nothing.
test("before the room, the way in stays where it is while camera and microphone come up", { timeout: 120_000 }, async () => {
  const late = { run: () => {
    const { mediaDevices } = navigator;
    for (const name of ["getUserMedia", "enumerateDevices"]) {
      const native = mediaDevices[name].bind(mediaDevices);
      mediaDevices[name] = async (...how) => { await new Promise(done => setTimeout(done, 400)); return native(...how); };
    }
    window.__tops = [];
    const watch = () => {
      const button = document.querySelector(".lobby .button-l");
      if (button) window.__tops.push(Math.round(button.getBoundingClientRect().top));
      requestAnimationFrame(watch);
    };
    watch();
  } };
  const { act } = await makeAct(server, { doctor });
  beforePages.push(late);
  const person = await Person.open(server);
  beforePages.splice(beforePages.indexOf(late), 1);
  await signIn(person, doctor);
  await person.go(`/appel/${act.id}`);
  await person.see("camera and devices", () => document.querySelector(".lobby video")?.videoWidth > 0 && document.querySelectorAll(".lobby option").length > 2);
  const tops = await person.evaluate(() => [...new Set(window.__tops)]);
  assert.equal(tops.length, 1, `the button stood at ${tops.join(", ")} px`);
  await look(person, "appel-avant");
  quiet(person);
  await person.close();
});

test("a secretary's day, and an act planned for a professional", { timeout: 120_000 }, async () => {
  const person = await Person.open(server);
  await signIn(person, account(server, "secretary"));
  await look(person, "journee-secretariat");
  await person.go("/nouvelle");
  await person.seeText(/Pour quel professionnel/);
  await look(person, "nouvelle-secretariat");
  quiet(person);
  await person.close();
});

test("the language chosen before signing in stays", { timeout: 120_000 }, async () => {
  const person = await Person.open(server);
  await person.go("/connexion");
  await person.press("English");
  await person.fill(/user name/i, doctor.login, { selector: "input" });
  await person.fill(/password/i, doctor.password, { selector: "input" });
  await freshFactor(server, doctor.login);
  await person.press("Sign in", { selector: "button[type=submit]" });
  await enterFactor(person, "Confirm");
  await person.see("the day in English", () => document.documentElement.lang === "en" && document.querySelector(".day") && true);
  await look(person, "journee-anglais");
  const client = new Client(server);
  await client.signIn(doctor);
  assert.equal(client.me.language, "en", "the account keeps it");
  await client.expect(200, "PATCH", "/api/me", { language: "fr" });
  await person.close();
});

test("the same in the dark", { timeout: 120_000 }, async () => {
  const person = await Person.open(server, "chromium", { dark: true });
  await signIn(person, doctor);
  await look(person, "journee-sombre");
  await person.go("/nouvelle");
  await person.seeText(/Pour quel patient/);
  await look(person, "nouvelle-sombre");
  await person.close();
});

test("the patient's pages", { timeout: 240_000 }, async () => {
  const scene = await makeAct(server, { doctor });
  const person = await Person.open(server);
  const { link } = await invitation(server, scene.email);
  await person.go(link);
  await person.see("the code field", () => document.querySelector("input") && true);
  const { code } = await codeFor(server, scene.email);
  await look(person, "visite-code");
  await enterCode(person, code);
  await person.seeText(/d’accord/);
  await look(person, "visite-accord");
  // The whole choice is in sight with one gesture at most, and more can be read.
  await person.resize(375, 667);
  const tall = await person.evaluate(() => [...document.querySelectorAll(".visit-answers button")].at(-1).getBoundingClientRect().bottom + scrollY);
  assert.ok(tall <= 2 * 667, `the answers end at ${Math.round(tall)} px`);
  await person.press("En savoir plus", { selector: "summary" });
  await person.seeText(/conservées 20 ans/);
  await look(person, "visite-accord-detail");
  await person.press("Oui, je suis d’accord");
  await person.seeText(/Vérifions/);
  await look(person, "visite-essai");
  await person.press("Commencer la vérification");
  await person.seeText(/Vous voyez-vous/);
  await look(person, "visite-essai-camera");
  await person.press("Oui, je me vois");
  await person.seeText(/Nous vous entendons/);
  await look(person, "visite-essai-micro");
  await person.press("Oui, elle bouge");
  await person.press("Jouer le son");
  await person.press("Je n’entends rien");
  await look(person, "visite-essai-son");
  await person.press("Continuer");
  await person.seeText(/Tout est prêt|À améliorer/, 60_000);
  await person.press(/^\s*Continuer/);
  await person.seeText(/sera prévenu de votre arrivée/);
  await look(person, "visite-entree");
  await person.press("Entrer en salle d’attente");
  await person.seeText(/Vous êtes en salle d’attente/);
  await look(person, "visite-attente");
  quiet(person);
  await person.close();
});
