-- Accounts and their sessions.

-- name: me
select json_build_object(
    'person', person_json(p),
    'memberships', (select coalesce(json_agg(json_build_object('structure', structure_json(s),
                        'role', m.role) order by s.name, m.role), '[]'::json)
                    from membership as m
                    join structure as s on s.id = m.structure_id
                    where m.person_id = p.id
                      and m.ended_at is null),
    'language', a.language)
from account as a
join person as p on p.id = a.person_id
where a.id = $1::uuid

-- name: account_language
update account
set language = $2::text
where id = $1::uuid

-- name: account_by_login
select id, password_hash
from account_for_sign_in($1::text)

-- name: account_login
select login
from account
where id = $1::uuid

-- name: account_set_password
update account
set password_hash = $2::text
where id = $1::uuid

-- name: web_sessions_end_others
update web_session
set ended_at = now()
where account_id = $1::uuid
  and token_sha256 <> $2::bytea
  and ended_at is null

-- name: sign_in_locked_for
-- Seconds until the login ($3 failures within $5 minutes) and the address ($4) are free; null: now.
select ceil(extract(epoch from max(full_at) + make_interval(mins => $5::integer) - clock_timestamp()))::integer
from (
    (select at as full_at
     from sign_in_failure
     where login_sha256 = $1::bytea
       and at > clock_timestamp() - make_interval(mins => $5::integer)
     order by at desc
     offset $3::integer - 1
     limit 1)
    union all
    (select at
     from sign_in_failure
     where peer = $2::text
       and at > clock_timestamp() - make_interval(mins => $5::integer)
     order by at desc
     offset $4::integer - 1
     limit 1)
) as full_counts

-- name: sign_in_failure_add
insert into sign_in_failure (login_sha256, peer)
values ($1::bytea, $2::text)

-- name: sign_in_forgive
delete from sign_in_failure
where login_sha256 = $1::bytea

-- name: web_sessions_mine
select coalesce(json_agg(json_build_object('id', s.id, 'since', rfc3339(s.created_at),
                                           'last_seen_at', rfc3339(s.last_seen_at),
                                           'here', s.token_sha256 = $2::bytea,
                                           'psc', exists (select from psc_session as p
                                                          where p.token_sha256 = s.token_sha256))
                         order by s.created_at desc, s.id), '[]')
from web_session as s
where s.account_id = $1::uuid
  and s.proof is not null
  and web_session_is_live(s)

-- name: web_session_revoke
update web_session as s
set ended_at = now()
where s.account_id = $1::uuid
  and s.id = $2::uuid
  and web_session_is_live(s)
returning s.token_sha256 = $3::bytea

-- name: web_sessions_end
update web_session
set ended_at = now()
where account_id = $1::uuid
  and ended_at is null

-- name: browsers_ended_now
select array_to_json(browsers_ended_now())

-- name: session_facts
select roles, enrolled, trusted, demo
from session_facts($1::uuid, $2::bytea)

-- name: web_session_begin
select session_begin($1::bytea, $2::uuid, $3::text, $4::bytea)

-- name: web_session_complete
select session_complete($1::bytea)

-- name: web_session_proved
select session_proved()

-- name: web_session_end
select session_end()

-- name: sign_in_flood_add
with added as (
    insert into sign_in_flood (kind, key, refused, since)
    values ($1::text, $2::text, $3::bigint, to_timestamp($4::bigint))
    returning id
)
select audit_add($5::text, 'system', null, 'sign_in.flood', null, null, id)
from added
