-- For whom a transaction works. A login of api has no right on any table: each transaction takes one of
-- five roles, and, where somebody asks, the digest of what they showed (a cookie, a link) as
-- teleloire.credential. Who that is, the database finds out by itself (docs/decisions/0061).

do $$
declare
    name text;
begin
    foreach name in array array['teleloire_stranger', 'teleloire_person', 'teleloire_visitor', 'teleloire_door',
                                'teleloire_system'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
        end if;
        execute format('grant %I to teleloire_records', name);
    end loop;
end
$$;

-- What the five may do is not the login's own: it is taken for one transaction at a time.
alter role teleloire_records noinherit;
revoke all on all tables in schema public from teleloire_records;
grant select on schema_migration to teleloire_records;
grant usage on schema public to teleloire_stranger, teleloire_person, teleloire_visitor, teleloire_door,
    teleloire_system;
revoke execute on function audit_add(text, text, uuid, text, uuid, uuid, uuid) from teleloire_records;
grant execute on function audit_add(text, text, uuid, text, uuid, uuid, uuid)
    to teleloire_stranger, teleloire_person, teleloire_visitor, teleloire_door, teleloire_system;

-- The functions below run as the owner, whom no policy binds. They name every table with its schema, and
-- no role may make an object in a schema: whatever its search path, a caller changes nothing of them.

create function me_credential() returns bytea
language sql stable as $$
    select decode(nullif(current_setting('teleloire.credential', true), ''), 'hex')
$$;
comment on function me_credential() is 'Digest of the cookie or link this transaction works for; null without one';

create function web_session_is_live(s web_session) returns boolean
language sql stable as $$
    select s.ended_at is null
       and s.created_at > now() - interval '12 hours'
       and s.last_seen_at > now() - interval '30 minutes'
$$;
comment on function web_session_is_live(web_session) is 'Not signed out, used within 30 min, begun within 12 h: the one rule of who is signed in';

create function me_account() returns uuid
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
comment on function me_account() is 'Account whose browser this transaction works for; null when there is none';

create function me_person() returns uuid
language plpgsql stable security definer as $$
begin
    return (select a.person_id
            from public.web_session as s
            join public.account as a on a.id = s.account_id
            where s.token_sha256 = public.me_credential()
              and public.web_session_is_live(s)
              and a.disabled_at is null);
end
$$;
comment on function me_person() is 'Professional whose browser this transaction works for; null when there is none';

create function me_structures() returns uuid[]
language plpgsql stable security definer as $$
begin
    return array(select m.structure_id
                 from public.membership as m
                 where m.person_id = public.me_person()
                   and m.ended_at is null
                   and m.role in ('doctor', 'nurse', 'midwife', 'secretary'));
end
$$;
comment on function me_structures() is 'Structures whose patients I know: those I care or plan in';

create function me_managed() returns uuid[]
language plpgsql stable security definer as $$
begin
    return array(select m.structure_id
                 from public.membership as m
                 where m.person_id = public.me_person()
                   and m.ended_at is null
                   and m.role = 'manager');
end
$$;
comment on function me_managed() is 'Structures I manage';

-- ---- what a person is to an act and to a patient ----

create function act_is_planned(p_me uuid, p_professional uuid, p_structure uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.delegation as d
                   join public.membership as m on m.person_id = d.delegate_id and m.structure_id = d.structure_id
                   where d.delegate_id = p_me
                     and d.professional_id = p_professional
                     and d.structure_id = p_structure
                     and d.ended_at is null
                     and m.role = 'secretary'
                     and m.ended_at is null);
end
$$;
comment on function act_is_planned(uuid, uuid, uuid) is 'Plans for this professional in this structure: by delegation, while secretary there';

create function act_is_shared(p_me uuid, p_act uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select from public.act_colleague as c where c.act_id = p_act and c.person_id = p_me);
end
$$;
comment on function act_is_shared(uuid, uuid) is 'Invited to the act as a colleague';

create function patient_is_cared_for(p_me uuid, p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.care_team as t
                   where t.patient_id = p_patient
                     and t.person_id = p_me
                     and t.ended_at is null);
end
$$;
comment on function patient_is_cared_for(uuid, uuid) is 'Of the patient''s care team';

create function patient_is_opened(p_me uuid, p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.emergency_access as e
                   where e.patient_id = p_patient
                     and e.person_id = p_me
                     and e.expires_at > now());
end
$$;
comment on function patient_is_opened(uuid, uuid) is 'Has an emergency access to the patient that is not over';

create function act_is_clinical(p_me uuid, p_act uuid, p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return p_me is not null
       and (public.act_is_shared(p_me, p_act)
            or public.patient_is_cared_for(p_me, p_patient)
            or public.patient_is_opened(p_me, p_patient));
end
$$;
comment on function act_is_clinical(uuid, uuid, uuid) is 'Reads the clinical text of an act that is not their own';

create function act_is_open(p_me uuid, p_act uuid, p_patient uuid, p_professional uuid, p_structure uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return p_me is not null
       and (public.act_is_planned(p_me, p_professional, p_structure)
            or public.act_is_clinical(p_me, p_act, p_patient));
end
$$;
comment on function act_is_open(uuid, uuid, uuid, uuid, uuid) is 'Knows an act that is not their own';

create function patient_is_met(p_me uuid, p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return exists (select
                   from public.act as a
                   where a.patient_id = p_patient
                     and (a.professional_id = p_me
                          or public.act_is_shared(p_me, a.id)
                          or public.act_is_planned(p_me, a.professional_id, a.structure_id)));
end
$$;
comment on function patient_is_met(uuid, uuid) is 'Holds, shares or plans an act of the patient';

create function patient_is_open(p_me uuid, p_patient uuid) returns boolean
language plpgsql stable security definer as $$
begin
    return p_me is not null
       and (public.patient_is_cared_for(p_me, p_patient)
            or public.patient_is_met(p_me, p_patient)
            or public.patient_is_opened(p_me, p_patient));
end
$$;
comment on function patient_is_open(uuid, uuid) is 'Knows the identity of a patient of no structure of theirs';

-- ---- visitors, and who holds a link ----

create function me_invitation() returns uuid
language plpgsql stable security definer as $$
begin
    return (select i.id
            from public.visit as v
            join public.invitation as i on i.id = v.invitation_id
            where v.token_sha256 = public.me_credential()
              and v.ended_at is null
              and v.created_at > now() - interval '12 hours'
              and i.replaced_at is null);
end
$$;
comment on function me_invitation() is 'Invitation whose browser this transaction works for';

create function me_delivery() returns uuid
language plpgsql stable security definer as $$
begin
    return (select d.id
            from public.visit as v
            join public.delivery as d on d.id = v.delivery_id
            where v.token_sha256 = public.me_credential()
              and v.ended_at is null
              and v.created_at > now() - interval '12 hours'
              and d.replaced_at is null
              and d.expires_at > now());
end
$$;
comment on function me_delivery() is 'Delivery whose browser this transaction works for';

create function me_act() returns uuid
language plpgsql stable security definer as $$
begin
    return coalesce((select i.act_id from public.invitation as i where i.id = public.me_invitation()),
                    (select d.act_id from public.delivery as d where d.id = public.me_delivery()));
end
$$;
comment on function me_act() is 'The one act of a visitor or recipient';

create function link_act() returns uuid
language plpgsql stable security definer as $$
begin
    return coalesce((select i.act_id from public.invitation as i where i.token_sha256 = public.me_credential()),
                    (select d.act_id from public.delivery as d where d.token_sha256 = public.me_credential()));
end
$$;
comment on function link_act() is 'The act of the link that was shown, its code not yet given';

-- Read as the owner, so that a visitor needs no right on reports.
create or replace function document_is_given(d document) returns boolean
language plpgsql stable security definer as $$
begin
    return d.deleted_at is null
       and ((d.kind = 'report' and d.id = (select n.id from public.document as n
                                            where n.act_id = d.act_id and n.kind = 'report' and n.deleted_at is null
                                            order by n.created_at desc, n.id desc limit 1))
            or d.id = (select r.prescription_id from public.report as r
                       where r.act_id = d.act_id
                       order by r.version desc limit 1));
end
$$;

-- ---- small questions over what one does not see ----

create function account_for_sign_in(p_login text, out id uuid, out password_hash text)
returns setof record
language plpgsql stable security definer as $$
begin
    return query select a.id, a.password_hash
                 from public.account as a
                 where a.login = p_login
                   and a.disabled_at is null;
end
$$;
comment on function account_for_sign_in(text) is 'What a password is compared with, by the whole login: no role reads the hashes otherwise';

create function person_language(p_person uuid) returns text
language plpgsql stable security definer as $$
begin
    return coalesce((select a.language from public.account as a where a.person_id = p_person), 'fr');
end
$$;
comment on function person_language(uuid) is 'Language a professional is written to in';

create function patient_known_by(p_birth_name text, p_first_names text, p_birth_date date, p_sex text,
                                 p_birth_place_code text, p_ins text, p_ins_oid text) returns uuid
language plpgsql stable security definer as $$
begin
    return (select p.id
            from public.patient as p
            where (public.fold(p.birth_name) = public.fold(trim(p_birth_name))
                   and public.fold(p.first_names) = public.fold(trim(p_first_names))
                   and p.birth_date = p_birth_date
                   and p.sex = p_sex
                   and p.birth_place_code = p_birth_place_code)
               or (p.ins = p_ins and p.ins_oid = p_ins_oid)
            limit 1);
end
$$;
comment on function patient_known_by(text, text, date, text, text, text, text) is 'The patient of the whole region with exactly these traits, or this INS; null';

create function acts_of_professional_day(p_professional uuid, p_at timestamptz, p_but uuid) returns bigint
language plpgsql stable security definer as $$
declare
    first timestamp := date_trunc('day', p_at at time zone 'Europe/Paris');
begin
    return (select count(*)
            from public.act as a
            where a.professional_id = p_professional
              and a.starts_at >= first at time zone 'Europe/Paris'
              and a.starts_at < (first + interval '1 day') at time zone 'Europe/Paris'
              and a.id is distinct from p_but);
end
$$;
comment on function acts_of_professional_day(uuid, timestamptz, uuid) is 'How full a professional''s day is, wherever they practise';

create function act_lock(p_act uuid) returns void
language plpgsql security definer as $$
begin
    perform from public.act as a where a.id = p_act for update;
end
$$;
comment on function act_lock(uuid) is 'One change of an act at a time; says nothing of it';

do $$
declare
    f text;
begin
    foreach f in array array['me_account()', 'me_person()', 'me_structures()', 'me_managed()',
                             'act_is_planned(uuid, uuid, uuid)', 'act_is_shared(uuid, uuid)',
                             'patient_is_cared_for(uuid, uuid)', 'patient_is_opened(uuid, uuid)',
                             'act_is_clinical(uuid, uuid, uuid)', 'act_is_open(uuid, uuid, uuid, uuid, uuid)',
                             'patient_is_met(uuid, uuid)', 'patient_is_open(uuid, uuid)', 'me_invitation()',
                             'me_delivery()', 'me_act()', 'link_act()', 'document_is_given(document)',
                             'account_for_sign_in(text)', 'person_language(uuid)',
                             'patient_known_by(text, text, date, text, text, text, text)',
                             'acts_of_professional_day(uuid, timestamptz, uuid)', 'act_lock(uuid)'] loop
        execute format('revoke execute on function %s from public, teleloire_records', f);
    end loop;
end
$$;
grant execute on function me_account(), me_person(), me_structures(), me_managed(), act_is_planned(uuid, uuid, uuid),
    act_is_shared(uuid, uuid), patient_is_cared_for(uuid, uuid), patient_is_opened(uuid, uuid),
    act_is_clinical(uuid, uuid, uuid), act_is_open(uuid, uuid, uuid, uuid, uuid), patient_is_met(uuid, uuid),
    patient_is_open(uuid, uuid), account_for_sign_in(text), person_language(uuid),
    patient_known_by(text, text, date, text, text, text, text),
    acts_of_professional_day(uuid, timestamptz, uuid), act_lock(uuid) to teleloire_person;
grant execute on function me_invitation(), me_delivery(), me_act(), document_is_given(document), act_lock(uuid)
    to teleloire_visitor;
grant execute on function link_act(), account_for_sign_in(text), document_is_given(document) to teleloire_stranger;
grant execute on function act_lock(uuid), person_language(uuid) to teleloire_door;

-- Each asks several tables: the planner is to reach rows by an index first, and ask for those only.
alter function act_is_planned(uuid, uuid, uuid) cost 2000;
alter function act_is_shared(uuid, uuid) cost 2000;
alter function patient_is_cared_for(uuid, uuid) cost 2000;
alter function patient_is_opened(uuid, uuid) cost 2000;
alter function act_is_clinical(uuid, uuid, uuid) cost 6000;
alter function act_is_open(uuid, uuid, uuid, uuid, uuid) cost 8000;
alter function patient_is_met(uuid, uuid) cost 10000;
alter function patient_is_open(uuid, uuid) cost 15000;
