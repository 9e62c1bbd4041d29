#ifndef TL_CLIENT_SEAT_INTERNAL_H
#define TL_CLIENT_SEAT_INTERNAL_H

#include "client/seat.h"

enum { PARTICIPANT_SIZE = 33, MIDS_LIMIT = TL_SEAT_SLOTS_LIMIT + 2 };

/* A media connection and the path it uses. */
struct connection {
    struct tl_peer *peer;
    struct tl_seat *seat;
    unsigned path;
    tl_time_us began, connected_at;
    enum tl_peer_state told;
};

struct tl_seat {
    struct tl_seat_config config;
    char resume[TL_SEAT_TOKEN_SIZE];
    char participant[PARTICIPANT_SIZE];
    bool in, waiting, over, open;
    bool was_open;
    unsigned failures; /* of connecting, in a row */
    bool microphone, camera;
    struct connection current, next;
    /* The one before `current`: it sends a moment more, others may not have moved yet. */
    struct connection leaving;
    tl_time_us leave_at;
    json_t *roster;
    struct tl_seat_turn turn;
    char slots[MIDS_LIMIT][PARTICIPANT_SIZE];
    tl_time_us events_at;
};

/* seat_events.c: what is told now and then, and at changes. */
void seat_tell(struct tl_seat *seat, json_t *event);
void seat_tell_state(struct tl_seat *seat, const char *state);
void seat_tell_media(struct tl_seat *seat, tl_time_us now);
const char *peer_state_word(enum tl_peer_state state);

/* seat_messages.c */
void seat_send(struct tl_seat *seat, json_t *message);
void seat_send_media(struct tl_seat *seat);

/* seat.c */
void seat_offer(struct tl_seat *seat, tl_time_us now);
void seat_answer(struct tl_seat *seat, tl_time_us now, struct tl_text sdp);
void seat_end(struct tl_seat *seat);

#endif
