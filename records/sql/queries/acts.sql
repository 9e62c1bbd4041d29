-- The register.

-- name: act_full
select act_jsonb(a), a.state,
       exists (select from participant as p where p.act_id = a.id and p.state = 'in')
from act as a
where a.id = $1::uuid

-- name: act_watchers
select (select json_agg(distinct who)
        from (select a.professional_id as who
              union
              select c.person_id from act_colleague as c where c.act_id = a.id) as watchers),
       a.professional_id,
       rfc3339(a.starts_at)
from act as a
where a.id = $1::uuid

-- name: acts_of_day
-- Own acts, those one was invited to, and, without the reason, those one plans by delegation.
with mine as (
    select a as whole, a.id, a.state, a.starts_at, k.clinical, k.holds
    from (select id, bool_or(clinical) as clinical, bool_or(holds) as holds
          from acts_known($1::uuid, null)
          group by id) as k
    join act as a on a.id = k.id
), day as (
    select coalesce($2::date, (now() at time zone 'Europe/Paris')::date) as date
), shown as (
    select m.id, m.state, m.starts_at, m.holds,
           (m.starts_at at time zone 'Europe/Paris')::date = day.date as today,
           m.state = 'live'
               or (m.state = 'waiting'
                   and exists (select from participant as p
                               where p.act_id = m.id and p.state = 'waiting')) as on_now,
           m.whole, m.clinical
    from mine as m, day
), kept as (
    select s.*,
           act_short_jsonb(s.whole)
               || case when s.clinical then '{}'::jsonb else '{"reason": ""}'::jsonb end as item
    from shown as s
    where s.today
       or s.on_now
       or (s.state = 'to_close' and s.holds)
)
select json_build_object(
    'date', (select date from day),
    'now', (select coalesce(json_agg(item order by starts_at, id), '[]'::json)
            from kept where on_now),
    'items', (select coalesce(json_agg(item order by starts_at, id), '[]'::json)
              from kept where today),
    'to_close', (select coalesce(json_agg(item order by starts_at, id), '[]'::json)
                 from (select * from kept where state = 'to_close' and holds
                       order by starts_at desc limit 100) as late),
    'counts', (select json_build_object(
                   'planned', count(*) filter (where state = 'planned' and today),
                   'waiting', count(*) filter (where state = 'waiting' and on_now),
                   'live', count(*) filter (where state = 'live'),
                   'to_close', count(*) filter (where state = 'to_close' and holds))
               from kept))

-- name: acts_of_professional
-- Of one patient ($5), also those that the care team or an emergency opens.
with found as (
    select a as whole, a.id, a.starts_at, r.clinical
    from (select id, bool_or(clinical) as clinical from acts_known($1::uuid, $5::uuid) group by id) as r
    join act as a on a.id = r.id
    where ($2::text is null or a.state = $2::text)
      and ($3::date is null or (a.starts_at at time zone 'Europe/Paris')::date >= $3::date)
      and ($4::date is null or (a.starts_at at time zone 'Europe/Paris')::date <= $4::date)
      and ($5::uuid is null or a.patient_id = $5::uuid)
      and ($6::text is null or a.id = any ($6::uuid[]))
      and ($7::uuid is null
           or (a.starts_at, a.id) < (select b.starts_at, b.id from act as b where b.id = $7::uuid))
    order by a.starts_at desc, a.id desc
    limit $8::integer + 1
), page as (
    select * from found
    order by starts_at desc, id desc
    limit $8::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(act_short_jsonb(whole)
                  || case when clinical then '{}'::jsonb else '{"reason": ""}'::jsonb end
                  order by starts_at desc, id desc), '[]'::json)
              from page),
    'next', case when (select count(*) from found) > $8::integer
                 then (select id from page order by starts_at, id limit 1) end),
    $7::uuid is null or exists (select from act where id = $7::uuid)

-- name: acts_for_search
-- What the words are looked for in, opened by the program, which gives the ids it found to
-- acts_of_professional; one more than it looks at says that there are more.
select a.id, sealed('patient.identity/search', p.id::text, p.identity),
       case when r.clinical then sealed('act.reason', a.id::text, a.reason) else '' end
from (select id, bool_or(clinical) as clinical from acts_known($1::uuid, $5::uuid) group by id) as r
join act as a on a.id = r.id
join patient as p on p.id = a.patient_id
where ($2::text is null or a.state = $2::text)
  and ($3::date is null or (a.starts_at at time zone 'Europe/Paris')::date >= $3::date)
  and ($4::date is null or (a.starts_at at time zone 'Europe/Paris')::date <= $4::date)
  and ($5::uuid is null or a.patient_id = $5::uuid)
  and ($6::uuid is null
       or (a.starts_at, a.id) < (select b.starts_at, b.id from act as b where b.id = $6::uuid))
order by a.starts_at desc, a.id desc
limit $7::integer

-- name: act_event_add
insert into act_event (id, act_id, type, at, participant, by_person_id, detail)
values ($1::uuid, $2::uuid, $3::text, coalesce($4::timestamptz, clock_timestamp()), $5::text,
        $6::uuid, $7::jsonb)
on conflict (id) do nothing
returning 1

