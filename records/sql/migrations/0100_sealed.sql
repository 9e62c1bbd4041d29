-- Identities and clinical words are sealed by api before they come here (docs/operations/keys.md): what
-- stands in these columns is S1: and base64url, and opens only with a data key this database holds
-- wrapped. What was here before is sealed by the program once this has run (`--migrate` does both).

create table data_key (
    id integer generated always as identity
        constraint data_key_pk primary key,
    owner text not null
        constraint data_key_owner_form check (owner in ('', 'index') or owner ~ '^[0-9a-f-]{36}$'),
    wrapped bytea not null
        constraint data_key_wrapped_size check (octet_length(wrapped) = 61),
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
create unique index data_key_current on data_key (owner) where retired_at is null;
alter table data_key enable row level security;
comment on table data_key is 'Data keys, each wrapped by the key-encryption key, which is not here';
comment on column data_key.id is 'Its number, which each sealed text begins with';
comment on column data_key.owner is 'The structure whose data it seals; empty: of none; index: of the blind indexes';
comment on column data_key.wrapped is 'AES-256-GCM under the key-encryption key, for this owner only';
comment on column data_key.created_at is 'When it was made';
comment on column data_key.retired_at is 'Since when another one seals; it opens what it sealed until that is sealed anew';

grant select on data_key to teleloire_stranger, teleloire_person, teleloire_visitor, teleloire_door, teleloire_system;
grant insert (owner, wrapped) on data_key to teleloire_person, teleloire_visitor, teleloire_door;
create policy data_key_read on data_key for select
    to teleloire_stranger, teleloire_person, teleloire_visitor, teleloire_door, teleloire_system using (true);
create policy data_key_add on data_key for insert to teleloire_person, teleloire_visitor, teleloire_door
    with check (retired_at is null);

-- What the owner of the tables loads waits for the program to seal it; nobody else may leave it plain.
create function is_sealed(p_column text) returns boolean
language plpgsql stable as $$
begin
    return p_column is null
        or p_column = ''
        or starts_with(p_column, 'S1:')
        or current_user = (select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = 'public.data_key'::regclass);
end
$$;
comment on function is_sealed(text) is 'Sealed, or nothing to seal, or loaded by the owner';

create function sealed(p_place text, p_id text, p_column text) returns text
language sql immutable as $$
    select case when p_column is null then null
                when p_column = '' then ''
                else E'\uE000' || p_place || ':' || p_id || ':' || p_column || E'\uE001' end
$$;
comment on function sealed(text, text, text) is 'A sealed column as an answer carries it to the program, which opens it: the place it is bound to, and /members of it';

-- ---- patients ----

alter table patient add column identity text;
alter table patient add column traits_index bytea
    constraint patient_traits_index_size check (octet_length(traits_index) = 32);
alter table patient add column name_index bytea
    constraint patient_name_index_size check (octet_length(name_index) = 32);
alter table patient add column ins_index bytea
    constraint patient_ins_index_size check (octet_length(ins_index) = 32);
update patient
set identity = json_build_object(
        'birth_name', birth_name, 'used_name', used_name, 'first_names', first_names, 'birth_date', birth_date,
        'sex', sex, 'birth_place_code', birth_place_code, 'ins', ins, 'ins_oid', ins_oid, 'phone', phone, 'email', email)::text;
drop function patient_known_by(text, text, date, text, text, text, text);
alter table patient drop column search, drop column birth_name, drop column used_name, drop column first_names,
    drop column birth_date, drop column sex, drop column birth_place_code, drop column ins, drop column ins_oid,
    drop column phone, drop column email;
alter table patient alter column identity set not null;
alter table patient add constraint patient_identity_sealed check (is_sealed(identity));
-- RNIV: a matricule is kept from the status "récupérée" on.
alter table patient add constraint patient_ins_needs_status
    check (ins_index is null or ins_status in ('retrieved', 'qualified'));
create index patient_traits on patient (traits_index);
create index patient_name on patient (name_index);
create unique index patient_ins_once on patient (ins_index) where ins_index is not null;
comment on column patient.identity is 'Sealed: the traits of the INS, contact, and what is made of them for showing and finding';
comment on column patient.traits_index is 'Blind index of birth name, first names, date, sex and place';
comment on column patient.name_index is 'Blind index of birth name and date of birth';
comment on column patient.ins_index is 'Blind index of the matricule and its authority';

create or replace function patient_json(p patient) returns json
language sql stable as $$
    select json_build_object('id', p.id,
        '$', sealed('patient.identity/birth_name,used_name,first_names,birth_date,sex,birth_place_code,ins,ins_oid,phone,email',
                    p.id::text, p.identity),
        'ins_status', p.ins_status, 'demo', p.demo)
$$;

create or replace function patient_display_name(p patient) returns text
language sql immutable as $$
    select sealed('patient.identity/display_name', p.id::text, p.identity)
$$;

create function patient_known_by(p_traits bytea, p_ins bytea) returns uuid
language plpgsql stable security definer as $$
begin
    return (select p.id
            from public.patient as p
            where p.traits_index = p_traits
               or p.ins_index = p_ins
            limit 1);
end
$$;
comment on function patient_known_by(bytea, bytea) is 'The patient of the whole region with exactly these traits, or this INS; null';
revoke execute on function patient_known_by(bytea, bytea) from public, teleloire_records;
grant execute on function patient_known_by(bytea, bytea) to teleloire_person;

-- ---- those who are invited or told ----

alter table invitation add column identity text, add column has_email boolean, add column has_phone boolean;
update invitation
set identity = json_build_object('name', name, 'session_name', fitting(name, 255), 'email', email, 'phone', phone)::text,
    has_email = email is not null,
    has_phone = phone is not null;
alter table invitation drop column name, drop column email, drop column phone;
alter table invitation
    alter column identity set not null,
    alter column has_email set not null,
    alter column has_phone set not null,
    add constraint invitation_identity_sealed check (is_sealed(identity)),
    add constraint invitation_has_address check (has_email or has_phone);
comment on column invitation.identity is 'Sealed: name shown in the session, where the link was mailed and the code sent';
comment on column invitation.has_email is 'Told by mail';
comment on column invitation.has_phone is 'Told by SMS';
grant select (identity) on invitation to teleloire_door;
grant select (structure_id) on act to teleloire_door;

alter table delivery add column identity text;
update delivery set identity = json_build_object('email', email, 'phone', phone)::text;
alter table delivery drop column email, drop column phone;
alter table delivery
    alter column identity set not null,
    add constraint delivery_identity_sealed check (is_sealed(identity));
comment on column delivery.identity is 'Sealed: where the link was mailed and the code sent';

create or replace function act_invitation_json(a act) returns json
language plpgsql stable as $$
begin
    return (
            select json_build_object(
                'state', case when invitation_state(i, a) in ('cancelled', 'not_held') then 'ended'
                              else invitation_state(i, a) end,
                'sent_at', rfc3339(i.sent_at),
                'channel', case when not i.has_phone then 'email' when not i.has_email then 'sms' else 'both' end)
            from invitation as i
            where i.act_id = a.id
              and i.role = 'patient'
              and i.replaced_at is null
            order by i.created_at desc
            limit 1);
end
$$;

-- ---- words ----

alter table act
    drop constraint act_reason_size,
    add constraint act_reason_sealed check (is_sealed(reason)),
    add constraint act_not_done_comment_sealed check (is_sealed(not_done_comment));
alter table act_colleague add constraint act_colleague_comment_sealed check (is_sealed(comment));
alter table participant add constraint participant_name_sealed check (is_sealed(name));
alter table emergency_access
    drop constraint emergency_access_reason_size,
    add constraint emergency_access_reason_sealed check (reason <> '' and is_sealed(reason));
alter table audit_alert
    drop constraint audit_alert_comment_size,
    add constraint audit_alert_comment_sealed check (comment <> '' and is_sealed(comment));
alter table report
    drop constraint report_text_size,
    drop constraint report_conclusion_size,
    add constraint report_text_sealed check (text <> '' and is_sealed(text)),
    add constraint report_conclusion_sealed check (is_sealed(conclusion)),
    add constraint report_incident_comment_sealed check (is_sealed(incident_comment)),
    add constraint report_why_sealed check (is_sealed(why));
alter table idempotency_key add constraint idempotency_key_body_sealed check (is_sealed(body));
delete from idempotency_key;

alter table document
    drop constraint document_name_size,
    add column made boolean not null default false,
    add constraint document_name_sealed check (name <> '' and is_sealed(name));
update document set made = true where kind = 'report' and name = 'compte-rendu.pdf';
comment on column document.made is 'Made by the program of a report';
comment on table document_piece is 'Pieces of at most 1 MiB, each sealed by the data key whose number it begins with';

create or replace function document_json(d document) returns json
language plpgsql stable as $$
begin
    return json_build_object('id', d.id, 'kind', d.kind, 'name', sealed('document.name', d.id::text, d.name),
            'media_type', d.media_type,
            'size', d.size_bytes, 'created_at', rfc3339(d.created_at),
            'by', (select person_json(p) from person as p where p.id = d.created_by));
end
$$;

create or replace function participants_json(p_act_id uuid) returns json
language plpgsql stable as $$
begin
    return (
            select coalesce(json_agg(json_build_object('participant', p.participant,
                       'name', sealed('participant.name', p.participant, p.name),
                       'role', p.role, 'title', p.title, 'joined_at', rfc3339(p.joined_at),
                       'left_at', rfc3339(p.left_at), 'identity_checked', p.identity_checked_at is not null)
                       order by p.joined_at, p.participant), '[]'::json)
            from participant as p
            where p.act_id = p_act_id);
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
            'reason', sealed('act.reason', a.id::text, a.reason),
            'patient', (select jsonb_build_object('id', p.id,
                            '$', sealed('patient.identity/display_name,birth_date,sex', p.id::text, p.identity))
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
                           'name', coalesce(sealed('participant.name', p.participant, p.name), q.display_name))
                           order by e.at, e.recorded_at, e.id), '[]'::json)
                       from (select * from act_event where act_id = a.id and type <> 'resume_changed'
                             order by at desc, id limit 500) as e
                       left join participant as p on p.participant = e.participant
                       left join person as q on q.id = e.by_person_id),
            'incidents', (select coalesce(json_agg(json_build_object('id', i.id, 'kind', i.kind,
                              'started_at', rfc3339(i.started_at), 'ended_at', rfc3339(i.ended_at),
                              'measure', i.measure, 'unit', i.unit,
                              'name', sealed('participant.name', p.participant, p.name),
                              'seconds', extract(epoch from i.ended_at - i.started_at))
                              order by i.started_at, i.id), '[]'::json)
                          from (select * from incident where act_id = a.id
                                order by started_at limit 200) as i
                          left join participant as p on p.participant = i.participant),
            'documents', documents_json(a.id),
            'report', (select json_build_object('text', sealed('report.text', r.id::text, r.text),
                           'conclusion', sealed('report.conclusion', r.id::text, r.conclusion),
                           'incidents_confirmed', r.incidents_confirmed,
                           'incident_comment', sealed('report.incident_comment', r.id::text, r.incident_comment),
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
                            'reason', a.not_done_reason,
                            'comment', sealed('act.not_done_comment', a.id::text, a.not_done_comment)) end);
