/* A session event is durable before the door is told so: in the database, or, while that is away,
 * in the journal. Behind a journal that is not yet empty an event waits its turn. One that fails
 * for a fault of ours waits apart with its act's later ones (journal/stalled.h), and the events of
 * other acts go on. */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "channels/types.h"
#include "sessions/events.h"
#include "worker.h"

/* What no later try can change: it is not an event, or it contradicts what is on record (no such
 * act). Whatever else goes wrong is ours to mend, and the event is kept until it is. */
static bool is_final(enum tl_error error)
{
    return error == TL_ERROR_FORMAT || error == TL_ERROR_RANGE || error == TL_ERROR_LIMIT ||
           error == TL_ERROR_STATE || error == TL_ERROR_EXISTS;
}

/* The database's doing, of all events alike: soon over, and waited for in the journal. What else
 * is not final is a fault of ours with this event. */
static bool is_passing(enum tl_error error)
{
    return error == TL_ERROR_AWAY || error == TL_ERROR_AGAIN || error == TL_ERROR_TIMEOUT ||
           error == TL_ERROR_MEMORY;
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

/* Into the file of the refused; an event that finds no room there stays in the journal. */
static enum tl_error set_aside(struct tl_worker *worker, struct tl_bytes plain,
                               enum tl_error why)
{
    enum tl_error error = tl_journal_append(worker->refusals, plain);
    tl_log(TL_LOG_ERROR, "journal.refused", TL_WORD("error", tl_error_name(why)),
           TL_BOOLEAN("kept", error == TL_OK));
    if (!error)
        worker->set_aside++;
    return error;
}

static enum tl_error stall(struct tl_worker *worker, struct tl_text act, struct tl_bytes plain,
                           enum tl_error why)
{
    enum tl_error error = tl_stalled_add(worker->stalled, act, plain, tl_clock_monotonic());
    if (why) /* not for those that only wait behind it */
        tl_log(TL_LOG_ERROR, "journal.stalled", TL_WORD("error", tl_error_name(why)),
               TL_BOOLEAN("kept", error == TL_OK));
    return error;
}

/* An event as the journal keeps it; its texts are the body's, which is the caller's also on failure. */
static enum tl_error read_kept(struct tl_bytes plain, json_t **ret_body,
                               struct tl_session_event *ret_event)
{
    const char *wrong = NULL; /* said to the door when it came */
    enum tl_error error = tl_json_read(plain, TL_CHANNEL_JSON_LIMIT, ret_body);
    return error ? error : tl_session_event_read(*ret_body, ret_event, &wrong);
}

/* Once more, of those that stalled. */
static enum tl_error retry_one(void *context, struct tl_bytes plain)
{
    struct tl_worker *worker = context;
    tl_autojson json_t *body = NULL;
    struct tl_session_event event;
    enum tl_error error = read_kept(plain, &body, &event);
    if (!error)
        error = record(worker, &event);
    worker->retried++;
    if (is_final(error))
        return set_aside(worker, plain, error);
    return is_passing(error) ? TL_ERROR_AWAY : error;
}

void tl_worker_retry_stalled(struct tl_worker *worker)
{
    size_t before = tl_stalled_count(worker->stalled);
    if (!before || !tl_db_is_connected(worker->db) ||
        !tl_stalled_try(worker->stalled, tl_clock_monotonic(), retry_one, worker))
        return;
    size_t acts = tl_stalled_acts(worker->stalled);
    if (acts)
        tl_log(TL_LOG_WARNING, "journal.still_stalled", TL_INTEGER("acts", acts),
               TL_INTEGER("events", before));
    else
        tl_log(TL_LOG_INFO, "journal.stalled_recorded", TL_INTEGER("events", before));
}

static enum tl_error replay_one(void *context, struct tl_bytes plain)
{
    struct tl_worker *worker = context;
    tl_autojson json_t *body = NULL;
    struct tl_session_event event;
    enum tl_error error = read_kept(plain, &body, &event);
    if (!error && tl_stalled_has(worker->stalled, event.act))
        return stall(worker, event.act, plain, TL_OK);
    if (!error)
        error = record(worker, &event);
    if (is_final(error))
        return set_aside(worker, plain, error);
    if (error && !is_passing(error))
        return stall(worker, event.act, plain, error);
    if (!error)
        worker->replayed++;
    return error;
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

/* On disk: in the journal, or apart when it waits for its act (why: the fault, or TL_OK). */
static enum tl_error keep(struct tl_worker *worker, const struct tl_session_event *event,
                          json_t *body, bool apart, enum tl_error why)
{
    tl_autofree char *text = NULL;
    size_t size;
    if (!worker->journal)
        return TL_ERROR_AWAY;
    enum tl_error error = tl_json_write(body, &text, &size);
    if (!error)
        error = apart ? stall(worker, event->act, tl_bytes(text, size), why)
                      : tl_journal_append(worker->journal, tl_bytes(text, size));
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
    bool behind = error != TL_OK; /* the journal: never past what waits there */
    bool apart = !behind && tl_stalled_has(worker->stalled, event.act);
    if (!behind && !apart)
        error = record(worker, &event);
    if (apart || (error && !is_final(error))) {
        where = "journal";
        apart |= !behind && !is_passing(error);
        error = keep(worker, &event, body, apart, error);
    }
    if (error)
        tl_worker_reply_error(worker, TL_MESSAGE_SESSION_EVENT, request, error, "not recorded");
    else
        tl_worker_reply(worker, TL_MESSAGE_SESSION_EVENT, request,
                        json_pack("{s:s}", "recorded", where));
}
