-- The demo's accounts for people to choose from: the doctors one opens first, then by place.
select a.login, p.display_name, p.profession, string_agg(distinct m.role, ' '), min(s.name), min(s.city)
from account as a
join person as p on p.id = a.person_id
join membership as m on m.person_id = p.id
join structure as s on s.id = m.structure_id
where p.demo
group by a.login, p.display_name, p.profession, p.id
order by array_position(array['anne.legoff', 'philippe.chauvigne', 'isabelle.gaste', 'marc.lhommeau',
                              'karima.belkacem', 'valerie.douillard', 'bruno.orieux', 'celine.bossard',
                              'maxime.gendron', 'caroline.aubineau'], a.login) nulls last,
         min(s.kind), min(s.city), a.login;
