-- Who cares for a patient.

-- name: care_team
select json_build_object('items', coalesce(json_agg(json_build_object(
           'id', c.id,
           'person', person_json(p),
           'structures', (select coalesce(json_agg(distinct structure_json(s)::jsonb), '[]'::json)
                          from membership as m
                          join structure as s on s.id = m.structure_id
                          where m.person_id = p.id and m.ended_at is null
                            and m.role in ('doctor', 'nurse', 'midwife')),
           'since', rfc3339(c.since),
           'act', (select json_build_object('starts_at', rfc3339(a.starts_at), 'type', a.type)
                   from act as a where a.id = c.act_id),
           'added_by', (select person_json(b) from person as b where b.id = c.added_by))
           order by c.since, c.id), '[]'::json),
       'may_change', coalesce(bool_or(c.person_id = $2::uuid), false),
       'restricted', patient_is_restricted($1::uuid))
from care_team as c
join person as p on p.id = c.person_id
where c.patient_id = $1::uuid
  and c.ended_at is null

-- name: care_team_add
insert into care_team (patient_id, person_id, added_by)
values ($1::uuid, $2::uuid, $3::uuid)
on conflict do nothing
returning id

-- name: care_team_end
update care_team
set ended_at = now(),
    ended_by = $3::uuid
where id = $1::uuid
  and patient_id = $2::uuid
  and ended_at is null
returning person_id
