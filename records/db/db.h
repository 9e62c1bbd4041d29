/* PostgreSQL as the workers see it: one connection, queries by name only, every wait bounded.
 *
 * A query is prepared the first time a connection runs it, from sql/queries/. No text is ever put
 * together into a query. When the server does not answer within the deadline (stopped, or the host
 * is stuck), the connection is dropped and everything is TL_ERROR_AWAY until it is back. */
#ifndef TL_RECORDS_DB_H
#define TL_RECORDS_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "sql_queries.h"

struct tl_query_text {
    const char *name, *text;
};
extern const struct tl_query_text tl_queries[TL_SQL_COUNT];

enum {
    TL_DB_STATEMENT_MS = 8000, /* the server gives up */
    TL_DB_ANSWER_MS = 9000,    /* we give up on the server, while it was answering */
    TL_DB_CONNECT_MS = 1000,   /* the first connection, and each later try */
    TL_DB_RETRY_MS = 500,      /* between tries */
    TL_DB_PARAMETERS_LIMIT = 24
};

struct tl_db;

/* Where a sealed text stands (db/sealing.h): a column and a row, which it is bound to, and whose data
 * key seals it: the structure's, that of the act's structure, or the one of no structure. */
struct tl_place {
    const char *name; /* table.column */
    const char *id;   /* of the row */
    const char *structure, *act;
};

/* A parameter: text in PostgreSQL's form, or raw bytes for bytea; data NULL is null. With a place, it
 * is sealed before it is sent. */
struct tl_value {
    const void *data;
    size_t size;
    bool raw;
    const struct tl_place *place;
    bool marked; /* holds sealed texts already (tl_db_seal_members) */
};

static inline struct tl_value tl_value(const char *text)
{
    return (struct tl_value){ text, 0, false, NULL, false };
}

static inline struct tl_value tl_value_raw(const void *data, size_t size)
{
    return (struct tl_value){ data, size, true, NULL, false };
}

/* Text that is read by nobody but api; the place lives as long as the value. */
static inline struct tl_value tl_value_sealed(const char *text, const struct tl_place *place)
{
    return (struct tl_value){ text, 0, false, place, false };
}

static inline struct tl_value tl_value_boolean(bool value)
{
    return tl_value(value ? "t" : "f");
}

static inline struct tl_value tl_value_marked(const char *json)
{
    return (struct tl_value){ json, 0, false, NULL, true };
}

struct tl_rows {
    void *result; /* PGresult */
    size_t count;
    char *
        *opened; /* count times columns: what was sealed in the answer, in its place; or NULL */
};

/* conninfo of libpq without the password; password may be NULL. Does not connect yet. */
struct tl_db *tl_db_new(const char *conninfo, const char *password);
struct tl_db *tl_db_free(struct tl_db *db);

/* Another password for the connections to come; the one that is there stays. It is tried first, on a
 * connection of its own. TL_ERROR_AWAY: PostgreSQL did not let us in with it, or is away. */
enum tl_error tl_db_change_password(struct tl_db *db, const char *password);

/* Connects when needed, and not more often than every TL_DB_RETRY_MS. TL_ERROR_AWAY. */
enum tl_error tl_db_connect(struct tl_db *db);
bool tl_db_is_connected(const struct tl_db *db);
/* How long the server may take to answer from now on; the journal's caller is in a hurry. */
void tl_db_set_patience(struct tl_db *db, int milliseconds);

enum tl_error tl_db_begin(struct tl_db *db);
/* As whom a transaction of api works (docs/decisions/0061): its login has no right on any table.
 * PERSON and VISITOR need the digest of a token as well (TL_SQL_IDENTITY_TAKE, tl_call_become): the
 * database finds out whose it is, and shows nothing without one. */
enum tl_db_role {
    TL_DB_STRANGER, /* signs in, holds a link, measures a line */
    TL_DB_PERSON,   /* a professional's browser */
    TL_DB_VISITOR,  /* a visitor's or recipient's browser */
    TL_DB_DOOR,     /* tickets and events of sessions */
    TL_DB_SYSTEM    /* forgets what is over */
};
const char *tl_db_role_name(enum tl_db_role role);
/* tl_db_begin, and the role with it until the end of the transaction; one round trip. */
enum tl_error tl_db_begin_as(struct tl_db *db, enum tl_db_role role);
/* TL_ERROR_AWAY: it is not known whether the transaction was kept. */
enum tl_error tl_db_commit(struct tl_db *db);
/* A no-op outside a transaction. */
void tl_db_rollback(struct tl_db *db);

/* TL_ERROR_AWAY: no connection. TL_ERROR_EXISTS: a unique constraint. TL_ERROR_STATE: another
 * constraint. TL_ERROR_TIMEOUT: took too long. TL_ERROR_AGAIN: lost against another transaction.
 * TL_ERROR_RANGE: a parameter with the sign that marks sealed texts. TL_ERROR_AUTH: sealed with a key we do not have, or changed. TL_ERROR_IO: anything else; a fault of
 * ours. ret_rows may be NULL. */
enum tl_error tl_db_run(struct tl_db *db, enum tl_sql sql, const struct tl_value *values,
                        size_t count, struct tl_rows *ret_rows);
/* tl_db_query(db, TL_SQL_X, &rows, tl_value(id), ...); at least one parameter. */
#define tl_db_query(db, sql, ret_rows, ...)                                                    \
    tl_db_run((db), (sql), (const struct tl_value[]){ __VA_ARGS__ },                           \
              sizeof((const struct tl_value[]){ __VA_ARGS__ }) / sizeof(struct tl_value),      \
              (ret_rows))

/* For migrations only: a text of several statements. */
enum tl_error tl_db_script(struct tl_db *db, const char *text);
/* The server's words of the last failure; for the operator's terminal, never for a log line. */
const char *tl_db_last_error(const struct tl_db *db);

/* NULL when null. Lives as long as the rows. */
const char *tl_rows_text(const struct tl_rows *rows, size_t row, size_t column);
int64_t tl_rows_integer(const struct tl_rows *rows, size_t row, size_t column);
bool tl_rows_boolean(const struct tl_rows *rows, size_t row, size_t column);
/* A bytea column, malloc'ed. */
enum tl_error tl_rows_bytes(const struct tl_rows *rows, size_t row, size_t column,
                            uint8_t **ret_data, size_t *ret_size);
void tl_rows_release(struct tl_rows *rows);
#define tl_autorows __attribute__((cleanup(tl_rows_release)))

#endif
