/* Sealing where it cannot be forgotten: between the program and PostgreSQL. A parameter that names a
 * place is sealed before it is sent; an answer that holds sealed texts is opened before anybody reads
 * it. The data keys come from the database as they are needed (seal/keyring.h). */
#ifndef TL_RECORDS_SEALING_H
#define TL_RECORDS_SEALING_H

#include <jansson.h>

#include "base/seal.h"
#include "db/db.h"
#include "seal/blind.h"
#include "seal/keyring.h"

/* The ring stays the caller's and outlives the connection. Without one, what is sealed fails. */
void tl_db_set_keyring(struct tl_db *db, struct tl_keyring *ring);
struct tl_keyring *tl_db_keyring(struct tl_db *db);

/* For what is put together before it is sent: a sealed text as it stands in a column; malloc'ed. */
enum tl_error tl_db_seal(struct tl_db *db, const struct tl_place *place, struct tl_text plain,
                         char **ret_text);
/* What tl_db_seal made, and a JSON document with sealed members in it: malloc'ed, the caller wipes. */
enum tl_error tl_db_open(struct tl_db *db, const char *place, const char *id,
                         struct tl_text column, char **ret_plain);
enum tl_error tl_db_open_answer(struct tl_db *db, struct tl_text json, char **ret_plain);
/* Words within a JSON document: {"$": …} of an object, which becomes its members again; takes over
 * words, NULL on failure. */
enum tl_error tl_db_seal_members(struct tl_db *db, const struct tl_place *place, json_t *words,
                                 json_t **ret_sealed);
/* Bytes of any kind (pieces of documents): u32 data key's number | tl_seal_with's; malloc'ed. */
enum tl_error tl_db_seal_bytes(struct tl_db *db, const struct tl_place *place,
                               struct tl_bytes plain, uint8_t **ret_sealed, size_t *ret_size);
enum tl_error tl_db_open_bytes(struct tl_db *db, const char *place, const char *id,
                               struct tl_bytes sealed, uint8_t **ret_plain, size_t *ret_size);
/* A blind index of these parts, under the one index key of the database. */
enum tl_error tl_db_blind_index(struct tl_db *db, const char *use, const struct tl_text *parts,
                                size_t count, uint8_t ret_index[TL_BLIND_SIZE]);
/* The keys of the database are those our key-encryption key wrapped. TL_ERROR_AUTH: they are not. */
enum tl_error tl_db_check_keys(struct tl_db *db);

#endif
