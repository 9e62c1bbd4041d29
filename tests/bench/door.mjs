// What the door costs: TLS handshakes and files beside nginx, idle WebSockets and their messages beside
// Janus; processor time of the serving process for each, and memory of an idle connection. Each subject
// has the same certificate, one process on one core, and the generator here on the other. A client of
// one address would meet the door's rates; so the generator asks from many.
//
//     ./bench door [--seconds N] [--runs N] [--only SUBJECT]
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { makeAct } from "../e2e/support/scene.mjs";
import { Client } from "../e2e/support/client.mjs";
import { Server } from "../e2e/support/server.mjs";
import { openSocket } from "../support/websocket_client.mjs";
import { JanusDoor, Nginx } from "./peers/door_peers.mjs";
import { LOAD_CORE, SUBJECT_CORE, figure, measured, nothing, only, preamble, putFirst, root } from "./support.mjs";

const { seconds, runs } = measured({ seconds: 5, runs: 3 });
const CONNECTIONS = 32, IDLE = 1000, IDLE_S = 30, ROOMS = 40, MESSAGES_A_SECOND = 15;
const later = ms => new Promise(resolve => setTimeout(resolve, ms));
const address = i => `127.0.${1 + (i >> 7)}.${1 + (i & 127)}`;

// Of all threads, to the nanosecond: what works for a fraction of a tick would be counted by chance in /proc/PID/stat.
const cpuOf = pids => pids.reduce((sum, pid) => sum + fs.readdirSync(`/proc/${pid}/task`).reduce((a, task) => a + Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]), 0) / 1e9, 0);
const residentOf = pids => pids.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]), 0);

/** Done a second of the subject's processor time, while `work` runs so many times in parallel. */
async function rate(subject, work) {
  const until = performance.now() + 1000 * seconds, from = cpuOf(subject.pids());
  const done = await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => work(i, () => performance.now() < until)));
  return done.reduce((a, b) => a + b) / (cpuOf(subject.pids()) - from);
}

// ---- handshakes: full ones, TLS 1.3, no session taken up again ----

let handshaken = 0;
const handshakes = subject => rate(subject, async (_, goes) => {
  let done = 0;
  for (; goes(); done++)
    await new Promise((resolve, reject) => {
      const socket = tls.connect({ port: subject.port, host: "127.0.0.1", servername: "localhost", localAddress: address(handshaken++ % 1000), rejectUnauthorized: false, minVersion: "TLSv1.3" },
        () => { socket.destroy(); resolve(); });
      socket.on("error", reject);
    });
  return done;
});

// ---- files: over connections that stay ----

