-- Row-level security: what each of the five roles sees and changes, whatever a program asks. A table
-- without a policy for a role gives it nothing. The owner (migrations, the operator's commands) is not
-- bound; no login of a role process is the owner. In a policy `(select f())` is evaluated once a statement.

do $$
declare
    name text;
begin
    foreach name in array array['structure', 'site', 'person', 'membership', 'account', 'web_session',
                                'sign_in_failure', 'idempotency_key', 'patient', 'patient_structure', 'act',
                                'act_event', 'act_colleague', 'document', 'document_piece', 'report', 'incident',
                                'invitation', 'delivery', 'code_sent', 'visit', 'participant', 'consent', 'ticket',
                                'outbox', 'audit', 'audit_head', 'delegation', 'care_team', 'emergency_access'] loop
        execute format('alter table %I enable row level security', name);
    end loop;
end
$$;

-- The courier reads and empties what leaves; nobody else reads it.
create policy outbox_courier on outbox to teleloire_outbox using (true) with check (true);

-- ---- professionals ----

grant select on departement, epci, structure, site, membership, web_session, sign_in_failure, patient,
    patient_structure, act, act_event, act_colleague, document, document_piece, report, incident, invitation,
    delivery, visit, participant, consent, ticket, delegation, care_team, emergency_access, person,
    idempotency_key to teleloire_person;
grant select (id, person_id, login, language, disabled_at, created_at) on account to teleloire_person;
grant update (language, password_hash) on account to teleloire_person;
grant insert on patient, patient_structure, act, act_event, act_colleague, document, document_piece, report,
    invitation, delivery, consent, ticket, delegation, care_team, emergency_access, outbox, sign_in_failure,
    idempotency_key to teleloire_person;
grant update on patient, act, invitation, delivery to teleloire_person;
grant update (deleted_at) on document to teleloire_person;
grant update (ended_at) on visit to teleloire_person;
grant update (last_seen_at, ended_at) on web_session to teleloire_person;
grant update (status, body, act_id, patient_id, object_id) on idempotency_key to teleloire_person;
grant update (ended_at, ended_by) on delegation, care_team to teleloire_person;
grant delete on document_piece, sign_in_failure to teleloire_person;

-- The directory is every signed-in professional's.
create policy structure_person on structure for select to teleloire_person using ((select me_person()) is not null);
create policy site_person on site for select to teleloire_person using ((select me_person()) is not null);
create policy person_person on person for select to teleloire_person using ((select me_person()) is not null);
create policy membership_person on membership for select to teleloire_person using ((select me_person()) is not null);

-- Their own account, browsers and answers.
create policy account_person on account for select to teleloire_person using (id = (select me_account()));
create policy account_person_update on account for update to teleloire_person using (id = (select me_account()));
create policy web_session_person on web_session for select to teleloire_person
    using (account_id = (select me_account()));
create policy web_session_person_update on web_session for update to teleloire_person
    using (account_id = (select me_account()));
create policy idempotency_key_person on idempotency_key to teleloire_person
    using (owner = (select me_person())::text) with check (owner = (select me_person())::text);
-- A wrong password counts, even when the browser that gave it was signed out meanwhile.
create policy sign_in_failure_person on sign_in_failure to teleloire_person
    using ((select me_account()) is not null) with check (true);
create policy outbox_person on outbox for insert to teleloire_person with check ((select me_person()) is not null);

-- Patients of their structures, and those an act, the care team or an emergency opens to them.
-- (who manages a structure sees which ids it knows, and no identity)
create policy patient_structure_person on patient_structure for select to teleloire_person
    using (structure_id = any ((select me_structures())::uuid[])
           or structure_id = any ((select me_managed())::uuid[]));
create policy patient_structure_person_add on patient_structure for insert to teleloire_person
    with check (structure_id = any ((select me_structures())::uuid[]));
create policy patient_person on patient for select to teleloire_person
    using (exists (select from patient_structure as ps
                   where ps.patient_id = patient.id
                     and ps.structure_id = any ((select me_structures())::uuid[]))
           or (created_by = (select me_person()) and created_at > now() - interval '24 hours')
           or patient_is_open((select me_person()), id));
create policy patient_person_add on patient for insert to teleloire_person
    with check (created_by = (select me_person()));
create policy patient_person_update on patient for update to teleloire_person
    using (exists (select from patient_structure as ps
                   where ps.patient_id = patient.id
                     and ps.structure_id = any ((select me_structures())::uuid[]))
           or patient_is_cared_for((select me_person()), id)
           or patient_is_met((select me_person()), id));

-- Acts: their own, those they plan, those they were invited to, those of patients they care for.
create policy act_person on act for select to teleloire_person
    using (professional_id = (select me_person())
           or act_is_open((select me_person()), id, patient_id, professional_id, structure_id));
create policy act_person_add on act for insert to teleloire_person
    with check (created_by = (select me_person())
                and structure_id = any ((select me_structures())::uuid[])
                and (professional_id = (select me_person())
                     or act_is_planned((select me_person()), professional_id, structure_id))
                and exists (select from patient as p where p.id = patient_id));
create policy act_person_update on act for update to teleloire_person
    using (professional_id = (select me_person())
           or act_is_planned((select me_person()), professional_id, structure_id))
    -- who handed it over stays invited to it
    with check (professional_id = (select me_person())
                or act_is_planned((select me_person()), professional_id, structure_id)
                or act_is_shared((select me_person()), id));

-- What belongs to an act is known with it.
do $$
declare
    name text;
begin
    foreach name in array array['act_event', 'incident', 'participant', 'consent', 'invitation'] loop
        execute format('create policy %1$s_person on %1$s for select to teleloire_person
            using (exists (select from act as a where a.id = %1$s.act_id))', name);
    end loop;
end
$$;
create policy act_colleague_person on act_colleague for select to teleloire_person
    using (person_id = (select me_person()) or exists (select from act as a where a.id = act_colleague.act_id));
create policy act_colleague_person_add on act_colleague for insert to teleloire_person
    with check (invited_by = (select me_person())
                and exists (select from act as a
                            where a.id = act_colleague.act_id and a.professional_id = (select me_person())));
create policy act_event_person_add on act_event for insert to teleloire_person
    with check (by_person_id = (select me_person()) and exists (select from act as a where a.id = act_event.act_id));
create policy consent_person_add on consent for insert to teleloire_person
    with check (person_id = (select me_person())
                and exists (select from act as a
                            where a.id = consent.act_id and a.professional_id = (select me_person())));
create policy invitation_person_add on invitation for insert to teleloire_person
    with check (exists (select from act as a
                        where a.id = invitation.act_id
                          and (a.professional_id = (select me_person())
                               or act_is_planned((select me_person()), a.professional_id, a.structure_id))));
create policy invitation_person_update on invitation for update to teleloire_person
    using (exists (select from act as a
                   where a.id = invitation.act_id
                     and (a.professional_id = (select me_person())
                          or act_is_planned((select me_person()), a.professional_id, a.structure_id))));
create policy visit_person on visit for select to teleloire_person
    using (exists (select from invitation as i where i.id = visit.invitation_id));
create policy visit_person_update on visit for update to teleloire_person
    using (exists (select from invitation as i where i.id = visit.invitation_id));
create policy ticket_person on ticket for select to teleloire_person using (person_id = (select me_person()));
create policy ticket_person_add on ticket for insert to teleloire_person
    with check (person_id = (select me_person())
                and (act_id is null or exists (select from act as a where a.id = ticket.act_id)));

-- The clinical text: who holds the act, was invited to it, or cares for its patient; never who plans.
create policy report_person on report for select to teleloire_person
    using (exists (select from act as a
                   where a.id = report.act_id
                     and (a.professional_id = (select me_person())
                          or act_is_clinical((select me_person()), a.id, a.patient_id))));
create policy report_person_add on report for insert to teleloire_person
    with check (closed_by = (select me_person())
                and exists (select from act as a
                            where a.id = report.act_id and a.professional_id = (select me_person())));
create policy document_person on document for select to teleloire_person
    using (exists (select from act as a
                   where a.id = document.act_id
                     and (a.professional_id = (select me_person())
                          or act_is_clinical((select me_person()), a.id, a.patient_id))));
create policy document_person_add on document for insert to teleloire_person
    with check (created_by = (select me_person())
                and exists (select from act as a
                            where a.id = document.act_id
                              and (a.professional_id = (select me_person())
                                   or act_is_shared((select me_person()), a.id))));
create policy document_person_update on document for update to teleloire_person
    using (exists (select from act as a
                   where a.id = document.act_id and a.professional_id = (select me_person())));
create policy document_piece_person on document_piece for select to teleloire_person
    using (exists (select from document as d where d.id = document_piece.document_id));
create policy document_piece_person_add on document_piece for insert to teleloire_person
    with check (exists (select from document as d
                        where d.id = document_piece.document_id and d.created_by = (select me_person())));
create policy document_piece_person_delete on document_piece for delete to teleloire_person
    using (exists (select from document as d
                   join act as a on a.id = d.act_id
                   where d.id = document_piece.document_id and a.professional_id = (select me_person())));
create policy delivery_person on delivery for select to teleloire_person
    using (exists (select from act as a
                   where a.id = delivery.act_id
                     and (a.professional_id = (select me_person())
                          or act_is_clinical((select me_person()), a.id, a.patient_id))));
create policy delivery_person_add on delivery for insert to teleloire_person
    with check (exists (select from act as a
                        where a.id = delivery.act_id and a.professional_id = (select me_person())));
create policy delivery_person_update on delivery for update to teleloire_person
    using (exists (select from act as a
                   where a.id = delivery.act_id and a.professional_id = (select me_person())));

-- Relations: seen by those they bind, set by who may decide.
create policy delegation_person on delegation for select to teleloire_person
    using (delegate_id = (select me_person())
           or professional_id = (select me_person())
           or structure_id = any ((select me_managed())::uuid[]));
create policy delegation_person_add on delegation for insert to teleloire_person
    with check (set_by = (select me_person())
                and (professional_id = (select me_person()) or structure_id = any ((select me_managed())::uuid[])));
create policy delegation_person_update on delegation for update to teleloire_person
    using (professional_id = (select me_person()) or structure_id = any ((select me_managed())::uuid[]))
    with check (ended_by = (select me_person()));
create policy care_team_person on care_team for select to teleloire_person
    using (person_id = (select me_person()) or exists (select from patient as p where p.id = care_team.patient_id));
create policy care_team_person_add on care_team for insert to teleloire_person
    with check (added_by = (select me_person()) and patient_is_cared_for((select me_person()), patient_id));
create policy care_team_person_update on care_team for update to teleloire_person
    using (patient_is_cared_for((select me_person()), patient_id))
    with check (ended_by = (select me_person()));
create policy emergency_access_person on emergency_access for select to teleloire_person
    using (person_id = (select me_person()));
create policy emergency_access_person_add on emergency_access for insert to teleloire_person
    with check (person_id = (select me_person())
                and exists (select from membership as m
                            where m.person_id = (select me_person())
                              and m.ended_at is null
                              and m.role in ('doctor', 'nurse', 'midwife')));

-- ---- visitors and recipients: one act, without its clinical text but for what was given to them ----

grant select on structure, person, act, act_event, act_colleague, document, document_piece, invitation, delivery,
    visit, consent, ticket, idempotency_key to teleloire_visitor;
grant insert on act_event, consent, ticket, idempotency_key to teleloire_visitor;
grant update (last_seen_at, ended_at) on visit to teleloire_visitor;
grant update (status, body, act_id, patient_id, object_id) on idempotency_key to teleloire_visitor;

create policy act_visitor on act for select to teleloire_visitor using (id = (select me_act()));
create policy structure_visitor on structure for select to teleloire_visitor
    using (exists (select from act as a where a.id = (select me_act()) and a.structure_id = structure.id));
create policy person_visitor on person for select to teleloire_visitor
    using (exists (select from act as a where a.id = (select me_act()) and a.professional_id = person.id)
           or exists (select from document as d where d.act_id = (select me_act()) and d.created_by = person.id));
create policy act_event_visitor on act_event for select to teleloire_visitor using (act_id = (select me_act()));
create policy act_event_visitor_add on act_event for insert to teleloire_visitor
    with check (act_id = (select me_act()) and by_person_id is null);
create policy act_colleague_visitor on act_colleague for select to teleloire_visitor
    using (act_id = (select me_act()));
create policy document_visitor on document for select to teleloire_visitor
    using (act_id = (select me_act()) and document_is_given(document));
create policy document_piece_visitor on document_piece for select to teleloire_visitor
    using (exists (select from document as d where d.id = document_piece.document_id));
create policy invitation_visitor on invitation for select to teleloire_visitor
    using (id = (select me_invitation()));
create policy delivery_visitor on delivery for select to teleloire_visitor
    using (act_id = (select me_act()));
create policy visit_visitor on visit for select to teleloire_visitor
    using (invitation_id = (select me_invitation()) or delivery_id = (select me_delivery()));
create policy visit_visitor_update on visit for update to teleloire_visitor
    using (invitation_id = (select me_invitation()) or delivery_id = (select me_delivery()));
create policy consent_visitor on consent for select to teleloire_visitor using (act_id = (select me_act()));
create policy consent_visitor_add on consent for insert to teleloire_visitor
    with check (act_id = (select me_act()) and invitation_id = (select me_invitation()));
create policy ticket_visitor on ticket for select to teleloire_visitor
    using (invitation_id = (select me_invitation()));
create policy ticket_visitor_add on ticket for insert to teleloire_visitor
    with check (invitation_id = (select me_invitation()) and (act_id is null or act_id = (select me_act())));
create policy idempotency_key_visitor on idempotency_key to teleloire_visitor
    using (owner = coalesce((select me_invitation()), (select me_delivery()))::text)
    with check (owner = coalesce((select me_invitation()), (select me_delivery()))::text);

-- ---- strangers: who signs in, and who holds a link whose code is not given yet ----

grant select on structure, person, act, invitation, delivery, code_sent, visit, ticket, sign_in_failure
    to teleloire_stranger;
grant select (id) on act_event to teleloire_stranger;
grant insert on sign_in_failure, web_session, visit, code_sent, act_event, ticket, outbox to teleloire_stranger;
grant update (opened_at, verified_at, tries, code_hash) on invitation, delivery to teleloire_stranger;
grant update (ended_at, last_seen_at) on visit to teleloire_stranger;
grant delete on sign_in_failure to teleloire_stranger;

create policy sign_in_failure_stranger on sign_in_failure to teleloire_stranger using (true) with check (true);
create policy web_session_stranger_add on web_session for insert to teleloire_stranger with check (true);
create policy invitation_stranger on invitation for select to teleloire_stranger
    using (token_sha256 = (select me_credential()));
create policy invitation_stranger_update on invitation for update to teleloire_stranger
    using (token_sha256 = (select me_credential()));
create policy delivery_stranger on delivery for select to teleloire_stranger
    using (token_sha256 = (select me_credential()));
create policy delivery_stranger_update on delivery for update to teleloire_stranger
    using (token_sha256 = (select me_credential()));
create policy act_stranger on act for select to teleloire_stranger using (id = (select link_act()));
create policy structure_stranger on structure for select to teleloire_stranger
    using (exists (select from act as a where a.id = (select link_act()) and a.structure_id = structure.id));
create policy person_stranger on person for select to teleloire_stranger
    using (exists (select from act as a where a.id = (select link_act()) and a.professional_id = person.id));
create policy act_event_stranger on act_event for select to teleloire_stranger using (act_id = (select link_act()));
create policy act_event_stranger_add on act_event for insert to teleloire_stranger
    with check (act_id = (select link_act()) and by_person_id is null);
create policy code_sent_stranger on code_sent for select to teleloire_stranger
    using (exists (select from invitation as i where i.id = code_sent.invitation_id)
           or exists (select from delivery as d where d.id = code_sent.delivery_id));
create policy code_sent_stranger_add on code_sent for insert to teleloire_stranger
    with check (exists (select from invitation as i where i.id = code_sent.invitation_id)
                or exists (select from delivery as d where d.id = code_sent.delivery_id));
create policy visit_stranger on visit for select to teleloire_stranger
    using (exists (select from invitation as i where i.id = visit.invitation_id)
           or exists (select from delivery as d where d.id = visit.delivery_id));
create policy visit_stranger_add on visit for insert to teleloire_stranger
    with check (exists (select from invitation as i where i.id = visit.invitation_id)
                or exists (select from delivery as d where d.id = visit.delivery_id));
create policy visit_stranger_update on visit for update to teleloire_stranger
    using (exists (select from invitation as i where i.id = visit.invitation_id)
           or exists (select from delivery as d where d.id = visit.delivery_id));
-- A new code is sent to who holds a link, and to nobody else.
create policy outbox_stranger on outbox for insert to teleloire_stranger
    with check ((select link_act()) is not null);
-- A probe's ticket is nobody's.
create policy ticket_stranger on ticket for select to teleloire_stranger
    using (num_nonnulls(act_id, person_id, invitation_id) = 0);
create policy ticket_stranger_add on ticket for insert to teleloire_stranger
    with check (kind = 'test' and num_nonnulls(act_id, person_id, invitation_id) = 0);

-- ---- the door: who sits where, and what happens in a session; no clinical text, no patient ----

grant select (id, patient_id, professional_id, state, starts_at, duration_min, room, live_at, ended_at, version)
    on act to teleloire_door;
grant update (state, room, live_at, ended_at, version) on act to teleloire_door;
grant select on ticket, participant, act_event, incident, act_colleague, person to teleloire_door;
grant select (id, act_id, role, name, language, replaced_at, tested_at) on invitation to teleloire_door;
grant insert on participant, act_event, incident to teleloire_door;
grant update on participant to teleloire_door;
grant update (used_at) on ticket to teleloire_door;
grant update (tested_at) on invitation to teleloire_door;

create policy act_door on act for select to teleloire_door using (true);
create policy act_door_update on act for update to teleloire_door using (true);
create policy ticket_door on ticket for select to teleloire_door using (true);
create policy ticket_door_update on ticket for update to teleloire_door using (true);
create policy participant_door on participant to teleloire_door using (true) with check (true);
create policy act_event_door on act_event for select to teleloire_door using (true);
create policy act_event_door_add on act_event for insert to teleloire_door with check (by_person_id is null);
create policy incident_door on incident for select to teleloire_door using (true);
create policy incident_door_add on incident for insert to teleloire_door with check (true);
create policy act_colleague_door on act_colleague for select to teleloire_door using (true);
create policy person_door on person for select to teleloire_door using (true);
create policy invitation_door on invitation for select to teleloire_door using (true);
create policy invitation_door_update on invitation for update to teleloire_door using (true);

-- ---- the system: what is over is forgotten ----

grant select (created_at) on idempotency_key, web_session to teleloire_system;
grant select (expires_at) on ticket to teleloire_system;
grant select (at) on sign_in_failure to teleloire_system;
grant delete on idempotency_key, ticket, sign_in_failure, web_session to teleloire_system;

create policy idempotency_key_system on idempotency_key to teleloire_system
    using (created_at < now() - interval '1 day') with check (false);
create policy ticket_system on ticket to teleloire_system
    using (expires_at < now() - interval '1 day') with check (false);
create policy sign_in_failure_system on sign_in_failure to teleloire_system
    using (at < now() - interval '1 day') with check (false);
create policy web_session_system on web_session to teleloire_system
    using (created_at < now() - interval '2 days') with check (false);

-- ---- answers ----

-- An answer's shape is planned once a connection, not once a statement: SQL functions that are no plain
-- expression are parsed, rewritten with every policy of row-level security, and planned anew each time
-- they are asked; PL/pgSQL keeps its plans. The same shapes, still made as who asks.

create or replace function act_invitation_json(a act) returns json
language plpgsql stable as $$
begin
    return (
            select json_build_object(
                'state', case when invitation_state(i, a) in ('cancelled', 'not_held') then 'ended'
                              else invitation_state(i, a) end,
                'sent_at', rfc3339(i.sent_at),
                'channel', case when i.phone is null then 'email' when i.email is null then 'sms' else 'both' end)
            from invitation as i
            where i.act_id = a.id
              and i.role = 'patient'
              and i.replaced_at is null
            order by i.created_at desc
            limit 1);
end
$$;

create or replace function act_short_jsonb(a act) returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object(
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
            'version', a.version);
end
$$;

create or replace function document_json(d document) returns json
language plpgsql stable as $$
begin
    return json_build_object('id', d.id, 'kind', d.kind, 'name', d.name, 'media_type', d.media_type,
            'size', d.size_bytes, 'created_at', rfc3339(d.created_at),
            'by', (select person_json(p) from person as p where p.id = d.created_by));
end
$$;

create or replace function documents_json(p_act_id uuid) returns json
language plpgsql stable as $$
begin
    return (
            select coalesce(json_agg(document_json(d) order by d.created_at, d.id), '[]'::json)
            from document as d
            where d.act_id = p_act_id
              and d.deleted_at is null);
end
$$;

create or replace function participants_json(p_act_id uuid) returns json
language plpgsql stable as $$
begin
    return (
            select coalesce(json_agg(json_build_object('participant', p.participant, 'name', p.name,
                       'role', p.role, 'title', p.title, 'joined_at', rfc3339(p.joined_at),
                       'left_at', rfc3339(p.left_at), 'identity_checked', p.identity_checked_at is not null)
                       order by p.joined_at, p.participant), '[]'::json)
            from participant as p
            where p.act_id = p_act_id);
end
$$;

create or replace function act_jsonb(a act) returns jsonb
language plpgsql stable as $$
begin
    return act_short_jsonb(a) || jsonb_build_object(
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
                            'reason', a.not_done_reason, 'comment', a.not_done_comment) end);
end
$$;
