/* Events set aside because they can never be recorded as things are (api-N.refused): an operator
 * sees them, mends the cause and has them recorded (teleloire journal). */
#include "sessions/refused.h"

#include "base/channel.h"
#include "base/json.h"
#include "base/memory.h"
#include "sessions/events.h"
#include "worker.h"

enum { LOOK_EVERY_S = 5 };

static enum tl_error is_recorded(struct tl_db *db, struct tl_text id)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_db_begin_as(db, TL_DB_DOOR);
    if (error)
        return error;
    error = tl_db_query(db, TL_SQL_SESSION_EVENT_IS_THERE, &rows, tl_value(id.data));
    tl_db_rollback(db);
    return error ? error : rows.count ? TL_OK : TL_ERROR_STATE;
}

static enum tl_error forget_one(void *context, struct tl_bytes plain)
{
    tl_autojson json_t *body = NULL;
    struct tl_session_event event;
    const char *wrong = NULL;
    if (tl_json_read(plain, TL_CHANNEL_JSON_LIMIT, &body) ||
        tl_session_event_read(body, &event, &wrong))
        return TL_ERROR_STATE; /* no event: it stays for a person to read */
    return is_recorded(context, event.id);
}

void tl_worker_forget_mended(struct tl_worker *worker)
{
    tl_time_us now = tl_clock_monotonic();
    if (!worker->refusals || !tl_journal_count(worker->refusals) || now < worker->refusals_at ||
        !tl_db_is_connected(worker->db))
        return;
    worker->refusals_at = now + LOOK_EVERY_S * TL_SECOND_US;
    (void)tl_journal_replay(worker->refusals, forget_one, worker->db);
}

/* Ids, type and time; never a name. */
static void show(const struct tl_refused *refused, struct tl_bytes plain,
                 const struct tl_session_event *event, const char *state)
{
    if (event)
        fprintf(refused->out, "api-%d\t%s\t%s\t%s\t%s\t%s\t%s\n", refused->index, refused->kind,
                event->at.data, event->type_word, event->act.data, event->id.data, state);
    else
        fprintf(refused->out, "api-%d\t%s\t-\t-\t-\t-\t%zu bytes, not an event\n",
                refused->index, refused->kind, plain.size);
}

static enum tl_error look_at_one(void *context, struct tl_bytes plain)
{
    struct tl_refused *refused = context;
    tl_autojson json_t *body = NULL;
    struct tl_session_event event;
    const char *wrong = NULL;
    refused->seen++;
    if (tl_json_read(plain, TL_CHANNEL_JSON_LIMIT, &body) ||
        tl_session_event_read(body, &event, &wrong)) {
        show(refused, plain, NULL, NULL);
        return TL_OK;
    }
    enum tl_error error = refused->retry
                              ? tl_session_event_record(refused->db, "operator", &event, NULL)
                              : is_recorded(refused->db, event.id);
    refused->recorded += error == TL_OK;
    show(refused, plain, &event,
         error == TL_OK            ? "recorded"
         : error == TL_ERROR_AWAY  ? "no database"
         : !refused->retry         ? "not recorded"
         : error == TL_ERROR_STATE ? "refused again: no such act, or against what is on record"
                                   : tl_error_name(error));
    return TL_OK;
}

enum tl_error tl_refused_go_through(struct tl_refused *refused, const char *folder,
                                    const uint8_t key[TL_SEAL_KEY_SIZE])
{
    static const char *const kinds[] = { "refused", "stalled", "journal" };
    for (refused->index = 0; refused->index < TL_REFUSED_WORKERS_LIMIT; refused->index++)
        for (size_t i = 0; i < (refused->retry ? 1 : TL_COUNT_OF(kinds)); i++) {
            refused->kind = kinds[i];
            enum tl_error error =
                tl_journal_look(folder, kinds[i], refused->index, key, look_at_one, refused);
            if (error && error != TL_ERROR_MISSING)
                return error;
        }
    return TL_OK;
}
