-- What leaves, and what is remembered of every look at health data.

create table outbox (
    id uuid
        constraint outbox_pk primary key default gen_random_uuid(),
    created_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    kind text not null
        constraint outbox_kind_known check (kind in ('mail', 'sms')),
    sealed bytea not null
        constraint outbox_size check (octet_length(sealed) <= 65536),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    delivered_at timestamptz,
    dead_at timestamptz,
    last_error text
);
create index outbox_due on outbox (next_attempt_at) where delivered_at is null and dead_at is null;
comment on table outbox is 'Effects outside, written in the transaction that causes them';
comment on column outbox.id is 'Stable id of the message: the far side can tell a repeat';
comment on column outbox.created_at is 'When it was written';
comment on column outbox.due_at is 'Not before';
comment on column outbox.kind is 'mail or sms';
comment on column outbox.sealed is 'tl_seal_to(courier''s public key, context = id as text): JSON {kind, to, subject, text, message_id}';
comment on column outbox.attempts is 'Tries so far';
comment on column outbox.next_attempt_at is 'Next try';
comment on column outbox.delivered_at is 'Taken by the far side';
comment on column outbox.dead_at is 'Given up';
comment on column outbox.last_error is 'Why the last try failed';

create function outbox_notify() returns trigger
language plpgsql as $$
begin
    perform pg_notify('outbox', '');
    return null;
end
$$;
comment on function outbox_notify() is 'Wakes the courier at commit';
create trigger outbox_notify after insert on outbox
    for each statement execute function outbox_notify();

create table audit_head (
    writer text
        constraint audit_head_pk primary key,
    number bigint not null,
    hash bytea not null
        constraint audit_head_hash_size check (octet_length(hash) = 32)
);
comment on table audit_head is 'The last link of each writer''s chain';
comment on column audit_head.writer is 'Which process: api-0';
comment on column audit_head.number is 'Number of its last row';
comment on column audit_head.hash is 'Hash of its last row';

create table audit (
    writer text not null,
    number bigint not null,
    at timestamptz not null,
    actor_kind text not null
        constraint audit_actor_kind_known check (actor_kind in ('person', 'visitor', 'door', 'system')),
    actor_id uuid,
    action text not null
        constraint audit_action_form check (action ~ '^[a-z_]+\.[a-z_]+$'),
    act_id uuid,
    patient_id uuid,
    object_id uuid,
    previous_hash bytea not null,
    hash bytea not null,
    constraint audit_pk primary key (writer, number)
);
create index audit_patient on audit (patient_id, at);
create index audit_act on audit (act_id, at);
create index audit_actor on audit (actor_id, at);
create trigger audit_append_only before update or delete on audit
    for each statement execute function refuse_change();
comment on table audit is 'Every read and write of health data, chained by hash for each writer';
comment on column audit.writer is 'Which process wrote it';
comment on column audit.number is 'Its place in the chain, without a hole';
comment on column audit.at is 'When';
comment on column audit.actor_kind is 'person, visitor, door or system';
comment on column audit.actor_id is 'Person or invitation';
comment on column audit.action is 'What: act.read, patient.search';
comment on column audit.act_id is 'On which act';
comment on column audit.patient_id is 'On which patient';
comment on column audit.object_id is 'On what else: a document';
comment on column audit.previous_hash is 'Hash of the row before, zeros for the first';
comment on column audit.hash is 'SHA-256 of the previous hash and this row';

create function audit_row_hash(previous bytea, writer text, number bigint, at timestamptz,
                               actor_kind text, actor_id uuid, action text, act_id uuid,
                               patient_id uuid, object_id uuid) returns bytea
language sql immutable as $$
    select sha256(previous || convert_to(concat_ws('|', writer, number::text,
        (extract(epoch from at) * 1000000)::bigint::text, actor_kind, coalesce(actor_id::text, '-'),
        action, coalesce(act_id::text, '-'), coalesce(patient_id::text, '-'),
        coalesce(object_id::text, '-')), 'UTF8'))
$$;
comment on function audit_row_hash is 'One link: what is hashed, in which order';

-- Runs as the owner, so that who may add a row can choose neither its number nor its hash.
create function audit_add(p_writer text, p_actor_kind text, p_actor_id uuid, p_action text,
                          p_act_id uuid, p_patient_id uuid, p_object_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    head audit_head;
    now_at timestamptz := clock_timestamp();
    own bytea;
begin
    insert into audit_head (writer, number, hash)
    values (p_writer, 0, decode(repeat('00', 32), 'hex'))
    on conflict do nothing;
    select * into head from audit_head where writer = p_writer for update;
    own := audit_row_hash(head.hash, p_writer, head.number + 1, now_at, p_actor_kind, p_actor_id,
                          p_action, p_act_id, p_patient_id, p_object_id);
    insert into audit (writer, number, at, actor_kind, actor_id, action, act_id, patient_id,
                       object_id, previous_hash, hash)
    values (p_writer, head.number + 1, now_at, p_actor_kind, p_actor_id, p_action, p_act_id,
            p_patient_id, p_object_id, head.hash, own);
    update audit_head set number = head.number + 1, hash = own where writer = p_writer;
end
$$;
comment on function audit_add is 'Adds one row to the chain of its writer';

create function audit_first_broken(p_writer text) returns bigint
language sql stable as $$
    select min(number)
    from (
        select number,
               previous_hash,
               hash,
               lag(hash, 1, decode(repeat('00', 32), 'hex')) over (order by number) as expected,
               lag(number, 1, 0::bigint) over (order by number) as number_before,
               audit_row_hash(previous_hash, writer, number, at, actor_kind, actor_id, action,
                              act_id, patient_id, object_id) as own
        from audit
        where writer = p_writer
    ) as link
    where hash <> own
       or previous_hash <> expected
       or number <> number_before + 1
$$;
comment on function audit_first_broken is 'Number of the first row that does not follow from the one before; null when the chain holds';
