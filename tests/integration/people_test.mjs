// The people of a structure: who comes, what they are allowed, who stands in for whom, who leaves;
// through a real api worker and a real PostgreSQL.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startApi } from '../support/api_driver.mjs';
import { giveFactor, PASSWORD, ids, signIn, startWorld } from '../support/records_world.mjs';
import { psql } from '../support/private_postgres.mjs';

let world, api, anne, bruno, chloe, sylvie, marie, odile;
const more = { marie: randomUUID(), odile: randomUUID(), nadia: randomUUID() };
const DAY = 24 * 3600_000;
const day = (n) => new Date(Date.now() + n * DAY).toISOString().slice(0, 10);
const noon = (n) => `${day(n)}T12:00:00Z`;
const at = (structure, rest) => `/api/structures/${structure}/${rest}`;
const clisson = (rest) => at(ids.clisson, rest);
const newPassword = 'un mot de passe tout neuf';

before(async () => {
  world = await startWorld();
  world.sql(`
    insert into person (id, prefix, given_name, family_name, profession, email) values
      ('${more.marie}', 'Mme', 'Marie', 'Guérin', 'Coordinatrice', 'marie@exemple.fr'),
      ('${more.odile}', 'Mme', 'Odile', 'Briand', 'Exploitante', 'odile@exemple.fr'),
      ('${more.nadia}', 'Mme', 'Nadia', 'Colin', 'Infirmière', 'nadia@exemple.fr');
    insert into membership (person_id, structure_id, role) values
      ('${more.marie}', '${ids.clisson}', 'manager'), ('${more.odile}', '${ids.cholet}', 'operator'),
      ('${more.nadia}', '${ids.cholet}', 'nurse');
    insert into account (person_id, login, password_hash)
      select p.id, p.email, (select password_hash from account limit 1) from person as p
      where p.id in ('${more.marie}', '${more.odile}', '${more.nadia}');
    insert into site (id, structure_id, name, city) values
      ('${ids.paul}', '${ids.clisson}', 'Site principal', 'Clisson'), ('${ids.jeanne}', '${ids.cholet}', 'Site principal', 'Cholet');`);
  api = await startApi(world.config);
  [anne, bruno, chloe, sylvie, marie, odile] =
    await Promise.all(['anne', 'bruno', 'chloe', 'sylvie', 'marie', 'odile'].map((name) => signIn(api, `${name}@exemple.fr`)));
}, { timeout: 120_000 });

after(async () => {
  if (api) await api.stop();
  await world?.stop();
});

