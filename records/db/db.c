#include "db/db.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "db/cells.h"
#include "db/sealing.h"
#include "seal/sealed.h"

enum { CONNINFO_LIMIT = 1024, ERROR_LIMIT = 512 };

/* An opened cell that is null; no text of the register begins with it. */
#define TL_ROWS_NULL "\x01"

struct tl_db {
    PGconn *connection;
    bool prepared[TL_SQL_COUNT];
    bool in_transaction;
    struct tl_keyring *ring;
    int patience_ms;
    tl_time_us next_try;
    char conninfo[CONNINFO_LIMIT];
    char password[CONNINFO_LIMIT];
    char last_error[ERROR_LIMIT];
};

struct tl_db *tl_db_new(const char *conninfo, const char *password)
{
    struct tl_db *db = calloc(1, sizeof *db);
    if (!db)
        return NULL;
    db->patience_ms = TL_DB_ANSWER_MS;
    if (tl_text_copy(tl_text(conninfo), db->conninfo, sizeof db->conninfo) ||
        tl_text_copy(tl_text(password ? password : ""), db->password, sizeof db->password)) {
        free(db);
        return NULL;
    }
    return db;
}

static void drop(struct tl_db *db)
{
    if (db->connection)
        PQfinish(db->connection);
    db->connection = NULL;
    db->in_transaction = false;
    memset(db->prepared, 0, sizeof db->prepared);
}

struct tl_db *tl_db_free(struct tl_db *db)
{
    if (!db)
        return NULL;
    drop(db);
    tl_secret_wipe(db->password, sizeof db->password);
    free(db);
    return NULL;
}

bool tl_db_is_connected(const struct tl_db *db)
{
    return db->connection != NULL;
}

void tl_db_set_patience(struct tl_db *db, int milliseconds)
{
    db->patience_ms = milliseconds;
}

const char *tl_db_last_error(const struct tl_db *db)
{
    return db->last_error;
}

static void keep_error(struct tl_db *db, const char *text)
{
    size_t size = strnlen(text, sizeof db->last_error - 1);
    memcpy(db->last_error, text, size);
    db->last_error[size] = 0;
}

/* Waits for the socket until the deadline. */
static enum tl_error wait_socket(int fd, short events, tl_time_us deadline)
{
    tl_time_us left = deadline - tl_clock_monotonic();
    struct pollfd waiting = { .fd = fd, .events = events };
    if (left <= 0)
        return TL_ERROR_TIMEOUT;
    int ready = poll(&waiting, 1, (int)((left + 999) / 1000));
    return ready < 0 ? TL_ERROR_AGAIN : ready == 0 ? TL_ERROR_TIMEOUT : TL_OK;
}

static enum tl_error finish_connecting(PGconn *connection, tl_time_us deadline)
{
    for (;;) {
        PostgresPollingStatusType status = PQconnectPoll(connection);
        if (status == PGRES_POLLING_OK)
            return TL_OK;
        if (status == PGRES_POLLING_FAILED)
            return TL_ERROR_AWAY;
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        enum tl_error error = wait_socket(PQsocket(connection), events, deadline);
        if (error && error != TL_ERROR_AGAIN)
            return TL_ERROR_AWAY;
    }
}

enum tl_error tl_db_connect(struct tl_db *db)
{
    if (db->connection)
        return TL_OK;
    tl_time_us now = tl_clock_monotonic();
    if (now < db->next_try)
        return TL_ERROR_AWAY;
    const char *names[] = { "dbname", "password", "options", NULL };
    // What is asked here is small: compiling it would take a hundred times what it takes to run.
    char options[80];
    snprintf(options, sizeof options, "-c statement_timeout=%d -c timezone=UTC -c jit=off",
             TL_DB_STATEMENT_MS);
    const char *values[] = { db->conninfo, db->password[0] ? db->password : NULL, options,
                             NULL };
    PGconn *connection = PQconnectStartParams(names, values, 1);
    enum tl_error error = TL_ERROR_AWAY;
    if (connection && PQstatus(connection) != CONNECTION_BAD)
        error = finish_connecting(connection,
                                  now + (tl_time_us)TL_DB_CONNECT_MS * TL_MILLISECOND_US);
    if (error) {
        keep_error(db, connection ? PQerrorMessage(connection) : "out of memory");
        PQfinish(connection);
        db->next_try = tl_clock_monotonic() + (tl_time_us)TL_DB_RETRY_MS * TL_MILLISECOND_US;
        return TL_ERROR_AWAY;
    }
    PQsetnonblocking(connection, 1);
    db->connection = connection;
    tl_log(TL_LOG_INFO, "database.connected",
           TL_INTEGER("server", PQserverVersion(connection)));
    return TL_OK;
}

