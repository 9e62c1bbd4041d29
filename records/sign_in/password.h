/* Passwords with argon2id (RFC 9106), in its encoded form. */
#ifndef TL_RECORDS_PASSWORD_H
#define TL_RECORDS_PASSWORD_H

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_LOGIN_LIMIT = 200, /* characters */
    TL_LOGIN_SIZE = 4 * TL_LOGIN_LIMIT + 1,
    TL_PASSWORD_LEAST = 12, /* characters, of a new one */
    TL_PASSWORD_LIMIT = 200,
    TL_PASSWORD_BYTES_LIMIT = 4 * TL_PASSWORD_LIMIT,
    TL_PASSWORD_HASH_SIZE = 160,
    /* RFC 9106 section 4 leaves the choice to the host; this is OWASP's first recommendation:
     * about 50 ms and 19 MiB on one core of 2024. */
    TL_PASSWORD_MEMORY_KIB = 19456,
    TL_PASSWORD_PASSES = 2,
    TL_PASSWORD_LANES = 1
};

enum tl_error tl_password_hash(struct tl_text password, char ret_hash[TL_PASSWORD_HASH_SIZE]);
/* TL_ERROR_AUTH when it is another. hash NULL: takes as long, and fails, so that an unknown login
 * looks like a wrong password. */
enum tl_error tl_password_verify(struct tl_text password, const char *hash);

#endif
