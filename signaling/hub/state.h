/* Everything the hub holds, and what its files call of each other.
 *
 *     client ──▶ seat ──▶ session ──▶ events, in order ──▶ api
 *                  │         └─▶ relay (one for all its people)
 *                  └─▶ peer: the person's media at the relay      test ──▶ peer
 *
 * A public input changes things and marks sessions; before it returns, tl_hub_settle_marked tells
 * everyone what changed, once. Sessions and tests are only freed there, so a pointer found during
 * an input stays good until its end. */
#ifndef TL_SIGNALING_HUB_STATE_H
#define TL_SIGNALING_HUB_STATE_H

#include "channels/types.h"
#include "hub/drain.h"
#include "hub/event.h"
#include "hub/map.h"
#include "hub/offer.h"
#include "hub/queue.h"
#include "hub/slots.h"
#include "messages/api_read.h"
#include "messages/client_read.h"
#include "messages/relay_read.h"
#include "signaling/hub.h"

enum {
    TL_HUB_RATE_BURST = 50,
    TL_HUB_RATE_PER_SECOND = 20,
    TL_HUB_RATE_STRIKES = 50, /* refused messages in a row before the connection ends */
    TL_HUB_CHAT_KEPT = 100,
    TL_HUB_CHAT_WELCOME_BYTES = 24 * 1024,
    TL_HUB_EVENTS_LIMIT = 256, /* waiting for api, of one act */
    TL_HUB_DOUBTS_LIMIT = 20,  /* refusals of one event, the last ones 2 s apart */
    TL_HUB_INCIDENTS_LIMIT = 100,
    TL_HUB_INCIDENTS_OPEN = 16,
    TL_HUB_PROBES_LIMIT = 8, /* tests of nobody at once (docs/decisions/0050) */
    TL_HUB_TRIES_LIMIT = 8,  /* of a ticket or a load, before the client is told */
    TL_HUB_LOBBY_LIMIT = 1000,
    TL_HUB_LOBBY_ADDRESS_LIMIT = 32, /* a whole practice behind one router */
    TL_HUB_EARLY_LIMIT = 64          /* offers whose welcome is being made, of all clients */
};
#define TL_HUB_API_WITHIN_US    ((tl_time_us)40 * TL_SECOND_US)
#define TL_HUB_RELAY_WITHIN_US  ((tl_time_us)5 * TL_SECOND_US)
#define TL_HUB_RELAY_FULL_US    ((tl_time_us)5 * TL_SECOND_US)
#define TL_HUB_RETRY_FIRST_US   ((tl_time_us)100 * TL_MILLISECOND_US)
#define TL_HUB_RETRY_LAST_US    ((tl_time_us)2 * TL_SECOND_US)
#define TL_HUB_PROBE_US         ((tl_time_us)90 * TL_SECOND_US) /* and how long one lasts */
#define TL_HUB_QUALITY_EVERY_US ((tl_time_us)2 * TL_SECOND_US)
#define TL_HUB_LINK_EVERY_US    ((tl_time_us)1 * TL_SECOND_US)

/* ---- requests on their way ---- */

enum tl_request_kind {
    TL_REQUEST_TICKET,
    TL_REQUEST_LOAD,
    TL_REQUEST_EVENT,
    TL_REQUEST_OPEN,
    TL_REQUEST_RESTART,
    TL_REQUEST_PROBE,
    TL_REQUEST_LIST
};

struct tl_request {
    struct tl_map_link link;
    uint32_t number;
    enum tl_request_kind kind;
    unsigned relay;
    void *owner; /* client, session, queue, peer, relay; cancels it when it goes */
    tl_time_us deadline;
};

/* ---- media ---- */

struct tl_peer {
    struct tl_map_link link; /* by participant, while registered */
    bool registered;
    char participant[TL_PARTICIPANT_SIZE];
    struct tl_session *session; /* one of the two */
    struct tl_test *test;
    char turn_password[TL_PARTICIPANT_SIZE]; /* "": none given */
    unsigned seat;                           /* index in its session */
    int relay;                               /* -1: none */
    int leaving; /* the relay that drains; as `relay` until its offer for another; -1: none */
    enum tl_media_state state;
    struct tl_offer *offer;
    uint32_t request;
    bool offer_allowed;
    struct tl_offer_mark mark;
    struct tl_media_lines lines;
    struct tl_slot slots[TL_SDP_RECEIVES_LIMIT];
    unsigned returning; /* bits of enum tl_source: sent to a relay that died; slots are kept */
    tl_time_us return_by;
    unsigned muted_told; /* what the relay was last told; it keeps that over a new offer */
    bool slots_stale;    /* the relay, or the client, may know others than these */
    bool slots_untold;
    struct tl_statistics statistics;
    tl_time_us statistics_at; /* 0: none yet */
};

