// The waiting room of a patient whose professional has another act: their place, the call before theirs,
// their turn, as the page says it; with its pictures.
import { after, before, test } from "node:test";
import { enter, patientWaits } from "../support/waiting_room.mjs";
import { account, Client } from "./support/client.mjs";
import { closeBrowsers, Person } from "./support/browsers.mjs";
import { look, quiet } from "./support/look.mjs";
import { arrive, makeAct } from "./support/scene.mjs";
import { Server } from "./support/server.mjs";

let server;
before(async () => { server = await Server.start(); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

test("a patient reads how many go first, that the doctor is in a consultation, and that it is their turn", { timeout: 180_000 }, async () => {
  const doctor = account(server, "doctor"), client = new Client(server);
  await client.signIn(doctor);
  const first = await patientWaits(server, client);
  const scene = await makeAct(server, { doctor, client });
  const person = await Person.open(server);
  await arrive(person, server, scene.email);
  await person.seeText(/Vous êtes en position 2\s+Un rendez‑vous passe avant le vôtre/);
  await person.seeText(/Nous avons prévenu/);
  await look(person, "visite-attente-rang");
  const host = await enter(server, client, first.act);
  host.send(JSON.stringify({ type: "admit", participant: first.socket.welcome.you.participant }));
  await person.seeText(/Votre rendez‑vous est le prochain/);
  await person.seeText(/est en consultation\. Votre arrivée lui a été signalée/);
  await look(person, "visite-attente-consultation");
  host.send('{"type":"end"}');
  await person.seeText(/Nous avons prévenu/);
  const own = await enter(server, client, scene.act.id);
  await person.seeText(/C’est votre tour/);
  await person.seeText(/est dans la salle et va vous faire entrer/);
  await look(person, "visite-attente-tour");
  own.close();
  quiet(person);
  await person.close();
});
