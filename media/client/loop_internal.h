/* What loop.c (WebSockets, the loop) and loop_media.c (the sockets of media) share. */
#ifndef TL_CLIENT_LOOP_INTERNAL_H
#define TL_CLIENT_LOOP_INTERNAL_H

#include <libwebsockets.h>
#include <limits.h>

#include "client/loop.h"
#include "links.h"
#include "sockets.h"
#include "turn_link.h"

enum {
    SEATS_LIMIT = 16,
    WATCHES_LIMIT = 4,
    LINKS_LIMIT = TL_SEAT_PATHS * TL_SEAT_CANDIDATES_LIMIT
};

struct watch {
    enum { WATCH_DATAGRAMS, WATCH_LINK, WATCH_TURN, WATCH_OTHER } kind;
    int fd;
    struct tl_path udp; /* of datagrams; fd is its own */
    struct tl_link link;
    struct tl_turn_link *turn;
    struct lws *wsi;
    struct tl_loop_seat *seat;
    unsigned path;
    void (*ready)(void *context);
    void *context;
};

/* Text that waits for the WebSocket to be writable; LWS_PRE bytes stand before it. */
struct outgoing_text {
    struct outgoing_text *next;
    size_t size;
    uint8_t data[];
};

struct tl_loop_seat {
    struct tl_loop *loop;
    struct tl_seat *core;
    struct tl_loop_seat_config config;
    struct tl_socket_url url;
    char ticket[TL_SEAT_TOKEN_SIZE], client[128], language[8];
    bool has_socket;
    struct lws *wsi;
    lws_sorted_usec_list_t again;
    struct outgoing_text *first, **last;
    uint8_t *received;
    size_t received_size;
    unsigned close_code;
    bool dropping;
    struct watch paths[TL_SEAT_PATHS];
    struct watch *links[LINKS_LIMIT]; /* those that live */
    struct watch *turn;               /* NULL: none is there now */
    unsigned turn_attempt;
    tl_time_us turn_began;
    char why[24];
};

struct tl_loop {
    struct lws_context *context;
    struct tl_dtls_identity *identity;
    char ca_file[PATH_MAX], proxy_text[TL_PROXY_TEXT_SIZE + 8]; /* "": none */
    struct tl_proxy proxy;
    tl_time_us wall_offset;
    lws_sorted_usec_list_t timer;
    struct tl_loop_seat *seats[SEATS_LIMIT];
    size_t count;
    struct watch watches[WATCHES_LIMIT];
    size_t watch_count;
    bool closing;
};
/* loop_media.c */
int media_adopt(struct tl_loop *loop, struct watch *watch);
void media_send(void *context, unsigned path, const struct tl_address *to,
                struct tl_bytes datagram);
void media_tick(struct tl_loop_seat *seat, tl_time_us now);
tl_time_us media_deadline(const struct tl_loop_seat *seat, tl_time_us now);
int media_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data,
                   size_t size);

#endif
