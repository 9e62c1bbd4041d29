/* Blind indexes: a row that is sealed can still be found by exactly what it is about. HMAC-SHA256
 * under the index key (seal/keyring.h) of the folded parts: equal for what people take for the same
 * name, and worth nothing to who has the database alone.
 *
 * Folding is what tells whether two spellings are one name: no capitals, no accents, hyphens and
 * apostrophes as spaces, one space between words (utf8proc; œ and æ as two letters). */
#ifndef TL_RECORDS_BLIND_H
#define TL_RECORDS_BLIND_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/seal.h"

enum { TL_BLIND_SIZE = 32, TL_BLIND_PARTS_LIMIT = 8 };

/* malloc'ed; valid UTF-8 in. TL_ERROR_FORMAT, TL_ERROR_MEMORY. */
enum tl_error tl_fold(struct tl_text name, char **ret_folded);
/* Every word of the folded query stands somewhere in the folded text. */
bool tl_folded_has(const char *text, const char *query);

/* use keeps the indexes of different questions apart. */
enum tl_error tl_blind_index(const uint8_t key[TL_SEAL_KEY_SIZE], const char *use,
                             const struct tl_text *parts, size_t count,
                             uint8_t ret_index[TL_BLIND_SIZE]);

#endif