enum tl_error tl_db_change_password(struct tl_db *db, const char *password)
{
    struct tl_db *trial = tl_db_new(db->conninfo, password);
    enum tl_error error = trial ? tl_db_connect(trial) : TL_ERROR_MEMORY;
    if (!error)
        error = tl_text_copy(tl_text(password), db->password, sizeof db->password);
    tl_db_free(trial);
    return error;
}

static enum tl_error away(struct tl_db *db)
{
    tl_log(TL_LOG_WARNING, "database.away", TL_BOOLEAN("in_transaction", db->in_transaction));
    drop(db);
    db->next_try = tl_clock_monotonic() + (tl_time_us)TL_DB_RETRY_MS * TL_MILLISECOND_US;
    return TL_ERROR_AWAY;
}

/* The SQLSTATE's class says whose fault it is (PostgreSQL, appendix A). */
static enum tl_error sort_failure(struct tl_db *db, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    keep_error(db, PQresultErrorMessage(result));
    if (!state || strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
        return away(db);
    if (strcmp(state, "57014") == 0)
        return TL_ERROR_TIMEOUT;
    if (strcmp(state, "23505") == 0)
        return TL_ERROR_EXISTS;
    if (strncmp(state, "40", 2) == 0 || strcmp(state, "55P03") == 0)
        return TL_ERROR_AGAIN;
    if (strncmp(state, "23", 2) == 0)
        return TL_ERROR_STATE;
    if (strncmp(state, "53", 2) == 0 || strncmp(state, "58", 2) == 0)
        return TL_ERROR_AWAY; /* disk full or failing, too many connections: nothing recorded */
    if (strcmp(state, "25006") == 0)
        return away(db); /* read-only: a standby; where we connect next may be the primary */
    if (strncmp(state, "22", 2) == 0)
        return TL_ERROR_FORMAT; /* a value PostgreSQL cannot take */
    tl_log(TL_LOG_ERROR, "database.refused", TL_WORD("sqlstate", state));
    return TL_ERROR_IO;
}

/* Sends what is left and reads until the command's last result, which is given. */
static enum tl_error answer(struct tl_db *db, PGresult **ret_result)
{
    tl_time_us deadline =
        tl_clock_monotonic() + (tl_time_us)db->patience_ms * TL_MILLISECOND_US;
    PGresult *last = NULL;
    for (;;) {
        int unsent = PQflush(db->connection);
        if (unsent < 0 || !PQconsumeInput(db->connection))
            break;
        if (!unsent && !PQisBusy(db->connection)) {
            PGresult *result = PQgetResult(db->connection);
            if (!result) {
                *ret_result = last;
                return last ? TL_OK : away(db);
            }
            PQclear(last);
            last = result;
            continue;
        }
        short events = (short)(POLLIN | (unsent ? POLLOUT : 0));
        enum tl_error error = wait_socket(PQsocket(db->connection), events, deadline);
        if (error == TL_ERROR_TIMEOUT)
            break;
    }
    PQclear(last);
    return away(db);
}

static enum tl_error finish(struct tl_db *db, int sent, struct tl_rows *ret_rows)
{
    PGresult *result = NULL;
    if (!sent)
        return away(db);
    enum tl_error error = answer(db, &result);
    if (error)
        return error;
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        error = sort_failure(db, result);
        PQclear(result);
        return error;
    }
    if (ret_rows)
        *ret_rows = (struct tl_rows){ result, (size_t)PQntuples(result), NULL };
    else
        PQclear(result);
    return TL_OK;
}

