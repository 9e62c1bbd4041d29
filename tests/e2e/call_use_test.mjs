// What people do in a call, pressed on one page and seen on the other: camera and microphone, another
// device, a shared screen, a camera for an instrument, a photo, messages, a raised hand, sound first,
// the whole screen. None of it negotiates.
// Alone: pictures of two browsers are judged as they move.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browserOptions, closeBrowsers } from "./support/browsers.mjs";
import { look } from "./support/look.mjs";
import { startCall } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server, host, guest, scene;
before(async () => {
  server = await Server.start({ relays: 1 });
  browserOptions({ cameras: 3 }); // Chromium's second measures depth, which is no picture
  scene = await startCall(server);
  ({ host, guest } = scene);
  await Promise.all([host.smallCamera(), guest.smallCamera()]);
  await host.press("Plus tard", { selector: ".identity button" });
}, { timeout: 240_000 });
after(async () => { await scene?.close(); await closeBrowsers(); await server?.stop(); });

/** A picture of this source in another's tile that goes on moving. */
const moves = (person, source) => person.see(`a moving ${source}`, source => {
  const video = document.querySelector(`.tile[data-source=${source}] video:not(.video-coming)`);
  if (!video?.videoWidth) return false;
  const frames = video.getVideoPlaybackQuality().totalVideoFrames, seen = video.__seen ??= frames;
  return frames > seen + 3;
}, source, 30_000);
const gone = (person, source) => person.see(`no ${source}`, source => !document.querySelector(`.tile[data-source=${source}]`), source);
const menu = async (person, item) => {
  await person.press("Autres actions", { selector: ".controls button" });
  await person.press(item, { selector: "[role=menuitem]" });
};
const heardBy = async (person, what) => {
  const energy = async () => (await person.call()).slots.find(s => s.participant && s.source === "microphone").packets;
  const before = await energy();
  await person.see(what, ({ mid, before }) => window.__teleloire.inspect().then(f => f.slots.find(s => s.mid === mid).packets > before + 20),
    { mid: (await person.call()).slots.find(s => s.participant && s.source === "microphone").mid, before });
};

