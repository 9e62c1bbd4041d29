/* The queue of one professional: the live sessions of their acts, in the order in which people go in.
 *
 *     first ──▶ the act whose room the professional is in
 *          ──▶ then by planned time, by arrival, by id
 *
 * A turn is an act's, not a person's: a patient and their relative share it. The list stands in
 * order, so that a change moves one session and tells a place in one walk, over this professional's
 * sessions alone. Who waits is told counts and booleans, of others nothing else. */
#ifndef TL_SIGNALING_HUB_QUEUE_H
#define TL_SIGNALING_HUB_QUEUE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/secret.h"
#include "hub/map.h"

struct tl_hub;
struct tl_session;

struct tl_queue {
    struct tl_map_link link; /* by professional */
    char professional[TL_UUID_SIZE];
    struct tl_session *first;
    bool marked;
    struct tl_queue *next_marked;
};

/* What the others of the queue need to know of a session. */
struct tl_standing {
    bool host_here;                  /* a host has a seat in its room, connected or not */
    bool waits;                      /* somebody waits, and nobody was let in yet */
    bool busy;                       /* somebody was let in, and its professional is there */
    char arrived[TL_TIMESTAMP_SIZE]; /* the first of those who wait; "" nobody */
};

/* Its act is this professional's and planned then, both as api writes them. Without memory for a
 * queue it waits alone. */
void tl_queue_enter(struct tl_hub *hub, struct tl_session *session, const char *professional,
                    const char *starts_at);
void tl_queue_leave(struct tl_hub *hub, struct tl_session *session);
/* Somebody of the session came, went, was let in; its whole queue is told before the input ends. */
void tl_queue_changed(struct tl_hub *hub, struct tl_session *session);
void tl_queues_tell(struct tl_hub *hub);

#endif
