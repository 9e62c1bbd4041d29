/* Numbered, forward-only migrations, embedded at build time. */
#ifndef TL_RECORDS_MIGRATE_H
#define TL_RECORDS_MIGRATE_H

#include <stddef.h>

#include "base/error.h"
#include "db/db.h"

struct tl_migration {
    int number;
    const char *name, *text;
};
extern const struct tl_migration tl_migrations[];
extern const size_t tl_migration_count;

/* A login of a role, put into its group. password NULL: the socket's peer rules decide. */
struct tl_migrate_user {
    const char *name, *password, *group;
};

/* In one transaction, behind an advisory lock: the second of two runs waits, and finds nothing
 * to do. TL_ERROR_STATE: the database is newer than this program, or a migration already run
 * was changed since; nothing was done. */
enum tl_error tl_migrate(struct tl_db *db, const struct tl_migrate_user *users, size_t count,
                         size_t *ret_done);

#endif
