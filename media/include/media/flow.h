/* Gaps in what a sender sends and we get: silence where there was sound, pictures that stand still.
 *
 *     arrival    1  2  3 . . . . . . . . 9 10           a unit: a packet of sound, a whole frame
 *     sent       1  2  3  4  5  6  7  8  9 10           4 to 8 were sent and lost: a gap
 *     sent       1  2  3                 4  5           nothing was sent: a pause (camera off, DTX)
 *     sent       1  2  3  4  5  ...                     all came at once, late: a gap
 *
 * A gap is judged when the flow goes on, by sequence numbers and timestamps: a sender that pauses
 * numbers on and its clock has moved as ours has. So nothing need know who switched what off, and
 * Opus' discontinuous transmission (RFC 6716 section 2.1.9: a packet each 400 ms) is a pause. */
#ifndef TL_MEDIA_FLOW_H
#define TL_MEDIA_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct tl_flow {
    bool known;
    tl_time_us at; /* the last unit came */
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t interval; /* between units, in the media's clock, smoothed; 0: not known */
};

/* One unit, of the packets first to last. The gap it ends, at least `least` and three intervals
 * long; 0: none. Units older than one seen are ignored. */
tl_time_us tl_flow_add(struct tl_flow *flow, tl_time_us now, uint16_t first, uint16_t last,
                       uint32_t timestamp, uint32_t clock_rate, tl_time_us least);
/* What comes next begins a new flow. */
void tl_flow_forget(struct tl_flow *flow);

/* Packets into whole frames; a packet that is repeated late completes its frame late. */
enum { TL_FRAMES_WATCHED = 8 };
struct tl_frame_watch {
    struct {
        bool used, begins, ends;
        uint32_t timestamp;
        uint16_t first, last, packets;
    } frames[TL_FRAMES_WATCHED];
    unsigned next;
};

/* Each packet once. begins: it is the first of its frame; ends: the last. true: the frame of this
 * timestamp is whole now, from ret_first to ret_last. */
bool tl_frame_watch_add(struct tl_frame_watch *watch, uint32_t timestamp, uint16_t sequence,
                        bool begins, bool ends, uint16_t *ret_first, uint16_t *ret_last);

#endif
