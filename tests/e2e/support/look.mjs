// A page looked at: 1280, 375 and 320 px wide, nothing for axe-core to say, no sideways scrolling;
// and its picture under docs/screenshots/.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { root } from "./server.mjs";

const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = path.join(root, "docs/screenshots");

async function settled(person) {
  await person.see("the page is at rest", () => document.readyState === "complete" && !document.querySelector("[aria-busy=true], .skeleton, .progress"), undefined, 15_000);
  await person.evaluate(() => document.fonts.ready.then(() => true));
}

/** What goes past the right edge of the page, as words; nothing when it does not scroll sideways. */
export function sideways(person) {
  return person.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []
    : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map(e => `${e.tagName.toLowerCase()}.${e.className}: ${e.textContent.slice(0, 40)}`).slice(-4));
}

/** What axe-core finds on the page as it is. */
export async function findings(person) {
  // The strict content policy forbids a script in the page; the driver's own world may run one.
  if (!await person.evaluate(() => Boolean(window.axe))) await person.evaluate(axeSource + "; undefined");
  return person.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations
    .map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")}`));
}

export async function look(person, name) {
  for (const [width, height] of [[1280, 800], [375, 812], [320, 640]]) {
    await person.resize(width, height);
    await settled(person);
    assert.deepEqual(await sideways(person), [], `${name} at ${width} px scrolls sideways`);
    if (width !== 375) assert.deepEqual(await findings(person), [], `${name} at ${width} px`); // 320 is the same layout, tighter
    if (width === 320) continue;
    // As tall as the page, so that what is fixed to an edge is drawn at the edge.
    const tall = await person.evaluate(() => document.documentElement.scrollHeight);
    await person.resize(width, Math.max(height, Math.min(tall, 8000)));
    await settled(person);
    await person.screenshot(path.join(folder, `${name}-${width}.png`));
  }
  await person.resize(1280, 800);
}

/** No error in the console but a refused sign-in or a link that does not open. */
export function quiet(person) {
  assert.deepEqual(person.errors.filter(e => !/401|404|favicon/.test(e)), []);
}
