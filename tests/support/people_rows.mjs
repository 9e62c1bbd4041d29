// What the tests that walk every call need of those about people and structures: who may make them, a
// good body of each, and what fills each of their limits.

import { randomUUID } from 'node:crypto';
import { ids } from './records_world.mjs';

const site = '00000000-0000-4000-8000-000000000901';
const newcomer = { email: 'x@exemple.fr', given_name: 'Julie', family_name: 'Tessier', profession: 'Infirmière', role: 'nurse' };
const manager = { email: 'x@exemple.fr', given_name: 'Julie', family_name: 'Tessier' };
const structure = { name: 'Maison neuve', kind: 'msp', city: 'Clisson', departement: '44' };
const day = (n) => new Date(Date.now() + n * 24 * 3600_000).toISOString().slice(0, 10);

/** Anne manages and operates, too, and cares for Jeanne; Clisson has a site. */
export function allowEverything(world) {
  world.sql(`
    insert into membership (person_id, structure_id, role) values
      ('${ids.anne}', '${ids.clisson}', 'manager'), ('${ids.anne}', '${ids.clisson}', 'operator') on conflict do nothing;
    insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${ids.anne}', '${ids.anne}') on conflict do nothing;
    insert into site (id, structure_id, name, city) values ('${site}', '${ids.clisson}', 'Site principal', 'Clisson')`);
}

const one = (world, text) => world.one(text);
const member = (world, role = 'nurse') => one(world, `with p as (insert into person (given_name, family_name, email) values ('N', 'Colin', 'n@exemple.fr') returning id)
  insert into membership (person_id, structure_id, role) select id, '${ids.clisson}', '${role}' from p returning person_id`);
const invited = (world, token = randomUUID(), email = 'vient@exemple.fr') => {
  world.sql(`update newcomer set withdrawn_at = now(), withdrawn_by = invited_by where email = '${email}' and withdrawn_at is null and accepted_at is null`);
  return [one(world, `insert into newcomer (structure_id, email, given_name, family_name, role, token_sha256, invited_by)
    values ('${ids.clisson}', '${email}', 'V', 'Ient', 'nurse', sha256('${token}'), '${ids.anne}') returning id`), token];
};
const delegation = (world) => one(world, `insert into delegation (structure_id, professional_id, delegate_id, set_by)
  values ('${ids.clisson}', '${ids.anne}', '${member(world, 'secretary')}', '${ids.anne}') returning id`);
const absence = (world) => one(world, `insert into absence (person_id, first_day, last_day, created_by) values ('${ids.anne}', '${day(90)}', '${day(91)}', '${ids.anne}') returning id`);
const careMember = (world, person = ids.chloe) => one(world, `insert into care_team (patient_id, person_id, added_by) values ('${ids.jeanne}', '${person}', '${ids.anne}')
  on conflict (patient_id, person_id) where ended_at is null do update set since = now() returning id`);
const equipment = (world) => one(world, `insert into equipment (site_id, kind, name) values ('${site}', 'cart', 'Chariot') returning id`);
const made = (world) => one(world, `insert into structure (name, kind, city, departement_code) values ('Autre', 'msp', 'Clisson', '44') returning id`);
const madeSite = (world, of) => one(world, `insert into site (structure_id, name, city) values ('${of}', 'Annexe', 'Clisson') returning id`);

