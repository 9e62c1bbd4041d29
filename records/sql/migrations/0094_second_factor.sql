-- The second factor: what an account proves beside its password, which browsers its owner vouched for,
-- and how much a signed-in browser has proved. A browser that gave a password only is half signed in: to
-- every policy it is nobody (docs/decisions/0076).

alter table web_session
    add column proof text
        constraint web_session_proof_known check (proof in ('none', 'code', 'device', 'provider')),
    add column proved_at timestamptz,
    add column ended_why text
        constraint web_session_ended_why_known check (ended_why in ('idle', 'absolute'));
comment on column web_session.proof is 'What was proved beside the password: none (the roles ask for nothing), code, device, provider; null: it is still asked for';
comment on column web_session.proved_at is 'When a code or the provider last proved who is there; null: never in this session';
comment on column web_session.ended_why is 'Ended by itself: unused for too long, or too old; null: by somebody, or not at all';
-- Who was signed in before there was a second factor signs in again.
update web_session set ended_at = now() where ended_at is null;

create table account_factor (
    account_id uuid
        constraint account_factor_pk primary key
        constraint account_factor_account_fk references account (id),
    sealed bytea
        constraint account_factor_sealed_size check (octet_length(sealed) between 30 and 128),
    confirmed_at timestamptz,
    last_step bigint not null default 0,
    pending_sealed bytea
        constraint account_factor_pending_size check (octet_length(pending_sealed) between 30 and 128),
    pending_at timestamptz,
    constraint account_factor_confirmed check ((sealed is null) = (confirmed_at is null)),
    constraint account_factor_pending check ((pending_sealed is null) = (pending_at is null))
);
comment on table account_factor is 'The secret of time-based codes (RFC 6238) of an account';
comment on column account_factor.account_id is 'Whose';
comment on column account_factor.sealed is 'tl_seal_with(factor key, context = account id): the secret in force; null: none yet';
comment on column account_factor.confirmed_at is 'Since when it is in force: its owner gave a code of it';
comment on column account_factor.last_step is 'The last step of 30 s whose code was taken: neither it nor an earlier one is taken again';
comment on column account_factor.pending_sealed is 'A secret shown to its owner, who has given no code of it yet';
comment on column account_factor.pending_at is 'When it was shown';

create table recovery_code (
    account_id uuid not null
        constraint recovery_code_account_fk references account (id),
    code_hash bytea not null
        constraint recovery_code_hash_size check (octet_length(code_hash) = 32),
    made_at timestamptz not null default now(),
    used_at timestamptz,
    constraint recovery_code_pk primary key (account_id, code_hash)
);
comment on table recovery_code is 'Codes for who lost their telephone: each opens once; shown once, kept as digests';
comment on column recovery_code.account_id is 'Whose';
comment on column recovery_code.code_hash is 'HMAC-SHA256 of account and code under a key of api';
comment on column recovery_code.made_at is 'When they were made, ten at a time';
comment on column recovery_code.used_at is 'When it was used; null: not yet';

create table known_device (
    id uuid not null default gen_random_uuid()
        constraint known_device_id_once unique,
    account_id uuid not null
        constraint known_device_account_fk references account (id),
    token_sha256 bytea not null
        constraint known_device_token_size check (octet_length(token_sha256) = 32),
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    trusted_until timestamptz,
    ended_at timestamptz,
    constraint known_device_pk primary key (account_id, token_sha256)
);
comment on table known_device is 'Browsers an account was wholly signed in from: they keep a share of their own when the account is attacked, and those its owner vouched for are not asked for a code';
comment on column known_device.id is 'Random; names the device to its owner, opens nothing';
comment on column known_device.account_id is 'Whose account';
comment on column known_device.token_sha256 is 'SHA-256 of the token in the browser''s cookie';
comment on column known_device.created_at is 'When it was first signed in from';
comment on column known_device.last_seen_at is 'When it was last signed in from';
comment on column known_device.trusted_until is 'Until when the password alone is enough; null: never vouched for';
comment on column known_device.ended_at is 'When its owner, or a manager, forgot it';

alter table account_factor enable row level security;
alter table recovery_code enable row level security;
alter table known_device enable row level security;

-- ---- who is signed in ----

-- A quarter of an hour is enough to install what makes codes, and to give one.
create or replace function web_session_is_live(s web_session) returns boolean
language sql stable as $$
    select s.ended_at is null
       and s.created_at > now() - interval '12 hours'
       and s.last_seen_at > now() - interval '30 minutes'
       and (s.proof is not null or s.created_at > now() - interval '15 minutes')
$$;

create or replace function me_account() returns uuid
language plpgsql stable security definer as $$
begin
    return (select a.id
            from public.web_session as s
            join public.account as a on a.id = s.account_id
            where s.token_sha256 = public.me_credential()
              and s.proof is not null
              and public.web_session_is_live(s)
              and a.disabled_at is null);
