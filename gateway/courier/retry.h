/* When a message that could not be delivered is tried again: growing delays for three days, then
 * it is dead and its owner is told. Pure. */
#ifndef TL_COURIER_RETRY_H
#define TL_COURIER_RETRY_H

#include <stdbool.h>

#include "base/clock.h"

static const tl_time_us TL_RETRY_FOR_US = 3 * 24 * 3600ll * TL_SECOND_US;

/* The pause after that many failed attempts (1 or more): 5 s, doubling, at most 1 h. */
tl_time_us tl_retry_pause(unsigned attempts);
/* Whether a message of that age is given up. A refusal that cannot change (an SMTP 5xx reply) is
 * final at once. */
bool tl_retry_is_over(tl_time_us age, bool refused_for_good);

#endif
