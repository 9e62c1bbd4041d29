-- The region, its structures and the people who work there.

create table departement (
    code text
        constraint departement_pk primary key
        constraint departement_code_form check (code ~ '^[0-9AB]{2,3}$'),
    name text not null,
    population integer not null
        constraint departement_population_positive check (population >= 0)
);
comment on table departement is 'Départements of the region';
comment on column departement.code is 'INSEE code: 44, 49, 53, 72, 85';
comment on column departement.name is 'Name for people';
comment on column departement.population is 'Municipal population, source named by the reference data';

create table epci (
    code text
        constraint epci_pk primary key
        constraint epci_code_form check (code ~ '^[0-9]{9}$'),
    name text not null,
    departement_code text not null
        constraint epci_departement_fk references departement (code),
    population integer not null
        constraint epci_population_positive check (population >= 0)
);
comment on table epci is 'Groupings of communes, the level at which coverage is read';
comment on column epci.code is 'SIREN of the EPCI, nine digits';
comment on column epci.name is 'Name for people';
comment on column epci.departement_code is 'Département of its seat';
comment on column epci.population is 'Municipal population';

create table structure (
    id uuid
        constraint structure_pk primary key default gen_random_uuid(),
    name text not null
        constraint structure_name_size check (char_length(name) between 1 and 200),
    kind text not null
        constraint structure_kind_known check (kind in ('msp', 'hospital', 'ehpad', 'ars')),
    finess text
        constraint structure_finess_form check (finess ~ '^[0-9][0-9AB][0-9]{7}$')
        constraint structure_finess_once unique,
    address text not null default '',
    postal_code text not null default '',
    city text not null,
    departement_code text not null
        constraint structure_departement_fk references departement (code),
    epci_code text
        constraint structure_epci_fk references epci (code),
    phone text,
    demo boolean not null default false,
    created_at timestamptz not null default now()
);
comment on table structure is 'Legal or working entity: maison de santé, hospital, EHPAD, agency';
comment on column structure.id is 'Random identifier';
comment on column structure.name is 'Name for people';
comment on column structure.kind is 'msp, hospital, ehpad or ars';
comment on column structure.finess is 'FINESS number, its key checked by the program; null when it has none';
comment on column structure.address is 'Street and number';
comment on column structure.postal_code is 'Postal code';
comment on column structure.city is 'Commune name';
comment on column structure.departement_code is 'Département';
comment on column structure.epci_code is 'EPCI, where known';
comment on column structure.phone is 'Telephone shown to patients';
comment on column structure.demo is 'Invented for the demonstration';
comment on column structure.created_at is 'When the row was made';

create table site (
    id uuid
        constraint site_pk primary key default gen_random_uuid(),
    structure_id uuid not null
        constraint site_structure_fk references structure (id),
    name text not null,
    finess text
        constraint site_finess_form check (finess ~ '^[0-9][0-9AB][0-9]{7}$'),
    address text not null default '',
    postal_code text not null default '',
    city text not null,
    epci_code text
        constraint site_epci_fk references epci (code),
    demo boolean not null default false
);
create index site_structure on site (structure_id);
comment on table site is 'A place where a structure works';
comment on column site.id is 'Random identifier';
comment on column site.structure_id is 'The structure it belongs to';
comment on column site.name is 'Name for people';
comment on column site.finess is 'Geographic FINESS number';
comment on column site.address is 'Street and number';
comment on column site.postal_code is 'Postal code';
comment on column site.city is 'Commune name';
comment on column site.epci_code is 'EPCI, where known';
comment on column site.demo is 'Invented for the demonstration';

create table person (
    id uuid
        constraint person_pk primary key default gen_random_uuid(),
    prefix text not null default '',
    given_name text not null
        constraint person_given_name_size check (char_length(given_name) between 1 and 100),
    family_name text not null
        constraint person_family_name_size check (char_length(family_name) between 1 and 100),
    display_name text not null generated always as
        (case prefix when '' then '' else prefix || ' ' end || given_name || ' ' || family_name) stored,
    profession text not null default '',
    rpps text
        constraint person_rpps_form check (rpps ~ '^[0-9]{11}$')
        constraint person_rpps_once unique,
    email text,
    phone text,
    demo boolean not null default false,
    created_at timestamptz not null default now()
);
create index person_family_name on person (lower(family_name));
comment on table person is 'A professional: who holds acts, or plans, or steers';
comment on column person.id is 'Random identifier';
comment on column person.prefix is 'Dr, Pr, M., Mme or nothing';
comment on column person.given_name is 'Given name in use';
comment on column person.family_name is 'Family name in use';
comment on column person.display_name is 'What other people read, made of the three above';
comment on column person.profession is 'Profession and specialty in words: Médecin généraliste';
comment on column person.rpps is 'RPPS number, its Luhn key checked by the program';
comment on column person.email is 'Where the program writes to this person';
comment on column person.phone is 'Telephone for short messages';
comment on column person.demo is 'Invented for the demonstration';
comment on column person.created_at is 'When the row was made';

create table membership (
    id uuid
        constraint membership_pk primary key default gen_random_uuid(),
    person_id uuid not null
        constraint membership_person_fk references person (id),
    structure_id uuid not null
        constraint membership_structure_fk references structure (id),
    role text not null
        constraint membership_role_known check
            (role in ('doctor', 'nurse', 'midwife', 'secretary', 'manager', 'operator', 'ars')),
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint membership_once unique (person_id, structure_id, role)
);
create index membership_structure on membership (structure_id);
comment on table membership is 'Who works where, as what: the ground of every right';
comment on column membership.id is 'Random identifier';
comment on column membership.person_id is 'Who';
comment on column membership.structure_id is 'Where';
comment on column membership.role is 'As what';
comment on column membership.created_at is 'Since when';
comment on column membership.ended_at is 'Until when; null while it lasts';
