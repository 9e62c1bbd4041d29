-- Tickets, sessions, events.

-- name: ticket_redeem
with used as (
    update ticket
    set used_at = now()
    where token_sha256 = $1::bytea
      and used_at is null
      and expires_at > now()
    returning *
)
select json_build_object(
           'kind', t.kind,
           'person', coalesce(t.person_id, t.invitation_id),
           'act', t.act_id,
           'browser', t.web_session_id,
           'room', case t.kind when 'session' then a.room end,
           'participant', q.participant,
           'seat', q.seat,
           'name', coalesce(fitting(p.display_name, 255), sealed('invitation.identity/session_name', i.id::text, i.identity), ''),
           'title', fitting(coalesce(p.profession, ''), 255),
           'role', case when p.id is not null and t.kind = 'session' and a.professional_id <> p.id then 'guest'
                        when p.id is not null then 'host'
                        when i.role = 'patient' then 'patient'
                        else 'helper' end,
           'may', case when p.id is not null and t.kind = 'session' and a.professional_id <> p.id
                       then '["share","photo"]'::json
                       when p.id is not null
                       then '["admit","remove","mute","end","share","photo"]'::json
                       when i.id is not null
                       then '["share"]'::json
                       else '[]'::json end,
           'admitted', (p.id is not null and a.professional_id = p.id) is true or q.state is not distinct from 'in',
           'language', case when p.id is not null then person_language(p.id) else coalesce(i.language, 'fr') end),
       case when t.person_id is null then 'visitor' else 'person' end,
       coalesce(t.person_id, t.invitation_id),
       t.act_id
from used as t
left join act as a on a.id = t.act_id
left join person as p on p.id = t.person_id
left join invitation as i on i.id = t.invitation_id
left join lateral (
    select s.participant, s.seat, s.state
    from participant as s
    where t.kind = 'session'
      and s.act_id = t.act_id
      and (s.person_id = t.person_id or s.invitation_id = t.invitation_id)
      and s.state in ('waiting', 'in')
    order by s.joined_at desc
    limit 1) as q on true
where t.act_id is null
   or (not act_is_over(a.state) and (i.id is null or i.replaced_at is null))

-- name: resume_redeem
select json_build_object(
           'kind', 'session',
           'person', coalesce(s.person_id, s.invitation_id),
           'act', a.id,
           'room', a.room,
           'participant', s.participant,
           'seat', s.seat,
           'name', sealed('participant.name', s.participant, s.name),
           'title', s.title,
           'role', s.role,
           'may', case s.role when 'host' then '["admit","remove","mute","end","share","photo"]'::json
                              when 'guest' then '["share","photo"]'::json
                              else '["share"]'::json end,
           'admitted', s.state = 'in',
           'language', case when s.person_id is not null then person_language(s.person_id) else coalesce(i.language, 'fr') end),
       case when s.person_id is null then 'visitor' else 'person' end,
       coalesce(s.person_id, s.invitation_id),
       a.id
from participant as s
join act as a on a.id = s.act_id
left join invitation as i on i.id = s.invitation_id
where s.resume_sha256 = $1::bytea
  and s.state in ('waiting', 'in')
  and not act_is_over(a.state)
  and (i.id is null or i.replaced_at is null)
  and (s.person_id is null or seat_is_signed_in(a.id, s.person_id))

-- name: session_load
-- Beside it stand the professional's other acts with people in them, as their places in the queue go by
-- all of these. Whoever came to one a day ago and more was forgotten there by a door that ended.
select json_build_object(
    'act', a.id,
    'room', a.room,
    'state', case a.state when 'amended' then 'closed' else a.state end,
    'professional', a.professional_id,
    'starts_at', rfc3339(a.starts_at),
    'participants', (select coalesce(json_agg(json_build_object(
                         'participant', s.participant, 'seat', s.seat,
                         'name', sealed('participant.name', s.participant, s.name),
                         'title', s.title, 'role', s.role,
                         'may', case s.role when 'host' then '["admit","remove","mute","end","share","photo"]'::json
                                            when 'guest' then '["share","photo"]'::json
                                            else '["share"]'::json end,
                         'person', coalesce(s.person_id, s.invitation_id),
                         'state', s.state,
                         'joined_at', rfc3339(s.joined_at),
                         'resume_sha256', encode(s.resume_sha256, 'hex'),
                         'identity_checked', s.identity_checked_at is not null) order by s.joined_at), '[]'::json)
                     from (select * from participant as q
                           where q.act_id = a.id
                           order by (q.state in ('waiting', 'in')) desc, q.joined_at desc
                           limit 40) as s),
    'people', (select json_agg(distinct who)
               from (select a.professional_id as who
                     union
                     select c.person_id from act_colleague as c where c.act_id = a.id) as watchers),
    'beside', (select coalesce(json_agg(b.id), '[]'::json)
               from (select o.id
                     from act as o
                     where o.professional_id = a.professional_id
                       and o.id <> a.id
                       and o.state in ('waiting', 'live')
                       and exists (select from participant as w
                                   where w.act_id = o.id
                                     and w.state in ('waiting', 'in')
                                     and w.state_at > now() - interval '1 day')
                     order by o.starts_at desc
                     limit 64) as b),
    'incidents', (select count(*) from incident as i where i.act_id = a.id),
    'started_at', rfc3339(a.live_at))
