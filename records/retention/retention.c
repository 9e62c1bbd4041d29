#include "retention/retention.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/secret.h"
#include "retention/schedule.h"

static enum tl_error purge(struct tl_db *db, const char *patient, const char *years,
                           char ret_proof[TL_UUID_SIZE])
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_db_begin(db);
    if (error)
        return error;
    error = tl_db_query(db, TL_SQL_RETENTION_PURGE, &rows, tl_value(patient),
                        tl_value(TL_RETENTION_RULE), tl_value(years));
    if (error) {
        tl_db_rollback(db);
        return error;
    }
    ret_proof[0] = 0;
    if (rows.count)
        (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 0)), ret_proof, TL_UUID_SIZE);
    return tl_db_commit(db);
}

static enum tl_error one(struct tl_db *db, bool leaves, const struct tl_rows *rows, size_t i,
                         const char *years, size_t *count)
{
    const char *id = tl_rows_text(rows, i, 0), *born = tl_rows_text(rows, i, 1);
    char proof[TL_UUID_SIZE] = "";
    if (!tl_retention_is_of_age(tl_text(born ? born : ""), tl_clock_wall()))
        return TL_OK;
    enum tl_error error = leaves ? purge(db, id, years, proof) : TL_OK;
    if (error || (leaves && !proof[0]))
        return error;
    printf("%s %s %s\n", id, tl_rows_text(rows, i, 2), leaves ? proof : "over");
    ++*count;
    return TL_OK;
}

int tl_retention_command(const char *word, struct tl_db *db)
{
    bool leaves = strcmp(word, "purge") == 0, more = true;
    char after[TL_UUID_SIZE] = "00000000-0000-0000-0000-000000000000", years[12];
    enum tl_error error = TL_OK;
    size_t count = 0;
    if (!leaves && strcmp(word, "list") != 0)
        return fprintf(stderr, "retention list or retention purge\n"), 2;
    snprintf(years, sizeof years, "%d", TL_RETENTION_YEARS);
    while (!error && more) {
        tl_autorows struct tl_rows rows = { 0 };
        error = tl_db_query(db, TL_SQL_RETENTION_OVER, &rows, tl_value(after), tl_value(years));
        more = !error && rows.count;
        for (size_t i = 0; !error && i < rows.count; i++) {
            error = one(db, leaves, &rows, i, years, &count);
            (void)tl_text_copy(tl_text(tl_rows_text(&rows, i, 0)), after, sizeof after);
        }
    }
    if (error)
        return fprintf(stderr, "retention %s: %s\n%s\n", word, tl_error_name(error),
                       tl_db_last_error(db)),
               1;
    printf("%zu %s\n", count, leaves ? "purged" : "over");
    return 0;
}
