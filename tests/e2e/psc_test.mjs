// Pro Santé Connect in a real browser: its cookies and redirects, and what the pages say.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { enrolFactor } from "./support/scene.mjs";
import { until } from "./support/server.mjs";
import { PscHouse } from "../support/psc_house.mjs";

let psc, site;
before(async () => {
  psc = await PscHouse.start();
  site = Object.create(psc.server, { url: { value: psc.home } });
}, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await psc?.stop(); });

test("a doctor signs in by Pro Santé Connect, goes on to the page they wanted, sees how they came, and signs out of both", { timeout: 180_000 }, async () => {
  psc.provider.reset();
  const person = await Person.open(site);
  await person.go("/reglages");
  await person.seeText(/Se connecter avec Pro Santé Connect/);
  await look(person, "connexion-psc");
  await person.press("Se connecter avec Pro Santé Connect");
  await person.seeText(/Appareils connectés/);
  await person.seeText(/Par Pro Santé Connect/);
  assert.equal(new URL(person.page.url()).pathname, "/reglages");
  await look(person, "reglages-psc");
  assert.equal(psc.provider.asked.auth.length, 1);
  await person.press(/Se déconnecter$/);
  await person.see("the sign-in page after the provider's", () => location.pathname === "/connexion");
  await until("the provider ended its session", () => psc.provider.asked.leave?.length >= 1);
  await person.seeText(/Se connecter avec Pro Santé Connect/);
  quiet(person);
  await person.close();
});

test("a session ended at Pro Santé Connect is over in the open page at once, and nobody else's is", { timeout: 180_000 }, async () => {
  psc.provider.reset();
  const person = await Person.open(site), other = await Person.open(site);
  for (const one of [person, other]) {
    await one.go("/connexion");
    await one.press("Se connecter avec Pro Santé Connect");
    await one.seeText(/Bonjour/);
  }
  const tab = await person.context.newPage();
  await psc.ends("logout", "good", async () => { await tab.goto(`${psc.provider.issuer}/session/end`); });
  await person.see("signed out, with nothing done in this page", () => location.pathname === "/connexion");
  await other.go("/reglages");
  await other.seeText(/Appareils connectés/);
  await person.close();
  await other.close();
});

// Before the next, in which this person is given a second factor of their own and would be asked for that.
test("who came by Pro Santé Connect signs an hour later: identified in another tab, and the report goes on as it was typed", { timeout: 240_000 }, async () => {
  psc.provider.reset();
  const person = await Person.open(site);
  await person.go("/connexion");
  await person.press("Se connecter avec Pro Santé Connect");
  await person.seeText(/Bonjour/);
  const ask = (method, path, body) => person.evaluate(async ({ method, path, body }) => {
    const { csrf } = await (await fetch("/api/me")).json();
    const answer = await fetch(path, { method, headers: { "content-type": "application/json", "x-teleloire-csrf": csrf }, body: body && JSON.stringify(body) });
    return answer.json();
  }, { method, path, body });
  const patient = await ask("POST", "/api/patients", { birth_name: "LANGLOIS", used_name: null, first_names: "Odile", birth_date: "1948-02-11", sex: "F", birth_place_code: "44109", ins: null, ins_oid: null, phone: null, email: null });
  const act = await ask("POST", "/api/acts", { patient: patient.id, structure: "00000000-0000-4000-8000-000000000101", starts_at: null, duration_min: 20, reason: "", invite: null });
  for (const state of ["waiting", "live", "to_close"]) await psc.server.sql(`update act set state = '${state}' where id = '${act.id}'`);
  await ask("POST", `/api/acts/${act.id}/consent`, { given: true, by: "patient", how: "oral", text_version: "1" });
  await person.go(`/actes/${act.id}/cloture`);
  await person.fill(/compte rendu|texte/i, "Plaie propre.", { selector: "textarea" });
  await person.fill(/conclusion/i, "Contrôle dans une semaine.", { selector: "textarea" });
  await person.evaluate(() => document.querySelectorAll("input[type=checkbox]:not(:checked)").forEach(box => box.click()));
  await psc.server.sql("update web_session set proved_at = now() - interval '61 minutes'");
  await person.press(/clôturer l’acte/i, { selector: "button" });
  await person.seeText(/Identifiez-vous dans un autre onglet/);
  await look(person, "confirmation-psc");
  const [tab] = await Promise.all([person.context.waitForEvent("page"), person.press("Se connecter avec Pro Santé Connect dans un autre onglet", { selector: "dialog a" })]);
  await tab.waitForURL(url => url.origin === psc.home && url.pathname === "/");
  await tab.close();
  await person.press("C’est fait", { selector: "dialog button" });
  await until("the act is closed", async () => (await ask("GET", `/api/acts/${act.id}`)).state === "closed");
  assert.equal((await ask("GET", `/api/acts/${act.id}`)).report.text, "Plaie propre.");
  assert.deepEqual(person.errors.filter(e => !/403/.test(e)), [], "nothing but the refusals");
  await person.close();
});

test("what went wrong is told in plain words, and local accounts remain", { timeout: 180_000 }, async () => {
  const { provider } = psc;
  const person = await Person.open(site);
  for (const [prepare, words, name] of [
    [() => { provider.account = null; }, /annulée ou refusée par Pro Santé Connect/],
    [() => { provider.account = "stranger"; }, /aucun compte d’ici ne porte votre numéro RPPS/, "connexion-psc-inconnu"],
    [() => { provider.account = "anne"; provider.before.token = req => { req.socket.destroy(); return true; }; }, /Pro Santé Connect ne répond pas pour le moment/],
    [() => { provider.acr = "eidas0"; provider.account = "anne"; }, /n’a pas abouti/],
  ]) {
    provider.reset();
    prepare();
    await person.context.clearCookies();
    await person.go("/connexion?retour=%2Factes");
    await person.press("Se connecter avec Pro Santé Connect");
    await person.seeText(words);
    if (name) await look(person, name);
    assert.equal(new URL(person.page.url()).searchParams.get("retour"), "/actes");
  }
  provider.reset();
  await person.go("/connexion?psc=%3Cscript%3E");
  await person.seeText(/n’a pas abouti/);
  await person.fill(/identifiant/i, "anne@exemple.fr", { selector: "input" });
  await person.fill(/mot de passe/i, "un long mot de passe", { selector: "input" });
  await person.press(/^Se connecter$/, { selector: "button[type=submit]" });
  await enrolFactor(person, "anne@exemple.fr");
  await person.seeText(/Bonjour/);
  quiet(person);
  await person.close();
});