test("the camera is switched off and on: the other reads it, then sees again", { timeout: 120_000 }, async () => {
  await guest.press("Couper la caméra", { selector: ".controls button" });
  await host.see("that the camera is off", () => /Caméra coupée/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
  await guest.press("Rétablir la caméra", { selector: ".controls button" });
  await moves(host, "camera");
});

test("a host silences somebody, who reads by whom and speaks again when they like", { timeout: 120_000 }, async () => {
  await host.press(/^Participants/, { selector: ".controls button" });
  await host.press("Couper son micro", { selector: ".people-tools button" });
  await guest.seeText(/a coupé votre micro/);
  await host.see("the microphone crossed out", () => /Micro coupé/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
  await host.press("Lui rendre son micro", { selector: ".people-tools button" });
  await guest.press("Rétablir le micro", { selector: ".controls button" });
  await host.see("the microphone is back", () => !/Micro coupé/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
  await heardBy(host, "the other is heard");
  await host.press("Fermer le volet", { selector: "button" });
});

test("who speaks is shown while the other is silent", { timeout: 120_000 }, async () => {
  await guest.press("Couper le micro", { selector: ".controls button" });
  await guest.see("the other speaks", () => document.querySelector(".tile.tile-speaking[data-source=camera]") && true, undefined, 30_000);
  await guest.press("Rétablir le micro", { selector: ".controls button" });
});

test("each link has its quality in words", { timeout: 120_000 }, async () => {
  for (const person of [host, guest])
    await person.see("a quality", () => /Bonne liaison|Liaison moyenne|Liaison faible/.test(document.querySelector(".tile .quality")?.innerText), undefined, 30_000);
});

test("another microphone is chosen during the call, and is heard", { timeout: 120_000 }, async () => {
  const device = () => host.evaluate(() => window.__teleloire.call.localTrack("microphone").getSettings().deviceId);
  const before = await device();
  await menu(host, "Matériel");
  const other = await host.evaluate(before => [...document.querySelectorAll("dialog select")].flatMap(s => [...s.options])
    .find(o => /Audio Input/.test(o.text) && !/Default/.test(o.text) && o.value !== before).value, before);
  await host.fill(/^Micro/, other, { selector: "dialog select" });
  await host.press("Fermer", { selector: "dialog .dialog-actions button" });
  await host.see("the other microphone", other => window.__teleloire.call.localTrack("microphone").getSettings().deviceId === other, other);
  await heardBy(guest, "the new microphone is heard");
});

test("a screen is shared, seen large by the other, and taken back", { timeout: 120_000 }, async () => {
  await host.press("Partager l’écran", { selector: ".controls button" });
  await moves(guest, "screen");
  await guest.see("the screen is the large one", () => document.querySelector(".stage-main .tile")?.dataset.source === "screen");
  await look(guest, "appel-ecran-partage");
  await host.press("Arrêter le partage", { selector: ".controls button" });
  await gone(guest, "screen");
});

test("a second camera shows an instrument beside the face; a photo of it is a document of the act", { timeout: 180_000 }, async () => {
  await menu(guest, "Ajouter une caméra d’examen");
  const third = await guest.evaluate(() => [...document.querySelectorAll("dialog select option")].find(o => /device_2/.test(o.text)).value);
  await guest.fill(/^Caméra/, third, { selector: "dialog select" });
  await guest.press("Ajouter une caméra d’examen", { selector: "dialog .dialog-actions button" });
  await moves(host, "instrument");
  await moves(host, "camera");
  await look(host, "appel-camera-examen");
  const photos = async () => (await scene.client.expect(200, "GET", `/api/acts/${scene.act.id}`)).documents.filter(d => d.kind === "photo").length;
  assert.equal(await photos(), 0);
  await host.press(/Prendre une photo de Caméra d’examen/, { selector: ".tile-tools button" });
  await host.seeText(/Photo ajoutée aux documents de l’acte/);
  assert.equal(await photos(), 1);
  await menu(guest, "Retirer la caméra d’examen");
  await gone(host, "instrument");
});

test("messages go both ways, and an unread one is counted", { timeout: 120_000 }, async () => {
  await host.press(/^Messages/, { selector: ".controls button" });
  await host.fill("Votre message", "Pouvez-vous approcher la caméra ?", { selector: ".chat-write input" });
  await host.press("Envoyer", { selector: ".chat-write button" });
  await guest.press(/^Messages, 1 message non lu/, { selector: ".controls button" });
  await guest.seeText(/Pouvez-vous approcher la caméra \?/);
  await guest.fill("Votre message", "Oui, voilà.", { selector: ".chat-write input" });
  await guest.press("Envoyer", { selector: ".chat-write button" });
  await host.seeText(/Oui, voilà\./);
  for (const person of [host, guest]) await person.press("Fermer le volet", { selector: "button" });
});

test("a hand is raised and lowered", { timeout: 120_000 }, async () => {
  await menu(guest, "Lever la main");
  await host.see("a raised hand", () => /Demande la parole/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
  await menu(guest, "Baisser la main");
  await host.see("no hand", () => !/Demande la parole/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
});

test("sound first: pictures go both ways, who chose it reads why, and they come back", { timeout: 120_000 }, async () => {
  await menu(guest, "Couper l’image pour garder le son");
  await host.see("no picture of the other", () => /Caméra coupée/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
  await guest.seeText(/Image coupée pour garder un bon son/);
  await guest.see("why the other is not seen", () => /pour garder le son/.test(document.querySelector(".tile[data-source=camera]")?.innerText));
  await heardBy(host, "sound goes on");
  await menu(guest, "Remettre l’image");
  await moves(host, "camera");
  await moves(guest, "camera");
});

test("the whole screen, and back", { timeout: 120_000 }, async () => {
  await menu(host, "Plein écran");
  await host.see("the whole screen", () => document.fullscreenElement !== null);
  await menu(host, "Quitter le plein écran");
  await host.see("the window", () => document.fullscreenElement === null);
});

test("after all of that nothing was negotiated and nothing rebuilt", { timeout: 60_000 }, async () => {
  for (const person of [host, guest]) {
    const { negotiations, rebuilds } = await person.call();
    assert.deepEqual({ negotiations, rebuilds }, { negotiations: 0, rebuilds: 0 }, person.kind);
  }
});
