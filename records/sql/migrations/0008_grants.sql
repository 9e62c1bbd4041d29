-- What each role user may do. The migration runner makes the users named by the configuration and
-- puts them in these groups: nobody is granted anything by name.
do $$
begin
    if not exists (select from pg_roles where rolname = 'teleloire_records') then
        create role teleloire_records nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'teleloire_outbox') then
        create role teleloire_outbox nologin;
    end if;
end
$$;

revoke all on schema public from public;
revoke execute on function audit_add(text, text, uuid, text, uuid, uuid, uuid) from public;
grant usage on schema public to teleloire_records, teleloire_outbox;

-- Health checks ask which migrations were run; the runner made this table before the first.
grant select on schema_migration to teleloire_records;

grant select on departement, epci, structure, site, person, membership, account, report, consent,
    act_event, incident, audit, audit_head to teleloire_records;
grant select, insert on report, consent, act_event, incident, act_colleague, code_sent,
    document_piece, patient_structure to teleloire_records;
grant select, insert, update on patient, act, document, invitation, delivery, visit, participant,
    ticket, web_session, idempotency_key to teleloire_records;
grant delete on ticket, web_session, idempotency_key, document_piece to teleloire_records;
grant select, insert, delete on sign_in_failure to teleloire_records;
grant update (language) on account to teleloire_records;
-- api writes what leaves and never reads it again; the seal is the courier's.
grant insert on outbox to teleloire_records;
grant execute on function audit_add(text, text, uuid, text, uuid, uuid, uuid) to teleloire_records;

grant select, update on outbox to teleloire_outbox;
