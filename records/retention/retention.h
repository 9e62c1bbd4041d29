/* What an operator does with records at the end of their term (docs/operations/retention.md). */
#ifndef TL_RECORDS_RETENTION_H
#define TL_RECORDS_RETENTION_H

#include "db/db.h"

/* `list`: says which are over; `purge`: has them leave, each in a transaction of its own, with its proof.
 * db: of the owner of the tables, with the keyring. The exit status; a line for each on the standard
 * output, ids and dates only. */
int tl_retention_command(const char *word, struct tl_db *db);

#endif
