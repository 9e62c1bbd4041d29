-- Patients.

-- name: patient_traits_lock
-- One at a time for one identity: two workers at once would both find nobody.
select pg_advisory_xact_lock(hashtextextended(
    concat_ws('|', 'patient', fold(trim($1::text)), fold(trim($2::text)), $3::date, $4::text, $5::text), 0))

-- name: patient_by_traits
select p.id, patient_json(p)
from patient as p
where ((fold(p.birth_name) = fold(trim($1::text))
        and fold(p.first_names) = fold(trim($2::text))
        and p.birth_date = $3::date
        and p.sex = $4::text
        and p.birth_place_code = $5::text)
       or (p.ins = $6::text and p.ins_oid = $7::text))
limit 1

-- name: patient_add
insert into patient as p (birth_name, used_name, first_names, birth_date, sex, birth_place_code,
                          ins, ins_oid, phone, email, created_by, ins_status)
values (trim($1::text), nullif(trim($2::text, e' \t'), ''), trim($3::text), $4::date, $5::text, $6::text, $7::text,
        $8::text, $9::text, $10::text, $11::uuid, case when $7::text is null then 'provisional' else 'retrieved' end)
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
update patient as p
set phone = case when $2::boolean then $3::text else p.phone end,
    email = case when $4::boolean then $5::text else p.email end,
    used_name = case when $6::boolean then nullif(trim($7::text, e' \t'), '') else p.used_name end
where p.id = $1::uuid
returning patient_json(p)

-- name: patient_search
with found as (
    select p.id, p.search as sort_name, patient_json(p) as item
    from patient as p
    where exists (select from patient_structure as ps
                  join membership as m on m.structure_id = ps.structure_id
                  where ps.patient_id = p.id
                    and m.person_id = $1::uuid
                    and m.ended_at is null
                    and m.role in ('doctor', 'nurse', 'midwife', 'secretary'))
      and ($2::text is null
           or not exists (select from unnest(string_to_array(fold(trim($2::text)), ' ')) as word
                          where position(word in p.search) = 0))
      and ($3::date is null or p.birth_date = $3::date)
      and ($4::text is null or p.ins = upper($4::text))
      and ($6::uuid is null
           or (p.search, p.id) > (select b.search, b.id from patient as b where b.id = $6::uuid))
    order by p.search, p.id
    limit $5::integer + 1
), page as (
    select * from found
    order by sort_name, id
    limit $5::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(item order by sort_name, id), '[]'::json) from page),
    'next', case when (select count(*) from found) > $5::integer
                 then (select id from page order by sort_name desc, id desc limit 1) end),
    $6::uuid is null
    or exists (select from patient_structure as ps
               join membership as m on m.structure_id = ps.structure_id
               where ps.patient_id = $6::uuid
                 and m.person_id = $1::uuid
                 and m.ended_at is null
                 and m.role in ('doctor', 'nurse', 'midwife', 'secretary'))
