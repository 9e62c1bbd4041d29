// A browser that is signed out holds nothing open: its connections are closed at once, its seat is given
// up, and the audit has the row; nobody else's are touched.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Client, account } from '../e2e/support/client.mjs';
import { makeAct } from '../e2e/support/scene.mjs';
import { Server, until } from '../e2e/support/server.mjs';
import { openSocket } from '../support/websocket_client.mjs';

let server, doctor, other;
before(async () => {
  server = await Server.start({ relays: 1 });
  doctor = account(server, 'doctor');
  other = account(server, 'doctor', 1);
}, { timeout: 120_000 });
after(() => server?.stop());

async function signedIn(who) {
  const client = new Client(server);
  await client.signIn(who);
  return client;
}
async function connect(ticket, hello = {}) {
  const socket = await openSocket({ port: server.port, ca: server.authority });
  socket.send(JSON.stringify({ type: 'hello', ...(ticket && { ticket }), language: 'fr', client: 'test', ...hello }));
  return socket;
}
async function watching(client) {
  const { ticket } = await client.expect(200, 'POST', '/api/watch', {});
  const socket = await connect(ticket);
  await socket.next((m) => m.type === 'welcome');
  return socket;
}
async function isSignedOut(socket, what) {
  const started = Date.now();
  await socket.next((m) => m.type === 'bye' && m.reason === 'signed_out');
  assert.equal((await socket.closed).code, 4003, what);
  assert.ok(Date.now() - started < 2000, `${what}: ${Date.now() - started} ms`);
}
const audited = async (action) => (await server.rows(`select count(*)::int as n from audit where action = '${action}' and actor_id = (select person_id from account where login = '${doctor.login}')`))[0].n;

test('signing out, being revoked, signing out everywhere and running out each close what the browser holds open', { timeout: 120_000 }, async () => {
  const bystander = await signedIn(other), beside = await watching(bystander), stays = await signedIn(doctor), mine = await watching(stays);
  const ways = {
    'session.end': (client) => client.expect(204, 'POST', '/api/sign-out', {}),
    'session.revoke': async (client) => {
      const here = (await client.expect(200, 'GET', '/api/me/sessions')).find((s) => s.here).id;
      await stays.expect(204, 'POST', `/api/me/sessions/${here}/revoke`, {});
    },
    'session.idle': async (client) => {
      await server.sql(`update web_session set last_seen_at = now() - interval '31 minutes' where token_sha256 = sha256('${client.cookies.get('__Host-teleloire')}')`);
      await client.expect(401, 'GET', '/api/day');
    },
    'session.too_old': async (client) => {
      await server.sql(`update web_session set created_at = now() - interval '13 hours' where token_sha256 = sha256('${client.cookies.get('__Host-teleloire')}')`);
      await client.expect(401, 'GET', '/api/day');
    },
  };
  for (const [action, end] of Object.entries(ways)) {
    const client = await signedIn(doctor), socket = await watching(client), rows = await audited(action);
    await end(client);
    await isSignedOut(socket, action);
    await client.expect(401, 'GET', '/api/day');
    assert.equal(await audited(action), rows + 1, action);
  }
  assert.equal(mine.said.length, 0, 'another browser of theirs goes on');
  const last = await signedIn(doctor), its = await watching(last);
  await stays.expect(204, 'POST', '/api/me/sign-out-everywhere', {});
  await Promise.all([isSignedOut(mine, 'here'), isSignedOut(its, 'there')]);
  assert.equal(await audited('session.end_all'), 1);
  assert.equal(beside.said.length, 0, 'nobody else');
  await bystander.expect(200, 'GET', '/api/me');
  beside.stream.destroy();
});

test('a seat in a session is given up when its browser is signed out, and no token brings it back', { timeout: 120_000 }, async () => {
  const client = await signedIn(doctor), { act } = await makeAct(server, { doctor, client });
  const { ticket } = await client.expect(200, 'POST', `/api/acts/${act.id}/join`, {});
  const socket = await connect(ticket);
  const { resume } = await socket.next((m) => m.type === 'welcome');
  assert.ok(resume);
  await client.expect(204, 'POST', '/api/sign-out', {});
  await isSignedOut(socket, 'the seat');
  await until('the seat is left', async () => (await server.rows(`select state from participant where act_id = '${act.id}'`)).every((p) => p.state === 'left'));
  const back = await connect(null, { resume });
  const refused = await back.next((m) => m.type === 'error');
  assert.equal(refused.code, 'ticket');
  back.stream.destroy();
});
