/* The pass over all that is sealed: seals what was loaded or migrated plain, and what a retired data
 * key sealed, a few rows a transaction, while the others work. As the owner of the tables. */
#ifndef TL_RECORDS_PASS_H
#define TL_RECORDS_PASS_H

#include "db/db.h"

/* Until nothing is left to do; ret_count: texts and pieces sealed. legacy: the key of pieces from before
 * there were data keys. */
enum tl_error tl_seal_pass(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count);

/* Another data key for each owner from now on, and the pass. TL_ERROR_AUTH as tl_seal_pass. */
enum tl_error tl_seal_rotate(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count);

/* Every data key wrapped by the first key-encryption key: the others open nothing any more. */
enum tl_error tl_seal_rewrap(struct tl_db *db, size_t *ret_count);

#endif
