-- An answer given again is read again: the audit row says whose data it shows.
alter table idempotency_key
    add column act_id uuid,
    add column patient_id uuid,
    add column object_id uuid;
comment on column idempotency_key.act_id is 'Act the answer shows';
comment on column idempotency_key.patient_id is 'Patient the answer shows';
comment on column idempotency_key.object_id is 'Document or the like the answer shows';
