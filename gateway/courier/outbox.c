#include "outbox.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

/* What is asked of the database, in one place. */
static const char sql_take[] =
    "select id, sealed, attempts,"
    " (extract(epoch from clock_timestamp() - due_at) * 1000000)::bigint"
    " from outbox"
    " where delivered_at is null and dead_at is null"
    " and next_attempt_at <= clock_timestamp() and due_at <= clock_timestamp()"
    " order by next_attempt_at limit 1 for update skip locked";
static const char sql_delivered[] =
    "update outbox set delivered_at = clock_timestamp(), last_error = null, sealed = ''"
    " where id = $1::uuid";
static const char sql_later[] =
    "update outbox set attempts = attempts + 1, last_error = $3,"
    " next_attempt_at = clock_timestamp() + $2::bigint * interval '1 microsecond'"
    " where id = $1::uuid";
static const char sql_dead[] =
    "update outbox set attempts = attempts + 1, last_error = $2, dead_at = clock_timestamp()"
    " where id = $1::uuid";
/* No row where nothing waits: greatest() passes over null and would say now. */
static const char sql_next_due[] =
    "select greatest(0, extract(epoch from greatest(due_at, next_attempt_at)"
    " - clock_timestamp()) * 1000000)::bigint"
    " from outbox where delivered_at is null and dead_at is null"
    " order by greatest(due_at, next_attempt_at) limit 1";
static const char sql_prune[] =
    "select delivered, dead from outbox_prune($1::integer, $2::integer, $3::integer)";
static const char sql_counts[] =
    "select (select count(*) from outbox where delivered_at is null and dead_at is null),"
    " (select count(*) from outbox where dead_at is not null)";

struct result {
    char id[TL_UUID_SIZE];
    enum tl_outbox_end end;
    tl_time_us pause;
    char reason[TL_OUTBOX_ERROR_LIMIT];
};

struct tl_outbox {
    char *conninfo, *password;
    PGconn *connection;
    struct result unrecorded[TL_OUTBOX_UNRECORDED_LIMIT];
    size_t unrecorded_count;
};

struct tl_outbox *tl_outbox_new(const char *conninfo, const char *password)
{
    struct tl_outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        return NULL;
    outbox->conninfo = strdup(conninfo);
    outbox->password = password ? strdup(password) : NULL;
    if (!outbox->conninfo || (password && !outbox->password))
        return tl_outbox_free(outbox);
    return outbox;
}

static void disconnect(struct tl_outbox *outbox)
{
    PQfinish(outbox->connection);
    outbox->connection = NULL;
}

struct tl_outbox *tl_outbox_free(struct tl_outbox *outbox)
{
    if (!outbox)
        return NULL;
    disconnect(outbox);
    tl_secret_free_text(outbox->password);
    free(outbox->conninfo);
    free(outbox);
    return NULL;
}

int tl_outbox_fd(const struct tl_outbox *outbox)
{
    return outbox->connection ? PQsocket(outbox->connection) : -1;
}

/* Runs one statement; a connection found broken is dropped. NULL when it failed. */
static PGresult *run(struct tl_outbox *outbox, const char *sql, int count,
                     const char *const *values, int binary)
{
    if (!outbox->connection)
        return NULL;
    PGresult *result =
        PQexecParams(outbox->connection, sql, count, NULL, values, NULL, NULL, binary);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    PQclear(result);
    if (PQstatus(outbox->connection) != CONNECTION_OK)
        disconnect(outbox);
    return NULL;
}

static bool execute(struct tl_outbox *outbox, const char *sql, int count,
                    const char *const *values)
{
    PGresult *result = run(outbox, sql, count, values, 0);
    PQclear(result);
    return result != NULL;
}

