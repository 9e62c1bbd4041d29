// What people do on the pages, said once: sign in, invite, arrive, enter, admit.
import { randomUUID } from "node:crypto";
import { account, Client, invitation, freshFactor, keepSecret } from "./client.mjs";
import { codeOf } from "../../support/totp.mjs";
import { Person } from "./browsers.mjs";

const pick = list => list[Math.floor(Math.random() * list.length)];
const number = (least, most) => `${least + Math.floor(Math.random() * (most - least + 1))}`.padStart(2, "0");

/** A patient nobody has met yet, with an address of their own. */
export function newPatient() {
  const birth_date = `19${number(30, 89)}-${number(1, 12)}-${number(1, 28)}`;
  return {
    birth_name: pick(["Moreau", "Guérin", "Lebreton", "Chevalier", "Rousseau", "Bossard"]), used_name: null,
    first_names: pick(["Jeanne Marie", "Louise", "Odile Anne", "Solange", "Yvette"]),
    birth_date, written_birth_date: birth_date.split("-").reverse().join("/"), sex: "F", birth_place_code: "44109",
    ins: null, ins_oid: null, phone: null, email: `patient-${randomUUID().slice(0, 8)}@exemple.fr`,
  };
}

/** A doctor's program: signed in over HTTP, with a patient and an act that starts now. */
export async function makeAct(server, { doctor = account(server, "doctor"), startsAt = null, client } = {}) {
  client ??= new Client(server);
  if (!client.me) await client.signIn(doctor);
  const structure = client.me.memberships.find(m => m.role === "doctor").structure.id;
  const traits = newPatient();
  const { written_birth_date, ...body } = traits;
  const patient = await client.expect(201, "POST", "/api/patients", body);
  const act = await client.expect(201, "POST", "/api/acts", {
    patient: patient.id, structure, starts_at: startsAt, duration_min: 20, reason: "Suivi d’une plaie",
    invite: { email: traits.email, phone: null, language: "fr" },
  });
  return { client, doctor, act, patient, email: traits.email };
}

export async function signIn(person, who, seen = /Bonjour/) {
  await person.go("/connexion");
  await person.fill(/identifiant/i, who.login, { selector: "input" });
  await person.fill(/mot de passe/i, who.password, { selector: "input" });
  await freshFactor(person.server, who.login);
  await person.press("Se connecter");
  await enterFactor(person);
  await person.seeText(seen);
}

/** The second factor of who signs in for the first time. */
export async function enrolFactor(person, login) {
  await person.seeText(/Protégez votre compte/);
  const secret = (await person.see("the key", () => document.querySelector(".factor-key")?.textContent)).replace(/\s/g, "");
  keepSecret(login, secret);
  await person.fill(/code qu’elle affiche/, codeOf(secret), { selector: "input" });
  await person.press("Activer", { selector: "button[type=submit]" });
  await person.press("Je les ai gardés en lieu sûr");
}

/** The second factor, by the code a demo account's page shows. */
export async function enterFactor(person, submit = "Valider") {
  const code = await person.see("the demo's code", () => document.querySelector(".demo-code")?.textContent.replace(/\D/g, ""));
  await person.fill(/6 chiffres|6-digit/, code, { selector: "input" });
  await person.press(submit, { selector: "button[type=submit]" });
}

/** The way from the link to the waiting room; the test is passed over unless wanted. */
export async function arrive(person, server, email, { test = false, consent = true } = {}) {
  const { link } = await invitation(server, email).catch(() => ({ link: null }));
  if (!link) throw new Error(`no link reached ${email}`);
  await person.go(link);
  await person.see("the code field", () => document.querySelector("input") && true);
  const { code } = await codeFor(server, email);
  await enterCode(person, code);
  if (consent) await person.press("Oui, je suis d’accord");
  if (test) await equipmentTest(person);
  else {
    await person.press("Passer cette étape");
    await person.press("Passer quand même");
  }
  await person.press("Entrer en salle d’attente");
  await person.seeText(/salle d’attente|prochain/i);
}

export async function codeFor(server, email) {
  const { until } = await import("./server.mjs");
  return until(`a code for ${email}`, async () => {
    const found = await invitation(server, email, 0);
    return found.code ? found : null;
  });
}

export async function enterCode(person, code) {
  await person.fill(/code/i, code, { selector: "input" });
  // The page may go on by itself after the sixth digit.
  await person.press("Continuer", { ms: 1_500 }).catch(() => {});
}

/** Camera, microphone, speaker and network against the real relay. */
export async function equipmentTest(person) {
  await person.press("Commencer la vérification");
  await person.press("Oui, je me vois");
  await person.press("Oui, elle bouge");
  await person.press("Jouer le son");
  await person.press("Oui, je l’entends");
  await person.seeText(/Tout est prêt|À améliorer/, 60_000);
  await person.press(/^\s*Continuer/);
}

export async function enterRoom(person, act) {
  await person.go(`/appel/${act}`);
  await person.press("Entrer dans la salle");
  await person.see("the call", () => window.__teleloire && true);
}

/** Whoever waits is let in; the list of participants is opened when it is not. */
export async function admit(host) {
  await host.see("somebody waits", () => window.__teleloire?.call.roster.value.some(seat => seat.state === "waiting"));
  const shown = await host.evaluate(() => [...document.querySelectorAll("button")].some(b => b.innerText.includes("Faire entrer")));
  if (!shown) await host.press(/^Participants/, { selector: "button" });
  await host.press("Faire entrer", { selector: "button" });
  await host.see("nobody waits", () => !window.__teleloire?.call.roster.value.some(seat => seat.state === "waiting"));
}

/** A doctor and a patient, both in the room, hearing and seeing each other. */
export async function startCall(server, kinds = ["chromium", "chromium"], options = {}) {
  const scene = await makeAct(server, options);
  scene.host = await Person.open(server, kinds[0], options.screen);
  await signIn(scene.host, scene.doctor);
  await enterRoom(scene.host, scene.act.id);
  scene.guest = await Person.open(server, kinds[1], { ...options.screen, ...options.guest });
  await arrive(scene.guest, server, scene.email);
  await admit(scene.host);
  await Promise.all([scene.host.hearsAndSees(1, 45_000), scene.guest.hearsAndSees(1, 45_000)]);
  scene.close = async () => { await Promise.all([scene.host.close(), scene.guest.close()]); };
  return scene;
}