end
$$;

create or replace function patient_accesses(p_patient uuid, p_before date, p_days integer)
returns table (day date, first_at timestamptz, last_at timestamptz, times bigint, action text, actor_kind text,
               actor_id uuid, act_id uuid, emergency text)
language plpgsql stable security definer as $$
begin
    if not (public.patient_is_cared_for(public.me_person(), p_patient)
            or public.emergency_is_managed(public.me_managed(), p_patient)) then
        return;
    end if;
    return query
        with seen as (
            select (a.at at time zone 'Europe/Paris')::date as day, a.at, a.action, a.actor_kind, a.actor_id, a.act_id
            from public.audit as a
            where a.patient_id = p_patient
              and a.actor_kind in ('person', 'visitor')
              and (p_before is null or a.at < p_before::timestamp at time zone 'Europe/Paris')
        ), days as (
            select distinct seen.day
            from seen
            order by 1 desc
            limit p_days
        )
        select s.day, min(s.at), max(s.at), count(*), s.action, s.actor_kind, s.actor_id, s.act_id,
               (select public.sealed('emergency_access.reason', e.id::text, e.reason)
                from public.emergency_access as e
                where e.patient_id = p_patient
                  and e.person_id = s.actor_id
                  and max(s.at) >= e.at
                  and min(s.at) < e.expires_at
                order by e.at desc
                limit 1)
        from seen as s
        join days on days.day = s.day
        group by s.day, s.action, s.actor_kind, s.actor_id, s.act_id;
