/* What db.c asks of db/sealing.c for each query it runs. */
#ifndef TL_RECORDS_CELLS_H
#define TL_RECORDS_CELLS_H

#include "db/db.h"

/* Parameters with a place, sealed; malloc'ed, the caller's also on failure. */
enum tl_error tl_db_seal_values(struct tl_db *db, const struct tl_value *values, size_t count,
                                char **ret_texts);
/* One cell of an answer with sealed texts in it; NULL when it is null once opened. */
enum tl_error tl_db_open_cell(struct tl_db *db, struct tl_text cell, bool json,
                              char **ret_text);

#endif
