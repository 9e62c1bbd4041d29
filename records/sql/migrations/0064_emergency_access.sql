-- An emergency access is told at once to those who manage the structures that know the patient.
create function emergency_told(p_access uuid) returns table (email text, phone text, language text, structure text)
language plpgsql stable security definer as $$
begin
    return query
        select distinct p.email, p.phone, coalesce(a.language, 'fr'), s.name
        from public.emergency_access as e
        join public.patient_structure as ps on ps.patient_id = e.patient_id
        join public.structure as s on s.id = ps.structure_id
        join public.membership as m on m.structure_id = s.id and m.role = 'manager' and m.ended_at is null
        join public.person as p on p.id = m.person_id
        left join public.account as a on a.person_id = p.id
        where e.id = p_access
          and e.person_id = public.me_person();
end
$$;
comment on function emergency_told(uuid) is 'Managers of the patient''s structures, for the one who opened the access to have them told';
revoke execute on function emergency_told(uuid) from public, teleloire_records;
grant execute on function emergency_told(uuid) to teleloire_person;

create function emergency_is_managed(p_structures uuid[], p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.patient_structure as ps
                   where ps.patient_id = p_patient
                     and ps.structure_id = any (p_structures));
end
$$;
comment on function emergency_is_managed(uuid[], uuid) is 'One of these structures knows the patient';
revoke execute on function emergency_is_managed(uuid[], uuid) from public, teleloire_records;
grant execute on function emergency_is_managed(uuid[], uuid) to teleloire_person;

-- A manager sees that it happened, why and until when; the patient only as far as they see patients.
create policy emergency_access_manager on emergency_access for select to teleloire_person
    using (emergency_is_managed((select me_managed())::uuid[], patient_id));