end
$$;

-- ---- what is sealed, for the program's own pass over it: what was loaded plain, and rotation ----

create table sealed_place (
    place text
        constraint sealed_place_pk primary key,
    of_table text not null,
    of_column text not null,
    row_id text not null,
    structure text not null
);
alter table sealed_place enable row level security;
comment on table sealed_place is 'Every column that is sealed';
comment on column sealed_place.place is 'What the sealed text is bound to, with the row';
comment on column sealed_place.of_table is 'Its table';
comment on column sealed_place.of_column is 'Its column';
comment on column sealed_place.row_id is 'What names the row t in the seal';
comment on column sealed_place.structure is 'Whose key seals the row t; null: nobody''s';
insert into sealed_place (place, of_table, of_column, row_id, structure)
select v.t || '.' || v.c, v.t, v.c, v.r,
       case v.s when 'act' then '(select a.structure_id from act as a where a.id = t.act_id)' else v.s end
from (values
    ('patient', 'identity', 'id', '(select min(ps.structure_id::text) from patient_structure as ps where ps.patient_id = t.id)'),
    ('invitation', 'identity', 'id', 'act'),
    ('delivery', 'identity', 'id', 'act'),
    ('act', 'reason', 'id', 't.structure_id'),
    ('act', 'not_done_comment', 'id', 't.structure_id'),
    ('act_colleague', 'comment', 'person_id', 'act'),
    ('participant', 'name', 'participant', 'act'),
    ('act_event', 'detail', 'id', 'act'),
    ('report', 'text', 'id', 'act'),
    ('report', 'conclusion', 'id', 'act'),
    ('report', 'incident_comment', 'id', 'act'),
    ('report', 'why', 'id', 'act'),
    ('document', 'name', 'id', 'act'),
    ('emergency_access', 'reason', 'id', 'null'),
    ('audit_alert', 'comment', 'id', 'null')) as v (t, c, r, s);

