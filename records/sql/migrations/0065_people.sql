-- Who comes, what they are allowed, and how they leave: kept by the manager of a structure.

-- Somebody may come back: what is over stays, and a role is held once at a time.
alter table membership
    drop constraint membership_once,
    add column added_by uuid
        constraint membership_added_by_fk references person (id),
    add column leaving_at timestamptz,
    add column ended_by uuid
        constraint membership_ended_by_fk references person (id);
create unique index membership_once on membership (person_id, structure_id, role) where ended_at is null;
comment on column membership.added_by is 'The manager or operator who gave it; null when made at the operator''s terminal';
comment on column membership.leaving_at is 'Beginning of the transaction that last moved the open acts of who leaves';
comment on column membership.ended_by is 'Who ended it: a manager, an operator, or the person; null when made at the terminal';

alter table account add column last_sign_in_at timestamptz;
comment on column account.last_sign_in_at is 'When a browser was last signed in; null before the first time';

alter table structure add column closed_at timestamptz;
comment on column structure.closed_at is 'Since when it works no more; null while it does';
alter table site
    add column closed_at timestamptz,
    add column phone text;
comment on column site.closed_at is 'Since when it is used no more; null while it is';
comment on column site.phone is 'Telephone of the place, where it has its own';

-- A page left open is no way back in.
create function membership_ended() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update delegation as d
    set ended_at = now(),
        ended_by = coalesce(new.ended_by, new.person_id)
    where d.ended_at is null
      and d.structure_id = new.structure_id
      and ((d.professional_id = new.person_id
            and not exists (select from membership as m
                            where m.person_id = new.person_id
                              and m.structure_id = new.structure_id
                              and m.role in ('doctor', 'nurse', 'midwife')
                              and m.ended_at is null))
           or (d.delegate_id = new.person_id
               and not exists (select from membership as m
                               where m.person_id = new.person_id
                                 and m.structure_id = new.structure_id
                                 and m.role = 'secretary'
                                 and m.ended_at is null)));
    if not exists (select from membership as m
                   where m.person_id = new.person_id
                     and m.role in ('doctor', 'nurse', 'midwife')
                     and m.ended_at is null) then
        update care_team
        set ended_at = now(),
            ended_by = coalesce(new.ended_by, new.person_id)
        where person_id = new.person_id
          and ended_at is null;
    end if;
    if not exists (select from membership as m where m.person_id = new.person_id and m.ended_at is null) then
        update web_session as w
        set ended_at = now()
        from account as a
        where a.id = w.account_id
          and a.person_id = new.person_id
          and w.ended_at is null;
        update account
        set disabled_at = now()
        where person_id = new.person_id
          and disabled_at is null;
    end if;
    return null;
end
$$;
comment on function membership_ended() is 'With a membership end the delegations that rest on it; with the last one the care, the sessions and the account';
create trigger membership_ended after update of ended_at on membership
    for each row when (new.ended_at is not null and old.ended_at is null) execute function membership_ended();

create function account_signed_in() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update account set last_sign_in_at = now() where id = new.account_id;
    return null;
end
$$;
comment on function account_signed_in() is 'Remembers the last sign-in, whichever way it was made';
create trigger account_signed_in after insert on web_session
    for each row execute function account_signed_in();

