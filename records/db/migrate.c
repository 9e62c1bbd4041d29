#include "db/migrate.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"

static const char before[] =
    "set local client_min_messages = warning;"
    "select pg_advisory_xact_lock(7350420081);"
    "create table if not exists schema_migration ("
    " number integer constraint schema_migration_pk primary key,"
    " name text not null,"
    " sha256 text not null,"
    " at timestamptz not null default now());"
    "comment on table schema_migration is 'Migrations done';"
    "comment on column schema_migration.number is 'Number of the file';"
    "comment on column schema_migration.name is 'Name of the file';"
    "comment on column schema_migration.sha256 is 'Digest of its text: a file once run is "
    "never edited';"
    "comment on column schema_migration.at is 'When it was run'";

static void digest(const struct tl_migration *migration, char hex[65])
{
    uint8_t hash[32];
    tl_sha256(tl_bytes(migration->text, strlen(migration->text)), hash);
    tl_hex_write(tl_bytes(hash, sizeof hash), hex);
}

static enum tl_error run(struct tl_db *db, const struct tl_migration *migration,
                         const struct tl_rows *done, bool *ret_ran)
{
    char hex[65], number[12];
    digest(migration, hex);
    for (size_t i = 0; i < done->count; i++) {
        if (tl_rows_integer(done, i, 0) != migration->number)
            continue;
        *ret_ran = false;
        if (strcmp(tl_rows_text(done, i, 1), hex) == 0)
            return TL_OK;
        fprintf(stderr, "migration %s was changed after it was run\n", migration->name);
        return TL_ERROR_STATE;
    }
    enum tl_error error = tl_db_script(db, migration->text);
    if (error) {
        fprintf(stderr, "migration %s: %s", migration->name, tl_db_last_error(db));
        return error;
    }
    snprintf(number, sizeof number, "%d", migration->number);
    *ret_ran = true;
    return tl_db_query(db, TL_SQL_MIGRATION_DONE, NULL, tl_value(number),
                       tl_value(migration->name), tl_value(hex));
}

static enum tl_error run_all(struct tl_db *db, size_t *ret_done)
{
    tl_autorows struct tl_rows done = { 0 };
    size_t ran = 0;
    enum tl_error error = tl_db_script(db, before);
    if (!error)
        error = tl_db_run(db, TL_SQL_MIGRATIONS, NULL, 0, &done);
    if (error) {
        fprintf(stderr, "migrate: %s", tl_db_last_error(db));
        return error;
    }
    int last = tl_migrations[tl_migration_count - 1].number;
    for (size_t i = 0; i < done.count; i++)
        if (tl_rows_integer(&done, i, 0) > last) {
            fprintf(stderr, "the database is newer than this program\n");
            return TL_ERROR_STATE;
        }
    for (size_t i = 0; i < tl_migration_count && !error; i++) {
        bool did = false;
        error = run(db, &tl_migrations[i], &done, &did);
        ran += did;
    }
    if (!error)
        *ret_done = ran;
    return error;
}

enum tl_error tl_migrate(struct tl_db *db, const struct tl_migrate_user *users, size_t count,
                         size_t *ret_done)
{
    size_t done = 0;
    enum tl_error error = tl_db_begin(db);
    if (error) {
        fprintf(stderr, "migrate: %s", tl_db_last_error(db));
        return error;
    }
    error = run_all(db, &done);
    /* The names come from the operator's own file; PostgreSQL quotes them (format %I, %L). */
    for (size_t i = 0; i < count && !error; i++) {
        tl_autorows struct tl_rows made = { 0 };
        error = tl_db_query(db, TL_SQL_ROLE_USER_SCRIPT, &made, tl_value(users[i].name),
                            tl_value(users[i].password), tl_value(users[i].group));
        if (!error)
            error = tl_db_script(db, tl_rows_text(&made, 0, 0));
        if (error)
            fprintf(stderr, "role user %s: %s", users[i].name, tl_db_last_error(db));
    }
    if (error)
        tl_db_rollback(db);
    else
        error = tl_db_commit(db);
    if (!error)
        *ret_done = done;
    return error;
}
