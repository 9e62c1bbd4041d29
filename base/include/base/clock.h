/* Time. Cores take it as an argument; only shells call these. */
#ifndef TL_BASE_CLOCK_H
#define TL_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Microseconds. Monotonic for deadlines; since 1970 UTC for the record. */
typedef int64_t tl_time_us;

enum { TL_MILLISECOND_US = 1000, TL_SECOND_US = 1000000 };

tl_time_us tl_clock_monotonic(void);
tl_time_us tl_clock_wall(void);
/* Processor time this process has used. */
tl_time_us tl_clock_processor(void);

/* RFC 3339 in UTC with milliseconds and Z; buffer holds TL_TIMESTAMP_SIZE. */
enum { TL_TIMESTAMP_SIZE = 32 };
void tl_timestamp_write(tl_time_us wall, char buffer[TL_TIMESTAMP_SIZE]);

#endif