create table newcomer (
    id uuid
        constraint newcomer_pk primary key default gen_random_uuid(),
    structure_id uuid not null
        constraint newcomer_structure_fk references structure (id),
    email text not null
        constraint newcomer_email_form check (email = lower(email) and char_length(email) between 3 and 254),
    prefix text not null default ''
        constraint newcomer_prefix_known check (prefix in ('', 'Dr', 'Pr', 'M.', 'Mme')),
    given_name text not null
        constraint newcomer_given_name_size check (char_length(given_name) between 1 and 100),
    family_name text not null
        constraint newcomer_family_name_size check (char_length(family_name) between 1 and 100),
    profession text not null default ''
        constraint newcomer_profession_size check (char_length(profession) <= 100),
    role text not null
        constraint newcomer_role_known check (role in ('doctor', 'nurse', 'midwife', 'secretary', 'manager')),
    rpps text
        constraint newcomer_rpps_form check (rpps ~ '^[0-9]{11}$'),
    language text not null default 'fr'
        constraint newcomer_language_known check (language in ('fr', 'en')),
    token_sha256 bytea not null
        constraint newcomer_token_size check (octet_length(token_sha256) = 32)
        constraint newcomer_token_once unique,
    invited_by uuid not null
        constraint newcomer_invited_by_fk references person (id),
    created_at timestamptz not null default now(),
    sent_at timestamptz not null default now(),
    sent integer not null default 1
        constraint newcomer_sent_limit check (sent between 1 and 10),
    expires_at timestamptz not null default now() + interval '72 hours',
    withdrawn_at timestamptz,
    withdrawn_by uuid
        constraint newcomer_withdrawn_by_fk references person (id),
    accepted_at timestamptz,
    accepted_by uuid
        constraint newcomer_accepted_by_fk references person (id),
    constraint newcomer_over_once check (num_nonnulls(withdrawn_at, accepted_at) <= 1),
    constraint newcomer_withdrawal_has_author check ((withdrawn_at is null) = (withdrawn_by is null)),
    constraint newcomer_acceptance_has_author check ((accepted_at is null) = (accepted_by is null))
);
create unique index newcomer_once on newcomer (structure_id, email, role)
    where withdrawn_at is null and accepted_at is null;
create index newcomer_structure on newcomer (structure_id, created_at);
create index newcomer_invited_by on newcomer (invited_by, created_at);
comment on table newcomer is 'Colleagues invited to a structure: a link by mail, 72 h, used once';
comment on column newcomer.id is 'Random identifier';
comment on column newcomer.structure_id is 'Where they are awaited';
comment on column newcomer.email is 'Where the link was sent, in lower case; becomes their login';
comment on column newcomer.prefix is 'Dr, Pr, M., Mme or nothing';
comment on column newcomer.given_name is 'Given name, as the manager wrote it';
comment on column newcomer.family_name is 'Family name, as the manager wrote it';
comment on column newcomer.profession is 'Profession and specialty in words';
comment on column newcomer.role is 'As what';
comment on column newcomer.rpps is 'RPPS number, its key checked by the program';
comment on column newcomer.language is 'Language of the mail and of the first pages';
comment on column newcomer.token_sha256 is 'SHA-256 of the token in the link; another with each mail';
comment on column newcomer.invited_by is 'The manager or operator who invited';
comment on column newcomer.created_at is 'When it was first sent';
comment on column newcomer.sent_at is 'When it was last sent';
comment on column newcomer.sent is 'How often it was sent';
comment on column newcomer.expires_at is 'Until when the link opens';
comment on column newcomer.withdrawn_at is 'When it was taken back';
comment on column newcomer.withdrawn_by is 'By whom';
comment on column newcomer.accepted_at is 'When it was used';
comment on column newcomer.accepted_by is 'The person who came';

alter table newcomer enable row level security;

-- ---- who may ----

create function me_operates() returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return exists (select
                   from membership as m
                   where m.person_id = me_person()
                     and m.ended_at is null
                     and m.role = 'operator');
end
$$;
comment on function me_operates() is 'Whether I run the platform';

