-- What a patient may ask of who holds their data: that it be corrected (GDPR art. 16), with what stood
-- before kept beside it, and that it be kept and not used (art. 18).

create table patient_correction (
    id uuid
        constraint patient_correction_pk primary key,
    patient_id uuid not null
        constraint patient_correction_patient_fk references patient (id),
    at timestamptz not null default now(),
    by_person_id uuid not null
        constraint patient_correction_person_fk references person (id),
    reason text not null
        constraint patient_correction_reason_sealed check (is_sealed(reason)),
    identity text not null
        constraint patient_correction_identity_sealed check (is_sealed(identity))
);
create index patient_correction_patient on patient_correction (patient_id, at);
create trigger patient_correction_append_only before update or delete on patient_correction
    for each row execute function refuse_change_but_sealing('reason', 'identity');
alter table patient_correction enable row level security;
comment on table patient_correction is 'An identity or contact that was corrected, as it stood before; append-only';
comment on column patient_correction.id is 'Random identifier, which the seals are bound to';
comment on column patient_correction.patient_id is 'Whose';
comment on column patient_correction.at is 'When it was corrected';
comment on column patient_correction.by_person_id is 'By whom';
comment on column patient_correction.reason is 'Sealed: why; empty for a change of contact';
comment on column patient_correction.identity is 'Sealed: the whole of it as it stood until then';
grant select, insert on patient_correction to teleloire_person;
create policy patient_correction_person on patient_correction for select to teleloire_person
    using (exists (select from patient as p where p.id = patient_correction.patient_id));
create policy patient_correction_person_add on patient_correction for insert to teleloire_person
    with check (by_person_id = (select me_person())
                and exists (select from patient as p where p.id = patient_correction.patient_id));

create table patient_restriction (
    id uuid
        constraint patient_restriction_pk primary key,
    patient_id uuid not null
        constraint patient_restriction_patient_fk references patient (id),
    since timestamptz not null default now(),
    set_by uuid not null
        constraint patient_restriction_set_by_fk references person (id),
    reason text not null
        constraint patient_restriction_reason_sealed check (is_sealed(reason)),
    ended_at timestamptz,
    ended_by uuid
        constraint patient_restriction_ended_by_fk references person (id),
    constraint patient_restriction_end_whole check ((ended_at is null) = (ended_by is null))
);
create unique index patient_restriction_current on patient_restriction (patient_id) where ended_at is null;
alter table patient_restriction enable row level security;
comment on table patient_restriction is 'A patient whose data is kept and shown to their care team only, as they asked';
comment on column patient_restriction.id is 'Random identifier, which the seal is bound to';
comment on column patient_restriction.patient_id is 'Whose';
comment on column patient_restriction.since is 'Since when';
comment on column patient_restriction.set_by is 'Who noted it';
comment on column patient_restriction.reason is 'Sealed: why, in the patient''s words';
comment on column patient_restriction.ended_at is 'When the patient gave it up; null: it holds';
comment on column patient_restriction.ended_by is 'Who noted that';
grant select, insert, update (ended_at, ended_by) on patient_restriction to teleloire_person;
create policy patient_restriction_person on patient_restriction for select to teleloire_person
    using (exists (select from patient as p where p.id = patient_restriction.patient_id));
create policy patient_restriction_person_add on patient_restriction for insert to teleloire_person
    with check (set_by = (select me_person()) and patient_is_cared_for((select me_person()), patient_id));
create policy patient_restriction_person_update on patient_restriction for update to teleloire_person
    using (ended_at is null and patient_is_cared_for((select me_person()), patient_id))
    with check (ended_by = (select me_person()));

insert into sealed_place (place, of_table, of_column, row_id, structure)
select t || '.' || c, t, c, 'id', '(select min(ps.structure_id::text) from patient_structure as ps where ps.patient_id = t.patient_id)'
from (values ('patient_correction', 'reason'), ('patient_correction', 'identity'), ('patient_restriction', 'reason')) as v (t, c);

