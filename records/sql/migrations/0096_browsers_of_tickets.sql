-- Which signed-in browser asked for a ticket: when that browser is signed out, the connections it opened
-- are closed, and none of them is taken up again.

alter table ticket add column web_session_id uuid;
comment on column ticket.web_session_id is 'The browser of a professional that asked for it; null for visitors and probes';

create function my_browser() returns uuid
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select s.id from web_session as s where s.token_sha256 = me_credential());
end
$$;
comment on function my_browser() is 'The browser this transaction works for';

-- A moment ago is this very transaction: what it ended, it tells.
create function browsers_ended_now() returns uuid[]
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return array(select s.id from web_session as s where s.ended_at = now());
end
$$;
comment on function browsers_ended_now() is 'The browsers that were signed out in this transaction';
create index web_session_ended on web_session (ended_at) where ended_at is not null;

-- Of a seat in a session: the browser that took it last.
create function seat_is_signed_in(p_act uuid, p_person uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return coalesce((select s.ended_at is null
                     from ticket as t
                     join web_session as s on s.id = t.web_session_id
                     where t.act_id = p_act
                       and t.person_id = p_person
                       and t.used_at is not null
                     order by t.used_at desc
                     limit 1), true);
end
$$;
comment on function seat_is_signed_in(uuid, uuid) is 'Whether the browser that took a professional''s seat was not signed out since';

revoke execute on function my_browser(), browsers_ended_now(), seat_is_signed_in(uuid, uuid)
    from public, teleloire_records;
grant execute on function my_browser(), browsers_ended_now() to teleloire_person;
grant execute on function seat_is_signed_in(uuid, uuid) to teleloire_door;
