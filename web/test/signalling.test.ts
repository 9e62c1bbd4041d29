import assert from "node:assert/strict";
import { test } from "node:test";
import { Signalling, type SignallingState } from "../src/call/signalling.ts";
import { Clock, FakeSocket, settle, welcome } from "./support.ts";

function setUp(ticket: () => Promise<string> = async () => "ticket") {
  const clock = new Clock();
  const sockets: FakeSocket[] = [];
  const states: SignallingState[] = [];
  const messages: string[] = [];
  let tickets = 0;
  const signalling = new Signalling({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    ticket: () => {
      tickets += 1;
      return ticket();
    },
    language: "fr",
    client: "test",
    after: clock.after,
    random: () => 0.5,
    onMessage: (m) => messages.push(m.type),
    onState: (s) => states.push(s),
  });
  const last = () => {
    const socket = sockets[sockets.length - 1];
    assert.ok(socket);
    return socket;
  };
  return { clock, sockets, states, messages, signalling, last, tickets: () => tickets };
}

async function opened(s: ReturnType<typeof setUp>): Promise<void> {
  s.signalling.start();
  await settle();
  s.last().open();
  s.last().say(welcome());
}

test("the first message is hello with the ticket", async () => {
  const s = setUp();
  s.signalling.start();
  await settle();
  s.last().open();
  assert.deepEqual(s.last().sent, [{ type: "hello", ticket: "ticket", language: "fr", client: "test" }]);
});

test("nothing is sent before the welcome", async () => {
  const s = setUp();
  s.signalling.start();
  await settle();
  s.last().open();
  assert.equal(s.signalling.send({ type: "leave" }), false);
  s.last().say(welcome());
  assert.equal(s.signalling.send({ type: "leave" }), true);
});

test("a dropped socket comes back with the resume token, never with the ticket", async () => {
  const s = setUp();
  await opened(s);
  s.last().fall(1006);
  assert.equal(s.states.at(-1)?.state, "lost");
  await s.clock.run(0);
  assert.equal(s.sockets.length, 2);
  s.last().open();
  assert.equal(s.last().sent[0]?.resume, "token-1");
  s.last().say(welcome({ resume: "token-2", resumed: true }));
  s.last().fall(1006);
  await s.clock.run(0);
  s.last().open();
  assert.equal(s.last().sent[0]?.resume, "token-2", "the old token is dead");
  assert.equal(s.tickets(), 1);
});

test("the delay between tries grows and is bounded", async () => {
  const s = setUp();
  await opened(s);
  const waits: number[] = [];
  for (let i = 0; i < 9; i += 1) {
    const count = s.sockets.length;
    s.last().fall(1006);
    const from = s.clock.now;
    while (s.sockets.length === count) await s.clock.run(50);
    waits.push(s.clock.now - from);
  }
  for (let i = 1; i < waits.length; i += 1) assert.ok((waits[i] ?? 0) >= (waits[i - 1] ?? 0), String(waits));
  assert.ok((waits.at(-1) ?? 0) <= 5000, String(waits));
});

test("a service restart is answered at once", async () => {
  const s = setUp();
  await opened(s);
  s.last().fall(1012);
  await s.clock.run(0);
  assert.equal(s.sockets.length, 2);
});

for (const [code, why] of [
  [4000, "replaced"],
  [4001, "ended"],
  [4003, "removed"],
] as const) {
  test(`close ${code} is final: ${why}`, async () => {
    const s = setUp();
    await opened(s);
    s.last().fall(code);
    await s.clock.run(60_000);
    assert.equal(s.sockets.length, 1);
    assert.deepEqual(s.states.at(-1), { state: "closed", why });
  });
}

test("a bye gives its reason to the end that follows", async () => {
  const s = setUp();
  await opened(s);
  s.last().say({ type: "bye", reason: "cancelled" });
  s.last().fall(1000);
  assert.deepEqual(s.states.at(-1), { state: "closed", why: "cancelled" });
});

