#include "worker.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/alerts.h"
#include "base/log.h"
#include "base/memory.h"
#include "channels/types.h"
#include "http/dispatch.h"
#include "psc/psc.h"
#include "sessions/events.h"
#include "sessions/tickets.h"
#include "sign_in/flood.h"

enum { IDLE_MS = 1000, BUSY_JOURNAL_MS = 250, TIDY_TICKS = 600, ALERTS_EVERY_S = 60 };

/* ---- sending ---- */

/* A whole document is more than a channel queues: waits for the door to read. */
static bool send_patiently(struct tl_worker *worker, const struct tl_channel_message *message)
{
    tl_time_us deadline =
        tl_clock_monotonic() + (tl_time_us)TL_WORKER_SEND_MS * TL_MILLISECOND_US;
    for (;;) {
        enum tl_error error = tl_channel_send(worker->door, message);
        if (error != TL_ERROR_LIMIT || tl_channel_queued_bytes(worker->door) == 0)
            return error == TL_OK;
        struct pollfd waiting = { .fd = tl_channel_fd(worker->door), .events = POLLOUT };
        tl_time_us left = deadline - tl_clock_monotonic();
        if (left <= 0 || poll(&waiting, 1, (int)(left / 1000) + 1) < 0)
            return false;
        (void)tl_channel_flush(worker->door);
    }
}

static void send_json(struct tl_worker *worker, uint16_t type, uint16_t flags, uint32_t request,
                      json_t *body)
{
    tl_autofree char *text = NULL;
    size_t size;
    if (worker->door && body && tl_json_write(body, &text, &size) == TL_OK) {
        struct tl_channel_message message = {
            .type = type, .flags = flags, .request = request, .json = tl_bytes(text, size)
        };
        (void)send_patiently(worker, &message);
    }
    json_decref(body);
}

void tl_worker_reply(struct tl_worker *worker, uint16_t type, uint32_t request, json_t *body)
{
    send_json(worker, type, TL_CHANNEL_REPLY, request, body);
}

void tl_worker_reply_error(struct tl_worker *worker, uint16_t type, uint32_t request,
                           enum tl_error error, const char *detail)
{
    send_json(worker, type, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR, request,
              json_pack("{s:s,s:s}", "error", tl_error_name(error), "detail", detail));
}

void tl_worker_notice(struct tl_worker *worker, json_t *notice)
{
    send_json(worker, TL_MESSAGE_NOTICE, 0, 0, json_incref(notice));
}

static json_t *response_head(const struct tl_answer *answer)
{
    char number[16];
    json_t *headers = json_object();
    if (answer->media_type)
        json_object_set_new(headers, "content-type", json_string(answer->media_type));
    json_t *cookies = json_array();
    for (size_t i = 0; i < TL_CALL_COOKIES; i++)
        if (answer->cookies[i])
            json_array_append_new(cookies, json_string(answer->cookies[i]));
    if (json_array_size(cookies))
        json_object_set(headers, "set-cookie", cookies);
    json_decref(cookies);
    if (answer->location)
        json_object_set_new(headers, "location", json_string(answer->location));
    if (answer->disposition[0])
        json_object_set_new(headers, "content-disposition", json_string(answer->disposition));
    if (answer->no_store)
        json_object_set_new(headers, "cache-control", json_string("no-store"));
    if (answer->retry_after_s) {
        snprintf(number, sizeof number, "%d", answer->retry_after_s);
        json_object_set_new(headers, "retry-after", json_string(number));
    }
    return json_pack("{s:i,s:o}", "status", answer->status, "headers", headers);
}

