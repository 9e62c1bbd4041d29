-- Invitations, visits, deliveries.

-- name: invitation_add
insert into invitation (id, act_id, role, identity, has_email, has_phone, language, token_sha256, code_hash)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::boolean, $6::boolean, $7::text, $8::bytea, $9::bytea)

-- name: invitation_replace
with replaced as (
    update invitation
    set replaced_at = now()
    where act_id = $1::uuid
      and role = 'patient'
      and replaced_at is null
    returning id
)
update visit
set ended_at = now()
where invitation_id in (select id from replaced)
  and ended_at is null

-- name: invitations_living
select id, sealed('invitation.identity/email', id::text, identity),
       sealed('invitation.identity/phone', id::text, identity), language
from invitation
where act_id = $1::uuid
  and replaced_at is null
order by created_at

-- name: invitations_sent_now
update invitation
set sent_at = now()
where act_id = $1::uuid
  and replaced_at is null

-- name: delivery_contact
-- Of the invitation, then of the patient: what is missing there is taken from here.
select sealed('invitation.identity/email', i.id::text, i.identity),
       sealed('invitation.identity/phone', i.id::text, i.identity),
       sealed('patient.identity/email', p.id::text, p.identity),
       sealed('patient.identity/phone', p.id::text, p.identity), coalesce(i.language, 'fr')
from act as a
join patient as p on p.id = a.patient_id
left join lateral (select * from invitation as j
                   where j.act_id = a.id and j.role = 'patient' and j.replaced_at is null
                   order by j.created_at desc limit 1) as i on true
where a.id = $1::uuid

-- name: delivery_add
with old as (
    update delivery
    set replaced_at = now()
    where act_id = $2::uuid
      and replaced_at is null
)
insert into delivery (id, act_id, identity, language, token_sha256, code_hash, expires_at)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::bytea, now() + interval '30 days')

-- name: invitation_by_token
select i.id, i.act_id, invitation_state(i, a), i.tries,
       sealed('invitation.identity/email', i.id::text, i.identity),
       sealed('invitation.identity/phone', i.id::text, i.identity), i.language,
       p.display_name, s.name, rfc3339(a.starts_at), i.code_hash,
       a.state = 'planned' and a.starts_at > now() + interval '24 hours',
       exists (select from visit as v where v.invitation_id = i.id and v.ended_at is null
               and v.created_at > now() - interval '12 hours'),
       a.patient_id,
       (select count(*) from code_sent as c
        where c.invitation_id = i.id and c.at > now() - interval '1 hour'),
       s.phone
from invitation as i
join act as a on a.id = i.act_id
join person as p on p.id = a.professional_id
join structure as s on s.id = a.structure_id
where i.token_sha256 = $1::bytea
for update of i

-- name: delivery_by_token
select d.id, d.act_id,
       case when d.replaced_at is not null then 'replaced'
            when d.tries >= 5 then 'locked'
            when d.expires_at < now() then 'expired'
            when d.verified_at is not null then 'verified'
            when d.opened_at is not null then 'opened'
            else 'sent' end,
       d.tries, sealed('delivery.identity/email', d.id::text, d.identity),
       sealed('delivery.identity/phone', d.id::text, d.identity), d.language,
       p.display_name, s.name, rfc3339(a.starts_at), d.code_hash, false,
       exists (select from visit as v where v.delivery_id = d.id and v.ended_at is null
               and v.created_at > now() - interval '12 hours'),
       a.patient_id,
       (select count(*) from code_sent as c
        where c.delivery_id = d.id and c.at > now() - interval '1 hour'),
       s.phone
from delivery as d
join act as a on a.id = d.act_id
join person as p on p.id = a.professional_id
join structure as s on s.id = a.structure_id
where d.token_sha256 = $1::bytea
for update of d

-- name: invitation_opened
update invitation
set opened_at = coalesce(opened_at, now())
where id = $1::uuid

