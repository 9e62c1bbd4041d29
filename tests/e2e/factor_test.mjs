// The second factor on the pages: chosen at the first sign-in, given at the next, skipped where its owner
// said so, and asked for again before a signature, with nothing typed lost.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { codeOf } from "../support/totp.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { account, Client, freshFactor, keepSecret, mailTo } from "./support/client.mjs";
import { look, quiet } from "./support/look.mjs";
import { makeAct, signIn } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server;
const byLogin = login => server.demo.accounts.find(a => a.login === login);
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

const password = "une phrase facile à retenir", email = "lea.nouvelle@exemple.fr";
const submit = { selector: "button[type=submit]" };

async function invited() {
  const manager = new Client(server), me = await manager.signIn(byLogin("bruno.orieux"));
  const structure = me.memberships.find(m => m.role === "manager").structure.id;
  await manager.expect(201, "POST", `/api/structures/${structure}/newcomers`,
    { email, prefix: "Dr", given_name: "Léa", family_name: "Nouvelle", profession: "Médecin généraliste", role: "doctor" });
  return until("her link", () => mailTo(server, email).map(mail => /https:\/\/\S+\/arrivee#[A-Za-z0-9_-]+/.exec(mail.body)?.[0]).filter(Boolean).at(-1));
}

async function withPassword(person) {
  await person.go("/connexion");
  await person.fill(/identifiant/i, email, { selector: "input" });
  await person.fill(/mot de passe/i, password, { selector: "input" });
  await freshFactor(server, email);
  await person.press("Se connecter", submit);
}

test("a newcomer chooses a second factor, keeps the recovery codes, and signs in with a code, or on a device of hers without", { timeout: 240_000 }, async () => {
  const person = await Person.open(server);
  await person.go(await invited());
  await person.fill(/mot de passe/i, password, { selector: "input[type=password]" });
  await person.press("Créer mon compte et entrer", submit);
  await person.seeText(/Protégez votre compte/);
  await look(person, "second-facteur-choix");
  const secret = (await person.see("the key", () => document.querySelector(".factor-key")?.textContent)).replace(/\s/g, "");
  assert.match(secret, /^[A-Z2-7]{32}$/);
  await person.fill(/code qu’elle affiche/, "000000", { selector: "input" });
  await person.press("Activer", submit);
  await person.seeText(/Ce n'est pas le code attendu|n’est pas le code attendu/);
  await person.fill(/code qu’elle affiche/, codeOf(secret), { selector: "input" });
  await person.press("Activer", submit);
  await person.seeText(/Vos codes de secours/);
  const codes = await person.see("ten codes", () => { const all = [...document.querySelectorAll(".factor-list code")].map(c => c.textContent); return all.length === 10 && all; });
  await look(person, "codes-de-secours");
  await person.press("Je les ai gardés en lieu sûr");
  await person.seeText(/Bonjour/);
  keepSecret(email, secret);

  // Another browser: the code; then a recovery code; then, on a device of hers, nothing.
  const other = await Person.open(server);
  await withPassword(other);
  await other.seeText(/donnez le code affiché/);
  await look(other, "second-facteur-code");
  await other.fill(/6 chiffres/, codeOf(secret), { selector: "input" });
  await other.press("Cet appareil est le mien", { selector: "label" });
  await other.press("Valider", submit);
  await other.seeText(/Bonjour/);
  await other.evaluate(() => fetch("/api/me").then(r => r.json()).then(me => fetch("/api/sign-out", { method: "POST", headers: { "X-Teleloire-CSRF": me.csrf } })).then(() => true));
  await withPassword(other);
  await other.seeText(/Bonjour/);
  await other.go("/reglages");
  await other.seeText(/Appareils où le mot de passe suffit/);
  await other.seeText(/10 codes de secours restants/);
  await look(other, "reglages-second-facteur");

  const third = await Person.open(server);
  await withPassword(third);
  await third.press("Utiliser un code de secours");
  await third.fill(/Code de secours/, codes[3], { selector: "input" });
  await third.press("Valider", submit);
  await third.seeText(/Bonjour/);
  for (const p of [person, other, third]) { quiet(p); await p.close(); }
});

test("before a signature the page asks for a code and goes on by itself, with the report as it was typed", { timeout: 240_000 }, async () => {
  const doctor = account(server, "doctor"), person = await Person.open(server);
  const { client, act } = await makeAct(server, { doctor });
  await server.sql(`update act set state = 'waiting' where id = '${act.id}'`);
  await server.sql(`update act set state = 'live' where id = '${act.id}'`);
  await server.sql(`update act set state = 'to_close' where id = '${act.id}'`);
  await client.expect(200, "POST", `/api/acts/${act.id}/consent`, { given: true, by: "patient", how: "oral", text_version: "1" });
  await signIn(person, doctor);
  await person.go(`/actes/${act.id}/cloture`);
  await person.fill(/compte rendu|texte/i, "Plaie propre, bourgeonnante.", { selector: "textarea" });
  await person.fill(/conclusion/i, "Contrôle dans une semaine.", { selector: "textarea" });
  await person.evaluate(() => document.querySelectorAll("input[type=checkbox]:not(:checked)").forEach(box => box.click()));
  await server.sql("update web_session set proved_at = now() - interval '61 minutes'");
  await freshFactor(server, doctor.login);
  await person.press(/clôturer l’acte/i, { selector: "button" });
  await person.seeText(/Confirmez que c’est vous/);
  await look(person, "confirmation-signature");
  const code = await person.see("the demo's code", () => document.querySelector("dialog .demo-code")?.textContent.replace(/\D/g, ""));
  await person.fill(/6 chiffres/, code, { selector: "dialog input" });
  await person.press("Valider", { selector: "dialog button[type=submit]" });
  await until("the act is closed", async () => (await client.expect(200, "GET", `/api/acts/${act.id}`)).state === "closed");
  const closed = await client.expect(200, "GET", `/api/acts/${act.id}`);
  assert.match(JSON.stringify(closed), /Plaie propre, bourgeonnante/);
  assert.deepEqual(person.errors.filter(e => !/403/.test(e)), [], "nothing but the refusal");
  await person.close();
});

test("a manager takes a colleague's second factor away on the team page", { timeout: 180_000 }, async () => {
  const manager = await Person.open(server);
  await signIn(manager, byLogin("bruno.orieux"), /Équipe/);
  await manager.go("/equipe");
  await manager.fill(/^Structure/, "Maison de santé des Tisserands", { selector: "select" }).catch(() => {});
  await manager.seeText(/Anne Le Goff/);
  await manager.press(/Anne Le Goff/, { selector: "button" });
  await manager.press("Retirer le second facteur", { selector: "[role=menuitem], button" });
  await manager.seeText(/Retirer le second facteur de/);
  await look(manager, "second-facteur-retirer");
  await manager.press("Retirer", { selector: "dialog .button-danger, dialog button:not([aria-label])" });
  await manager.seeText(/est retiré/);
  const [row] = await server.rows("select count(*)::int as n from account_factor as f join account as a on a.id = f.account_id where a.login = 'anne.legoff'");
  assert.equal(row.n, 0);
  quiet(manager);
  await manager.close();
});
