// Every page at 1280 and 375 px: nothing for axe-core to say, no sideways scrolling, no error in
// the console; and its picture under docs/screenshots/.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { account, Client, invitation } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { arrive, codeFor, enterCode, enterRoom, makeAct, signIn, startCall } from "./support/scene.mjs";
import { root, Server, until } from "./support/server.mjs";

const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = path.join(root, "docs/screenshots");

let server, doctor;
before(async () => { server = await Server.start(); doctor = account(server, "doctor"); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

async function settled(person) {
  await person.see("the page is at rest", () => document.readyState === "complete" && !document.querySelector("[aria-busy=true], .skeleton"), undefined, 15_000);
  await person.evaluate(() => document.fonts.ready.then(() => true));
}

async function look(person, name) {
  for (const [width, height] of [[1280, 800], [375, 812], [320, 640]]) {
    await person.resize(width, height);
    await settled(person);
    const wide = await person.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []
      : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map(e => `${e.tagName.toLowerCase()}.${e.className}: ${e.textContent.slice(0, 40)}`));
    assert.deepEqual(wide.slice(-4), [], `${name} at ${width} px scrolls sideways`);
    // The strict content policy forbids a script in the page; the driver's own world may run one.
    await person.evaluate(axeSource + "; undefined");
    const findings = await person.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations
      .map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")}`));
    assert.deepEqual(findings, [], `${name} at ${width} px`);
    if (width === 320) continue;
    // As tall as the page, so that what is fixed to an edge is drawn at the edge.
    const tall = await person.evaluate(() => document.documentElement.scrollHeight);
    await person.resize(width, Math.max(height, Math.min(tall, 4000)));
    await settled(person);
    await person.screenshot(path.join(folder, `${name}-${width}.png`));
  }
  await person.resize(1280, 800);
}

function quiet(person) {
  const errors = person.errors.filter(e => !/401|favicon/.test(e));
  assert.deepEqual(errors, []);
}

test("the professional's pages", { timeout: 240_000 }, async () => {
  const person = await Person.open(server);
  await person.go("/connexion");
  await person.seeText(/Se connecter/);
  await look(person, "connexion");
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
  if (closed.items[0]) {
    await person.go(`/actes/${closed.items[0].id}`);
    await person.seeText(/Compte rendu/);
    await look(person, "acte");
  }
  if (toClose.items[0]) {
    await person.go(`/actes/${toClose.items[0].id}/cloture`);
    await person.seeText(/Clôturer/);
    await look(person, "cloture");
  }
  quiet(person);
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
  await person.press("Sign in", { selector: "button[type=submit]" });
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
  await person.press("Oui, je suis d’accord");
  await person.seeText(/Vérifions/);
  await look(person, "visite-essai");
  await person.press("Passer cette étape");
  await person.press("Passer quand même");
  await person.press("Entrer en salle d’attente");
  await person.seeText(/salle d’attente|prochain/i);
  await look(person, "visite-attente");
  quiet(person);
  await person.close();
  const unknown = await Person.open(server);
  await unknown.go("/visite#inconnu");
  await unknown.seeText(/inconnu|valable/);
  await look(unknown, "visite-lien-inconnu");
  await unknown.close();
});

test("the call", { timeout: 240_000 }, async () => {
  const scene = await startCall(server, ["chromium", "chromium"], { doctor });
  await look(scene.host, "appel");
  await look(scene.guest, "appel-patient");
  // The person the file names, compared with the face; ticked, the card goes.
  await scene.host.seeText(/Est-ce bien cette personne/);
  await scene.host.press("Identité vérifiée", { selector: ".identity button" });
  await scene.host.see("the card is gone", () => !document.querySelector(".identity"));
  assert.equal(await scene.host.evaluate(() => window.__teleloire.call.roster.value.find(s => s.role === "patient").identity_checked), true);
  for (const [button, name] of [[/^Participants/, "appel-participants"], [/^Messages/, "appel-messages"]]) {
    await scene.host.press(button, { selector: "button" });
    await look(scene.host, name);
  }
  await scene.host.press("Fermer le volet", { selector: "button" });
  await scene.guest.press("Quitter", { selector: "button" });
  await scene.guest.seeText(/vous fera entrer de nouveau/);
  await look(scene.guest, "visite-au-revoir");
  await scene.host.seeText(/Départ de/);
  await look(scene.host, "appel-seul");
  await scene.close();
});
