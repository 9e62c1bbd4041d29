#include "audit/audit.h"

static struct tl_value id(const char *text)
{
    return tl_value(text && text[0] ? text : NULL);
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
