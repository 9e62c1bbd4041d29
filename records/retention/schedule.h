/* How long a patient's record is kept: R1112-7 CSP, for health establishments, held to by all here.
 * Twenty years from the last consultation; not before the patient's twenty-eighth birthday. (Ten years
 * from a death known: no death is recorded here, so that term ends nothing.) Pure. */
#ifndef TL_RECORDS_SCHEDULE_H
#define TL_RECORDS_SCHEDULE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/clock.h"

enum { TL_RETENTION_YEARS = 20, TL_RETENTION_AGE = 28 };
#define TL_RETENTION_RULE "R1112-7"

/* Birth date as 1956-04-12; one that cannot be read keeps the record. */
bool tl_retention_is_of_age(struct tl_text birth_date, tl_time_us now);

#endif
