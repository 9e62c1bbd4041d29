// A patient whose camera or microphone is no good is told so in words before the call: files stand
// in for the devices, and what they send goes through the relay to the examiner, which judges it.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { account, invitation } from "./support/client.mjs";
import { browserOptions, closeBrowsers, Person } from "./support/browsers.mjs";
import { Line, ownNetwork } from "./support/line.mjs";
import { look } from "./support/look.mjs";
import { codeFor, enterCode, makeAct } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server, doctor, folder;
before(async () => {
  server = await Server.start({ relays: 1 });
  doctor = account(server, "doctor");
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "teleloire-devices-"));
}, { timeout: 120_000 });
after(async () => {
  await closeBrowsers();
  await server?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const WIDTH = 320, HEIGHT = 180, FPS = 15, SECONDS = 2;

/** A camera: luma(x, y, n) is the brightness of a place in the nth picture. */
function camera(name, luma) {
  const pictures = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FPS}:1 Ip A1:1 C420jpeg\n`)];
  for (let n = 0; n < FPS * SECONDS; n++) {
    const picture = Buffer.alloc(WIDTH * HEIGHT * 3 / 2, 128);
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) picture[y * WIDTH + x] = luma(x, y, n);
    pictures.push(Buffer.from("FRAME\n"), picture);
  }
  const file = path.join(folder, `${name}.y4m`);
  fs.writeFileSync(file, Buffer.concat(pictures));
  return file;
}

/** A microphone: level(t) from -1 to 1 at a moment in seconds. */
function microphone(name, level) {
  const rate = 48_000, samples = rate * SECONDS, wav = Buffer.alloc(44 + 2 * samples);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + 2 * samples, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(2 * samples, 40);
  for (let n = 0; n < samples; n++) wav.writeInt16LE(Math.round(32_767 * Math.max(-1, Math.min(1, level(n / rate)))), 44 + 2 * n);
  const file = path.join(folder, `${name}.wav`);
  fs.writeFileSync(file, wav);
  return file;
}

const checks = (x, y, n) => 60 + 120 * ((Math.floor((x + 4 * n) / 20) + Math.floor(y / 20)) % 2);
const cameras = {
  good: checks,
  black: () => 16,
  dark: (x, y, n) => 22 + Math.floor(checks(x, y, n) / 12),
  still: (x, y) => checks(x, y, 0),
};
// A voice comes and goes; a tone that never ends is taken for noise and taken away.
const voice = t => (t % 0.5 < 0.3 ? 1 : 0.02) * Math.sin(2 * Math.PI * 180 * t) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t));
const microphones = { good: t => 0.3 * voice(t), silent: () => 0, loud: t => 40 * voice(t) };

/** A browser that does not regulate the level: Chromium's own gain control keeps a loud voice below
 *  the rail, and there is nothing to tell. */
function withoutGainControl() {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = wanted =>
    ask({ ...wanted, ...(wanted.audio ? { audio: { ...wanted.audio, autoGainControl: false, noiseSuppression: false, echoCancellation: false } } : {}) });
}

async function judged(cameraName, microphoneName, name, expected, prepare, judge) {
  await closeBrowsers();
  browserOptions({ chromium: [
    `--use-file-for-fake-video-capture=${camera(cameraName, cameras[cameraName])}`,
    `--use-file-for-fake-audio-capture=${microphone(microphoneName, microphones[microphoneName])}`,
  ] });
  const { email } = await makeAct(server, { doctor });
  const person = await Person.open(server);
  if (prepare) await person.context.addInitScript(prepare);
  await person.go((await invitation(server, email)).link);
  await person.see("the code field", () => document.querySelector("input") && true);
  await enterCode(person, (await codeFor(server, email)).code);
  await person.press("Oui, je suis d’accord");
  await person.press("Commencer la vérification");
  await person.press(/Oui, je me vois/);
  await person.press(/Oui, elle bouge|Continuer/, { selector: "button" });
  await person.press("Jouer le son");
  await person.press("Oui, je l’entends");
  await person.seeText(/Tout est prêt|À améliorer/, 60_000);
  const said = await person.text();
  for (const words of expected) assert.match(said, words);
  await judge?.(person);
  await look(person, name);
  await person.close();
}

test("all is well", { timeout: 180_000 }, () =>
  judged("good", "good", "visite-essai-bon", [/Votre voix s’entend bien/, /Votre image est nette/]));

test("a black picture and no sound", { timeout: 180_000 }, () =>
  judged("black", "silent", "visite-essai-noir-muet", [/L’image est noire\. Ouvrez le cache/, /Nous ne vous entendons pas/]));

test("a dark room and a voice too loud", { timeout: 180_000 }, () =>
  judged("dark", "loud", "visite-essai-sombre-fort", [/trop sombre\. Allumez une lampe/, /Votre voix est trop forte/], withoutGainControl));

/** A line as it was measured: the number that stands beside a word in the figures of the test. */
const figure = (person, name) => person.evaluate(name => {
  const text = [...document.querySelectorAll(".visit-figures dt")].find(dt => dt.textContent === name)?.nextElementSibling.textContent ?? "";
  return Number(text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".").match(/^[\d.]+/)?.[0] ?? NaN);
}, name);

const skip = ownNetwork() ? false : "needs a network of its own (scripts/check/own_network.sh)";

test("a thin line: sound first, said in words, with what it carries", { skip, timeout: 180_000 }, async () => {
  const line = Line.towards(server.port);
  line.rate({ down: 300, up: 300 });
  await judged("good", "good", "visite-essai-liaison", [/La liaison est faible.*le son sera prioritaire/, /Votre voix s’entend bien/], undefined, async person => {
    const down = await figure(person, "Débit descendant"), up = await figure(person, "Débit montant");
    assert.ok(down > 100 && down < 400, `${down} kbit/s down of 300`);
    assert.ok(up > 50 && up < 400, `${up} kbit/s up of 300`);
  });
  line.rate({ down: 1_000_000, up: 1_000_000 });
});

test("a line that loses a quarter: another network is advised, with what was lost", { skip, timeout: 180_000 }, async () => {
  const line = Line.towards(server.port);
  line.loss({ down: 25, up: 25 });
  await judged("good", "good", "visite-essai-pertes", [/La liaison est très faible.*Essayez un autre réseau/], undefined, async person => {
    const lost = await figure(person, "Paquets perdus");
    assert.ok(lost > 12 && lost < 90, `${lost} % lost of 25`); // the worst second tells, and a busy machine loses more
  });
  line.loss({});
});

test("a picture that does not move", { timeout: 180_000 }, () =>
  judged("still", "good", "visite-essai-fige", [/L’image est figée/, /Votre voix s’entend bien/]));
