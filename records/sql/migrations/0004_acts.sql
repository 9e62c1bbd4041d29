-- The register of acts: what was planned, what happened, who took part, what came of it.

create table act (
    id uuid
        constraint act_pk primary key default gen_random_uuid(),
    type text not null default 'teleconsultation'
        constraint act_type_known check (type in
            ('teleconsultation', 'tele_expertise', 'telesurveillance', 'teleassistance', 'regulation', 'telesoin')),
    state text not null default 'planned'
        constraint act_state_known check
            (state in ('planned', 'waiting', 'live', 'to_close', 'closed', 'not_done', 'amended')),
    professional_id uuid not null
        constraint act_professional_fk references person (id),
    patient_id uuid not null
        constraint act_patient_fk references patient (id),
    structure_id uuid not null
        constraint act_structure_fk references structure (id),
    starts_at timestamptz not null,
    duration_min integer not null default 20
        constraint act_duration_plausible check (duration_min between 5 and 480),
    reason text not null default ''
        constraint act_reason_size check (char_length(reason) <= 1000),
    room text not null default replace(gen_random_uuid()::text, '-', '')
        constraint act_room_form check (room ~ '^[0-9a-f]{32}$')
        constraint act_room_once unique,
    created_at timestamptz not null default now(),
    created_by uuid not null
        constraint act_created_by_fk references person (id),
    live_at timestamptz,
    ended_at timestamptz,
    closed_at timestamptz,
    not_done_at timestamptz,
    not_done_reason text
        constraint act_not_done_reason_known check (not_done_reason in
            ('patient', 'professional', 'technical', 'other', 'patient_absent', 'refusal')),
    not_done_comment text,
    cancelled boolean not null default false,
    version integer not null default 1
        constraint act_version_positive check (version >= 1),
    demo boolean not null default false,
    constraint act_not_done_has_reason check ((state = 'not_done') = (not_done_reason is not null)),
    constraint act_closed_has_date check (state not in ('closed', 'amended') or closed_at is not null)
);
create index act_professional on act (professional_id, starts_at desc);
create index act_patient on act (patient_id, starts_at desc);
create index act_structure on act (structure_id, starts_at desc);
create index act_open on act (professional_id, state) where state in ('waiting', 'live', 'to_close');
comment on table act is 'One remote act, one session; never deleted';
comment on column act.id is 'Random identifier; also the name of the session';
comment on column act.type is 'One of the acts of R6316-1, or télésoin';
comment on column act.state is 'planned, waiting, live, to_close, closed, not_done, amended';
comment on column act.professional_id is 'Who holds it and answers for it';
comment on column act.patient_id is 'For whom';
comment on column act.structure_id is 'Where it counts';
comment on column act.starts_at is 'Planned start';
comment on column act.duration_min is 'Planned minutes';
comment on column act.reason is 'Reason in the professional''s words; never leaves in a message';
comment on column act.room is 'The name the relay knows it by';
comment on column act.created_at is 'When it was planned';
comment on column act.created_by is 'Who planned it';
comment on column act.live_at is 'First moment with a host and another admitted';
comment on column act.ended_at is 'When the session ended';
comment on column act.closed_at is 'When the first report was signed';
comment on column act.not_done_at is 'When it was given up';
comment on column act.not_done_reason is 'Why it did not take place';
comment on column act.not_done_comment is 'Why, in words';
comment on column act.cancelled is 'Given up before its time, everyone told';
comment on column act.version is 'Raised by every change, for If-Match';
comment on column act.demo is 'Invented for the demonstration';

-- The transitions of docs: the database refuses what the program would not do.
create function act_state_guard() returns trigger
language plpgsql as $$
begin
    if new.state = old.state
       or (old.state, new.state) in (
            ('planned', 'waiting'), ('planned', 'live'), ('planned', 'not_done'),
            ('waiting', 'live'), ('waiting', 'not_done'), ('waiting', 'to_close'),
            ('live', 'to_close'), ('to_close', 'closed'), ('to_close', 'not_done'),
            ('closed', 'amended')) then
        return new;
    end if;
    raise exception 'act % cannot go from % to %', old.id, old.state, new.state
        using errcode = 'check_violation', constraint = 'act_state_transition';
end
$$;
comment on function act_state_guard() is 'Refuses a transition the state machine does not know';
create trigger act_state_guard before update of state on act
    for each row execute function act_state_guard();

create function refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
comment on function refuse_change() is 'For tables that are only ever added to';

create table act_event (
    id uuid
        constraint act_event_pk primary key,
    act_id uuid not null
        constraint act_event_act_fk references act (id),
    type text not null
        constraint act_event_type_form check (type ~ '^[a-z_]{3,40}$'),
    at timestamptz not null,
    recorded_at timestamptz not null default now(),
    participant text
        constraint act_event_participant_form check (participant ~ '^[0-9a-f]{32}$'),
    by_person_id uuid
        constraint act_event_by_person_fk references person (id),
    detail jsonb not null default '{}'
);
create index act_event_act on act_event (act_id, at);
create trigger act_event_append_only before update or delete on act_event
    for each statement execute function refuse_change();
comment on table act_event is 'What happened to an act, in order; append-only';
comment on column act_event.id is 'Chosen by who saw it: the same event twice is one row';
comment on column act_event.act_id is 'Which act';
comment on column act_event.type is 'A word of docs/channels.md, or one of the pages'' actions';
comment on column act_event.at is 'When it happened';
comment on column act_event.recorded_at is 'When it was written: later, after PostgreSQL was away';
comment on column act_event.participant is 'Who in the session';
comment on column act_event.by_person_id is 'Which professional did it';
comment on column act_event.detail is 'The rest, by type';