/* ---- people ---- */

enum tl_client_stage {
    TL_STAGE_HELLO,     /* nothing said yet */
    TL_STAGE_LOBBY,     /* only that its hello will take a while */
    TL_STAGE_PARKED,    /* waits until the relays were asked who is alive */
    TL_STAGE_REDEEMING, /* api is asked who this is */
    TL_STAGE_LOADING,   /* the session is being read back */
    TL_STAGE_JOINING,   /* the seat is being written down */
    TL_STAGE_SEATED,    /* welcomed, waiting or in */
    TL_STAGE_WATCHING,
    TL_STAGE_TESTING,
    TL_STAGE_GONE /* close was asked; what it still says is not read */
};

struct tl_client {
    struct tl_map_link link;
    uint64_t id, address;
    enum tl_client_stage stage;
    tl_time_us hello_by;
    int64_t allowance; /* messages, in millionths */
    tl_time_us allowance_at;
    unsigned strikes;
    bool english, language_said, by_resume;
    char secret[TL_CLIENT_SECRET_LIMIT + 1]; /* until redeemed */
    unsigned tries;
    tl_time_us retry_at;
    uint32_t request;
    struct tl_ticket ticket;
    struct tl_session *session;
    struct tl_seat *seat;
    struct tl_test *test;
    struct tl_client *next_watcher;
    struct tl_client_message *early; /* an offer said behind the hello */
    bool resumed, heard;             /* heard: it said something after its welcome */
    tl_time_us link_at;
};

enum tl_seat_state {
    TL_SEAT_FREE,
    TL_SEAT_JOINING,
    TL_SEAT_WAITING,
    TL_SEAT_IN,
    TL_SEAT_LEAVING
};
enum tl_grade { TL_GRADE_NONE, TL_GRADE_GOOD, TL_GRADE_FAIR, TL_GRADE_POOR, TL_GRADE_LOST };

struct tl_resume {
    struct tl_map_link link;
    struct tl_seat *seat;
    bool known;
    uint8_t digest[32];
};

struct tl_seat {
    enum tl_seat_state state;
    struct tl_session *session;
    struct tl_identity who;
    bool host, admitted_before, was_waiting;
    bool deciding;      /* an admission or refusal is being written down */
    bool identity_said; /* as the host last said; identity_checked once it is written down */
    bool muted_unknown; /* read back: its relay knows what a host had silenced */
    char arrived[TL_TIMESTAMP_SIZE];
    struct tl_client *client;
    tl_time_us away_until;           /* 0 while connected */
    char token[TL_HUB_TOKEN_SIZE];   /* durable, to be told with the welcome */
    struct tl_resume resume, before; /* before: until the fresh token was surely received */
    unsigned media, muted;           /* bits of enum tl_source */
    bool media_said, hand, identity_checked, audio_first, restart_owed;
    enum tl_grade grade;
    unsigned grade_pending;                    /* how often another grade was seen in a row */
    int64_t freezes_total, concealed_total_ms; /* as the client counts them */
    int64_t freezes, concealed_ms;             /* since the report before */
    char order[TL_CLIENT_LAYOUT_LIMIT][TL_PARTICIPANT_SIZE];
    unsigned order_count;
    unsigned told_place, told_waiting;
    bool told_host, told_busy;
    struct tl_peer peer;
};

struct tl_incident_open {
    bool used;
    char participant[TL_PARTICIPANT_SIZE];
    unsigned kind;
    tl_time_us started, ended; /* wall; ended 0 while it lasts */
    double measure;
    char unit[16];
    tl_time_us flush_at; /* monotonic */
};

struct tl_chat_line {
    char from[TL_PARTICIPANT_SIZE];
    char at[TL_TIMESTAMP_SIZE];
    char name[TL_NAME_SIZE];
    char *text;
};

