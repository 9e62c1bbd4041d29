-- Delegations, absences, statements of interests.

-- name: delegations_of_structure
-- Row-level security shows one's own, and those of the structures one manages. may_name: secretaries where
-- one practises, whom one could name.
select json_build_object('items', coalesce(json_agg(json_build_object('id', d.id, 'professional', person_json(p),
           'delegate', person_json(q), 'structure', structure_json(s), 'since', rfc3339(d.since),
           'set_by', person_json(b)) order by s.name, p.family_name, q.family_name, d.id), '[]'::json),
    'may_name', (select coalesce(json_agg(json_build_object('structure', m.structure_id, 'person', person_json(n))
                                          order by n.family_name, n.id), '[]'::json)
                 from membership as m
                 join person as n on n.id = m.person_id
                 where m.role = 'secretary'
                   and m.ended_at is null
                   and m.person_id <> $2::uuid
                   and exists (select from membership as own
                               where own.structure_id = m.structure_id
                                 and own.person_id = $2::uuid
                                 and own.ended_at is null
                                 and own.role in ('doctor', 'nurse', 'midwife'))))
from delegation as d
join person as p on p.id = d.professional_id
join person as q on q.id = d.delegate_id
join person as b on b.id = d.set_by
join structure as s on s.id = d.structure_id
where d.ended_at is null
  and ($1::uuid is null or d.structure_id = $1::uuid)

-- name: delegation_may
-- The professional practises there, the delegate is a secretary there.
select exists (select from membership as m
               where m.structure_id = $1::uuid and m.person_id = $2::uuid and m.ended_at is null
                 and m.role in ('doctor', 'nurse', 'midwife')),
       exists (select from membership as m
               where m.structure_id = $1::uuid and m.person_id = $3::uuid and m.ended_at is null
                 and m.role = 'secretary'),
       exists (select from delegation as d
               where d.structure_id = $1::uuid and d.professional_id = $2::uuid and d.delegate_id = $3::uuid
                 and d.ended_at is null)

-- name: delegation_add
insert into delegation (structure_id, professional_id, delegate_id, set_by)
values ($1::uuid, $2::uuid, $3::uuid, $4::uuid)
returning id

-- name: delegation_find
select professional_id, delegate_id, structure_id
from delegation
where id = $1::uuid
  and ended_at is null

-- name: delegation_end
update delegation
set ended_at = now(),
    ended_by = $2::uuid
where id = $1::uuid

-- name: absences_of
select json_build_object('items', coalesce(json_agg(json_build_object('id', a.id, 'from', a.first_day,
           'until', a.last_day,
           'replacement', (select person_json(r) from person as r where r.id = a.replacement_id))
           order by a.first_day, a.id), '[]'::json))
from absence as a
where a.person_id = $1::uuid
  and a.cancelled_at is null
  and a.last_day >= (now() at time zone 'Europe/Paris')::date

-- name: colleague_of
-- Practises somewhere; and is managed by who asks.
select exists (select from membership as m
               where m.person_id = $1::uuid and m.ended_at is null and m.role in ('doctor', 'nurse', 'midwife')),
       exists (select from membership as m
               join membership as b on b.structure_id = m.structure_id
               where m.person_id = $1::uuid and m.ended_at is null
                 and b.person_id = $2::uuid and b.ended_at is null and b.role = 'manager')

-- name: absence_overlaps
select exists (select from absence as a
               where a.person_id = $1::uuid
                 and a.cancelled_at is null
                 and a.first_day <= $3::date
                 and a.last_day >= $2::date)

-- name: absence_add
insert into absence (person_id, first_day, last_day, replacement_id, created_by)
values ($1::uuid, $2::date, $3::date, $4::uuid, $5::uuid)
returning id

-- name: absence_find
select person_id
from absence
where id = $1::uuid
  and cancelled_at is null

-- name: absence_cancel
update absence
set cancelled_at = now(),
    cancelled_by = $2::uuid
where id = $1::uuid

-- name: absence_at
select absence_on($1::uuid, (coalesce($2::timestamptz, now()) at time zone 'Europe/Paris')::date)

-- name: interests
select json_build_object('current', interests_of($1::uuid),
    'versions', (select coalesce(json_agg(interests_json(s) order by s.version desc), '[]'::json)
                 from (select * from interest_statement where person_id = $1::uuid
                       order by version desc limit 50) as s))

-- name: interests_add
insert into interest_statement (person_id, version)
values ($1::uuid, (select coalesce(max(version), 0) + 1 from interest_statement where person_id = $1::uuid))
returning id

-- name: interest_links_add
insert into interest_link (statement_id, position, organisation, nature, since_year)
select $1::uuid, l.position, l.value ->> 'organisation', l.value ->> 'nature', (l.value ->> 'since_year')::integer
from jsonb_array_elements($2::jsonb) with ordinality as l (value, position)
