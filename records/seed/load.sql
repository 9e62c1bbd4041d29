-- Loads the demo region. Run from data/ by load.sh in one transaction; the
-- accounts (login, argon2id hash) come on standard input. :moment is the
-- instant the acts are laid around: now, or a given one in tests.

set local timezone to 'Europe/Paris';
set local jit to off; -- compiling each of these takes longer than running it

-- --- The files, as they are ---------------------------------------------

create temp table structure_in (id uuid, key text, kind text, name text, finess text, address text, postal_code text,
                                city text, departement text, epci text, phone text, demo boolean) on commit drop;
\copy structure_in from 'structure.csv' with (format csv, header)
create temp table site_in (id uuid, structure uuid, name text, address text, postal_code text, city text, epci text,
                           demo boolean) on commit drop;
\copy site_in from 'site.csv' with (format csv, header)
create temp table person_in (id uuid, login text, prefix text, given_name text, family_name text, profession text,
                             rpps text, email text, phone text) on commit drop;
\copy person_in from 'person.csv' with (format csv, header)
create temp table membership_in (id uuid, person uuid, structure uuid, role text) on commit drop;
\copy membership_in from 'membership.csv' with (format csv, header)
create temp table account_in (login text, password_hash text) on commit drop;
\copy account_in from pstdin with (format text)
create temp table patient_in (id uuid, birth_name text, used_name text, first_names text, birth_date date, sex text,
                              birth_place_code text, ins text, ins_oid text, ins_status text, phone text,
                              email text) on commit drop;
\copy patient_in from 'patient.csv' with (format csv, header)
create temp table patient_structure_in (patient uuid, structure uuid) on commit drop;
\copy patient_structure_in from 'patient_structure.csv' with (format csv, header)
create temp table case_in (number integer, who text, acute boolean, reason text, text text, conclusion text) on commit drop;
\copy case_in from 'case.csv' with (format csv, header)
create temp table not_done_in (number integer, reason text, cancelled boolean, comment text) on commit drop;
\copy not_done_in from 'not_done.csv' with (format csv, header)
create temp table act_in (id uuid, person uuid, patient uuid, structure uuid, "case" integer, day integer,
                          minute integer, place text, rank integer, duration integer, outcome text,
                          not_done integer, incident text, helper uuid) on commit drop;
\copy act_in from 'act.csv' with (format csv, header)

-- --- Directory and patients ---------------------------------------------

create temp table moment on commit drop as
select :'moment'::timestamptz as at,
       :'moment'::timestamptz at time zone 'Europe/Paris' as local,
       (:'moment'::timestamptz at time zone 'Europe/Paris')::date as today;

insert into structure (id, name, kind, finess, address, postal_code, city, departement_code, epci_code, phone, demo,
                       created_at)
select id, name, kind, finess, coalesce(address, ''), postal_code, city, departement, epci, phone, demo,
       (select at from moment) - interval '70 days'
from structure_in;

insert into site (id, structure_id, name, address, postal_code, city, epci_code, demo)
select id, structure, name, coalesce(address, ''), postal_code, city, epci, demo
from site_in;

insert into person (id, prefix, given_name, family_name, profession, rpps, email, phone, demo, created_at)
select id, prefix, given_name, family_name, profession, rpps, email, phone, true,
       (select at from moment) - interval '65 days'
from person_in;

insert into membership (id, person_id, structure_id, role, created_at)
select id, person, structure, role, (select at from moment) - interval '65 days'
from membership_in;

-- A secretary plans for who practises in their structure.
insert into delegation (structure_id, professional_id, delegate_id, since, set_by)
select distinct s.structure, p.person, s.person, (select at from moment) - interval '65 days', p.person
from membership_in as s
join membership_in as p on p.structure = s.structure
where s.role = 'secretary'
  and p.role in ('doctor', 'nurse', 'midwife')
  and p.person <> s.person;

