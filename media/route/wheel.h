/* When each participant is to be looked at next: 64 spokes of 5 ms, the participants of a spoke in
 * a list through their places. Nobody is looked at before their time, and finding the next time is
 * one instruction. What is due later than a turn is looked at after a turn, and put in again. */
#ifndef TL_MEDIA_ROUTE_WHEEL_H
#define TL_MEDIA_ROUTE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "media/relay.h"

enum { WHEEL_SPOKES = 64, WHEEL_SPOKE_US = 5 * TL_MILLISECOND_US };

struct wheel {
    int64_t turned;               /* the spoke that is being emptied, counted from zero */
    uint64_t filled;              /* bit by spoke modulo WHEEL_SPOKES */
    uint16_t first[WHEEL_SPOKES]; /* a place plus 1; 0: none */
    struct {                      /* places plus 1 */
        uint16_t next, previous;
        uint8_t spoke;
        bool in;
        tl_time_us due;
    } places[TL_RELAY_PARTICIPANTS_LIMIT];
};

/* Zeroed memory is an empty wheel. Due is rounded up to a spoke; a place is in the wheel once. */
void wheel_put(struct wheel *wheel, tl_time_us now, unsigned place, tl_time_us due);
/* As wheel_put where that is earlier than what stands there. */
void wheel_hasten(struct wheel *wheel, tl_time_us now, unsigned place, tl_time_us due);
void wheel_remove(struct wheel *wheel, unsigned place);
/* Takes one out that is due. */
bool wheel_take(struct wheel *wheel, tl_time_us now, unsigned *ret_place);
/* INT64_MAX: empty. */
tl_time_us wheel_next(const struct wheel *wheel);

#endif
