/* When a role that ended is started again: at once the first time, then with growing pauses, from
 * the start again after it has lived a while. Pure: time comes in. */
#ifndef TL_SUPERVISOR_RESTART_H
#define TL_SUPERVISOR_RESTART_H

#include <stdbool.h>

#include "base/clock.h"

enum {
    TL_RESTART_FIRST_PAUSE_US = 100 * TL_MILLISECOND_US, /* after the second quick end */
    TL_RESTART_LONGEST_PAUSE_US = 5 * TL_SECOND_US,
    TL_RESTART_FORGIVEN_AFTER_US = 30 * TL_SECOND_US
};

struct tl_restart {
    unsigned quick_ends; /* in a row */
    tl_time_us started_at;
    tl_time_us due_at; /* when it ended */
};

void tl_restart_started(struct tl_restart *restart, tl_time_us now);
/* Sets when it is due again. */
void tl_restart_ended(struct tl_restart *restart, tl_time_us now);
bool tl_restart_is_due(const struct tl_restart *restart, tl_time_us now);

#endif
