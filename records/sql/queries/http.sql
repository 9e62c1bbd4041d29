-- Identity, rights, idempotency, audit.

-- name: identity_take
-- The digest of what was shown, for this transaction: the database finds out whose it is.
select set_config('role', $1::text, true), set_config('teleloire.credential', coalesce(encode($2::bytea, 'hex'), ''), true)

-- name: web_session_find
select account_id, person_id, name, language, roles, proof, proved_s, enrolled, demo, over
from session_find()

-- name: visit_find
with touched as (
    update visit
    set last_seen_at = now()
    where token_sha256 = $1::bytea
      and ended_at is null
      and last_seen_at < now() - interval '1 minute'
)
select v.invitation_id, v.delivery_id, coalesce(i.act_id, d.act_id), coalesce(sealed('invitation.identity/name', i.id::text, i.identity), ''),
       coalesce(i.language, d.language)
from visit as v
left join invitation as i on i.id = v.invitation_id and i.replaced_at is null
left join delivery as d on d.id = v.delivery_id and d.replaced_at is null and d.expires_at > now()
where v.token_sha256 = $1::bytea
  and v.ended_at is null
  and v.created_at > now() - interval '12 hours'
  and coalesce(i.id, d.id) is not null

-- name: act_lock
select act_lock($1::uuid)

-- name: act_view
-- What the person is to the act, in the words of http/access.c.
select a.patient_id, a.professional_id, a.structure_id, a.state, a.version,
       exists (select from participant as p where p.act_id = a.id and p.state = 'in'),
       concat_ws(' ',
           case when a.professional_id = $2::uuid then 'own' end,
           case when exists (select from act_colleague as c
                             where c.act_id = a.id and c.person_id = $2::uuid) then 'colleague' end,
           case when act_is_planned($2::uuid, a.professional_id, a.structure_id) then 'planner' end,
           case when patient_is_cared_for($2::uuid, a.patient_id) then 'care_team' end,
           case when patient_is_opened($2::uuid, a.patient_id) then 'emergency' end)
from act as a
where a.id = $1::uuid

-- name: patient_relation
-- What the person is to the patient, and as what they work where the patient is known.
select concat_ws(' ',
           case when known.roles is not null then 'structure' end,
           case when patient_is_cared_for($2::uuid, $1::uuid) then 'care_team' end,
           case when patient_is_opened($2::uuid, $1::uuid) then 'emergency' end),
       known.roles
from (select string_agg(distinct m.role, ' ') as roles
      from patient_structure as ps
      join membership as m on m.structure_id = ps.structure_id
      where ps.patient_id = $1::uuid
        and m.person_id = $2::uuid
        and m.ended_at is null
        and (m.role = 'manager' or not patient_is_restricted($1::uuid))) as known

-- name: structure_relation
select case when known.roles is not null then 'structure' else '' end, known.roles
from structure as s
cross join lateral (select string_agg(distinct m.role, ' ') as roles
                    from membership as m
                    where m.structure_id = s.id
                      and m.person_id = $2::uuid
                      and m.ended_at is null) as known
where s.id = $1::uuid

-- name: idempotency_key_take
insert into idempotency_key (owner, key, request_sha256)
values ($1::text, $2::uuid, $3::bytea)
on conflict do nothing
returning 1

-- name: idempotency_key_read
select request_sha256 = $3::bytea, status, sealed('idempotency_key.body', key::text, body), act_id, patient_id, object_id
from idempotency_key
where owner = $1::text
  and key = $2::uuid

-- name: idempotency_key_answer
update idempotency_key
set status = $3::integer,
    body = $4::text,
    act_id = $5::uuid,
    patient_id = $6::uuid,
    object_id = $7::uuid
where owner = $1::text
  and key = $2::uuid

-- name: audit_add
-- Who looks at an act looks at its patient.
select audit_add($1::text, $2::text, $3::uuid, $4::text, $5::uuid,
                 coalesce($6::uuid, (select patient_id from act where id = $5::uuid)), $7::uuid)

-- name: audit_add_each
select audit_add($1::text, $2::text, $3::uuid, $4::text, seen.act, seen.patient, null)
from (
    select distinct case when item ? 'patient' then (item ->> 'id')::uuid end as act,
           coalesce(item -> 'patient' ->> 'id', item ->> 'id')::uuid as patient
    from jsonb_path_query($5::jsonb, '$.*[*]') as item
    where jsonb_typeof(item) = 'object'
      and item ? 'id'
    order by 2, 1
) as seen

-- name: tidy
with old_keys as (
    delete from idempotency_key where created_at < now() - interval '1 day'
), old_tickets as (
    delete from ticket where expires_at < now() - interval '1 day'
), old_failures as (
    delete from sign_in_failure where at < now() - interval '1 day'
), old_attempts as (
    delete from psc_attempt where at < now() - interval '1 hour'
), old_logouts as (
    delete from psc_logout where at < now() - interval '1 day'
), old_devices as (
    delete from known_device where last_seen_at < now() - interval '180 days' or ended_at < now() - interval '30 days'
)
delete from web_session
where created_at < now() - interval '2 days'
