-- The audit as its checkpoints and its verification read it.

-- name: audit_heads
select writer, number, encode(hash, 'hex')
from audit_head
order by writer

-- name: audit_links_after
-- A page of links in the order of the chains; the hash is made again by the program.
select writer, number, (extract(epoch from at) * 1000000)::bigint, actor_kind, actor_id, action, act_id,
       patient_id, object_id, encode(previous_hash, 'hex'), encode(hash, 'hex')
from audit
where (writer, number) > ($1::text, $2::bigint)
order by writer, number
limit 10000

-- name: patient_accesses
-- One item for each person, action and act of a day; with the reason, when it was an emergency.
with page as (
    select * from patient_accesses($1::uuid, $2::date, $3::integer)
)
select json_build_object(
    'items', (select coalesce(json_agg(json_build_object(
                  'day', day, 'first_at', rfc3339(first_at), 'last_at', rfc3339(last_at), 'times', times,
                  'action', action, 'who', actor_words(actor_kind, actor_id, last_at), 'act', act_id,
                  'emergency', emergency)
                  order by last_at desc, action), '[]'::json)
              from page),
    'next', (select min(day) from page having count(distinct day) = $3::integer))

-- name: audit_day
-- Whoever saw most patients first. Of a structure's patients, or of everybody's; of today, when no day is named.
with wanted as (
    select coalesce($2::date, (now() at time zone 'Europe/Paris')::date) as day
)
select json_build_object(
    'day', (select day from wanted),
    'items', coalesce(json_agg(json_build_object(
                          'who', case when actor_kind = 'person' then actor_words(actor_kind, actor_id, last_at)
                                      else json_build_object('kind', actor_kind) end,
                          'patients', patients, 'first_at', rfc3339(first_at), 'last_at', rfc3339(last_at), 'actions', actions)
                      order by patients desc, last_at desc), '[]'::json),
    'state', audit_chains())
from audit_day($1::uuid, (select day from wanted))

-- name: audit_alerts_scan
select email, phone, language, structure
from audit_alerts_scan()

-- name: audit_alerts
with found as (
    select a.id, a.at,
           json_build_object(
               'id', a.id, 'rule', a.rule, 'at', rfc3339(a.at), 'day', a.day, 'patients', a.patients,
               'person', (select json_build_object('id', p.id, 'name', p.display_name, 'profession', p.profession)
                          from person as p where p.id = a.person_id),
               'seen', case when a.seen_at is not null then
                           json_build_object('by', (select p.display_name from person as p where p.id = a.seen_by),
                                             'at', rfc3339(a.seen_at), 'comment', sealed('audit_alert.comment', a.id::text, a.comment)) end) as item
    from audit_alert as a
    where $1::uuid is null
       or (a.at, a.id) < (select b.at, b.id from audit_alert as b where b.id = $1::uuid)
    order by a.at desc, a.id desc
    limit $2::integer + 1
), page as (
    select * from found
    order by at desc, id desc
    limit $2::integer
)
select json_build_object(
    'items', (select coalesce(json_agg(item order by at desc, id desc), '[]'::json) from page),
    'next', case when (select count(*) from found) > $2::integer
                 then (select id from page order by at, id limit 1) end,
    'open', (select count(*) from audit_alert where seen_at is null)),
    $1::uuid is null or exists (select from audit_alert where id = $1::uuid)

-- name: audit_alert_seen
update audit_alert
set seen_by = $2::uuid,
    seen_at = now(),
    comment = $3::text
where id = $1::uuid
  and seen_at is null
returning id

-- name: audit_alert_known
select seen_at is not null
from audit_alert
where id = $1::uuid