/* Every sealed text in the rows is opened before anybody reads them. */
static enum tl_error open_rows(struct tl_db *db, struct tl_rows *rows)
{
    enum { JSON = 114, JSONB = 3802 }; /* pg_type.dat */
    size_t columns = (size_t)PQnfields(rows->result);
    for (size_t i = 0; i < rows->count * columns; i++) {
        int row = (int)(i / columns), column = (int)(i % columns);
        struct tl_text cell = { PQgetvalue(rows->result, row, column),
                                (size_t)PQgetlength(rows->result, row, column) };
        if (!tl_sealed_is_in(cell))
            continue;
        Oid type = PQftype(rows->result, column);
        if (!rows->opened)
            rows->opened = calloc(rows->count * columns, sizeof *rows->opened);
        if (!rows->opened)
            return TL_ERROR_MEMORY;
        enum tl_error error =
            tl_db_open_cell(db, cell, type == JSON || type == JSONB, &rows->opened[i]);
        if (error)
            return error;
        if (!rows->opened[i])
            rows->opened[i] = strdup(TL_ROWS_NULL);
        if (!rows->opened[i])
            return TL_ERROR_MEMORY;
    }
    return TL_OK;
}

enum tl_error tl_db_script(struct tl_db *db, const char *text)
{
    enum tl_error error = tl_db_connect(db);
    return error ? error : finish(db, PQsendQuery(db->connection, text), NULL);
}

static enum tl_error begin(struct tl_db *db, const char *text)
{
    bool was_connected = db->connection != NULL;
    if (db->ring)
        tl_keyring_forget_made(db->ring);
    enum tl_error error = tl_db_script(db, text);
    /* A connection that died while idle (the server was restarted): nothing was asked on it yet,
     * so a new one is as good. */
    if (error == TL_ERROR_AWAY && was_connected) {
        db->next_try = 0;
        error = tl_db_script(db, text);
    }
    if (!error)
        db->in_transaction = true;
    return error;
}

enum tl_error tl_db_begin(struct tl_db *db)
{
    return begin(db, "begin");
}

#define ROLE(name)                                                                             \
    {                                                                                          \
        name, "begin; set local role " name                                                    \
    }
static const struct {
    const char *name, *begin;
} roles[] = {
    [TL_DB_STRANGER] = ROLE("teleloire_stranger"), [TL_DB_PERSON] = ROLE("teleloire_person"),
    [TL_DB_VISITOR] = ROLE("teleloire_visitor"),   [TL_DB_DOOR] = ROLE("teleloire_door"),
    [TL_DB_SYSTEM] = ROLE("teleloire_system"),
};

const char *tl_db_role_name(enum tl_db_role role)
{
    return roles[role].name;
}

enum tl_error tl_db_begin_as(struct tl_db *db, enum tl_db_role role)
{
    enum tl_error error = begin(db, roles[role].begin);
    /* `begin` stood and the role did not: a database that is not of this program's shape. */
    if (error && error != TL_ERROR_AWAY)
        (void)tl_db_script(db, "rollback");
    return error;
}

enum tl_error tl_db_commit(struct tl_db *db)
{
    if (!db->in_transaction)
        return TL_ERROR_STATE;
    struct tl_rows rows = { 0 };
    enum tl_error error = finish(db, PQsendQuery(db->connection, "commit"), &rows);
    db->in_transaction = false;
    /* A transaction that failed answers COMMIT with ROLLBACK. */
    if (!error && strcmp(PQcmdStatus(rows.result), "COMMIT") != 0)
        error = TL_ERROR_STATE;
    tl_rows_release(&rows);
    return error;
}

void tl_db_rollback(struct tl_db *db)
{
    if (!db->connection || !db->in_transaction)
        return;
    (void)tl_db_script(db, "rollback");
    db->in_transaction = false;
}

static enum tl_error prepare(struct tl_db *db, enum tl_sql sql)
{
    const struct tl_query_text *query = &tl_queries[sql];
    if (db->prepared[sql])
        return TL_OK;
    enum tl_error error =
        finish(db, PQsendPrepare(db->connection, query->name, query->text, 0, NULL), NULL);
    if (error)
        tl_log(TL_LOG_ERROR, "database.prepare", TL_WORD("query", query->name));
    else
        db->prepared[sql] = true;
    return error;
}

