-- name: outbox_add
insert into outbox (id, kind, sealed)
values ($1::uuid, $2::text, $3::bytea)
