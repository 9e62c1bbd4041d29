#include "restart.h"

void tl_restart_started(struct tl_restart *restart, tl_time_us now)
{
    restart->started_at = now;
}

void tl_restart_ended(struct tl_restart *restart, tl_time_us now)
{
    if (now - restart->started_at >= TL_RESTART_FORGIVEN_AFTER_US)
        restart->quick_ends = 0;
    tl_time_us pause = 0;
    for (unsigned i = 0; i < restart->quick_ends && pause < TL_RESTART_LONGEST_PAUSE_US; i++)
        pause = pause ? pause * 2 : TL_RESTART_FIRST_PAUSE_US;
    if (pause > TL_RESTART_LONGEST_PAUSE_US)
        pause = TL_RESTART_LONGEST_PAUSE_US;
    restart->quick_ends++;
    restart->due_at = now + pause;
}

bool tl_restart_is_due(const struct tl_restart *restart, tl_time_us now)
{
    return now >= restart->due_at;
}
