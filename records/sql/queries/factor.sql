-- The second factor, its recovery codes, and the devices it was given on.

-- name: factor_find
-- A secret that was shown is good for a quarter of an hour.
select sealed, case when pending_at > now() - interval '15 minutes' then pending_sealed end, last_step
from account_factor
where account_id = $1::uuid
for update

-- name: factor_login
select half_login()

-- name: factor_used
update account_factor
set last_step = $2::bigint
where account_id = $1::uuid

-- name: factor_pending
insert into account_factor (account_id, pending_sealed, pending_at)
values ($1::uuid, $2::bytea, now())
on conflict (account_id) do update
set pending_sealed = excluded.pending_sealed,
    pending_at = excluded.pending_at

-- name: factor_confirm
update account_factor
set sealed = pending_sealed,
    confirmed_at = now(),
    last_step = $2::bigint,
    pending_sealed = null,
    pending_at = null
where account_id = $1::uuid

-- name: factor_of_demo
select factor_of_demo($1::uuid, $2::bytea)

-- name: factor_reset
select factor_reset($1::uuid)

-- name: recovery_codes_forget
delete from recovery_code
where account_id = $1::uuid

-- name: recovery_code_add
insert into recovery_code (account_id, code_hash)
values ($1::uuid, $2::bytea)

-- name: recovery_code_use
update recovery_code
set used_at = now()
where account_id = $1::uuid
  and code_hash = $2::bytea
  and used_at is null
returning code_hash

-- name: factor_mine
-- Devices the owner vouched for; $2: this one.
select json_build_object(
    'since', (select rfc3339(f.confirmed_at) from account_factor as f where f.account_id = $1::uuid),
    'recovery_left', (select count(*) from recovery_code as c where c.account_id = $1::uuid and c.used_at is null),
    'devices', (select coalesce(json_agg(json_build_object('id', d.id, 'since', rfc3339(d.created_at),
                    'last_seen_at', rfc3339(d.last_seen_at), 'until', rfc3339(d.trusted_until),
                    'here', d.token_sha256 = $2::bytea) order by d.last_seen_at desc, d.id), '[]'::json)
                from known_device as d
                where d.account_id = $1::uuid
                  and d.ended_at is null
                  and d.trusted_until > now()))

-- name: device_seen
-- $3: days it is vouched for from now; null: as before. One that was forgotten begins anew.
insert into known_device as d (account_id, token_sha256, trusted_until)
values ($1::uuid, $2::bytea, now() + make_interval(days => $3::integer))
on conflict (account_id, token_sha256) do update
set last_seen_at = now(),
    trusted_until = coalesce(excluded.trusted_until, case when d.ended_at is null then d.trusted_until end),
    ended_at = null

-- name: device_forget
update known_device
set ended_at = now(),
    trusted_until = null
where account_id = $1::uuid
  and id = $2::uuid
  and ended_at is null
returning id
