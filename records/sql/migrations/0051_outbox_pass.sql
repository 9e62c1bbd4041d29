-- A pass is bounded whatever the plan: as a subquery of `in`, a limited choice that locks may be made
-- anew for each row it is compared with, and then takes more than its limit. Chosen once, apart.
create or replace function outbox_prune(p_delivered_days integer, p_dead_days integer, p_most integer,
                                        out delivered bigint, out dead bigint)
language sql security definer set search_path = public, pg_temp as $$
    with chosen_delivered as materialized (
        select id from outbox
        where delivered_at < now() - make_interval(days => greatest(p_delivered_days, 1))
        order by delivered_at
        limit least(p_most, 10000)
        for update skip locked
    ), chosen_dead as materialized (
        select id from outbox
        where dead_at < now() - make_interval(days => greatest(p_dead_days, 1))
        order by dead_at
        limit least(p_most, 10000)
        for update skip locked
    ), old_delivered as (
        delete from outbox where id in (select id from chosen_delivered)
        returning 1
    ), old_dead as (
        delete from outbox where id in (select id from chosen_dead)
        returning 1
    )
    select (select count(*) from old_delivered), (select count(*) from old_dead)
$$;
