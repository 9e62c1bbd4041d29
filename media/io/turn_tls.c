/* TLS of TURN's clients, and the messages in it. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "turn_service.h"

enum { READS_AT_ONCE = 32 };

enum tl_error turn_tls_open(struct tl_turn_service *service,
                            const struct tl_turn_service_config *config)
{
    char why[TL_WHY_SIZE];
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls)
        return TL_ERROR_MEMORY;
    SSL_CTX_set_options(tls, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_num_tickets(tls, 0);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                    SSL_MODE_RELEASE_BUFFERS);
    /* as the pages: TLS 1.2 with forward secrecy and AEAD, and TLS 1.3 (RFC 9325 section 4.2) */
    if (!SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(tls,
                                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305") ||
        tl_chain_load(config->certificate, config->key, &service->chain, why)) {
        ERR_clear_error();
        SSL_CTX_free(tls);
        return TL_ERROR_CRYPTO;
    }
    snprintf(service->name, sizeof service->name, "%s", config->name);
    tl_chain_serve(tls, &service->chain);
    service->tls = tls;
    return TL_OK;
}

/* What an SSL call that gave nothing means: false when the connection is over. */
static bool goes_on(struct turn_stream *stream, int result)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return true;
    case SSL_ERROR_ZERO_RETURN: stream->service->counters.closed_peer++; break;
    default: stream->service->counters.closed_tls++; break;
    }
    ERR_clear_error();
    stream->broken = true;
    return false;
}

/* ---- in ---- */

static void take(struct turn_stream *stream, struct tl_bytes message)
{
    struct tl_turn_service *service = stream->service;
    struct tl_turn_result *result = &service->result;
    bool held = stream->turn.allocated;
    tl_turn_input(service->core, &stream->turn, service->now, message, result);
    service->counters.allocations += stream->turn.allocated && !held;
    if (result->reply_size)
        turn_stream_send(stream, tl_bytes(result->reply, result->reply_size), false);
    if (result->to_peer)
        turn_pool_send(stream, &result->peer, result->data);
}

static void take_all(struct turn_stream *stream)
{
    size_t at = 0, size;
    enum tl_error error = TL_OK;
    while (!stream->broken) {
        error = tl_turn_length(tl_bytes(stream->in + at, stream->in_used - at), &size);
        if (error || size > stream->in_used - at)
            break;
        take(stream, tl_bytes(stream->in + at, size));
        at += size;
    }
    if (error == TL_ERROR_FORMAT) {
        stream->service->counters.closed_format++;
        stream->broken = true;
    }
    stream->in_used -= at;
    memmove(stream->in, stream->in + at, stream->in_used);
}

void turn_stream_hear(struct turn_stream *stream)
{
    /* what TLS has unwrapped already wakes nobody: it is read to its end */
    for (unsigned i = 0; !stream->broken && (i < READS_AT_ONCE || SSL_pending(stream->ssl));
         i++) {
        ERR_clear_error();
        int got = SSL_read(stream->ssl, stream->in + stream->in_used,
                           (int)(sizeof stream->in - stream->in_used));
        if (got <= 0) {
            (void)goes_on(stream, got);
            break;
        }
        stream->in_used += (size_t)got;
        take_all(stream);
    }
    turn_stream_push(stream);
}

/* ---- out ---- */

void turn_stream_send(struct turn_stream *stream, struct tl_bytes message, bool video)
{
    size_t room = video ? TL_TURN_OUT_VIDEO : TL_TURN_OUT_ROOM;
    if (stream->out_used + message.size > room && !stream->waits)
        turn_stream_push(stream);
    if (stream->broken || stream->out_used + message.size > room) {
        stream->service->counters.dropped++;
        return;
    }
    memcpy(stream->out + stream->out_used, message.data, message.size);
    stream->out_used += message.size;
}

void turn_stream_push(struct turn_stream *stream)
{
    size_t done = 0;
    while (done < stream->out_used && !stream->broken) {
        ERR_clear_error();
        int sent = SSL_write(stream->ssl, stream->out + done, (int)(stream->out_used - done));
        if (sent > 0)
            done += (size_t)sent;
        else if (goes_on(stream, sent))
            break;
    }
    stream->out_used -= done;
    memmove(stream->out, stream->out + done, stream->out_used);
    bool waits = !stream->broken && (stream->out_used > 0 || SSL_want_write(stream->ssl));
    if (waits == stream->waits || stream->broken)
        return;
    stream->waits = waits;
    (void)turn_watch(stream->service, EPOLL_CTL_MOD, stream->fd,
                     EPOLLIN | (waits ? EPOLLOUT : 0), stream->number);
}
