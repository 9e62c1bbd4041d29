// Acts recorded per second of processor time: planned and cancelled through api, with its rights asked
// twice, idempotency, events and chained audit; beside the same rows inserted bare by pgbench, with the
// same indexes and no trigger, right, chain or answer. And how long the page of one act takes.
//
//     ./bench acts [--seconds N] [--runs N]
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { build, figure, measured, nothing, onlyCase, preamble } from "./support.mjs";
import { startApi } from "../support/api_driver.mjs";
import { ids, signIn, startWorld } from "../support/records_world.mjs";

process.env.TELELOIRE_BUILD = build;
const { seconds, runs } = measured({ seconds: 5, runs: 3 });
const WORKERS = [1, 2, 4], DAYS = 700, PAGES = 400;
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

const cpuOf = pid => fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ").slice(11, 13).reduce((sum, word) => sum + Number(word), 0) / TICKS;
const childrenOf = pid => fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)).filter(name => {
  try { return Number(fs.readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ")[1]) === pid; } catch { return false; }
}).map(Number);

const world = await startWorld();
const postmaster = world.postmaster();
// What ended in between is in the postmaster's own count of children waited for.
const database = () => childrenOf(postmaster).reduce((sum, pid) => { try { return sum + cpuOf(pid); } catch { return sum; } }, 0)
  + fs.readFileSync(`/proc/${postmaster}/stat`, "utf8").split(") ").at(-1).split(" ").slice(13, 15).reduce((sum, word) => sum + Number(word), 0) / TICKS;

let made = 0;
async function record(browser) {
  const day = new Date(Date.now() + (1 + made++ % DAYS) * 86_400_000).toISOString();
  const key = () => ({ "idempotency-key": randomUUID() });
  const act = await browser.call("POST", "/api/acts", { patient: ids.jeanne, structure: ids.clisson, starts_at: day, duration_min: 20, reason: "Plaie chronique de la jambe, avis demandé", invite: null }, key());
  if (act.status !== 201) throw new Error(`plan: ${act.status} ${act.raw}`);
  const cancel = await browser.call("POST", `/api/acts/${act.body.id}/cancel`, { reason: "patient", comment: "" }, key());
  if (cancel.status !== 200) throw new Error(`cancel: ${cancel.status} ${cancel.raw}`);
  return act.body.id;
}

/** Acts per processor second and per second, of so many workers. */
async function ours(workers) {
  const apis = await Promise.all(Array.from({ length: workers }, (_, i) => startApi(world.config, i)));
  try {
    const browsers = await Promise.all(apis.map((api, i) => signIn(api, ["anne", "bruno"][i % 2] + "@exemple.fr")));
    await Promise.all(browsers.map(browser => record(browser)));
    const used = () => database() + apis.reduce((sum, api) => sum + cpuOf(api.pid), 0);
    const from = used(), began = performance.now(), until = began + 1000 * seconds;
    let done = 0;
    await Promise.all(browsers.map(async browser => { while (performance.now() < until) { await record(browser); done++; } }));
    return { perCpu: done / (used() - from), perSecond: 1000 * done / (performance.now() - began) };
  } finally { await Promise.all(apis.map(api => api.stop())); }
}

/** What one act leaves, as inserts into tables of the same shape and indexes, with new keys. */
async function writeFloor() {
  const api = await startApi(world.config), browser = await signIn(api, "anne@exemple.fr");
  await record(browser);
  const since = world.one("select clock_timestamp()");
  const act = await record(browser);
  await api.stop();
  const tables = { act: "created_at", act_event: "recorded_at", audit: "at", idempotency_key: "created_at" };
  const lines = ["begin;"];
  // pgbench takes a colon for a variable's mark, in a literal too
  world.sql(`create schema floor; create sequence floor.number;
    create function unmarked(literal text) returns text language sql as $$
      select case when literal like '%:%' then regexp_replace(replace(literal, ':', '\\x3a'), '^(E?)', 'E') else literal end $$`);
  for (const [table, when] of Object.entries(tables)) {
    world.sql(`create table floor.${table} (like public.${table} including all excluding statistics excluding comments)`);
    const columns = world.sql(`select column_name from information_schema.columns where table_schema = 'public' and table_name = '${table}' and is_generated = 'NEVER' order by ordinal_position`).flat();
    const literals = columns.map(column => ({ id: "'gen_random_uuid()'", key: "'gen_random_uuid()'", room: "'default'", number: "'nextval(''floor.number'')'" })[column]
      ?? `coalesce(unmarked(quote_literal(t.${column}::text)), 'null')`);
    const where = table === "act" ? `t.id = '${act}'` : `t.${when} >= '${since}'`;
    for (const [values] of world.sql(`select concat_ws(', ', ${literals.join(", ")}) from public.${table} as t where ${where}`))
      lines.push(`insert into floor.${table} (${columns.join(", ")}) values (${values});`);
  }
  lines.push("commit;", "");
  const file = world.folder("records/floor.sql");
  fs.writeFileSync(file, lines.join("\n"));
  console.error(`an act leaves ${lines.length - 3} rows`);
  return file;
}

const pgbench = fs.readdirSync("/usr/lib/postgresql").map(version => `/usr/lib/postgresql/${version}/bin/pgbench`).find(file => fs.existsSync(file));
async function bare(file, workers) {
  const conninfo = Object.fromEntries(world.cluster.conninfo().split(" ").map(pair => pair.split("=")));
  const from = database(), began = performance.now();
  const child = spawn(pgbench, ["-n", "-M", "prepared", "-c", String(workers), "-j", "1", "-T", String(seconds), "-f", file, "-h", conninfo.host, "-U", conninfo.user, conninfo.dbname],
    { env: world.cluster.env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", text => { out += text; });
  await once(child, "exit");
  const done = Number(out.match(/transactions actually processed: (\d+)/)?.[1]);
  if (!done) throw new Error(`pgbench: ${out}`);
  return { perCpu: done / (database() - from), perSecond: 1000 * done / (performance.now() - began) };
}

async function page() {
  const api = await startApi(world.config);
  try {
    const browser = await signIn(api, "anne@exemple.fr"), id = await record(browser), times = [];
    for (let i = 0; i < PAGES; i++) {
      const began = performance.now();
      const answer = await browser.get(`/api/acts/${id}`);
      if (answer.status !== 200) throw new Error(`read: ${answer.status}`);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  } finally { await api.stop(); }
}

preamble("acts");
let failed = false;
try {
  const file = await writeFloor();
  for (const workers of WORKERS) {
    const name = `${workers} ${workers > 1 ? "workers" : "worker"}`;
    if (onlyCase && onlyCase !== name) continue;
    const seen = { teleloire: [], floor: [] };
    for (let run = 0; run < runs; run++) {
      seen.teleloire.push(await ours(workers));
      seen.floor.push(await bare(file, workers));
    }
    for (const [subject, results] of Object.entries(seen)) {
      figure({ bench: "acts", case: name, figure: "acts per processor second", unit: "1/s", subject }, results.map(r => r.perCpu));
      figure({ bench: "acts", case: name, figure: "acts a second", unit: "1/s", subject }, results.map(r => r.perSecond));
    }
  }
  const times = await page();
  figure({ bench: "acts", case: "the page of one act", figure: "server time, median", unit: "ms", subject: "teleloire" }, [times[PAGES >> 1]]);
  figure({ bench: "acts", case: "the page of one act", figure: "server time, p99", unit: "ms", subject: "teleloire" }, [times[Math.floor(PAGES * 0.99)]]);
} catch (error) {
  failed = true;
  nothing({ bench: "acts", case: "acts", figure: "acts per processor second", unit: "1/s", subject: "teleloire" }, error.message.split("\n")[0]);
  console.error(error);
} finally { await world.stop(); }
process.exit(failed ? 1 : 0);