function fileClient(subject, from) {
  const socket = tls.connect({ port: subject.port, host: "127.0.0.1", servername: "localhost", localAddress: from, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  let left = 0, head = Buffer.alloc(0), done = null;
  socket.on("data", piece => {
    if (!left) {
      head = Buffer.concat([head, piece]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const said = head.toString("latin1", 0, end);
      if (!/^HTTP\/1\.1 200/.test(said)) { done.reject(new Error(said.split("\r\n")[0])); return; }
      left = Number(/content-length: (\d+)/i.exec(said)[1]) - (head.length - end - 4);
      head = Buffer.alloc(0);
    } else left -= piece.length;
    if (left <= 0) { left = 0; done.resolve(); }
  });
  socket.on("error", error => done?.reject(error));
  return { socket, get: file => new Promise((resolve, reject) => { done = { resolve, reject }; socket.write(`GET ${file} HTTP/1.1\r\nHost: localhost:${subject.port}\r\n\r\n`); }) };
}
let asked = 0;
const files = (subject, file) => rate(subject, async (_, goes) => {
  // the door lets an address ask 600 times at once and 100 a second then
  let done = 0, client = null, of = 0;
  for (; goes(); done++) {
    if (!client || of++ === 500) { client?.socket.destroy(); client = fileClient(subject, address(asked++ % 4000)); of = 0; await new Promise((resolve, reject) => client.socket.once("secureConnect", resolve).once("error", reject)); }
    await client.get(file);
  }
  client?.socket.destroy();
  return done;
});

// ---- WebSockets ----

const sockets = {
  teleloire: (subject, i) => openSocket({ port: subject.port, ca: subject.ca, localAddress: address(i >> 4) }),
  janus: subject => openSocket({ port: subject.port, ca: subject.ca, path: "/", protocol: "janus-protocol" }),
};
const greet = {
  teleloire: async socket => { socket.send(JSON.stringify({ type: "lobby" })); },
  janus: async socket => { socket.send(JSON.stringify({ janus: "create", transaction: "1" })); socket.session = (await socket.next()).data.id; },
};

async function idle(subject) {
  const before = residentOf(subject.pids()), open = [];
  for (let i = 0; i < IDLE; i++) {
    const socket = await sockets[subject.name](subject, i);
    await greet[subject.name](socket);
    open.push(socket);
  }
  await later(2000);
  const resident = (residentOf(subject.pids()) - before) / IDLE, from = cpuOf(subject.pids());
  await later(1000 * IDLE_S);
  const cpu = 1e6 * (cpuOf(subject.pids()) - from) / IDLE / IDLE_S;
  let lost = 0;
  for (const socket of open) { if (socket.stream.destroyed) lost++; socket.close(); }
  if (lost) throw new Error(`${lost} of ${IDLE} idle WebSockets were lost`);
  return { resident, cpu };
}

/** A message and its answer, of 40 connections at 15 a second. */
async function messages(subject) {
  const people = await subject.people();
  const from = cpuOf(subject.pids());
  let done = 0;
  const until = performance.now() + 1000 * Math.max(seconds, 10);
  await Promise.all(people.map(async (person, i) => {
    await later(i * 1000 / MESSAGES_A_SECOND / ROOMS);
    for (let n = 0; performance.now() < until; n++) {
      const next = performance.now() + 1000 / MESSAGES_A_SECOND;
      await person.say(n);
      done++;
      await later(next - performance.now());
    }
  }));
  const cost = 1e6 * (cpuOf(subject.pids()) - from) / done;
  for (const person of people) person.socket.close();
  return cost;
}

async function janusPeople(subject) {
  return Promise.all(Array.from({ length: ROOMS }, async () => {
    const socket = await sockets.janus(subject);
    await greet.janus(socket);
    return { socket, say: async n => { socket.send(JSON.stringify({ janus: "keepalive", session_id: socket.session, transaction: `t${n}` })); await socket.next(m => m.transaction === `t${n}`); } };
  }));
}

/** A host alone in each of so many rooms, who raises and lowers a hand: everybody's list comes back. */
async function ourPeople(server, subject) {
  const away = new Set((await server.rows("select c.login from absence as a join account as c on c.person_id = a.person_id where current_date between a.first_day and a.last_day and a.cancelled_at is null")).map(row => row.login));
  const people = [], doctors = server.demo.accounts.filter(a => a.role === "doctor" && !away.has(a.login));
  for (let i = 0; i < ROOMS; i++) {
    const doctor = doctors[i % doctors.length];
    const client = (server.clients ??= new Map()).get(doctor.login) ?? new Client(server);
    server.clients.set(doctor.login, client);
    const { act } = await makeAct(server, { client, doctor });
    const { ticket } = await client.expect(200, "POST", `/api/acts/${act.id}/join`, {}, { "idempotency-key": randomUUID() });
    const socket = await openSocket({ port: subject.port, ca: subject.ca, localAddress: address(i) });
    socket.send(JSON.stringify({ type: "hello", ticket, language: "fr", client: "bench" }));
    const { you } = await socket.next(m => m.type === "welcome");
    people.push({ socket, say: async n => {
      const raised = n % 2 === 0;
      socket.send(JSON.stringify({ type: "hand", raised }));
      await socket.next(m => m.type === "roster" && m.seats.some(seat => seat.participant === you.participant && seat.hand === raised));
    } });
  }
  return people;
}

// ---- all of it ----

preamble("door");
execFileSync("taskset", ["-p", "-c", String(LOAD_CORE), String(process.pid)]);
putFirst(process.pid);
const server = await Server.start({ relays: 1 });
let failed = false;
try {
  const file = `/assets/${fs.readdirSync(path.join(root, "web/dist/assets")).filter(name => name.endsWith(".js")).sort()[0]}`, small = "/favicon.svg";
  const pair = { certificate: path.join(server.var, "certs/server.crt"), key: path.join(server.var, "certs/server.key"), ca: server.authority };
  execFileSync("taskset", ["-a", "-p", "-c", String(SUBJECT_CORE), String(server.pids("door")[0])]);
  const ours = { name: "teleloire", port: server.port, ca: pair.ca, pids: () => server.pids("door"), people: () => ourPeople(server, ours), stop: async () => {} };
  const start = {
    teleloire: async () => ours,
    nginx: () => Nginx.start({ ...pair, port: server.port + 7, root: path.join(root, "web/dist") }),
    janus: async () => { const peer = await JanusDoor.start({ ...pair, port: server.port + 8 }); peer.ca = pair.ca; peer.people = () => janusPeople(peer); return peer; },
  };
  const kilobytes = Math.round(fs.statSync(path.join(root, "web/dist", file)).size / 1024), bytes = fs.statSync(path.join(root, "web/dist", small)).size;
  const cases = [
    ["TLS 1.3 handshakes", ["teleloire", "nginx"], async s => [["handshakes per processor second", "1/s", await handshakes(s)]]],
    [`a file of ${bytes} bytes`, ["teleloire", "nginx"], async s => [["files per processor second", "1/s", await files(s, small)]]],
    [`a file of ${kilobytes} KiB`, ["teleloire", "nginx"], async s => [["files per processor second", "1/s", await files(s, file)]]],
    [`${IDLE} idle WebSockets`, ["teleloire", "janus"], async s => { const { resident, cpu } = await idle(s); return [["resident memory of one", "KiB", resident], ["processor time of one a second", "µs", cpu]]; }],
    [`messages of ${ROOMS} WebSockets`, ["teleloire", "janus"], async s => [["processor time of a message and its answer", "µs", await messages(s)]]],
  ];
  for (const [name, subjects, measure] of cases) {
    const seen = new Map();
    for (let run = 0; run < (/idle/.test(name) ? 1 : runs); run++)
      for (const subject of subjects) {
        if (only && !only.split(",").includes(subject)) continue;
        const one = await start[subject]();
        try { for (const [what, unit, value] of await measure(one)) { const key = JSON.stringify({ bench: "door", case: name, figure: what, unit, subject }); seen.set(key, [...(seen.get(key) ?? []), value]); } }
        catch (error) { failed = true; console.error(error); nothing({ bench: "door", case: name, figure: name, unit: "", subject }, error.message.split("\n")[0]); }
        finally { await one.stop(); }
      }
    for (const [key, values] of seen) figure(JSON.parse(key), values);
  }
} finally { await server.stop(); }
process.exit(failed ? 1 : 0);
