/* A certificate with its private key: read from files, written to files, judged. */
#ifndef TL_CERTS_PAIR_H
#define TL_CERTS_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

enum {
    TL_PAIR_FILE_LIMIT_BYTES = 64 * 1024,
    TL_PAIR_DIGEST_SIZE = 32,
    TL_NAME_LIMIT = 253, /* characters of a host name, RFC 1035 section 2.3.4 */
};

struct tl_pair;

/* Takes NULL; returns NULL. The key is wiped. */
struct tl_pair *tl_pair_free(struct tl_pair *pair);

/* PEM files. TL_ERROR_MISSING, TL_ERROR_IO: a file cannot be read; TL_ERROR_LIMIT: it is larger than
 * TL_PAIR_FILE_LIMIT_BYTES; TL_ERROR_FORMAT: it holds no certificate or no unencrypted key;
 * TL_ERROR_AUTH: the key is not the certificate's. */
enum tl_error tl_pair_load(const char *certificate_path, const char *key_path,
                           struct tl_pair **ret_pair);

/* Both files appear whole or not at all (written beside, synced, renamed); the key is readable by
 * its owner only. TL_ERROR_IO, TL_ERROR_LIMIT. */
enum tl_error tl_pair_save(const struct tl_pair *pair, const char *certificate_path,
                           const char *key_path);

struct tl_pair_facts {
    tl_time_us not_before, not_after;         /* wall clock */
    uint8_t fingerprint[TL_PAIR_DIGEST_SIZE]; /* SHA-256 of the certificate (DER) */
    uint8_t key_pin[TL_PAIR_DIGEST_SIZE]; /* SHA-256 of the public key (SubjectPublicKeyInfo) */
};
enum tl_error tl_pair_read_facts(const struct tl_pair *pair, struct tl_pair_facts *ret_facts);

/* May this pair serve that name (a host name or an address; NULL: any) at that time?
 * TL_ERROR_TIMEOUT: not valid yet, or no more; TL_ERROR_MISSING: not this name;
 * TL_ERROR_UNSUPPORTED: not a certificate for a server (RFC 5280 section 4.2.1.12). */
enum tl_error tl_pair_check_server(const struct tl_pair *pair, const char *name,
                                   tl_time_us now);

/* Was this pair's certificate signed by that authority's? TL_ERROR_AUTH when not. */
enum tl_error tl_pair_check_issuer(const struct tl_pair *pair, const struct tl_pair *authority);

/* A host name (letters, digits, hyphens, dots; RFC 1123 section 2.1) or an IPv4 or IPv6 address. */
enum tl_error tl_name_check(const char *name);

#endif