create function sealed_key(p_column text) returns integer
language sql immutable as $$
    select case when p_column is null or p_column = '' then null
                when starts_with(p_column, 'S1:') then split_part(p_column, ':', 2)::integer
                when position(E'\uE000' in p_column) > 0
                    then split_part(substr(p_column, position(E'\uE000' in p_column)), ':', 4)::integer
                else 0 end
$$;
comment on function sealed_key(text) is 'The number of the data key a column is sealed with; 0: it is not sealed; null: there is nothing';

create function sealed_rows(p_place text, p_most integer)
returns table (at text, id text, structure text, content text)
language plpgsql as $$
declare
    place sealed_place;
begin
    select * into strict place from sealed_place as s where s.place = p_place;
    return query execute format(
        'select t.ctid::text, t.%1$I::text, coalesce((%2$s)::text, ''''), t.%3$I::text
         from %4$I as t
         where sealed_key(t.%3$I::text) is distinct from
                   (select k.id from data_key as k where k.owner = coalesce((%2$s)::text, '''') and k.retired_at is null)
           and t.%3$I is not null
           and t.%3$I::text <> ''''%5$s
         limit $1
         for update of t',
        place.row_id, place.structure, place.of_column, place.of_table,
        case when place.of_column = 'detail'
             then ' and t.detail ?| array[''name'', ''title'', ''comment'', ''report'', ''$'']' else '' end)
        using p_most;
end
$$;
comment on function sealed_rows(text, integer) is 'Rows of a place that another key seals than the one in use, or none, locked';

create function sealed_row_write(p_place text, p_at text, p_content text) returns void
language plpgsql as $$
declare
    place sealed_place;
begin
    select * into strict place from sealed_place as s where s.place = p_place;
    execute format('update %I set %I = $1::%s where ctid = $2::tid', place.of_table, place.of_column,
                   case place.of_column when 'detail' then 'jsonb' else 'text' end)
        using p_content, p_at;
end
$$;
comment on function sealed_row_write(text, text, text) is 'A row that was sealed';
revoke execute on function sealed_rows(text, integer), sealed_row_write(text, text, text) from public, teleloire_records;

-- What is only ever added to may be sealed anew, by the owner, and otherwise stays as it is.
create function refuse_change_but_sealing() returns trigger
language plpgsql as $$
declare
    before jsonb;
    after jsonb;
    name text;
begin
    if tg_op = 'UPDATE' and is_sealed('plain') then
        before := to_jsonb(old);
        after := to_jsonb(new);
        foreach name in array tg_argv loop
            exit when after -> name is distinct from before -> name
                  and sealed_key(after ->> name) is not distinct from 0;
            before := before - name;
            after := after - name;
        end loop;
        if after = before then
            return new;
        end if;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
comment on function refuse_change_but_sealing() is 'For tables that are only ever added to, and are sealed';
drop trigger report_append_only on report;
create trigger report_append_only before update or delete on report
    for each row execute function refuse_change_but_sealing('text', 'conclusion', 'incident_comment', 'why');
drop trigger act_event_append_only on act_event;
create trigger act_event_append_only before update or delete on act_event
    for each row execute function refuse_change_but_sealing('detail');
drop trigger emergency_access_append_only on emergency_access;
create trigger emergency_access_append_only before update or delete on emergency_access
    for each row execute function refuse_change_but_sealing('reason');
