-- The story of each act, in the words of docs/channels.md for what the
-- session saw and of records/ for what the pages did; then the audit rows.
-- Included by load.sql, whose temporary tables it reads.

insert into act_event (id, act_id, type, at, recorded_at, participant, by_person_id, detail)
select gen_random_uuid(), e.act_id, e.type, e.at, e.at + interval '20 milliseconds', e.participant, e.by, e.detail
from (
    select a.id as act_id, 'created' as type, a.created_at as at, null as participant, a.created_by as by,
           '{}'::jsonb as detail
    from act as a
    where a.demo
    union all
    select c.act_id, 'colleague_invited', c.at, null, c.invited_by, jsonb_build_object('person', c.person_id)
    from act_colleague as c
    join act_in as a on a.id = c.act_id
    union all
    select i.act_id, 'link_opened', i.opened_at, null, null, '{}'
    from invitation as i
    where i.demo
      and i.opened_at is not null
    union all
    select i.act_id, 'code_verified', i.verified_at, null, null, '{}'
    from invitation as i
    where i.demo
      and i.verified_at is not null
    union all
    select i.act_id, 'test_result', i.tested_at, null, null,
           '{"report": {"audio": {"verdict": "good"}, "video": {"verdict": "good"}}}'
    from invitation as i
    join act_in as a on a.id = i.act_id
    where i.tested_at is not null
      and a.incident is distinct from 'test_failed'
    union all
    select c.act_id, case when c.given then 'consent_given' else 'consent_refused' end, c.at, null, c.person_id,
           jsonb_build_object('by', c.by, 'how', c.how)
    from consent as c
    join act_in as a on a.id = c.act_id
    union all
    select s.act_id, 'seat_taken', s.joined_at, s.participant, null,
           jsonb_build_object('seat', s.seat, 'person', s.person_id, 'name', s.name, 'role', s.role, 'title', s.title)
    from seat as s
    union all
    select s.act_id, 'admitted', s.admitted_at, s.participant, null,
           jsonb_build_object('by', md5('seat/1/' || s.act_id))
    from seat as s
    where s.role <> 'host'
      and s.admitted_at is not null
    union all
    select s.act_id, 'identity_checked', s.admitted_at + interval '40 seconds', s.participant, null,
           jsonb_build_object('by', md5('seat/1/' || s.act_id), 'participant', s.participant)
    from seat as s
    where s.role = 'patient'
      and s.admitted_at is not null
    union all
    select i.act_id, 'incident', coalesce(i.ended_at, i.started_at), i.participant, null,
           jsonb_build_object('kind', i.kind, 'started_at', rfc3339(i.started_at), 'ended_at', rfc3339(i.ended_at),
                              'measure', i.measure, 'unit', i.unit)
    from seed_incident as i
    union all
    select s.act_id, 'left', s.left_at, s.participant, null, jsonb_build_object('reason', 'leave')
    from seat as s
    where s.admitted_at is null
    union all
    select s.act_id, 'ended', s.left_at, s.participant, null, jsonb_build_object('by', s.participant)
    from seat as s
    where s.role = 'host'
    union all
    select r.act_id, case r.version when 1 then 'closed' else 'amended' end, r.closed_at, null, r.closed_by,
           jsonb_build_object('version', r.version)
    from report as r
    join act_in as a on a.id = r.act_id
    union all
    select d.act_id, 'report_read', d.verified_at, null, null, '{}'
    from delivery as d
    join act_in as a on a.id = d.act_id
    where d.verified_at is not null
    union all
    select a.id, case when a.cancelled then 'cancelled' else 'not_done' end, a.not_done_at, null, a.professional_id,
           jsonb_build_object('reason', a.not_done_reason)
    from act as a
    where a.demo
      and a.state = 'not_done'
) as e;

select count(audit_add('seed', 'system', null, 'demo.load', null, id, null)) from patient_in \g /dev/null
select count(audit_add('seed', 'system', null, 'demo.load', id, patient, null)) from act_in \g /dev/null
