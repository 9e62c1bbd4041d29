#include "retry.h"

tl_time_us tl_retry_pause(unsigned attempts)
{
    const tl_time_us first = 5 * TL_SECOND_US, longest = 3600ll * TL_SECOND_US;
    tl_time_us pause = first;
    for (unsigned i = 1; i < attempts && pause < longest; i++)
        pause *= 2;
    return pause < longest ? pause : longest;
}

bool tl_retry_is_over(tl_time_us age, bool refused_for_good)
{
    return refused_for_good || age >= TL_RETRY_FOR_US;
}