static void send_answer(struct tl_worker *worker, uint32_t request,
                        const struct tl_answer *answer)
{
    tl_autofree char *head = NULL;
    size_t head_size, at = 0;
    tl_autojson json_t *object = response_head(answer);
    if (!worker->door || !object || tl_json_write(object, &head, &head_size))
        return;
    worker->answered[answer->status / 100 % 6]++;
    do {
        size_t left = answer->size - at;
        size_t piece = left < TL_CHANNEL_RAW_LIMIT ? left : TL_CHANNEL_RAW_LIMIT;
        struct tl_channel_message message = {
            .type = at ? TL_MESSAGE_HTTP_RESPONSE_BODY : TL_MESSAGE_HTTP_RESPONSE,
            .flags = (uint16_t)(TL_CHANNEL_REPLY | (piece < left ? TL_CHANNEL_MORE : 0)),
            .request = request,
            .json = at ? tl_bytes(NULL, 0) : tl_bytes(head, head_size),
            .raw = tl_bytes((const uint8_t *)answer->body + at, piece),
        };
        if (!send_patiently(worker, &message))
            return;
        at += piece;
    } while (at < answer->size);
}

/* ---- requests ---- */

static void forget_pending(struct tl_worker *worker)
{
    json_decref(worker->pending.head);
    if (worker->pending.body)
        tl_secret_wipe(worker->pending.body, worker->pending.size);
    free(worker->pending.body);
    memset(&worker->pending, 0, sizeof worker->pending);
}

static void answer_request(struct tl_worker *worker, uint32_t number, json_t *head,
                           struct tl_bytes body)
{
    struct tl_request request;
    struct tl_call call = { .db = worker->db,
                            .settings = &worker->settings,
                            .now = tl_clock_wall(),
                            .attempts = worker->attempts,
                            .request = &request };
    enum tl_error error = tl_request_read(head, &request);
    if (error && error != TL_ERROR_UNSUPPORTED) {
        worker->bad_messages++;
        tl_worker_reply_error(worker, TL_MESSAGE_HTTP_RESPONSE, number, error, "bad head");
        return;
    }
    if (error) {
        call.request = NULL;
        (void)tl_refuse(&call, TL_PROBLEM_METHOD, NULL,
                        TL_SAY("Méthode inconnue.", "Unknown method."));
    } else {
        request.body = body;
        tl_db_set_patience(worker->db, TL_DB_ANSWER_MS);
        tl_dispatch(&call);
        worker->hashes += call.hashed;
    }
    send_answer(worker, number, &call.answer);
    for (size_t i = 0; i < call.notice_count; i++)
        tl_worker_notice(worker, call.notices[i]);
    tl_call_release(&call);
}

static void refuse_too_big(struct tl_worker *worker, uint32_t number)
{
    struct tl_call call = { 0 };
    (void)tl_refuse(&call, TL_PROBLEM_TOO_BIG, NULL,
                    TL_SAY("Le contenu dépasse 20 Mio.", "The content is over 20 MiB."));
    send_answer(worker, number, &call.answer);
    tl_call_release(&call);
    worker->refused = number;
    forget_pending(worker);
}

/* Room doubles; a length announced is a wish, not an order. */
static bool keep_piece(struct tl_worker *worker, struct tl_bytes piece)
{
    size_t needed = worker->pending.size + piece.size;
    if (needed > TL_DOCUMENT_LIMIT)
        return false;
    if (needed > worker->pending.room) {
        size_t room = worker->pending.room ? worker->pending.room * 2 : 256 * 1024;
        while (room < needed)
            room *= 2;
        uint8_t *body = realloc(worker->pending.body, room);
        if (!body)
            return false;
        worker->pending.body = body;
        worker->pending.room = room;
    }
    if (piece.size)
        memcpy(worker->pending.body + worker->pending.size, piece.data, piece.size);
    worker->pending.size = needed;
    return true;
}

static void receive_request(struct tl_worker *worker, const struct tl_channel_message *message,
                            json_t *head)
{
    if (worker->pending.active) {
        tl_worker_reply_error(worker, TL_MESSAGE_HTTP_RESPONSE, message->request,
                              TL_ERROR_AGAIN, "one request at a time");
        return;
    }
    if (!(message->flags & TL_CHANNEL_MORE)) {
        answer_request(worker, message->request, head, message->raw);
        return;
    }
    worker->pending.active = true;
    worker->pending.request = message->request;
    worker->pending.head = json_incref(head);
    if (!keep_piece(worker, message->raw))
        refuse_too_big(worker, message->request);
}

