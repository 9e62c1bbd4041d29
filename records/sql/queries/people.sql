-- The people of a structure: who is there, who is invited, who leaves.

-- name: people_of_structure
with found as (
    select p.id, lower(p.family_name || ' ' || p.given_name) as sort_name, p as whole
    from person as p
    where exists (select from membership as m
                  where m.person_id = p.id
                    and m.structure_id = $1::uuid
                    and m.ended_at is null)
      and ($3::uuid is null
           or (lower(p.family_name || ' ' || p.given_name), p.id)
              > (select lower(q.family_name || ' ' || q.given_name), q.id from person as q where q.id = $3::uuid))
    order by sort_name, p.id
    limit $2::integer + 1
), page as (
    select * from found
    order by sort_name, id
    limit $2::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(json_build_object(
                  'person', person_json(whole),
                  'email', (whole).email,
                  'roles', (select json_agg(json_build_object('role', m.role, 'since', rfc3339(m.created_at))
                                            order by m.created_at, m.role)
                            from membership as m
                            where m.person_id = page.id
                              and m.structure_id = $1::uuid
                              and m.ended_at is null),
                  'last_sign_in_at', rfc3339(last_sign_in(page.id)),
                  'absence', absence_on(page.id, (now() at time zone 'Europe/Paris')::date))
                  order by sort_name, id), '[]'::json)
              from page),
    'next', case when (select count(*) from found) > $2::integer
                 then (select id from page order by sort_name desc, id desc limit 1) end),
    $3::uuid is null or exists (select from person where id = $3::uuid)

-- name: newcomers_of_structure
-- Those who have not come yet, and those whose link ran out.
select json_build_object('items', coalesce(json_agg(json_build_object(
           'id', n.id,
           'email', n.email,
           'display_name', concat_ws(' ', nullif(n.prefix, ''), n.given_name, n.family_name),
           'profession', n.profession,
           'role', n.role,
           'state', case when n.expires_at > now() then 'sent' else 'expired' end,
           'sent_at', rfc3339(n.sent_at),
           'sent', n.sent,
           'expires_at', rfc3339(n.expires_at),
           'invited_by', person_json(p)) order by n.created_at desc, n.id), '[]'::json))
from newcomer as n
join person as p on p.id = n.invited_by
where n.structure_id = $1::uuid
  and n.withdrawn_at is null
  and n.accepted_at is null

-- name: newcomer_obstacle
select newcomer_obstacle($1::uuid, $2::text, $3::text, $4::text)

-- name: newcomer_add
insert into newcomer (id, structure_id, email, prefix, given_name, family_name, profession, role, rpps, language,
                      token_sha256, invited_by)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text,
        $11::bytea, $12::uuid)

-- name: newcomer_of_structure
select email, language, sent, role
from newcomer
where id = $1::uuid
  and structure_id = $2::uuid
  and withdrawn_at is null
  and accepted_at is null
for update

-- name: newcomer_again
update newcomer
set token_sha256 = $2::bytea,
    sent_at = now(),
    sent = sent + 1,
    expires_at = now() + interval '72 hours'
where id = $1::uuid

-- name: newcomer_withdraw
update newcomer
set withdrawn_at = now(),
    withdrawn_by = $2::uuid
where id = $1::uuid

-- name: newcomers_withdraw_of
update newcomer
set withdrawn_at = now(),
    withdrawn_by = $3::uuid
where structure_id = $1::uuid
  and invited_by = $2::uuid
  and withdrawn_at is null
  and accepted_at is null

-- name: inviter_facts
select s.name, p.display_name
from structure as s, person as p
where s.id = $1::uuid
  and p.id = $2::uuid

-- name: newcomer_by_token
-- Who holds a link, and whether we know them already: then they sign in instead of choosing a password.
select id, structure_id, state, structure, name, email, role, language, invited_by, person_id, in_use, account_id,
       login, rfc3339(expires_at)
from newcomer_facts($1::bytea)

-- name: newcomer_comes
select person_id, account_id
from newcomer_comes($1::bytea, $2::text)

-- name: member_roles
select coalesce(string_agg(m.role, ' ' order by m.role), '')
from membership as m
where m.person_id = $2::uuid
  and m.structure_id = $1::uuid
  and m.ended_at is null

-- name: other_managers
select exists (select from membership as m
               where m.structure_id = $1::uuid
                 and m.person_id <> $2::uuid
                 and m.role = 'manager'
                 and m.ended_at is null)

-- name: membership_add
insert into membership (person_id, structure_id, role, added_by)
values ($1::uuid, $2::uuid, $3::text, $4::uuid)

-- name: membership_end
-- Without a role: all of them.
update membership
set ended_at = now(),
    ended_by = $4::uuid
where person_id = $1::uuid
  and structure_id = $2::uuid
  and ($3::text is null or role = $3::text)
  and ended_at is null

-- name: leaver_facts
select p.email, person_language(p.id), s.name
from person as p
join structure as s on s.id = $1::uuid
where p.id = $2::uuid

-- name: open_acts_count
select count(*) filter (where state = 'planned'),
       count(*) filter (where state in ('waiting', 'live')),
       count(*) filter (where state = 'to_close')
from acts_left_open($1::uuid, $2::uuid)

-- name: open_acts
select json_build_object('items', coalesce(json_agg(json_build_object('id', a.id, 'state', a.state,
           'starts_at', rfc3339(a.starts_at), 'duration_min', a.duration_min) order by a.starts_at, a.id), '[]'::json))
from (select * from acts_left_open($1::uuid, $2::uuid) limit 200) as a

-- name: leaving_begin
-- What a manager may with the acts of who leaves, they may in this transaction only.
update membership
set leaving_at = now()
where person_id = $2::uuid
  and structure_id = $1::uuid
  and ended_at is null
returning 1

-- name: open_acts_next
select id, professional_id, patient_id, structure_id, state, rfc3339(starts_at)
from act
where structure_id = $1::uuid
  and professional_id = $2::uuid
  and (state = 'planned' or ($3::boolean and state = 'to_close'))
order by starts_at, id
limit 50
for update
