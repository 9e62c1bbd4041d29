-- Names are found as people type them: without accents, hyphens or capitals.

create function fold(name text) returns text
language sql immutable as $$
    select translate(replace(replace(lower(name), 'œ', 'oe'), 'æ', 'ae'),
                     'àâäáãåçéèêëíìîïñóòôöõúùûüýÿ-''’.',
                     'aaaaaaceeeeiiiinooooouuuuyy    ')
$$;
comment on function fold is 'A name for comparing: lower case, without accents, signs as spaces';

alter table patient drop column search;
alter table patient add column search text not null generated always as
    (fold(birth_name || ' ' || coalesce(used_name, '') || ' ' || first_names)) stored;
comment on column patient.search is 'Names folded, for finding';

create index patient_traits_folded on patient (fold(birth_name), birth_date);
drop index patient_traits;