const newcomer = (rest = {}) => ({ email: 'julie@exemple.fr', prefix: 'Dr', given_name: 'Julie', family_name: 'Tessier', profession: 'Médecin généraliste', role: 'doctor', ...rest });
const linkTo = (address) => world.messages().filter((m) => m.to === address && /arrivee#/.test(m.text)).at(-1)?.text.match(/arrivee#(\S+)/)[1];
async function invite(rest = {}, by = marie) {
  const answer = await by.post(clisson('newcomers'), newcomer(rest));
  assert.equal(answer.status, 201, `${answer.raw}`);
  return { id: answer.body.id, token: linkTo((rest.email ?? 'julie@exemple.fr').toLowerCase()) };
}
async function come(token, password = newPassword) {
  const browser = api.browser();
  const { login } = (await browser.post('/api/arrivals/open', { token })).body;
  const answer = await browser.post('/api/arrivals/accept', { token, password });
  assert.equal(answer.status, 200, `${answer.raw}`);
  browser.csrf = answer.body.me.csrf;
  return { browser, me: (await giveFactor(browser, login, answer.body.me.missing)).me };
}
const plan = (by, rest = {}) => by.post('/api/acts', { patient: ids.jeanne, structure: ids.clisson, starts_at: noon(20), duration_min: 20,
  reason: 'Toux', invite: { email: 'jeanne@exemple.fr', phone: null, language: 'fr' }, ...rest });
const people = async (by = marie) => (await by.get(clisson('people'))).body.items;
const one = async (id) => (await people()).find((p) => p.person.id === id);

test('a newcomer is invited by mail, chooses a password and arrives signed in', async () => {
  const { id, token } = await invite();
  const mail = world.messages().at(-1);
  assert.match(mail.subject, /MSP de Clisson/);
  assert.match(mail.text, /Marie Guérin/);
  assert.equal(mail.text.includes('?'), false, 'the token is in the fragment, which goes to no server');
  const waiting = (await marie.get(clisson('newcomers'))).body.items;
  assert.deepEqual(waiting.map((n) => [n.id, n.state, n.role]), [[id, 'sent', 'doctor']]);
  const hours = (Date.parse(waiting[0].expires_at) - Date.now()) / 3600_000;
  assert.ok(hours > 71.9 && hours < 72.1, `${hours} h`);
  const opened = await api.browser().post('/api/arrivals/open', { token });
  assert.equal(opened.body.state, 'open');
  assert.equal(opened.body.known, false);
  assert.equal(opened.body.login, 'julie@exemple.fr');
  assert.equal((await api.browser().post('/api/arrivals/accept', { token, password: 'court' })).body.field, 'password');
  const { browser, me } = await come(token);
  assert.equal(me.person.display_name, 'Dr Julie Tessier');
  assert.deepEqual(me.memberships.map((m) => [m.structure.name, m.role]), [['MSP de Clisson', 'doctor']]);
  const act = await plan(browser, { starts_at: null });
  assert.equal(act.status, 201, `a newcomer works at once: ${act.raw}`);
  assert.equal((await api.browser().post('/api/sign-in', { login: 'julie@exemple.fr', password: newPassword })).status, 200);
  assert.equal((await marie.get(clisson('newcomers'))).body.items.length, 0);
  assert.ok((await one(me.person.id)).last_sign_in_at);
  assert.match(`${world.sql("select action from audit where action like 'people.%' order by at")}`, /people\.invite.*people\.arrive/);
});

test('the link of an invitation opens once, for 72 h, until it is withdrawn or sent again', async () => {
  const state = async (token) => { const a = await api.browser().post('/api/arrivals/open', { token }); return a.body.state ?? a.status; };
  const used = await invite({ email: 'once@exemple.fr' });
  await come(used.token);
  assert.equal(await state(used.token), 'used');
  assert.equal((await api.browser().post('/api/arrivals/accept', { token: used.token, password: newPassword })).status, 409);
  const old = await invite({ email: 'again@exemple.fr' });
  assert.equal((await marie.post(clisson(`newcomers/${old.id}/send-again`))).status, 204);
  const fresh = linkTo('again@exemple.fr');
  assert.notEqual(fresh, old.token);
  assert.equal(await state(old.token), 404, 'the older link is dead');
  assert.equal(await state(fresh), 'open');
  world.sql(`update newcomer set expires_at = now() where id = '${old.id}'`);
  assert.equal(await state(fresh), 'expired');
  assert.equal((await api.browser().post('/api/arrivals/accept', { token: fresh, password: newPassword })).status, 409);
  assert.equal((await marie.post(clisson(`newcomers/${old.id}/send-again`))).status, 204, 'an expired one is sent again');
  assert.equal((await marie.post(clisson(`newcomers/${old.id}/withdraw`))).status, 204);
  assert.equal(await state(linkTo('again@exemple.fr')), 'withdrawn');
  assert.equal((await marie.post(clisson(`newcomers/${old.id}/withdraw`))).status, 404);
  assert.equal(await state('x'.repeat(43)), 404);
  const often = await invite({ email: 'often@exemple.fr' });
  world.sql(`update newcomer set sent = 10 where id = '${often.id}'`);
  assert.equal((await marie.post(clisson(`newcomers/${often.id}/send-again`))).body.limit, 'newcomer_sent');
  await marie.post(clisson(`newcomers/${often.id}/withdraw`));
});

test('who has an account gets a place after signing in with it, never a second account', async () => {
  const { token } = await invite({ email: 'Chloe@exemple.fr', given_name: 'Autre', family_name: 'Nom' });
  const opened = await api.browser().post('/api/arrivals/open', { token });
  assert.equal(opened.body.known, true);
  const refused = await api.browser().post('/api/arrivals/accept', { token, password: newPassword });
  assert.equal(refused.status, 409, 'the link alone opens no account that is in use');
  assert.equal((await bruno.post('/api/arrivals/join', { token })).status, 403, 'nor for somebody else');
  const joined = await chloe.post('/api/arrivals/join', { token });
  assert.equal(joined.status, 200, `${joined.raw}`);
  assert.deepEqual(joined.body.memberships.map((m) => m.structure.name), ['MSP de Cholet', 'MSP de Clisson']);
  assert.equal(joined.body.person.display_name, 'Dr Chloé Petit', 'their own name stays');
  assert.equal(Number(world.one("select count(*) from account where login = 'chloe@exemple.fr'")), 1);
  assert.equal((await chloe.post('/api/arrivals/join', { token })).status, 409);
});

test('an invitation that makes no sense is refused by its field', async () => {
  const field = async (rest) => { const a = await marie.post(clisson('newcomers'), newcomer({ email: 'f@exemple.fr', ...rest })); return [a.status, a.body.field]; };
  assert.deepEqual(await field({ email: 'pas une adresse' }), [400, 'email']);
  assert.deepEqual(await field({ given_name: '  ' }), [400, 'given_name']);
  assert.deepEqual(await field({ rpps: '99900000004' }), [400, 'rpps'], 'its key is wrong');
  assert.deepEqual(await field({ rpps: '99900000003' }), [400, 'rpps'], 'it is somebody else\'s');
  assert.deepEqual(await field({ role: 'operator' }), [400, 'role']);
  assert.deepEqual(await field({ role: 'ars' }), [400, 'role']);
  assert.deepEqual(await field({ email: 'anne@exemple.fr' }), [409, 'email'], 'a member already');
  const { id } = await invite({ email: 'twice@exemple.fr', prefix: '' });
  assert.deepEqual(await field({ email: 'twice@exemple.fr' }), [409, 'email'], 'invited already');
  await marie.post(clisson(`newcomers/${id}/withdraw`));
});

test('only a manager of the structure sees and changes its people', async () => {
  const calls = [['get', 'people'], ['get', 'newcomers'], ['post', 'newcomers', newcomer({ email: 'no@exemple.fr' })],
    ['post', `people/${ids.bruno}/roles`, { roles: ['manager'] }], ['post', `people/${ids.bruno}/leave`, {}],
    ['get', `people/${ids.bruno}/open-acts`], ['post', `people/${ids.bruno}/hand-over`, { to: ids.anne }],
    ['post', 'equipment', { site: ids.paul, kind: 'cart', name: 'x' }]];
  for (const [method, path, body] of calls) {
    assert.equal((await anne[method](clisson(path), body)).status, 403, `${method} ${path} by a colleague`);
    const strange = await marie[method](at(ids.cholet, path), body);
    assert.equal(strange.status, 404, `${method} ${path} of another structure: ${strange.raw}`);
  }
});

test('roles are given and taken back, and a structure keeps a manager', async () => {
  const roles = async (id) => (await one(id))?.roles.map((r) => r.role).sort();
  assert.equal((await marie.post(clisson(`people/${ids.bruno}/roles`), { roles: ['doctor', 'manager'] })).status, 204);
  assert.deepEqual(await roles(ids.bruno), ['doctor', 'manager']);
  assert.equal((await bruno.get(clisson('people'))).status, 200, 'a manager from now on');
  assert.equal((await marie.post(clisson(`people/${ids.bruno}/roles`), { roles: ['doctor'] })).status, 204);
  assert.equal((await bruno.get(clisson('people'))).status, 403);
  for (const path of [`people/${more.marie}/leave`, `people/${more.marie}/roles`]) {
    const last = await marie.post(clisson(path), path.endsWith('roles') ? { roles: ['secretary'] } : {});
    assert.equal(last.status, 409, `${last.raw}`);
    assert.equal(last.body.last_manager, true);
  }
  for (const wrong of [[], ['doctor', 'doctor'], ['operator'], ['doctor', 7]])
    assert.equal((await marie.post(clisson(`people/${ids.bruno}/roles`), { roles: wrong })).body.field, 'roles');
  assert.equal((await marie.post(clisson(`people/${ids.chloe}x`.slice(0, 43) + '/roles'), { roles: ['doctor'] })).status < 500, true);
  assert.equal((await marie.post(clisson(`people/${randomUUID()}/roles`), { roles: ['doctor'] })).status, 404);
});

test('the database itself refuses a role that who gives it may not give', () => {
  const password = readFileSync(world.folder('secrets/db_api'), 'utf8').trim();
  const give = (browser, by, role) => {
    const digest = createHash('sha256').update(browser.cookies.get('__Host-teleloire')).digest('hex');
    execFileSync(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', world.cluster.conninfo().replace('teleloire_owner', 'teleloire_api'), '-c',
      `begin; set local role teleloire_person; select set_config('teleloire.credential', '${digest}', true);
       insert into membership (person_id, structure_id, role, added_by) values ('${ids.sylvie}', '${ids.clisson}', '${role}', '${by}'); rollback`],
    { env: { ...process.env, PGPASSWORD: password }, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  give(marie, more.marie, 'nurse');
  assert.throws(() => give(anne, ids.anne, 'nurse'), /row-level security/);
  assert.throws(() => give(anne, more.marie, 'nurse'), /row-level security/);
  assert.throws(() => give(marie, more.marie, 'operator'), /row-level security/);
  assert.throws(() => give(odile, more.odile, 'operator'), /row-level security/);
});

test('nobody leaves open acts behind: they are handed over, or cancelled with the patient told', async () => {
  const { token } = await invite({ email: 'partant@exemple.fr', given_name: 'Luc', family_name: 'Partant' });
  const { browser: luc, me } = await come(token);
  const leave = () => marie.post(clisson(`people/${me.person.id}/leave`));
  const acts = [];
  for (const n of [3, 4, 5]) acts.push((await plan(luc, { starts_at: noon(n) })).body);
  world.sql(`update act set state = 'live' where id = '${acts[2].id}'`);
  const refused = await leave();
  assert.equal(refused.status, 409);
  assert.deepEqual(refused.body.open_acts, { planned: 2, live: 1, to_close: 0 });
  assert.equal((await marie.post(clisson(`people/${me.person.id}/roles`), { roles: ['secretary'] })).status, 409, 'nor by a change of role');
  const listed = await marie.get(clisson(`people/${me.person.id}/open-acts`));
  assert.equal(listed.body.items.length, 3);
  assert.equal(/MOREAU|Jeanne|Toux/.test(`${listed.raw}`), false, 'a manager moves acts and reads none');
  assert.equal((await marie.get(`/api/acts/${acts[0].id}`)).status, 404);
  const over = `people/${me.person.id}/hand-over`;
  for (const wrong of [{}, { to: ids.sylvie }, { to: me.person.id }, { to: ids.anne, cancel: true }])
    assert.equal((await marie.post(clisson(over), wrong)).body.field, 'to', JSON.stringify(wrong));
  world.sql(`update act set state = 'to_close' where id = '${acts[2].id}'`);
  const before = world.messages().length;
  const moved = await marie.post(clisson(over), { to: ids.anne, comment: 'Départ' });
  assert.equal(moved.status, 200, `${moved.raw}`);
  assert.deepEqual([moved.body.moved, moved.body.more, moved.body.open_acts], [3, false, { planned: 0, live: 0, to_close: 0 }]);
  const sent = world.messages().slice(before);
  assert.equal(sent.filter((m) => m.to === 'jeanne@exemple.fr').length, 2, 'the patient is told of those to come');
  assert.equal(sent.filter((m) => m.to === 'anne@exemple.fr').length, 3, 'the colleague of each');
  assert.equal((await anne.get(`/api/acts/${acts[0].id}`)).body.professional.id, ids.anne);
  assert.equal(Number(world.one(`select count(*) from audit where action = 'act.hand_over' and actor_id = '${more.marie}'`)), 3, 'each on record');
  await plan(luc, { starts_at: noon(6) });
  const told = world.messages().length;
  const cancelled = await marie.post(clisson(over), { cancel: true });
  assert.equal(cancelled.body.moved, 1, `${cancelled.raw}`);
  assert.ok(world.messages().slice(told).some((m) => m.to === 'jeanne@exemple.fr' && /annulée/.test(m.text)));
  assert.equal((await leave()).status, 204);
});

test('who leaves is out at once: sessions, account and delegations end, and what they signed stays', async () => {
  const { token } = await invite({ email: 'sortant@exemple.fr', given_name: 'Ève', family_name: 'Sortant' });
  const { browser: eve, me } = await come(token);
  assert.equal((await eve.post('/api/delegations', { structure: ids.clisson, delegate: ids.sylvie })).status, 201);
  assert.equal((await marie.post(clisson(`people/${me.person.id}/leave`))).status, 204);
  assert.equal((await eve.get('/api/day')).status, 401, 'the open page is no way back in');
  assert.equal((await api.browser().post('/api/sign-in', { login: 'sortant@exemple.fr', password: newPassword })).status, 401);
  assert.equal(Number(world.one(`select count(*) from delegation where professional_id = '${me.person.id}' and ended_at is null`)), 0);
  assert.ok(world.messages().some((m) => m.to === 'sortant@exemple.fr' && /terminée/.test(m.text)), 'they are told');
  assert.equal(await one(me.person.id), undefined);
  const back = await invite({ email: 'sortant@exemple.fr' });
  const again = await come(back.token, 'encore un autre mot de passe');
  assert.equal(again.me.person.id, me.person.id, 'who comes back is the same person');
});

test('who has another place keeps their account when one ends', async () => {
  assert.equal((await marie.post(clisson(`people/${ids.chloe}/leave`))).status, 204);
  assert.equal((await chloe.get('/api/me')).body.memberships.length, 1);
});

test('a person may leave by their own decision, and what they had invited is withdrawn with a manager', async () => {
  await marie.post(clisson(`people/${ids.bruno}/roles`), { roles: ['doctor', 'manager'] });
  const { id, token } = await invite({ email: 'par.bruno@exemple.fr' }, bruno);
  assert.ok(id);
  await marie.post(clisson(`people/${ids.bruno}/roles`), { roles: ['doctor'] });
  const late = await api.browser().post('/api/arrivals/accept', { token, password: newPassword });
  assert.equal(late.status, 409, 'who invited may not any more');
  await marie.post(clisson(`newcomers/${id}/withdraw`));
  const { token: own } = await invite({ email: 'libre@exemple.fr' });
  const { browser, me } = await come(own);
  assert.equal((await browser.post(clisson(`people/${ids.anne}/leave`))).status, 403);
  assert.equal((await browser.post(clisson(`people/${me.person.id}/leave`))).status, 204);
  assert.equal((await browser.get('/api/me')).status, 401);
});

test('a delegation is given by the professional or a manager, and seen from both sides', async () => {
  const { token } = await invite({ email: 'sec@exemple.fr', role: 'secretary', prefix: 'Mme', given_name: 'Inès', family_name: 'Roy', profession: 'Secrétaire' });
  const { browser: ines, me } = await come(token);
  const give = (by, body) => by.post('/api/delegations', { structure: ids.clisson, delegate: me.person.id, ...body });
  assert.equal((await plan(ines, { professional: ids.anne })).body.field, 'professional', 'not before');
  const given = await give(anne);
  assert.equal(given.status, 201, `${given.raw}`);
  assert.equal((await give(anne)).status, 409);
  assert.equal((await give(anne, { professional: ids.bruno })).status, 403, 'for a colleague only a manager may');
  assert.equal((await give(marie, { professional: ids.bruno })).status, 201);
  assert.equal((await give(anne, { delegate: ids.bruno })).body.field, 'delegate');
  assert.equal((await give(marie, { professional: ids.sylvie })).body.field, 'professional');
  assert.equal((await give(ines)).status, 403, 'a secretary gives none');
  assert.equal((await ines.get('/api/delegations')).body.items.length, 2);
  assert.ok((await anne.get('/api/delegations')).body.may_name.some((m) => m.person.id === me.person.id && m.structure === ids.clisson), 'whom one could name');
  assert.deepEqual((await ines.get('/api/delegations')).body.may_name, []);
  assert.ok((await anne.get('/api/delegations')).body.items.every((d) => d.professional.id === ids.anne));
  assert.ok((await marie.get(`/api/delegations?structure=${ids.clisson}`)).body.items.length >= 4);
  const act = await plan(ines, { professional: ids.anne });
  assert.equal(act.status, 201, `${act.raw}`);
  const today = await plan(ines, { professional: ids.anne, starts_at: null });
  const seen = async () => (await ines.get('/api/day')).body.items.some((a) => a.id === today.body.id);
  assert.equal(await seen(), true);
  assert.equal((await ines.post(`/api/delegations/${given.body.id}/end`)).status, 403);
  assert.equal((await chloe.post(`/api/delegations/${given.body.id}/end`)).status, 404);
  assert.equal((await anne.post(`/api/delegations/${given.body.id}/end`)).status, 204);
  assert.equal(await seen(), false, 'the day shows who delegates, and nobody else');
  assert.equal((await anne.post(`/api/delegations/${given.body.id}/end`)).status, 404);
});

test('an absence is noted by oneself or a manager, warned about when planning, and shown in the directory', async () => {
  const note = (by, body) => by.post('/api/absences', { from: day(30), until: day(34), ...body });
  const made = await note(anne, { replacement: ids.bruno });
  assert.equal(made.status, 201, `${made.raw}`);
  assert.equal((await note(anne, { from: day(34), until: day(36) })).status, 409, 'days are noted once');
  const [mine] = (await anne.get('/api/absences')).body.items;
  assert.deepEqual([mine.from, mine.until, mine.replacement.id], [day(30), day(34), ids.bruno]);
  for (const [body, field] of [[{ from: '2026-02-30' }, 'from'], [{ until: day(29) }, 'until'], [{ from: day(-9), until: day(-2) }, 'until'],
    [{ until: day(900) }, 'until'], [{ from: day(800), until: day(801) }, 'from'], [{ replacement: ids.anne }, 'replacement'], [{ replacement: ids.sylvie }, 'replacement']])
    assert.equal((await note(anne, body)).body.field, field, JSON.stringify(body));
  const warned = await plan(anne, { starts_at: noon(31) });
  assert.equal(warned.status, 409);
  assert.equal(warned.body.type, '/problems/absent');
  assert.equal(warned.body.absence.until, day(34));
  assert.equal(warned.body.absence.replacement.id, ids.bruno);
  const known = await plan(anne, { starts_at: noon(31), despite_absence: true });
  assert.equal(known.status, 201, `${known.raw}`);
  const move = (body) => anne.post(`/api/acts/${known.body.id}/reschedule`, { starts_at: noon(32), duration_min: 20, ...body });
  assert.equal((await move({})).body.type, '/problems/absent');
  assert.equal((await move({ despite_absence: true })).status, 200);
  assert.equal((await note(bruno, { person: ids.anne, from: day(40), until: day(41) })).status, 404, 'a colleague notes none');
  const sick = await note(marie, { person: ids.anne, from: day(0), until: day(1) });
  assert.equal(sick.status, 201, `${sick.raw}`);
  const shown = (await bruno.get('/api/directory?q=le%20goff')).body.items.find((p) => p.id === ids.anne);
  assert.equal(shown.absence.until, day(1), 'the directory says until when');
  assert.equal((await bruno.post(`/api/absences/${sick.body.id}/cancel`)).status, 404);
  assert.equal((await anne.post(`/api/absences/${sick.body.id}/cancel`)).status, 204);
  assert.equal((await bruno.get('/api/directory?q=le%20goff')).body.items.find((p) => p.id === ids.anne).absence, null);
});

test('a statement of interests has versions, is read by colleagues, and by the patient beside the consent', async () => {
  const state = (links, by = anne) => by.post('/api/me/interests', { links });
  assert.equal((await state([])).status, 201, '"aucun lien" is a statement');
  const link = { organisation: 'Laboratoire Exemple', nature: 'Conférence rémunérée', since_year: 2024 };
  const second = await state([link]);
  assert.equal(second.body.current.version, 2);
  assert.deepEqual(second.body.versions.map((v) => [v.version, v.links.length]), [[2, 1], [1, 0]]);
  assert.equal((await state([{ ...link, nature: '' }])).body.field, 'nature');
  assert.equal((await state([{ ...link, since_year: 1800 }])).body.field, 'since_year');
  assert.equal((await state(Array(21).fill(link))).body.field, 'links');
  assert.equal((await state(['x'])).body.field, 'links');
  assert.equal((await state([], sylvie)).status, 403, 'who cares declares');
  assert.deepEqual((await bruno.get(`/api/people/${ids.anne}/interests`)).body.current.links, [link]);
  assert.equal((await bruno.get('/api/directory?q=le%20goff')).body.items[0].interests.version, 2);
  assert.throws(() => world.sql(`update interest_statement set version = 9`), /append-only/);
  const act = await plan(anne, { starts_at: null });
  const texts = world.messages().map((m) => m.text);
  const token = texts.filter((t) => /visite#/.test(t)).at(-1).match(/visite#(\S+)/)[1];
  const code = texts.map((t) => t.match(/code est (\d{6})/)).filter(Boolean).at(-1)[1];
  const patient = api.browser();
  const visit = await patient.post('/api/invitations/code', { token, code });
  assert.equal(visit.status, 200, `${visit.raw}`);
  patient.csrf = visit.body.csrf;
  assert.deepEqual(visit.body.visit.interests.links, [link]);
  assert.equal((await patient.post('/api/visit/consent', { given: true, by: 'patient', text_version: '1' })).status, 200);
  const traced = world.one(`select s.version from consent as c join interest_statement as s on s.id = c.interest_statement_id where c.act_id = '${act.body.id}'`);
  assert.equal(traced, '2', 'what the patient was shown is on record');
});

test('the care team says who cares, since when and by whose act, and the team adds and ends', async () => {
  const team = (by = anne) => by.get(`/api/patients/${ids.jeanne}/team`);
  const act = (await plan(anne, { starts_at: null })).body;
  world.sql(`update act set state = 'live', live_at = now() where id = '${act.id}'`);
  const first = await team();
  assert.equal(first.status, 200, `${first.raw}`);
  const own = first.body.items.find((m) => m.person.id === ids.anne);
  assert.ok(own.since && own.act.starts_at && own.structures[0].name, 'since when, by which act, where');
  assert.equal(first.body.may_change, true);
  assert.equal((await team(sylvie)).status, 403, 'a secretary does not see it');
  assert.equal((await team(chloe)).status, 404);
  assert.equal((await anne.post(`/api/patients/${ids.jeanne}/team`, { person: ids.sylvie })).body.field, 'person');
  const added = await anne.post(`/api/patients/${ids.jeanne}/team`, { person: ids.chloe });
  assert.equal(added.status, 201, `${added.raw}`);
  assert.equal((await anne.post(`/api/patients/${ids.jeanne}/team`, { person: ids.chloe })).status, 409);
  const seen = await team(chloe);
  const hers = seen.body.items.find((m) => m.person.id === ids.chloe);
  assert.equal(hers.added_by.id, ids.anne);
  assert.equal((await chloe.get(`/api/patients/${ids.jeanne}`)).status, 200, 'who cares reads the identity');
  const end = (by, id) => by.post(`/api/patients/${ids.jeanne}/team/${id}/end`);
  assert.equal((await end(chloe, randomUUID())).status, 404);
  assert.equal((await end(anne, hers.id)).status, 204);
  assert.equal((await team(chloe)).status, 404, 'and no longer');
  assert.equal((await end(anne, hers.id)).status, 404, 'it ended once');
});

test('equipment is entered, changed and retired for good by the manager, and read by who works there', async () => {
  const add = (body) => marie.post(clisson('equipment'), { site: ids.paul, kind: 'cart', name: 'Chariot du couloir', shared: true, ...body });
  const made = await add();
  assert.equal(made.status, 201, `${made.raw}`);
  const change = (body, by = marie) => by.patch(clisson(`equipment/${made.body.id}`), body);
  assert.equal((await add({ kind: 'scooter' })).body.field, 'kind');
  assert.equal((await add({ site: ids.jeanne })).body.field, 'site', 'another structure\'s site');
  assert.equal((await change({ state: 'lost' })).body.field, 'state');
  assert.equal((await change({ state: 'in_repair', name: 'Chariot 1' })).status, 204);
  const read = (await anne.get(clisson('equipment'))).body;
  const [piece] = read.sites[0].equipment;
  assert.deepEqual([piece.kind_name, piece.name, piece.state, piece.shared], ['Chariot de téléconsultation', 'Chariot 1', 'in_repair', true]);
  assert.ok(read.kinds.length >= 10);
  assert.equal((await change({ shared: false }, anne)).status, 403);
  assert.equal((await change({ state: 'retired' })).status, 204);
  assert.equal((await change({ state: 'in_use' })).status, 409, 'what is retired stays so');
  assert.throws(() => world.sql(`update equipment set name = 'x' where id = '${made.body.id}'`), /retired stays/);
});

test('the operator makes, changes and closes structures and sites, and invites the first manager', async () => {
  const fields = { name: 'Maison de santé du Layon', kind: 'msp', finess: '490000056', city: 'Thouarcé', departement: '49' };
  const add = (body, by = odile) => by.post('/api/operator/structures', { ...fields, ...body });
  assert.equal((await add({}, marie)).status, 403);
  assert.equal((await add({ finess: '490000055' })).body.field, 'finess', 'its key is wrong');
  assert.equal((await add({ departement: '75' })).body.field, 'departement');
  const made = await add();
  assert.equal(made.status, 201, `${made.raw}`);
  const path = `/api/operator/structures/${made.body.id}`;
  assert.equal((await add()).status, 409, 'a FINESS number once');
  const site = await odile.post(`${path}/sites`, { name: 'Antenne', city: 'Thouarcé' });
  assert.equal(site.body.sites[0].name, 'Antenne');
  const closedSite = await odile.patch(`${path}/sites/${site.body.sites[0].id}`, { closed: true });
  assert.ok(closedSite.body.sites[0].closed_at);
  assert.equal((await odile.patch(path, { phone: '+33241000000', city: 'Bellevigne-en-Layon' })).body.city, 'Bellevigne-en-Layon');
  assert.equal((await odile.post(`${path}/manager`, newcomer({ email: 'chef@exemple.fr', role: undefined }))).status, 201);
  const chef = await come(linkTo('chef@exemple.fr'));
  assert.deepEqual(chef.me.memberships.map((m) => m.role), ['manager']);
  assert.equal((await chef.browser.get(at(made.body.id, 'people'))).body.items.length, 1);
  const listed = (await odile.get('/api/operator/structures?q=layon')).body.items;
  assert.deepEqual(listed.map((s) => [s.managers, s.people]), [[1, 1]]);
  const busy = await odile.post(`/api/operator/structures/${ids.clisson}/close`);
  assert.equal(busy.status, 409);
  assert.ok(busy.body.open_acts > 0);
  assert.ok((await odile.post(`${path}/close`)).body.closed_at);
  assert.equal((await odile.patch(path, { city: 'x' })).status, 409);
  assert.equal((await chef.browser.get('/api/me')).status, 401, 'its people have no place left');
  assert.equal((await anne.get('/api/structures?q=layon')).body.items.length, 0);
});

test('the health of the platform is the operator\'s to read', async () => {
  assert.equal((await marie.get('/api/operator/health')).status, 403);
  const { status, body } = await odile.get('/api/operator/health');
  assert.equal(status, 200);
  assert.match(body.version, /^\d/);
  assert.match(body.database.version, /^1\d/);
  assert.ok(body.outbox.waiting > 0, 'no courier runs here: messages wait');
  assert.equal(body.outbox.dead, 0);
  world.sql("update outbox set dead_at = now() where id = (select id from outbox limit 1)");
  assert.equal((await odile.get('/api/operator/health')).body.outbox.dead, 1);
});
