-- Sign-in with Pro Santé Connect: attempts under way, whose session a browser's is over there, and the
-- logout tokens taken once. What an attempt proves itself with (nonce, code verifier) is derived from its
-- state and its browser's cookie, of which only digests are here: a copy of the database opens nothing.

create table psc_attempt (
    state_sha256 bytea not null
        constraint psc_attempt_pk primary key
        constraint psc_attempt_state_size check (octet_length(state_sha256) = 32),
    browser_sha256 bytea not null
        constraint psc_attempt_browser_size check (octet_length(browser_sha256) = 32),
    peer text not null,
    page text not null
        constraint psc_attempt_page_size check (char_length(page) between 1 and 200),
    at timestamptz not null default now()
);
create index psc_attempt_peer on psc_attempt (peer, at);
create index psc_attempt_at on psc_attempt (at);
comment on table psc_attempt is 'A sign-in sent to Pro Santé Connect and not come back: once, within 10 min';
comment on column psc_attempt.state_sha256 is 'SHA-256 of the state sent along';
comment on column psc_attempt.browser_sha256 is 'SHA-256 of the cookie of the browser that was sent: no other may come back';
comment on column psc_attempt.peer is 'Network address it came from: how many are under way is limited';
comment on column psc_attempt.page is 'Where the browser goes on to, a path of ours';
comment on column psc_attempt.at is 'When it was sent';

create table psc_session (
    token_sha256 bytea not null
        constraint psc_session_pk primary key
        constraint psc_session_web_session_fk references web_session (token_sha256) on delete cascade,
    sub text not null,
    sid text,
    leave_sealed bytea not null
);
create index psc_session_sid on psc_session (sid);
create index psc_session_sub on psc_session (sub);
comment on table psc_session is 'Which signed-in browsers came by Pro Santé Connect';
comment on column psc_session.token_sha256 is 'The browser, as in web_session';
comment on column psc_session.sub is 'The person over there: a name of Pro Santé Connect''s own';
comment on column psc_session.sid is 'The session over there; null when none was named';
comment on column psc_session.leave_sealed is 'Address that ends the session over there, ID token included; sealed, empty: none';

create table psc_logout (
    jti_sha256 bytea not null
        constraint psc_logout_pk primary key
        constraint psc_logout_jti_size check (octet_length(jti_sha256) = 32),
    at timestamptz not null default now()
);
create index psc_logout_at on psc_logout (at);
comment on table psc_logout is 'Logout tokens taken: each once (a token is refused when older than 10 min)';
comment on column psc_logout.jti_sha256 is 'SHA-256 of its number';
comment on column psc_logout.at is 'When it was taken';

alter table psc_attempt enable row level security;
alter table psc_session enable row level security;
alter table psc_logout enable row level security;

-- Who holds a state has its row, and no other.
grant select, insert, update (at), delete on psc_attempt to teleloire_stranger;
create policy psc_attempt_stranger on psc_attempt to teleloire_stranger
    using (state_sha256 = (select me_credential())) with check (state_sha256 = (select me_credential()));

grant select, insert on psc_session to teleloire_person;
create policy psc_session_person on psc_session for select to teleloire_person
    using (exists (select from web_session as s
                   where s.token_sha256 = psc_session.token_sha256
                     and s.account_id = (select me_account())));
-- Of the browser at hand, when it has just signed in.
create policy psc_session_person_add on psc_session for insert to teleloire_person
    with check (token_sha256 = (select me_credential()));

create function psc_attempts_of(p_peer text) returns bigint
language plpgsql stable security definer as $$
begin
    return (select count(*) from public.psc_attempt as a
            where a.peer = p_peer and a.at > now() - interval '10 minutes');
end
$$;
comment on function psc_attempts_of(text) is 'How many sign-ins of an address are under way';

create function account_for_rpps(p_rpps text, out id uuid, out person_id uuid)
returns setof record
language plpgsql stable security definer as $$
begin
    return query select a.id, a.person_id
                 from public.account as a
                 join public.person as p on p.id = a.person_id
                 where p.rpps = p_rpps
                   and a.disabled_at is null;
end
$$;
comment on function account_for_rpps(text) is 'The account of a professional whom Pro Santé Connect has named';

create function psc_logout_take(p_jti_sha256 bytea, p_sub text, p_sid text) returns bigint
language plpgsql security definer as $$
declare
    ended bigint;
begin
    insert into public.psc_logout (jti_sha256) values (p_jti_sha256) on conflict do nothing;
    if not found then
        return -1;
    end if;
    update public.web_session as s
    set ended_at = now()
    from public.psc_session as p
    where p.token_sha256 = s.token_sha256
      and s.ended_at is null
      and (p_sid is null or p.sid = p_sid)
      and (p_sub is null or p.sub = p_sub);
    get diagnostics ended = row_count;
    return ended;
end
$$;
comment on function psc_logout_take(bytea, text, text) is 'Ends the browsers a logout token names (at least one of sub and sid): how many; -1: the token was taken before';

revoke execute on function psc_attempts_of(text), account_for_rpps(text), psc_logout_take(bytea, text, text)
    from public, teleloire_records;
grant execute on function psc_attempts_of(text), account_for_rpps(text), psc_logout_take(bytea, text, text)
    to teleloire_stranger;

-- ---- what is over ----

grant select (at) on psc_attempt, psc_logout to teleloire_system;
grant delete on psc_attempt, psc_logout to teleloire_system;
create policy psc_attempt_system on psc_attempt to teleloire_system
    using (at < now() - interval '1 hour') with check (false);
create policy psc_logout_system on psc_logout to teleloire_system
    using (at < now() - interval '1 day') with check (false);
