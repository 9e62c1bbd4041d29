/* Whose client certificates are believed: an authority and the list of what it revoked. */
#ifndef TL_CERTS_TRUST_H
#define TL_CERTS_TRUST_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "certs/chain.h"

enum {
    TL_TRUST_AUTHORITIES_LIMIT = 8,
    TL_CLIENT_SUBJECT_SIZE = 256,
    TL_SERIAL_SIZE = 41, /* 20 bytes in hexadecimal (RFC 5280 section 4.1.2.2) and a NUL */
};

struct tl_trust;
struct x509_st;

/* Takes NULL; returns NULL. */
struct tl_trust *tl_trust_free(struct tl_trust *trust);

/* From two open regular files of PEM: certificates of authorities, and a revocation list of each.
 * Refused, with why for people: a file that holds neither, an authority that may not sign or is not
 * valid now, one without a list, a list not signed by it or whose next update has passed (RFC 5280
 * section 6.3). TL_ERROR_IO, TL_ERROR_LIMIT, TL_ERROR_FORMAT, TL_ERROR_AUTH, TL_ERROR_TIMEOUT,
 * TL_ERROR_MISSING, TL_ERROR_MEMORY. */
enum tl_error tl_trust_open(int authority_fd, int list_fd, tl_time_us now,
                            struct tl_trust **ret_trust, char ret_why[TL_WHY_SIZE]);
enum tl_error tl_trust_load(const char *authority_path, const char *list_path, tl_time_us now,
                            struct tl_trust **ret_trust, char ret_why[TL_WHY_SIZE]);

/* When the first of the authorities, and the first of the lists, ends. */
tl_time_us tl_trust_ends(const struct tl_trust *trust);
tl_time_us tl_trust_list_ends(const struct tl_trust *trust);

/* Has one connection, whose handshake is going on, asked for a certificate and refused without a good
 * one; it gets no ticket, so that each connection proves itself. False: OpenSSL refused. */
bool tl_trust_ask(const struct tl_trust *trust, struct ssl_st *connection);

struct tl_client_identity {
    char fingerprint[2 * TL_PAIR_DIGEST_SIZE + 1]; /* SHA-256 of the certificate */
    char serial[TL_SERIAL_SIZE];
    char subject[TL_CLIENT_SUBJECT_SIZE]; /* RFC 2253, ASCII; cut at the end */
};

/* Who is at the other end, judged again with what is believed now: a certificate revoked since the
 * handshake is refused. TL_ERROR_MISSING: it showed none; TL_ERROR_AUTH: revoked, or not believed
 * for another reason. */
enum tl_error tl_trust_identify(const struct tl_trust *trust, struct ssl_st *connection,
                                tl_time_us now, struct tl_client_identity *ret_identity);

#endif
