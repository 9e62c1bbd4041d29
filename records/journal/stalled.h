/* Events that fail for a fault of ours, while PostgreSQL is there: kept apart, in a file of the
 * journal's form (api-N.stalled), so that the events of other acts go on. An act that has one here
 * has all its later ones here too, in their order. They are tried again with a pause that doubles.
 * No clock and no database: both come in. */
#ifndef TL_RECORDS_STALLED_H
#define TL_RECORDS_STALLED_H

#include "base/clock.h"
#include "base/secret.h"
#include "journal/journal.h"

enum {
    TL_STALLED_ACTS_LIMIT = 256, /* beyond, every act waits: slow, and in order */
    TL_STALLED_FIRST_PAUSE_S = 2,
    TL_STALLED_LONGEST_PAUSE_S = 300
};

struct tl_stalled;

/* What is there from before waits at once. TL_ERROR_IO. */
enum tl_error tl_stalled_open(const char *folder, int index,
                              const uint8_t key[TL_SEAL_KEY_SIZE], size_t limit_bytes,
                              struct tl_stalled **ret_stalled);
struct tl_stalled *tl_stalled_free(struct tl_stalled *stalled);

/* Events waiting here, recorded meanwhile or not, until all are. NULL has none. */
size_t tl_stalled_count(const struct tl_stalled *stalled);
size_t tl_stalled_acts(const struct tl_stalled *stalled);
/* The act's events must wait here. */
bool tl_stalled_has(const struct tl_stalled *stalled, struct tl_text act);
/* On disk when it gives TL_OK; errors of tl_journal_append. */
enum tl_error tl_stalled_add(struct tl_stalled *stalled, struct tl_text act,
                             struct tl_bytes plain, tl_time_us now);
/* When the pause is over, gives each to record, in order; once one of an act fails, the rest of
 * that act waits. record gives TL_OK (recorded, now or before), TL_ERROR_AWAY (the pass ends, its
 * pause does not grow), or what failed. True when a pass was made. */
bool tl_stalled_try(struct tl_stalled *stalled, tl_time_us now,
                    enum tl_error (*record)(void *context, struct tl_bytes plain),
                    void *context);

#endif
