/* How long a busy relay waits between two looks at its socket. What gathers meanwhile leaves in
 * longer runs for each receiver and costs one wake-up instead of many; an idle relay never waits.
 *
 * A core: the processor time the process has used comes in, the wait comes out. Times are
 * microseconds. See docs/decisions/0051. */
#ifndef TL_MEDIA_WINDOW_H
#define TL_MEDIA_WINDOW_H

#include <stdbool.h>

#include "base/clock.h"

enum {
    TL_WINDOW_LIMIT_US = TL_MILLISECOND_US,
    TL_WINDOW_JUDGE_US = 20 * TL_MILLISECOND_US /* how often the load is looked at */
};

struct tl_window {
    bool started;
    tl_time_us judged_at, used; /* used: processor time at that moment */
    double load;                /* share of one core, smoothed */
    tl_time_us wait;
    tl_time_us read_at; /* the last look that found something */
};

/* True when the load is to be told by tl_window_judge: the processor clock is not read oftener. */
bool tl_window_is_due(const struct tl_window *window, tl_time_us now);
void tl_window_judge(struct tl_window *window, tl_time_us now, tl_time_us used);
/* Datagrams were read. */
void tl_window_read(struct tl_window *window, tl_time_us now);
/* How long to leave the socket alone from now on; 0: look at once. Never above
 * TL_WINDOW_LIMIT_US, and 0 when nothing was read for that long. */
tl_time_us tl_window_left(const struct tl_window *window, tl_time_us now);

#endif