-- name: delivery_opened
update delivery
set opened_at = coalesce(opened_at, now())
where id = $1::uuid

-- name: invitation_wrong_code
update invitation
set tries = tries + 1
where id = $1::uuid

-- name: delivery_wrong_code
update delivery
set tries = tries + 1
where id = $1::uuid

-- name: invitation_verified
with moved as (
    update visit
    set ended_at = now()
    where invitation_id = $1::uuid
      and ended_at is null
), begun as (
    insert into visit (token_sha256, invitation_id)
    values ($2::bytea, $1::uuid)
)
update invitation
set verified_at = now(),
    opened_at = coalesce(opened_at, now()),
    code_hash = null
where id = $1::uuid

-- name: delivery_verified
with moved as (
    update visit
    set ended_at = now()
    where delivery_id = $1::uuid
      and ended_at is null
), begun as (
    insert into visit (token_sha256, delivery_id)
    values ($2::bytea, $1::uuid)
)
update delivery
set verified_at = now(),
    opened_at = coalesce(opened_at, now()),
    code_hash = null
where id = $1::uuid

-- name: invitation_new_code
with sent as (
    insert into code_sent (invitation_id)
    values ($1::uuid)
)
update invitation
set code_hash = $2::bytea
where id = $1::uuid

-- name: delivery_new_code
with sent as (
    insert into code_sent (delivery_id)
    values ($1::uuid)
)
update delivery
set code_hash = $2::bytea
where id = $1::uuid

-- name: visit_facts
select json_build_object(
           'act', a.id,
           'state', case when a.state = 'not_done' and a.cancelled then 'cancelled'
                         when a.state = 'not_done' then 'not_held'
                         when act_is_over(a.state) then 'ended'
                         else a.state end,
           'starts_at', rfc3339(a.starts_at),
           'duration_min', a.duration_min,
           'professional', p.display_name,
           'structure', s.name,
           'structure_phone', s.phone,
           'interests', interests_of(p.id),
           'you', json_build_object('name', sealed('invitation.identity/name', i.id::text, i.identity), 'role', i.role),
           'tested', i.tested_at is not null,
           'documents', (select coalesce(json_agg(document_json(d) order by d.created_at, d.id), '[]'::json)
                         from document as d
                         where d.act_id = a.id
                           and i.role = 'patient'
                           and document_is_given(d)
                           and exists (select from delivery as e where e.act_id = a.id)),
           'report_ready', i.role = 'patient' and exists (select from delivery as e where e.act_id = a.id)),
       i.role, i.language,
       (select c.given from consent as c where c.act_id = a.id order by c.at desc, c.id limit 1),
       a.state,
       a.starts_at > now() + interval '1 hour',
       invitation_state(i, a),
       a.patient_id
from invitation as i
join act as a on a.id = i.act_id
join person as p on p.id = a.professional_id
join structure as s on s.id = a.structure_id
where i.id = $1::uuid

-- name: visit_end
update visit
set ended_at = now()
where invitation_id = $1::uuid
  and ended_at is null

-- name: delivery_facts
select json_build_object(
           'professional', p.display_name,
           'structure', s.name,
           'date', rfc3339(a.starts_at),
           'documents', (select coalesce(json_agg(document_json(d) order by d.created_at, d.id), '[]'::json)
                         from document as d
                         where d.act_id = a.id
                           and document_is_given(d))),
       a.patient_id
from act as a
join person as p on p.id = a.professional_id
join structure as s on s.id = a.structure_id
where a.id = $1::uuid

-- name: ticket_add
insert into ticket (token_sha256, kind, act_id, person_id, invitation_id, expires_at)
values ($1::bytea, $2::text, $3::uuid, $4::uuid, $5::uuid, now() + interval '60 seconds')

-- name: ticket_add_of_browser
insert into ticket (token_sha256, kind, act_id, person_id, expires_at, web_session_id)
values ($1::bytea, $2::text, $3::uuid, $4::uuid, now() + interval '60 seconds', my_browser())
