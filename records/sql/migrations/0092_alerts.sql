-- Unusual access: rules as data, looked at each minute over what the audit has got since, and told to
-- who manages the structures of the person. An alert says that somebody looks, never that they may not.

create table audit_rule (
    rule text
        constraint audit_rule_pk primary key
        constraint audit_rule_known check (rule in ('many_patients', 'at_night', 'beyond_care')),
    threshold integer not null
        constraint audit_rule_threshold_positive check (threshold between 1 and 100000),
    minutes integer not null
        constraint audit_rule_minutes_plausible check (minutes between 1 and 1440),
    enabled boolean not null default true
);
comment on table audit_rule is 'What counts as unusual; an operator changes the numbers';
comment on column audit_rule.rule is 'many_patients: so many records opened; at_night: opened between 23 h and 5 h; beyond_care: opened without an act of theirs or a part in the care team';
comment on column audit_rule.threshold is 'Different patients from which on it is told';
comment on column audit_rule.minutes is 'Within so many minutes';
comment on column audit_rule.enabled is 'Looked at';
insert into audit_rule (rule, threshold, minutes) values
    ('many_patients', 40, 60), ('at_night', 8, 360), ('beyond_care', 20, 1440);

create table audit_alert (
    id uuid
        constraint audit_alert_pk primary key default gen_random_uuid(),
    rule text not null
        constraint audit_alert_rule_fk references audit_rule (rule),
    person_id uuid not null
        constraint audit_alert_person_fk references person (id),
    day date not null,
    at timestamptz not null,
    patients integer not null
        constraint audit_alert_patients_positive check (patients >= 1),
    seen_by uuid
        constraint audit_alert_seen_by_fk references person (id),
    seen_at timestamptz,
    comment text
        constraint audit_alert_comment_size check (char_length(comment) between 3 and 500),
    constraint audit_alert_once unique (rule, person_id, day),
    constraint audit_alert_seen_whole check
        ((seen_at is null) = (seen_by is null) and (seen_at is null) = (comment is null))
);
create index audit_alert_person on audit_alert (person_id, at);
create index audit_alert_at on audit_alert (at, id);
alter table audit_rule enable row level security;
alter table audit_alert enable row level security;
comment on table audit_alert is 'An unusual access that was told; once for a rule, a person and a day';
comment on column audit_alert.id is 'Random identifier';
comment on column audit_alert.rule is 'Which rule';
comment on column audit_alert.person_id is 'Whose accesses';
comment on column audit_alert.day is 'Of which day, in the region';
comment on column audit_alert.at is 'The access that made it so many';
comment on column audit_alert.patients is 'How many different patients, the most of the day';
comment on column audit_alert.seen_by is 'Who answered for it';
comment on column audit_alert.seen_at is 'When';
comment on column audit_alert.comment is 'What they found';

create table audit_scan (
    writer text
        constraint audit_scan_pk primary key,
    number bigint not null
);
alter table audit_scan enable row level security;
comment on table audit_scan is 'How far each chain was looked at for unusual access';
comment on column audit_scan.writer is 'Which chain';
comment on column audit_scan.number is 'Last row looked at';
insert into audit_scan (writer, number) select writer, number from audit_head;

create function audit_is_opened(p_action text) returns boolean
language sql immutable as $$
    select p_action in ('patient.read', 'act.read', 'document.read', 'patient.emergency')
$$;
comment on function audit_is_opened(text) is 'Opens one record, as against a list or a search';
create index audit_opened on audit (actor_id, at)
    where actor_kind = 'person' and audit_is_opened(action) and patient_id is not null;

create function alert_is_mine(p_person uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.membership as mine
                   where mine.person_id = public.me_person()
                     and mine.ended_at is null
                     and (mine.role = 'operator'
                          or (mine.role = 'manager'
                              and exists (select
                                          from public.membership as theirs
                                          where theirs.person_id = p_person
                                            and theirs.structure_id = mine.structure_id))));
end
$$;
comment on function alert_is_mine(uuid) is 'Answers for this person''s accesses: manages a structure of theirs, or operates the platform';

