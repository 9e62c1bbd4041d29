/* One TLS connection to TURN, straight or through a proxy's CONNECT, with the client's core on it. A
 * shell: name resolution blocks, nothing else does. As with any link, data that the kernel does not
 * take at once is lost; what is half out is finished. */
#ifndef TL_CLIENT_TURN_LINK_H
#define TL_CLIENT_TURN_LINK_H

#include <openssl/ssl.h>

#include "client/turn.h"
#include "links.h"
#include "proxy.h"

struct tl_turn_place {
    char host[TL_PROXY_TEXT_SIZE];
    uint16_t port;
    const char *user, *password;  /* copied */
    const struct tl_proxy *proxy; /* NULL: straight */
    const char *ca_file;          /* NULL: the system's authorities */
};

enum { TL_TURN_LINK_IN_ROOM = 16384 };

struct tl_turn_link {
    enum {
        TL_TURN_LINK_CONNECTING,
        TL_TURN_LINK_PROXY, /* asked; its answer is awaited */
        TL_TURN_LINK_TLS,
        TL_TURN_LINK_OPEN,
        TL_TURN_LINK_OVER
    } stage;
    int fd; /* whoever adopted it closes it */
    SSL_CTX *context;
    SSL *ssl;
    struct tl_turn_client turn;
    char why[24]; /* once over: a word of docs/probe.md; "": it ended well */
    char ask[TL_PROXY_REQUEST_ROOM];
    size_t ask_size;
    size_t in_used, rest_used;
    uint8_t in[TL_TURN_LINK_IN_ROOM];
    uint8_t rest[TL_TURN_MESSAGE_LIMIT];
};

/* Begins to connect to the attempt-th address of the host (or the proxy). TL_ERROR_MISSING: it has
 * no such address; TL_ERROR_FORMAT, TL_ERROR_IO, TL_ERROR_CRYPTO (ca_file). why says more. */
enum tl_error tl_turn_link_open(struct tl_turn_link *link, tl_time_us now,
                                const struct tl_turn_place *place, unsigned attempt);
/* Frees what it holds, but not fd. */
void tl_turn_link_end(struct tl_turn_link *link);
void tl_turn_link_send(struct tl_turn_link *link, tl_time_us now, const struct tl_address *to,
                       struct tl_bytes datagram);
/* What is there, and what is due. False: over. */
bool tl_turn_link_serve(struct tl_turn_link *link, tl_time_us now, tl_link_receiver *receiver,
                        void *context);
tl_time_us tl_turn_link_next_deadline(const struct tl_turn_link *link, tl_time_us now);

#endif