struct tl_session {
    struct tl_map_link link, room_link;
    char act[TL_UUID_SIZE], room[TL_PARTICIPANT_SIZE];
    const char *act_state;
    bool loaded, over, ending;
    bool load_wanted; /* for the queue: nobody of it has come back yet */
    bool marked, roster_changed, slots_changed, waiting_changed;
    struct tl_session *next_marked;
    struct tl_queue *queue; /* NULL: whose act it is is not known */
    struct tl_session *next_in_queue;
    struct tl_standing standing;
    char starts_at[TL_TIMESTAMP_SIZE];
    bool plan_told; /* whose it is and when, by a notice: later than what is being read back */
    uint64_t loading[TL_HUB_WAITING_LIMIT]; /* clients */
    unsigned loading_count, load_tries;
    tl_time_us load_at;
    uint32_t load_request;
    struct tl_seat seats[TL_HUB_SEATS_LIMIT];
    bool seat_used[TL_HUB_SEATS_LIMIT]; /* someone has sat there, in the life of the act */
    int relay;                          /* -1: none yet */
    bool relay_was_lost;
    struct tl_event_queue events;
    unsigned incidents_sent, incidents_more; /* more: for which there was no room */
    tl_time_us more_from, more_to;           /* wall */
    struct tl_incident_open incidents[TL_HUB_INCIDENTS_OPEN];
    struct tl_chat_line *chat[TL_HUB_CHAT_KEPT];
    unsigned chat_first, chat_count;
    char people[TL_PEOPLE_LIMIT][TL_UUID_SIZE];
    unsigned people_count, waiting_told;
    char speaker[TL_PARTICIPANT_SIZE];
};

enum tl_test_stage { TL_TEST_IDLE, TL_TEST_RUNNING, TL_TEST_ENDING, TL_TEST_RECORDING };

struct tl_test {
    struct tl_test *next;
    uint64_t client; /* 0: gone; kept until its result is durable */
    enum tl_test_stage stage;
    char act[TL_UUID_SIZE], room[TL_PARTICIPANT_SIZE];
    uint32_t number;
    bool examined;
    uint32_t probe;                /* the request that measures the way down; 0: none */
    tl_time_us over_at;            /* of a test of nobody; 0: none */
    json_t *audio, *video;         /* verdicts, NULL until said */
    double probe_kbps, probe_loss; /* negative: not measured */
    double best_up_kbps, worst_up_loss;
    tl_time_us verdict_by, up_at;
    struct tl_peer peer;
    struct tl_event_queue events;
};

/* A participant a relay knows and no session has claimed yet. */
struct tl_orphan {
    struct tl_map_link link;
    unsigned relay;
    tl_time_us until;
    struct tl_listed listed;
};

struct tl_relay {
    bool up, listed, draining;
    tl_time_us full_until; /* it refused somebody for want of room; 0: never */
    unsigned index, load;  /* participants we opened there */
    uint32_t request;
};

struct tl_hub {
    struct tl_hub_actions actions;
    struct tl_hub_time now;
    tl_time_us born, deadline, quality_at;
    bool stopped;
    unsigned early_count;
    struct tl_map clients, sessions, rooms, queues, peers, orphans, resumes, requests;
    struct tl_client *watchers;
    struct tl_session *marked;
    struct tl_queue *marked_queues;
    struct tl_test *tests;
    uint32_t last_request, last_test;
    bool examiner;
    struct tl_relay relays[TL_HUB_RELAYS_LIMIT];
    struct tl_hub_counts counts;
    char turn_url[TL_HUB_TURN_NAME_LIMIT + 32]; /* "": no TURN here */
};

/* ---- hub.c ---- */
void tl_hub_wake_at(struct tl_hub *hub, tl_time_us monotonic);
void tl_hub_hex(struct tl_hub *hub, char buffer[TL_PARTICIPANT_SIZE]);
void tl_hub_uuid(struct tl_hub *hub, char buffer[TL_UUID_SIZE]);
bool tl_hub_is_settled(const struct tl_hub *hub);

/* ---- requests.c: 0 when out of memory ---- */
uint32_t tl_request_new(struct tl_hub *hub, enum tl_request_kind kind, void *owner,
                        unsigned relay, tl_time_us within);
struct tl_request *tl_request_find(struct tl_hub *hub, uint32_t number);
/* Forgets it; number may be 0. */
void tl_request_drop(struct tl_hub *hub, uint32_t number);
void tl_request_failed(struct tl_hub *hub, uint32_t number);
/* false when it did not go; the json reference is taken over either way. */
bool tl_api_send_json(struct tl_hub *hub, uint16_t type, uint32_t request, json_t *json);
bool tl_relay_send_json(struct tl_hub *hub, int relay, uint16_t type, uint32_t request,
                        json_t *json);
