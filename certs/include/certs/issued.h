/* The index of what a local authority issued: one JSON file beside its key.
 *
 *     {"list_number":3,"certificates":[{"serial":"0a..","name":"lgc-angers","fingerprint":"..",
 *       "from":1764201600,"until":1795737600,"revoked":1764300000,"reason":"key_compromise"},..]}
 *
 * Times are seconds since 1970; revoked and reason are there once it is revoked. */
#ifndef TL_CERTS_ISSUED_H
#define TL_CERTS_ISSUED_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "certs/authority.h"
#include "certs/trust.h"

enum {
    TL_ISSUED_LIMIT = 10000, /* certificates of one authority */
    TL_ISSUED_FILE_LIMIT_BYTES = 8 * 1024 * 1024,
};

/* RFC 5280 section 5.3.1, those that fit a leaf. */
enum tl_revocation_reason {
    TL_REVOKED_UNSPECIFIED,
    TL_REVOKED_KEY_COMPROMISE,
    TL_REVOKED_AFFILIATION_CHANGED,
    TL_REVOKED_SUPERSEDED,
    TL_REVOKED_CESSATION,
    TL_REVOKED_REASONS
};
const char *tl_revocation_reason_name(enum tl_revocation_reason reason);
/* TL_ERROR_UNSUPPORTED. */
enum tl_error tl_revocation_reason_read(const char *name,
                                        enum tl_revocation_reason *ret_reason);
/* Its number there, and in a list. */
int tl_revocation_reason_code(enum tl_revocation_reason reason);

struct tl_issued {
    char serial[TL_SERIAL_SIZE]; /* hexadecimal, lower case */
    char name[TL_COMMON_NAME_LIMIT + 1];
    char fingerprint[2 * TL_PAIR_DIGEST_SIZE + 1];
    int64_t from_s, until_s;
    int64_t revoked_s; /* 0: it is not */
    enum tl_revocation_reason reason;
};

struct tl_index {
    struct tl_issued *items;
    size_t count, room;
    int64_t list_number; /* of the last revocation list */
};

void tl_index_free(struct tl_index *index);
/* TL_ERROR_FORMAT (a field is missing, wrong, unknown, or a serial number is there twice),
 * TL_ERROR_LIMIT, TL_ERROR_MEMORY. Free it with tl_index_free. */
enum tl_error tl_index_read(struct tl_bytes json, struct tl_index *ret_index);
/* malloc'ed. */
enum tl_error tl_index_write(const struct tl_index *index, char **ret_text, size_t *ret_size);
/* TL_ERROR_LIMIT: TL_ISSUED_LIMIT are in it; TL_ERROR_EXISTS: that serial number is. */
enum tl_error tl_index_add(struct tl_index *index, const struct tl_issued *issued);
/* What the index keeps of a certificate. */
enum tl_error tl_issued_of(const struct tl_pair *pair, const char *name,
                           struct tl_issued *ret_issued);
/* NULL: not there. */
struct tl_issued *tl_index_find(const struct tl_index *index, const char *serial);

/* A signed list of what is revoked and has not ended by itself (RFC 5280 section 5), good for so many
 * hours, PEM in malloc'ed memory; counts list_number up. TL_ERROR_CRYPTO, TL_ERROR_MEMORY. */
enum tl_error tl_index_list(struct tl_index *index, const struct tl_pair *authority,
                            unsigned hours, tl_time_us now, char **ret_pem, size_t *ret_size);

enum { TL_OCSP_REQUEST_LIMIT_BYTES = 4096, TL_OCSP_ASKED_LIMIT = 16 };
/* Answers an OCSP request (RFC 6960, DER) about at most TL_OCSP_ASKED_LIMIT certificates, signed by
 * the responder, good for so many hours; malloc'ed DER. What the index does not hold, or another
 * authority issued, is "unknown". A request that cannot be read is answered too: malformed.
 * TL_ERROR_CRYPTO, TL_ERROR_MEMORY. */
enum tl_error tl_index_answer(const struct tl_index *index, const struct tl_pair *authority,
                              const struct tl_pair *responder, struct tl_bytes request,
                              unsigned hours, tl_time_us now, uint8_t **ret_answer,
                              size_t *ret_size);

#endif
