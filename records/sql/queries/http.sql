-- Identity, rights, idempotency, audit.

-- name: web_session_find
with touched as (
    update web_session
    set last_seen_at = now()
    where token_sha256 = $1::bytea
      and ended_at is null
      and last_seen_at between now() - interval '30 minutes' and now() - interval '1 minute'
)
select a.id, p.id, p.display_name, a.language,
       exists (select from membership as m where m.person_id = p.id and m.ended_at is null
               and m.role in ('doctor', 'nurse', 'midwife')),
       exists (select from membership as m where m.person_id = p.id and m.ended_at is null
               and m.role in ('doctor', 'nurse', 'midwife', 'secretary'))
from web_session as s
join account as a on a.id = s.account_id
join person as p on p.id = a.person_id
where s.token_sha256 = $1::bytea
  and s.ended_at is null
  and s.created_at > now() - interval '12 hours'
  and s.last_seen_at > now() - interval '30 minutes'
  and a.disabled_at is null

-- name: visit_find
with touched as (
    update visit
    set last_seen_at = now()
    where token_sha256 = $1::bytea
      and ended_at is null
      and last_seen_at < now() - interval '1 minute'
)
select v.invitation_id, v.delivery_id, coalesce(i.act_id, d.act_id), coalesce(i.name, ''),
       coalesce(i.language, d.language)
from visit as v
left join invitation as i on i.id = v.invitation_id and i.replaced_at is null
left join delivery as d on d.id = v.delivery_id and d.replaced_at is null and d.expires_at > now()
where v.token_sha256 = $1::bytea
  and v.ended_at is null
  and v.created_at > now() - interval '12 hours'
  and coalesce(i.id, d.id) is not null

-- name: act_lock
select from act
where id = $1::uuid
for update

-- name: act_view
select a.patient_id, a.professional_id, a.structure_id, a.state, a.version,
       exists (select from participant as p where p.act_id = a.id and p.state = 'in'),
       case
           when a.professional_id = $2::uuid then 3
           when exists (select from act_colleague as c
                        where c.act_id = a.id and c.person_id = $2::uuid) then 2
           when exists (select from membership as m
                        where m.person_id = $2::uuid and m.structure_id = a.structure_id
                          and m.role = 'secretary' and m.ended_at is null) then 1
           else 0
       end
from act as a
where a.id = $1::uuid

-- name: patient_relation
select 1
from patient_structure as ps
join membership as m on m.structure_id = ps.structure_id
where ps.patient_id = $1::uuid
  and m.person_id = $2::uuid
  and m.ended_at is null
  and m.role in ('doctor', 'nurse', 'midwife', 'secretary')
limit 1

-- name: idempotency_key_take
insert into idempotency_key (owner, key, request_sha256)
values ($1::text, $2::uuid, $3::bytea)
on conflict do nothing
returning 1

-- name: idempotency_key_read
select request_sha256 = $3::bytea, status, body, act_id, patient_id, object_id
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
)
delete from web_session
where created_at < now() - interval '2 days'
