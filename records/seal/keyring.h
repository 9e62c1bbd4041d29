/* The data keys of the register (docs/operations/keys.md): AES-256, one in use for each structure,
 * kept in the database wrapped by the key-encryption key, and unwrapped only in api's memory. Holds
 * and wraps; whoever has the database at hand brings the rows.
 *
 *     key-encryption key (a file, first line; the lines after it only open)
 *       └─ wraps ─▶ data_key rows: one a structure, one for what belongs to none, one of the indexes
 *                     └─ seals ─▶ identities, clinical words, names and contents of documents */
#ifndef TL_RECORDS_KEYRING_H
#define TL_RECORDS_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/seal.h"
#include "base/secret.h"

enum {
    TL_KEYRING_KEKS_LIMIT = 4,
    TL_KEYRING_LIMIT = 65536, /* data keys: structures of a region, times rotations */
    TL_KEYRING_WRAPPED_SIZE = TL_SEAL_KEY_SIZE + TL_SEAL_SECRET_OVERHEAD,
    TL_KEYRING_CURRENT_S =
        20 /* how long a key is taken for the one in use without asking again */
};

struct tl_keyring;

/* The first key wraps, all of them open. NULL: out of memory, or no key, or too many. */
struct tl_keyring *tl_keyring_new(const uint8_t (*keys)[TL_SEAL_KEY_SIZE], size_t count);
struct tl_keyring *tl_keyring_free(struct tl_keyring *ring);

/* A file with one key a line, the one that wraps first: 64 hexadecimal digits, or what a token opens
 * (seal/token.h, and its errors). TL_ERROR_IO, TL_ERROR_FORMAT, TL_ERROR_LIMIT. */
enum tl_error tl_keyring_read(const char *path, struct tl_keyring **ret_ring);
/* The key that wraps. */
const uint8_t *tl_keyring_first(const struct tl_keyring *ring);

/* owner: the structure's id, "" for what belongs to no structure, "index" for the blind indexes. */
enum tl_error tl_keyring_wrap(const struct tl_keyring *ring, const char *owner,
                              const uint8_t key[TL_SEAL_KEY_SIZE],
                              uint8_t ret_wrapped[TL_KEYRING_WRAPPED_SIZE]);
/* TL_ERROR_AUTH: none of our keys wrapped it. ret_old: not the first, it could be wrapped anew. */
enum tl_error tl_keyring_unwrap(const struct tl_keyring *ring, const char *owner,
                                struct tl_bytes wrapped, uint8_t ret_key[TL_SEAL_KEY_SIZE],
                                bool *ret_old);

/* Keeps an unwrapped key by its number. made: in the transaction that is open now, and with it gone
 * when it does not stand. TL_ERROR_LIMIT, TL_ERROR_MEMORY. */
enum tl_error tl_keyring_keep(struct tl_keyring *ring, uint32_t id, const char *owner,
                              const uint8_t key[TL_SEAL_KEY_SIZE], bool made);
/* NULL when it is not kept here. Lives until the next keep or forget. */
const uint8_t *tl_keyring_find(const struct tl_keyring *ring, uint32_t id);

/* Which key seals for this owner, as told at most TL_KEYRING_CURRENT_S ago. */
bool tl_keyring_current(const struct tl_keyring *ring, const char *owner, tl_time_us now,
                        uint32_t *ret_id);
void tl_keyring_set_current(struct tl_keyring *ring, uint32_t id, tl_time_us now);
/* A transaction begins: what another that did not stand made is no key of anybody. */
void tl_keyring_forget_made(struct tl_keyring *ring);

#endif
