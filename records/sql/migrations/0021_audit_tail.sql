-- A chain whose last rows were taken away holds in itself: its head remembers where it ended.
create or replace function audit_first_broken(p_writer text) returns bigint
language sql stable as $$
    with link as (
        select number,
               previous_hash,
               hash,
               lag(hash, 1, decode(repeat('00', 32), 'hex')) over (order by number) as expected,
               lag(number, 1, 0::bigint) over (order by number) as number_before,
               audit_row_hash(previous_hash, writer, number, at, actor_kind, actor_id, action,
                              act_id, patient_id, object_id) as own
        from audit
        where writer = p_writer
    ), last as (
        select coalesce(max(number), 0) as number,
               coalesce((select hash from link order by number desc limit 1), decode(repeat('00', 32), 'hex')) as hash
        from link
    )
    select coalesce(
        (select min(number)
         from link
         where hash <> own
            or previous_hash <> expected
            or number <> number_before + 1),
        (select least(last.number, head.number) + 1
         from last
         left join audit_head as head on head.writer = p_writer
         where last.number <> coalesce(head.number, 0)
            or (head.hash is not null and last.hash <> head.hash)))
$$;
comment on function audit_first_broken is 'Number of the first row that does not follow from the one before, or is missing before the head; null when the chain holds';
