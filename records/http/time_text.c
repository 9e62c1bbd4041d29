#include "http/time_text.h"

#include <stdio.h>

static const int days_before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int64_t tl_date_days(struct tl_date date)
{
    int64_t y = date.year - 1;
    int64_t days =
        y * 365 + y / 4 - y / 100 + y / 400 + days_before[date.month - 1] + date.day - 1;
    if (date.month > 2 && is_leap(date.year))
        days++;
    return days - 719162; /* 1970-01-01 */
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool number(struct tl_text text, size_t at, size_t size, int *ret_number)
{
    uint64_t value;
    if (text.size < at + size ||
        tl_text_u64((struct tl_text){ text.data + at, size }, 9999, &value))
        return false;
    *ret_number = (int)value;
    return true;
}

enum tl_error tl_date_read(struct tl_text text, struct tl_date *ret_date)
{
    struct tl_date date;
    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-' ||
        !number(text, 0, 4, &date.year) || !number(text, 5, 2, &date.month) ||
        !number(text, 8, 2, &date.day))
        return TL_ERROR_FORMAT;
    if (date.year < 1880 || date.year > 2200 || date.month < 1 || date.month > 12 ||
        date.day < 1 || date.day > days_in_month(date.year, date.month))
        return TL_ERROR_RANGE;
    *ret_date = date;
    return TL_OK;
}

/* What follows the seconds: a fraction (read to the microsecond), then Z or +hh:mm. */
static enum tl_error read_end(struct tl_text rest, int64_t *ret_micro, int64_t *ret_offset_s)
{
    int64_t micro = 0, unit = 100000;
    size_t i = 0;
    if (rest.size && rest.data[0] == '.') {
        for (i = 1; i < rest.size && rest.data[i] >= '0' && rest.data[i] <= '9'; i++) {
            micro += (rest.data[i] - '0') * unit;
            unit /= 10;
        }
        if (i == 1)
            return TL_ERROR_FORMAT;
    }
    rest = (struct tl_text){ rest.data + i, rest.size - i };
    int hours = 0, minutes = 0;
    if (rest.size == 6 && (rest.data[0] == '+' || rest.data[0] == '-') && rest.data[3] == ':' &&
        number(rest, 1, 2, &hours) && number(rest, 4, 2, &minutes)) {
        if (hours > 14 || minutes > 59)
            return TL_ERROR_RANGE;
    } else if (!tl_text_is(rest, "Z") && !tl_text_is(rest, "z")) {
        return TL_ERROR_FORMAT;
    }
    int64_t offset = hours * 3600 + minutes * 60;
    *ret_micro = micro;
    *ret_offset_s = rest.data[0] == '-' ? -offset : offset;
    return TL_OK;
}

enum tl_error tl_time_read(struct tl_text text, tl_time_us *ret_time)
{
    struct tl_date date;
    int hour, minute, second;
    int64_t micro, offset;
    if (text.size < 20 || (text.data[10] != 'T' && text.data[10] != 't') ||
        text.data[13] != ':' || text.data[16] != ':' || !number(text, 11, 2, &hour) ||
        !number(text, 14, 2, &minute) || !number(text, 17, 2, &second))
        return TL_ERROR_FORMAT;
    enum tl_error error = tl_date_read((struct tl_text){ text.data, 10 }, &date);
    if (!error)
        error = read_end((struct tl_text){ text.data + 19, text.size - 19 }, &micro, &offset);
    if (error)
        return error;
    if (hour > 23 || minute > 59 || second > 60)
        return TL_ERROR_RANGE;
    int64_t seconds = tl_date_days(date) * 86400 + hour * 3600 + minute * 60 + second - offset;
    *ret_time = seconds * TL_SECOND_US + micro;
    return TL_OK;
}

static struct tl_date date_of_days(int64_t days)
{
    struct tl_date date = { 1970, 1, 1 };
    date.year = (int)(1970 + days / 366);
    while (tl_date_days((struct tl_date){ date.year + 1, 1, 1 }) <= days)
        date.year++;
    int64_t left = days - tl_date_days((struct tl_date){ date.year, 1, 1 });
    while (left >= days_in_month(date.year, date.month))
        left -= days_in_month(date.year, date.month++);
    date.day = (int)left + 1;
    return date;
}

/* Directive 2000/84/EC: summer time from the last Sunday of March to the last Sunday of October,
 * both at 1:00 UTC. */
static int64_t last_sunday_1am(int year, int month)
{
    int64_t days = tl_date_days((struct tl_date){ year, month, 31 });
    return (days - (days + 4) % 7) * 86400 + 3600; /* 1970-01-01 was a Thursday */
}

void tl_time_words(tl_time_us time, enum tl_language language, char buffer[TL_TIME_WORDS_SIZE])
{
    static const char *const day_words[2][7] = {
        { "dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi" },
        { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" },
    };
    static const char *const month_words[2][12] = {
        { "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
          "octobre", "novembre", "décembre" },
        { "January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December" },
    };
    int64_t seconds = time / TL_SECOND_US;
    int year = date_of_days(seconds / 86400).year;
    bool summer = seconds >= last_sunday_1am(year, 3) && seconds < last_sunday_1am(year, 10);
    seconds += summer ? 7200 : 3600;
    int64_t days = seconds / 86400;
    struct tl_date date = date_of_days(days);
    snprintf(buffer, TL_TIME_WORDS_SIZE,
             language == TL_ENGLISH ? "%s %d %s %d at %02d:%02d" : "%s %d %s %d à %d h %02d",
             day_words[language][(days + 4) % 7], date.day,
             month_words[language][date.month - 1], date.year, (int)(seconds / 3600 % 24),
             (int)(seconds / 60 % 60));
}