static enum tl_error send(struct tl_db *db, enum tl_sql sql, const struct tl_value *values,
                          char *const *sealed, size_t count, struct tl_rows *ret_rows)
{
    const char *data[TL_DB_PARAMETERS_LIMIT];
    int sizes[TL_DB_PARAMETERS_LIMIT], formats[TL_DB_PARAMETERS_LIMIT];
    for (size_t i = 0; i < count; i++) {
        data[i] = sealed[i] ? sealed[i] : values[i].data;
        sizes[i] = (int)values[i].size;
        formats[i] = values[i].raw;
    }
    return finish(db,
                  PQsendQueryPrepared(db->connection, tl_queries[sql].name, (int)count, data,
                                      sizes, formats, 0),
                  ret_rows);
}

enum tl_error tl_db_run(struct tl_db *db, enum tl_sql sql, const struct tl_value *values,
                        size_t count, struct tl_rows *ret_rows)
{
    char *sealed[TL_DB_PARAMETERS_LIMIT] = { NULL };
    struct tl_rows rows = { 0 };
    if (count > TL_DB_PARAMETERS_LIMIT)
        return TL_ERROR_LIMIT;
    if (!db->connection && db->in_transaction)
        return TL_ERROR_AWAY;
    enum tl_error error = tl_db_connect(db);
    if (!error)
        error = prepare(db, sql);
    if (error)
        return error;
    error = tl_db_seal_values(db, values, count, sealed);
    if (!error)
        error = send(db, sql, values, sealed, count, ret_rows ? &rows : NULL);
    for (size_t i = 0; i < count; i++)
        free(sealed[i]);
    if (!error && ret_rows)
        error = open_rows(db, &rows);
    if (error)
        tl_rows_release(&rows);
    else if (ret_rows)
        *ret_rows = rows;
    if (error && error != TL_ERROR_AWAY)
        tl_log(TL_LOG_WARNING, "database.query", TL_WORD("query", tl_queries[sql].name),
               TL_WORD("error", tl_error_name(error)));
    return error;
}

void tl_db_set_keyring(struct tl_db *db, struct tl_keyring *ring)
{
    db->ring = ring;
}

struct tl_keyring *tl_db_keyring(struct tl_db *db)
{
    return db->ring;
}

const char *tl_rows_text(const struct tl_rows *rows, size_t row, size_t column)
{
    if (row >= rows->count || PQgetisnull(rows->result, (int)row, (int)column))
        return NULL;
    const char *opened =
        rows->opened ? rows->opened[row * (size_t)PQnfields(rows->result) + column] : NULL;
    if (opened)
        return opened[0] == TL_ROWS_NULL[0] ? NULL : opened;
    return PQgetvalue(rows->result, (int)row, (int)column);
}

int64_t tl_rows_integer(const struct tl_rows *rows, size_t row, size_t column)
{
    const char *text = tl_rows_text(rows, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool tl_rows_boolean(const struct tl_rows *rows, size_t row, size_t column)
{
    const char *text = tl_rows_text(rows, row, column);
    return text && text[0] == 't';
}

enum tl_error tl_rows_bytes(const struct tl_rows *rows, size_t row, size_t column,
                            uint8_t **ret_data, size_t *ret_size)
{
    const char *text = tl_rows_text(rows, row, column);
    size_t size;
    if (!text || strncmp(text, "\\x", 2) != 0)
        return TL_ERROR_FORMAT;
    size = strlen(text + 2) / 2;
    tl_autofree uint8_t *data = malloc(size + 1);
    if (!data)
        return TL_ERROR_MEMORY;
    enum tl_error error = tl_hex_read((struct tl_text){ text + 2, size * 2 }, data, size);
    if (error)
        return error;
    *ret_data = TL_TAKE(data);
    *ret_size = size;
    return TL_OK;
}

void tl_rows_release(struct tl_rows *rows)
{
    size_t cells = rows->opened ? rows->count * (size_t)PQnfields(rows->result) : 0;
    for (size_t i = 0; i < cells; i++) {
        if (rows->opened[i])
            tl_secret_wipe(rows->opened[i], strlen(rows->opened[i]));
        free(rows->opened[i]);
    }
    free(rows->opened);
    PQclear(rows->result);
    *rows = (struct tl_rows){ 0 };
}
