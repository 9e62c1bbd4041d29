-- How many there are of what has a limit (http/limits.c); each counts for one subject.

-- name: limit_lock
-- Whoever adds to the same count waits here until we have committed.
select pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'limit', $1::text, $2::text), 0))

-- name: count_consents
select count(*) from consent where act_id = $1::uuid

-- name: count_reminders
select count(*) from act_event where act_id = $1::uuid and type = 'reminded'

-- name: count_links
select count(*) from act_event where act_id = $1::uuid and type = 'link_renewed'

-- name: count_moves
select count(*) from act_event where act_id = $1::uuid and type = 'rescheduled'

-- name: count_amendments
select count(*) from report where act_id = $1::uuid and version > 1

-- name: count_guests
select count(*) from invitation where act_id = $1::uuid and role <> 'patient'

-- name: count_colleagues
select count(*) from act_event where act_id = $1::uuid and type in ('colleague_invited', 'handed_over')

-- name: count_documents
select count(*) from document where act_id = $1::uuid

-- name: count_document_bytes
select coalesce(sum(size_bytes), 0) from document where act_id = $1::uuid and deleted_at is null

-- name: count_acts_of_day
-- The day of Paris that holds the time given; an act that moves does not stand in its own way.
with day as (
    select date_trunc('day', $2::timestamptz at time zone 'Europe/Paris') as first
)
select count(*)
from act, day
where professional_id = $1::uuid
  and starts_at >= day.first at time zone 'Europe/Paris'
  and starts_at < (day.first + interval '1 day') at time zone 'Europe/Paris'
  and id is distinct from $3::uuid

-- name: count_patients_made
select count(*) from patient where created_by = $1::uuid and created_at > now() - interval '24 hours'

-- name: count_web_sessions
select count(*)
from web_session
where account_id = $1::uuid
  and ended_at is null
  and created_at > now() - interval '12 hours'
  and last_seen_at > now() - interval '30 minutes'

-- name: count_tickets
select count(*)
from ticket
where (person_id = $1::uuid or invitation_id = $1::uuid)
  and used_at is null
  and expires_at > now()

-- name: count_tests
select count(*)
from ticket
where invitation_id = $1::uuid
  and kind = 'test'
  and expires_at > now() - interval '24 hours'

-- name: count_probes
-- Tickets of this kind that are nobody's.
select count(*)
from ticket
where kind = $1::text
  and num_nonnulls(act_id, person_id, invitation_id) = 0
  and used_at is null
  and expires_at > now()
