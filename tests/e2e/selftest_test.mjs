// The ten-second proof that ./run selftest gives, on a server that is up.
// Alone: quality is judged by a clock.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Sealed } from "../support/sealed.mjs";
import { build, root, Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start(); }, { timeout: 120_000 });
after(async () => { await server?.stop(); });

test("two native participants hold a call through the relay, end the act and judge what they got", { timeout: 90_000 }, async () => {
  const child = spawn(path.join(root, "run"), ["selftest", "--var", server.var, "--build-dir", build, "--port", `${server.port}`], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", piece => (text += piece));
  child.stderr.on("data", piece => (text += piece));
  const code = await new Promise(resolve => child.once("close", resolve));
  assert.equal(code, 0, text);
  // What each says of what it got: the other's tone and picture, and the line they came by.
  const quality = [...text.matchAll(/^ +[\d.]+ s {2}(doctor|patient) +hears tone (\d+) at (-?\d+) dBFS, sees picture (\d+) of (\d+)x(\d+) at ([\d.]+)\/s; loss ([\d.]+) %, jitter ([\d.]+) ms, round trip ([\d.]+) ms$/gm)]
    .map(([, who, tone, level, picture, width, height, fps, loss, jitter, rtt]) => ({ who, tone, picture, numbers: { level, width, height, fps, loss, jitter, rtt } }));
  assert.deepEqual(quality.map(line => line.who), ["doctor", "patient"], text);
  assert.notEqual(quality[0].tone, quality[1].tone, "each hears the other, not itself");
  for (const { who, tone, picture, numbers } of quality) {
    const { level, width, height, fps, loss, jitter, rtt } = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
    assert.equal(tone, picture, `${who}: sound and picture of the same person`);
    assert.ok(level > -40 && level < 0, `${who}: ${level} dBFS`);
    assert.ok(width >= 160 && width <= 640 && Math.abs(width / height - 16 / 9) < 0.05, `${who}: ${width}x${height}`);
    assert.ok(fps >= 5 && fps <= 40, `${who}: ${fps} pictures a second`);
    assert.ok(loss <= 5, `${who}: ${loss} %`);
    assert.ok(jitter < 100 && rtt < 500, `${who}: ${jitter} ms, ${rtt} ms`);
  }
  // The line of the act is what the register holds, word for word.
  const [act] = await server.rows(`select a.id, a.reason, a.type, a.state, a.starts_at::text as starts_at, p.display_name as professional, s.name as structure,
      pt.id as patient, pt.identity, (select count(*)::int from participant where act_id = a.id) as participants,
      (select count(*)::int from act_event where act_id = a.id) as events, (select count(*)::int from incident where act_id = a.id) as incidents
    from act as a join person as p on p.id = a.professional_id join structure as s on s.id = a.structure_id join patient as pt on pt.id = a.patient_id
    order by a.created_at desc limit 1`);
  const line = /^ +[\d.]+ s {2}the act in the register:\n\n {2}(\S+) {2}(\S+) {2}(\S+)\n {2}(.+), (.+), (.+)\n {2}(\d+) participants, (\d+) events, (\d+) incidents\n\n(Selftest passed in [\d.]+ s)\n/m.exec(text);
  assert.ok(line, text);
  const [, starts, type, state, patient, professional, structure, participants, events, incidents] = line;
  assert.equal(Date.parse(starts), Date.parse(act.starts_at.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00")));
  assert.deepEqual({ type, state, professional, structure, participants: Number(participants), events: Number(events), incidents: Number(incidents) },
    { type: act.type, state: "closed", professional: act.professional, structure: act.structure, participants: 2, events: act.events, incidents: act.incidents });
  assert.equal(act.state, "closed");
  const keys = await server.rows("select id, owner, encode(wrapped, 'hex') as wrapped from data_key");
  const sealed = new Sealed(query => keys.filter(key => query.endsWith(` ${key.id}`)).map(key => [key.owner, key.wrapped]), fs.readFileSync(path.join(server.var, "secrets/seal.key"), "utf8").trim());
  assert.equal(sealed.text("act.reason", act.id, act.reason), "Essai de l’installation");
  const { birth_name } = JSON.parse(sealed.text("patient.identity", act.patient, act.identity));
  assert.ok(patient.toUpperCase().includes(birth_name.toUpperCase()), patient);
  assert.ok(Number(events) >= 5, "made, invited, seated, admitted, ended");
});
