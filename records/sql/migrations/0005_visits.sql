-- Those without an account: invitations, visits, deliveries of reports; and who sat in a session.

create table invitation (
    id uuid
        constraint invitation_pk primary key default gen_random_uuid(),
    act_id uuid not null
        constraint invitation_act_fk references act (id),
    role text not null
        constraint invitation_role_known check
            (role in ('patient', 'helper', 'interpreter', 'nurse', 'guardian')),
    name text not null
        constraint invitation_name_size check (char_length(name) between 1 and 200),
    email text,
    phone text,
    language text not null default 'fr'
        constraint invitation_language_known check (language in ('fr', 'en')),
    token_sha256 bytea not null
        constraint invitation_token_size check (octet_length(token_sha256) = 32)
        constraint invitation_token_once unique,
    code_hash bytea not null
        constraint invitation_code_size check (octet_length(code_hash) = 32),
    tries integer not null default 0
        constraint invitation_tries_limit check (tries between 0 and 5),
    created_at timestamptz not null default now(),
    sent_at timestamptz not null default now(),
    opened_at timestamptz,
    verified_at timestamptz,
    tested_at timestamptz,
    replaced_at timestamptz,
    demo boolean not null default false,
    constraint invitation_has_address check (email is not null or phone is not null)
);
create index invitation_act on invitation (act_id, created_at desc);
comment on table invitation is 'A link for one person and one session, behind a code sent apart';
comment on column invitation.id is 'Random identifier; names the visitor to the session';
comment on column invitation.act_id is 'Which act';
comment on column invitation.role is 'patient, helper, interpreter, nurse or guardian';
comment on column invitation.name is 'Name shown in the session';
comment on column invitation.email is 'Where the link was mailed';
comment on column invitation.phone is 'Where the code was sent by SMS';
comment on column invitation.language is 'Language of messages and pages';
comment on column invitation.token_sha256 is 'SHA-256 of the link''s token';
comment on column invitation.code_hash is 'Keyed hash of the six digits';
comment on column invitation.tries is 'Wrong codes so far; five lock it';
comment on column invitation.created_at is 'When it was made';
comment on column invitation.sent_at is 'When the link was last sent';
comment on column invitation.opened_at is 'When the link was first opened';
comment on column invitation.verified_at is 'When the code was last right';
comment on column invitation.tested_at is 'When the equipment test was last taken';
comment on column invitation.replaced_at is 'When a newer link took its place';
comment on column invitation.demo is 'Invented for the demonstration';

create table delivery (
    id uuid
        constraint delivery_pk primary key default gen_random_uuid(),
    act_id uuid not null
        constraint delivery_act_fk references act (id),
    email text,
    phone text,
    language text not null default 'fr'
        constraint delivery_language_known check (language in ('fr', 'en')),
    token_sha256 bytea not null
        constraint delivery_token_size check (octet_length(token_sha256) = 32)
        constraint delivery_token_once unique,
    code_hash bytea not null
        constraint delivery_code_size check (octet_length(code_hash) = 32),
    tries integer not null default 0
        constraint delivery_tries_limit check (tries between 0 and 5),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    opened_at timestamptz,
    verified_at timestamptz,
    replaced_at timestamptz,
    constraint delivery_has_address check (email is not null or phone is not null)
);
create index delivery_act on delivery (act_id);
comment on table delivery is 'A safe link to the report and the prescription, 30 days';
comment on column delivery.id is 'Random identifier';
comment on column delivery.act_id is 'Which act';
comment on column delivery.email is 'Where the link was mailed';
comment on column delivery.phone is 'Where the code was sent by SMS';
comment on column delivery.language is 'Language of messages and pages';
comment on column delivery.token_sha256 is 'SHA-256 of the link''s token';
comment on column delivery.code_hash is 'Keyed hash of the six digits';
comment on column delivery.tries is 'Wrong codes so far; five lock it';
comment on column delivery.created_at is 'When it was made';
comment on column delivery.expires_at is 'When it dies';
comment on column delivery.opened_at is 'When it was first opened';
comment on column delivery.verified_at is 'When the code was last right';
comment on column delivery.replaced_at is 'When a newer report took its place';

create table code_sent (
    id bigint generated always as identity
        constraint code_sent_pk primary key,
    invitation_id uuid
        constraint code_sent_invitation_fk references invitation (id),
    delivery_id uuid
        constraint code_sent_delivery_fk references delivery (id),
    at timestamptz not null default now(),
    constraint code_sent_of_one check (num_nonnulls(invitation_id, delivery_id) = 1)
);
create index code_sent_invitation on code_sent (invitation_id, at);
create index code_sent_delivery on code_sent (delivery_id, at);
comment on table code_sent is 'New codes asked for: three an hour';
comment on column code_sent.id is 'Order of asking';
comment on column code_sent.invitation_id is 'For which invitation';
comment on column code_sent.delivery_id is 'or for which delivery';
comment on column code_sent.at is 'When';

