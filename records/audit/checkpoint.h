/* A checkpoint: where every writer's chain stood at one moment, signed, and written outside the
 * database, so that who can write in the database alone cannot rewrite what was there. A file of
 * them is a chain too: each names the digest of the line before.
 *
 *     {"at":"…","at_us":…,"checkpoint":7,"heads":{"api-0":["12","<hash>"],…},"previous":"<digest>"} TAB signature LF
 *
 * The signature is Ed25519 (RFC 8032) over the bytes before the tab, in hexadecimal; the digest of a
 * line is SHA-256 of all its bytes without the end of line. Nothing in it is secret or names anyone. */
#ifndef TL_RECORDS_AUDIT_CHECKPOINT_H
#define TL_RECORDS_AUDIT_CHECKPOINT_H

#include "audit/link.h"
#include "base/error.h"

enum {
    TL_CHECKPOINT_HEADS_LIMIT = 256,
    TL_CHECKPOINT_LINE_LIMIT = 64 * 1024,
    TL_CHECKPOINT_KEY_SIZE = 32
};

struct tl_audit_head {
    char writer[TL_AUDIT_WRITER_SIZE];
    int64_t number;
    uint8_t hash[TL_AUDIT_HASH_SIZE];
};

struct tl_checkpoint {
    uint64_t number;                      /* from 1, without a hole */
    tl_time_us at;                        /* and, in the line, RFC 3339 for people */
    uint8_t previous[TL_AUDIT_HASH_SIZE]; /* zeros for the first */
    size_t head_count;
    struct tl_audit_head heads[TL_CHECKPOINT_HEADS_LIMIT]; /* in any order, each writer once */
};

/* The public key of a seed (the private key's 32 bytes). TL_ERROR_CRYPTO. */
enum tl_error tl_checkpoint_public_key(const uint8_t seed[TL_CHECKPOINT_KEY_SIZE],
                                       uint8_t ret_public[TL_CHECKPOINT_KEY_SIZE]);
/* The line with its end; malloc'ed. TL_ERROR_LIMIT, TL_ERROR_MEMORY, TL_ERROR_CRYPTO. */
enum tl_error tl_checkpoint_write(const struct tl_checkpoint *checkpoint,
                                  const uint8_t seed[TL_CHECKPOINT_KEY_SIZE], char **ret_line,
                                  size_t *ret_size);
/* A line without its end. TL_ERROR_FORMAT: no checkpoint; TL_ERROR_AUTH: not signed by this key.
 * A NULL key reads without believing: what is written may be anybody's. */
enum tl_error tl_checkpoint_read(struct tl_text line,
                                 const uint8_t public_key[TL_CHECKPOINT_KEY_SIZE],
                                 struct tl_checkpoint *ret_checkpoint);
void tl_checkpoint_digest(struct tl_text line, uint8_t ret_digest[TL_AUDIT_HASH_SIZE]);

#endif
