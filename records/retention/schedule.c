#include "retention/schedule.h"

#include "base/error.h"
#include "http/time_text.h"

bool tl_retention_is_of_age(struct tl_text birth_date, tl_time_us now)
{
    struct tl_date date;
    if (tl_date_read(birth_date, &date))
        return false;
    date.year += TL_RETENTION_AGE;
    if (date.month == 2 && date.day == 29) { /* not every year has one */
        date.month = 3;
        date.day = 1;
    }
    return tl_date_days(date) * 86400 <= now / TL_SECOND_US;
}