bool tl_examiner_send_json(struct tl_hub *hub, uint16_t type, json_t *json);

/* ---- clients.c ---- */
void tl_client_open(struct tl_hub *hub, uint64_t id, uint64_t address);
void tl_client_message(struct tl_hub *hub, struct tl_client *client, struct tl_bytes text);
void tl_client_unfit(struct tl_hub *hub, struct tl_client *client, enum tl_hub_unfit why);
/* Its welcome was said: what it sent behind its hello is heard now. */
void tl_client_welcomed(struct tl_hub *hub, struct tl_client *client);
/* The shell says the connection is over: it is freed. */
void tl_client_gone(struct tl_hub *hub, struct tl_client *client);
struct tl_client *tl_client_find(struct tl_hub *hub, uint64_t id);
/* Takes over the reference; client may be NULL. */
void tl_client_send(struct tl_hub *hub, struct tl_client *client, json_t *json);
void tl_client_refuse(struct tl_hub *hub, struct tl_client *client, enum tl_refusal refusal,
                      const char *field, const char *re);
/* The same, fatal: the error is said and the connection closed with code. */
void tl_client_refuse_and_close(struct tl_hub *hub, struct tl_client *client,
                                enum tl_refusal refusal, const char *field, const char *re,
                                uint16_t code);
/* Says bye, leaves its seat alone, and asks the shell to close. */
void tl_client_bye(struct tl_hub *hub, struct tl_client *client, const char *reason,
                   uint16_t code);
void tl_client_detach(struct tl_hub *hub, struct tl_client *client);
void tl_client_close(struct tl_hub *hub, struct tl_client *client, uint16_t code,
                     const char *reason);
void tl_clients_tick(struct tl_hub *hub);

/* ---- join.c ---- */
void tl_join_hello(struct tl_hub *hub, struct tl_client *client,
                   const struct tl_client_message *message);
void tl_join_begin(struct tl_hub *hub, struct tl_client *client);
void tl_join_redeemed(struct tl_hub *hub, struct tl_client *client, json_t *json, bool refused);
void tl_join_redeem_failed(struct tl_hub *hub, struct tl_client *client);
void tl_join_session(struct tl_hub *hub, struct tl_client *client, struct tl_session *session);
void tl_welcome(struct tl_hub *hub, struct tl_client *client, const char *token);

/* ---- lobby.c ---- */
void tl_lobby_enter(struct tl_hub *hub, struct tl_client *client);
/* Keeps an offer until the welcome; false: it has to be said again after that. */
bool tl_early_keep(struct tl_hub *hub, struct tl_client *client,
                   const struct tl_client_message *message);
/* NULL: none was kept. The caller frees it. */
struct tl_client_message *tl_early_take(struct tl_hub *hub, struct tl_client *client);
struct tl_client_message *tl_early_free(struct tl_client_message *early);

/* ---- load.c ---- */
void tl_session_load(struct tl_hub *hub, struct tl_session *session);
void tl_session_load_answered(struct tl_hub *hub, struct tl_session *session, json_t *json,
                              bool refused);
void tl_session_load_failed(struct tl_hub *hub, struct tl_session *session);

/* ---- session.c ---- */
struct tl_session *tl_session_find(struct tl_hub *hub, const char *act);
struct tl_session *tl_session_new(struct tl_hub *hub, const char *act);
void tl_session_mark(struct tl_hub *hub, struct tl_session *session, bool roster, bool slots,
                     bool waiting);
void tl_session_over(struct tl_hub *hub, struct tl_session *session, const char *reason);
void tl_hub_settle_marked(struct tl_hub *hub);
void tl_sessions_tick(struct tl_hub *hub);
void tl_session_room(struct tl_hub *hub, struct tl_session *session, const char *room);
struct tl_session *tl_session_by_room(struct tl_hub *hub, struct tl_text room);
bool tl_session_host_in(const struct tl_session *session);
void tl_session_tell(struct tl_hub *hub, struct tl_session *session, json_t *json,
                     bool in_only);
void tl_session_free(struct tl_hub *hub, struct tl_session *session);

/* ---- seats.c ---- */
struct tl_seat *tl_seat_find(struct tl_session *session, struct tl_text participant);
struct tl_seat *tl_seat_take(struct tl_hub *hub, struct tl_session *session,
                             const struct tl_identity *who);