/** Of each call with an audit row: what makes it ready, and makes it. */
export function auditedCalls(world, api, byAnne) {
  const c = (rest) => `/api/structures/${ids.clisson}/${rest}`;
  return {
    'GET /api/structures/{}/people': () => byAnne('GET', c('people')),
    'POST /api/structures/{}/people/{}/roles': () => byAnne('POST', c(`people/${member(world())}/roles`), { roles: ['midwife'] }),
    'POST /api/structures/{}/people/{}/leave': () => byAnne('POST', c(`people/${member(world())}/leave`), {}),
    'GET /api/structures/{}/people/{}/open-acts': () => byAnne('GET', c(`people/${ids.bruno}/open-acts`)),
    'POST /api/structures/{}/people/{}/hand-over': () => byAnne('POST', c(`people/${member(world())}/hand-over`), { to: ids.bruno }),
    'POST /api/structures/{}/newcomers': () => byAnne('POST', c('newcomers'), { ...newcomer, email: 'neuve@exemple.fr' }),
    'POST /api/structures/{}/newcomers/{}/send-again': () => byAnne('POST', c(`newcomers/${invited(world())[0]}/send-again`), {}),
    'POST /api/structures/{}/newcomers/{}/withdraw': () => byAnne('POST', c(`newcomers/${invited(world())[0]}/withdraw`), {}),
    'POST /api/arrivals/accept': () => { const [, token] = invited(world()); return () => api().browser().post('/api/arrivals/accept', { token, password: 'un mot de passe neuf' }); },
    'POST /api/arrivals/join': () => byAnne('POST', '/api/arrivals/join', { token: invited(world(), randomUUID(), 'anne@exemple.fr')[1] }),
    'POST /api/structures/{}/equipment': () => byAnne('POST', c('equipment'), { site, kind: 'cart', name: 'Chariot' }),
    'PATCH /api/structures/{}/equipment/{}': () => byAnne('PATCH', c(`equipment/${equipment(world())}`), { state: 'broken' }),
    'POST /api/delegations': () => byAnne('POST', '/api/delegations', { structure: ids.clisson, delegate: member(world(), 'secretary') }),
    'POST /api/delegations/{}/end': () => byAnne('POST', `/api/delegations/${delegation(world())}/end`, {}),
    'POST /api/absences': () => byAnne('POST', '/api/absences', { from: day(60), until: day(61) }),
    'POST /api/absences/{}/cancel': () => byAnne('POST', `/api/absences/${absence(world())}/cancel`, {}),
    'POST /api/me/interests': () => byAnne('POST', '/api/me/interests', { links: [{ organisation: 'Laboratoire', nature: 'Conférence' }] }),
    'GET /api/patients/{}/team': () => { careMember(world(), ids.anne); return byAnne('GET', `/api/patients/${ids.jeanne}/team`); },
    'POST /api/patients/{}/team': () => { careMember(world(), ids.anne); return byAnne('POST', `/api/patients/${ids.jeanne}/team`, { person: member(world()) }); },
    'POST /api/patients/{}/team/{}/end': () => { careMember(world(), ids.anne); return byAnne('POST', `/api/patients/${ids.jeanne}/team/${careMember(world())}/end`, {}); },
    'GET /api/structures/{}/accesses': () => byAnne('GET', c('accesses')),
    'GET /api/operator/audit': () => byAnne('GET', '/api/operator/audit'),
    'POST /api/operator/structures': () => byAnne('POST', '/api/operator/structures', structure),
    'PATCH /api/operator/structures/{}': () => byAnne('PATCH', `/api/operator/structures/${made(world())}`, { city: 'Nantes' }),
    'POST /api/operator/structures/{}/close': () => byAnne('POST', `/api/operator/structures/${made(world())}/close`, {}),
    'POST /api/operator/structures/{}/manager': () => byAnne('POST', `/api/operator/structures/${made(world())}/manager`, manager),
    'POST /api/operator/structures/{}/sites': () => byAnne('POST', `/api/operator/structures/${made(world())}/sites`, { name: 'Annexe', city: 'Clisson' }),
    'PATCH /api/operator/structures/{}/sites/{}': () => { const of = made(world()); return byAnne('PATCH', `/api/operator/structures/${of}/sites/${madeSite(world(), of)}`, { closed: true }); },
  };
}
/** These reach nobody's health, and change nothing. */
export const unauditedCalls = ['GET /api/structures/{}/newcomers', 'POST /api/arrivals/open', 'GET /api/structures/{}/equipment', 'GET /api/delegations',
  'GET /api/absences', 'GET /api/people/{}/interests', 'GET /api/operator/structures', 'GET /api/operator/structures/{}', 'GET /api/operator/health',
  'GET /api/operator/certificates'];