insert into account (person_id, login, password_hash)
select p.id, a.login, a.password_hash
from account_in as a
join person_in as p using (login);

-- Plain, as all that is sealed here, until `--keys seal`, which comes next.
insert into patient (id, identity, ins_status, demo, created_at)
select id, json_build_object('birth_name', birth_name, 'used_name', used_name, 'first_names', first_names,
                             'birth_date', birth_date, 'sex', sex, 'birth_place_code', birth_place_code, 'ins', ins,
                             'ins_oid', ins_oid, 'phone', phone, 'email', email)::text,
       ins_status, true, (select at from moment) - interval '60 days'
from patient_in;

insert into patient_structure (patient_id, structure_id, since)
select patient, structure, (select at from moment) - interval '60 days'
from patient_structure_in;

-- --- When each act takes place ------------------------------------------

-- A number from 0 to 1 that is always the same for the same act and question.
create function pg_temp.dice(id uuid, question text) returns double precision
language sql immutable as $$
    select ('x' || substr(md5(id::text || question), 1, 8))::bit(32)::bigint / 4294967296.0
$$;

create function pg_temp.floor_5_min(t timestamp) returns timestamp
language sql immutable as $$
    select date_bin('5 minutes', t, timestamp '2000-01-01')
$$;

-- Monday to Friday before (-1, -2 ...) and after (1, 2 ...) today.
create temp table working_day on commit drop as
select direction * row_number() over (partition by direction order by n) as number, today + direction * n as date
from moment
cross join generate_series(1, 90) as n
cross join (values (-1), (1)) as side (direction)
where extract(isodow from today + direction * n) < 6;

-- The next two acts follow the present moment, whatever the hour, so that one
-- is always about to begin; the others keep to the hours of a practice: from
-- half past eight, none planned after half past seven in the evening.
create temp table act_when on commit drop as
select a.id,
       (case a.place
            when 'past' then d.date + make_interval(mins => a.minute)
            when 'ahead' then d.date + make_interval(mins => a.minute)
            when 'before' then case when b.start >= m.today + time '08:00' then b.start
                                    else y.date + make_interval(mins => 725 + 15 * a.rank) end
            when 'after' then case when a.rank <= 2 then f.start
                                   when f.later <= m.today + time '19:30' then f.later
                                   else t.date + make_interval(mins => 435 + 25 * a.rank) end
        end) at time zone 'Europe/Paris' as starts_at
from act_in as a
cross join moment as m
left join working_day as d on d.number = case a.place when 'past' then -a.day when 'ahead' then a.day end
left join working_day as y on y.number = -1
left join working_day as t on t.number = 1
cross join lateral (
    select pg_temp.floor_5_min(least(m.local, m.today + time '19:30') - interval '35 minutes'
                               - (a.rank - 1) * interval '30 minutes') as start) as b
cross join lateral (
    select pg_temp.floor_5_min(m.local + interval '9 minutes' + (a.rank - 1) * interval '25 minutes') as start,
           greatest(pg_temp.floor_5_min(m.local + interval '70 minutes'), m.today + time '08:30')
               + (a.rank - 3) * interval '35 minutes' as later) as f;

-- The instants of an act's life, in order, none after the moment of loading.
create temp table act_life on commit drop as
select a.id, w.starts_at,
       case when c.acute or pg_temp.dice(a.id, 'same day') < 0.08
            then least(w.starts_at - interval '40 minutes' - interval '3 hours' * d.x,
                       m.at - interval '12 minutes' - interval '1 hour' * d.x)
            -- booked in the hours of the telephone, one to nine days before, not after yesterday
            else (least((w.starts_at at time zone 'Europe/Paris')::date - 1 - floor(9 * d.x)::integer,
                        m.today - 1 - floor(3 * d.x)::integer) + time '08:30'
                  + interval '10 hours' * pg_temp.dice(a.id, 'planned at')) at time zone 'Europe/Paris'
       end as created_at,
       w.starts_at - interval '1 minute' - interval '9 minutes' * pg_temp.dice(a.id, 'arrives') as arrives_at,
       w.starts_at + interval '5 minutes' * pg_temp.dice(a.id, 'live') as live_at,
       w.starts_at + interval '5 minutes' * pg_temp.dice(a.id, 'live')
           + make_interval(mins => a.duration) * (0.55 + 0.4 * pg_temp.dice(a.id, 'length')) as ended_at
