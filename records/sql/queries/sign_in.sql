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
from account
where login = $1::text
  and disabled_at is null

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

-- name: web_session_add
insert into web_session (token_sha256, account_id)
values ($1::bytea, $2::uuid)

-- name: web_session_end
update web_session
set ended_at = now()
where token_sha256 = $1::bytea
  and ended_at is null
