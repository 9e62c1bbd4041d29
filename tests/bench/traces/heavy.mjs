// Makes video-heavy.txt: frames of 8 to 40 packets, as a camera's key frames and detailed screens are,
// seven a second and so as many bits as the other trace, the packets of one as close together as
// Chromium's (video-vp8.txt). No camera here sends such frames, so they are drawn, the same each time.
//
//     node tests/bench/traces/heavy.mjs
import fs from "node:fs";

const FRAMES = 35, FRAME_US = 142_857, BETWEEN_US = 12, LEAST = 8, MOST = 40, SIZE = 1164, LAST = [300, 1164];
let state = 2024;
const draw = (low, high) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return low + Math.floor(state / 2 ** 32 * (high - low + 1));
};
const lines = [];
let bytes = 0;
for (let frame = 0; frame < FRAMES; frame++) {
  const packets = draw(LEAST, MOST);
  for (let i = 0; i < packets; i++) {
    const last = i === packets - 1, size = last ? draw(...LAST) : SIZE;
    lines.push(`${frame * FRAME_US + i * BETWEEN_US} ${size} ${last ? 1 : 0}`);
    bytes += size;
  }
}
const length = FRAMES * FRAME_US, about = `# ${lines.length} packets, ${Math.round(bytes * 8000 / length)} kbit/s of payload; drawn by heavy.mjs`;
fs.writeFileSync(new URL("video-heavy.txt", import.meta.url),
  `# VP8, 7 frames a second, ${LEAST} to ${MOST} packets each\n${about}\n# microseconds from the start, bytes of RTP payload, marker\nlength_us ${length}\n${lines.join("\n")}\n`);