create function audit_unusual(p_person uuid, p_at timestamptz, p_rule audit_rule) returns bigint
language plpgsql stable security definer as $$
begin
    return (select count(distinct a.patient_id)
            from public.audit as a
            where a.actor_id = p_person
              and a.actor_kind = 'person'
              and public.audit_is_opened(a.action)
              and a.patient_id is not null
              and a.at > p_at - make_interval(mins => p_rule.minutes)
              and a.at <= p_at
              and (p_rule.rule <> 'at_night'
                   or extract(hour from a.at at time zone 'Europe/Paris') not between 5 and 22)
              and (p_rule.rule <> 'beyond_care'
                   or not (public.patient_is_cared_for(p_person, a.patient_id)
                           or public.patient_is_met(p_person, a.patient_id))));
end
$$;
comment on function audit_unusual(uuid, timestamptz, audit_rule) is 'Different patients this rule counts, up to a moment';

-- What the chains have got since the last look, a row for each manager to be told of a new alert.
create function audit_alerts_scan() returns table (email text, phone text, language text, structure text)
language plpgsql security definer as $$
declare
    fresh uuid[];
begin
    with heads as (
        select h.writer, h.number, coalesce(s.number, 0) as from_number
        from public.audit_head as h
        left join public.audit_scan as s on s.writer = h.writer
        where h.number > coalesce(s.number, 0)
    ), active as (
        select a.actor_id as person_id, max(a.at) as at
        from heads
        join public.audit as a
            on a.writer = heads.writer and a.number > heads.from_number and a.number <= heads.number
        where a.actor_kind = 'person'
          and a.actor_id is not null
          and a.patient_id is not null
          and public.audit_is_opened(a.action)
        group by a.actor_id
    ), moved as (
        insert into public.audit_scan as s (writer, number)
        select writer, number from heads
        on conflict (writer) do update set number = excluded.number
    ), unusual as (
        select r.rule, active.person_id, active.at, public.audit_unusual(active.person_id, active.at, r) as patients, r.threshold
        from active
        cross join public.audit_rule as r
        where r.enabled
    ), added as (
        insert into public.audit_alert as a (rule, person_id, day, at, patients)
        select u.rule, u.person_id, (u.at at time zone 'Europe/Paris')::date, u.at, u.patients
        from unusual as u
        where u.patients >= u.threshold
        on conflict on constraint audit_alert_once do update set patients = greatest(a.patients, excluded.patients)
        returning a.id, a.xmax = 0 as is_new
    )
    select array_agg(id) into fresh from added where is_new;
    return query
        select distinct m.email, m.phone, coalesce(acc.language, 'fr'), s.name
        from public.audit_alert as a
        join public.membership as theirs on theirs.person_id = a.person_id
        join public.membership as managing
            on managing.structure_id = theirs.structure_id and managing.role = 'manager' and managing.ended_at is null
        join public.person as m on m.id = managing.person_id
        join public.structure as s on s.id = managing.structure_id
        left join public.account as acc on acc.person_id = m.id
        where a.id = any (fresh);
end
$$;
comment on function audit_alerts_scan() is 'Looks at what was audited since the last time; whom to tell';

revoke execute on function audit_is_opened(text), alert_is_mine(uuid), audit_unusual(uuid, timestamptz, audit_rule),
    audit_alerts_scan() from public, teleloire_records;
grant execute on function alert_is_mine(uuid) to teleloire_person;
grant execute on function audit_alerts_scan() to teleloire_system;
grant insert on outbox to teleloire_system;
create policy outbox_system on outbox for insert to teleloire_system with check (true);

grant select on audit_alert to teleloire_person;
grant update (seen_by, seen_at, comment) on audit_alert to teleloire_person;
create policy audit_alert_person on audit_alert for select to teleloire_person using (alert_is_mine(person_id));
create policy audit_alert_person_update on audit_alert for update to teleloire_person
    using (alert_is_mine(person_id) and seen_at is null)
    with check (seen_by = (select me_person()));
