/* The hub: every live session a door owns, without any input or output of its own. It is given
 * what clients, api, relays and the examiner say, and the time; it answers through the actions.
 * It opens no socket, reads no clock and logs nothing. docs/signalling.md and docs/channels.md
 * are the two contracts it keeps.
 *
 * Nothing is told to a client before api has said that the event is durable. */
#ifndef TL_SIGNALING_HUB_H
#define TL_SIGNALING_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/channel.h"
#include "base/clock.h"

struct tl_hub;

struct tl_hub_time {
    tl_time_us monotonic;
    tl_time_us wall;
};

enum {
    TL_HUB_SEATS_LIMIT = 8,
    TL_HUB_SESSIONS_LIMIT = 2000,
    TL_HUB_CLIENTS_LIMIT = 10000,
    TL_HUB_WAITING_LIMIT = 16,    /* connections of one session while it is being read back */
    TL_HUB_ORPHANS_LIMIT = 10000, /* carried by relays, of sessions not read back yet */
    TL_HUB_SEAT_KEPT_US = 60 * TL_SECOND_US,
    TL_HUB_RETURN_US = 10 * TL_SECOND_US, /* slots kept for who sent to a relay that died */
    TL_HUB_HELLO_WITHIN_US = 5 * TL_SECOND_US,
    TL_HUB_LOBBY_US = 600 * TL_SECOND_US, /* or so long, for who said `lobby` */
    TL_HUB_MESSAGE_LIMIT = 65536,
    TL_HUB_PING_AFTER_S = 15, /* without a pong; the shell pings and closes */
    TL_HUB_SILENCE_S = 40,
    TL_HUB_TURN_LASTS_S = 12 * 3600, /* should nobody tell the relays that it ended */
    TL_HUB_TEST_COPY_S = 5,
    TL_HUB_TEST_PROBE_US = 8 * TL_SECOND_US,
    TL_HUB_TEST_VERDICT_US = 3 * TL_SECOND_US,
    TL_HUB_RELAYS_LIMIT = 64
};

/* What the shell does for the hub. None of them may call back into the hub. Sends to api choose a
 * free worker (or queue, bounded); request numbers are the hub's. client ids are the shell's. */
struct tl_hub_actions {
    void *context;
    void (*client_send)(void *context, uint64_t client, struct tl_text json);
    void (*client_close)(void *context, uint64_t client, uint16_t code, const char *reason);
    /* false: refused now (queue full, nobody there) */
    bool (*api_send)(void *context, uint16_t type, uint32_t request, struct tl_bytes json);
    bool (*relay_send)(void *context, unsigned relay, uint16_t type, uint32_t request,
                       struct tl_bytes json);
    bool (*examiner_send)(void *context, uint16_t type, struct tl_bytes json);
    void (*random_bytes)(void *context, void *buffer, size_t size);
};

/* NULL when out of memory. */
struct tl_hub *tl_hub_new(const struct tl_hub_actions *actions);
struct tl_hub *tl_hub_free(struct tl_hub *hub);
/* TURN over TLS is served under this name: who is in a session is told of it, with a password of
 * their own that the relays know for as long as they are. At most TL_HUB_TURN_NAME_LIMIT. */
enum { TL_HUB_TURN_NAME_LIMIT = 253 };
void tl_hub_set_turn(struct tl_hub *hub, const char *name, uint16_t port);

/* A WebSocket opened (its Origin already checked by the shell) and closed. client is never 0;
 * address is the same number for whoever comes from the same place. */
void tl_hub_client_opened(struct tl_hub *hub, struct tl_hub_time now, uint64_t client,
                          uint64_t address);
void tl_hub_client_message(struct tl_hub *hub, struct tl_hub_time now, uint64_t client,
                           struct tl_bytes text);
/* What arrived is no message the hub can be given: the client is told why, then closed (1009, 1003). */
enum tl_hub_unfit { TL_HUB_UNFIT_TOO_BIG, TL_HUB_UNFIT_BINARY };
void tl_hub_client_unfit(struct tl_hub *hub, struct tl_hub_time now, uint64_t client,
                         enum tl_hub_unfit why);
void tl_hub_client_closed(struct tl_hub *hub, struct tl_hub_time now, uint64_t client);

/* Replies and notices of api. A request whose worker died, or that waited over its deadline, is
 * told with tl_hub_api_failed: events are sent again under the same event id. */
void tl_hub_api_message(struct tl_hub *hub, struct tl_hub_time now,
                        const struct tl_channel_message *message);
void tl_hub_api_failed(struct tl_hub *hub, struct tl_hub_time now, uint32_t request);

/* A relay's channel is there (its RELAY_HELLO follows), says something, or is gone. */
void tl_hub_relay_up(struct tl_hub *hub, struct tl_hub_time now, unsigned relay);
void tl_hub_relay_message(struct tl_hub *hub, struct tl_hub_time now, unsigned relay,
                          const struct tl_channel_message *message);
/* It will end: calls move to other relays, and it gets no new ones. */
void tl_hub_relay_drain(struct tl_hub *hub, struct tl_hub_time now, unsigned relay);
void tl_hub_relay_down(struct tl_hub *hub, struct tl_hub_time now, unsigned relay);

void tl_hub_examiner_up(struct tl_hub *hub, struct tl_hub_time now);
void tl_hub_examiner_message(struct tl_hub *hub, struct tl_hub_time now,
                             const struct tl_channel_message *message);
void tl_hub_examiner_down(struct tl_hub *hub, struct tl_hub_time now);

/* The shell stops: every client is closed with 1012; sessions stay as they are in the database. */
void tl_hub_stop(struct tl_hub *hub, struct tl_hub_time now);

void tl_hub_tick(struct tl_hub *hub, struct tl_hub_time now);
/* Monotonic; INT64_MAX when nothing waits. */
tl_time_us tl_hub_next_deadline(const struct tl_hub *hub);

struct tl_hub_counts {
    uint64_t sessions, clients, seats, watchers, messages, refused, events_sent, events_retried;
};
struct tl_hub_counts tl_hub_counts(const struct tl_hub *hub);

#endif
