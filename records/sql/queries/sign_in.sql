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

-- name: sign_in_failures
select (select count(*) from sign_in_failure
        where login_sha256 = $1::bytea and at > now() - interval '15 minutes'),
       (select count(*) from sign_in_failure
        where peer = $2::text and at > now() - interval '15 minutes')

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
