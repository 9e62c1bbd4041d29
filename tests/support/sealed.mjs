// What api seals, opened with nothing but docs/operations/keys.md and Node's own AES-GCM: so that the
// program does not vouch for its own form.

import { createDecipheriv } from 'node:crypto';

// u8 version 2 | 12 nonce | ciphertext | 16 tag, the context as associated data.
function unseal(key, context, bytes) {
  if (bytes[0] !== 2) throw new Error('not sealed bytes');
  const opened = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13)).setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([opened.update(bytes.subarray(13, -16)), opened.final()]);
}

export class Sealed {
  #sql; #kek;
  constructor(sql, kekHex) { this.#sql = sql; this.#kek = Buffer.from(kekHex, 'hex'); }

  #key(id) {
    const [owner, hex] = this.#sql(`select owner, encode(wrapped, 'hex') from data_key where id = ${Number(id)}`)[0];
    return unseal(this.#kek, `data key of ${owner}`, Buffer.from(hex, 'hex'));
  }

  // S1:<key>:<base64url>; '' stays.
  text(place, id, column) {
    if (column === '') return '';
    const [mark, key, bytes] = column.split(':');
    if (mark !== 'S1') throw new Error(`not sealed: ${column.slice(0, 40)}`);
    return unseal(this.#key(key), `${place}:${id}`, Buffer.from(bytes, 'base64url')).toString();
  }

  // Every row's words: places are table.column; where is SQL.
  column(place, where = 'true', id = 'id') {
    const [table, name] = place.split('.');
    return this.#sql(`select ${id}, ${name} from ${table} where ${where} order by 1`).map(([key, text]) => this.text(place, key, text ?? ''));
  }

  json(place, where) { return this.column(place, where).map((text) => JSON.parse(text)); }

  // A piece of a document: its key's number before the sealed bytes.
  piece(document, number, bytes) {
    return unseal(this.#key(bytes.readUInt32BE(0)), `document_piece.sealed:${document} ${number}`, bytes.subarray(4));
  }
}