from act_in as a
join act_when as w using (id)
join case_in as c on c.number = a."case"
cross join moment as m
cross join lateral (select pg_temp.dice(a.id, 'planned') as x) as d;

create temp table act_end on commit drop as
select l.id,
       case when a.outcome = 'closed' then
           greatest(l.ended_at + interval '90 seconds',
               least(m.at - interval '2 minutes',
                     l.ended_at + case
                         when a.place = 'before' or c.x < 0.78 then interval '3 minutes' + interval '20 minutes' * c.x
                         when c.x < 0.93 then interval '2 hours' + interval '4 hours' * c.x
                         when c.x < 0.98 then interval '20 hours'
                         else interval '30 hours' end)) end as closed_at,
       case when a.outcome = 'not_done' then
           case when n.cancelled then greatest(l.created_at + interval '10 minutes', l.starts_at - interval '20 hours')
                when n.reason = 'refusal' then l.starts_at + interval '4 minutes'
                else l.starts_at + interval '20 minutes' end end as not_done_at,
       a.outcome = 'closed' and a.place = 'past' and pg_temp.dice(a.id, 'amended') < 0.02 as amended
from act_life as l
join act_in as a using (id)
left join not_done_in as n on n.number = a.not_done
cross join moment as m
cross join lateral (select pg_temp.dice(l.id, 'closing') as x) as c;

-- --- The register ---------------------------------------------------------

create function pg_temp.gendered(words text, sex text) returns text
language sql immutable as $$
    select regexp_replace(words, '\{([^|}]*)\|([^}]*)\}', case sex when 'F' then '\2' else '\1' end, 'g')
$$;

insert into act (id, type, state, professional_id, patient_id, structure_id, starts_at, duration_min, reason, room,
                 created_at, created_by, live_at, ended_at, closed_at, not_done_at, not_done_reason,
                 not_done_comment, cancelled, version, demo)
select a.id, 'teleconsultation',
       case when e.amended then 'amended' else a.outcome end,
       a.person, a.patient, a.structure, l.starts_at, a.duration, c.reason, md5('room/' || a.id),
       l.created_at,
       coalesce((select s.person from membership_in as s
                 where s.structure = a.structure and s.role = 'secretary' and pg_temp.dice(a.id, 'secretary') < 0.6
                 limit 1), a.person),
       case when a.outcome in ('closed', 'to_close') then l.live_at end,
       case when a.outcome in ('closed', 'to_close') then l.ended_at end,
       e.closed_at, e.not_done_at, n.reason, pg_temp.gendered(n.comment, p.sex), coalesce(n.cancelled, false),
       case a.outcome when 'planned' then 1 when 'closed' then 5 else 3 end + e.amended::integer, true
from act_in as a
join act_life as l using (id)
join act_end as e using (id)
join case_in as c on c.number = a."case"
join patient_in as p on p.id = a.patient
left join not_done_in as n on n.number = a.not_done;

-- The nurse beside a resident of an EHPAD.
insert into act_colleague (act_id, person_id, invited_by, at)
select a.id, a.helper, a.person, l.created_at + interval '2 minutes'
from act_in as a
join act_life as l using (id)
where a.helper is not null;

