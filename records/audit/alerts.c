#include "audit/alerts.h"

#include <stdio.h>
#include <string.h>

#include "audit/handlers.h"
#include "http/policy.h"
#include "outbox/outbox.h"

enum { COMMENT_LEAST = 3, COMMENT_MOST = 500, ITEMS = 25 };

/* ---- finding and telling ---- */

static bool tell_managers(struct tl_call *call, const struct tl_rows *rows)
{
    char link[300];
    snprintf(link, sizeof link, "%s/alertes", call->settings->public_url);
    for (size_t i = 0; i < rows->count; i++) {
        bool english = strcmp(tl_rows_text(rows, i, 2), "en") == 0;
        struct tl_recipient to = { tl_rows_text(rows, i, 0), tl_rows_text(rows, i, 1),
                                   english ? TL_ENGLISH : TL_FRENCH };
        struct tl_message_facts facts = { "", tl_rows_text(rows, i, 3), call->now, link, "" };
        if (!tl_outbox_tell(call, TL_TOPIC_ALERT, &to, &facts))
            return false;
    }
    return true;
}

enum tl_error tl_audit_alerts_scan(struct tl_db *db, const struct tl_records_settings *settings,
                                   tl_time_us wall)
{
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_call call = { .db = db, .settings = settings, .now = wall };
    enum tl_error error = tl_db_begin_as(db, TL_DB_SYSTEM);
    if (error)
        return error;
    error = tl_db_run(db, TL_SQL_AUDIT_ALERTS_SCAN, NULL, 0, &rows);
    if (!error && !tell_managers(&call, &rows))
        error = TL_ERROR_IO;
    tl_call_release(&call);
    if (!error)
        return tl_db_commit(db);
    tl_db_rollback(db);
    return error;
}

/* ---- the page ---- */

void tl_get_alerts(struct tl_call *call)
{
    struct tl_fields f;
    char limit[12], after[TL_UUID_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", tl_field_limit(&f, ITEMS));
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_AUDIT_ALERTS, &rows, tl_value(after[0] ? after : NULL),
                         tl_value(limit)))
        (void)tl_answer_page(call, &rows);
}

void tl_post_alert_seen(struct tl_call *call)
{
    struct tl_fields f;
    tl_autorows struct tl_rows rows = { 0 };
    tl_autorows struct tl_rows known = { 0 };
    if (!tl_call_body(call, &f))
        return;
    struct tl_text comment =
        tl_field_characters(&f, "comment", COMMENT_LEAST, COMMENT_MOST, TL_SEVERAL_LINES);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    const struct tl_place place = { "audit_alert.comment", call->ids[0], NULL, NULL };
    if (!tl_call_ask(call, TL_SQL_AUDIT_ALERT_SEEN, &rows, tl_value(call->ids[0]),
                     tl_value(call->who.id), tl_value_sealed(comment.data, &place)))
        return;
    if (rows.count) {
        memcpy(call->audit_object, call->ids[0], sizeof call->audit_object);
        tl_answer_empty(call, 204);
        return;
    }
    if (!tl_call_ask(call, TL_SQL_AUDIT_ALERT_KNOWN, &known, tl_value(call->ids[0])))
        return;
    if (known.count)
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Quelqu'un a déjà répondu à cette alerte : rechargez la page.",
                               "Somebody has answered this alert already: reload the page."));
    else
        (void)tl_refuse_missing(call);
}
