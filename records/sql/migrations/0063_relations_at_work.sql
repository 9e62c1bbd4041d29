-- Rights that follow relations: nobody who worked before this loses what they need.

-- A secretary planned for everybody of their structures: from now on for those named.
insert into delegation (structure_id, professional_id, delegate_id, set_by)
select distinct s.structure_id, p.person_id, s.person_id, p.person_id
from membership as s
join membership as p on p.structure_id = s.structure_id
where s.role = 'secretary'
  and s.ended_at is null
  and p.role in ('doctor', 'nurse', 'midwife')
  and p.ended_at is null
  and p.person_id <> s.person_id
on conflict do nothing;

-- Who holds an act is of its patient's care team (L1110-12 CSP) from the moment it is held: an
-- appointment that was cancelled, or nobody came to, made nobody care. One who was taken off the team
-- comes back with the next act that is held, and not by an amendment of an old one.
create function care_team_follow() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if new.state in ('live', 'to_close', 'closed', 'amended')
       and (tg_op = 'INSERT' or old.state not in ('live', 'to_close', 'closed', 'amended')) then
        insert into care_team (patient_id, person_id, act_id)
        values (new.patient_id, new.professional_id, new.id)
        on conflict (patient_id, person_id) where ended_at is null do nothing;
    end if;
    return null;
end
$$;
comment on function care_team_follow() is 'An act that is held makes its professional part of the patient''s care team';
create trigger care_team_follow after insert or update of state on act
    for each row execute function care_team_follow();

insert into care_team (patient_id, person_id, act_id, since)
select distinct on (a.patient_id, a.professional_id) a.patient_id, a.professional_id, a.id,
       coalesce(a.live_at, a.ended_at, a.starts_at)
from act as a
where a.state in ('live', 'to_close', 'closed', 'amended')
order by a.patient_id, a.professional_id, a.starts_at
on conflict do nothing;
