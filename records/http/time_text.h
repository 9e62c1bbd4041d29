/* Times and dates as text: RFC 3339 in, words for people out. Pure. */
#ifndef TL_RECORDS_TIME_TEXT_H
#define TL_RECORDS_TIME_TEXT_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/request.h"

/* 2026-11-23T14:30:00Z, with optional fraction and any offset. TL_ERROR_FORMAT, TL_ERROR_RANGE. */
enum tl_error tl_time_read(struct tl_text text, tl_time_us *ret_time);

struct tl_date {
    int year, month, day;
};
/* 1956-04-12; a day that exists, 1880 to 2200. */
enum tl_error tl_date_read(struct tl_text text, struct tl_date *ret_date);
/* Days since 1970-01-01, proleptic Gregorian. */
int64_t tl_date_days(struct tl_date date);

/* "lundi 23 novembre 2026 à 14 h 30", "Monday 23 November 2026 at 14:30", in the time of Paris. */
enum { TL_TIME_WORDS_SIZE = 96 };
void tl_time_words(tl_time_us time, enum tl_language language, char buffer[TL_TIME_WORDS_SIZE]);

#endif