static bool write_result(struct tl_outbox *outbox, const struct result *result)
{
    char pause[32];
    snprintf(pause, sizeof pause, "%lld", (long long)result->pause);
    switch (result->end) {
    case TL_OUTBOX_DELIVERED:
        return execute(outbox, sql_delivered, 1, (const char *[]){ result->id });
    case TL_OUTBOX_LATER:
        return execute(outbox, sql_later, 3,
                       (const char *[]){ result->id, pause, result->reason });
    case TL_OUTBOX_DEAD:
        return execute(outbox, sql_dead, 2, (const char *[]){ result->id, result->reason });
    }
    return false;
}

static bool record_what_waits(struct tl_outbox *outbox)
{
    while (outbox->unrecorded_count) {
        if (!write_result(outbox, &outbox->unrecorded[0]))
            return false;
        outbox->unrecorded_count--;
        memmove(&outbox->unrecorded[0], &outbox->unrecorded[1],
                outbox->unrecorded_count * sizeof outbox->unrecorded[0]);
    }
    return true;
}

enum tl_error tl_outbox_connect(struct tl_outbox *outbox)
{
    if (outbox->connection)
        return TL_OK;
    const char *names[] = { "dbname",           "password", "connect_timeout",
                            "application_name", "options",  NULL };
    const char *values[] = { outbox->conninfo,
                             outbox->password,
                             "3",
                             "teleloire-courier",
                             "-c statement_timeout=5000 -c lock_timeout=2000"
                             " -c idle_in_transaction_session_timeout=120000",
                             NULL };
    outbox->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(outbox->connection) != CONNECTION_OK ||
        !execute(outbox, "listen outbox", 0, NULL) || !record_what_waits(outbox)) {
        if (outbox->connection)
            disconnect(outbox);
        return TL_ERROR_AWAY;
    }
    return TL_OK;
}

enum tl_error tl_outbox_change_password(struct tl_outbox *outbox, const char *password)
{
    struct tl_outbox *trial = tl_outbox_new(outbox->conninfo, password);
    enum tl_error error = trial ? tl_outbox_connect(trial) : TL_ERROR_MEMORY;
    if (!error) { /* the trial takes the old one with it */
        char *old = outbox->password;
        outbox->password = trial->password;
        trial->password = old;
    }
    tl_outbox_free(trial);
    return error;
}

enum tl_error tl_outbox_notified(struct tl_outbox *outbox)
{
    if (!outbox->connection)
        return TL_ERROR_AWAY;
    if (!PQconsumeInput(outbox->connection)) {
        disconnect(outbox);
        return TL_ERROR_AWAY;
    }
    for (PGnotify *notify; (notify = PQnotifies(outbox->connection));)
        PQfreemem(notify);
    return TL_OK;
}

static enum tl_error row_read(PGresult *result, struct tl_outbox_row *ret_row)
{
    struct tl_outbox_row row = { .sealed_size = 0 };
    uint64_t attempts, age;
    if (tl_text_copy(tl_text(PQgetvalue(result, 0, 0)), row.id, sizeof row.id) != TL_OK ||
        tl_text_u64(tl_text(PQgetvalue(result, 0, 2)), 1000000, &attempts) != TL_OK ||
        tl_text_u64(tl_text(PQgetvalue(result, 0, 3)), INT64_MAX, &age) != TL_OK)
        return TL_ERROR_FORMAT;
    size_t size = 0;
    unsigned char *sealed =
        PQunescapeBytea((const unsigned char *)PQgetvalue(result, 0, 1), &size);
    if (!sealed)
        return TL_ERROR_MEMORY;
    row.sealed = malloc(size ? size : 1);
    if (row.sealed)
        memcpy(row.sealed, sealed, size);
    PQfreemem(sealed);
    if (!row.sealed)
        return TL_ERROR_MEMORY;
    row.sealed_size = size;
    row.attempts = (unsigned)attempts;
    row.age = (tl_time_us)age;
    *ret_row = row;
    return TL_OK;
}

