/* The detail of an event of an act: what says who or why is sealed, what says how many is not. */
#ifndef TL_RECORDS_EVENT_WORDS_H
#define TL_RECORDS_EVENT_WORDS_H

#include <jansson.h>

#include "db/db.h"

/* The JSON text of the column, for tl_value_marked: malloc'ed. structure or act says whose key; the
 * detail stays the caller's, NULL is an empty one. */
enum tl_error tl_event_detail_write(struct tl_db *db, const char *event, const char *structure,
                                    const char *act, const json_t *detail, char **ret_json);

#endif
