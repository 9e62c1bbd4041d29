#include "audit/audit.h"

static struct tl_value id(const char *text)
{
    return tl_value(text && text[0] ? text : NULL);
}

enum tl_error tl_audit_head_read(const struct tl_rows *rows, size_t row,
                                 struct tl_audit_head *ret_head)
{
    ret_head->number = tl_rows_integer(rows, row, 1);
    enum tl_error error = tl_text_copy(tl_text(tl_rows_text(rows, row, 0)), ret_head->writer,
                                       sizeof ret_head->writer);
    return error ? error
                 : tl_hex_read(tl_text(tl_rows_text(rows, row, 2)), ret_head->hash,
                               sizeof ret_head->hash);
}

enum tl_error tl_audit_add(struct tl_db *db, const struct tl_audit *audit)
{
    return tl_db_query(db, TL_SQL_AUDIT_ADD, NULL, tl_value(audit->writer),
                       tl_value(audit->actor_kind), id(audit->actor), tl_value(audit->action),
                       id(audit->act), id(audit->patient), id(audit->object));
}

enum tl_error tl_audit_add_each(struct tl_db *db, const struct tl_audit *audit,
                                const char *action, const char *answer)
{
    return tl_db_query(db, TL_SQL_AUDIT_ADD_EACH, NULL, tl_value(audit->writer),
                       tl_value(audit->actor_kind), id(audit->actor), tl_value(action),
                       tl_value(answer));
}