void tl_seat_free(struct tl_hub *hub, struct tl_seat *seat);
void tl_seat_set_resume(struct tl_hub *hub, struct tl_seat *seat, const uint8_t digest[32]);
void tl_seat_forget_before(struct tl_hub *hub, struct tl_seat *seat);
struct tl_seat *tl_seat_by_resume(struct tl_hub *hub, const uint8_t digest[32]);
void tl_seat_away(struct tl_hub *hub, struct tl_seat *seat);
bool tl_seat_is_taken(const struct tl_seat *seat);

/* ---- people.c: what seated clients ask ---- */
void tl_people_message(struct tl_hub *hub, struct tl_client *client,
                       const struct tl_client_message *message);
void tl_people_leave(struct tl_hub *hub, struct tl_seat *seat, const char *reason);

/* ---- events.c ---- */
/* NULL when out of memory or the queue is full; takes detail over either way. The caller fills
 * what is its own, then tl_event_send. */
struct tl_event *tl_event_new(struct tl_hub *hub, struct tl_event_queue *queue,
                              enum tl_event_type type, const char *participant, json_t *detail);
void tl_event_send(struct tl_hub *hub, struct tl_event_queue *queue, struct tl_event *event);
void tl_events_answered(struct tl_hub *hub, struct tl_event_queue *queue, json_t *json,
                        bool refused);
void tl_events_failed(struct tl_hub *hub, struct tl_event_queue *queue);
/* One event that can never be written must not keep the others of its act for ever. */
bool tl_events_gives_up(struct tl_event_queue *queue);
void tl_events_tick(struct tl_hub *hub, struct tl_event_queue *queue);
void tl_events_drop(struct tl_hub *hub, struct tl_event_queue *queue);
/* recorded.c: what follows once it is durable, or was refused for good. */
void tl_event_done(struct tl_hub *hub, struct tl_event_queue *queue, struct tl_event *event,
                   bool recorded);

/* ---- media.c ---- */
void tl_peer_register(struct tl_hub *hub, struct tl_peer *peer, const char *participant);
void tl_peer_unregister(struct tl_hub *hub, struct tl_peer *peer);
struct tl_peer *tl_peer_find(struct tl_hub *hub, struct tl_text participant);

/* ---- turn.c ---- */
/* RTCIceServer objects for somebody who is in; a password is made and told to the relays. */
json_t *tl_turn_servers(struct tl_hub *hub, struct tl_peer *peer);
/* Everybody's, to a relay that has just come up. */
void tl_turn_tell_all(struct tl_hub *hub, unsigned relay);
void tl_turn_end(struct tl_hub *hub, struct tl_peer *peer);
bool tl_peer_is_alive(const struct tl_peer *peer);
void tl_peer_offer(struct tl_hub *hub, struct tl_client *client, struct tl_peer *peer,
                   const struct tl_client_message *message);
void tl_peer_opened(struct tl_hub *hub, struct tl_peer *peer, json_t *json, bool refused);
void tl_peer_open_failed(struct tl_hub *hub, struct tl_peer *peer);
void tl_peer_drop_offer(struct tl_hub *hub, struct tl_peer *peer);
/* The client its offer came from, if it is still there for it. */
struct tl_client *tl_peer_offerer(struct tl_hub *hub, const struct tl_peer *peer);
/* What the client gets for what the relay said; NULL when out of memory. */
json_t *tl_peer_answer(const struct tl_peer *peer, const struct tl_opened *opened);

/* Closes it at its relay and forgets what it had there. */
void tl_peer_close(struct tl_hub *hub, struct tl_peer *peer);
void tl_peer_forget(struct tl_hub *hub, struct tl_peer *peer);
void tl_peer_mute(struct tl_hub *hub, struct tl_peer *peer, enum tl_source source, bool muted);
/* Says again what is muted; all of it when the relay may know other things than we do. */
void tl_peer_mute_again(struct tl_hub *hub, struct tl_peer *peer, unsigned muted, bool all);

/* ---- restart.c: ICE restart ---- */
/* peer->offer is the restart; it is dropped in the end. */
void tl_peer_restart(struct tl_hub *hub, struct tl_client *client, struct tl_peer *peer);
void tl_peer_restarted(struct tl_hub *hub, struct tl_peer *peer, json_t *json, bool refused);
void tl_peer_restart_failed(struct tl_hub *hub, struct tl_peer *peer);