enum tl_error tl_outbox_take(struct tl_outbox *outbox, struct tl_outbox_row *ret_row)
{
    if (!outbox->connection)
        return TL_ERROR_AWAY;
    if (outbox->unrecorded_count && !record_what_waits(outbox))
        return TL_ERROR_LIMIT;
    if (!execute(outbox, "begin", 0, NULL))
        return TL_ERROR_AWAY;
    PGresult *result = run(outbox, sql_take, 0, NULL, 0);
    enum tl_error error = TL_ERROR_AWAY;
    if (result)
        error = PQntuples(result) == 1 ? row_read(result, ret_row) : TL_ERROR_MISSING;
    PQclear(result);
    if (error)
        (void)execute(outbox, "rollback", 0, NULL);
    return error;
}

void tl_outbox_row_release(struct tl_outbox_row *row)
{
    free(row->sealed);
    row->sealed = NULL;
}

enum tl_error tl_outbox_record(struct tl_outbox *outbox, const struct tl_outbox_row *row,
                               enum tl_outbox_end end, tl_time_us pause, const char *reason)
{
    struct result result = { .end = end, .pause = pause };
    memcpy(result.id, row->id, sizeof result.id);
    snprintf(result.reason, sizeof result.reason, "%s", reason ? reason : "");
    if (write_result(outbox, &result) && execute(outbox, "commit", 0, NULL))
        return TL_OK;
    (void)execute(outbox, "rollback", 0, NULL);
    /* Only a delivery matters: anything else is simply tried again. The limit cannot be passed:
     * nothing is taken while a result waits. */
    if (end == TL_OUTBOX_DELIVERED && outbox->unrecorded_count < TL_OUTBOX_UNRECORDED_LIMIT)
        outbox->unrecorded[outbox->unrecorded_count++] = result;
    return TL_ERROR_AWAY;
}

tl_time_us tl_outbox_next_due(struct tl_outbox *outbox)
{
    const tl_time_us most = 60 * TL_SECOND_US;
    PGresult *result = run(outbox, sql_next_due, 0, NULL, 0);
    uint64_t due = (uint64_t)most;
    if (result && PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
        (void)tl_text_u64(tl_text(PQgetvalue(result, 0, 0)), INT64_MAX, &due);
    PQclear(result);
    return (tl_time_us)due < most ? (tl_time_us)due : most;
}

bool tl_outbox_counts(struct tl_outbox *outbox, int64_t *ret_waiting, int64_t *ret_dead)
{
    PGresult *result = run(outbox, sql_counts, 0, NULL, 0);
    uint64_t waiting, dead;
    bool well = result && PQntuples(result) == 1 &&
                tl_text_u64(tl_text(PQgetvalue(result, 0, 0)), INT64_MAX, &waiting) == TL_OK &&
                tl_text_u64(tl_text(PQgetvalue(result, 0, 1)), INT64_MAX, &dead) == TL_OK;
    PQclear(result);
    if (well) {
        *ret_waiting = (int64_t)waiting;
        *ret_dead = (int64_t)dead;
    }
    return well;
}

bool tl_outbox_prune(struct tl_outbox *outbox, int delivered_days, int dead_days,
                     int64_t *ret_delivered, int64_t *ret_dead)
{
    char days[2][16], most[16];
    uint64_t delivered, dead;
    snprintf(days[0], sizeof days[0], "%d", delivered_days);
    snprintf(days[1], sizeof days[1], "%d", dead_days);
    snprintf(most, sizeof most, "%d", TL_OUTBOX_PRUNE_MOST);
    PGresult *result = run(outbox, sql_prune, 3, (const char *[]){ days[0], days[1], most }, 0);
    bool well =
        result && PQntuples(result) == 1 &&
        tl_text_u64(tl_text(PQgetvalue(result, 0, 0)), INT64_MAX, &delivered) == TL_OK &&
        tl_text_u64(tl_text(PQgetvalue(result, 0, 1)), INT64_MAX, &dead) == TL_OK;
    PQclear(result);
    if (well) {
        *ret_delivered = (int64_t)delivered;
        *ret_dead = (int64_t)dead;
    }
    return well;
}
