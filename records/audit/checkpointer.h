/* Keeps the file of checkpoints: once a minute, when a chain has grown, and at the end. One worker
 * has it. The file is opened before the sandbox is entered and never again; what cannot be written
 * (a full disk, PostgreSQL away) is covered by the next checkpoint, and told meanwhile. */
#ifndef TL_RECORDS_AUDIT_CHECKPOINTER_H
#define TL_RECORDS_AUDIT_CHECKPOINTER_H

#include "audit/checkpoint.h"
#include "db/db.h"

enum { TL_CHECKPOINT_EVERY_S = 60 };

struct tl_checkpointer;

/* Takes up where the file ends; makes it (mode 0600) when there is none. A last line cut short by
 * a crash is taken off. TL_ERROR_IO, TL_ERROR_FORMAT: the file holds something else. */
enum tl_error tl_checkpointer_open(const char *path, const uint8_t seed[TL_CHECKPOINT_KEY_SIZE],
                                   struct tl_checkpointer **ret_checkpointer);
struct tl_checkpointer *tl_checkpointer_free(struct tl_checkpointer *checkpointer);

/* Writes when a minute is over (or whatever the hour, when `now` is not to be waited for). wall is
 * the time it bears. TL_OK also when nothing was to be done. */
enum tl_error tl_checkpointer_tick(struct tl_checkpointer *checkpointer, struct tl_db *db,
                                   tl_time_us now, tl_time_us wall, bool at_once);
/* How many were written since it was opened; whether the last try failed. */
uint64_t tl_checkpointer_written(const struct tl_checkpointer *checkpointer);
bool tl_checkpointer_is_failing(const struct tl_checkpointer *checkpointer);

#endif
