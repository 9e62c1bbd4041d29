-- The audit for those who answer for people: a day at a time, what each person did and of how many
-- patients, and no patient named. A manager reads it of the patients their structure knows; who operates
-- the platform, of everybody, and where the chains stand.

-- Rows come in the order of time: a few pages of this index cover years.
create index audit_at on audit using brin (at) with (pages_per_range = 16);

create function audit_day(p_structure uuid, p_day date)
returns table (actor_kind text, actor_id uuid, first_at timestamptz, last_at timestamptz, patients bigint, actions json)
language plpgsql stable security definer as $$
declare
    mine boolean := case when p_structure is null then public.me_operates() else p_structure = any (public.me_managed()) end;
begin
    if not mine then
        return;
    end if;
    return query
        with seen as (
            -- links of patients are not told apart: whose they are would say who has an act
            select a.actor_kind, case when a.actor_kind = 'person' then a.actor_id end as actor_id, a.action, a.at, a.patient_id
            from public.audit as a
            where a.at >= p_day::timestamp at time zone 'Europe/Paris'
              and a.at < (p_day + 1)::timestamp at time zone 'Europe/Paris'
              and a.actor_kind in ('person', 'visitor')
              and (p_structure is null
                   or exists (select
                              from public.patient_structure as ps
                              where ps.patient_id = a.patient_id
                                and ps.structure_id = p_structure))
        ), counted as (
            select s.actor_kind, s.actor_id, s.action, count(*) as times
            from seen as s
            group by s.actor_kind, s.actor_id, s.action
        )
        select s.actor_kind, s.actor_id, min(s.at), max(s.at), count(distinct s.patient_id),
               (select json_agg(json_build_object('action', c.action, 'times', c.times) order by c.times desc, c.action)
                from counted as c
                where c.actor_kind = s.actor_kind
                  and c.actor_id is not distinct from s.actor_id)
        from seen as s
        group by s.actor_kind, s.actor_id;
end
$$;
comment on function audit_day(uuid, date) is 'Who did what on a day of the region, of how many patients: those a structure knows, for its manager, or all, for who operates the platform';

create function audit_chains() returns json
language plpgsql stable security definer as $$
begin
    return case
        when public.me_operates() then
            (select json_build_object(
                        'rows', coalesce(sum(h.number), 0),
                        'chains', coalesce(json_agg(json_build_object('writer', h.writer, 'rows', h.number, 'last_at', public.rfc3339(a.at))
                                                    order by h.writer), '[]'::json))
             from public.audit_head as h
             left join public.audit as a on a.writer = h.writer and a.number = h.number)
    end;
end
$$;
comment on function audit_chains() is 'How far each chain of the audit has come, for who operates the platform';

revoke execute on function audit_day(uuid, date), audit_chains() from public, teleloire_records;
grant execute on function audit_day(uuid, date), audit_chains() to teleloire_person;