/** Rows of fields_test. */
export function fieldRows(world, LINE, LINES) {
  const w = () => world();
  const empty = () => { w().sql('delete from newcomer'); return ids.clisson; };
  const names = [['given_name', 100, LINE], ['family_name', 100, LINE], ['profession', 100, LINE]];
  const machines = [['email', 254], ['rpps', 11], ['prefix', 64], ['language', 64]];
  const place = [['name', 200, LINE], ['city', 100, LINE], ['address', 200, LINE], ['postal_code', 10, LINE]];
  const passes = { passes: 404 };
  return [
    ['POST /api/structures/{}/people/{}/roles', null, { roles: ['nurse'] }],
    ['POST /api/structures/{}/people/{}/leave', null, {}],
    ['POST /api/structures/{}/people/{}/hand-over', () => [ids.clisson, ids.sylvie], { to: ids.bruno }, [['comment', 1000, LINES]], [['to', 37]]],
    ['POST /api/structures/{}/newcomers', empty, newcomer, names, [...machines, ['role', 64]]],
    ['POST /api/structures/{}/newcomers/{}/send-again', null, {}],
    ['POST /api/structures/{}/newcomers/{}/withdraw', null, {}],
    ['POST /api/arrivals/open', null, { token: 'x' }, [], [['token', 200]], passes],
    ['POST /api/arrivals/accept', null, { token: 'x', password: 'un mot de passe neuf' }, [['password', 200, LINE]], [['token', 200]], passes],
    ['POST /api/arrivals/join', null, { token: 'x' }, [], [['token', 200]], passes],
    ['POST /api/structures/{}/equipment', () => ids.clisson, { site, kind: 'cart', name: 'x' }, [['name', 100, LINE]], [['site', 37], ['kind', 30], ['state', 64]]],
    ['PATCH /api/structures/{}/equipment/{}', () => [ids.clisson, equipment(w())], {}, [['name', 100, LINE]], [['site', 37], ['state', 64]]],
    ['POST /api/delegations', null, { structure: ids.clisson, delegate: ids.sylvie }, [], [['structure', 37], ['professional', 37], ['delegate', 37]]],
    ['POST /api/delegations/{}/end', null, {}],
    ['POST /api/absences', null, { from: day(200), until: day(201) }, [], [['person', 37], ['from', 10], ['until', 10], ['replacement', 37]]],
    ['POST /api/absences/{}/cancel', null, {}],
    ['POST /api/me/interests', null, { links: [] }],
    ['POST /api/patients/{}/team', () => { careMember(w(), ids.anne); return ids.jeanne; }, { person: ids.bruno }, [], [['person', 37]]],
    ['POST /api/patients/{}/team/{}/end', null, {}],
    ['POST /api/operator/structures', null, structure, place, [['kind', 64], ['departement', 3], ['finess', 9], ['phone', 25]]],
    ['PATCH /api/operator/structures/{}', () => made(w()), {}, place, [['kind', 64], ['departement', 3], ['finess', 9], ['phone', 25]]],
    ['POST /api/operator/structures/{}/close', null, {}],
    ['POST /api/operator/structures/{}/manager', empty, manager, names, machines],
    ['POST /api/operator/structures/{}/sites', () => made(w()), { name: 'x', city: 'Clisson' }, place, [['finess', 9], ['phone', 25]]],
    ['PATCH /api/operator/structures/{}/sites/{}', () => { const of = made(w()); return [of, madeSite(w(), of)]; }, {}, place, [['finess', 9], ['phone', 25]]],
  ];
}

