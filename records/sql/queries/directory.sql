-- Professionals, structures.

-- name: directory
select json_build_object('items', coalesce(json_agg(item order by sort_name, id), '[]'::json),
                         'next', null)
from (
    select p.id,
           lower(p.family_name || ' ' || p.given_name) as sort_name,
           (to_jsonb(person_json(p)) || jsonb_build_object('structures',
               (select coalesce(json_agg(distinct structure_json(s)::jsonb), '[]'::json)
                from membership as m
                join structure as s on s.id = m.structure_id
                where m.person_id = p.id
                  and m.ended_at is null))) as item
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
    order by sort_name, p.id
    limit $4::integer
) as found

-- name: structures
select json_build_object('items', coalesce(json_agg(item order by name, id), '[]'::json),
                         'next', null)
from (
    select s.id, s.name, structure_json(s) as item
    from structure as s
    where ($1::text is null
           or position(fold($1::text) in fold(s.name || ' ' || s.city)) > 0)
      and ($2::text is null or s.kind = $2::text)
      and ($3::text is null or s.departement_code = $3::text)
    order by s.name, s.id
    limit $4::integer
) as found
