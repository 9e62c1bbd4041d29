-- Patients.

-- name: patient_traits_lock
-- One at a time for one identity: two workers at once would both find nobody.
select pg_advisory_xact_lock(hashtextextended('patient' || encode($1::bytea, 'hex'), 0))

-- name: patient_known_by
select patient_known_by($1::bytea, $2::bytea)

-- name: patient_add
insert into patient as p (id, identity, traits_index, name_index, ins_index, created_by, ins_status)
values ($1::uuid, $2::text, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
        case when $5::bytea is null then 'provisional' else 'retrieved' end)
returning p.id, patient_json(p)

-- name: patient_attach
insert into patient_structure (patient_id, structure_id)
select distinct $1::uuid, m.structure_id
from membership as m
where m.person_id = $2::uuid
  and m.ended_at is null
  and m.role in ('doctor', 'nurse', 'midwife', 'secretary')
on conflict do nothing

-- name: patient_by_id
select patient_json(p)
from patient as p
where p.id = $1::uuid

-- name: patient_update
-- Another matricule or other traits are retrieved at most: nobody has checked them against the INSi.
update patient as p
set identity = $2::text,
    traits_index = $3::bytea,
    name_index = $4::bytea,
    ins_index = $5::bytea,
    ins_status = case when p.traits_index = $3::bytea and p.ins_index is not distinct from $5::bytea then p.ins_status
                      when $5::bytea is null then 'provisional'
                      else 'retrieved' end
where p.id = $1::uuid
returning patient_json(p)

-- name: patient_twin
select patient_twin($1::uuid, $2::bytea, $3::bytea)

-- name: patient_correction_add
insert into patient_correction (id, patient_id, by_person_id, reason, identity)
values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text)

-- name: patient_structure
-- Whose key seals what is written of the patient.
select coalesce(min(ps.structure_id::text), '')
from patient_structure as ps
where ps.patient_id = $1::uuid

-- name: patient_restrict
insert into patient_restriction (id, patient_id, set_by, reason)
values ($1::uuid, $2::uuid, $3::uuid, $4::text)
on conflict do nothing
returning id

-- name: patient_restriction_end
update patient_restriction
set ended_at = now(),
    ended_by = $2::uuid
where patient_id = $1::uuid
  and ended_at is null
returning id

-- name: patient_rights
select patient_rights_json($1::uuid)

-- name: patient_export
-- Everything that is held of a patient, as who asks may read it: the care team, all of it. The files
-- themselves are read one by one, each at its own address.
select json_build_object(
    'format', 'teleloire.patient-export/1',
    'made_at', rfc3339(now()),
    'made_by', (select person_json(me) from person as me where me.id = $2::uuid),
    'patient', patient_json(p),
    'rights', patient_rights_json(p.id),
    'care_team', (select coalesce(json_agg(json_build_object('person', person_json(q), 'since', rfc3339(t.since),
                      'until', rfc3339(t.ended_at)) order by t.since, t.id), '[]'::json)
                  from care_team as t join person as q on q.id = t.person_id
                  where t.patient_id = p.id),
    'acts', (select coalesce(jsonb_agg(act_jsonb(a) || jsonb_build_object('reports', reports_json(a.id))
                    order by a.starts_at, a.id), '[]'::jsonb)
             from act as a where a.patient_id = p.id),
    'accesses', (select coalesce(json_agg(json_build_object(
                     'day', s.day, 'first_at', rfc3339(s.first_at), 'last_at', rfc3339(s.last_at), 'times', s.times,
                     'action', s.action, 'who', actor_words(s.actor_kind, s.actor_id, s.last_at), 'act', s.act_id,
                     'emergency', s.emergency) order by s.last_at desc, s.action), '[]'::json)
                 from patient_accesses(p.id, null, 10000) as s))
from patient as p
where p.id = $1::uuid

-- name: patient_for_change
-- The whole of it, as the program sealed it, and whose key it is sealed with.
select sealed('patient.identity', p.id::text, p.identity),
       coalesce((select min(ps.structure_id::text) from patient_structure as ps where ps.patient_id = p.id), '')
from patient as p
where p.id = $1::uuid
for no key update of p -- who makes the patient known to a structure meanwhile need not wait

-- name: patients_for_search
-- Those that the structures of who asks know, the latest first; the program opens them, compares, and
-- asks patients_found for the page. With an index, those it points at, however long they are known.
select p.id, sealed('patient.identity', p.id::text, p.identity)
from (select ps.patient_id, max(ps.since) as since
      from patient_structure as ps
      join membership as m on m.structure_id = ps.structure_id
      where m.person_id = $1::uuid
        and m.ended_at is null
        and m.role in ('doctor', 'nurse', 'midwife', 'secretary')
      group by ps.patient_id) as known
join patient as p on p.id = known.patient_id
where ($2::bytea is null or p.name_index = $2::bytea)
  and ($3::bytea is null or p.ins_index = $3::bytea)
order by known.since desc, p.id
limit $4::integer

-- name: patients_found
select coalesce(json_agg(patient_json(p) order by array_position($1::uuid[], p.id)), '[]'::json)
from patient as p
where p.id = any ($1::uuid[])

-- name: emergency_add
insert into emergency_access (patient_id, person_id, reason, expires_at, id)
values ($1::uuid, $2::uuid, $3::text, now() + make_interval(mins => $4::integer), $5::uuid)
returning id, rfc3339(expires_at)

-- name: emergency_told
select email, phone, language, structure
from emergency_told($1::uuid)

-- name: emergency_accesses
-- Those of the structures I manage; row-level security shows no others but my own, and these not here.
with mine as (
    select e as whole, e.id, e.at
    from emergency_access as e
    where emergency_is_managed(me_managed(), e.patient_id)
      and ($2::uuid is null
           or (e.at, e.id) < (select b.at, b.id from emergency_access as b where b.id = $2::uuid))
    order by e.at desc, e.id desc
    limit $1::integer + 1
), page as (
    select * from mine
    order by at desc, id desc
    limit $1::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(json_build_object('id', id, 'at', rfc3339(at),
                  'expires_at', rfc3339((whole).expires_at), 'reason', sealed('emergency_access.reason', id::text, (whole).reason),
                  'patient', (whole).patient_id,
                  'by', (select person_json(p) from person as p where p.id = (whole).person_id))
                  order by at desc, id desc), '[]'::json)
              from page),
    'next', case when (select count(*) from mine) > $1::integer
                 then (select id from page order by at, id limit 1) end),
    $2::uuid is null or exists (select from emergency_access where id = $2::uuid)

-- name: person_structure
-- Whose key seals what this person writes first: of several, always the same.
select min(m.structure_id::text)
from membership as m
where m.person_id = $1::uuid
  and m.ended_at is null
  and m.role in ('doctor', 'nurse', 'midwife', 'secretary')