static void receive_body(struct tl_worker *worker, const struct tl_channel_message *message,
                         json_t *body)
{
    if (message->request == worker->refused)
        return;
    if (!worker->pending.active || message->request != worker->pending.request) {
        worker->bad_messages++;
        return;
    }
    if (json_is_true(json_object_get(body, "abort"))) {
        forget_pending(worker);
        return;
    }
    if (!keep_piece(worker, message->raw)) {
        refuse_too_big(worker, message->request);
        return;
    }
    if (message->flags & TL_CHANNEL_MORE)
        return;
    answer_request(worker, worker->pending.request, worker->pending.head,
                   tl_bytes(worker->pending.body, worker->pending.size));
    forget_pending(worker);
}

/* ---- sessions ---- */

static void redeem(struct tl_worker *worker, uint32_t request, json_t *body)
{
    json_t *answer = NULL;
    tl_db_set_patience(worker->db, TL_WORKER_EVENT_PATIENCE_MS);
    enum tl_error error = tl_ticket_redeem(worker->db, worker->settings.writer, body, &answer);
    if (error)
        tl_worker_reply_error(worker, TL_MESSAGE_TICKET_REDEEM, request, error, "ticket");
    else
        tl_worker_reply(worker, TL_MESSAGE_TICKET_REDEEM, request, answer);
}

static void load(struct tl_worker *worker, uint32_t request, json_t *body)
{
    json_t *answer = NULL;
    tl_db_set_patience(worker->db, TL_WORKER_EVENT_PATIENCE_MS);
    enum tl_error error = tl_session_load(worker->db, worker->settings.writer, body, &answer);
    if (error)
        tl_worker_reply_error(worker, TL_MESSAGE_SESSION_LOAD, request, error, "session");
    else
        tl_worker_reply(worker, TL_MESSAGE_SESSION_LOAD, request, answer);
}

static void health(struct tl_worker *worker, uint32_t request)
{
    tl_autorows struct tl_rows rows = { 0 };
    tl_db_set_patience(worker->db, 1000);
    bool up = tl_db_run(worker->db, TL_SQL_SCHEMA_IS_READY, NULL, 0, &rows) == TL_OK &&
              rows.count == 1;
    tl_worker_reply(
        worker, TL_MESSAGE_API_HEALTH, request,
        json_pack("{s:b,s:I}", "database", up, "journal_events",
                  (json_int_t)((worker->journal ? tl_journal_count(worker->journal) : 0) +
                               tl_stalled_count(worker->stalled))));
}

void tl_worker_receive(struct tl_worker *worker, const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    for (unsigned i = 0; i < message->fd_count; i++)
        close(message->fds[i]); /* nobody sends us any */
    struct tl_bytes json = message->json.size ? message->json : tl_bytes("{}", 2);
    if (tl_json_read(json, TL_CHANNEL_JSON_LIMIT, &body)) {
        worker->bad_messages++;
        if (message->request)
            tl_worker_reply_error(worker, message->type, message->request, TL_ERROR_FORMAT,
                                  "not a JSON object");
        return;
    }
    switch (message->type) {
    case TL_MESSAGE_HTTP_REQUEST: receive_request(worker, message, body); break;
    case TL_MESSAGE_HTTP_REQUEST_BODY: receive_body(worker, message, body); break;
    case TL_MESSAGE_TICKET_REDEEM: redeem(worker, message->request, body); break;
    case TL_MESSAGE_SESSION_LOAD: load(worker, message->request, body); break;
    case TL_MESSAGE_SESSION_EVENT:
        tl_worker_session_event(worker, message->request, body);
        break;
    case TL_MESSAGE_API_HEALTH: health(worker, message->request); break;
    default:
        worker->bad_messages++;
        if (message->request)
            tl_worker_reply_error(worker, message->type, message->request, TL_ERROR_UNSUPPORTED,
                                  "unknown type");
        break;
    }
}

/* ---- the loop ---- */

