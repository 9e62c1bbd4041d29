-- Patients by their INS traits.

create table patient (
    id uuid
        constraint patient_pk primary key default gen_random_uuid(),
    birth_name text not null
        constraint patient_birth_name_size check (char_length(birth_name) between 1 and 100),
    used_name text
        constraint patient_used_name_size check (char_length(used_name) between 1 and 100),
    first_names text not null
        constraint patient_first_names_size check (char_length(first_names) between 1 and 100),
    birth_date date not null
        constraint patient_birth_date_plausible check (birth_date >= date '1880-01-01'),
    sex text not null
        constraint patient_sex_known check (sex in ('F', 'M', 'U')),
    birth_place_code text not null
        constraint patient_birth_place_form check (birth_place_code ~ '^[0-9][0-9AB][0-9]{3}$'),
    ins text
        constraint patient_ins_form check (ins ~ '^[0-9]{5}[0-9AB][0-9]{9}$|^[0-9]{6}[AB][0-9]{8}$'),
    ins_oid text
        constraint patient_ins_oid_known check (ins_oid in
            ('1.2.250.1.213.1.4.8', '1.2.250.1.213.1.4.9', '1.2.250.1.213.1.4.10', '1.2.250.1.213.1.4.11')),
    ins_status text not null default 'provisional'
        constraint patient_ins_status_known check
            (ins_status in ('provisional', 'retrieved', 'validated', 'qualified')),
    phone text,
    email text,
    demo boolean not null default false,
    created_at timestamptz not null default now(),
    search text not null generated always as
        (lower(birth_name || ' ' || coalesce(used_name, '') || ' ' || first_names)) stored,
    constraint patient_ins_with_oid check ((ins is null) = (ins_oid is null)),
    -- RNIV: a matricule is kept from the status "récupérée" on.
    constraint patient_ins_needs_status check (ins is null or ins_status in ('retrieved', 'qualified'))
);
create index patient_traits on patient (lower(birth_name), birth_date);
create index patient_birth_date on patient (birth_date);
create unique index patient_ins_once on patient (ins_oid, ins) where ins is not null;
comment on table patient is 'A patient by the traits of the national health identity (INS)';
comment on column patient.id is 'Random identifier, the only one that leaves this table';
comment on column patient.birth_name is 'Nom de naissance';
comment on column patient.used_name is 'Nom utilisé';
comment on column patient.first_names is 'Prénoms as in civil status, in order';
comment on column patient.birth_date is 'Date of birth';
comment on column patient.sex is 'F, M or U (unknown)';
comment on column patient.birth_place_code is 'INSEE code of the commune of birth, 99xxx abroad';
comment on column patient.ins is 'Matricule INS: 13 characters and 2 of key';
comment on column patient.ins_oid is 'Which kind of matricule: NIR, NIA, TEST or DEMO';
comment on column patient.ins_status is 'provisoire, récupérée, validée, qualifiée';
comment on column patient.phone is 'Where short messages go';
comment on column patient.email is 'Where mail goes';
comment on column patient.demo is 'Invented for the demonstration';
comment on column patient.created_at is 'When the row was made';
comment on column patient.search is 'Names in lower case, for finding';

create table patient_structure (
    patient_id uuid not null
        constraint patient_structure_patient_fk references patient (id),
    structure_id uuid not null
        constraint patient_structure_structure_fk references structure (id),
    since timestamptz not null default now(),
    constraint patient_structure_pk primary key (patient_id, structure_id)
);
create index patient_structure_structure on patient_structure (structure_id);
comment on table patient_structure is 'Which structures know a patient: only their members find them';
comment on column patient_structure.patient_id is 'Who';
comment on column patient_structure.structure_id is 'Where';
comment on column patient_structure.since is 'Since when';