end
$$;

create or replace function me_person() returns uuid
language plpgsql stable security definer as $$
begin
    return (select a.person_id
            from public.web_session as s
            join public.account as a on a.id = s.account_id
            where s.token_sha256 = public.me_credential()
              and s.proof is not null
              and public.web_session_is_live(s)
              and a.disabled_at is null);
end
$$;

create function half_account() returns uuid
language plpgsql stable security definer as $$
begin
    return (select a.id
            from public.web_session as s
            join public.account as a on a.id = s.account_id
            where s.token_sha256 = public.me_credential()
              and public.web_session_is_live(s)
              and a.disabled_at is null);
end
$$;
comment on function half_account() is 'Account whose browser this transaction works for, its second factor given or not: for the rows of that factor and nothing else';

-- One look for each request: whose browser it is, what it proved; touched when it was last seen a minute ago.
-- One that ran out is ended here, at its next use, and told once.
create function session_find(out account_id uuid, out person_id uuid, out name text, out language text,
                             out roles text, out proof text, out proved_s integer, out enrolled boolean,
                             out demo boolean, out over text)
returns setof record
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    s web_session;
begin
    select * into s from web_session as w where w.token_sha256 = me_credential() and w.ended_at is null;
    if not found then
        return;
    end if;
    if not web_session_is_live(s) then
        over := case when s.last_seen_at <= now() - interval '30 minutes' then 'idle' else 'absolute' end;
        update web_session as w
        set ended_at = now(), ended_why = over
        where w.token_sha256 = s.token_sha256 and w.ended_at is null;
    elsif s.last_seen_at < now() - interval '1 minute' then
        update web_session as w set last_seen_at = now() where w.token_sha256 = s.token_sha256;
    end if;
    return query select a.id, p.id, p.display_name, a.language,
                        (select string_agg(distinct m.role, ' ')
                         from membership as m where m.person_id = p.id and m.ended_at is null),
                        s.proof, extract(epoch from now() - s.proved_at)::integer,
                        exists (select from account_factor as f where f.account_id = a.id and f.sealed is not null),
                        p.demo, over
                 from account as a
                 join person as p on p.id = a.person_id
                 where a.id = s.account_id
                   and a.disabled_at is null;
end
$$;
comment on function session_find() is 'Who the browser of this transaction is, how much it proved, or that it has just run out';

-- ---- how a session begins, and becomes whole ----

create function session_facts(p_account uuid, p_device bytea, out roles text, out enrolled boolean,
                              out trusted boolean, out demo boolean)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    select (select string_agg(distinct m.role, ' ')
            from membership as m where m.person_id = p.id and m.ended_at is null),
           exists (select from account_factor as f where f.account_id = a.id and f.sealed is not null),
           exists (select from known_device as d
                   where d.account_id = a.id and d.token_sha256 = p_device
                     and d.ended_at is null and d.trusted_until > now()),
           p.demo
    into roles, enrolled, trusted, demo
    from account as a
    join person as p on p.id = a.person_id
    where a.id = p_account;
end
$$;
comment on function session_facts(uuid, bytea) is 'What decides whether a password alone is enough';

-- A factor in force is asked for whatever the caller says; of half sessions an account has the ten newest.
create function session_begin(p_token bytea, p_account uuid, p_proof text, p_device bytea) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    facts record;
    given text := p_proof;
begin
    select * into facts from session_facts(p_account, p_device);
    if given is distinct from 'provider' then
        given := case when facts.enrolled then case when facts.trusted then 'device' end
                      when p_proof = 'none' then 'none' end;
    end if;
    insert into web_session (token_sha256, account_id, proof, proved_at)
    values (p_token, p_account, given, case when given = 'provider' then now() end);
    if given is null then
        update web_session as w
        set ended_at = now()
        where w.account_id = p_account
          and w.ended_at is null
          and w.proof is null
          and w.token_sha256 not in (select x.token_sha256 from web_session as x
                                     where x.account_id = p_account and x.ended_at is null and x.proof is null
                                     order by x.created_at desc, (x.token_sha256 = p_token) desc, x.id limit 10);
    end if;
    return given;
end
$$;
comment on function session_begin(bytea, uuid, text, bytea) is 'A browser signs in; the proof it has, null when the second factor is asked for';

-- Whoever knew the token of the half session knows nothing of the whole one.
create function session_complete(p_token bytea) returns uuid
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    whose uuid := half_account();
begin
    update web_session as w
    set token_sha256 = p_token,
        id = gen_random_uuid(),
        created_at = now(),
        last_seen_at = now(),
        proof = 'code',
        proved_at = now()
    where w.token_sha256 = me_credential()
      and w.proof is null
      and whose is not null;
    return whose;
end
$$;
comment on function session_complete(bytea) is 'The second factor was given: the session is whole, under another token';

create function session_proved() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update web_session as w
    set proved_at = now()
    where w.token_sha256 = me_credential()
      and w.proof is not null
      and me_account() is not null;
