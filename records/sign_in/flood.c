#include "sign_in/flood.h"

#include <inttypes.h>
#include <stdio.h>

static enum tl_error add(struct tl_db *db, const char *writer,
                         const struct tl_attempts_flood *flood)
{
    char key[20], refused[24], since[24];
    bool apart = flood->kind < TL_ATTEMPTS_KINDS;
    snprintf(key, sizeof key, "%016" PRIx64, flood->key);
    snprintf(refused, sizeof refused, "%" PRIu64, flood->refused);
    snprintf(since, sizeof since, "%" PRId64, (int64_t)(flood->since / TL_SECOND_US));
    return tl_db_query(db, TL_SQL_SIGN_IN_FLOOD_ADD, NULL,
                       tl_value(apart ? tl_attempts_word(flood->kind) : "others"),
                       tl_value(apart ? key : NULL), tl_value(refused), tl_value(since),
                       tl_value(writer));
}

enum tl_error tl_sign_in_flood_add(struct tl_db *db, const char *writer,
                                   const struct tl_attempts_flood *flood)
{
    enum tl_error error = tl_db_begin_as(db, TL_DB_SYSTEM);
    if (error)
        return error;
    error = add(db, writer, flood);
    if (error) {
        tl_db_rollback(db);
        return error;
    }
    return tl_db_commit(db);
}