-- Links: most acts have one. Whom nobody knows the token of can be renewed from the page.
create temp table seed_invitation on commit drop as
select gen_random_uuid() as id, a.id as act_id, a.outcome, n.reason as not_done_reason, n.cancelled,
       split_part(p.first_names, ' ', 1) || ' ' || coalesce(p.used_name, p.birth_name) as name,
       coalesce(h.email, p.email) as email, case when h.id is null then p.phone end as phone,
       l.created_at + interval '1 minute' as sent_at, l.arrives_at - interval '2 minutes' as verified_at,
       coalesce(n.reason in ('technical', 'refusal'), a.outcome in ('closed', 'to_close')) as came,
       a.helper
from act_in as a
join act_life as l using (id)
join patient_in as p on p.id = a.patient
left join person_in as h on h.id = a.helper
left join not_done_in as n on n.number = a.not_done
where a.outcome <> 'planned' or pg_temp.dice(a.id, 'link') > 0.15;

insert into invitation (id, act_id, role, identity, has_email, has_phone, language, token_sha256, code_hash, created_at,
                        sent_at, opened_at, verified_at, tested_at, demo)
select i.id, i.act_id, 'patient',
       json_build_object('name', i.name, 'session_name', i.name, 'email', i.email, 'phone', i.phone)::text,
       i.email is not null, i.phone is not null, 'fr',
       sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
       sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
       i.sent_at, i.sent_at,
       case when i.came then i.verified_at - interval '1 minute'
            when i.outcome = 'planned' and pg_temp.dice(i.act_id, 'opened') < 0.25 then i.sent_at + interval '12 minutes'
       end,
       case when i.came then i.verified_at end,
       case when i.came then i.verified_at + interval '1 minute' end,
       true
from seed_invitation as i;

-- Who sat in the session: the professional, the patient, the nurse of the EHPAD.
create temp table seat on commit drop as
select md5('seat/1/' || a.id) as participant, a.id as act_id, 1 as seat, a.person as person_id,
       null::uuid as invitation_id, p.prefix || ' ' || p.given_name || ' ' || p.family_name as name,
       p.profession as title, 'host' as role, l.live_at - interval '20 seconds' as joined_at,
       l.live_at - interval '20 seconds' as admitted_at, l.ended_at as left_at
from act_in as a
join act_life as l using (id)
join person_in as p on p.id = a.person
where a.outcome in ('closed', 'to_close')
union all
select md5('seat/2/' || i.act_id), i.act_id, 2, null, i.id, i.name, '', 'patient', l.arrives_at,
       case when i.not_done_reason is null then l.live_at end,
       case when i.not_done_reason is null then l.ended_at else e.not_done_at + interval '2 seconds' end
from seed_invitation as i
join act_life as l on l.id = i.act_id
join act_end as e on e.id = i.act_id
where i.came
union all
select md5('seat/3/' || a.id), a.id, 3, p.id, null, p.prefix || ' ' || p.given_name || ' ' || p.family_name,
       p.profession, 'guest', l.arrives_at + interval '10 seconds', l.live_at, l.ended_at
from act_in as a
join act_life as l using (id)
join person_in as p on p.id = a.helper
where a.outcome in ('closed', 'to_close');

insert into participant (participant, act_id, seat, person_id, invitation_id, name, title, role, state, state_at,
                         joined_at, admitted_at, left_at, identity_checked_at)
select participant, act_id, seat, person_id, invitation_id, name, title, role, 'left', left_at, joined_at,
       admitted_at, left_at, case when role = 'patient' then admitted_at + interval '40 seconds' end
from seat;

-- Consent: on the page before joining, sometimes by word of mouth; refusals stay too.
insert into consent (id, act_id, given, by, how, text_version, text_language, at, person_id, invitation_id)
select gen_random_uuid(), i.act_id, i.not_done_reason is distinct from 'refusal',
       case when i.helper is not null then 'helper' else 'patient' end,
       case when o.oral then 'oral' else 'page' end, '1', 'fr',
       case when o.oral then l.live_at + interval '30 seconds' else l.arrives_at - interval '40 seconds' end,
       case when o.oral then a.person end, case when o.oral then null else i.id end
