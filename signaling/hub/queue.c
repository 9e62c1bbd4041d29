/* Places in the queue of a professional (hub/queue.h says in which order). */
#include "hub/queue.h"

#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

/* ---- finding it, and the order in it ---- */

static struct tl_queue *find(struct tl_hub *hub, const char *professional)
{
    struct tl_map_link *link = tl_map_first(&hub->queues, tl_hash_text(tl_text(professional)));
    for (; link; link = tl_map_next(link)) {
        struct tl_queue *queue = TL_CONTAINER(link, struct tl_queue, link);
        if (strcmp(queue->professional, professional) == 0)
            return queue;
    }
    return NULL;
}

static struct tl_queue *find_or_make(struct tl_hub *hub, const char *professional)
{
    struct tl_queue *queue = find(hub, professional);
    if (queue || !(queue = calloc(1, sizeof *queue)))
        return queue;
    snprintf(queue->professional, sizeof queue->professional, "%s", professional);
    tl_map_add(&hub->queues, &queue->link, tl_hash_text(tl_text(professional)));
    return queue;
}

static void mark(struct tl_hub *hub, struct tl_queue *queue)
{
    if (queue->marked)
        return;
    queue->marked = true;
    queue->next_marked = hub->marked_queues;
    hub->marked_queues = queue;
}

static void free_queue(struct tl_hub *hub, struct tl_queue *queue)
{
    for (struct tl_queue **at = &hub->marked_queues; *at; at = &(*at)->next_marked)
        if (*at == queue) {
            *at = queue->next_marked;
            break;
        }
    tl_map_remove(&hub->queues, &queue->link);
    free(queue);
}

/* Times are texts of one form and one length, which sort as what they mean. */
static bool goes_before(const struct tl_session *a, const struct tl_session *b)
{
    if (a->standing.host_here != b->standing.host_here)
        return a->standing.host_here;
    int order = strcmp(a->starts_at, b->starts_at);
    if (!order)
        order = strcmp(a->standing.arrived, b->standing.arrived);
    return order ? order < 0 : strcmp(a->act, b->act) < 0;
}

static void take_out(struct tl_session *session)
{
    for (struct tl_session **at = &session->queue->first; *at; at = &(*at)->next_in_queue)
        if (*at == session) {
            *at = session->next_in_queue;
            return;
        }
}

static void put_in(struct tl_session *session)
{
    struct tl_session **at = &session->queue->first;
    while (*at && goes_before(*at, session))
        at = &(*at)->next_in_queue;
    session->next_in_queue = *at;
    *at = session;
}

/* ---- what changed ---- */

/* A colleague who looks on is not whom the act is for. */
static bool is_let_in(const struct tl_seat *seat)
{
    return seat->state == TL_SEAT_IN && !seat->host && strcmp(seat->who.role, "guest") != 0;
}

static struct tl_standing standing_of(const struct tl_session *session)
{
    struct tl_standing now = { 0 };
    bool let_in = false, professional_here = false;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        bool here = seat->host && seat->state == TL_SEAT_IN;
        let_in |= is_let_in(seat);
        now.host_here |= here;
        professional_here |= here && session->queue &&
                             strcmp(seat->who.person, session->queue->professional) == 0;
        if (seat->state != TL_SEAT_WAITING)
            continue;
        now.waits = true;
        if (!now.arrived[0] || strcmp(seat->arrived, now.arrived) < 0)
            memcpy(now.arrived, seat->arrived, sizeof now.arrived);
    }
    now.waits &= !let_in;
    now.busy = let_in && professional_here;
    return now;
}

static void tell(struct tl_hub *hub, struct tl_session *session, unsigned place,
                 unsigned waiting, bool busy)
{
    bool host = tl_session_host_in(session);
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (seat->state != TL_SEAT_WAITING || !seat->client ||
            seat->client->stage != TL_STAGE_SEATED)
            continue;
        if (place == seat->told_place && waiting == seat->told_waiting &&
            host == seat->told_host && busy == seat->told_busy)
            continue;
        seat->told_place = place;
        seat->told_waiting = waiting;
        seat->told_host = host;
        seat->told_busy = busy;
        tl_client_send(hub, seat->client,
                       json_pack("{s:s, s:i, s:i, s:b, s:b}", "type", "waiting", "place",
                                 (int)place, "waiting", (int)waiting, "host_in", host,
                                 "host_busy", busy));
    }
}

void tl_queue_changed(struct tl_hub *hub, struct tl_session *session)
{
    struct tl_standing before = session->standing;
    session->standing = standing_of(session);
    if (!session->queue) {
        tell(hub, session, 1, 1, false);
        return;
    }
    if (session->standing.host_here != before.host_here ||
        strcmp(session->standing.arrived, before.arrived) != 0) {
        take_out(session);
        put_in(session);
    }
    mark(hub, session->queue);
}

void tl_queue_leave(struct tl_hub *hub, struct tl_session *session)
{
    struct tl_queue *queue = session->queue;
    if (!queue)
        return;
    take_out(session);
    session->queue = NULL;
    if (queue->first)
        mark(hub, queue);
    else
        free_queue(hub, queue);
}

void tl_queue_enter(struct tl_hub *hub, struct tl_session *session, const char *professional,
                    const char *starts_at)
{
    tl_queue_leave(hub, session);
    snprintf(session->starts_at, sizeof session->starts_at, "%s", starts_at);
    session->queue = professional[0] ? find_or_make(hub, professional) : NULL;
    if (session->queue)
        put_in(session);
    tl_session_mark(hub, session, false, false, true);
}

/* ---- telling ---- */

/* An act that somebody was let into waits for no turn: who still waits there goes in at once, and the
 * others are told that the professional is in a call. */
static void tell_queue(struct tl_hub *hub, struct tl_queue *queue)
{
    unsigned waiting = 0, busy = 0, before = 0;
    for (struct tl_session *s = queue->first; s; s = s->next_in_queue) {
        if (s->load_wanted) /* it may hold people who wait, or a call: told once it is known */
            return;
        waiting += s->standing.waits;
        busy += s->standing.busy;
    }
    for (struct tl_session *s = queue->first; s; s = s->next_in_queue) {
        bool waits = s->standing.waits;
        if (s->standing.arrived[0] && !s->over)
            tell(hub, s, waits ? before + 1 : 1, waits ? waiting : waiting + 1,
                 busy > s->standing.busy);
        before += waits;
    }
}

void tl_queues_tell(struct tl_hub *hub)
{
    struct tl_queue *queue;
    while ((queue = hub->marked_queues)) {
        hub->marked_queues = queue->next_marked;
        queue->marked = false;
        tell_queue(hub, queue);
    }
}
