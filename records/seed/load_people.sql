-- What people and structures are to each other in the demo region: a manager of several structures,
-- equipment, absences, statements of interests, and since when each care team has cared. Included by
-- load.sql, whose temporary tables it reads.

-- One coordinator for three maisons de santé of the vignoble and its neighbourhood.
insert into membership (person_id, structure_id, role, created_at)
select p.id, s.id, 'manager', (select at from moment) - interval '50 days'
from person_in as p
join structure_in as s on s.key in ('machecoul', 'pornic')
where p.login = 'bruno.orieux';

-- Two pieces of equipment or more at each site, never the same twice in a row.
insert into equipment (site_id, kind, name, state, shared, created_at, changed_at)
select s.id, k.kind, k.name,
       case when pg_temp.dice(s.id, k.kind || 'state') < 0.06 then 'broken'
            when pg_temp.dice(s.id, k.kind || 'state') < 0.12 then 'in_repair'
            when pg_temp.dice(s.id, k.kind || 'state') < 0.15 then 'retired'
            else 'in_use' end,
       pg_temp.dice(s.id, k.kind || 'shared') < 0.3,
       m.at - interval '40 days', m.at - interval '30 days' * pg_temp.dice(s.id, k.kind || 'changed')
from site_in as s
cross join moment as m
cross join (values ('cart', 'Chariot de téléconsultation', 0.6), ('computer', 'Poste de la salle 2', 0.8),
                   ('tablet', 'Tablette des visites', 0.5), ('stethoscope', 'Stéthoscope connecté', 0.5),
                   ('dermatoscope', 'Dermatoscope', 0.35), ('vitals', 'Tensiomètre et oxymètre', 0.6),
                   ('ecg', 'Électrocardiographe', 0.25)) as k (kind, name, often)
where pg_temp.dice(s.id, k.kind) < k.often
   or k.kind = 'computer';

-- Away now, away soon; a colleague stands in.
insert into absence (person_id, first_day, last_day, replacement_id, created_by, created_at)
select p.id, m.today + a.first, m.today + a.last, r.id, p.id, m.at - interval '12 days'
from moment as m
cross join (values ('julien.hervouet', -2, 5, 'claire.bretaudeau'), ('mathieu.sauvaget', 12, 26, 'anne.legoff')) as
    a (who, first, last, replacement)
join person_in as p on p.login = a.who
join person_in as r on r.login = a.replacement;

-- Most declare that they have no link; a few have one.
create temp table stated on commit drop as
select gen_random_uuid() as id, p.id as person, p.login
from person_in as p
join membership_in as b on b.person = p.id and b.role in ('doctor', 'nurse', 'midwife')
where pg_temp.dice(p.id, 'interests') < 0.6
   or p.login in ('anne.legoff', 'claire.bretaudeau')
group by p.id, p.login;

insert into interest_statement (id, person_id, version, at)
select id, person, 1, (select at from moment) - interval '35 days'
from stated;

insert into interest_link (statement_id, position, organisation, nature, since_year)
select id, 1, 'Laboratoire Exemple', 'Conférence rémunérée lors d’une journée régionale',
       extract(year from (select at from moment))::integer - 1
from stated
where login = 'claire.bretaudeau';

-- The teams exist since the first act that was held, not since this loading.
update care_team as c
set since = first.held,
    act_id = first.id
from (select distinct on (a.patient_id, a.professional_id) a.patient_id, a.professional_id, a.id,
             coalesce(a.live_at, a.ended_at, a.starts_at) as held
      from act as a
      where a.state in ('live', 'to_close', 'closed', 'amended')
      order by a.patient_id, a.professional_id, a.starts_at) as first
where c.patient_id = first.patient_id
  and c.person_id = first.professional_id;
