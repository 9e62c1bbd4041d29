/* The door's shell: libwebsockets' single-threaded loop, the channels to the other roles, and the
 * hub of the live sessions. What to decide is in routes, rate, framing, pool, pages, samples (pure)
 * and in signaling/. Private to this folder. */
#ifndef TL_DOOR_DOOR_H
#define TL_DOOR_DOOR_H

#include <libwebsockets.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/role.h"
#include "first_bytes.h"
#include "pages.h"
#include "pool.h"
#include "rate.h"
#include "signaling/hub.h"
#include "tls.h"

enum {
    TL_DOOR_EXCHANGES_LIMIT = 2000, /* requests in hand */
    TL_DOOR_PEER_NUMBERS_LIMIT = 192,
    TL_DOOR_LISTENERS = 2,
    TL_DOOR_STOP_WITHIN_US = 3 * TL_SECOND_US,
    TL_DOOR_HEALTH_EVERY_US = 5 * TL_SECOND_US,
    TL_DOOR_HEALTH_LASTS_US = 15 * TL_SECOND_US
};

struct tl_door;
struct tl_exchange;
struct tl_websocket;

enum tl_peer_kind { TL_PEER_SUPERVISOR, TL_PEER_API, TL_PEER_RELAY, TL_PEER_EXAMINER };

/* One channel, adopted by the loop. */
struct tl_peer {
    struct tl_door *door;
    enum tl_peer_kind kind;
    int index;
    struct tl_channel *channel; /* the supervisor's is the role's */
    struct lws *wsi;
    uint32_t request; /* api: of the job it has */
    uint16_t type;
    bool late; /* api: its job expired; its answer frees it */
    bool paused;
    bool said_hello; /* relay: RELAY_HELLO came on this channel */
};

/* What the supervisor says about each process. */
struct tl_peer_numbers {
    char role[TL_ROLE_WORD_SIZE];
    int index;
    bool up, answers; /* said READY; and answers PING */
    int64_t restarts;
    json_t *counters, *gauges;
};

struct tl_door_counts {
    uint64_t accepted, turned_away;
    uint64_t handed, unhandable; /* connections for relays; and those whose relay was away */
    uint64_t answered[6];        /* by the first digit of the status */
    uint64_t limited, bad_answers, bad_messages, late;
    uint64_t bytes_in, bytes_out;
    uint64_t websockets, slow_websockets, websocket_refused;
};

struct tl_door {
    struct tl_role role;
    struct tl_config config;
    struct lws_context *context;
    struct lws_vhost *web, *metrics, *inside;
    struct tl_pages *pages;
    struct tl_rates *rates;
    struct tl_hub *hub;
    struct tl_pool pool;
    struct tl_peer *supervisor, *examiner;
    struct tl_peer *workers[TL_POOL_WORKERS_LIMIT];
    struct tl_peer *relays[TL_HUB_RELAYS_LIMIT];
    struct tl_acceptor *acceptor;
    struct tl_tls tls;
    unsigned turn_relay; /* the last one given a connection for TURN */
    struct lws *listeners[TL_DOOR_LISTENERS];
    struct tl_websocket **clients; /* TL_HUB_CLIENTS_LIMIT, by the low half of their id */
    unsigned client_count, exchange_count;
    uint32_t client_serial, request_serial;
    struct tl_job *failed_sessions; /* told to the hub from the loop, never from inside it */
    struct tl_peer_numbers numbers[TL_DOOR_PEER_NUMBERS_LIMIT];
    size_t number_count;
    tl_time_us started_at; /* monotonic */
    struct {
        bool database, asked;
        int64_t journal_events;
        tl_time_us at, ask_at;
    } health;
    struct tl_door_counts counts;
    lws_sorted_usec_list_t alarm;
    bool stopping, orphaned;
    tl_time_us stop_by;
    int descriptors_fd; /* /proc/self/fd, opened before the sandbox; -1 */
};

/* The request of a vhost's context: lws gives us a wsi, this gives the door. */
struct tl_door *tl_door_of(struct lws *wsi);
struct tl_hub_time tl_door_now(void);

