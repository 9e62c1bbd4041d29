// What a patient reads when the link of the message no longer leads in, or not yet: each state is
// reached as it happens to people, and said in words that tell what to do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, Client, deliveryLink, invitation } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { codeFor, enterCode, makeAct, signIn, startCall } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

let server, doctor;
before(async () => { server = await Server.start(); doctor = account(server, "doctor"); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

const inHours = hours => new Date(Date.now() + hours * 3600_000).toISOString();

async function planned(hours = 1) {
  const scene = await makeAct(server, { doctor, startsAt: inHours(hours) });
  return { ...scene, ...await invitation(server, scene.email) };
}

/** The number of the structure, to touch, for who has to ask somebody. */
async function callable(person, act) {
  const [{ phone }] = await server.rows(`select phone from structure where id = '${act.structure.id}'`);
  assert.match(phone, /^\+33\d{9}$/);
  await person.see(`a link that calls ${phone}`, phone => document.querySelector(`a[href="tel:${phone}"]`) && true, phone);
}

/** The link opened in a browser of its own says this, under this heading; and how it looks. */
async function says(link, name, title, words) {
  const person = await Person.open(server);
  await person.go(link);
  await person.see(`the heading ${title}`, wanted => document.querySelector("h1")?.innerText.trim() === wanted, title);
  await person.seeText(words);
  await look(person, name);
  quiet(person);
  return person;
}

test("early: the link opens a day before at most", { timeout: 120_000 }, async () => {
  const { link } = await planned(30);
  const person = await says(link, "visite-trop-tot", "C’est un peu tôt", /s’ouvrira peu avant le rendez-vous.*revenez à l’heure/);
  await person.press("Réessayer", { selector: "button" });
  await person.seeText(/C’est un peu tôt/);
  await person.close();
});

test("expired: twelve hours after the appointment", { timeout: 120_000 }, async () => {
  const { link, act } = await planned();
  await server.sql(`update act set starts_at = now() - interval '13 hours' where id = '${act.id}'`); // time passes
  await (await says(link, "visite-expire", "Ce lien n’est plus valable", /Il a expiré.*nouveau lien au professionnel ou à son secrétariat/)).close();
});

test("locked: a code tried wrongly five times, and the last tries are counted down", { timeout: 120_000 }, async () => {
  const { link, email, act } = await planned();
  const { code } = await codeFor(server, email);
  const wrong = code === "000000" ? "111111" : "000000";
  const person = await Person.open(server);
  await person.go(link);
  for (const left of ["4 essais", "3 essais", "2 essais", "1 essai"]) {
    await enterCode(person, wrong);
    await person.seeText(new RegExp(`Il reste ${left}\\.`));
  }
  await look(person, "visite-code-faux");
  await enterCode(person, wrong);
  await person.seeText(/Ce lien est bloqué/);
  await person.close();
  const again = await says(link, "visite-bloque", "Ce lien est bloqué", /essayé trop de fois.*nouveau lien au professionnel/);
  await callable(again, act);
  await again.close();
});

test("cancelled: by the professional, on the act's page", { timeout: 120_000 }, async () => {
  const { link, act } = await planned();
  const host = await Person.open(server);
  await signIn(host, doctor);
  await host.go(`/actes/${act.id}`);
  await host.press("Annuler le rendez-vous", { selector: ".act-actions button" });
  await host.press("Annuler le rendez-vous", { selector: "dialog button[type=submit]" });
  await host.seeText(/Le rendez-vous est annulé/);
  await host.close();
  const person = await says(link, "visite-annule", "Ce rendez\u2011vous est annulé", /Contactez son secrétariat pour en fixer un autre/);
  await callable(person, act);
  await person.close();
});

test("not held: declared so", { timeout: 120_000 }, async () => {
  const { link, act, client } = await planned();
  await server.sql(`update act set starts_at = now() - interval '1 hour' where id = '${act.id}'`);
  await client.expect(200, "POST", `/api/acts/${act.id}/not-done`, { reason: "patient_absent", comment: "" });
  await (await says(link, "visite-non-tenu", "Cette téléconsultation n’a pas eu lieu", /pour fixer un autre rendez-vous/)).close();
});

test("replaced: a newer link was sent, and that one opens", { timeout: 120_000 }, async () => {
  const { link, act, client, email } = await planned();
  await client.expect(200, "POST", `/api/acts/${act.id}/renew-link`, { email: null, phone: null });
  const newer = await until("the newer link", async () => {
    const found = await invitation(server, email);
    return found.link !== link && found.link;
  });
  const person = await says(link, "visite-remplace", "Un lien plus récent vous a été envoyé", /dernier message reçu/);
  await person.go(newer);
  await person.seeText(/Votre code à six chiffres/);
  await person.close();
});

test("elsewhere: open on another device; a code brings it here, and the other stops", { timeout: 120_000 }, async () => {
  const { link, email } = await planned();
  const first = await Person.open(server);
  await first.go(link);
  const { code } = await codeFor(server, email);
  await enterCode(first, code);
  await first.seeText(/d’accord/);
  const second = await says(link, "visite-ailleurs", "Déjà ouvert sur un autre appareil", /demandez un code pour venir ici.*l’autre s’arrêtera/);
  await second.press("Recevoir un code ici");
  await second.seeText(/Un nouveau code est parti/);
  const fresh = await until("another code", async () => {
    const found = await invitation(server, email);
    return found.code !== code && found.code;
  });
  await enterCode(second, fresh);
  await second.seeText(/d’accord/);
  await first.press("Oui, je suis d’accord");
  await first.seeText(/Cette page ne sert plus.*ouvert sur un autre appareil/);
  await look(first, "visite-deplacee");
  await first.press("Revenir sur cet appareil");
  await first.seeText(/Déjà ouvert sur un autre appareil/);
  await Promise.all([first.close(), second.close()]);
});

test("code used: the visit was left; another code opens it again", { timeout: 120_000 }, async () => {
  const { link, email } = await planned();
  const { code } = await codeFor(server, email);
  const before = new Client(server), token = link.split("#")[1];
  before.csrf = (await before.expect(200, "POST", "/api/invitations/code", { token, code })).csrf;
  await before.expect(204, "POST", "/api/visit/leave", {});
  const person = await says(link, "visite-code-servi", "Il vous faut un nouveau code", /Le premier a déjà servi/);
  await person.press("Recevoir un code ici");
  await person.seeText(/Un nouveau code est parti/);
  await person.close();
});

test("unknown, and no link at all", { timeout: 120_000 }, async () => {
  await (await says("/visite#inconnu", "visite-lien-inconnu", "Ce lien est inconnu", /sans le recopier/)).close();
  await (await says("/visite", "visite-sans-lien", "Il manque votre lien", /courriel ou par SMS/)).close();
});

test("ended: the call is over, and its documents have a link of their own until it ends too", { timeout: 240_000 }, async () => {
  const scene = await startCall(server, ["chromium", "chromium"], { doctor });
  const { link } = await invitation(server, scene.email);
  await scene.host.press("Quitter", { selector: "button" });
  await scene.host.press("Terminer pour tous", { selector: "button" });
  await scene.guest.seeText(/La téléconsultation est terminée/);
  await look(scene.guest, "visite-terminee");
  await scene.host.see("the report's form", () => location.pathname.endsWith("/cloture") && document.querySelector("textarea") && true);
  await (await says(link, "visite-lien-termine", "Cette téléconsultation est terminée", /Vos documents arrivent dans un autre message/)).close();

  await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/close`, {
    text: "Plaie propre.", conclusion: "Contrôle dans une semaine.", incidents_confirmed: true, incident_comment: null,
    identity_checked: true, prescription: null, send_to_patient: true,
  });
  const documents = await deliveryLink(server, scene.email);
  const person = await Person.open(server);
  await person.go(documents.link);
  await person.seeText(/Votre code à six chiffres/);
  await look(person, "documents-code");
  await enterCode(person, documents.code);
  await person.seeText(/Vos documents/);
  await person.see("a document to take", () => document.querySelector("a[download]") && true);
  await look(person, "documents");
  const [got] = await Promise.all([person.page.waitForEvent("download"), person.press(/^Télécharger/, { selector: "a[download]" })]);
  assert.match(got.suggestedFilename(), /\.pdf$/);
  await person.close();
  await server.sql(`update delivery set expires_at = now() - interval '1 minute' where act_id = '${scene.act.id}'`); // thirty days pass
  await (await says(documents.link, "documents-expires", "Ce lien n’est plus valable", /disponibles 30 jours/)).close();
  await scene.close();
});
