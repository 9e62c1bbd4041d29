/* The tests under way: a small table, looked through whole, since it never holds more than 64. */
#include <stdlib.h>

#include "examine/examine.h"

struct entry {
    struct tl_examine_test *test; /* NULL: free */
    uint32_t number;
    unsigned seconds;
    bool began; /* its first datagram came */
    bool ended; /* TEST_END came: the deadline stands */
    bool news;  /* something came since the last progress */
    tl_time_us deadline;
    tl_time_us progress_at;
    tl_time_us arrival;      /* of the last datagram, on the relay's clock */
    tl_time_us arrival_here; /* the same on ours */
};

struct tl_examiner {
    struct entry entries[TL_EXAMINE_TESTS_LIMIT];
    size_t count;
    struct tl_examine_counters counters;
};

struct tl_examiner *tl_examiner_new(void)
{
    return calloc(1, sizeof(struct tl_examiner));
}

static void drop(struct tl_examiner *examiner, struct entry *entry)
{
    tl_examine_test_free(entry->test);
    *entry = (struct entry){ .test = NULL };
    examiner->count--;
}

void tl_examiner_drop_all(struct tl_examiner *examiner)
{
    for (size_t i = 0; i < TL_EXAMINE_TESTS_LIMIT; i++)
        if (examiner->entries[i].test)
            drop(examiner, &examiner->entries[i]);
}

struct tl_examiner *tl_examiner_free(struct tl_examiner *examiner)
{
    if (examiner)
        tl_examiner_drop_all(examiner);
    free(examiner);
    return NULL;
}

static struct entry *find(struct tl_examiner *examiner, uint32_t number)
{
    for (size_t i = 0; i < TL_EXAMINE_TESTS_LIMIT; i++)
        if (examiner->entries[i].test && examiner->entries[i].number == number)
            return &examiner->entries[i];
    return NULL;
}

static struct entry *find_free(struct tl_examiner *examiner)
{
    for (size_t i = 0; i < TL_EXAMINE_TESTS_LIMIT; i++)
        if (!examiner->entries[i].test)
            return &examiner->entries[i];
    return NULL;
}

enum tl_error tl_examiner_begin(struct tl_examiner *examiner, tl_time_us now, uint32_t test,
                                bool opus, bool vp8, unsigned seconds)
{
    struct entry *entry = find_free(examiner);
    enum tl_error error = TL_OK;
    if (find(examiner, test))
        error = TL_ERROR_EXISTS;
    else if (!entry || seconds < 1 || seconds > TL_EXAMINE_SECONDS_LIMIT)
        error = TL_ERROR_LIMIT;
    struct tl_examine_test *made = error ? NULL : tl_examine_test_new(opus, vp8);
    if (!error && !made)
        error = TL_ERROR_MEMORY;
    if (error) {
        examiner->counters.refused++;
        return error;
    }
    *entry = (struct entry){ .test = made,
                             .number = test,
                             .seconds = seconds,
                             .deadline = now + TL_EXAMINE_PATIENCE_US + seconds * TL_SECOND_US,
                             .arrival = now,
                             .arrival_here = now };
    examiner->count++;
    examiner->counters.begun++;
    return TL_OK;
}

enum tl_error tl_examiner_end(struct tl_examiner *examiner, tl_time_us now, uint32_t test)
{
    struct entry *entry = find(examiner, test);
    if (!entry)
        return TL_ERROR_MISSING;
    if (now + TL_EXAMINE_LAST_US < entry->deadline)
        entry->deadline = now + TL_EXAMINE_LAST_US;
    entry->ended = true;
    return TL_OK;
}

void tl_examiner_datagram(struct tl_examiner *examiner, tl_time_us now,
                          struct tl_bytes datagram)
{
    struct tl_examine_datagram read;
    examiner->counters.datagrams++;
    struct entry *entry = NULL;
    if (tl_examine_datagram_read(datagram, &read) == TL_OK)
        entry = find(examiner, read.test);
    if (!entry) {
        examiner->counters.bad_datagrams++;
        return;
    }
    if (!entry->began) {
        entry->began = true;
        tl_time_us deadline = now + entry->seconds * TL_SECOND_US;
        if (deadline < entry->deadline && !entry->ended)
            entry->deadline = deadline;
        entry->progress_at = now + TL_EXAMINE_PROGRESS_EVERY_US;
    }
    entry->news = true;
    entry->arrival = read.arrival_us;
    entry->arrival_here = now;
    if (tl_examine_test_input(entry->test, &read))
        examiner->counters.bad_datagrams++;
}

static void give_verdict(struct tl_examiner *examiner, struct entry *entry, tl_time_us now,
                         struct tl_examine_event *ret_event)
{
    *ret_event = (struct tl_examine_event){ .kind = TL_EXAMINE_VERDICT, .test = entry->number };
    tl_examine_test_report(entry->test, entry->arrival + (now - entry->arrival_here),
                           &ret_event->report);
    drop(examiner, entry);
    examiner->counters.ended++;
}

bool tl_examiner_next_event(struct tl_examiner *examiner, tl_time_us now,
                            struct tl_examine_event *ret_event)
{
    for (size_t i = 0; i < TL_EXAMINE_TESTS_LIMIT; i++) {
        struct entry *entry = &examiner->entries[i];
        if (!entry->test)
            continue;
        if (now >= entry->deadline) {
            give_verdict(examiner, entry, now, ret_event);
            return true;
        }
        if (entry->news && now >= entry->progress_at) {
            entry->news = false;
            entry->progress_at = now + TL_EXAMINE_PROGRESS_EVERY_US;
            *ret_event = (struct tl_examine_event){
                .kind = TL_EXAMINE_PROGRESS,
                .test = entry->number,
                .level_dbfs = tl_examine_test_level_dbfs(entry->test),
                .brightness = tl_examine_test_brightness(entry->test),
            };
            return true;
        }
    }
    return false;
}

tl_time_us tl_examiner_next_deadline(const struct tl_examiner *examiner)
{
    tl_time_us first = -1;
    for (size_t i = 0; i < TL_EXAMINE_TESTS_LIMIT; i++) {
        const struct entry *entry = &examiner->entries[i];
        if (!entry->test)
            continue;
        tl_time_us due = entry->news && entry->progress_at < entry->deadline
                             ? entry->progress_at
                             : entry->deadline;
        if (first < 0 || due < first)
            first = due;
    }
    return first;
}

size_t tl_examiner_count(const struct tl_examiner *examiner)
{
    return examiner->count;
}

const struct tl_examine_counters *tl_examiner_counters(const struct tl_examiner *examiner)
{
    return &examiner->counters;
}
