// What keeps trust, on the pages: the browsers of one's account, and the unusual accesses a manager
// answers for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, account } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { signIn } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });
const byLogin = login => server.demo.accounts.find(a => a.login === login);

test("a browser left signed in elsewhere is seen in the settings and ended there", { timeout: 180_000 }, async () => {
  const doctor = account(server, "doctor"), elsewhere = new Client(server);
  await elsewhere.signIn(doctor);
  const person = await Person.open(server);
  await signIn(person, doctor);
  await person.go("/reglages");
  await person.seeText(/Cet appareil/);
  await look(person, "reglages-appareils");
  await elsewhere.expect(200, "GET", "/api/me");
  await person.press("Déconnecter", { selector: "li button" });
  await person.seeText(/Cet appareil est déconnecté/);
  await elsewhere.expect(401, "GET", "/api/me");
  await person.press("Se déconnecter partout");
  await person.seeText(/Se connecter/);
  quiet(person);
  await person.close();
});

test("a manager sees an unusual access and answers for it", { timeout: 180_000 }, async () => {
  const manager = byLogin("bruno.orieux"), doctor = account(server, "doctor");
  await server.sql(`insert into audit_alert (rule, person_id, day, at, patients)
    select 'many_patients', person_id, current_date, now(), 46 from account where login = '${doctor.login}'`);
  const person = await Person.open(server);
  await signIn(person, manager, /Équipe/);
  await person.go("/alertes");
  await person.seeText(/A ouvert 46 dossiers différents en une heure/);
  await look(person, "alertes");
  await person.press("Répondre à l’alerte");
  await person.press("Enregistrer", { selector: "button[type=submit]" });
  await person.seeText(/Trois caractères au moins/);
  await person.fill(/ce qu’il en est/i, "Préparait la réunion de concertation de jeudi", { selector: "textarea" });
  await person.press("Enregistrer", { selector: "button[type=submit]" });
  await person.seeText(/Réponse de /);
  await person.seeText(/Préparait la réunion de concertation de jeudi/);
  assert.match(await server.sql("select comment from audit_alert"), /^S1:/, "sealed where it is kept");
  await look(person, "alertes-reponse");
  quiet(person);
  await person.close();
});