test("a dead resume token asks for a fresh ticket", async () => {
  const s = setUp();
  await opened(s);
  s.last().fall(1006);
  await s.clock.run(0);
  s.last().open();
  s.last().say({ type: "error", code: "ticket", field: null, message: "", fatal: true, re: "hello" });
  s.last().fall(1008);
  await s.clock.run(2000);
  s.last().open();
  assert.equal(s.last().sent[0]?.ticket, "ticket");
  assert.equal(s.tickets(), 2);
});

test("a refused ticket ends, a server away is tried again", async () => {
  const refused = setUp(async () => {
    throw Object.assign(new Error(), { status: 409 });
  });
  refused.signalling.start();
  await settle();
  assert.equal(refused.states.at(-1)?.state, "closed");

  let answers = 0;
  const away = setUp(async () => {
    answers += 1;
    if (answers < 3) throw Object.assign(new Error(), { status: 503 });
    return "late";
  });
  away.signalling.start();
  await away.clock.run(3000);
  away.last().open();
  assert.equal(away.last().sent[0]?.ticket, "late");
});

test("a socket without welcome is left after a few seconds", async () => {
  const s = setUp();
  s.signalling.start();
  await settle();
  s.last().open();
  await s.clock.run(7000);
  assert.equal(s.sockets.length, 2);
});

test("unknown and broken messages are dropped, the others pass", async () => {
  const s = setUp();
  await opened(s);
  s.last().onmessage?.({ data: "{" });
  s.last().onmessage?.({ data: new ArrayBuffer(3) });
  s.last().say({ type: "later" });
  s.last().say({ type: "roster", seats: "no" });
  s.last().say({ type: "roster", seats: [] });
  assert.deepEqual(s.messages, ["welcome", "roster"]);
});

test("after stop nothing comes back", async () => {
  const s = setUp();
  await opened(s);
  s.signalling.stop();
  await s.clock.run(60_000);
  assert.equal(s.sockets.length, 1);
  assert.equal(s.clock.waiting, 0);
});

test("a start opens its socket while the ticket is on its way", async () => {
  let give = (_: string) => {};
  const s = setUp(() => new Promise((resolve) => (give = resolve)));
  s.signalling.start();
  await settle();
  s.last().open();
  assert.deepEqual(s.last().sent, []);
  give("ticket");
  await settle();
  assert.deepEqual([s.sockets.length, s.last().sent[0]?.type], [1, "hello"]);
});

test("a socket that ended in the lobby is opened again when somebody is there, each 5 s at most", async () => {
  const s = setUp();
  s.signalling.prepare();
  s.last().open();
  s.last().fall(1013);
  s.signalling.prepare();
  assert.equal(s.sockets.length, 1);
  await s.clock.run(60_000);
  assert.equal(s.sockets.length, 1, "not while nobody is");
  s.signalling.prepare();
  assert.equal(s.sockets.length, 2);
  s.last().open();
  s.last().fall(1000);
  s.signalling.start();
  await settle();
  assert.equal(s.sockets.length, 3, "and a click waits for nothing");
  s.last().open();
  assert.equal(s.last().sent[0]?.type, "hello");
  assert.deepEqual(s.states, [{ state: "connecting" }]);
});

test("a socket that died in the lobby without a word costs 2.5 s, not 6", async () => {
  const s = setUp();
  s.signalling.prepare();
  s.last().open();
  s.signalling.start();
  await settle();
  assert.equal(s.last().sent[1]?.type, "hello");
  await s.clock.run(2600);
  assert.equal(s.sockets.length, 2);
  assert.equal(s.tickets(), 2);
  s.last().open();
  s.last().say(welcome());
  assert.deepEqual(s.states.at(-1), { state: "open" });
});

test("a ticket refused at the click ends as ever, and closes the socket of the lobby", async () => {
  const s = setUp(async () => {
    throw Object.assign(new Error(), { status: 401 });
  });
  s.signalling.prepare();
  s.last().open();
  s.signalling.start();
  await settle();
  assert.equal(s.states.at(-1)?.state, "closed");
  assert.equal(s.last().closed, 1000);
  assert.deepEqual(s.last().sent, [{ type: "lobby" }]);
  s.signalling.prepare();
  assert.equal(s.sockets.length, 1, "nobody comes any more");
});
