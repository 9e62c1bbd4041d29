// Without a mouse: a patient from the link to the waiting room, a GP from the day to the closed act.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, Client, freshFactor, invitation } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { codeFor, makeAct } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server, doctor;
before(async () => { server = await Server.start(); doctor = account(server, "doctor"); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

/** Tab until the element a screen reader calls so has the focus, and the eye sees that it has. */
async function tabTo(person, name) {
  await person.see(`something named ${name}`, wanted => [...document.querySelectorAll("a, button, input, textarea, select, summary")].some(e =>
    new RegExp(wanted.source, wanted.flags).test([e.getAttribute("aria-label"), e.labels && [...e.labels].map(l => l.textContent).join(" "), e.innerText].filter(Boolean).join(" "))),
    { source: name.source, flags: name.flags });
  const passed = [];
  for (let n = 0; n < 60; n++) {
    await person.page.keyboard.press("Tab");
    const at = await person.evaluate(() => {
      const e = document.activeElement, face = e.matches("input[type=radio]") ? e.parentElement.querySelector(".choice-face") ?? e : e;
      const style = getComputedStyle(face);
      return {
        name: [e.getAttribute("aria-label"), e.labels && [...e.labels].map(l => l.textContent).join(" "), e.innerText].filter(Boolean).join(" ").replace(/\s+/g, " ").trim(),
        seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      };
    });
    if (name.test(at.name)) {
      assert.ok(at.seen, `the focus on "${at.name}" is not shown`);
      return;
    }
    passed.push(at.name);
  }
  assert.fail(`no Tab leads to ${name}: ${passed.join(", ")}`);
}

const key = (person, ...keys) => keys.reduce((before, one) => before.then(() => person.page.keyboard.press(one)), Promise.resolve());
const heading = (person, words) => person.see(`the heading ${words}`, wanted => new RegExp(wanted).test(document.querySelector("h1")?.innerText ?? ""), words.source);

async function patientArrives(person, email) {
  await person.go((await invitation(server, email)).link);
  await heading(person, /Votre code/);
  await tabTo(person, /^Code/);
  await person.page.keyboard.type((await codeFor(server, email)).code);
  await key(person, "Enter");
  await heading(person, /d’accord/);
  await tabTo(person, /En savoir plus/);
  await key(person, "Enter");
  await person.seeText(/conservées 20 ans/);
  await tabTo(person, /^Oui, je suis d’accord/);
  await key(person, "Enter");
  await heading(person, /Vérifions/);
  await tabTo(person, /Commencer la vérification/);
  await key(person, "Enter");
  await heading(person, /Vous voyez-vous/);
  await tabTo(person, /Oui, je me vois/);
  await key(person, "Enter");
  await heading(person, /la barre bouge/);
  await person.seeText(/Nous vous entendons/);
  await tabTo(person, /Oui, elle bouge/);
  await key(person, "Enter");
  await heading(person, /Entendez-vous/);
  await tabTo(person, /Jouer le son/);
  await key(person, "Enter");
  await tabTo(person, /Oui, je l’entends/);
  await key(person, "Enter");
  await person.seeText(/Tout est prêt|À améliorer/, 60_000);
  await tabTo(person, /^Continuer/);
  await key(person, "Enter");
  await tabTo(person, /Entrer en salle d’attente/);
  await key(person, "Enter");
  await heading(person, /Vous êtes en salle d’attente/);
}

test("a patient's arrival and a GP's call, by keyboard alone", { timeout: 300_000 }, async () => {
  const { act, email } = await makeAct(server, { doctor });
  const patient = await Person.open(server);
  await patientArrives(patient, email);

  const host = await Person.open(server);
  await host.go("/connexion");
  await tabTo(host, /Identifiant/);
  await host.page.keyboard.type(doctor.login);
  await tabTo(host, /Mot de passe/);
  await host.page.keyboard.type(doctor.password);
  await freshFactor(server, doctor.login);
  await key(host, "Enter");
  const code = await host.see("the demo's code", () => document.querySelector(".demo-code")?.textContent.replace(/\D/g, ""));
  await tabTo(host, /6 chiffres/);
  await host.page.keyboard.type(code);
  await key(host, "Enter");
  await host.seeText(/Bonjour/);
  await tabTo(host, /Faire entrer/);
  await key(host, "Enter");
  await host.see("the patient is in", () => window.__teleloire?.call.roster.value.some(s => s.role === "patient" && s.state === "in"), undefined, 40_000);
  await tabTo(host, /Identité vérifiée/);
  await key(host, "Enter");
  await host.see("the card is gone", () => !document.querySelector(".identity"));
  await key(host, "m");
  await host.see("the microphone is off", () => window.__teleloire.call.media.value.microphone === false);
  await tabTo(host, /^Quitter/);
  await key(host, "Enter");
  await tabTo(host, /Terminer pour tous/);
  await key(host, "Enter");
  await patient.seeText(/La téléconsultation est terminée/);
  await heading(host, /Clôturer l’acte/);
  await tabTo(host, /^Compte rendu/);
  await host.page.keyboard.type("Plaie propre, pas de signe d’infection.");
  await tabTo(host, /^Conclusion/);
  await host.page.keyboard.type("Contrôle dans une semaine.");
  await tabTo(host, /^Je confirme/);
  await key(host, "Space");
  await tabTo(host, /^Clôturer l’acte/);
  await key(host, "Enter");
  await host.seeText(/Clôturé/);
  const client = new Client(server);
  await client.signIn(doctor);
  assert.equal((await client.expect(200, "GET", `/api/acts/${act.id}`)).state, "closed");
  await Promise.all([host.close(), patient.close()]);
});
