/* The outbox as the courier sees it: rows due, one at a time, each locked while it is delivered.
 * The courier's database user may read and mark the outbox and nothing else.
 *
 * A result that could not be recorded because PostgreSQL went away is kept here and recorded
 * first when it is back, so that the message does not leave a second time. */
#ifndef TL_COURIER_OUTBOX_H
#define TL_COURIER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

enum {
    TL_OUTBOX_UNRECORDED_LIMIT = 64,
    TL_OUTBOX_ERROR_LIMIT = 200,
    TL_OUTBOX_PRUNE_MOST = 500 /* rows of each kind, a pass */
};

struct tl_outbox;

struct tl_outbox_row {
    char id[TL_UUID_SIZE];
    uint8_t *sealed; /* malloc'ed; freed by tl_outbox_row_release */
    size_t sealed_size;
    unsigned attempts; /* that failed before */
    tl_time_us age;    /* since the row was due */
};

enum tl_outbox_end { TL_OUTBOX_DELIVERED, TL_OUTBOX_LATER, TL_OUTBOX_DEAD };

/* conninfo without the password; password may be NULL. Does not connect yet. */
struct tl_outbox *tl_outbox_new(const char *conninfo, const char *password);
struct tl_outbox *tl_outbox_free(struct tl_outbox *outbox);

/* Another password for the connections to come; the one that is there stays. It is tried first.
 * TL_ERROR_AWAY: PostgreSQL did not let us in with it, or is away. */
enum tl_error tl_outbox_change_password(struct tl_outbox *outbox, const char *password);

/* Connects and listens when it is not connected. TL_ERROR_AWAY. */
enum tl_error tl_outbox_connect(struct tl_outbox *outbox);
/* To wait on for a new row; -1 when away. */
int tl_outbox_fd(const struct tl_outbox *outbox);
/* Takes in what arrived on the descriptor. TL_ERROR_AWAY: the connection is gone. */
enum tl_error tl_outbox_notified(struct tl_outbox *outbox);

/* The next row due, locked until tl_outbox_end. TL_ERROR_MISSING: none now. TL_ERROR_AWAY.
 * TL_ERROR_LIMIT: too many results wait to be recorded; nothing is delivered meanwhile. */
enum tl_error tl_outbox_take(struct tl_outbox *outbox, struct tl_outbox_row *ret_row);
void tl_outbox_row_release(struct tl_outbox_row *row);
/* TL_OK once recorded, TL_ERROR_AWAY when kept for later. reason is ours, never a peer's text. */
enum tl_error tl_outbox_record(struct tl_outbox *outbox, const struct tl_outbox_row *row,
                               enum tl_outbox_end end, tl_time_us pause, const char *reason);
/* Microseconds until the next row is due, at most a minute. */
tl_time_us tl_outbox_next_due(struct tl_outbox *outbox);
/* Rows waiting and rows given up, for metrics; false when away. */
bool tl_outbox_counts(struct tl_outbox *outbox, int64_t *ret_waiting, int64_t *ret_dead);
/* One bounded pass over what is over: rows delivered, and given up, longer ago than so many days
 * are deleted. False when away. */
bool tl_outbox_prune(struct tl_outbox *outbox, int delivered_days, int dead_days,
                     int64_t *ret_delivered, int64_t *ret_dead);

#endif
