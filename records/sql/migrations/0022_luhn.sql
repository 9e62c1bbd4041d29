-- RPPS and FINESS carry a Luhn key: a wrong one never enters, by whatever way.
create function luhn_holds(number text) returns boolean
language sql immutable strict as $$
    select sum(case when place % 2 = 1 then digit
                    when digit >= 5 then digit * 2 - 9
                    else digit * 2 end) % 10 = 0
    from (
        select ordinality as place, translate(letter, 'AB', '00')::integer as digit
        from regexp_split_to_table(reverse(number), '') with ordinality as letters (letter, ordinality)
        where letter ~ '^[0-9AB]$'
    ) as digits
$$;
comment on function luhn_holds is 'The last digit is the Luhn key of the others; A and B of Corsica count as 0';

alter table person add constraint person_rpps_key check (luhn_holds(rpps));
alter table structure add constraint structure_finess_key check (luhn_holds(finess));
alter table site add constraint site_finess_key check (luhn_holds(finess));
comment on column person.rpps is 'RPPS number, its Luhn key checked';
comment on column structure.finess is 'FINESS number, its key checked; null when it has none';
comment on column site.finess is 'Geographic FINESS number, its key checked';
