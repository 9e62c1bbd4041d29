// A full room: three browsers and five native seats, all speaking, changing places twenty times.
// Alone: eight people on one machine.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browserOptions, closeBrowsers, Person } from "./support/browsers.mjs";
import { isSaidToBe } from "./support/identity.mjs";
import { admit, arrive, startCall } from "./support/scene.mjs";
import { guestTicket, Seats } from "./support/seat.mjs";
import { Server, until } from "./support/server.mjs";

const FIRST = 1; // number of the first native seat

// Without a sound card Firefox starts no AudioContext, so there tones cannot be told apart; that each
// voice is heard is asserted on its energy (hearsAndSees), and who it is in the two Chromium.
const kindsFor = person => (person.kind === "firefox" ? ["picture"] : ["picture", "sound"]);

// Firefox without a screen draws sixty times a second in software: two fifths of this machine.
browserOptions({ firefox: { "layout.frame_rate": 10 } });

let server;
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

// Changes who is wanted first, and waits until that person's picture decodes in the first place.
async function wants(person, first) {
  await person.evaluate(first => {
    const call = window.__teleloire.call;
    const others = call.roster.value.map(seat => seat.participant).filter(p => p !== call.you.value.participant && p !== first);
    call.order([first, ...others]);
  }, first);
  const slotOf = facts => facts.slots.find(slot => slot.participant === first && slot.source === "camera");
  let placed = await until(`${person.kind} has ${first} in a slot`, async () => slotOf(await person.call()), 10_000, 30);
  await until(`${person.kind} sees ${first}`, async () => {
    const now = slotOf(await person.call());
    if (now && now.mid !== placed.mid) placed = now; // moved since: each slot counts its own frames
    return now && now.framesDecoded > placed.framesDecoded + 2 && now.frameWidth > 0;
  }, 30_000, 50).catch(async error => {
    const facts = await person.call();
    throw new Error(`${error.message}; placed as ${JSON.stringify(placed)}; now ${JSON.stringify(facts.slots.filter(slot => slot.source === "camera"))}`);
  });
}

test("three browsers and five native seats, all speaking, swap slots twenty times without a negotiation", { timeout: 600_000 }, async () => {
  const scene = await startCall(server, ["chromium", "chromium"]);
  await scene.client.expect(200, "POST", `/api/acts/${scene.act.id}/invite`,
    { name: "Ana Silva", role: "interpreter", email: "ana@exemple.fr", phone: null });
  const third = await Person.open(server, "firefox");
  await arrive(third, server, "ana@exemple.fr", { consent: false });
  await admit(scene.host);

  const people = [scene.host, scene.guest, third];
  await third.see("the call", () => window.__teleloire?.call.localTrack("camera") && true);
  for (const person of people) await person.smallCamera();

  const tickets = [];
  for (const [name, role] of [["Paul Nurse", "nurse"], ["Lise Helper", "helper"], ["Omar Helper", "helper"], ["Rita Guardian", "guardian"], ["Ivan Interpreter", "interpreter"]])
    tickets.push((await guestTicket(server, scene.client, scene.act.id, name, role)).ticket);
  const seats = Seats.join(server, tickets, { index: FIRST });
  await seats.until("all wait or are in", last => last.every(seat => seat.state));
  await scene.host.see("all five wait", () => window.__teleloire.call.roster.value.filter(seat => seat.state === "waiting").length === 5);
  await scene.host.evaluate(() => {
    const call = window.__teleloire.call;
    for (const seat of call.roster.value) if (seat.state === "waiting") call.admit(seat.participant);
  });
  await seats.until("all are connected", last => last.every(seat => seat.link?.state === "connected"), 30_000);
  await Promise.all(people.map(person => person.hearsAndSees(7, 60_000)));

  const ids = (await Promise.all(people.map(person => person.call()))).map(facts => facts.you);
  const native = (await scene.host.call()).roster.map(seat => seat.participant).filter(id => !ids.includes(id));
  assert.equal(native.length, 5);
  // Each native seat's own number, which its picture and its sound say, by the participant it is.
  await seats.until("each knows its participant", last => last.every(seat => native.includes(seat.state.participant)));
  const numbers = new Map(seats.last.map((seat, i) => [seat.state.participant, FIRST + i]));
  assert.equal(numbers.size, 5);
  await Promise.all(people.flatMap(person => [...numbers].map(async ([participant, number]) => {
    for (const kind of kindsFor(person)) await isSaidToBe(person, participant, number, kind, 60_000);
  })));
  for (let round = 0; round < 20; round++) {
    const first = native[round % 5];
    await Promise.all(people.map((person, i) => wants(person, round % 2 ? ids[(i + 1) % 3] : first)))
      .catch(error => { throw new Error(`round ${round}: ${error.message}`); });
    // Whoever changed places: the picture under a name is that person's, and so is the sound.
    await Promise.all(people.map(async person => {
      for (const kind of kindsFor(person)) await isSaidToBe(person, first, numbers.get(first), kind);
    })).catch(error => { throw new Error(`round ${round}: ${error.message}`); });
    // The native seats change places as well.
    seats.tell(round % 5, { do: "layout", order: [ids[round % 3], ...native.filter((_, i) => i !== round % 5)] });
  }
  await Promise.all(people.map(person => person.hearsAndSees(7, 60_000)));
  for (const person of people) {
    const facts = await person.call();
    assert.equal(facts.negotiations, 0, `${person.kind} was asked to negotiate`);
    assert.equal(facts.rebuilds, 0);
  }
  await third.close(); // the room stays; its processor goes to the seats
  // Who a slot is said to show is who it shows: pictures and tones of native seats name their maker.
  const maker = new Map();
  await seats.until("every native seat sees and hears the four others", last => last.every((seat, own) => {
    const named = (seat.seen?.slots ?? []).filter(slot => slot.participant && slot.identity !== null && slot.silent_ms < 1_500);
    for (const slot of named) {
      if (!maker.has(slot.participant)) maker.set(slot.participant, slot.identity);
      assert.equal(slot.identity, maker.get(slot.participant), "a slot shows somebody else");
    }
    return new Set(named.map(slot => slot.identity)).size === 4 && own >= 0;
  }), 120_000);
  assert.equal(new Set(maker.values()).size, 5);
  await seats.end();
  await scene.close();
});
