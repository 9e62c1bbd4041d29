-- Professionals, structures.

-- name: directory
-- One more than asked for is looked up, to know whether anything follows.
with found as (
    select p.id,
           lower(p.family_name || ' ' || p.given_name) as sort_name,
           p as whole
    from person as p
    where exists (select from membership as m
                  where m.person_id = p.id
                    and m.ended_at is null
                    and m.role in ('doctor', 'nurse', 'midwife')
                    and ($3::uuid is null or m.structure_id = $3::uuid))
      and ($1::text is null
           or not exists (select from unnest(string_to_array(fold(trim($1::text)), ' ')) as word
                          where position(word in fold(p.given_name || ' ' || p.family_name)) = 0))
      and ($2::text is null or position(fold($2::text) in fold(p.profession)) > 0)
      and ($5::uuid is null
           or (lower(p.family_name || ' ' || p.given_name), p.id)
              > (select lower(q.family_name || ' ' || q.given_name), q.id from person as q where q.id = $5::uuid))
    order by sort_name, p.id
    limit $4::integer + 1
), page as (
    select * from found
    order by sort_name, id
    limit $4::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(to_jsonb(person_json(whole)) || jsonb_build_object('structures',
                  (select coalesce(json_agg(distinct structure_json(s)::jsonb), '[]'::json)
                   from membership as m
                   join structure as s on s.id = m.structure_id
                   where m.person_id = page.id
                     and m.ended_at is null),
                  'absence', absence_on(page.id, (now() at time zone 'Europe/Paris')::date),
                  'interests', interests_of(page.id)) order by sort_name, id), '[]'::json)
              from page),
    'next', case when (select count(*) from found) > $4::integer
                 then (select id from page order by sort_name desc, id desc limit 1) end),
    $5::uuid is null or exists (select from person where id = $5::uuid)

-- name: structures
with found as (
    select s.id, s.name, structure_json(s) as item
    from structure as s
    where s.closed_at is null
      and ($1::text is null
           or position(fold($1::text) in fold(s.name || ' ' || s.city)) > 0)
      and ($2::text is null or s.kind = $2::text)
      and ($3::text is null or s.departement_code = $3::text)
      and ($5::uuid is null
           or (s.name, s.id) > (select b.name, b.id from structure as b where b.id = $5::uuid))
    order by s.name, s.id
    limit $4::integer + 1
), page as (
    select * from found
    order by name, id
    limit $4::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(item order by name, id), '[]'::json) from page),
    'next', case when (select count(*) from found) > $4::integer
                 then (select id from page order by name desc, id desc limit 1) end),
    $5::uuid is null or exists (select from structure where id = $5::uuid)
