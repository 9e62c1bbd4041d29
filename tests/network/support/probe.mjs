// `teleloire probe` as a site runs it, and its report read strictly.
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import path from "node:path";
import { build } from "../../e2e/support/server.mjs";

/** Runs it; {code, report (with --json), out, err}. */
export async function probe(args, { env = {} } = {}) {
  const child = spawn(path.join(build, "bin/teleloire"), ["probe", ...args],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HTTPS_PROXY: "", https_proxy: "", ...env } });
  let out = "", err = "";
  child.stdout.on("data", piece => (out += piece));
  child.stderr.on("data", piece => (err += piece));
  const code = await new Promise(resolve => child.once("close", resolve));
  const report = args.includes("--json") && out ? JSON.parse(out) : null;
  if (report) assertReport(report, code);
  return { code, report, out, err };
}

const number = (value, least, most, what) =>
  assert.ok(typeof value === "number" && value >= least && value <= most, `${what}: ${value}`);
const keys = (object, wanted, what) => assert.deepEqual(Object.keys(object).sort(), [...wanted].sort(), what);
const rungs = ["udp", "tcp", "tcp443", "turn", "proxy"], uses = ["audio", "video", "images"];
const lacks = ["up_kbps", "down_kbps", "up_loss", "down_loss", "rtt", "jitter", "far_audio", "near_audio", "far_video", "near_video"];

function assertDirection(d, what) {
  keys(d, ["kbps", "saturated", "loss", "jitter_ms", "steps"], what);
  number(d.kbps, 0, 1e6, `${what} kbps`);
  number(d.loss, 0, 1, `${what} loss`);
  number(d.jitter_ms, 0, 1e5, `${what} jitter`);
  assert.equal(typeof d.saturated, "boolean");
  assert.ok(d.steps.length >= 1 && d.steps.length <= 8, what);
  for (const step of d.steps) {
    keys(step, ["kbps", "received_kbps", "loss", "delay_ms"], what);
    number(step.loss, 0, 1, `${what} step`);
  }
}

function assertRung(r) {
  const failed = ["rung", "state", "reason"];
  assert.ok(rungs.includes(r.rung), r.rung);
  if (r.state !== "measured") {
    keys(r, failed, r.rung);
    assert.match(r.reason, /^[a-z_0-9]+$/);
    assert.ok(["failed", "skipped", "unknown"].includes(r.state), r.state);
    return;
  }
  keys(r, [...failed, "connect_ms", "rtt_ms", "srtp_profile", "up", "down", "far", "near", "uses"], r.rung);
  assert.equal(r.reason, null);
  number(r.connect_ms, 0, 13_000, "connect_ms");
  assertDirection(r.up, `${r.rung} up`);
  assertDirection(r.down, `${r.rung} down`);
  keys(r.far, ["audio", "video", "level_dbfs"], r.rung);
  keys(r.near, ["audio", "level_dbfs", "video", "fps", "width", "height"], r.rung);
  keys(r.uses, uses, r.rung);
  for (const use of uses) {
    keys(r.uses[use], ["fit", "lacks"], use);
    assert.equal(r.uses[use].fit, r.uses[use].lacks.length === 0);
    for (const lack of r.uses[use].lacks) assert.ok(lacks.includes(lack), lack);
  }
}

/** The whole of docs/probe.md: every field, no other, and no identity. */
export function assertReport(report, code) {
  keys(report, ["schema", "version", "at", "server", "site", "by_proxy", "seconds", "limits", "rungs", "best", "fit", "exit"], "report");
  assert.equal(report.schema, "teleloire.probe");
  assert.equal(report.version, 1);
  assert.match(report.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  assert.ok(report.site === null || /^[0-9AB]{9}$/.test(report.site));
  assert.deepEqual(report.rungs.map(r => r.rung), rungs);
  report.rungs.forEach(assertRung);
  keys(report.limits, uses, "limits");
  for (const use of uses)
    keys(report.limits[use], ["least_kbps", "most_loss", "most_rtt_ms", "most_jitter_ms", "least_fps", "sound"], use);
  keys(report.fit, uses, "fit");
  assert.ok(report.best === null || report.rungs.some(r => r.rung === report.best && r.state === "measured"));
  assert.equal(report.exit, code);
}

export const rung = (report, name) => report.rungs.find(r => r.rung === name);
