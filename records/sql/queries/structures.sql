-- Equipment, and the structures and sites the operator keeps.

-- name: equipment_of_structure
select json_build_object(
    'kinds', (select json_agg(json_build_object('code', k.code, 'name',
                  case $2::text when 'en' then k.name_en else k.name_fr end) order by k.position)
              from equipment_kind as k),
    'sites', (select coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'city', s.city,
                  'equipment', (select coalesce(json_agg(json_build_object('id', e.id, 'kind', e.kind,
                                    'kind_name', case $2::text when 'en' then k.name_en else k.name_fr end,
                                    'name', e.name, 'state', e.state, 'shared', e.shared,
                                    'changed_at', rfc3339(e.changed_at))
                                    order by e.state = 'retired', k.position, e.name, e.id), '[]'::json)
                                from equipment as e
                                join equipment_kind as k on k.code = e.kind
                                where e.site_id = s.id)) order by s.name, s.id), '[]'::json)
              from site as s
              where s.structure_id = $1::uuid
                and s.closed_at is null))

-- name: equipment_place
-- The site is an open one of the structure; the kind is one of the list.
select exists (select from site as s
               where s.id = $2::uuid and s.structure_id = $1::uuid and s.closed_at is null),
       $3::text is null or exists (select from equipment_kind as k where k.code = $3::text)

-- name: equipment_add
insert into equipment (site_id, kind, name, state, shared, created_by, changed_by)
values ($1::uuid, $2::text, $3::text, $4::text, $5::boolean, $6::uuid, $6::uuid)
returning id

-- name: equipment_find
select e.state, e.site_id
from equipment as e
join site as s on s.id = e.site_id
where e.id = $1::uuid
  and s.structure_id = $2::uuid
for update of e

-- name: equipment_change
update equipment
set site_id = coalesce($2::uuid, site_id),
    name = coalesce($3::text, name),
    state = coalesce($4::text, state),
    shared = coalesce($5::boolean, shared),
    changed_at = now(),
    changed_by = $6::uuid
where id = $1::uuid

-- name: operator_structures
with found as (
    select s.id, s.name, s as whole
    from structure as s
    where ($1::text is null
           or position(fold($1::text) in fold(s.name || ' ' || s.city)) > 0
           or s.finess = trim($1::text))
      and ($3::uuid is null
           or (s.name, s.id) > (select b.name, b.id from structure as b where b.id = $3::uuid))
    order by s.name, s.id
    limit $2::integer + 1
), page as (
    select * from found
    order by name, id
    limit $2::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(to_jsonb(structure_json(whole)) || jsonb_build_object(
                  'people', (select count(distinct m.person_id) from membership as m
                             where m.structure_id = page.id and m.ended_at is null),
                  'managers', (select count(distinct m.person_id) from membership as m
                               where m.structure_id = page.id and m.ended_at is null and m.role = 'manager'),
                  'sites', (select count(*) from site as s where s.structure_id = page.id and s.closed_at is null),
                  'closed_at', rfc3339((whole).closed_at)) order by name, id), '[]'::json)
              from page),
    'next', case when (select count(*) from found) > $2::integer
                 then (select id from page order by name desc, id desc limit 1) end),
    $3::uuid is null or exists (select from structure where id = $3::uuid)

-- name: operator_structure
select to_jsonb(structure_json(s)) || jsonb_build_object(
    'address', s.address, 'postal_code', s.postal_code, 'phone', s.phone, 'closed_at', rfc3339(s.closed_at),
    'sites', (select coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'finess', t.finess,
                  'address', t.address, 'postal_code', t.postal_code, 'city', t.city, 'phone', t.phone,
                  'closed_at', rfc3339(t.closed_at)) order by t.closed_at is not null, t.name, t.id), '[]'::json)
              from site as t where t.structure_id = s.id),
    'managers', (select coalesce(json_agg(person_json(p) order by p.family_name, p.id), '[]'::json)
                 from membership as m
                 join person as p on p.id = m.person_id
                 where m.structure_id = s.id and m.role = 'manager' and m.ended_at is null))
from structure as s
where s.id = $1::uuid

-- name: structure_add
insert into structure (name, kind, finess, address, postal_code, city, departement_code, phone)
values ($1::text, $2::text, $3::text, coalesce($4::text, ''), coalesce($5::text, ''), $6::text, $7::text, $8::text)
returning id

-- name: departement_exists
select exists (select from departement where code = $1::text)

-- name: structure_lock
select closed_at is not null
from structure
where id = $1::uuid
for update

-- name: structure_change
-- A field that was not sent stays.
update structure
set name = case when $2::jsonb ? 'name' then $2::jsonb ->> 'name' else name end,
    kind = case when $2::jsonb ? 'kind' then $2::jsonb ->> 'kind' else kind end,
    finess = case when $2::jsonb ? 'finess' then $2::jsonb ->> 'finess' else finess end,
    address = case when $2::jsonb ? 'address' then coalesce($2::jsonb ->> 'address', '') else address end,
    postal_code = case when $2::jsonb ? 'postal_code' then coalesce($2::jsonb ->> 'postal_code', '')
                       else postal_code end,
    city = case when $2::jsonb ? 'city' then $2::jsonb ->> 'city' else city end,
    departement_code = case when $2::jsonb ? 'departement' then $2::jsonb ->> 'departement' else departement_code end,
    phone = case when $2::jsonb ? 'phone' then $2::jsonb ->> 'phone' else phone end
where id = $1::uuid

-- name: structure_open_acts
select structure_open_acts($1::uuid)

-- name: structure_close
with nobody as (
    update membership
    set ended_at = now(),
        ended_by = $2::uuid
    where structure_id = $1::uuid
      and ended_at is null
), nobody_comes as (
    update newcomer
    set withdrawn_at = now(),
        withdrawn_by = $2::uuid
    where structure_id = $1::uuid
      and withdrawn_at is null
      and accepted_at is null
), places as (
    update site
    set closed_at = now()
    where structure_id = $1::uuid
      and closed_at is null
)
update structure
set closed_at = now()
where id = $1::uuid

-- name: site_add
insert into site (structure_id, name, finess, address, postal_code, city, phone)
values ($1::uuid, $2::text, $3::text, coalesce($4::text, ''), coalesce($5::text, ''), $6::text, $7::text)
returning id

-- name: site_find
select closed_at is not null
from site
where id = $1::uuid
  and structure_id = $2::uuid
for update

-- name: site_change
update site
set name = case when $2::jsonb ? 'name' then $2::jsonb ->> 'name' else name end,
    finess = case when $2::jsonb ? 'finess' then $2::jsonb ->> 'finess' else finess end,
    address = case when $2::jsonb ? 'address' then coalesce($2::jsonb ->> 'address', '') else address end,
    postal_code = case when $2::jsonb ? 'postal_code' then coalesce($2::jsonb ->> 'postal_code', '')
                       else postal_code end,
    city = case when $2::jsonb ? 'city' then $2::jsonb ->> 'city' else city end,
    phone = case when $2::jsonb ? 'phone' then $2::jsonb ->> 'phone' else phone end,
    closed_at = case when $3::boolean then coalesce(closed_at, now()) else closed_at end
where id = $1::uuid

-- name: platform_database
select database, outbox
from platform_facts()
where $1::text is null
