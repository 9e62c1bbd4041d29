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
select acts_of_professional_day($1::uuid, $2::timestamptz, $3::uuid)

-- name: count_patients_made
select count(*) from patient where created_by = $1::uuid and created_at > now() - interval '24 hours'

-- name: count_web_sessions
select count(*)
from web_session
where account_id = $1::uuid
  and web_session_is_live(web_session)

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

-- name: count_emergencies
select count(*) from emergency_access where person_id = $1::uuid and at > now() - interval '24 hours'

-- name: count_newcomers
select count(*)
from newcomer
where structure_id = $1::uuid
  and withdrawn_at is null
  and accepted_at is null

-- name: count_newcomers_of_day
select coalesce(sum(sent), 0) from newcomer where invited_by = $1::uuid and sent_at > now() - interval '24 hours'

-- name: count_people
select people_count($1::uuid)

-- name: count_role_changes
select count(*)
from membership
where structure_id = $1::uuid
  and created_at > now() - interval '24 hours'

-- name: count_delegations
-- Those there are, and those there were since yesterday.
select count(*)
from delegation
where professional_id = $1::uuid
  and (ended_at is null or ended_at > now() - interval '24 hours')

-- name: count_absences
select count(*)
from absence
where person_id = $1::uuid
  and (created_at > now() - interval '24 hours'
       or (cancelled_at is null and last_day >= (now() at time zone 'Europe/Paris')::date))

-- name: count_interests
select count(*) from interest_statement where person_id = $1::uuid and at > now() - interval '1 year'

-- name: count_care_team
select count(*)
from care_team
where patient_id = $1::uuid
  and added_by is not null
  and (ended_at is null or ended_at > now() - interval '24 hours')

-- name: count_equipment
select count(*)
from equipment as e
join site as s on s.id = e.site_id
where s.structure_id = $1::uuid

-- name: count_structures
select count(*) from structure where $1::text = 'all'

-- name: count_sites
select count(*) from site where structure_id = $1::uuid

-- name: count_corrections
select count(*) from patient_correction where patient_id = $1::uuid

-- name: count_restrictions
select count(*) from patient_restriction where patient_id = $1::uuid
