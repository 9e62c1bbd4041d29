-- Documents; only acts/documents.c asks these.

-- name: document_add
insert into document (id, act_id, kind, name, media_type, size_bytes, sha256, created_by, made)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::integer, $7::bytea, $8::uuid, $9::boolean)

-- name: document_piece_add
insert into document_piece (document_id, number, sealed)
values ($1::uuid, $2::integer, $3::bytea)

-- name: document_head
select sealed('document.name', id::text, name), media_type, size_bytes
from document
where id = $1::uuid
  and act_id = $2::uuid
  and deleted_at is null

-- name: document_pieces
select sealed
from document_piece
where document_id = $1::uuid
order by number

-- name: document_show
select document_json(d)
from document as d
where d.id = $1::uuid

-- name: document_delete
with gone as (
    update document
    set deleted_at = now()
    where id = $1::uuid
      and act_id = $2::uuid
      and deleted_at is null
    returning id
), pieces as (
    delete from document_piece
    where document_id in (select id from gone)
)
select id from gone

-- name: document_withdraw_reports
update document
set deleted_at = now()
where act_id = $1::uuid
  and kind = 'report'
  and deleted_at is null
  and made

-- name: document_for_delivery
select 1
from document as d
where d.id = $1::uuid
  and d.act_id = $2::uuid
  and document_is_given(d)
