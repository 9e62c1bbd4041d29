/* Events of an act on their way to api: one at a time and in order, under an id that stays the
 * same however often it must be sent. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

static const char *const names[] = {
    [TL_EVENT_SEAT_TAKEN] = "seat_taken",
    [TL_EVENT_RESUME_CHANGED] = "resume_changed",
    [TL_EVENT_ADMITTED] = "admitted",
    [TL_EVENT_REFUSED] = "refused",
    [TL_EVENT_REMOVED] = "removed",
    [TL_EVENT_LEFT] = "left",
    [TL_EVENT_ENDED] = "ended",
    [TL_EVENT_IDENTITY_CHECKED] = "identity_checked",
    [TL_EVENT_IDENTITY_UNCHECKED] = "identity_unchecked",
    [TL_EVENT_INCIDENT] = "incident",
    [TL_EVENT_TEST_RESULT] = "test_result",
};

static struct tl_event *event_free(struct tl_event *event)
{
    json_decref(event->detail);
    tl_secret_wipe(event->token, sizeof event->token);
    free(event);
    return NULL;
}

struct tl_event *tl_event_new(struct tl_hub *hub, struct tl_event_queue *queue,
                              enum tl_event_type type, const char *participant, json_t *detail)
{
    struct tl_event *event =
        detail && queue->count < TL_HUB_EVENTS_LIMIT ? calloc(1, sizeof *event) : NULL;
    if (!event) {
        json_decref(detail);
        return NULL;
    }
    event->type = type;
    event->detail = detail;
    if (hub->now.wall > queue->last_at)
        queue->last_at = hub->now.wall;
    event->at = queue->last_at;
    tl_hub_uuid(hub, event->id);
    snprintf(event->participant, sizeof event->participant, "%s",
             participant ? participant : "");
    return event;
}

static void retry_later(struct tl_hub *hub, struct tl_event_queue *queue)
{
    queue->request = 0;
    queue->backoff = queue->backoff ? queue->backoff * 2 : TL_HUB_RETRY_FIRST_US;
    if (queue->backoff > TL_HUB_RETRY_LAST_US)
        queue->backoff = TL_HUB_RETRY_LAST_US;
    queue->send_at = hub->now.monotonic + queue->backoff;
    hub->counts.events_retried++;
    tl_hub_wake_at(hub, queue->send_at);
}

static void send_first(struct tl_hub *hub, struct tl_event_queue *queue)
{
    const struct tl_event *event = queue->first;
    char at[TL_TIMESTAMP_SIZE];
    if (!event || queue->request)
        return;
    if (queue->send_at > hub->now.monotonic) {
        tl_hub_wake_at(hub, queue->send_at);
        return;
    }
    tl_timestamp_write(event->at, at);
    uint32_t number = tl_request_new(hub, TL_REQUEST_EVENT, queue, 0, TL_HUB_API_WITHIN_US);
    hub->counts.events_sent++;
    if (number && tl_api_send_json(hub, TL_MESSAGE_SESSION_EVENT, number,
                                   json_pack("{s:s, s:s, s:s, s:s, s:s?, s:O}", "event",
                                             event->id, "act", queue->act, "at", at, "type",
                                             names[event->type], "participant",
                                             event->participant[0] ? event->participant : NULL,
                                             "detail", event->detail))) {
        queue->request = number;
        return;
    }
    tl_request_drop(hub, number);
    retry_later(hub, queue);
}

void tl_event_send(struct tl_hub *hub, struct tl_event_queue *queue, struct tl_event *event)
{
    if (queue->last)
        queue->last->next = event;
    else
        queue->first = event;
    queue->last = event;
    queue->count++;
    send_first(hub, queue);
}

void tl_events_answered(struct tl_hub *hub, struct tl_event_queue *queue, json_t *json,
                        bool refused)
{
    queue->request = 0;
    if (!refused && tl_recorded_read(json)) {
        hub->counts.refused++;
        retry_later(hub, queue);
        return;
    }
    struct tl_event *event = queue->first;
    queue->first = event->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    queue->send_at = queue->backoff = 0;
    queue->doubts = 0;
    tl_event_done(hub, queue, event, !refused);
    event_free(event);
    send_first(hub, queue);
    if (queue->session) /* it may have waited only for this */
        tl_session_mark(hub, queue->session, false, false, false);
}

bool tl_events_gives_up(struct tl_event_queue *queue)
{
    return ++queue->doubts >= TL_HUB_DOUBTS_LIMIT;
}

void tl_events_failed(struct tl_hub *hub, struct tl_event_queue *queue)
{
    retry_later(hub, queue);
}

void tl_events_tick(struct tl_hub *hub, struct tl_event_queue *queue)
{
    send_first(hub, queue);
}

void tl_events_drop(struct tl_hub *hub, struct tl_event_queue *queue)
{
    tl_request_drop(hub, queue->request);
    queue->request = 0;
    while (queue->first) {
        struct tl_event *event = queue->first;
        queue->first = event->next;
        event_free(event);
    }
    queue->last = NULL;
    queue->count = 0;
}
