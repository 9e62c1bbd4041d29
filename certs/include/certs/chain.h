/* What a TLS server serves: a certificate, those of its issuers, and its key; judged before it is
 * used, and exchanged while connections go on. */
#ifndef TL_CERTS_CHAIN_H
#define TL_CERTS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "certs/pair.h"

enum {
    TL_CHAIN_ISSUERS_LIMIT = 8,
    TL_WHY_SIZE = 160, /* of a reason, for people; English */
};

struct tl_chain;
struct ssl_st;
struct ssl_ctx_st;

/* Takes NULL; returns NULL. The key is wiped. */
struct tl_chain *tl_chain_free(struct tl_chain *chain);

/* From two open regular files of PEM, read from their beginning whatever their offset; both stay the
 * caller's. The leaf comes first, its issuers behind it. TL_ERROR_IO, TL_ERROR_LIMIT (a file of more
 * than TL_PAIR_FILE_LIMIT_BYTES, or more issuers than TL_CHAIN_ISSUERS_LIMIT), TL_ERROR_FORMAT,
 * TL_ERROR_AUTH (the key is another certificate's), TL_ERROR_MEMORY; why says it for people. */
enum tl_error tl_chain_open(int certificate_fd, int key_fd, struct tl_chain **ret_chain,
                            char ret_why[TL_WHY_SIZE]);
/* The same from paths. */
enum tl_error tl_chain_load(const char *certificate_path, const char *key_path,
                            struct tl_chain **ret_chain, char ret_why[TL_WHY_SIZE]);

/* May it serve that name (NULL: any) now? Each certificate must be good at that time and signed by
 * the one behind it (RFC 5246 section 7.4.2), and the leaf be a server's. Errors as of
 * tl_pair_check_server, and TL_ERROR_AUTH: the order or a signature is wrong. */
enum tl_error tl_chain_check(const struct tl_chain *chain, const char *name, tl_time_us now,
                             char ret_why[TL_WHY_SIZE]);

/* When the first of its certificates ends, wall clock. */
tl_time_us tl_chain_ends(const struct tl_chain *chain);
/* SHA-256 of the leaf (DER). */
void tl_chain_fingerprint(const struct tl_chain *chain, uint8_t ret[TL_PAIR_DIGEST_SIZE]);

/* Has one connection, whose handshake is going on, served with it and nothing else; it keeps what it
 * needs. False: OpenSSL refused. */
bool tl_chain_give(const struct tl_chain *chain, struct ssl_st *connection);
/* Every handshake from now on is served with what *slot points at then. slot outlives the context;
 * exchange its chain between handshakes' steps only, that is on the same thread. */
void tl_chain_serve(struct ssl_ctx_st *context, struct tl_chain *const *slot);

#endif
