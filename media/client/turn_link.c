#include "turn_link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const tl_time_us OPENING_EVERY_US = 5 * TL_MILLISECOND_US;

static bool over(struct tl_turn_link *link, const char *why)
{
    if (!link->why[0])
        snprintf(link->why, sizeof link->why, "%s", why);
    link->stage = TL_TURN_LINK_OVER;
    return false;
}

static enum tl_error connect_to(struct tl_turn_link *link, const char *host, uint16_t port,
                                unsigned attempt)
{
    char service[8];
    int on = 1;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL, *at;
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &list) != 0) {
        (void)over(link, "name");
        return TL_ERROR_MISSING;
    }
    for (at = list; attempt; attempt--) /* round and round: a name may have one address only */
        at = at->ai_next ? at->ai_next : list;
    enum tl_error error = TL_OK;
    link->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->fd >= 0)
        (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (link->fd < 0 ||
        (connect(link->fd, at->ai_addr, at->ai_addrlen) != 0 && errno != EINPROGRESS)) {
        (void)over(link, "unreachable");
        error = TL_ERROR_IO;
    }
    freeaddrinfo(list);
    return error;
}

/* The name in the certificate, or the address (RFC 6125; an address has no server name). */
static bool expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1)
        return true;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static enum tl_error prepare_tls(struct tl_turn_link *link, const struct tl_turn_place *place)
{
    link->context = SSL_CTX_new(TLS_client_method());
    if (!link->context)
        return TL_ERROR_MEMORY;
    int loaded = place->ca_file
                     ? SSL_CTX_load_verify_locations(link->context, place->ca_file, NULL)
                     : SSL_CTX_set_default_verify_paths(link->context);
    SSL_CTX_set_verify(link->context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_min_proto_version(link->context, TLS1_2_VERSION);
    (void)SSL_CTX_set_mode(link->context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    link->ssl = loaded == 1 ? SSL_new(link->context) : NULL;
    return link->ssl && expect_host(link->ssl, place->host) ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_turn_link_open(struct tl_turn_link *link, tl_time_us now,
                                const struct tl_turn_place *place, unsigned attempt)
{
    const struct tl_proxy *proxy = place->proxy;
    *link = (struct tl_turn_link){ .fd = -1 };
    enum tl_error error = tl_turn_client_init(&link->turn, now, place->user, place->password);
    if (!error)
        error = prepare_tls(link, place);
    if (error)
        (void)over(link, "tls");
    if (!error && proxy)
        error = tl_proxy_request_write(proxy, place->host, place->port, link->ask,
                                       sizeof link->ask, &link->ask_size);
    if (!error)
        error = connect_to(link, proxy ? proxy->host : place->host,
                           proxy ? proxy->port : place->port, attempt);
    return error;
}

void tl_turn_link_end(struct tl_turn_link *link)
{
    ERR_clear_error();
    if (link->stage == TL_TURN_LINK_OPEN)
        (void)SSL_shutdown(link->ssl); /* a goodbye, so that it is no broken connection */
    SSL_free(link->ssl);
    SSL_CTX_free(link->context);
    link->ssl = NULL;
    link->context = NULL;
    tl_turn_client_end(&link->turn);
    link->stage = TL_TURN_LINK_OVER;
}

/* ---- out ---- */

/* False while something is left. */
static bool push(struct tl_turn_link *link)
{
    while (link->rest_used) {
        ERR_clear_error();
        int sent = SSL_write(link->ssl, link->rest, (int)link->rest_used);
        if (sent <= 0)
            return false;
        link->rest_used -= (size_t)sent;
        memmove(link->rest, link->rest + sent, link->rest_used);
    }
    return true;
}

void tl_turn_link_send(struct tl_turn_link *link, tl_time_us now, const struct tl_address *to,
                       struct tl_bytes datagram)
{
    size_t size;
    bool ready = link->stage == TL_TURN_LINK_OPEN && push(link);
    if (link->stage == TL_TURN_LINK_OVER)
        return;
    enum tl_error error =
        tl_turn_client_send(&link->turn, now, to, datagram, ready ? link->rest : NULL,
                            ready ? sizeof link->rest : 0, &size);
    if (error || !ready)
        return;
    link->rest_used = size;
    (void)push(link);
}

static void ask_what_is_due(struct tl_turn_link *link, tl_time_us now)
{
    size_t size;
    while (push(link) && tl_turn_client_next_output(&link->turn, now, link->rest, &size))
        link->rest_used = size;
}

/* ---- opening ---- */

static bool is_connected(struct tl_turn_link *link)
{
    struct pollfd poll_fd = { .fd = link->fd, .events = POLLOUT };
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&poll_fd, 1, 0) <= 0)
        return false;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)
        return over(link, error == ECONNREFUSED ? "refused" : "unreachable");
    return true;
}