static void attach(struct tl_worker *worker, const struct tl_channel_message *message)
{
    struct tl_role_attach attach;
    if (tl_role_attach_read(message, &attach))
        return;
    if (strcmp(attach.role, "courier") == 0 && worker->settings.psc) {
        tl_psc_provider_attach(worker->settings.psc->provider, attach.fd);
        return;
    }
    if (strcmp(attach.role, "door") != 0) {
        close(attach.fd);
        return;
    }
    struct tl_channel *door = tl_channel_new(attach.fd);
    if (!door) {
        close(attach.fd);
        return;
    }
    forget_pending(worker);
    tl_channel_free(worker->door);
    worker->door = door;
}

static enum tl_error change_password(void *db, const char *password)
{
    return tl_db_change_password(db, password);
}

static bool serve_supervisor(struct tl_worker *worker)
{
    struct tl_channel_message message;
    for (;;) {
        switch (tl_role_receive(worker->role, &message)) {
        case TL_ROLE_NOTHING: return true;
        case TL_ROLE_ATTACH: attach(worker, &message); break;
        case TL_ROLE_STOP:
        case TL_ROLE_ORPHANED: return false;
        case TL_ROLE_OTHER:
            if (message.type == TL_MESSAGE_RELOAD) {
                tl_role_reload_password(worker->role, &message, change_password, worker->db);
                break;
            }
            worker->bad_messages++;
            for (unsigned i = 0; i < message.fd_count; i++)
                close(message.fds[i]);
            break;
        }
    }
}

/* One message, so that the supervisor is heard between two. */
static bool serve_door(struct tl_worker *worker)
{
    struct tl_channel_message message;
    if (!worker->door)
        return false;
    enum tl_error error = tl_channel_receive(worker->door, &message);
    if (error == TL_OK) {
        tl_worker_receive(worker, &message);
        return true;
    }
    if (error == TL_ERROR_CLOSED || error == TL_ERROR_IO) {
        worker->door = tl_channel_free(worker->door);
        forget_pending(worker);
    }
    return error == TL_ERROR_FORMAT;
}

static void tell_metrics(struct tl_worker *worker)
{
    json_t *counters = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
        "api_password_checks_total", (json_int_t)worker->hashes,
        "api_sign_in_refused_total{by=\"login\"}",
        (json_int_t)tl_attempts_refused(worker->attempts, TL_ATTEMPTS_LOGIN),
        "api_sign_in_refused_total{by=\"address\"}",
        (json_int_t)tl_attempts_refused(worker->attempts, TL_ATTEMPTS_ADDRESS),
        "api_sign_in_refused_total{by=\"device\"}",
        (json_int_t)tl_attempts_refused(worker->attempts, TL_ATTEMPTS_DEVICE),
        "api_answers_total{class=\"2xx\"}", (json_int_t)worker->answered[2],
        "api_answers_total{class=\"3xx\"}", (json_int_t)worker->answered[3],
        "api_answers_total{class=\"4xx\"}", (json_int_t)worker->answered[4],
        "api_answers_total{class=\"5xx\"}", (json_int_t)worker->answered[5],
        "api_session_events_total", (json_int_t)worker->events, "api_journaled_events_total",
        (json_int_t)worker->journaled, "api_replayed_events_total",
        (json_int_t)worker->replayed, "api_refused_events_total", (json_int_t)worker->set_aside,
        "api_stalled_retries_total", (json_int_t)worker->retried, "api_bad_messages_total",
        (json_int_t)(worker->bad_messages +
                     (worker->door ? tl_channel_bad_messages(worker->door) : 0)));
    json_t *gauges = json_pack(
        "{s:I,s:I,s:I,s:I,s:i,s:I,s:i}", "api_stalled_events",
        (json_int_t)tl_stalled_count(worker->stalled), "api_stalled_acts",
        (json_int_t)tl_stalled_acts(worker->stalled), "api_journal_events",
        (json_int_t)(worker->journal ? tl_journal_count(worker->journal) : 0),
        "api_refused_events",
        (json_int_t)(worker->refusals ? tl_journal_count(worker->refusals) : 0),
        "api_database_up", tl_db_is_connected(worker->db) ? 1 : 0, "api_journal_rotten_bytes",
        (json_int_t)(worker->journal ? tl_journal_rotten(worker->journal) : 0),
        "api_audit_checkpoints_failing",
        tl_checkpointer_is_failing(worker->checkpointer) ? 1 : 0);
    tl_psc_count_into(worker->settings.psc, counters);
    tl_role_metrics(worker->role, counters, gauges);
}

