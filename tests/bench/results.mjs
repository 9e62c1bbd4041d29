// What was measured: tests/bench/results/NAME.jsonl, its first line telling with what.
import fs from "node:fs";

export function results(bench) {
  let text;
  try { text = fs.readFileSync(new URL(`results/${bench}.jsonl`, import.meta.url), "utf8"); } catch { return { about: null, lines: [] }; }
  const all = text.split("\n").filter(Boolean).map(line => JSON.parse(line));
  return { about: all.find(line => line.machine) ?? null, lines: all.filter(line => line.figure) };
}
