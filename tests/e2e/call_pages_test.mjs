// The call as it looks, at every width: nothing lies over anything, everything can be touched, and
// what happens to the others is said in words.
// Alone: two browsers and more call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account } from "./support/client.mjs";
import { closeBrowsers } from "./support/browsers.mjs";
import { findings, look, sideways } from "./support/look.mjs";
import { admit, startCall } from "./support/scene.mjs";
import { guestTicket, Seats } from "./support/seat.mjs";
import { Server, until } from "./support/server.mjs";

let server, doctor;
before(async () => { server = await Server.start(); doctor = account(server, "doctor"); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

/** Small cameras: several browsers draw and encode on few processors here. */
async function call(options = {}) {
  const scene = await startCall(server, ["chromium", "chromium"], { doctor, ...options });
  await Promise.all([scene.host.smallCamera(), scene.guest.smallCamera()]);
  return scene;
}

/** What overlaps, is cut off, or is too small to touch, in words. */
function faults(person) {
  return person.evaluate(() => {
    const shown = [...document.querySelectorAll(".room-main button, .tile-name, .quality, .self, .identity, .banner-line")].filter(e => {
      const box = e.getBoundingClientRect();
      return box.width > 1 && box.height > 1 && getComputedStyle(e).visibility !== "hidden";
    });
    const name = e => `${e.className || e.tagName} "${(e.getAttribute("aria-label") ?? e.innerText).slice(0, 30)}"`;
    const found = [];
    for (const [i, a] of shown.entries()) {
      const box = a.getBoundingClientRect();
      if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) found.push(`${name(a)} is cut off`);
      if (a.tagName === "BUTTON" && (box.width < 43.5 || box.height < 43.5)) found.push(`${name(a)} is ${Math.round(box.width)} x ${Math.round(box.height)} px`);
      for (const b of shown.slice(i + 1)) {
        if (a.contains(b) || b.contains(a)) continue;
        const other = b.getBoundingClientRect();
        const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        if (across > 1 && down > 1) found.push(`${name(a)} and ${name(b)} overlap by ${Math.round(across)} x ${Math.round(down)} px`);
      }
    }
    return found;
  });
}

async function fits(person, what) {
  for (const [width, height] of [[320, 568], [375, 667], [768, 1024], [1280, 720]]) {
    await person.resize(width, height);
    await person.see("the page is drawn", wanted => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
      done(innerWidth === wanted && document.documentElement.clientWidth === wanted)))), width);
    // A busy browser lays a page out some frames after its window has changed: what stays is a fault.
    let found;
    await until("nothing lies over anything", async () => !(found = await faults(person)).length, 5_000).catch(() => {});
    assert.deepEqual(found, [], `${what} at ${width} px`);
    assert.deepEqual(await sideways(person), [], `${what} at ${width} px scrolls sideways`);
  }
}

test("two in a call: the card of the identity, the panels, leaving and coming back alone", { timeout: 300_000 }, async () => {
  const scene = await call();
  await look(scene.host, "appel");
  await look(scene.guest, "appel-patient");
  await fits(scene.host, "the host's call with the identity card");
  await fits(scene.guest, "the patient's call");
  // The person the file names, compared with the face; ticked, the card goes.
  await scene.host.seeText(/Est-ce bien cette personne/);
  await scene.host.press("Identité vérifiée", { selector: ".identity button" });
  await scene.host.see("the card is gone", () => !document.querySelector(".identity"));
  assert.equal(await scene.host.evaluate(() => window.__teleloire.call.roster.value.find(s => s.role === "patient").identity_checked), true);
  await fits(scene.host, "the host's call");
  for (const [button, name] of [[/^Participants/, "appel-participants"], [/^Messages/, "appel-messages"]]) {
    await scene.host.press(button, { selector: "button" });
    await look(scene.host, name);
  }
  await scene.host.press("Fermer le volet", { selector: "button" });
  await scene.guest.press("Quitter", { selector: "button" });
  await scene.guest.seeText(/vous fera entrer de nouveau/);
  await look(scene.guest, "visite-au-revoir");
  await scene.host.seeText(/a quitté l’appel.*vous ferez entrer de nouveau/);
  await look(scene.host, "appel-seul");
  await scene.close();
});

test("a link is cut: both sides read what happens, then it is over", { timeout: 240_000 }, async () => {
  const scene = await call();
  const name = await scene.host.evaluate(() => window.__teleloire.call.roster.value.find(s => s.role === "patient").name);
  await scene.guest.cut();
  await scene.guest.seeText(/Votre liaison est coupée\. Reconnexion en cours, votre place est gardée/);
  await scene.host.seeText(new RegExp(`La liaison de ${name} est coupée\\. Sa place est gardée`));
  await fits(scene.host, "the host's call while the patient's link is cut");
  await look(scene.host, "appel-liaison-coupee");
  await look(scene.guest, "appel-reconnexion");
  await scene.guest.cut(false);
  for (const person of [scene.host, scene.guest])
    await person.see("no word of a cut link", () => !/coupée/.test(document.body.innerText), undefined, 40_000);
  await scene.guest.hearsAndSees(1);
  // The professional leaves without ending: the patient knows what to do.
  await scene.host.press("Quitter", { selector: ".controls button" });
  await scene.host.press(/^Quitter/, { selector: "dialog .dialog-actions button" });
  await scene.guest.seeText(/a quitté l’appel.*le professionnel peut revenir/);
  await look(scene.guest, "appel-patient-seul");
  await scene.close();
});

test("three in a call, in the dark", { timeout: 240_000 }, async () => {
  const scene = await call({ screen: { dark: true } });
  const { ticket } = await guestTicket(server, scene.client, scene.act.id, "Ana Silva", "interpreter");
  const seats = Seats.join(server, [ticket], { size: "640x360", kbps: 500 });
  await admit(scene.host);
  await scene.host.press("Plus tard", { selector: ".identity button" });
  await scene.host.see("two others awake", () => document.querySelectorAll(".tile[data-awake=true]").length === 2, undefined, 60_000);
  await look(scene.host, "appel-trois-sombre");
  await fits(scene.host, "three in a call");
  await scene.guest.see("two others awake", () => document.querySelectorAll(".tile[data-awake=true]").length === 2, undefined, 60_000);
  await look(scene.guest, "appel-trois-patient-sombre");
  await scene.host.press("Mettre Ana Silva en grand", { selector: "button" });
  await fits(scene.host, "three in a call, one large");
  await look(scene.host, "appel-trois-un-grand-sombre");
  await seats.end();
  await scene.host.seeText(/Ana Silva a quitté l’appel/);
  assert.deepEqual(await findings(scene.host), []);
  await scene.close();
});
