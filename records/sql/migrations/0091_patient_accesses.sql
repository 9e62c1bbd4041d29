-- Who saw a patient's data, for those who may tell the patient: the care team, and who manages a
-- structure that knows them (L1111-7 CSP, article 15 GDPR). The audit itself stays closed to them.
create function patient_accesses(p_patient uuid, p_before date, p_days integer)
returns table (day date, first_at timestamptz, last_at timestamptz, times bigint, action text, actor_kind text,
               actor_id uuid, act_id uuid, emergency text)
language plpgsql stable security definer as $$
begin
    if not (public.patient_is_cared_for(public.me_person(), p_patient)
            or public.emergency_is_managed(public.me_managed(), p_patient)) then
        return;
    end if;
    return query
        with seen as (
            select (a.at at time zone 'Europe/Paris')::date as day, a.at, a.action, a.actor_kind, a.actor_id, a.act_id
            from public.audit as a
            where a.patient_id = p_patient
              and a.actor_kind in ('person', 'visitor')
              and (p_before is null or a.at < p_before::timestamp at time zone 'Europe/Paris')
        ), days as (
            select distinct seen.day
            from seen
            order by 1 desc
            limit p_days
        )
        select s.day, min(s.at), max(s.at), count(*), s.action, s.actor_kind, s.actor_id, s.act_id,
               (select e.reason
                from public.emergency_access as e
                where e.patient_id = p_patient
                  and e.person_id = s.actor_id
                  and max(s.at) >= e.at
                  and min(s.at) < e.expires_at
                order by e.at desc
                limit 1)
        from seen as s
        join days on days.day = s.day
        group by s.day, s.action, s.actor_kind, s.actor_id, s.act_id;
end
$$;
comment on function patient_accesses(uuid, date, integer) is 'What the audit holds of a patient on so many days, newest first, for who may tell them';

create function actor_words(p_kind text, p_actor uuid, p_at timestamptz) returns json
language plpgsql stable security definer as $$
begin
    return case
        when p_kind = 'person' then
            (select json_build_object(
                        'kind', 'person',
                        'name', p.display_name,
                        'profession', p.profession,
                        'structures', (select coalesce(json_agg(distinct s.name), '[]'::json)
                                       from public.membership as m
                                       join public.structure as s on s.id = m.structure_id
                                       where m.person_id = p.id
                                         and m.created_at <= p_at
                                         and (m.ended_at is null or m.ended_at > p_at)))
             from public.person as p
             where p.id = p_actor)
        else
            json_build_object('kind', coalesce((select i.role from public.invitation as i where i.id = p_actor), 'recipient'))
    end;
end
$$;
comment on function actor_words(text, uuid, timestamptz) is 'An actor of the audit as a patient reads it: name, profession and structures of that day, or which link it was';

revoke execute on function patient_accesses(uuid, date, integer), actor_words(text, uuid, timestamptz)
    from public, teleloire_records;
grant execute on function patient_accesses(uuid, date, integer), actor_words(text, uuid, timestamptz)
    to teleloire_person;