/** Cases of limits_test: each fills its count, and gives who adds one, and how. */
export function limitCases(world, api, anne, bruno) {
  const w = () => world();
  const c = (rest) => `/api/structures/${ids.clisson}/${rest}`;
  const series = (values) => () => values.shift();
  const count = (text) => Number(w().one(text));
  const many = (n, role) => Array.from({ length: n }, () => member(w(), role));
  return {
    structure_people(most) {
      const there = count(`select count(distinct person_id) from membership where structure_id = '${ids.clisson}' and ended_at is null`);
      w().sql(`with p as (insert into person (given_name, family_name) select 'N', 'Foule' from generate_series(1, ${most - there}) returning id)
        insert into membership (person_id, structure_id, role, created_at) select id, '${ids.clisson}', 'nurse', now() - interval '2 days' from p`);
      const next = series([1, 2, 3].map((n) => invited(w(), randomUUID(), `foule${n}@exemple.fr`)[1]));
      return [api().browser(), (b) => b.post('/api/arrivals/accept', { token: next(), password: 'un mot de passe neuf' })];
    },
    structure_roles(most) {
      w().sql(`update membership set created_at = now() - interval '2 days' where structure_id = '${ids.clisson}';
        update membership set ended_at = now() where person_id in (select id from person where family_name = 'Foule')`);
      const next = series(many(3));
      w().sql(`update membership set created_at = now() - interval '2 days' where structure_id = '${ids.clisson}';
        insert into membership (person_id, structure_id, role, ended_at) select '${ids.bruno}', '${ids.clisson}', 'nurse', now() from generate_series(1, ${most})`);
      return [anne(), (b) => b.post(c(`people/${next()}/roles`), { roles: ['nurse', 'midwife'] })];
    },
    structure_newcomers(most) {
      w().sql(`delete from newcomer; insert into newcomer (structure_id, email, given_name, family_name, role, token_sha256, invited_by)
        select '${ids.clisson}', 'n' || n || '@exemple.fr', 'N', 'N', 'nurse', sha256(('n' || n)::bytea), '${ids.bruno}' from generate_series(1, ${most}) as n`);
      const next = series(['l1', 'l2', 'l3']);
      return [anne(), (b) => b.post(c('newcomers'), { ...newcomer, email: `${next()}@exemple.fr` })];
    },
    person_newcomers(most) {
      w().sql(`delete from newcomer; insert into newcomer (structure_id, email, given_name, family_name, role, token_sha256, invited_by, withdrawn_at, withdrawn_by)
        select '${ids.clisson}', 'n' || n || '@exemple.fr', 'N', 'N', 'nurse', sha256(('n' || n)::bytea), '${ids.anne}', now(), '${ids.anne}' from generate_series(1, ${most}) as n`);
      const next = series(['l1', 'l2', 'l3']);
      return [anne(), (b) => b.post(c('newcomers'), { ...newcomer, email: `${next()}@exemple.fr` })];
    },
    structure_equipment(most) {
      w().sql(`insert into equipment (site_id, kind, name, state) select '${site}', 'cart', 'x', 'retired' from generate_series(1, ${most})`);
      return [anne(), (b) => b.post(c('equipment'), { site, kind: 'cart', name: 'x' })];
    },
    structure_sites(most) {
      w().sql(`insert into site (structure_id, name, city, closed_at) select '${ids.clisson}', 'x', 'x', now() from generate_series(2, ${most})`);
      return [anne(), (b) => b.post(`/api/operator/structures/${ids.clisson}/sites`, { name: 'x', city: 'x' })];
    },
    structures(most) {
      w().sql(`insert into structure (name, kind, city, departement_code) select 'x', 'msp', 'x', '44' from generate_series(1, ${most - count('select count(*) from structure')})`);
      return [anne(), (b) => b.post('/api/operator/structures', structure)];
    },
    person_delegations(most) {
      const there = count(`select count(*) from delegation where professional_id = '${ids.bruno}'`);
      const next = series(many(3, 'secretary'));
      w().sql(`insert into delegation (structure_id, professional_id, delegate_id, set_by, ended_at, ended_by)
        select '${ids.clisson}', '${ids.bruno}', '${ids.sylvie}', '${ids.bruno}', now(), '${ids.bruno}' from generate_series(1, ${most - there})`);
      return [bruno(), (b) => b.post('/api/delegations', { structure: ids.clisson, delegate: next() })];
    },
    person_absences(most) {
      w().sql(`insert into absence (person_id, first_day, last_day, created_by, cancelled_at, cancelled_by)
        select '${ids.bruno}', '${day(300)}', '${day(300)}', '${ids.bruno}', now(), '${ids.bruno}' from generate_series(1, ${most})`);
      const next = series([310, 320, 330].map(day));
      return [bruno(), (b) => { const on = next(); return b.post('/api/absences', { from: on, until: on }); }];
    },
    person_interests(most) {
      w().sql(`insert into interest_statement (person_id, version) select '${ids.bruno}', n from generate_series(1, ${most}) as n`);
      return [bruno(), (b) => b.post('/api/me/interests', { links: [] })];
    },
    patient_team(most) {
      careMember(w(), ids.anne);
      w().sql(`update care_team set act_id = (select id from act limit 1), added_by = null where patient_id = '${ids.jeanne}';
        insert into care_team (patient_id, person_id, added_by, ended_at, ended_by)
        select '${ids.jeanne}', '${ids.chloe}', '${ids.anne}', now(), '${ids.anne}' from generate_series(1, ${most})`);
      const next = series(many(3));
      return [anne(), (b) => b.post(`/api/patients/${ids.jeanne}/team`, { person: next() })];
    },
  };
}
