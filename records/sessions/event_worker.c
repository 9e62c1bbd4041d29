/* A session event is durable before the door is told so: in the database, or, while that is away,
 * in the journal. Behind a journal that is not yet empty an event waits its turn. */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "channels/types.h"
#include "sessions/events.h"
#include "worker.h"

static bool may_come_back(enum tl_error error)
{
    return error == TL_ERROR_AWAY || error == TL_ERROR_TIMEOUT || error == TL_ERROR_AGAIN;
}

static enum tl_error record(struct tl_worker *worker, const struct tl_session_event *event)
{
    json_t *watchers = NULL;
    tl_db_set_patience(worker->db, TL_WORKER_EVENT_PATIENCE_MS);
    enum tl_error error =
        tl_session_event_record(worker->db, worker->settings.writer, event, &watchers);
    if (error == TL_ERROR_AGAIN) /* lost against another transaction: once more */
        error = tl_session_event_record(worker->db, worker->settings.writer, event, &watchers);
    if (!watchers)
        return error;
    tl_autojson json_t *notice = json_pack("{s:s,s:s,s:o,s:{}}", "act", event->act.data, "kind",
                                           "act.changed", "people", watchers, "detail");
    if (notice)
        tl_worker_notice(worker, notice);
    return error;
}

static enum tl_error replay_one(void *context, struct tl_bytes plain)
{
    struct tl_worker *worker = context;
    tl_autojson json_t *body = NULL;
    struct tl_session_event event;
    const char *wrong = NULL;
    enum tl_error error = tl_json_read(plain, TL_CHANNEL_JSON_LIMIT, &body);
    if (!error)
        error = tl_session_event_read(body, &event, &wrong);
    if (!error)
        error = record(worker, &event);
    if (may_come_back(error))
        return error;
    if (error) /* will never be taken: said, and the others go on */
        tl_log(TL_LOG_ERROR, "journal.refused", TL_WORD("error", tl_error_name(error)));
    else
        worker->replayed++;
    return TL_OK;
}

enum tl_error tl_worker_replay(struct tl_worker *worker)
{
    if (!worker->journal || !tl_journal_count(worker->journal))
        return TL_OK;
    tl_db_set_patience(worker->db, TL_WORKER_EVENT_PATIENCE_MS);
    enum tl_error error = tl_db_connect(worker->db);
    if (error)
        return error;
    size_t count = tl_journal_count(worker->journal);
    error = tl_journal_replay(worker->journal, replay_one, worker);
    if (!error)
        tl_log(TL_LOG_INFO, "journal.replayed", TL_INTEGER("events", count));
    return error;
}

static enum tl_error keep(struct tl_worker *worker, json_t *body)
{
    tl_autofree char *text = NULL;
    size_t size;
    if (!worker->journal)
        return TL_ERROR_AWAY;
    enum tl_error error = tl_json_write(body, &text, &size);
    if (!error)
        error = tl_journal_append(worker->journal, tl_bytes(text, size));
    if (error)
        tl_log(TL_LOG_ERROR, "journal.append", TL_WORD("error", tl_error_name(error)));
    else
        worker->journaled++;
    return error;
}

void tl_worker_session_event(struct tl_worker *worker, uint32_t request, json_t *body)
{
    struct tl_session_event event;
    const char *wrong = "";
    enum tl_error error = tl_session_event_read(body, &event, &wrong);
    if (error) {
        worker->bad_messages++;
        tl_worker_reply_error(worker, TL_MESSAGE_SESSION_EVENT, request, error, wrong);
        return;
    }
    const char *where = "database";
    worker->events++;
    error = tl_worker_replay(worker);
    if (!error)
        error = record(worker, &event);
    if (may_come_back(error)) {
        where = "journal";
        error = keep(worker, body);
    }
    if (error)
        tl_worker_reply_error(worker, TL_MESSAGE_SESSION_EVENT, request, error, "not recorded");
    else
        tl_worker_reply(worker, TL_MESSAGE_SESSION_EVENT, request,
                        json_pack("{s:s}", "recorded", where));
}
