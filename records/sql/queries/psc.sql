-- Sign-in with Pro Santé Connect.

-- name: psc_attempt_count
select psc_attempts_of($1::text)

-- name: psc_attempt_add
insert into psc_attempt (state_sha256, browser_sha256, peer, page)
values ($1::bytea, $2::bytea, $3::text, $4::text)

-- name: psc_attempt_find
-- Another worker that has it in hand has it alone.
select page, browser_sha256 = $2::bytea, at > now() - interval '10 minutes'
from psc_attempt
where state_sha256 = $1::bytea
for update skip locked

-- name: psc_attempt_end
delete from psc_attempt
where state_sha256 = $1::bytea

-- name: account_by_rpps
select id, person_id
from account_for_rpps($1::text)

-- name: psc_session_add
insert into psc_session (token_sha256, sub, sid, leave_sealed)
values (me_credential(), $1::text, $2::text, $3::bytea)

-- name: psc_session_leave
select leave_sealed, sub
from psc_session
where token_sha256 = me_credential()

-- name: psc_logout_take
select psc_logout_take($1::bytea, $2::text, $3::text)
