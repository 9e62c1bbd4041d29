-- Data keys, wrapped: only db/sealing.c asks these.

-- name: data_key_by_id
select owner, wrapped
from data_key
where id = $1::integer

-- name: data_key_current
select id, wrapped
from data_key
where owner = $1::text
  and retired_at is null

-- name: data_key_add
insert into data_key (owner, wrapped)
values ($1::text, $2::bytea)
on conflict do nothing
returning id

-- name: data_key_last
select owner, wrapped
from data_key
order by id desc
limit 1

-- name: act_structure
select structure_id
from act
where id = $1::uuid

-- name: sealed_places
select place
from sealed_place
order by place

-- name: sealed_rows
select at, id, structure, convert_to(content, 'UTF8')
from sealed_rows($1::text, $2::integer)

-- name: sealed_row_write
select sealed_row_write($1::text, $2::text, $3::text)

-- name: patient_sealed
update patient
set identity = $2::text,
    traits_index = $3::bytea,
    name_index = $4::bytea,
    ins_index = $5::bytea
where id = $1::uuid

-- name: pieces_unsealed
-- Pieces sealed before there were data keys, or by a key that is retired; the first four bytes of the
-- others are the number of their key.
select p.document_id, p.number, encode(p.sealed, 'hex'), coalesce(a.structure_id::text, '')
from document_piece as p
join document as d on d.id = p.document_id
join act as a on a.id = d.act_id
where get_byte(p.sealed, 0) * 16777216::bigint + get_byte(p.sealed, 1) * 65536 + get_byte(p.sealed, 2) * 256 + get_byte(p.sealed, 3)
      is distinct from (select k.id from data_key as k where k.owner = a.structure_id::text and k.retired_at is null)
limit $1::integer
for update of p

-- name: piece_sealed
update document_piece
set sealed = $3::bytea
where document_id = $1::uuid
  and number = $2::integer

-- name: data_keys_retire
update data_key
set retired_at = now()
where retired_at is null
  and owner <> 'index'
  and ($1::text is null or owner = $1::text)

-- name: data_keys_all
select id, owner, wrapped
from data_key
order by id

-- name: data_key_rewrap
update data_key
set wrapped = $2::bytea
where id = $1::integer
