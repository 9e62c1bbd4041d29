// Who is really in a receive slot of a browser, by what is decoded there: native seats send a picture
// that says its maker's number in blocks (media/client/pattern.c) and a sound of two tones
// (media/client/tone.c). Read from the track of the slot's transceiver, as the page shows and plays it.
import { until } from "./server.mjs";

async function readInPage({ mid, kind, columns, rows, low, high }) {
  const pc = window.__teleloire.call.pc, track = pc.getTransceivers().find(one => one.mid === mid)?.receiver.track;
  if (!track) return null;
  const kept = (window.__identities ??= new Map());
  if (kept.get(mid)?.track !== track) kept.set(mid, { track });
  const slot = kept.get(mid);

  if (kind === "picture") {
    if (!slot.video) {
      slot.video = document.createElement("video");
      slot.video.muted = true;
      slot.video.srcObject = new MediaStream([track]);
      slot.canvas = document.createElement("canvas");
      await slot.video.play();
    }
    const { video, canvas } = slot, width = video.videoWidth, height = video.videoHeight;
    if (!width) return null;
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const edge = (size, parts, part) => Math.floor((size * part) / parts);
    const luma = (row, column) => { // the middle half of a block: blurred edges do not matter
      const left = edge(width, columns, column), right = edge(width, columns, column + 1), top = edge(height, rows, row), bottom = edge(height, rows, row + 1);
      let sum = 0, count = 0;
      for (let y = top + ((bottom - top) >> 2); y < bottom - ((bottom - top) >> 2); y++)
        for (let x = left + ((right - left) >> 2); x < right - ((right - left) >> 2); x++, count++)
          sum += 0.299 * data[4 * (y * width + x)] + 0.587 * data[4 * (y * width + x) + 1] + 0.114 * data[4 * (y * width + x) + 2];
      return sum / count;
    };
    const numbers = [];
    for (let row = 0; row < 2; row++) {
      let bits = 0;
      for (let column = 0; column < columns; column++) {
        const mean = luma(row, column);
        if (mean > 96 && mean < 156) return null;
        bits = (bits << 1) | ((mean > 126) !== ((row & 1) === 1) ? 1 : 0);
      }
      if (!(bits & 0x200) || bits & 1) return null;
      numbers.push((bits >> 1) & 0xff);
    }
    return numbers[0] === numbers[1] ? numbers[0] : null;
  }

  window.__listening ??= new AudioContext({ sampleRate: 48000 });
  if (!slot.analyser) {
    await window.__listening.resume();
    slot.analyser = window.__listening.createAnalyser();
    slot.analyser.fftSize = 8192;
    slot.analyser.smoothingTimeConstant = 0;
    slot.source = window.__listening.createMediaStreamSource(new MediaStream([track]));
    slot.source.connect(slot.analyser);
  }
  const levels = new Float32Array(slot.analyser.frequencyBinCount);
  slot.analyser.getFloatFrequencyData(levels);
  const level = hz => Math.max(...[-1, 0, 1].map(off => levels[Math.round((hz * 8192) / 48000) + off]));
  const loudest = list => { // -1 where it does not stand out
    const sorted = list.map((hz, i) => [level(hz), i]).sort((a, b) => b[0] - a[0]);
    return sorted[0][0] > -70 && sorted[0][0] > sorted[1][0] + 12 ? sorted[0][1] : -1;
  };
  const one = loudest(low), other = loudest(high);
  return one < 0 || other < 0 ? null : other * low.length + one;
}

const read = (person, mid, kind) => person.evaluate(readInPage, { mid, kind, columns: 10, rows: 5,
  low: [500, 650, 800, 950], high: [1450, 1750, 2050, 2350] });

/** The number in the picture, or in the sound, of the slot that the page says this participant stands in. */
export async function isSaidToBe(person, participant, number, kind, ms = 30_000) {
  const source = kind === "picture" ? "camera" : "microphone";
  let seen = null, mid = null;
  await until(`${person.kind}: ${kind} of number ${number}`, async () => {
    const slot = (await person.call()).slots.find(one => one.participant === participant && one.source === source);
    if (!slot) return false;
    mid = slot.mid;
    seen = (await read(person, mid, kind)) ?? seen;
    return seen === number;
  }, ms, 100).catch(error => { throw new Error(`${error.message}: what is decoded in the slot ${mid} is of ${seen}`); });
  for (let again = 0; again < 3; again++) {
    const now = await read(person, mid, kind);
    if (now !== null && now !== number) throw new Error(`${person.kind}: ${kind} of ${now} in the slot ${mid} of number ${number}`);
  }
}