from seed_invitation as i
join act_in as a on a.id = i.act_id
join act_life as l on l.id = i.act_id
cross join lateral (select i.not_done_reason is null and pg_temp.dice(i.act_id, 'oral') < 0.12 as oral) as o
where i.came;

-- What the relay would have seen: times inside the call, measures in the usual range.
create temp table seed_incident on commit drop as
select gen_random_uuid() as id, a.id as act_id, md5('seat/2/' || a.id) as participant, a.incident as kind,
       k.started_at,
       k.started_at + case a.incident
           when 'loss' then interval '20 seconds' + interval '70 seconds' * k.x
           when 'freeze' then interval '2 seconds' + interval '6 seconds' * k.x
           when 'audio_gap' then interval '1 second' + interval '2 seconds' * k.x
           when 'test_failed' then null -- a moment, not a length of time
           else interval '3 seconds' + interval '14 seconds' * k.x end as ended_at,
       case a.incident when 'loss' then round((4 + 14 * k.x)::numeric, 1)
                       when 'freeze' then round((2000 + 6000 * k.x)::numeric)
                       when 'audio_gap' then round((1000 + 2000 * k.x)::numeric) end as measure,
       case a.incident when 'loss' then 'percent' when 'freeze' then 'ms' when 'audio_gap' then 'ms' else '' end as unit
from act_in as a
join act_life as l using (id)
cross join lateral (
    select pg_temp.dice(a.id, 'incident') as x,
           case when a.incident = 'test_failed' then l.arrives_at - interval '1 minute'
                else l.live_at + (l.ended_at - l.live_at) * (0.2 + 0.5 * pg_temp.dice(a.id, 'incident at'))
           end as started_at) as k
where a.incident is not null;

insert into incident (id, act_id, participant, kind, started_at, ended_at, measure, unit)
select id, act_id, participant, kind, started_at, ended_at, measure, unit
from seed_incident;

insert into report (id, act_id, version, text, conclusion, incidents_confirmed, incident_comment, identity_checked,
                    send_to_patient, why, closed_at, closed_by)
select gen_random_uuid(), a.id, v.version, pg_temp.gendered(c.text, p.sex),
       pg_temp.gendered(c.conclusion, p.sex) || case v.version when 2 then ' Copie adressée à l’infirmière.' else '' end,
       true,
       case a.incident when 'interruption' then 'Reprise spontanée, sans conséquence pour la consultation.'
                       when 'reconnection' then 'Passage du wifi au réseau mobile, appel repris.'
                       when 'loss' then case when pg_temp.dice(a.id, 'comment') < 0.5 then 'Image réduite un moment, son correct.' end
       end,
       true, pg_temp.dice(a.id, 'send') < 0.8,
       case v.version when 2 then 'Destinataire oublié.' end,
       e.closed_at + (v.version - 1) * interval '2 hours', a.person
from act_in as a
join act_end as e using (id)
join case_in as c on c.number = a."case"
join patient_in as p on p.id = a.patient
join (values (1), (2)) as v (version) on v.version = 1 or e.amended
where a.outcome = 'closed';

insert into delivery (id, act_id, identity, language, token_sha256, code_hash, created_at, expires_at, opened_at,
                      verified_at)
select gen_random_uuid(), i.act_id, json_build_object('email', i.email, 'phone', i.phone)::text, 'fr',
       sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
       sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
       r.closed_at, r.closed_at + interval '30 days', o.at, o.at + interval '1 minute'
from report as r
join seed_invitation as i using (act_id)
cross join moment as m
cross join lateral (
    select case when pg_temp.dice(i.act_id, 'read') < 0.7 and r.closed_at + interval '3 hours' < m.at
                then r.closed_at + interval '3 hours' * pg_temp.dice(i.act_id, 'read at') end as at) as o
where r.version = 1
  and r.send_to_patient;
\ir load_people.sql
\ir load_events.sql
