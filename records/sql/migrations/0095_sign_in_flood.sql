-- What was refused at the sign-in before the database was asked, summed up.

create table sign_in_flood (
    id uuid
        constraint sign_in_flood_pk primary key default gen_random_uuid(),
    kind text not null
        constraint sign_in_flood_kind_known check (kind in ('login', 'address', 'device', 'others')),
    key text
        constraint sign_in_flood_key_form check (key ~ '^[0-9a-f]{16}$'),
    refused bigint not null
        constraint sign_in_flood_refused_positive check (refused > 0),
    since timestamptz not null,
    at timestamptz not null default now()
);
create trigger sign_in_flood_append_only before update or delete on sign_in_flood
    for each statement execute function refuse_change();
comment on table sign_in_flood is 'Sign-ins refused for being too many, a row for each login, address or device and 20 s; each has its row sign_in.flood in the audit';
comment on column sign_in_flood.id is 'The object of its audit row';
comment on column sign_in_flood.kind is 'Whose share was used up; others: those too many to be told apart';
comment on column sign_in_flood.key is 'Start of the SHA-256 of the digest or address counted: the same each time, and nobody''s name';
comment on column sign_in_flood.refused is 'How many tries were refused';
comment on column sign_in_flood.since is 'The first of them';
comment on column sign_in_flood.at is 'When they were summed up';
alter table sign_in_flood enable row level security;
create policy sign_in_flood_system_add on sign_in_flood for insert to teleloire_system with check (true);
create policy sign_in_flood_system on sign_in_flood for select to teleloire_system using (true);
grant select (id), insert on sign_in_flood to teleloire_system;
