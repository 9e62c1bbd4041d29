/* One row for every read and write of health data, in the same transaction, chained for each
 * writer (the hash is made by the database: sql/migrations, audit_add). */
#ifndef TL_RECORDS_AUDIT_H
#define TL_RECORDS_AUDIT_H

#include "audit/checkpoint.h"
#include "db/db.h"

struct tl_audit {
    const char *writer, *actor_kind, *actor, *action;
    const char *act, *patient, *object; /* UUID, "" or NULL for none */
};

/* A row of TL_SQL_AUDIT_HEADS. TL_ERROR_LIMIT, TL_ERROR_FORMAT: not of our making. */
enum tl_error tl_audit_head_read(const struct tl_rows *rows, size_t row,
                                 struct tl_audit_head *ret_head);

enum tl_error tl_audit_add(struct tl_db *db, const struct tl_audit *audit);
/* One row with this action for each patient, or act and its patient, of a list's answer: whoever
 * asks who saw a patient finds the pages that showed them among others. */
enum tl_error tl_audit_add_each(struct tl_db *db, const struct tl_audit *audit,
                                const char *action, const char *answer);

#endif
