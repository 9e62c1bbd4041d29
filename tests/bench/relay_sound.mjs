// How much of a voice is lost to the ear when a line loses packets: the share of samples that the
// receiver had to conceal, for each browser and each way of its line. A spoken text, not a tone:
// Opus corrects errors of voices only. One JSON line a figure.
//
//     ./bench relay-sound [--runs N]
import { execFileSync } from "node:child_process";
import { beforePages, closeBrowsers } from "../e2e/support/browsers.mjs";
import { Line } from "../e2e/support/line.mjs";
import { startCall } from "../e2e/support/scene.mjs";
import { Server } from "../e2e/support/server.mjs";

const at = process.argv.indexOf("--runs");
const runs = at > 0 ? Number(process.argv[at + 1]) : 3;
const LOSS = 10, ADAPT_MS = 8_000, MEASURE_MS = 20_000;
const TEXT = "Bonjour madame, je suis le docteur Martin. Comment allez-vous depuis notre dernier rendez-vous ? " +
  "La plaie est propre, les bords se rapprochent. Continuez le pansement tous les deux jours, et appelez-nous si la jambe gonfle.";

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// In the page: what the microphone gives is replaced by the voice, over and over. Played by an
// element: the sound graph of Firefox stands still on a machine without a sound card.
function speak(wav) {
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async wanted => {
    const stream = await native(wanted), [track] = stream.getAudioTracks();
    if (!track) return stream;
    const voice = new Audio(URL.createObjectURL(new Blob([Uint8Array.from(atob(wav), c => c.charCodeAt(0))], { type: "audio/wav" })));
    voice.loop = true;
    await voice.play();
    stream.removeTrack(track);
    stream.addTrack((voice.captureStream ?? voice.mozCaptureStream).call(voice).getAudioTracks()[0]);
    return stream;
  };
}

const heard = person => person.evaluate(async () => {
  const sum = { concealed: 0, samples: 0, lost: 0 };
  for (const pc of window.__connections.filter(pc => pc.connectionState === "connected"))
    for (const s of (await pc.getStats()).values())
      if (s.type === "inbound-rtp" && s.kind === "audio" && s.packetsReceived) {
        sum.concealed += s.concealedSamples - (s.silentConcealedSamples ?? 0);
        sum.samples += s.totalSamplesReceived;
        sum.lost += s.packetsLost;
      }
  return sum;
});

async function concealed(person) {
  await pause(ADAPT_MS);
  const before = await heard(person);
  await pause(MEASURE_MS);
  const after = await heard(person);
  return { share: 100 * (after.concealed - before.concealed) / (after.samples - before.samples), lost: after.lost - before.lost };
}

const wav = execFileSync("espeak-ng", ["-v", "fr+f2", "--stdout", TEXT], { maxBuffer: 1 << 24 }).toString("base64");
beforePages.push({ run: speak, argument: wav });
const server = await Server.start({ relays: 1 });
try {
  for (const browser of ["chromium", "firefox"]) {
    const cases = { "no loss": [], "down": [], "up": [] };
    for (let run = 0; run < runs; run++) {
      const scene = await startCall(server, ["chromium", browser]);
      const line = await Line.of(scene.guest);
      for (const [name, list] of Object.entries(cases)) {
        line.loss(name === "no loss" ? {} : { [name]: LOSS });
        const { share, lost } = await concealed(name === "up" ? scene.host : scene.guest);
        list.push(share);
        console.error(`${browser}, ${name}, run ${run + 1}: ${share.toFixed(2)} %, ${lost} packets did not come`);
      }
      line.loss({});
      await scene.close();
    }
    for (const [name, list] of Object.entries(cases))
      console.log(JSON.stringify({ bench: "relay-sound", case: `${browser} ${name === "no loss" ? name : `${LOSS} % lost ${name}`}`,
        figure: "concealed", unit: "percent of samples", subject: "teleloire", value: +median(list).toFixed(2),
        low: +Math.min(...list).toFixed(2), high: +Math.max(...list).toFixed(2), runs: list.length }));
  }
} finally {
  await closeBrowsers();
  await server.stop();
}