/* peers.c */
int tl_peer_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size);
/* The role's own channel. */
enum tl_error tl_peers_open(struct tl_door *door);
bool tl_peer_send(struct tl_peer *peer, const struct tl_channel_message *message);
/* Stops or goes on reading what the peer sends. */
void tl_peer_pause(struct tl_peer *peer, bool pause);
void tl_door_pool_actions(struct tl_door *door, struct tl_pool_actions *ret_actions);
void tl_door_hub_actions(struct tl_door *door, struct tl_hub_actions *ret_actions);
/* Jobs of sessions that failed, told to the hub. */
void tl_peers_tell_failed(struct tl_door *door);
void tl_peers_ask_health(struct tl_door *door, tl_time_us now);
/* A connection for a relay; fd stays the caller's. False: the relay is away. */
bool tl_relay_give(struct tl_door *door, unsigned relay, const char *kind, int fd);
/* A relay for a connection that is for any of them: one after the other. */
unsigned tl_relay_next(struct tl_door *door);

/* listeners.c */
int tl_listener_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                         void *in, size_t size);
void tl_listener_adopt(struct tl_door *door, const char *name, int fd);
/* The acceptor knows whose a connection is. */
void tl_connection_sorted(void *door, int fd, void *connection, enum tl_first_bytes verdict,
                          unsigned relay);
int tl_acceptor_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                         void *in, size_t size);
/* The counted connection behind a wsi is gone. */
void tl_connection_closed(struct tl_door *door, struct lws *wsi);
/* NULL for connections that are not counted (metrics). */
const struct tl_rate_key *tl_connection_key(struct lws *wsi);

/* http.c, exchange.c, metrics.c */
struct tl_http_session {
    struct tl_exchange *exchange;
};
int tl_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size);
int tl_metrics_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                        size_t size);
void tl_exchange_start(struct tl_exchange *exchange, struct tl_peer *worker);
void tl_exchange_failed(struct tl_exchange *exchange, enum tl_error why);
/* True when it was the last piece of the answer. */
bool tl_exchange_answered(struct tl_exchange *exchange,
                          const struct tl_channel_message *message);
/* The worker's queue is short again. */
void tl_exchange_pump(struct tl_exchange *exchange);

/* websocket.c */
struct tl_websocket_session {
    struct tl_websocket *socket;
};
int tl_websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                          void *in, size_t size);
void tl_websocket_send(void *context, uint64_t client, struct tl_text json);
void tl_websocket_close(void *context, uint64_t client, uint16_t code, const char *reason);

/* numbers.c */
void tl_numbers_take(struct tl_door *door, const struct tl_channel_message *message);
/* NULL: the supervisor has said nothing of that process. */
const struct tl_peer_numbers *tl_numbers_find(const struct tl_door *door, const char *role,
                                              int index);
enum tl_error tl_door_metrics_write(struct tl_door *door, char **ret_text, size_t *ret_size);
void tl_numbers_free(struct tl_door *door);

/* readiness.c */
bool tl_door_is_ready(const struct tl_door *door, tl_time_us now);
/* malloc'ed JSON. */
char *tl_door_readiness_write(const struct tl_door *door, tl_time_us now);
/* The same as an object; a reference of the caller's; NULL when out of memory. */
json_t *tl_door_readiness(const struct tl_door *door, tl_time_us now);

/* platform.c: readiness, each process, certificates and sessions, for the operator's page: sent along
 * with the requests that want it. A reference of the caller's; NULL when out of memory. */
bool tl_door_wants_platform(struct tl_text path);
json_t *tl_door_platform(const struct tl_door *door, tl_time_us now);
/* The sum of one gauge over the processes of a role. */
int64_t tl_door_sum_gauge(const struct tl_door *door, const char *role, const char *name);
/* When the first of the relays' TURN certificates ends, wall clock; 0: there is none. */
tl_time_us tl_door_turn_ends(const struct tl_door *door);

#endif
