// A teleconsultation from click to closed act, on real browsers.
// Alone: two browsers and more call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, Client } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { admit, arrive, newPatient, signIn, startCall } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";
import { Wire } from "./support/wire.mjs";

let server;
before(async () => { server = await Server.start(); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

async function closeAct(host) {
  await host.fill(/compte rendu/i, "Plaie propre, pas de signe d’infection. Pansement à refaire tous les deux jours.", { selector: "textarea" });
  await host.fill(/conclusion/i, "Contrôle dans une semaine.", { selector: "textarea, input" });
  for (const name of [/identité du patient vérifiée/i, /je confirme/i])
    await host.press(name, { selector: "input[type=checkbox], [role=checkbox]", ms: 2_000 }).catch(() => {});
  await host.press(/clôturer l’acte/i, { selector: "button" });
}

test("from click to closed act: a GP and a patient in Chromium", { timeout: 240_000 }, async () => {
  const doctor = account(server, "doctor"), patient = newPatient();
  const host = await Person.open(server);
  await signIn(host, doctor);
  await host.go("/nouvelle");
  await host.fill(/nom, date de naissance/i, "Zzyzx", { selector: "input" });
  await host.press("Créer le patient");
  await host.fill(/nom de naissance/i, patient.birth_name);
  await host.fill(/prénoms/i, patient.first_names);
  await host.fill(/^date de naissance/i, patient.written_birth_date, { selector: "input" });
  await host.press(/femme/i, { selector: "label" });
  await host.fill(/lieu de naissance/i, patient.birth_place_code);
  await host.fill(/courriel/i, patient.email);
  await host.press(/créer le patient|enregistrer/i, { selector: "button[type=submit]" });
  await host.seeText(/Patient choisi/);
  await host.press(/inviter et ouvrir la salle/i);
  await host.see("the room", () => location.pathname.startsWith("/appel/"));
  const act = await host.evaluate(() => location.pathname.split("/")[2]);
  await host.press("Entrer dans la salle");

  const guest = await Person.open(server);
  await arrive(guest, server, patient.email, { test: true });
  await admit(host);
  await Promise.all([host.hearsAndSees(1), guest.hearsAndSees(1)]);
  for (const person of [host, guest]) assert.equal((await person.call()).negotiations, 0);

  await host.press("Quitter", { selector: "button" });
  await host.press("Terminer pour tous", { selector: "button" });
  await guest.seeText(/terminée/);
  await host.see("the report's form", () => location.pathname.endsWith("/cloture") && document.querySelector("textarea") && true);
  await closeAct(host);
  const client = new Client(server);
  await client.signIn(doctor);
  await host.seeText(/Clôturé/);
  const closed = await client.expect(200, "GET", `/api/acts/${act}`);
  assert.equal(closed.state, "closed");
  assert.equal(closed.participants.length, 2);
  assert.ok(closed.consents.some(c => c.given));
  await Promise.all([host.close(), guest.close()]);
});

async function bothWays(kinds) {
  const scene = await startCall(server, kinds);
  for (const person of [scene.host, scene.guest]) {
    const facts = await person.call();
    assert.equal(facts.negotiations, 0);
    assert.equal(facts.rebuilds, 0);
  }
  await scene.close();
}

test("Firefox with Firefox: sound and picture both ways, decoded", { timeout: 180_000 }, () => bothWays(["firefox", "firefox"]));

test("Chromium with Firefox: sound and picture both ways, decoded", { timeout: 180_000 }, () => bothWays(["chromium", "firefox"]));

test("a third person who joins late hears and sees both, and both hear and see them", { timeout: 240_000 }, async () => {
  const scene = await startCall(server, ["chromium", "chromium"]);
  const email = "interprete@exemple.fr";
  await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/invite`,
    { name: "Ana Silva", role: "interpreter", email, phone: null });
  const third = await Person.open(server, "firefox");
  await arrive(third, server, email, { consent: false });
  await admit(scene.host);
  await Promise.all([scene.host, scene.guest, third].map(person => person.hearsAndSees(2, 60_000)));
  for (const person of [scene.host, scene.guest, third]) assert.equal((await person.call()).negotiations, 0);
  await third.close();
  await scene.close();
});

// What a page says and hears over its WebSockets, from now on: one entry a connection.
function listen(person) {
  const heard = [];
  person.page.on("websocket", socket => {
    const one = { said: [], heard: [] };
    heard.push(one);
    socket.on("framesent", ({ payload }) => one.said.push(JSON.parse(payload)));
    socket.on("framereceived", ({ payload }) => one.heard.push(JSON.parse(payload)));
  });
  return heard;
}

test("the patient's socket drops for a moment: the seat and the media stay", { timeout: 180_000 }, async () => {
  const wire = await Wire.lay();
  const scene = await startCall(server, ["chromium", "chromium"], { guest: { proxy: wire.proxy } });
  const before = await scene.guest.call(), sockets = listen(scene.guest);
  const seen = ({ participant, state }) => window.__teleloire.call.roster.value.some(seat => seat.participant === participant && seat.state === state);

  assert.ok(wire.cut() >= 1, "the page's connections pass through the wire");
  await scene.host.see("the patient is away", seen, { participant: before.you, state: "away" });
  await scene.guest.hearsAndSees(1); // while nothing reaches the server but media
  assert.deepEqual(sockets.flatMap(one => one.heard), [], "the wire is cut");
  wire.mend();
  await scene.host.see("the patient is back", seen, { participant: before.you, state: "in" });

  await Promise.all([scene.guest.hearsAndSees(1), scene.host.hearsAndSees(1)]);
  const back = sockets.at(-1), welcome = back.heard.find(message => message.type === "welcome");
  assert.equal(back.said[0].type, "hello");
  assert.ok(back.said[0].resume && !back.said[0].ticket, "by the resume token, not by a new ticket");
  assert.equal(welcome.resumed, true);
  assert.equal(welcome.media_alive, true);
  assert.equal(welcome.you.participant, before.you);
  assert.equal(welcome.you.seat, 2);
  const later = await scene.guest.call();
  assert.equal(later.you, before.you);
  assert.deepEqual([later.rebuilds, later.negotiations], [before.rebuilds, before.negotiations], "the same connection of media");
  await scene.close();
  await wire.close();
});
