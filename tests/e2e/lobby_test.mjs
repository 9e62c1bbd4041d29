// In front of the room: what a click will need is made ready, and nobody is told, nothing is recorded
// and nobody has entered before that click; and whatever became of it meanwhile, the click does what it
// always did.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { account, invitation } from "./support/client.mjs";
import { codeFor, enterCode, makeAct, signIn } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

const how = { timeout: 120_000 };

/** Every word each socket of the page says. */
function keepWords() {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) { (this.words ??= []).push(JSON.parse(text)); send.call(this, text); };
}
const words = () => window.__sockets.map(socket => (socket.words ?? []).map(word => word.type).filter(type => ["lobby", "hello", "offer"].includes(type)).join(" "));
const isReady = () => window.__sockets.some(socket => socket.readyState === 1 && socket.words?.at(-1).type === "lobby");

/** A doctor in front of the room of an act of now. */
async function inLobby(nth, prepare = () => {}) {
  const scene = await makeAct(server, { doctor: account(server, "doctor", nth) });
  scene.host = await Person.open(server);
  await scene.host.page.addInitScript(keepWords);
  await prepare(scene.host);
  await signIn(scene.host, scene.doctor);
  await scene.host.go(`/appel/${scene.act.id}`);
  await scene.host.see("all is ready", isReady);
  scene.enters = async () => {
    await scene.host.press("Entrer dans la salle");
    await scene.host.see("the room", () => window.__teleloire.call.phase.value === "in");
    await scene.host.see("a connection", () => window.__connections.some(pc => pc.connectionState === "connected"));
  };
  return scene;
}

const recorded = async act => (await server.rows(`select
  (select count(*)::int from audit where act_id = '${act}' and action in ('act.join', 'visit.join', 'session.enter')) as audit,
  (select count(*)::int from ticket where act_id = '${act}') as tickets,
  (select count(*)::int from act_event where act_id = '${act}' and type in ('seat_taken', 'admitted')) as events,
  (select count(*)::int from participant where act_id = '${act}') as people,
  (select state from act where id = '${act}') as state`))[0];
const NOTHING = { audit: 0, tickets: 0, events: 0, people: 0, state: "planned" };

test("who stands in the lobby has not entered, and the click enters over what stood ready", how, async () => {
  const scene = await inLobby(0);
  assert.deepEqual(await recorded(scene.act.id), NOTHING);
  const before = await scene.host.evaluate(() => window.__sockets.length);
  await scene.enters();
  const said = await scene.host.evaluate(words);
  assert.equal(said.length, before, "no other socket was opened");
  assert.equal(said.filter(one => one === "lobby hello offer").length, 1, said.join("; "));
  assert.equal(await scene.host.evaluate(() => window.__connections.length), 1);
  const { audit, tickets, people } = await recorded(scene.act.id);
  assert.deepEqual({ audit, tickets, people }, { audit: 2, tickets: 1, people: 1 }, "act.join and session.enter");
  await scene.host.close();
});

test("a patient before the waiting room has not arrived, and arrives over what stood ready", how, async () => {
  const scene = await makeAct(server, { doctor: account(server, "doctor", 1) });
  const patient = await Person.open(server);
  await patient.page.addInitScript(keepWords);
  const { link } = await invitation(server, scene.email);
  await patient.go(link);
  await patient.see("the code field", () => document.querySelector("input") && true);
  await enterCode(patient, (await codeFor(server, scene.email)).code);
  await patient.press("Oui, je suis d’accord");
  await patient.press("Passer cette étape");
  await patient.press("Passer quand même");
  await patient.see("all is ready", isReady);
  assert.deepEqual(await recorded(scene.act.id), NOTHING);
  assert.equal((await scene.client.expect(200, "GET", `/api/acts/${scene.act.id}`)).waiting_count, 0);
  await patient.press("Entrer en salle d’attente");
  await patient.seeText(/salle d’attente|prochain/i);
  await patient.see("the welcome", () => window.__teleloire.call.phase.value === "waiting");
  assert.ok((await patient.evaluate(words)).includes("lobby hello"));
  assert.equal((await recorded(scene.act.id)).people, 1);
  await patient.close();
});

test("a lobby whose sockets were cut, or whose server was started anew, is entered all the same", how, async () => {
  const scene = await inLobby(2);
  await scene.host.evaluate(() => { for (const socket of window.__sockets) socket.close(); });
  await scene.enters();
  await scene.host.close();
  const other = await inLobby(3);
  await server.kill("door");
  await other.enters();
  await other.host.close();
});

test("a socket of the lobby that ended is opened again when somebody is there", how, async () => {
  const scene = await inLobby(4);
  await scene.host.see("some seconds", () => performance.now() > (window.__ended ??= (() => { for (const socket of window.__sockets) socket.close(); return performance.now() + 5_500; })()));
  assert.equal(await scene.host.evaluate(isReady), false);
  await scene.host.page.mouse.move(200, 200);
  await scene.host.page.mouse.move(300, 300);
  await scene.host.see("it is open again", isReady);
  assert.deepEqual(await recorded(scene.act.id), NOTHING);
  await scene.host.close();
});

test("without a camera the lobby is entered all the same", how, async () => {
  const refuse = () => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); }; };
  const scene = await inLobby(5, host => host.page.addInitScript(refuse));
  await scene.enters();
  await scene.host.close();
});

test("an act cancelled while one stood in its lobby is not entered, and it is said why", how, async () => {
  const scene = await inLobby(6);
  await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/cancel`, { reason: "professional", comment: "" });
  await scene.host.press("Entrer dans la salle");
  await scene.host.seeText(/Cette consultation est terminée/);
  assert.deepEqual({ ...await recorded(scene.act.id), state: "" }, { ...NOTHING, state: "" });
  await scene.host.close();
});

test("a session that ended while one stood in the lobby does not enter, and says so", how, async () => {
  const scene = await inLobby(7);
  await scene.host.context.clearCookies();
  await scene.host.press("Entrer dans la salle");
  await scene.host.seeText(/Votre session est terminée/);
  assert.equal(await scene.host.evaluate(() => window.__sockets.some(socket => socket.readyState < 2 && socket.words?.at(-1).type === "lobby")), false, "nothing waits any more");
  assert.deepEqual(await recorded(scene.act.id), NOTHING);
  await scene.host.close();
});