create table act_colleague (
    act_id uuid not null
        constraint act_colleague_act_fk references act (id),
    person_id uuid not null
        constraint act_colleague_person_fk references person (id),
    invited_by uuid not null
        constraint act_colleague_invited_by_fk references person (id),
    comment text not null default '',
    at timestamptz not null default now(),
    constraint act_colleague_pk primary key (act_id, person_id)
);
create index act_colleague_person on act_colleague (person_id);
comment on table act_colleague is 'Professionals invited to an act by its own';
comment on column act_colleague.act_id is 'Which act';
comment on column act_colleague.person_id is 'Who may read and join it';
comment on column act_colleague.invited_by is 'Who asked';
comment on column act_colleague.comment is 'What they were told';
comment on column act_colleague.at is 'When';

create table document (
    id uuid
        constraint document_pk primary key default gen_random_uuid(),
    act_id uuid not null
        constraint document_act_fk references act (id),
    kind text not null
        constraint document_kind_known check (kind in ('photo', 'prescription', 'report', 'other')),
    name text not null
        constraint document_name_size check (char_length(name) between 1 and 120),
    media_type text not null
        constraint document_media_type_known check
            (media_type in ('image/jpeg', 'image/png', 'application/pdf', 'text/plain')),
    size_bytes integer not null
        constraint document_size_limit check (size_bytes between 1 and 20971520),
    sha256 bytea not null
        constraint document_sha256_size check (octet_length(sha256) = 32),
    created_at timestamptz not null default now(),
    created_by uuid
        constraint document_created_by_fk references person (id),
    deleted_at timestamptz
);
create index document_act on document (act_id);
comment on table document is 'A file of an act; its bytes are in document_piece';
comment on column document.id is 'Random identifier';
comment on column document.act_id is 'Which act';
comment on column document.kind is 'photo, prescription, report or other';
comment on column document.name is 'File name shown';
comment on column document.media_type is 'Found in the content, never taken from the sender';
comment on column document.size_bytes is 'Size before sealing';
comment on column document.sha256 is 'Digest of the content before sealing';
comment on column document.created_at is 'When it came';
comment on column document.created_by is 'Who sent it; null for the patient';
comment on column document.deleted_at is 'Withdrawn before the act was closed';

create table document_piece (
    document_id uuid not null
        constraint document_piece_document_fk references document (id),
    number integer not null
        constraint document_piece_number_limit check (number between 0 and 19),
    sealed bytea not null
        constraint document_piece_size check (octet_length(sealed) <= 1048576 + 64),
    constraint document_piece_pk primary key (document_id, number)
);
comment on table document_piece is 'Pieces of at most 1 MiB, each sealed by the data key';
comment on column document_piece.document_id is 'Which document';
comment on column document_piece.number is 'Order';
comment on column document_piece.sealed is 'AES-256-GCM under the data key';

create table report (
    id uuid
        constraint report_pk primary key default gen_random_uuid(),
    act_id uuid not null
        constraint report_act_fk references act (id),
    version integer not null
        constraint report_version_positive check (version >= 1),
    text text not null
        constraint report_text_size check (char_length(text) between 1 and 50000),
    conclusion text not null default ''
        constraint report_conclusion_size check (char_length(conclusion) <= 10000),
    incidents_confirmed boolean not null
        constraint report_incidents_are_confirmed check (incidents_confirmed),
    incident_comment text,
    identity_checked boolean not null,
    prescription_id uuid
        constraint report_prescription_fk references document (id),
    send_to_patient boolean not null,
    why text,
    closed_at timestamptz not null default now(),
    closed_by uuid not null
        constraint report_closed_by_fk references person (id),
    constraint report_version_once unique (act_id, version),
    constraint report_amendment_says_why check (version = 1 or why is not null)
);
create trigger report_append_only before update or delete on report
    for each statement execute function refuse_change();
comment on table report is 'The report of an act; an amendment is a new version, the old one stays';
comment on column report.id is 'Random identifier';
comment on column report.act_id is 'Which act';
comment on column report.version is '1, then one more at each amendment';
comment on column report.text is 'What was seen and said';
comment on column report.conclusion is 'What follows';
comment on column report.incidents_confirmed is 'The professional confirmed the technical incidents (R6316-4, 5°)';
comment on column report.incident_comment is 'Their words on the incidents';
comment on column report.identity_checked is 'Identity was checked by eye';
comment on column report.prescription_id is 'The prescription file';
comment on column report.send_to_patient is 'The patient gets a safe link';
comment on column report.why is 'Why it was amended';
comment on column report.closed_at is 'When it was signed';
comment on column report.closed_by is 'Who signed it';

create table incident (
    id uuid
        constraint incident_pk primary key,
    act_id uuid not null
        constraint incident_act_fk references act (id),
    participant text
        constraint incident_participant_form check (participant ~ '^[0-9a-f]{32}$'),
    kind text not null
        constraint incident_kind_known check (kind in
            ('interruption', 'loss', 'relay_restart', 'reconnection', 'audio_gap', 'freeze', 'test_failed')),
    started_at timestamptz not null,
    ended_at timestamptz,
    measure double precision,
    unit text not null default ''
);
create index incident_act on incident (act_id, started_at);
comment on table incident is 'Technical incidents the relay saw (R6316-4, 5°)';
comment on column incident.id is 'The id of the event that told it';
comment on column incident.act_id is 'Which act';
comment on column incident.participant is 'Who suffered it; null when all did';
comment on column incident.kind is 'interruption, loss, relay_restart, reconnection, audio_gap, freeze, test_failed';
comment on column incident.started_at is 'From';
comment on column incident.ended_at is 'To; null when not known';
comment on column incident.measure is 'How much';
comment on column incident.unit is 'percent or ms';
