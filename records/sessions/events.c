#include "sessions/events.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/channel.h"
#include "base/memory.h"
#include "sessions/event_words.h"

static struct tl_value text(struct tl_text t)
{
    return tl_value(t.data && t.size ? t.data : NULL);
}

static enum tl_error apply_text(struct tl_db *db, const char *json)
{
    tl_autojson json_t *body = NULL;
    struct tl_session_event event;
    const char *wrong = NULL;
    if (tl_json_read(tl_bytes(json, strlen(json)), TL_CHANNEL_JSON_LIMIT, &body) ||
        tl_session_event_read(body, &event, &wrong))
        return TL_OK; /* not told by a session: it moved nobody */
    return tl_session_event_apply(db, &event);
}

/* An event of before others on record (two workers' journals come back in any order): what followed
 * it is applied again, in order, since it may have found nobody to apply to. */
static enum tl_error apply_from(struct tl_db *db, const struct tl_session_event *e)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_session_event_apply(db, e);
    if (error || e->type == TL_EVENT_INCIDENT || e->type == TL_EVENT_TEST_RESULT)
        return error;
    error = tl_db_query(db, TL_SQL_SESSION_EVENTS_SINCE, &rows, text(e->act), text(e->at),
                        text(e->id));
    for (size_t i = 0; !error && i < rows.count; i++)
        error = apply_text(db, tl_rows_text(&rows, i, 0));
    return error;
}

static enum tl_error audit(struct tl_db *db, const char *writer, const char *action,
                           const char *act)
{
    struct tl_audit row = {
        .writer = writer, .actor_kind = "door", .action = action, .act = act
    };
    return tl_audit_add(db, &row);
}

static enum tl_error record(struct tl_db *db, const char *writer,
                            const struct tl_session_event *e, json_t **ret_watchers)
{
    tl_autorows struct tl_rows fresh = { 0 };
    tl_autorows struct tl_rows watchers = { 0 };
    tl_autofree char *detail = NULL;
    /* One event of an act at a time. */
    enum tl_error error = tl_db_query(db, TL_SQL_ACT_LOCK, NULL, text(e->act));
    if (!error)
        error = tl_event_detail_write(db, e->id.data, NULL, e->act.data, e->detail, &detail);
    if (!error)
        error = tl_db_query(db, TL_SQL_SESSION_EVENT_ADD, &fresh, text(e->id), text(e->act),
                            tl_value(e->type_word), text(e->at), text(e->participant),
                            tl_value_marked(detail));
    if (error || !fresh.count)
        return error;
    error = apply_from(db, e);
    if (!error)
        error = audit(db, writer, "session.event", e->act.data);
    if (!error && ret_watchers && e->type != TL_EVENT_RESUME_CHANGED) {
        error = tl_db_query(db, TL_SQL_ACT_WATCHERS, &watchers, text(e->act));
        if (!error)
            *ret_watchers = json_loads(tl_rows_text(&watchers, 0, 0), 0, NULL);
    }
    return error;
}

enum tl_error tl_session_event_record(struct tl_db *db, const char *writer,
                                      const struct tl_session_event *event,
                                      json_t **ret_watchers)
{
    json_t *watchers = NULL;
    enum tl_error error = tl_db_begin_as(db, TL_DB_DOOR);
    if (error)
        return error;
    error = record(db, writer, event, ret_watchers ? &watchers : NULL);
    if (error)
        tl_db_rollback(db);
    else
        error = tl_db_commit(db);
    if (error)
        json_decref(watchers);
    else if (ret_watchers)
        *ret_watchers = watchers;
    return error;
}

static enum tl_error load(struct tl_db *db, const char *writer, const char *act,
                          json_t **ret_answer)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_db_query(db, TL_SQL_SESSION_LOAD, &rows, tl_value(act));
    if (!error && !rows.count)
        error = TL_ERROR_MISSING;
    if (!error)
        error = audit(db, writer, "session.load", act);
    if (error)
        return error;
    *ret_answer = json_loads(tl_rows_text(&rows, 0, 0), 0, NULL);
    return *ret_answer ? TL_OK : TL_ERROR_IO;
}

enum tl_error tl_session_load(struct tl_db *db, const char *writer, json_t *body,
                              json_t **ret_answer)
{
    json_t *answer = NULL;
    struct tl_fields f = tl_fields(body);
    struct tl_text act = tl_field_text(&f, "act", 36, 36);
    if (tl_fields_end(&f) || !tl_uuid_is_valid(act))
        return TL_ERROR_FORMAT;
    enum tl_error error = tl_db_begin_as(db, TL_DB_DOOR);
    if (error)
        return error;
    error = load(db, writer, act.data, &answer);
    if (error)
        tl_db_rollback(db);
    else
        error = tl_db_commit(db);
    if (error)
        json_decref(answer);
    else
        *ret_answer = answer;
    return error;
}
