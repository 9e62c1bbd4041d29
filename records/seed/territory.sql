-- Départements and EPCI of the region: reference data, demo or not.
-- Run from data/ by load.sh, inside its transaction.

create temp table departement_in (code text, name text, population integer) on commit drop;
\copy departement_in from 'departement.csv' with (format csv, header)
insert into departement (code, name, population)
select code, name, population
from departement_in
on conflict do nothing;

create temp table epci_in (code text, name text, kind text, departement text, population integer,
                           population_in_region integer) on commit drop;
\copy epci_in from 'epci.csv' with (format csv, header)
insert into epci (code, name, departement_code, population)
select code, name, departement, population
from epci_in
on conflict do nothing;
