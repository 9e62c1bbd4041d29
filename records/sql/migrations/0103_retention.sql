-- Records are kept as long as the law says and then leave, whole, with proof of what left
-- (docs/operations/retention.md). Only the owner of the tables, by this function, and it says so in the audit.

create table purge (
    id uuid
        constraint purge_pk primary key default gen_random_uuid(),
    at timestamptz not null default now(),
    rule text not null,
    patient_id uuid not null,
    last_at timestamptz not null,
    row_counts jsonb not null,
    acts jsonb not null,
    digest bytea not null
        constraint purge_digest_size check (octet_length(digest) = 32)
);
alter table purge enable row level security;
create trigger purge_append_only before update or delete on purge for each row execute function refuse_change();
comment on table purge is 'Proof of a record that left at the end of its term; append-only, nothing of who it was';
comment on column purge.id is 'Named by the row of the audit';
comment on column purge.at is 'When it left';
comment on column purge.rule is 'Which term had ended';
comment on column purge.patient_id is 'What the patient''s identifier was; it leads nowhere any more';
comment on column purge.last_at is 'The last act, or when the patient was made known';
comment on column purge.row_counts is 'How many rows of each table';
comment on column purge.acts is 'How many acts by year, type, state and structure, for the register';
comment on column purge.digest is 'SHA-256 of a line table:key,key… for each table of what left, in the order in which purge_patient takes them';

create function is_owner() returns boolean
language plpgsql stable as $$
begin
    return current_user = (select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = 'public.data_key'::regclass);
end
$$;
comment on function is_owner() is 'Who asks owns the tables: no role process does';

-- Only while the owner's own function is at it.
create function is_purging() returns boolean
language plpgsql stable as $$
begin
    return is_owner() and current_setting('teleloire.purging', true) = 'yes';
end
$$;
comment on function is_purging() is 'A record at the end of its term is leaving';

create or replace function refuse_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' and tg_table_name = 'consent' and is_purging() then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create or replace function refuse_change_but_sealing() returns trigger
language plpgsql as $$
declare
    before jsonb;
    after jsonb;
    name text;
begin
    if tg_op = 'DELETE' and is_purging() then
        return old;
    end if;
    if tg_op = 'UPDATE' and is_owner() then
        before := to_jsonb(old);
        after := to_jsonb(new);
        foreach name in array tg_argv loop
            exit when after -> name is distinct from before -> name
                  and sealed_key(after ->> name) is not distinct from 0;
            before := before - name;
            after := after - name;
        end loop;
        if after = before then
            return new;
        end if;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create function patient_last_at(p patient) returns timestamptz
language sql stable as $$
    select greatest(p.created_at, (select max(greatest(a.starts_at, a.ended_at, a.closed_at)) from act as a where a.patient_id = p.id))
$$;
comment on function patient_last_at(patient) is 'The last act, planned ones too, or when the patient was made known';

create function purge_patient(p_patient uuid, p_rule text) returns uuid
language plpgsql as $$
declare
    of_acts constant text := 't.act_id in (select a.id from act as a where a.patient_id = $1)';
    of_links constant text := '(t.invitation_id in (select i.id from invitation as i join act as a on a.id = i.act_id where a.patient_id = $1)
        or t.delivery_id in (select d.id from delivery as d join act as a on a.id = d.act_id where a.patient_id = $1))';
    own constant text := 't.patient_id = $1';
    step text[];
    count bigint;
    keys text;
    counts jsonb := '{}';
    lines text := '';
    proof uuid;
    last timestamptz;
    by_year jsonb;
begin
    perform from act where patient_id = p_patient for update;
    select patient_last_at(p) into strict last from patient as p where p.id = p_patient for update;
    select coalesce(jsonb_agg(to_jsonb(n)), '[]'::jsonb)
    into by_year
    from (select extract(year from a.starts_at at time zone 'Europe/Paris')::integer as year, a.type, a.state,
                 a.structure_id as structure, count(*) as acts
          from act as a
          where a.patient_id = p_patient
          group by 1, 2, 3, 4
          order by 1, 2, 3, 4) as n;
    perform set_config('teleloire.purging', 'yes', true);
    foreach step slice 1 in array array[
        ['ticket', 't.token_sha256', '(' || of_acts || ' or t.invitation_id in (select i.id from invitation as i join act as a on a.id = i.act_id where a.patient_id = $1))'],
        ['code_sent', 't.ctid', of_links],
        ['visit', 't.token_sha256', of_links],
        ['consent', 't.id', of_acts],
        ['incident', 't.id', of_acts],
        ['act_event', 't.id', of_acts],
        ['participant', 't.participant', of_acts],
        ['delivery', 't.id', of_acts],
        ['report', 't.id', of_acts],
        ['document_piece', 't.document_id::text || '' '' || t.number', 't.document_id in (select d.id from document as d join act as a on a.id = d.act_id where a.patient_id = $1)'],
        ['document', 't.id', of_acts],
        ['act_colleague', 't.person_id', of_acts],
        ['care_team', 't.id', own],
        ['invitation', 't.id', of_acts],
        ['idempotency_key', 't.key', '(' || of_acts || ' or ' || own || ')'],
        ['emergency_access', 't.id', own],
        ['patient_correction', 't.id', own],
        ['patient_restriction', 't.id', own],
        ['patient_structure', 't.structure_id', own],
        ['act', 't.id', own],
        ['patient', 't.id', 't.id = $1']] loop
        execute format('with gone as (delete from %I as t where %s returning (%s)::text as key)
                        select count(*), coalesce(string_agg(key, '','' order by key collate "C"), '''') from gone',
                       step[1], step[3], step[2])
            into count, keys using p_patient;
        counts := counts || jsonb_build_object(step[1], count);
        lines := lines || step[1] || ':' || keys || E'\n';
    end loop;
    perform set_config('teleloire.purging', '', true);
    insert into purge (rule, patient_id, last_at, row_counts, acts, digest)
    values (p_rule, p_patient, last, counts, by_year, sha256(convert_to(lines, 'UTF8')))
    returning id into proof;
    perform audit_add('retention', 'system', null, 'retention.purge', null, p_patient, proof);
    return proof;
end
$$;
comment on function purge_patient(uuid, text) is 'Deletes all that is held of a patient, for the owner of the tables only; the proof''s id';
revoke execute on function purge_patient(uuid, text), patient_last_at(patient) from public, teleloire_records;
