-- Which acts a professional knows, in one place: the day, the register and the search read it. As who
-- asks; PostgreSQL plans it as part of each of them.
create function acts_known(p_person uuid, p_patient uuid) returns table (id uuid, clinical boolean, holds boolean)
language sql stable as $$
    select a.id, true, true
    from act as a
    where a.professional_id = p_person
    union all
    select c.act_id, true, false
    from act_colleague as c
    where c.person_id = p_person
    union all
    select a.id, false, false
    from delegation as d
    join act as a on a.professional_id = d.professional_id and a.structure_id = d.structure_id
    where d.delegate_id = p_person
      and d.ended_at is null
      and act_is_planned(p_person, d.professional_id, d.structure_id)
    union all
    select a.id, true, false
    from act as a
    where a.patient_id = p_patient
      and act_is_clinical(p_person, a.id, a.patient_id)
$$;
comment on function acts_known(uuid, uuid) is 'Acts a person holds, was invited to, plans without reading their reason, and, of one patient, those the care team or an emergency opens; an act may come several times';

-- A browser signed out by Pro Santé Connect loses its connections as one signed out here does.
grant execute on function browsers_ended_now() to teleloire_stranger;
