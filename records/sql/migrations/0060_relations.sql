-- What professionals are to each other and to patients: the ground of rights beside membership.

alter table membership
    drop constraint membership_role_known,
    add constraint membership_role_known check (role in
        ('doctor', 'nurse', 'midwife', 'secretary', 'manager', 'operator', 'ars', 'committee'));

create table delegation (
    id uuid
        constraint delegation_pk primary key default gen_random_uuid(),
    structure_id uuid not null
        constraint delegation_structure_fk references structure (id),
    professional_id uuid not null
        constraint delegation_professional_fk references person (id),
    delegate_id uuid not null
        constraint delegation_delegate_fk references person (id),
    since timestamptz not null default now(),
    set_by uuid not null
        constraint delegation_set_by_fk references person (id),
    ended_at timestamptz,
    ended_by uuid
        constraint delegation_ended_by_fk references person (id),
    constraint delegation_of_another check (professional_id <> delegate_id),
    constraint delegation_end_has_author check ((ended_at is null) = (ended_by is null))
);
create unique index delegation_once on delegation (structure_id, professional_id, delegate_id)
    where ended_at is null;
create index delegation_delegate on delegation (delegate_id) where ended_at is null;
comment on table delegation is 'Who plans and invites for a named professional of a structure, and never sees clinical text';
comment on column delegation.id is 'Random identifier';
comment on column delegation.structure_id is 'In which structure';
comment on column delegation.professional_id is 'For whom';
comment on column delegation.delegate_id is 'By whom: a secretary of the structure';
comment on column delegation.since is 'Since when';
comment on column delegation.set_by is 'Who decided it: the professional, or the structure''s manager';
comment on column delegation.ended_at is 'Until when; null while it lasts';
comment on column delegation.ended_by is 'Who ended it';

create table care_team (
    id uuid
        constraint care_team_pk primary key default gen_random_uuid(),
    patient_id uuid not null
        constraint care_team_patient_fk references patient (id),
    person_id uuid not null
        constraint care_team_person_fk references person (id),
    since timestamptz not null default now(),
    act_id uuid
        constraint care_team_act_fk references act (id),
    added_by uuid
        constraint care_team_added_by_fk references person (id),
    ended_at timestamptz,
    ended_by uuid
        constraint care_team_ended_by_fk references person (id),
    constraint care_team_has_ground check (num_nonnulls(act_id, added_by) >= 1),
    constraint care_team_end_has_author check ((ended_at is null) = (ended_by is null))
);
create unique index care_team_once on care_team (patient_id, person_id) where ended_at is null;
create index care_team_person on care_team (person_id) where ended_at is null;
comment on table care_team is 'Who cares for a patient (équipe de soins, L1110-12 CSP): since when, by whose act, until when';
comment on column care_team.id is 'Random identifier';
comment on column care_team.patient_id is 'Of whom';
comment on column care_team.person_id is 'Which professional';
comment on column care_team.since is 'Since when';
comment on column care_team.act_id is 'The act that made them part of it';
comment on column care_team.added_by is 'or the member who added them';
comment on column care_team.ended_at is 'Until when; null while it lasts';
comment on column care_team.ended_by is 'The member who ended it';

create table emergency_access (
    id uuid
        constraint emergency_access_pk primary key default gen_random_uuid(),
    patient_id uuid not null
        constraint emergency_access_patient_fk references patient (id),
    person_id uuid not null
        constraint emergency_access_person_fk references person (id),
    reason text not null
        constraint emergency_access_reason_size check (char_length(reason) between 10 and 500),
    at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint emergency_access_is_short check (expires_at > at and expires_at <= at + interval '4 hours')
);
create index emergency_access_person on emergency_access (person_id, expires_at);
create index emergency_access_patient on emergency_access (patient_id, at);
create trigger emergency_access_append_only before update or delete on emergency_access
    for each statement execute function refuse_change();
comment on table emergency_access is 'A patient''s record opened without another right, with a reason, for a while; append-only';
comment on column emergency_access.id is 'Random identifier';
comment on column emergency_access.patient_id is 'Whose record';
comment on column emergency_access.person_id is 'Who opened it';
comment on column emergency_access.reason is 'Why, in their words, told to the patient''s structures';
comment on column emergency_access.at is 'When';
comment on column emergency_access.expires_at is 'Until when: four hours at most';

grant select on delegation, care_team, emergency_access to teleloire_records;
grant insert on delegation, care_team, emergency_access to teleloire_records;
grant update (ended_at, ended_by) on delegation, care_team to teleloire_records;