static bool read_proxy(struct tl_turn_link *link)
{
    unsigned status;
    size_t size;
    /* byte by byte at the end: what follows belongs to TLS, which reads the socket itself */
    for (;;) {
        if (link->in_used == TL_PROXY_ANSWER_LIMIT)
            return over(link, "proxy_answer");
        ssize_t got = recv(link->fd, link->in + link->in_used, 1, MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR ? false : over(link, "proxy_closed");
        if (got == 0)
            return over(link, "proxy_closed");
        link->in_used++;
        enum tl_error error =
            tl_proxy_answer_read(tl_bytes(link->in, link->in_used), &status, &size);
        if (error == TL_ERROR_FORMAT)
            return over(link, "proxy_answer");
        if (error == TL_OK)
            break;
    }
    link->in_used = 0;
    if (status == 407)
        return over(link, "proxy_credentials");
    if (status / 100 != 2)
        return over(link, "proxy_refused");
    return true;
}

static bool begin_tls(struct tl_turn_link *link)
{
    if (SSL_set_fd(link->ssl, link->fd) != 1)
        return over(link, "tls");
    SSL_set_connect_state(link->ssl);
    link->stage = TL_TURN_LINK_TLS;
    return true;
}

static bool shake_hands(struct tl_turn_link *link)
{
    ERR_clear_error();
    int done = SSL_do_handshake(link->ssl);
    if (done == 1)
        return true;
    int error = SSL_get_error(link->ssl, done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return false;
    long verified = SSL_get_verify_result(link->ssl);
    return over(link, verified != X509_V_OK        ? "certificate"
                      : error == SSL_ERROR_SYSCALL ? "closed"
                                                   : "tls");
}

static void open_further(struct tl_turn_link *link, tl_time_us now)
{
    if (link->stage == TL_TURN_LINK_CONNECTING && is_connected(link)) {
        link->stage = TL_TURN_LINK_PROXY;
        if (!link->ask_size)
            (void)begin_tls(link);
        else if (send(link->fd, link->ask, link->ask_size, MSG_NOSIGNAL) !=
                 (ssize_t)link->ask_size)
            (void)over(link, "proxy_closed");
    }
    if (link->stage == TL_TURN_LINK_PROXY && read_proxy(link))
        (void)begin_tls(link);
    if (link->stage == TL_TURN_LINK_TLS && shake_hands(link)) {
        link->stage = TL_TURN_LINK_OPEN;
        link->turn.allocation.due = now;
    }
}

/* ---- in ---- */

/* The whole messages at the front; false: nonsense. */
static bool take_messages(struct tl_turn_link *link, tl_time_us now, tl_link_receiver *receiver,
                          void *context)
{
    size_t at = 0, size;
    enum tl_error error;
    while ((error = tl_turn_length(tl_bytes(link->in + at, link->in_used - at), &size)) ==
               TL_OK &&
           size <= link->in_used - at) {
        struct tl_address from;
        struct tl_bytes data;
        if (tl_turn_client_input(&link->turn, now, tl_bytes(link->in + at, size), &from, &data))
            receiver(context, &from, link->in + (data.data - link->in), data.size);
        at += size;
    }
    link->in_used -= at;
    memmove(link->in, link->in + at, link->in_used);
    return error == TL_OK || error == TL_ERROR_AGAIN;
}

static bool take_what_came(struct tl_turn_link *link, tl_time_us now,
                           tl_link_receiver *receiver, void *context)
{
    for (;;) {
        ERR_clear_error();
        int got = SSL_read(link->ssl, link->in + link->in_used,
                           (int)(sizeof link->in - link->in_used));
        if (got <= 0) {
            int error = SSL_get_error(link->ssl, got);
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
                       ? true
                       : over(link, "closed");
        }
        link->in_used += (size_t)got;
        if (!take_messages(link, now, receiver, context))
            return over(link, "turn_answer");
    }
}

bool tl_turn_link_serve(struct tl_turn_link *link, tl_time_us now, tl_link_receiver *receiver,
                        void *context)
{
    open_further(link, now);
    if (link->stage == TL_TURN_LINK_OPEN && take_what_came(link, now, receiver, context))
        ask_what_is_due(link, now);
    if (link->stage == TL_TURN_LINK_OPEN && link->turn.state == TL_TURN_CLIENT_FAILED)
        (void)over(link, link->turn.error_code == 401 ? "turn_credentials" : "turn_refused");
    return link->stage != TL_TURN_LINK_OVER;
}

tl_time_us tl_turn_link_next_deadline(const struct tl_turn_link *link, tl_time_us now)
{
    if (link->stage == TL_TURN_LINK_OVER)
        return INT64_MAX;
    if (link->stage != TL_TURN_LINK_OPEN || link->rest_used)
        return now + OPENING_EVERY_US;
    return tl_turn_client_next_deadline(&link->turn);
}