end
$$;
comment on function session_proved() is 'A code was given in a whole session: a fresh proof';

create function session_end() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update web_session as w set ended_at = now() where w.token_sha256 = me_credential() and w.ended_at is null;
end
$$;
comment on function session_end() is 'The browser of this transaction signs out, wholly signed in or not';

create function half_login() returns text
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select a.login from account as a where a.id = half_account());
end
$$;
comment on function half_login() is 'The login of who is here, for the name a factor is shown under';

-- Whoever reads the demo's passwords may read its codes.
create function factor_of_demo(p_account uuid, p_sealed bytea) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into account_factor (account_id, sealed, confirmed_at)
    select a.id, p_sealed, now()
    from account as a
    join person as p on p.id = a.person_id
    where a.id = p_account
      and p.demo
    on conflict do nothing;
end
$$;
comment on function factor_of_demo(uuid, bytea) is 'A demo account gets its factor at its first sign-in; no other account does';

-- ---- whose rows these are ----

create policy account_factor_person on account_factor to teleloire_person
    using (account_id = (select half_account())) with check (account_id = (select half_account()));
create policy recovery_code_person on recovery_code to teleloire_person
    using (account_id = (select half_account())) with check (account_id = (select half_account()));
create policy known_device_person on known_device to teleloire_person
    using (account_id = (select half_account())) with check (account_id = (select half_account()));
grant select, insert, update on account_factor, known_device to teleloire_person;
grant select, insert, delete, update (used_at) on recovery_code to teleloire_person;

-- A password alone replaces no factor that is in force.
create function account_factor_kept() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if old.sealed is not null and me_credential() is not null and me_account() is distinct from old.account_id
       and (new.sealed, new.pending_sealed) is distinct from (old.sealed, old.pending_sealed) then
        raise exception 'a factor in force is replaced by who gave it' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;
comment on function account_factor_kept() is 'Who has not given the factor in force does not replace it';
create trigger account_factor_kept before update on account_factor
    for each row execute function account_factor_kept();

-- A wrong code counts, given by who is half signed in.
drop policy sign_in_failure_person on sign_in_failure;
create policy sign_in_failure_person on sign_in_failure to teleloire_person
    using ((select half_account()) is not null) with check (true);

-- Sessions begin by the function above, which looks for the factor.
drop policy web_session_stranger_add on web_session;
revoke insert on web_session from teleloire_stranger;

-- Who arrives in a structure is counted before they gave their second factor.
create function people_count(p_structure uuid) returns bigint
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select count(distinct m.person_id)
            from membership as m where m.structure_id = p_structure and m.ended_at is null);
end
$$;
comment on function people_count(uuid) is 'How many people work in a structure';

-- ---- taken away by who answers for somebody ----

create function factor_reset(p_person uuid) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    whose uuid;
begin
    if not (person_is_managed(p_person) or me_operates()) or p_person = me_person() then
        return false;
    end if;
    select a.id into whose from account as a where a.person_id = p_person;
    if whose is null then
        return false;
    end if;
    perform factor_forget(whose);
    return true;
end
$$;
comment on function factor_reset(uuid) is 'A manager of the person, or the operator, takes the second factor away: asked for anew at the next sign-in';

create function factor_forget(p_account uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    delete from account_factor where account_id = p_account;
    delete from recovery_code where account_id = p_account;
    update known_device set ended_at = now() where account_id = p_account and ended_at is null;
    update web_session set ended_at = now() where account_id = p_account and ended_at is null;
end
$$;
comment on function factor_forget(uuid) is 'Secret, recovery codes, devices and sessions of an account: gone';

do $$
declare
    f text;
begin
    foreach f in array array['half_account()', 'session_find()', 'session_facts(uuid, bytea)', 'session_end()', 'half_login()', 'people_count(uuid)', 'factor_of_demo(uuid, bytea)',
                             'session_begin(bytea, uuid, text, bytea)', 'session_complete(bytea)', 'session_proved()',
                             'account_factor_kept()', 'factor_reset(uuid)', 'factor_forget(uuid)'] loop
        execute format('revoke execute on function %s from public, teleloire_records', f);
    end loop;
end
$$;
grant execute on function half_account(), session_find(), session_facts(uuid, bytea), session_complete(bytea),
    session_proved(), session_end(), half_login(), people_count(uuid), factor_reset(uuid) to teleloire_person;
grant execute on function session_facts(uuid, bytea), session_begin(bytea, uuid, text, bytea), factor_of_demo(uuid, bytea)
    to teleloire_stranger;

-- What is over is forgotten.
grant select (last_seen_at, ended_at) on known_device to teleloire_system;
grant delete on known_device to teleloire_system;
create policy known_device_system on known_device to teleloire_system
    using (last_seen_at < now() - interval '180 days' or ended_at < now() - interval '30 days') with check (false);