from act as a
where a.id = $1::uuid

-- name: session_act
select a.state,
       exists (select from participant as p where p.act_id = a.id and p.role = 'host' and p.admitted_at is not null)
       and exists (select from participant as p where p.act_id = a.id and p.role <> 'host' and p.admitted_at is not null)
from act as a
where a.id = $1::uuid

-- name: session_seat_taken
insert into participant as p (participant, act_id, seat, person_id, invitation_id, name, title,
                              role, state, state_at, resume_sha256, resume_at, joined_at, admitted_at)
values ($1::text, $2::uuid, $3::integer,
        (select id from person where id = $4::uuid),
        (select id from invitation where id = $4::uuid and act_id = $2::uuid),
        $5::text, $6::text, $7::text,
        case $7::text when 'host' then 'in' else 'waiting' end,
        $8::timestamptz, decode($9::text, 'hex'), $8::timestamptz, $8::timestamptz,
        case $7::text when 'host' then $8::timestamptz end)
on conflict (participant) do update
set state = case when p.state = 'left' and excluded.state_at >= p.state_at then excluded.state else p.state end,
    state_at = greatest(p.state_at, excluded.state_at),
    left_at = case when p.state = 'left' and excluded.state_at >= p.state_at then null else p.left_at end,
    resume_sha256 = case when p.resume_at is null or excluded.resume_at >= p.resume_at
                         then excluded.resume_sha256 else p.resume_sha256 end,
    resume_at = greatest(p.resume_at, excluded.resume_at),
    joined_at = least(p.joined_at, excluded.joined_at)

-- name: session_room
update act
set room = $2::text
where id = $1::uuid
  and room <> $2::text

-- name: session_resume_changed
update participant
set resume_sha256 = decode($2::text, 'hex'),
    resume_at = $3::timestamptz
where participant = $1::text
  and (resume_at is null or resume_at <= $3::timestamptz)

-- name: session_participant_state
update participant
set state = case when state_at <= $3::timestamptz then $2::text else state end,
    state_at = greatest(state_at, $3::timestamptz),
    admitted_at = case $2::text when 'in' then least(admitted_at, $3::timestamptz) else admitted_at end,
    left_at = case when $2::text in ('left', 'removed') and state_at <= $3::timestamptz
                   then $3::timestamptz else left_at end
where participant = $1::text

-- name: session_identity_checked
update participant
set identity_checked_at = least(identity_checked_at, $2::timestamptz)
where participant = $1::text

-- name: session_identity_unchecked
-- A check that is newer than this stands; one that is older comes again before it, when it is late.
update participant
set identity_checked_at = null
where participant = $1::text
  and identity_checked_at <= $2::timestamptz

-- name: session_everybody_left
update participant
set state = 'left',
    state_at = $2::timestamptz,
    left_at = coalesce(left_at, $2::timestamptz)
where act_id = $1::uuid
  and state in ('waiting', 'in')

-- name: session_move_act
update act
set state = $2::text,
    live_at = case $2::text when 'live' then coalesce(live_at, $3::timestamptz) else live_at end,
    ended_at = case $2::text when 'to_close' then coalesce(ended_at, $3::timestamptz) else ended_at end,
    version = version + 1
where id = $1::uuid
  and state <> $2::text

-- name: session_incident
insert into incident (id, act_id, participant, kind, started_at, ended_at, measure, unit)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::timestamptz, $6::timestamptz,
        $7::double precision, $8::text)
on conflict (id) do nothing

-- name: session_tested
update invitation
set tested_at = greatest(tested_at, $2::timestamptz)
where act_id = $1::uuid
  and role = 'patient'
  and replaced_at is null

-- name: session_event_add
insert into act_event (id, act_id, type, at, participant, detail)
values ($1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::text, $6::jsonb)
on conflict (id) do nothing
returning 1

-- name: session_event_is_there
select 1
from act_event
where id = $1::uuid

-- name: session_events_since
-- Those that move people and the act, in order; of one instant, arrivals first.
select json_build_object('event', id, 'act', act_id, 'type', type, 'participant', participant, 'detail', detail,
                         'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
from act_event
where act_id = $1::uuid
  and at >= $2::timestamptz
  and id <> $3::uuid
  and type in ('seat_taken', 'resume_changed', 'admitted', 'refused', 'removed', 'left', 'ended',
               'identity_checked', 'identity_unchecked')
  and by_person_id is null
order by at, type <> 'seat_taken', recorded_at, id

-- name: session_met
update act
set live_at = coalesce(live_at, $2::timestamptz)
where id = $1::uuid
