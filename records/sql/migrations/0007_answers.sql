-- The shapes of docs/api.md, made where the data is: one function a shape.

create function rfc3339(at timestamptz) returns text
language sql stable as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
comment on function rfc3339 is 'Time as the API writes it';

create function person_json(p person) returns json
language sql stable as $$
    select json_build_object('id', p.id, 'family_name', p.family_name, 'given_name', p.given_name,
        'display_name', p.display_name, 'profession', p.profession, 'rpps', p.rpps)
$$;
comment on function person_json is 'Person';

create function structure_json(s structure) returns json
language sql stable as $$
    select json_build_object('id', s.id, 'name', s.name, 'kind', s.kind, 'finess', s.finess,
        'city', s.city, 'departement', s.departement_code)
$$;
comment on function structure_json is 'Structure';

create function patient_json(p patient) returns json
language sql stable as $$
    select json_build_object('id', p.id, 'birth_name', p.birth_name, 'used_name', p.used_name,
        'first_names', p.first_names, 'birth_date', p.birth_date, 'sex', p.sex,
        'birth_place_code', p.birth_place_code, 'ins', p.ins, 'ins_oid', p.ins_oid,
        'ins_status', p.ins_status, 'phone', p.phone, 'email', p.email, 'demo', p.demo)
$$;
comment on function patient_json is 'Patient';

create function patient_display_name(p patient) returns text
language sql immutable as $$
    select split_part(p.first_names, ' ', 1) || ' ' || coalesce(p.used_name, p.birth_name)
$$;
comment on function patient_display_name is 'First given name and name in use';

create function act_is_over(state text) returns boolean
language sql immutable as $$
    select state in ('to_close', 'closed', 'amended', 'not_done')
$$;
comment on function act_is_over is 'No session any more';

-- A link lives until half a day after the planned end, and while the session is live.
create function invitation_is_expired(a act) returns boolean
language sql stable as $$
    select a.state not in ('live', 'waiting')
       and now() > a.starts_at + make_interval(mins => a.duration_min) + interval '12 hours'
$$;
comment on function invitation_is_expired is 'The link is too old';

create function invitation_state(i invitation, a act) returns text
language sql stable as $$
    select case
        when i.replaced_at is not null then 'replaced'
        when a.state = 'not_done' then 'cancelled'
        when act_is_over(a.state) then 'ended'
        when i.tries >= 5 then 'locked'
        when invitation_is_expired(a) then 'expired'
        when i.verified_at is not null then 'verified'
        when i.opened_at is not null then 'opened'
        else 'sent'
    end
$$;
comment on function invitation_state is 'What has become of a link';

create function act_invitation_json(a act) returns json
language sql stable as $$
    select json_build_object(
        'state', case invitation_state(i, a) when 'cancelled' then 'ended' else invitation_state(i, a) end,
        'sent_at', rfc3339(i.sent_at),
        'channel', case when i.phone is null then 'email' when i.email is null then 'sms' else 'both' end)
    from invitation as i
    where i.act_id = a.id
      and i.role = 'patient'
      and i.replaced_at is null
    order by i.created_at desc
    limit 1
$$;
comment on function act_invitation_json is 'The patient''s present invitation';

create function act_short_jsonb(a act) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', a.id,
        'type', a.type,
        'state', a.state,
        'starts_at', rfc3339(a.starts_at),
        'duration_min', a.duration_min,
        'reason', a.reason,
        'patient', (select jsonb_build_object('id', p.id, 'display_name', patient_display_name(p),
                        'birth_date', p.birth_date, 'sex', p.sex)
                    from patient as p where p.id = a.patient_id),
        'professional', (select person_json(p) from person as p where p.id = a.professional_id),
        'structure', (select jsonb_build_object('id', s.id, 'name', s.name)
                      from structure as s where s.id = a.structure_id),
        'waiting_since', (select rfc3339(min(p.state_at)) from participant as p
                          where p.act_id = a.id and p.state = 'waiting' and not act_is_over(a.state)),
        'waiting_count', (select count(*) from participant as p
                          where p.act_id = a.id and p.state = 'waiting' and not act_is_over(a.state)),
        'live_since', case a.state when 'live' then rfc3339(a.live_at) end,
        'invitation', act_invitation_json(a),
        'closed_at', rfc3339(a.closed_at),
        'version', a.version)
