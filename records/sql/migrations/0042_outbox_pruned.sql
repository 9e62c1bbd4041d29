-- What is over is not kept for ever. The courier may not delete: it asks for a pass, which is bounded
-- and takes no row that still waits, whatever it is asked.
create index outbox_delivered on outbox (delivered_at) where delivered_at is not null;

create function outbox_prune(p_delivered_days integer, p_dead_days integer, p_most integer,
                             out delivered bigint, out dead bigint)
language sql security definer set search_path = public, pg_temp as $$
    with old_delivered as (
        delete from outbox
        where id in (select id from outbox
                     where delivered_at < now() - make_interval(days => greatest(p_delivered_days, 1))
                     order by delivered_at
                     limit least(p_most, 10000)
                     for update skip locked)
        returning 1
    ), old_dead as (
        delete from outbox
        where id in (select id from outbox
                     where dead_at < now() - make_interval(days => greatest(p_dead_days, 1))
                     order by dead_at
                     limit least(p_most, 10000)
                     for update skip locked)
        returning 1
    )
    select (select count(*) from old_delivered), (select count(*) from old_dead)
$$;
comment on function outbox_prune is 'Deletes at most p_most rows delivered, and as many given up, that are older than so many days; says how many';
revoke execute on function outbox_prune(integer, integer, integer) from public;
grant execute on function outbox_prune(integer, integer, integer) to teleloire_outbox;
comment on column outbox.sealed is 'Sealed to the courier; empty once delivered; of a message given up kept until the row is deleted';
