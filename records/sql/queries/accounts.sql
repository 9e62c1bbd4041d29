-- Accounts as the operator's command makes and stops them; run as the owner of the database.

-- name: account_structures
-- By name or FINESS; without one, those there are: the command takes it when it is the only one.
select id, name
from structure
where $1::text is null
   or lower(name) = lower($1::text)
   or finess = $1::text
order by name
limit 2

-- name: account_structure_add
insert into structure (name, kind, city, departement_code)
values ($1::text, $2::text, $3::text, $4::text)
returning id

-- name: account_add
-- One person, one account, one place: all or nothing, with its line in the audit.
with added_person as (
    insert into person (prefix, given_name, family_name, profession, rpps, email)
    values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text)
    returning id
), added_account as (
    insert into account (person_id, login, password_hash, language)
    select id, $6::text, $7::text, $8::text
    from added_person
    returning id
), added_membership as (
    insert into membership (person_id, structure_id, role)
    select id, $9::uuid, $10::text
    from added_person
    returning id
)
select audit_add('operator', 'system', null, 'account.add', null, null, a.id)
from added_account as a
cross join added_membership

-- name: account_reset_factor
-- With its line in the audit; no row when there is no such account.
with found as (
    select id from account where login = lower($1::text)
), forgotten as (
    select id, factor_forget(id) from found
)
select audit_add('operator', 'system', null, 'factor.reset', null, null, f.id)
from forgotten as f

-- name: account_demo_stop
with stopped as (
    update account as a
    set disabled_at = now()
    from person as p
    where p.id = a.person_id
      and p.demo
      and a.disabled_at is null
    returning a.id
), told as (
    select audit_add('operator', 'system', null, 'account.stop', null, null, id)
    from stopped
)
select count(*) from told

-- name: account_demo_resume
with resumed as (
    update account as a
    set disabled_at = null
    from person as p
    where p.id = a.person_id
      and p.demo
      and a.disabled_at is not null
    returning a.id
), told as (
    select audit_add('operator', 'system', null, 'account.resume', null, null, id)
    from resumed
)
select count(*) from told
