-- What is counted against a limit is found without a look at all there is.
alter table patient add column created_by uuid
    constraint patient_created_by_fk references person (id);
comment on column patient.created_by is 'Who made the row; null for the demonstration and what came before';
create index patient_created_by on patient (created_by, created_at) where created_by is not null;
create index ticket_person on ticket (person_id, expires_at) where person_id is not null;
create index ticket_invitation on ticket (invitation_id, expires_at) where invitation_id is not null;
