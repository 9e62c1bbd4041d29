/* One callback gives each handshake what is current: nothing is stored in OpenSSL's context, so an
 * exchange is a pointer, a connection that lives keeps what it was served with, and no copy of an old
 * key is served on beside a new one of another kind. (libwebsockets' own exchange, lws_tls_cert_updated,
 * reports success even when it failed, and reads files, which the sandbox forbids.) */
#include "tls.h"

#include <openssl/ssl.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"

static const tl_time_us day = (tl_time_us)86400 * TL_SECOND_US;

const char *tl_tls_open(struct tl_tls *tls, const struct tl_config *config, tl_time_us wall)
{
    static char why[TL_WHY_SIZE];
    *tls = (struct tl_tls){ .config = config };
    if (tl_chain_load(config->tls.certificate, config->tls.key, &tls->web, why))
        return why;
    if (!config->tls.client_name[0])
        return NULL;
    if (strcasecmp(config->tls.client_name, config->server.public_name) == 0)
        return "client_name is the name of the pages: a browser would be asked for a "
               "certificate";
    return tl_trust_load(config->tls.client_authority, config->tls.client_crl, wall,
                         &tls->clients, why)
               ? why
               : NULL;
}

void tl_tls_close(struct tl_tls *tls)
{
    tls->web = tl_chain_free(tls->web);
    tls->clients = tl_trust_free(tls->clients);
}

/* ---- handshakes ---- */

bool tl_tls_is_clients(const struct tl_tls *tls, struct ssl_st *connection)
{
    const char *name =
        connection ? SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name) : NULL;
    return name && tls->clients && strcasecmp(name, tls->config->tls.client_name) == 0;
}

static int answer_hello(SSL *connection, void *context)
{
    const struct tl_tls *tls = context;
    if (!tls->web || !tl_chain_give(tls->web, connection))
        return 0;
    return !tl_tls_is_clients(tls, connection) || tl_trust_ask(tls->clients, connection);
}

void tl_tls_serve(struct tl_tls *tls, struct ssl_ctx_st *context)
{
    SSL_CTX_set_cert_cb(context, answer_hello, tls);
}

enum tl_error tl_tls_identify(struct tl_tls *tls, struct ssl_st *connection, tl_time_us wall,
                              struct tl_client_identity *ret_identity)
{
    enum tl_error error = tl_trust_identify(tls->clients, connection, wall, ret_identity);
    tls->clients_refused += error != TL_OK;
    return error;
}

/* ---- exchange ---- */

static enum tl_error exchange_web(struct tl_tls *tls, const int fds[2], tl_time_us wall,
                                  char why[TL_WHY_SIZE])
{
    const char *const names[] = { tls->config->server.public_name,
                                  tls->config->tls.client_name };
    struct tl_chain *chain = NULL;
    enum tl_error error = tl_chain_open(fds[0], fds[1], &chain, why);
    for (size_t i = 0; i < TL_COUNT_OF(names) && !error; i++)
        if (names[i][0])
            error = tl_chain_check(chain, names[i], wall, why);
    if (error) {
        tl_chain_free(chain);
        return error;
    }
    tl_chain_free(tls->web);
    tls->web = chain;
    return TL_OK;
}

static enum tl_error exchange_clients(struct tl_tls *tls, const int fds[2], tl_time_us wall,
                                      char why[TL_WHY_SIZE])
{
    struct tl_trust *trust = NULL;
    enum tl_error error = tl_trust_open(fds[0], fds[1], wall, &trust, why);
    if (error)
        return error;
    tl_trust_free(tls->clients);
    tls->clients = trust;
    return TL_OK;
}

void tl_tls_reload(struct tl_tls *tls, struct tl_role *role,
                   const struct tl_role_reload *reload, tl_time_us wall)
{
    char why[TL_WHY_SIZE] = "this role does not use it";
    enum tl_error error = TL_ERROR_UNSUPPORTED;
    tl_time_us ends = 0;
    if (strcmp(reload->what, "web") == 0) {
        error = exchange_web(tls, reload->fds, wall, why);
        ends = tl_chain_ends(tls->web);
    } else if (strcmp(reload->what, "clients") == 0 && tls->clients) {
        error = exchange_clients(tls, reload->fds, wall, why);
        ends = tl_trust_list_ends(tls->clients);
    }
    tls->exchanged += error == TL_OK;
    tls->refused += error != TL_OK;
    tl_log(error ? TL_LOG_ERROR : TL_LOG_INFO, "door.reload", TL_WORD("what", reload->what),
           TL_BOOLEAN("good", !error), TL_WORD("reason", error ? why : ""));
    tl_role_reloaded(role, reload, error ? why : NULL, ends);
}

/* ---- ends ---- */

bool tl_tls_end_at(const struct tl_tls *tls, unsigned index, struct tl_tls_end *ret_end)
{
    if (index == 0)
        *ret_end = (struct tl_tls_end){ "web", tl_chain_ends(tls->web) };
    else if (index == 1 && tls->clients)
        *ret_end = (struct tl_tls_end){ "client-authority", tl_trust_ends(tls->clients) };
    else if (index == 2 && tls->clients)
        *ret_end = (struct tl_tls_end){ "client-crl", tl_trust_list_ends(tls->clients) };
    else
        return false;
    return true;
}

bool tl_tls_ends_soon(const struct tl_tls *tls, tl_time_us wall)
{
    struct tl_tls_end end;
    for (unsigned i = 0; tl_tls_end_at(tls, i, &end); i++)
        if (end.ends - wall <
            (strcmp(end.which, "client-crl") == 0 ? 1 : TL_TLS_WARN_DAYS) * day)
            return true;
    return false;
}