create function patient_is_restricted(p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.patient_restriction as r
                   where r.patient_id = p_patient
                     and r.ended_at is null);
end
$$;
comment on function patient_is_restricted(uuid) is 'Kept for the care team only';
revoke execute on function patient_is_restricted(uuid) from public, teleloire_records;
grant execute on function patient_is_restricted(uuid) to teleloire_person;

-- Their structure alone opens no patient who asked for that: the care team does, an act held or planned, an emergency.
drop policy patient_person on patient;
create policy patient_person on patient for select to teleloire_person
    using ((exists (select from patient_structure as ps
                    where ps.patient_id = patient.id
                      and ps.structure_id = any ((select me_structures())::uuid[]))
            and not patient_is_restricted(id))
           or (created_by = (select me_person()) and created_at > now() - interval '24 hours')
           or patient_is_open((select me_person()), id));
drop policy patient_person_update on patient;
create policy patient_person_update on patient for update to teleloire_person
    using ((exists (select from patient_structure as ps
                    where ps.patient_id = patient.id
                      and ps.structure_id = any ((select me_structures())::uuid[]))
            and not patient_is_restricted(id))
           or patient_is_cared_for((select me_person()), id)
           or patient_is_met((select me_person()), id));

-- Another patient with these traits, or this INS.
create function patient_twin(p_patient uuid, p_traits bytea, p_ins bytea) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.patient as p
                   where p.id <> p_patient
                     and (p.traits_index = p_traits or p.ins_index = p_ins));
end
$$;
comment on function patient_twin(uuid, bytea, bytea) is 'Another patient of the region has these traits, or this INS';
revoke execute on function patient_twin(uuid, bytea, bytea) from public, teleloire_records;
grant execute on function patient_twin(uuid, bytea, bytea) to teleloire_person;

create function patient_rights_json(p_patient uuid) returns json
language plpgsql stable as $$
begin
    return json_build_object(
        'restriction', (select json_build_object('since', rfc3339(r.since), 'by', person_json(q),
                            'reason', sealed('patient_restriction.reason', r.id::text, r.reason))
                        from patient_restriction as r join person as q on q.id = r.set_by
                        where r.patient_id = p_patient and r.ended_at is null),
        'restrictions_ended', (select coalesce(json_agg(json_build_object('since', rfc3339(r.since), 'by', person_json(q),
                                   'reason', sealed('patient_restriction.reason', r.id::text, r.reason),
                                   'until', rfc3339(r.ended_at), 'ended_by', person_json(e))
                                   order by r.ended_at desc, r.id), '[]'::json)
                               from patient_restriction as r
                               join person as q on q.id = r.set_by
                               join person as e on e.id = r.ended_by
                               where r.patient_id = p_patient),
        'may_restrict', patient_is_cared_for(me_person(), p_patient),
        'corrections', (select coalesce(json_agg(json_build_object('id', c.id, 'at', rfc3339(c.at), 'by', person_json(q),
                            'reason', sealed('patient_correction.reason', c.id::text, c.reason),
                            'before', json_build_object('$', sealed('patient_correction.identity/birth_name,used_name,first_names,birth_date,sex,birth_place_code,ins,ins_oid,phone,email',
                                                                    c.id::text, c.identity)))
                            order by c.at desc, c.id), '[]'::json)
                        from patient_correction as c join person as q on q.id = c.by_person_id
                        where c.patient_id = p_patient));
end
$$;
comment on function patient_rights_json(uuid) is 'What was asked for of a patient''s data: restriction, corrections';

create function reports_json(p_act_id uuid) returns json
language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('version', r.version, 'closed_at', rfc3339(r.closed_at),
                       'by', person_json(p), 'text', sealed('report.text', r.id::text, r.text),
                       'conclusion', sealed('report.conclusion', r.id::text, r.conclusion),
                       'why', sealed('report.why', r.id::text, r.why)) order by r.version), '[]'::json)
            from report as r join person as p on p.id = r.closed_by
            where r.act_id = p_act_id);
end
$$;
comment on function reports_json(uuid) is 'Every version of an act''s report, the first first';
