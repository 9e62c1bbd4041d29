// The tables of docs/performance.md, made of tests/bench/results: each stands between
// "<!-- table NAME -->" and "<!-- end -->", with the command, the date and the machine. What was not
// measured says so.
//
//     ./bench --tables
import fs from "node:fs";
import { root } from "./support.mjs";
import { results } from "./results.mjs";

const file = `${root}/docs/performance.md`;
const called = { teleloire: "Téléloire", floor: "floor", "lazy-floor": "floor, once a millisecond", janus: "Janus", rtpengine: "rtpengine", nginx: "nginx" };
const unique = list => [...new Set(list)];
const bySubject = (a, b) => Object.keys(called).indexOf(a) - Object.keys(called).indexOf(b);

const round = value => value >= 1000 ? Math.round(value).toLocaleString("en").replaceAll(",", " ") : String(Number(value.toPrecision(3)));
const scaled = { "ns/packet": [1000, "µs"], us: [1000, "ms"], "bytes/participant": [1024, "KiB"], bytes: [1024 * 1024, "MiB"] };

function shown(line) {
  if (!line) return "";
  if (line.value === null) return `*${line.why || "nothing"}*`;
  const [by, unit] = scaled[line.unit] ?? [1, { "calls/core": "", share: "", ms: "ms", percent: "%", lines: "", "1/s": "", calls: "" }[line.unit] ?? line.unit];
  const spread = line.low === line.high ? "" : ` (${round(line.low / by)} to ${round(line.high / by)})`;
  return `${round(line.value / by)}${unit && ` ${unit}`}${spread}`;
}

const row = cells => `| ${cells.join(" | ")} |`;
const grid = (head, rows) => [row(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(row)];

/** Rows are cases, columns subjects. */
function bySubjects(lines, label, cell = shown) {
  const subjects = unique(lines.map(line => line.subject)).sort(bySubject);
  return grid([label, ...subjects.map(name => called[name] ?? name)],
    unique(lines.map(line => line.case)).map(name => [name, ...subjects.map(subject => cell(lines.find(line => line.case === name && line.subject === subject), lines))]));
}

const ratio = (line, lines) => {
  const mine = lines.find(one => one.case === line?.case && one.subject === "teleloire");
  return !line || line.value === null || line === mine || !mine?.value ? shown(line) : `${shown(line)}, ×${(line.value / mine.value).toFixed(2)}`;
};

/** A table for each figure, one below the other. */
const byFigure = (lines, label) => unique(lines.map(line => line.figure)).flatMap((figure, i) => [...(i ? [""] : []), ...bySubjects(lines.filter(line => line.figure === figure), label + figure)]);

const tables = {
  "relay-cost": lines => bySubjects(lines, "processor time a forwarded packet", ratio),
  "relay-capacity": lines => grid(["", "on", "calls", "what stopped it there"], lines.map(line => [called[line.subject], line.case, shown(line), line.held ?? ""])),
  "relay-latency": lines => {
    const all = unique(lines.map(line => `${line.subject}\n${line.case}`));
    return grid(["", "load", "calls", "p50", "p99", "p99.9"], all.map(key => {
      const [subject, name] = key.split("\n"), of = figure => lines.find(line => line.subject === subject && line.case === name && line.figure === figure);
      return [called[subject], name, of("p50")?.calls ?? "", ...["p50", "p99", "p99.9"].map(figure => shown(of(figure)))];
    }));
  },
  "relay-memory": lines => byFigure(lines, "participants: "),
  "relay-loss": lines => byFigure(lines, ""),
  door: lines => grid(["", "figure", "Téléloire", "nginx", "Janus"], unique(lines.map(line => `${line.case}\n${line.figure}`)).map(key => {
    const [name, figure] = key.split("\n"), of = subject => shown(lines.find(line => line.case === name && line.figure === figure && line.subject === subject));
    return [name, figure, of("teleloire"), of("nginx"), of("janus")];
  })),
};
const plain = lines => grid(["case", "figure", "by", "result"], lines.map(line => [line.case, line.figure, called[line.subject] ?? line.subject, shown(line)]));

function table(name) {
  const { about, lines } = results(name);
  if (!lines.length) return ["Not measured yet."];
  const taken = about ? [`\`${about.command}\`, ${about.date}, ${about.machine}, load ${about.load} at the start.`, ""] : [];
  return [...taken, ...(tables[name] ?? plain)(lines)];
}

const before = fs.readFileSync(file, "utf8");
const after = before.replace(/(<!-- table ([\w-]+) -->\n)[^]*?(<!-- end -->)/g, (_, start, name, end) => `${start}\n${table(name).join("\n")}\n\n${end}`);
if (after !== before) fs.writeFileSync(file, after);
