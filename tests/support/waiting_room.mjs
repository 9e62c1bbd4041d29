// Who waits, by their socket: a patient who came by the link and the code, over HTTP as their page does.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client, invitation } from '../e2e/support/client.mjs';
import { until } from '../e2e/support/server.mjs';
import { openSocket } from './websocket_client.mjs';

/** A socket that has said hello, with a ticket or a resume token, and has its welcome. */
export async function socketOf(server, secret) {
  const socket = await openSocket({ port: server.port, ca: server.authority });
  socket.openedAt = Date.now();
  socket.send(JSON.stringify({ type: 'hello', ...secret }));
  socket.welcome = await socket.next(({ type }) => type === 'welcome');
  socket.notice = (kind) => socket.next((m) => m.type === 'notice' && m.kind === kind);
  return socket;
}

export const enter = async (server, client, act) =>
  socketOf(server, { ticket: (await client.expect(200, 'POST', `/api/acts/${act}/join`, {})).ticket });

let patients = 0;
/** An act of this doctor's, for now unless said, and its patient, who waits. */
export async function patientWaits(server, doctor, starts_at = null) {
  const email = `patient-${randomUUID().slice(0, 8)}@exemple.fr`;
  const patient = await doctor.expect(201, 'POST', '/api/patients', { birth_name: 'ATTENTE', used_name: null, first_names: `Jeanne ${'ABCDEFGHIJ'[patients++]}`,
    birth_date: '1956-04-12', sex: 'F', birth_place_code: '44109', ins: null, ins_oid: null, phone: null, email });
  const structure = doctor.me.memberships.find((m) => m.role === 'doctor').structure.id;
  const act = await doctor.expect(201, 'POST', '/api/acts', { patient: patient.id, structure, starts_at, duration_min: 20, reason: '', invite: { email, phone: null, language: 'fr' } });
  const { link, code } = await until('link and code', async () => { const found = await invitation(server, email, 0); return found.code && found; });
  const jeanne = new Client(server);
  jeanne.csrf = (await jeanne.expect(200, 'POST', '/api/invitations/code', { token: link.split('#')[1], code })).csrf;
  await jeanne.expect(200, 'POST', '/api/visit/consent', { given: true, by: 'patient', text_version: '1' });
  const socket = await socketOf(server, { ticket: (await jeanne.expect(200, 'POST', '/api/visit/join', {})).ticket });
  assert.equal(socket.welcome.state, 'waiting');
  return { act: act.id, email, jeanne, socket };
}