create function person_is_managed(p_person uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return exists (select
                   from membership as m
                   where m.person_id = p_person
                     and m.ended_at is null
                     and m.structure_id = any (me_managed()));
end
$$;
comment on function person_is_managed(uuid) is 'Works in a structure I manage';

-- A manager moves the acts of who leaves and reads them at no other time: the mark is good for the
-- transaction that set it, whose now() it is.
create function me_moves() returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return exists (select
                   from membership as m
                   where m.structure_id = any (me_managed())
                     and m.leaving_at = now());
end
$$;
comment on function me_moves() is 'In this very transaction, I move open acts of somebody who leaves';

create function structure_is_left(p_structure uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return p_structure = any (me_managed())
       and exists (select
                   from membership as m
                   where m.structure_id = p_structure
                     and m.leaving_at = now());
end
$$;
comment on function structure_is_left(uuid) is 'In this very transaction, I move the open acts of somebody who leaves a structure I manage';

create function patient_is_left(p_patient uuid) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return exists (select
                   from act as a
                   where a.patient_id = p_patient
                     and a.structure_id = any (me_managed())
                     and a.state in ('planned', 'to_close', 'not_done')
                     and structure_is_left(a.structure_id));
end
$$;
comment on function patient_is_left(uuid) is 'The patient of such an act: they are told';

create policy act_left on act for select to teleloire_person
    using ((select me_moves()) and structure_is_left(structure_id));
create policy act_left_update on act for update to teleloire_person
    using ((select me_moves()) and state in ('planned', 'to_close') and structure_is_left(structure_id))
    with check ((select me_moves()) and structure_is_left(structure_id));
create policy patient_left on patient for select to teleloire_person
    using ((select me_moves()) and patient_is_left(id));

create policy membership_manager_add on membership for insert to teleloire_person
    with check (added_by = (select me_person())
                and structure_id = any ((select me_managed())::uuid[])
                and role in ('doctor', 'nurse', 'midwife', 'secretary', 'manager'));
create policy membership_update on membership for update to teleloire_person
    using (structure_id = any ((select me_managed())::uuid[])
           or person_id = (select me_person())
           or (select me_operates()))
    with check (ended_by = (select me_person())
                or (ended_by is null and structure_id = any ((select me_managed())::uuid[])));
create policy newcomer_manager on newcomer to teleloire_person
    using (structure_id = any ((select me_managed())::uuid[]) or (select me_operates()))
    with check (structure_id = any ((select me_managed())::uuid[])
                or ((select me_operates()) and role = 'manager')
                or withdrawn_by = (select me_person()));
grant insert on membership to teleloire_person;
grant update (ended_at, ended_by, leaving_at) on membership to teleloire_person;
grant select, insert on newcomer to teleloire_person;
grant update (token_sha256, sent_at, sent, expires_at, withdrawn_at, withdrawn_by) on newcomer to teleloire_person;

-- ---- small questions over what one does not see ----

create function last_sign_in(p_person uuid) returns timestamptz
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return (select a.last_sign_in_at from account as a where a.person_id = p_person and person_is_managed(p_person));
end
$$;
comment on function last_sign_in(uuid) is 'When a person of a structure I manage last signed in';

create function acts_left_open(p_structure uuid, p_person uuid)
    returns table (id uuid, state text, starts_at timestamptz, duration_min integer)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return query select a.id, a.state, a.starts_at, a.duration_min
                 from act as a
                 where a.structure_id = p_structure
                   and a.professional_id = p_person
                   and a.state in ('planned', 'waiting', 'live', 'to_close')
                   and (p_structure = any (me_managed()) or p_person = me_person())
                 order by a.starts_at, a.id;
end
$$;
comment on function acts_left_open(uuid, uuid) is 'What somebody would leave behind in a structure I manage, without a word of what it is about';

create function newcomer_obstacle(p_structure uuid, p_email text, p_role text, p_rpps text) returns text
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    if not (p_structure = any (me_managed()) or me_operates()) then
        return null;
    end if;
    return case
        when exists (select
                     from person as p
                     left join account as a on a.person_id = p.id
                     join membership as m on m.person_id = p.id
                     where (a.login = p_email or lower(p.email) = p_email)
                       and m.structure_id = p_structure
                       and m.role = p_role
                       and m.ended_at is null) then 'member'
        when exists (select
                     from newcomer as n
                     where n.structure_id = p_structure
                       and n.email = p_email
                       and n.role = p_role
                       and n.withdrawn_at is null
                       and n.accepted_at is null) then 'invited'
        when exists (select
                     from person as p
                     left join account as a on a.person_id = p.id
                     where p.rpps = p_rpps
                       and a.login is distinct from p_email
                       and lower(p.email) is distinct from p_email) then 'rpps'
    end;
end
$$;
comment on function newcomer_obstacle(uuid, text, text, text) is 'Why an invitation makes no sense: a member, invited already, or the RPPS number of somebody else; null';

create function newcomer_facts(p_token bytea, out id uuid, out structure_id uuid, out state text, out structure text,
                               out name text, out email text, out role text, out language text, out invited_by text,
                               out person_id uuid, out in_use boolean, out account_id uuid, out login text,
                               out expires_at timestamptz)
returns setof record
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return query
        select n.id, n.structure_id,
               case when n.accepted_at is not null then 'used'
                    when n.withdrawn_at is not null or s.closed_at is not null then 'withdrawn'
                    when n.expires_at <= now() then 'expired'
                    else 'open' end,
               s.name, concat_ws(' ', nullif(n.prefix, ''), n.given_name, n.family_name), n.email, n.role, n.language,
               b.display_name, known.person_id,
               known.account_id is not null
                   and exists (select from membership as m where m.person_id = known.person_id and m.ended_at is null),
               known.account_id, coalesce(known.login, n.email), n.expires_at
        from newcomer as n
        join structure as s on s.id = n.structure_id
        join person as b on b.id = n.invited_by
        left join lateral (
            select p.id as person_id, a.id as account_id, a.login
            from person as p
            left join account as a on a.person_id = p.id
            where a.login = n.email
               or lower(p.email) = n.email
            order by a.login is not distinct from n.email desc, p.created_at
            limit 1) as known on true
        where n.token_sha256 = p_token;
end
$$;
comment on function newcomer_facts(bytea) is 'What the link of an invitation shows, and whether we know who it is for: by its digest only';

create function newcomer_comes(p_token bytea, p_password_hash text, out person_id uuid, out account_id uuid)
returns setof record
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    n newcomer;
    facts record;
    who uuid;
    account_of uuid;
begin
    select * into n from newcomer as q where q.token_sha256 = p_token for update;
    select * into facts from newcomer_facts(p_token);
    -- Who invites may do so still; a password opens no account that is in use.
    if facts.state is distinct from 'open'
       or (p_password_hash is null and facts.person_id is distinct from me_person())
       or (p_password_hash is not null and facts.in_use)
       or not exists (select
                      from membership as m
                      where m.person_id = n.invited_by
                        and m.ended_at is null
                        and (m.role = 'operator' or (m.role = 'manager' and m.structure_id = n.structure_id))) then
        return;
    end if;
    who := facts.person_id;
    account_of := facts.account_id;
    if who is null then
        insert into person (prefix, given_name, family_name, profession, rpps, email)
        values (n.prefix, n.given_name, n.family_name, n.profession, n.rpps, n.email)
        returning id into who;
    end if;
    if account_of is null then
        insert into account (person_id, login, password_hash, language)
        values (who, n.email, p_password_hash, n.language)
        returning id into account_of;
    elsif p_password_hash is not null then
        update account set password_hash = p_password_hash, disabled_at = null where id = account_of;
    end if;
    insert into membership (person_id, structure_id, role, added_by)
    values (who, n.structure_id, n.role, n.invited_by)
    on conflict do nothing;
    update newcomer set accepted_at = now(), accepted_by = who where id = n.id;
    return query select who, account_of;
end
$$;
comment on function newcomer_comes(bytea, text) is 'Uses an invitation once: with a password for who has no account in use, without one for who is signed in; no row when it may not be used';

do $$
declare
    f text;
begin
    foreach f in array array['me_operates()', 'person_is_managed(uuid)', 'me_moves()', 'structure_is_left(uuid)',
                             'patient_is_left(uuid)', 'last_sign_in(uuid)', 'acts_left_open(uuid, uuid)',
                             'newcomer_obstacle(uuid, text, text, text)', 'newcomer_facts(bytea)',
                             'newcomer_comes(bytea, text)'] loop
        execute format('revoke execute on function %s from public', f);
        execute format('grant execute on function %s to teleloire_person', f);
    end loop;
end
$$;
grant execute on function newcomer_facts(bytea), newcomer_comes(bytea, text) to teleloire_stranger;
