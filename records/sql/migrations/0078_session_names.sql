-- A signed-in browser has a name of its own, so that its owner can end it without its token.
alter table web_session
    add column id uuid not null default gen_random_uuid()
    constraint web_session_id_once unique;
comment on column web_session.id is 'Random; names the browser to its owner, opens nothing';
