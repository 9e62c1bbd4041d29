-- Local accounts, sessions of the pages, failures that lead to a lock-out.

create table account (
    id uuid
        constraint account_pk primary key default gen_random_uuid(),
    person_id uuid not null
        constraint account_person_fk references person (id)
        constraint account_person_once unique,
    login text not null
        constraint account_login_form check (login = lower(login) and char_length(login) between 3 and 200)
        constraint account_login_once unique,
    password_hash text not null
        constraint account_password_is_argon2id check (password_hash like '$argon2id$%'),
    language text not null default 'fr'
        constraint account_language_known check (language in ('fr', 'en')),
    disabled_at timestamptz,
    created_at timestamptz not null default now()
);
comment on table account is 'How a person signs in without an identity provider';
comment on column account.id is 'Random identifier';
comment on column account.person_id is 'Whose account';
comment on column account.login is 'Lower case, usually the professional e-mail address';
comment on column account.password_hash is 'argon2id in its encoded form, never the password';
comment on column account.language is 'Language of the pages and messages';
comment on column account.disabled_at is 'Since when it may not sign in';
comment on column account.created_at is 'When the row was made';

create table web_session (
    token_sha256 bytea
        constraint web_session_pk primary key
        constraint web_session_token_size check (octet_length(token_sha256) = 32),
    account_id uuid not null
        constraint web_session_account_fk references account (id),
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    ended_at timestamptz
);
create index web_session_account on web_session (account_id);
comment on table web_session is 'A signed-in browser; the token itself is only in its cookie';
comment on column web_session.token_sha256 is 'SHA-256 of the cookie token';
comment on column web_session.account_id is 'Who signed in';
comment on column web_session.created_at is 'Start: 12 h later it is over';
comment on column web_session.last_seen_at is 'Last use: 30 min later it is over';
comment on column web_session.ended_at is 'Signed out';

create table sign_in_failure (
    id bigint generated always as identity
        constraint sign_in_failure_pk primary key,
    login_sha256 bytea not null
        constraint sign_in_failure_login_size check (octet_length(login_sha256) = 32),
    peer text not null,
    at timestamptz not null default now()
);
create index sign_in_failure_login on sign_in_failure (login_sha256, at);
create index sign_in_failure_peer on sign_in_failure (peer, at);
comment on table sign_in_failure is 'Wrong passwords of the last minutes: five lock the account and the address';
comment on column sign_in_failure.id is 'Order of arrival';
comment on column sign_in_failure.login_sha256 is 'SHA-256 of the login tried, known or not';
comment on column sign_in_failure.peer is 'Network address it came from';
comment on column sign_in_failure.at is 'When';

create table idempotency_key (
    owner text not null,
    key uuid not null,
    request_sha256 bytea not null
        constraint idempotency_key_request_size check (octet_length(request_sha256) = 32),
    status integer,
    body text,
    created_at timestamptz not null default now(),
    constraint idempotency_key_pk primary key (owner, key)
);
create index idempotency_key_created on idempotency_key (created_at);
comment on table idempotency_key is 'Answers given once: the same key gives the same answer';
comment on column idempotency_key.owner is 'Account or visit the key belongs to';
comment on column idempotency_key.key is 'The key the page chose';
comment on column idempotency_key.request_sha256 is 'Digest of method, path and body: one key, one request';
comment on column idempotency_key.status is 'HTTP status answered';
comment on column idempotency_key.body is 'JSON answered';
comment on column idempotency_key.created_at is 'When; forgotten after a day';