static void tidy(struct tl_worker *worker)
{
    if (tl_db_begin_as(worker->db, TL_DB_SYSTEM))
        return;
    if (tl_db_run(worker->db, TL_SQL_TIDY, NULL, 0, NULL))
        tl_db_rollback(worker->db);
    else
        (void)tl_db_commit(worker->db);
}

static void checkpoint(struct tl_worker *worker, bool at_once)
{
    if (!worker->checkpointer)
        return;
    bool failing = tl_checkpointer_is_failing(worker->checkpointer);
    enum tl_error error = tl_checkpointer_tick(worker->checkpointer, worker->db,
                                               tl_clock_monotonic(), tl_clock_wall(), at_once);
    if (error && !failing)
        tl_log(TL_LOG_ERROR, "audit.checkpoint_failed", TL_WORD("error", tl_error_name(error)));
}

/* What fails is looked at again the next time. */
static void look_for_alerts(struct tl_worker *worker)
{
    tl_time_us now = tl_clock_monotonic();
    if (worker->settings.index != 0 || now < worker->alerts_at)
        return;
    worker->alerts_at = now + ALERTS_EVERY_S * (tl_time_us)TL_SECOND_US;
    (void)tl_audit_alerts_scan(worker->db, &worker->settings, tl_clock_wall());
}

/* Sums of 20 s, each with its row in the audit: ten thousand tries are a few rows. */
static void tell_floods(struct tl_worker *worker)
{
    struct tl_attempts_flood flood;
    while (tl_attempts_next_flood(worker->attempts, tl_clock_wall(), &flood))
        if (tl_sign_in_flood_add(worker->db, worker->settings.writer, &flood))
            tl_log(TL_LOG_WARNING, "sign_in.flood_untold",
                   TL_INTEGER("refused", flood.refused));
}

static void tick(struct tl_worker *worker)
{
    static unsigned ticks;
    tell_metrics(worker);
    tl_db_set_patience(worker->db, TL_WORKER_EVENT_PATIENCE_MS);
    if (tl_db_connect(worker->db) == TL_OK && ticks++ % TIDY_TICKS == 0)
        tidy(worker);
    checkpoint(worker, false);
    tell_floods(worker);
    look_for_alerts(worker);
    tl_worker_retry_stalled(worker);
    tl_worker_forget_mended(worker);
}

int tl_worker_run(struct tl_worker *worker)
{
    tl_time_us next_tick = 0;
    for (;;) {
        struct pollfd waiting[2] = {
            { .fd = tl_channel_fd(worker->role->supervisor), .events = POLLIN },
            { .fd = worker->door ? tl_channel_fd(worker->door) : -1, .events = POLLIN },
        };
        if (worker->door && tl_channel_wants_write(worker->door))
            waiting[1].events |= POLLOUT;
        bool backlog = worker->journal && tl_journal_count(worker->journal) > 0;
        if (poll(waiting, 2, backlog ? BUSY_JOURNAL_MS : IDLE_MS) < 0)
            continue;
        if (waiting[0].revents && !serve_supervisor(worker))
            break;
        if (waiting[1].revents & POLLOUT)
            (void)tl_channel_flush(worker->door);
        if (waiting[1].revents)
            (void)serve_door(worker);
        if (backlog)
            (void)tl_worker_replay(worker);
        if (tl_clock_monotonic() >= next_tick) {
            tick(worker);
            next_tick = tl_clock_monotonic() + TL_SECOND_US;
        }
    }
    checkpoint(worker, true);
    forget_pending(worker);
    worker->door = tl_channel_free(worker->door);
    return 0;
}
