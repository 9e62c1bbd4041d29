#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static tl_time_us read_clock(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (tl_time_us)now.tv_sec * TL_SECOND_US + now.tv_nsec / 1000;
}

tl_time_us tl_clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

tl_time_us tl_clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

tl_time_us tl_clock_processor(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void tl_timestamp_write(tl_time_us wall, char buffer[TL_TIMESTAMP_SIZE])
{
    time_t seconds = (time_t)(wall / TL_SECOND_US);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t used = strftime(buffer, TL_TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(buffer + used, TL_TIMESTAMP_SIZE - used, ".%03dZ",
             (int)(wall % TL_SECOND_US / TL_MILLISECOND_US));
}
