/* Sealed texts: what the database holds instead of identities and clinical words, and how an answer
 * of the database that holds some is opened.
 *
 *     in a column:    S1:<data key's number>:<base64url of tl_seal_with's bytes>
 *     in an answer:   U+E000 <place>[/<members>]:<id>:<column> U+E001
 *
 * The place (act.reason) and the row's id are bound to the bytes (AES-GCM associated data): a sealed
 * text moved to another row or column does not open. Members name parts of a sealed JSON object:
 * "patient/display_name" stands for that one, "patient/birth_date,sex" and "patient/" for several or
 * all, which then take the place of the member "$" they are the value of:
 *
 *     {"id": "…", "$": "␣patient/birth_date,sex:…"}   →   {"id": "…", "birth_date": "…", "sex": "F"}
 *
 * Nobody can write U+E000 into the register: a parameter with it is refused (db/sealing.c), so that an
 * answer holds it only where our SQL, or the program itself, put it. */
#ifndef TL_RECORDS_SEALED_H
#define TL_RECORDS_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/seal.h"

enum {
    TL_SEALED_PLACE_LIMIT = 40,
    TL_SEALED_ID_LIMIT = 40,
    TL_SEALED_PLAIN_LIMIT = 1024 * 1024
};
#define TL_SEALED_PREFIX "S1:"
#define TL_SEALED_BEGIN  "\xee\x80\x80" /* U+E000 */
#define TL_SEALED_END    "\xee\x80\x81" /* U+E001 */

/* What a seal is bound to; empty when it is longer than any we have. */
enum { TL_SEALED_CONTEXT_SIZE = 96 };
struct tl_text tl_sealed_context(const char *place, const char *id,
                                 char buffer[TL_SEALED_CONTEXT_SIZE]);

/* ret_text is malloc'ed. TL_ERROR_LIMIT, TL_ERROR_MEMORY, TL_ERROR_CRYPTO. */
enum tl_error tl_sealed_write(uint32_t key_id, const uint8_t key[TL_SEAL_KEY_SIZE],
                              const char *place, const char *id, struct tl_text plain,
                              char **ret_text);
/* The same as it stands in an answer. */
enum tl_error tl_sealed_write_answer(struct tl_text column, const char *place, const char *id,
                                     char **ret_text);

/* Which key a column's text needs. TL_ERROR_FORMAT: not a sealed text. */
enum tl_error tl_sealed_key(struct tl_text column, uint32_t *ret_key_id);
/* ret_plain is malloc'ed with a NUL; the caller wipes it. TL_ERROR_FORMAT, TL_ERROR_AUTH. */
enum tl_error tl_sealed_read(struct tl_text column, const uint8_t key[TL_SEAL_KEY_SIZE],
                             const char *place, const char *id, char **ret_plain,
                             size_t *ret_size);

/* Finds the key of a number; fills it in or says why not. */
typedef enum tl_error tl_sealed_find(void *context, uint32_t key_id,
                                     uint8_t ret_key[TL_SEAL_KEY_SIZE]);

static inline bool tl_sealed_is_in(struct tl_text answer)
{
    return memmem(answer.data, answer.size, TL_SEALED_BEGIN, sizeof TL_SEALED_BEGIN - 1);
}

/* An answer with every sealed text in it opened: malloc'ed with a NUL, NULL when the whole of a plain
 * answer is a member that is null. json: what is put in is JSON. TL_ERROR_FORMAT: no sealed text where
 * one begins; TL_ERROR_AUTH: changed, moved, or another key. */
enum tl_error tl_sealed_open(struct tl_text answer, bool json, tl_sealed_find *find,
                             void *context, char **ret_text, size_t *ret_size);

#endif
