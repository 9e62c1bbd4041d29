/* The door's certificates: what pages are served with, and whose client certificates are believed at
 * the host name kept for them. Exchanged while connections go on. */
#ifndef TL_DOOR_TLS_H
#define TL_DOOR_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/role.h"
#include "certs/chain.h"
#include "certs/trust.h"

enum { TL_TLS_WARN_DAYS = 14 };

struct tl_tls {
    const struct tl_config *config;
    struct tl_chain *web;
    struct tl_trust *clients; /* NULL: nobody is asked for a certificate */
    uint64_t exchanged, refused, clients_refused;
};

/* From the files of the configuration. NULL, or why it cannot be, for people. */
const char *tl_tls_open(struct tl_tls *tls, const struct tl_config *config, tl_time_us wall);
void tl_tls_close(struct tl_tls *tls);
/* Every handshake of the context is answered from tls from now on, which stays where it is. */
void tl_tls_serve(struct tl_tls *tls, struct ssl_ctx_st *context);
/* Judged first; on failure the old ones stay and why says the reason. Of what the supervisor's RELOAD
 * carries: "web", or "clients". Answers it. */
void tl_tls_reload(struct tl_tls *tls, struct tl_role *role,
                   const struct tl_role_reload *reload, tl_time_us wall);

/* Did the connection ask for the host name of client certificates? */
bool tl_tls_is_clients(const struct tl_tls *tls, struct ssl_st *connection);
/* Who is at the other end of one that did, judged anew. TL_ERROR_MISSING, TL_ERROR_AUTH. */
enum tl_error tl_tls_identify(struct tl_tls *tls, struct ssl_st *connection, tl_time_us wall,
                              struct tl_client_identity *ret_identity);

/* When things end, wall clock; one at a time by index. False: there is no such. */
struct tl_tls_end {
    const char *which; /* web, client-authority, client-crl */
    tl_time_us ends;
};
bool tl_tls_end_at(const struct tl_tls *tls, unsigned index, struct tl_tls_end *ret_end);
/* Something ends within TL_TLS_WARN_DAYS. A revocation list, that is renewed daily, within one day. */
bool tl_tls_ends_soon(const struct tl_tls *tls, tl_time_us wall);

#endif
