-- Absences of professionals, and what links they declare.

create table absence (
    id uuid
        constraint absence_pk primary key default gen_random_uuid(),
    person_id uuid not null
        constraint absence_person_fk references person (id),
    first_day date not null,
    last_day date not null,
    replacement_id uuid
        constraint absence_replacement_fk references person (id),
    created_at timestamptz not null default now(),
    created_by uuid not null
        constraint absence_created_by_fk references person (id),
    cancelled_at timestamptz,
    cancelled_by uuid
        constraint absence_cancelled_by_fk references person (id),
    constraint absence_in_order check (last_day >= first_day),
    constraint absence_is_bounded check (last_day - first_day <= 730),
    constraint absence_replaced_by_another check (replacement_id <> person_id),
    constraint absence_cancel_has_author check ((cancelled_at is null) = (cancelled_by is null))
);
create index absence_person on absence (person_id, last_day) where cancelled_at is null;
comment on table absence is 'Days on which a professional is away, in the days of Paris, first and last included';
comment on column absence.id is 'Random identifier';
comment on column absence.person_id is 'Who is away';
comment on column absence.first_day is 'First day away';
comment on column absence.last_day is 'Last day away';
comment on column absence.replacement_id is 'The colleague to turn to, where one is named';
comment on column absence.created_at is 'When it was entered';
comment on column absence.created_by is 'By whom: the professional, or a manager of their structure';
comment on column absence.cancelled_at is 'When it was taken back; null while it stands';
comment on column absence.cancelled_by is 'By whom';
alter table absence enable row level security;
create policy absence_person on absence for select to teleloire_person using ((select me_person()) is not null);
create policy absence_person_add on absence for insert to teleloire_person
    with check (created_by = (select me_person())
                and (person_id = (select me_person()) or person_is_managed(person_id)));
create policy absence_person_update on absence for update to teleloire_person
    using (person_id = (select me_person()) or person_is_managed(person_id))
    with check (cancelled_by = (select me_person()));
grant select, insert on absence to teleloire_person;
grant update (cancelled_at, cancelled_by) on absence to teleloire_person;

create function absence_on(p_person_id uuid, p_day date) returns json
language sql stable as $$
    select json_build_object('from', a.first_day, 'until', a.last_day,
        'replacement', (select person_json(r) from person as r where r.id = a.replacement_id))
    from absence as a
    where a.person_id = p_person_id
      and a.cancelled_at is null
      and p_day between a.first_day and a.last_day
    order by a.last_day desc
    limit 1
$$;
comment on function absence_on is 'The absence of somebody that holds a day, or null';

create table interest_statement (
    id uuid
        constraint interest_statement_pk primary key default gen_random_uuid(),
    person_id uuid not null
        constraint interest_statement_person_fk references person (id),
    version integer not null
        constraint interest_statement_version_positive check (version >= 1),
    at timestamptz not null default now(),
    constraint interest_statement_once unique (person_id, version)
);
create trigger interest_statement_append_only before update or delete on interest_statement
    for each statement execute function refuse_change();
comment on table interest_statement is 'What links with companies a professional declares (L1451-1 and L4113-13 CSP); a new version each time, none is changed';
comment on column interest_statement.id is 'Random identifier';
comment on column interest_statement.person_id is 'Whose';
comment on column interest_statement.version is '1, 2, 3 ...';
comment on column interest_statement.at is 'When it was declared';

create table interest_link (
    statement_id uuid not null
        constraint interest_link_statement_fk references interest_statement (id),
    position integer not null
        constraint interest_link_position_limit check (position between 1 and 20),
    organisation text not null
        constraint interest_link_organisation_size check (char_length(organisation) between 1 and 200),
    nature text not null
        constraint interest_link_nature_size check (char_length(nature) between 1 and 500),
    since_year integer
        constraint interest_link_year_plausible check (since_year between 1950 and 2100),
    constraint interest_link_pk primary key (statement_id, position)
);
create trigger interest_link_append_only before update or delete on interest_link
    for each statement execute function refuse_change();
comment on table interest_link is 'The links of a statement; a statement without any says "aucun lien"';
comment on column interest_link.statement_id is 'Of which statement';
comment on column interest_link.position is 'Their order';
comment on column interest_link.organisation is 'With whom';
comment on column interest_link.nature is 'Which link, in plain words';
comment on column interest_link.since_year is 'Since which year, where it was said';
-- Read by every colleague, and by the patient of one's acts.
alter table interest_statement enable row level security;
alter table interest_link enable row level security;
create policy interest_statement_person on interest_statement for select to teleloire_person
    using ((select me_person()) is not null);
create policy interest_statement_person_add on interest_statement for insert to teleloire_person
    with check (person_id = (select me_person()));
create policy interest_statement_visitor on interest_statement for select to teleloire_visitor
    using (exists (select from act as a
                   where a.id = (select me_act()) and a.professional_id = interest_statement.person_id));
create policy interest_link_person on interest_link for select to teleloire_person
    using ((select me_person()) is not null);
create policy interest_link_person_add on interest_link for insert to teleloire_person
    with check (exists (select from interest_statement as s
                        where s.id = interest_link.statement_id and s.person_id = (select me_person())));
create policy interest_link_visitor on interest_link for select to teleloire_visitor
    using (exists (select from interest_statement as s where s.id = interest_link.statement_id));
grant select, insert on interest_statement, interest_link to teleloire_person;
grant select on interest_statement, interest_link to teleloire_visitor;

create function interests_json(s interest_statement) returns json
language sql stable as $$
    select json_build_object('version', s.version, 'at', rfc3339(s.at),
        'links', (select coalesce(json_agg(json_build_object('organisation', l.organisation,
                      'nature', l.nature, 'since_year', l.since_year) order by l.position), '[]'::json)
                  from interest_link as l
                  where l.statement_id = s.id))
$$;
comment on function interests_json is 'Interests';

create function interests_of(p_person_id uuid) returns json
language sql stable as $$
    select interests_json(s)
    from interest_statement as s
    where s.person_id = p_person_id
    order by s.version desc
    limit 1
$$;
comment on function interests_of is 'The statement somebody stands by now, or null';

-- What the patient was shown when they agreed.
alter table consent add column interest_statement_id uuid
    constraint consent_interest_statement_fk references interest_statement (id);
comment on column consent.interest_statement_id is 'The professional''s statement of interests shown on the page of consent; null when there was none, or no page';
