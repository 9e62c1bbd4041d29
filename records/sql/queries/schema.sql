-- What the migration runner asks.

-- name: migrations
select number, sha256
from schema_migration
order by number

-- name: migration_done
insert into schema_migration (number, name, sha256)
values ($1::integer, $2::text, $3::text)

-- name: role_user_script
select case when exists (select from pg_roles where rolname = $1::text)
            then format('alter role %I login nocreatedb nocreaterole', $1::text)
            else format('create role %I login', $1::text) end
    || case when $2::text is null then '' else format(' password %L', $2::text) end
    || format('; grant %I to %I; grant connect on database %I to %I',
              $3::text, $1::text, current_database(), $1::text)

-- name: schema_is_ready
select max(number) from schema_migration
