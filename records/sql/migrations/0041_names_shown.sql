-- Lengths are counted in characters; who keeps a name in a buffer of bytes gets as much as fits.
create function fitting(name text, bytes integer) returns text
language sql immutable strict as $$
    select coalesce((select left(name, size)
                     from generate_series(least(char_length(name), bytes), 1, -1) as size
                     where octet_length(left(name, size)) <= bytes
                     limit 1), '')
$$;
comment on function fitting is 'The longest beginning of a name that fits into so many bytes, whole characters only';
grant execute on function fitting(text, integer) to teleloire_records;