/* ---- relays.c ---- */
void tl_relay_up(struct tl_hub *hub, unsigned relay);
void tl_relay_message(struct tl_hub *hub, unsigned relay,
                      const struct tl_channel_message *message);
void tl_relay_down(struct tl_hub *hub, unsigned relay);
/* -1 when none is up; of those that have room, else of all, the one with fewest people. */
int tl_relay_choose(const struct tl_hub *hub);
bool tl_relay_is_full(const struct tl_hub *hub, int relay);
void tl_relay_listed(struct tl_hub *hub, unsigned relay, json_t *json, bool more);
void tl_relay_list_failed(struct tl_hub *hub, unsigned relay);
void tl_orphans_adopt(struct tl_hub *hub, struct tl_session *session);
void tl_orphans_tick(struct tl_hub *hub);
void tl_orphans_free(struct tl_hub *hub);

/* Those to whom a restart is owed and who are here. */
void tl_relay_tell_restarts(struct tl_hub *hub, struct tl_session *session);

/* ---- seating.c: slots of a session ---- */
void tl_slots_refresh(struct tl_hub *hub, struct tl_session *session);
void tl_slots_forget_seat(struct tl_session *session, unsigned seat);
/* Who does not come back from a dead relay in time leaves the slots of the others. */
void tl_slots_tick(struct tl_hub *hub, struct tl_session *session);
/* What its offer sends, as bits of enum tl_source. */
unsigned tl_peer_sends(const struct tl_peer *peer);

/* ---- quality.c ---- */
void tl_quality_statistics(struct tl_hub *hub, const struct tl_statistics *statistics);
void tl_quality_tick(struct tl_hub *hub);
const char *tl_grade_name(enum tl_grade grade);
enum tl_grade tl_grade_of(const struct tl_statistics *statistics, enum tl_media_state state);

/* ---- incidents.c ---- */
void tl_incident_take(struct tl_hub *hub, const struct tl_relay_incident *incident);
void tl_incident_relay_restart(struct tl_hub *hub, struct tl_session *session);
/* Writes down what is ripe, or everything. */
void tl_incidents_flush(struct tl_hub *hub, struct tl_session *session, bool all);

/* ---- equipment.c ---- */
void tl_test_open(struct tl_hub *hub, struct tl_client *client);
void tl_test_close(struct tl_hub *hub, struct tl_client *client);
void tl_test_message(struct tl_hub *hub, struct tl_client *client,
                     const struct tl_client_message *message);
void tl_test_media_failed(struct tl_hub *hub, struct tl_test *test);
void tl_test_opened(struct tl_hub *hub, struct tl_test *test);
void tl_test_statistics(struct tl_hub *hub, struct tl_test *test);
void tl_test_probed(struct tl_hub *hub, struct tl_test *test, const struct tl_probe *probe);
/* Refused, unanswered, or its relay is gone: the person is told that nothing was measured. */
void tl_test_probe_failed(struct tl_hub *hub, struct tl_test *test);
void tl_test_examiner(struct tl_hub *hub, uint16_t type, json_t *json);
void tl_test_recorded(struct tl_hub *hub, struct tl_test *test);
void tl_test_examiner_lost(struct tl_hub *hub);
void tl_tests_tick(struct tl_hub *hub);
void tl_tests_sweep(struct tl_hub *hub, bool all);

/* ---- notices.c ---- */
void tl_notice_take(struct tl_hub *hub, json_t *json);
void tl_notice_waiting(struct tl_hub *hub, struct tl_session *session);
void tl_watch_add(struct tl_hub *hub, struct tl_client *client);
void tl_watch_remove(struct tl_hub *hub, struct tl_client *client);

/* ---- views.c: what clients are told, as JSON ---- */
json_t *tl_view_roster(const struct tl_session *session, const struct tl_seat *whole_or_own);
json_t *tl_view_welcome(struct tl_hub *hub, const struct tl_client *client, const char *token);
/* Asks for a second connection; `alive`: the first still carries media. */
json_t *tl_view_restart(bool alive);
json_t *tl_view_slots(const struct tl_session *session, const struct tl_peer *peer);
json_t *tl_view_chat_line(const struct tl_chat_line *line);
json_t *tl_view_notice(const char *act, struct tl_text kind, json_t *detail);

#endif