$$;
comment on function act_short_jsonb is 'ActShort';

create function document_json(d document) returns json
language sql stable as $$
    select json_build_object('id', d.id, 'kind', d.kind, 'name', d.name, 'media_type', d.media_type,
        'size', d.size_bytes, 'created_at', rfc3339(d.created_at),
        'by', (select person_json(p) from person as p where p.id = d.created_by))
$$;
comment on function document_json is 'Document';

create function documents_json(p_act_id uuid) returns json
language sql stable as $$
    select coalesce(json_agg(document_json(d) order by d.created_at, d.id), '[]'::json)
    from document as d
    where d.act_id = p_act_id
      and d.deleted_at is null
$$;
comment on function documents_json is 'Documents of an act';

create function participants_json(p_act_id uuid) returns json
language sql stable as $$
    select coalesce(json_agg(json_build_object('participant', p.participant, 'name', p.name,
               'role', p.role, 'title', p.title, 'joined_at', rfc3339(p.joined_at),
               'left_at', rfc3339(p.left_at), 'identity_checked', p.identity_checked_at is not null)
               order by p.joined_at, p.participant), '[]'::json)
    from participant as p
    where p.act_id = p_act_id
$$;
comment on function participants_json is 'Participants of an act';

-- The clinical half of Act; label, sentence and may are added by the program, in words.
create function act_jsonb(a act) returns jsonb
language sql stable as $$
    select act_short_jsonb(a) || jsonb_build_object(
        'participants', participants_json(a.id),
        'consents', (select coalesce(json_agg(json_build_object('given', c.given, 'by', c.by,
                         'at', rfc3339(c.at), 'text_version', c.text_version,
                         'text_language', c.text_language) order by c.at, c.id), '[]'::json)
                     from consent as c where c.act_id = a.id),
        'events', (select coalesce(json_agg(json_build_object('id', e.id, 'type', e.type,
                       'at', rfc3339(e.at), 'detail', e.detail - 'resume_sha256' - 'room',
                       'name', coalesce(p.name, q.display_name)) order by e.at, e.recorded_at, e.id), '[]'::json)
                   from (select * from act_event where act_id = a.id and type <> 'resume_changed'
                         order by at desc, id limit 500) as e
                   left join participant as p on p.participant = e.participant
                   left join person as q on q.id = e.by_person_id),
        'incidents', (select coalesce(json_agg(json_build_object('id', i.id, 'kind', i.kind,
                          'started_at', rfc3339(i.started_at), 'ended_at', rfc3339(i.ended_at),
                          'measure', i.measure, 'unit', i.unit, 'name', p.name,
                          'seconds', extract(epoch from i.ended_at - i.started_at))
                          order by i.started_at, i.id), '[]'::json)
                      from (select * from incident where act_id = a.id
                            order by started_at limit 200) as i
                      left join participant as p on p.participant = i.participant),
        'documents', documents_json(a.id),
        'report', (select json_build_object('text', r.text, 'conclusion', r.conclusion,
                       'incidents_confirmed', r.incidents_confirmed,
                       'incident_comment', r.incident_comment,
                       'identity_checked', r.identity_checked,
                       'prescription', (select document_json(d) from document as d
                                        where d.id = r.prescription_id),
                       'sent_to_patient', exists (select from delivery as d where d.act_id = a.id))
                   from report as r where r.act_id = a.id order by r.version desc limit 1),
        'versions', (select coalesce(json_agg(json_build_object('version', r.version,
                         'closed_at', rfc3339(r.closed_at), 'by', person_json(p))
                         order by r.version), '[]'::json)
                     from report as r join person as p on p.id = r.closed_by
                     where r.act_id = a.id),
        'not_done', case when a.not_done_reason is not null then json_build_object(
                        'reason', a.not_done_reason, 'comment', a.not_done_comment) end)
$$;
comment on function act_jsonb is 'Act, before the program adds its words';
