/* A native participant: the signalling of docs/signalling.md and the media connections it leads to.
 * Messages, datagrams, commands and time come in; messages, datagrams and events go out through
 * functions. No socket, no clock: a shell owns them (client/loop.h).
 *
 *     lost relay ("media" says restart): a second connection is built beside the first, over the
 *     other path, and takes its place once it hears or sees something.
 *     lost socket: the shell connects again, the seat says hello with its resume token, and the
 *     media goes on all the while. */
#ifndef TL_CLIENT_SEAT_H
#define TL_CLIENT_SEAT_H

#include <jansson.h>
#include <stdbool.h>

#include "client/peer.h"

enum {
    TL_SEAT_PATHS = 2, /* UDP sockets: one for each connection that may live at once */
    TL_SEAT_MESSAGE_LIMIT = 256 * 1024,
    TL_SEAT_TOKEN_SIZE = 512,
    TL_SEAT_EVENTS_EVERY_US = 500 * TL_MILLISECOND_US
};

struct tl_seat_output {
    void *context;
    void (*message)(void *context, const char *text, size_t size); /* to the server */
    void (*datagram)(void *context, unsigned path, const struct tl_address *to,
                     struct tl_bytes datagram);
    void (*event)(void *context, json_t *event); /* borrowed */
};

struct tl_seat_config {
    struct tl_dtls_identity *identity;
    uint8_t number; /* heard and seen as, 0 to 15 */
    uint8_t grain;  /* of the camera, see tl_pattern_grain */
    unsigned width, height, fps, kbps, audio_slots, video_slots;
    const char *language, *client;
    enum tl_way way;
    uint16_t web_port;
    const char *ip; /* candidate to name; may be NULL */
    uint16_t ports[TL_SEAT_PATHS];
    tl_time_us wall_offset;
    struct tl_seat_output output;
};

struct tl_seat;
struct tl_seat *tl_seat_new(const struct tl_seat_config *config);
struct tl_seat *tl_seat_free(struct tl_seat *seat);

/* The WebSocket is open: hello. The ticket is used the first time only. */
void tl_seat_opened(struct tl_seat *seat, tl_time_us now, const char *ticket);
/* One text message of the server. */
void tl_seat_message(struct tl_seat *seat, tl_time_us now, struct tl_bytes text);
/* The WebSocket is gone; code 0: without a close frame. Milliseconds to wait before connecting
 * again, or -1: it is over. */
int tl_seat_lost(struct tl_seat *seat, tl_time_us now, unsigned code);
void tl_seat_datagram(struct tl_seat *seat, tl_time_us now, unsigned path,
                      const struct tl_address *from, uint8_t *data, size_t size);
void tl_seat_tick(struct tl_seat *seat, tl_time_us now);
tl_time_us tl_seat_next_deadline(const struct tl_seat *seat, tl_time_us now);

/* {"do":"media","microphone":bool,"camera":bool} | admit, refuse, remove {"participant"} |
 * leave | end | layout {"order"} | chat {"text"} | hand {"raised"} | send {"message":{...}}.
 * TL_ERROR_FORMAT: none of these. "drop" and "quit" are the shell's. */
enum tl_error tl_seat_command(struct tl_seat *seat, tl_time_us now, json_t *command);

bool tl_seat_is_over(const struct tl_seat *seat);
const char *tl_seat_participant(const struct tl_seat *seat); /* "" before welcome */
/* "", "waiting", "in", "over". */
const char *tl_seat_state(const struct tl_seat *seat);
/* The last roster's seats (borrowed), NULL before the first. */
json_t *tl_seat_roster(const struct tl_seat *seat);
/* The connection in use; NULL while there is none. */
const struct tl_peer *tl_seat_peer(const struct tl_seat *seat);
/* TURN as the server last named it; url is "" when it named none. */
struct tl_seat_turn {
    char url[256], user[256], password[256];
};
const struct tl_seat_turn *tl_seat_turn(const struct tl_seat *seat);
/* tl_peer_probe on the connection in use. */
enum tl_error tl_seat_probe(struct tl_seat *seat, tl_time_us now, unsigned kbps, unsigned ms);
/* Who the server says is in this receive slot; "" for nobody. */
const char *tl_seat_slot_participant(const struct tl_seat *seat, unsigned mid);

#endif
