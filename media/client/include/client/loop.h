/* The shell of native participants: one loop of libwebsockets that holds the TLS WebSockets, the UDP
 * sockets and the timer of any number of seats in one process. */
#ifndef TL_CLIENT_LOOP_H
#define TL_CLIENT_LOOP_H

#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/seat.h"

struct tl_loop;
struct tl_loop_seat;

/* ca_file: PEM of the authorities that may vouch for the server; NULL: the system's. proxy: the HTTP
 * proxy the WebSockets go through, and media of TL_WAY_PROXY; NULL: none. Both are copied.
 * TL_ERROR_FORMAT: no http:// proxy. */
enum tl_error tl_loop_new(const char *ca_file, const char *proxy, struct tl_loop **ret_loop);
struct tl_loop *tl_loop_free(struct tl_loop *loop);

/* A descriptor to be told of when it can be read; the loop closes it in the end. */
enum tl_error tl_loop_watch(struct tl_loop *loop, int fd, void (*ready)(void *context),
                            void *context);

struct tl_loop_seat_config {
    const char *url; /* wss://HOST:PORT/ws; NULL: no WebSocket, messages go to `message` */
    const char *ticket;
    const char *client; /* NULL: teleloire-seat */
    const char *language;
    uint8_t number, grain;
    unsigned width, height, fps, kbps;
    enum tl_way way;
    void (*event)(void *context, json_t *event);                   /* borrowed */
    void (*message)(void *context, const char *text, size_t size); /* without a WebSocket */
    void *context;
};

/* Texts are copied. TL_ERROR_FORMAT: the url; TL_ERROR_LIMIT: 16 seats are there. */
enum tl_error tl_loop_add(struct tl_loop *loop, const struct tl_loop_seat_config *config,
                          struct tl_loop_seat **ret_seat);
struct tl_seat *tl_loop_seat_core(struct tl_loop_seat *seat);
/* Why the seat's TCP or TLS connection for media ended last, a word of docs/probe.md; "" when it has
 * not, or there is none. */
const char *tl_loop_seat_why(const struct tl_loop_seat *seat);
/* Drops the WebSocket as a lost network does; it comes back by the resume token. */
void tl_loop_seat_drop(struct tl_loop_seat *seat);

/* Waits for something and deals with it, but no longer than until then. */
void tl_loop_turn(struct tl_loop *loop, tl_time_us until);
/* False when the last seat is over. */
bool tl_loop_lives(const struct tl_loop *loop);

#endif