-- name: act_may_be_planned
-- Patient, structure, who plans, professional. Who plans works in a structure that knows the
-- patient; the professional practises there; planning for another takes a delegation of theirs.
select exists (select from patient_structure as ps
               join patient as p on p.id = ps.patient_id -- not those kept to their care team
               join membership as m on m.structure_id = ps.structure_id
               where ps.patient_id = $1::uuid
                 and ps.structure_id = $2::uuid
                 and m.person_id = $3::uuid
                 and m.ended_at is null
                 and m.role in ('doctor', 'nurse', 'midwife', 'secretary')),
       exists (select from membership as m
               where m.structure_id = $2::uuid
                 and m.person_id = $4::uuid
                 and m.ended_at is null
                 and m.role in ('doctor', 'nurse', 'midwife'))
       and ($3::uuid = $4::uuid
            or act_is_planned($3::uuid, $4::uuid, $2::uuid))

-- name: act_add
insert into act (professional_id, patient_id, structure_id, starts_at, duration_min, reason, created_by, id)
values ($1::uuid, $2::uuid, $3::uuid, coalesce($4::timestamptz, now()), $5::integer, $6::text, $7::uuid, $8::uuid)

-- name: act_facts
select p.display_name, s.name, (extract(epoch from a.starts_at) * 1000000)::bigint, a.duration_min,
       patient_display_name(q), p.email, p.phone, person_language(p.id),
       (a.starts_at < now() + interval '1 hour' * 24),
       rfc3339(a.starts_at)
from act as a
join person as p on p.id = a.professional_id
join structure as s on s.id = a.structure_id
join patient as q on q.id = a.patient_id
where a.id = $1::uuid

-- name: act_not_done
update act
set state = 'not_done',
    not_done_reason = $2::text,
    not_done_comment = $3::text,
    not_done_at = now(),
    ended_at = coalesce(ended_at, now()),
    cancelled = $4::boolean,
    version = version + 1
where id = $1::uuid

-- name: act_move
update act
set starts_at = $2::timestamptz,
    duration_min = $3::integer,
    version = version + 1
where id = $1::uuid

-- name: act_touch
update act
set version = version + 1
where id = $1::uuid

-- name: act_set_professional
update act
set professional_id = $2::uuid,
    version = version + 1
where id = $1::uuid

-- name: act_end
update act
set state = 'to_close',
    ended_at = coalesce(ended_at, now()),
    version = version + 1
where id = $1::uuid

-- name: person_for_act
select p.display_name, p.email, p.phone, person_language(p.id),
       exists (select from membership as m where m.person_id = p.id and m.ended_at is null
               and m.role in ('doctor', 'nurse', 'midwife'))
from person as p
where p.id = $1::uuid

-- name: colleague_add
insert into act_colleague (act_id, person_id, invited_by, comment)
values ($1::uuid, $2::uuid, $3::uuid, $4::text)
on conflict do nothing

-- name: act_professionals
select p.email, p.phone, person_language(p.id)
from person as p
where (p.id in (select person_id from act_colleague where act_id = $1::uuid)
       or p.id = (select professional_id from act where id = $1::uuid))
  and p.id <> all (string_to_array($2::text, ' ')::uuid[])
order by p.id

-- name: consent_add
-- On the page the professional's statement of interests stood beside what was agreed to.
insert into consent (act_id, given, by, how, text_version, text_language, person_id, invitation_id,
                     interest_statement_id)
values ($1::uuid, $2::boolean, $3::text, $4::text, $5::text, $6::text, $7::uuid, $8::uuid,
        case when $4::text = 'page' then
            (select s.id
             from interest_statement as s
             join act as a on a.professional_id = s.person_id
             where a.id = $1::uuid
             order by s.version desc
             limit 1) end)

-- name: consent_last
select given, text_version
from consent
where act_id = $1::uuid
order by at desc, id
limit 1

-- name: report_add
insert into report (id, act_id, version, text, conclusion, incidents_confirmed, incident_comment,
                    identity_checked, prescription_id, send_to_patient, why, closed_by)
values ($11::uuid, $1::uuid, (select coalesce(max(version), 0) + 1 from report where act_id = $1::uuid),
        $2::text, $3::text, $4::boolean, $5::text, $6::boolean, $7::uuid, $8::boolean, $9::text, $10::uuid)
returning version

-- name: act_close
update act
set state = $2::text,
    closed_at = coalesce(closed_at, now()),
    ended_at = coalesce(ended_at, now()),
    version = version + 1
where id = $1::uuid

-- name: patient_identity_seen
update patient
set ins_status = case ins_status when 'provisional' then 'validated' else 'qualified' end
where id = (select patient_id from act where id = $1::uuid)
  and ins_status in ('provisional', 'retrieved')

-- name: prescription_of_act
select 1
from document
where id = $1::uuid
  and act_id = $2::uuid
  and deleted_at is null

-- name: report_facts
select p.display_name, s.name, rfc3339(a.starts_at),
       sealed('report.text', r.id::text, r.text), sealed('report.conclusion', r.id::text, r.conclusion), r.version,
       patient_display_name(q), sealed('patient.identity/birth_date', q.id::text, q.identity), p.profession, p.rpps,
       to_char(a.starts_at at time zone 'Europe/Paris', 'DD/MM/YYYY')
from act as a
join person as p on p.id = a.professional_id
join structure as s on s.id = a.structure_id
join patient as q on q.id = a.patient_id
join report as r on r.act_id = a.id
where a.id = $1::uuid
order by r.version desc
limit 1
