-- What a structure has, and the structures and sites the operator keeps.

create table equipment_kind (
    code text
        constraint equipment_kind_pk primary key
        constraint equipment_kind_form check (code ~ '^[a-z_]{2,30}$'),
    name_fr text not null,
    name_en text not null,
    position integer not null
        constraint equipment_kind_position_once unique
);
comment on table equipment_kind is 'Kinds of equipment one chooses from';
comment on column equipment_kind.code is 'Word of the API';
comment on column equipment_kind.name_fr is 'Name for people, in French';
comment on column equipment_kind.name_en is 'Name for people, in English';
comment on column equipment_kind.position is 'Its place in the list';

insert into equipment_kind (code, name_fr, name_en, position) values
    ('cart', 'Chariot de téléconsultation', 'Telemedicine cart', 1),
    ('case', 'Mallette de téléconsultation', 'Telemedicine case', 2),
    ('booth', 'Cabine de téléconsultation', 'Telemedicine booth', 3),
    ('computer', 'Poste avec caméra', 'Computer with camera', 4),
    ('tablet', 'Tablette', 'Tablet', 5),
    ('room', 'Salle équipée', 'Equipped room', 6),
    ('stethoscope', 'Stéthoscope connecté', 'Connected stethoscope', 7),
    ('otoscope', 'Otoscope connecté', 'Connected otoscope', 8),
    ('dermatoscope', 'Dermatoscope', 'Dermatoscope', 9),
    ('ecg', 'Électrocardiographe', 'Electrocardiograph', 10),
    ('ultrasound', 'Échographe', 'Ultrasound scanner', 11),
    ('retinograph', 'Rétinographe', 'Retinal camera', 12),
    ('spirometer', 'Spiromètre', 'Spirometer', 13),
    ('vitals', 'Tensiomètre, oxymètre, thermomètre', 'Blood pressure, oximeter, thermometer', 14),
    ('other', 'Autre', 'Other', 15);

create table equipment (
    id uuid
        constraint equipment_pk primary key default gen_random_uuid(),
    site_id uuid not null
        constraint equipment_site_fk references site (id),
    kind text not null
        constraint equipment_kind_fk references equipment_kind (code),
    name text not null
        constraint equipment_name_size check (char_length(name) between 1 and 100),
    state text not null default 'in_use'
        constraint equipment_state_known check (state in ('in_use', 'broken', 'in_repair', 'retired')),
    shared boolean not null default false,
    created_at timestamptz not null default now(),
    created_by uuid
        constraint equipment_created_by_fk references person (id),
    changed_at timestamptz not null default now(),
    changed_by uuid
        constraint equipment_changed_by_fk references person (id)
);
create index equipment_site on equipment (site_id);
comment on table equipment is 'Equipment of a site for remote acts; what is retired stays on record';
comment on column equipment.id is 'Random identifier';
comment on column equipment.site_id is 'Where it is';
comment on column equipment.kind is 'What it is';
comment on column equipment.name is 'How people there call it';
comment on column equipment.state is 'in_use, broken, in_repair or retired (for good)';
comment on column equipment.shared is 'Lent to other sites and structures';
comment on column equipment.created_at is 'When it was entered';
comment on column equipment.created_by is 'By whom; null in the demonstration';
comment on column equipment.changed_at is 'When it was last changed';
comment on column equipment.changed_by is 'By whom; null in the demonstration';

create function equipment_is_retired() returns trigger
language plpgsql as $$
begin
    raise exception 'what is retired stays so' using errcode = 'check_violation', constraint = 'equipment_is_retired';
end
$$;
comment on function equipment_is_retired() is 'Refuses to change what is retired';
create trigger equipment_is_retired before update on equipment
    for each row when (old.state = 'retired') execute function equipment_is_retired();

alter table equipment enable row level security;

create function site_is_managed(p_site uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return exists (select from site as s where s.id = p_site and s.structure_id = any (me_managed()));
end
$$;
comment on function site_is_managed(uuid) is 'A site of a structure I manage';

create policy equipment_person on equipment for select to teleloire_person using ((select me_person()) is not null);
create policy equipment_person_add on equipment for insert to teleloire_person
    with check (changed_by = (select me_person()) and site_is_managed(site_id));
create policy equipment_person_update on equipment for update to teleloire_person
    using (site_is_managed(site_id))
    with check (changed_by = (select me_person()) and site_is_managed(site_id));
grant select on equipment_kind to teleloire_person;
grant select, insert on equipment to teleloire_person;
grant update (site_id, name, state, shared, changed_at, changed_by) on equipment to teleloire_person;

create policy structure_operator_add on structure for insert to teleloire_person with check ((select me_operates()));
create policy structure_operator_update on structure for update to teleloire_person using ((select me_operates()));
create policy site_operator_add on site for insert to teleloire_person with check ((select me_operates()));
create policy site_operator_update on site for update to teleloire_person using ((select me_operates()));
grant insert on structure, site to teleloire_person;
grant update (name, kind, finess, address, postal_code, city, departement_code, epci_code, phone, closed_at)
    on structure to teleloire_person;
grant update (name, finess, address, postal_code, city, epci_code, phone, closed_at) on site to teleloire_person;

create function structure_open_acts(p_structure uuid) returns bigint
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select count(*)
            from act as a
            where a.structure_id = p_structure
              and a.state in ('planned', 'waiting', 'live', 'to_close')
              and me_operates());
end
$$;
comment on function structure_open_acts(uuid) is 'How many acts of a structure are open, for who runs the platform';

-- Messages are the courier's: the program counts them and reads none.
create index outbox_undelivered on outbox (created_at) where delivered_at is null;
create function platform_facts(out database json, out outbox json)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    if not me_operates() then
        return;
    end if;
    database := json_build_object(
        'version', current_setting('server_version'),
        'since', rfc3339(pg_postmaster_start_time()),
        'size_bytes', pg_database_size(current_database()),
        'connections', (select count(*) from pg_stat_activity where datname = current_database()),
        'connections_most', current_setting('max_connections')::integer,
        'migration', (select max(number) from schema_migration));
    outbox := (select json_build_object(
                   'waiting', count(*) filter (where o.dead_at is null),
                   'late', count(*) filter (where o.dead_at is null and o.due_at < now() - interval '15 minutes'),
                   'dead', count(*) filter (where o.dead_at is not null),
                   'oldest', rfc3339(min(o.created_at) filter (where o.dead_at is null)))
               from outbox as o
               where o.delivered_at is null);
end
$$;
comment on function platform_facts is 'The health of PostgreSQL, and how many messages wait, are a quarter of an hour late or were given up: for who runs the platform';

do $$
declare
    f text;
begin
    foreach f in array array['site_is_managed(uuid)', 'structure_open_acts(uuid)', 'platform_facts()'] loop
        execute format('revoke execute on function %s from public', f);
        execute format('grant execute on function %s to teleloire_person', f);
    end loop;
end
$$;