create table visit (
    token_sha256 bytea
        constraint visit_pk primary key
        constraint visit_token_size check (octet_length(token_sha256) = 32),
    invitation_id uuid
        constraint visit_invitation_fk references invitation (id),
    delivery_id uuid
        constraint visit_delivery_fk references delivery (id),
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint visit_of_one check (num_nonnulls(invitation_id, delivery_id) = 1)
);
create index visit_invitation on visit (invitation_id);
create index visit_delivery on visit (delivery_id);
comment on table visit is 'A browser that gave the right code; the token itself is only in its cookie';
comment on column visit.token_sha256 is 'SHA-256 of the cookie token';
comment on column visit.invitation_id is 'By which invitation';
comment on column visit.delivery_id is 'or by which delivery';
comment on column visit.created_at is 'Start: 12 h later it is over';
comment on column visit.last_seen_at is 'Last use';
comment on column visit.ended_at is 'Left, or moved to another device';

create table participant (
    participant text
        constraint participant_pk primary key
        constraint participant_form check (participant ~ '^[0-9a-f]{32}$'),
    act_id uuid not null
        constraint participant_act_fk references act (id),
    seat integer not null
        constraint participant_seat_limit check (seat between 1 and 8),
    person_id uuid
        constraint participant_person_fk references person (id),
    invitation_id uuid
        constraint participant_invitation_fk references invitation (id),
    name text not null,
    title text not null default '',
    role text not null
        constraint participant_role_known check (role in ('host', 'guest', 'patient', 'helper')),
    state text not null
        constraint participant_state_known check (state in ('waiting', 'in', 'left', 'removed')),
    state_at timestamptz not null,
    resume_sha256 bytea
        constraint participant_resume_size check (octet_length(resume_sha256) = 32),
    resume_at timestamptz,
    joined_at timestamptz not null,
    admitted_at timestamptz,
    left_at timestamptz,
    identity_checked_at timestamptz
);
create index participant_act on participant (act_id);
create unique index participant_resume on participant (resume_sha256) where resume_sha256 is not null;
comment on table participant is 'Who sat in a session, by the name the relay knows';
comment on column participant.participant is 'Random identifier made by the door';
comment on column participant.act_id is 'Which act';
comment on column participant.seat is '1 to 8, kept for the life of the session';
comment on column participant.person_id is 'Which professional';
comment on column participant.invitation_id is 'or by which invitation';
comment on column participant.name is 'Name shown';
comment on column participant.title is 'Profession shown';
comment on column participant.role is 'host, guest, patient or helper';
comment on column participant.state is 'waiting, in, left or removed';
comment on column participant.state_at is 'When it became so: an older event does not undo a newer one';
comment on column participant.resume_sha256 is 'SHA-256 of the token that takes the seat back';
comment on column participant.resume_at is 'Since when that token holds';
comment on column participant.joined_at is 'First arrival';
comment on column participant.admitted_at is 'First admission';
comment on column participant.left_at is 'Departure; null while present';
comment on column participant.identity_checked_at is 'Identity checked by eye';

create table consent (
    id uuid
        constraint consent_pk primary key default gen_random_uuid(),
    act_id uuid not null
        constraint consent_act_fk references act (id),
    given boolean not null,
    by text not null
        constraint consent_by_known check (by in ('patient', 'helper')),
    how text not null
        constraint consent_how_known check (how in ('page', 'oral', 'written')),
    text_version text not null,
    text_language text not null
        constraint consent_language_known check (text_language in ('fr', 'en')),
    at timestamptz not null default now(),
    person_id uuid
        constraint consent_person_fk references person (id),
    invitation_id uuid
        constraint consent_invitation_fk references invitation (id),
    constraint consent_recorded_by_one check (num_nonnulls(person_id, invitation_id) = 1)
);
create index consent_act on consent (act_id, at);
create trigger consent_append_only before update or delete on consent
    for each statement execute function refuse_change();
comment on table consent is 'Consent or refusal, each time it was said; append-only';
comment on column consent.id is 'Random identifier';
comment on column consent.act_id is 'For which act';
comment on column consent.given is 'False is a refusal, recorded too';
comment on column consent.by is 'Said by the patient, or a helper beside them';
comment on column consent.how is 'On the page, by word of mouth, in writing';
comment on column consent.text_version is 'Which text was shown';
comment on column consent.text_language is 'In which language';
comment on column consent.at is 'When';
comment on column consent.person_id is 'The professional who recorded it';
comment on column consent.invitation_id is 'or the visitor who gave it';

create table ticket (
    token_sha256 bytea
        constraint ticket_pk primary key
        constraint ticket_token_size check (octet_length(token_sha256) = 32),
    kind text not null
        constraint ticket_kind_known check (kind in ('session', 'watch', 'test')),
    act_id uuid
        constraint ticket_act_fk references act (id),
    person_id uuid
        constraint ticket_person_fk references person (id),
    invitation_id uuid
        constraint ticket_invitation_fk references invitation (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint ticket_of_one check (num_nonnulls(person_id, invitation_id) = 1),
    constraint ticket_session_has_act check (kind <> 'session' or act_id is not null)
);
create index ticket_expires on ticket (expires_at);
comment on table ticket is 'Opens one WebSocket, once, within 60 s';
comment on column ticket.token_sha256 is 'SHA-256 of the ticket';
comment on column ticket.kind is 'session, watch or test';
comment on column ticket.act_id is 'Which act';
comment on column ticket.person_id is 'For which professional';
comment on column ticket.invitation_id is 'or which visitor';
comment on column ticket.created_at is 'When it was given';
comment on column ticket.expires_at is 'When it dies unused';
comment on column ticket.used_at is 'When it was used';
