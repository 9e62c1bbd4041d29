/* Technical incidents, on their way into the act: reports of the same thing are merged, and one act
 * holds a bounded number, so that a bad link cannot flood the register. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

static const tl_time_us MERGE_WITHIN_US =
    5 * TL_SECOND_US; /* between an end and the next start */
/* Of quiet, once it ended: the next of its kind is told when it is over, so later by its length. */
static const tl_time_us RIPE_AFTER_US = 15 * TL_SECOND_US;
static const tl_time_us OPEN_MOST_US = 60 * TL_SECOND_US; /* without an end */

static void write_down(struct tl_hub *hub, struct tl_session *session, const char *participant,
                       json_t *detail)
{
    if (session->over) {
        json_decref(detail);
        return;
    }
    struct tl_event *event =
        tl_event_new(hub, &session->events, TL_EVENT_INCIDENT, participant, detail);
    if (!event)
        return;
    tl_event_send(hub, &session->events, event);
}

/* Is there room for one more? Those there is none for are counted. */
static bool take_room(struct tl_session *session, tl_time_us started, tl_time_us ended)
{
    if (session->incidents_sent < TL_HUB_INCIDENTS_LIMIT) {
        session->incidents_sent++;
        return true;
    }
    if (!session->incidents_more)
        session->more_from = started;
    session->incidents_more++;
    session->more_to = ended ? ended : started;
    return false;
}

/* The last line: how many more there were. */
static void write_more(struct tl_hub *hub, struct tl_session *session)
{
    char started[TL_TIMESTAMP_SIZE], ended[TL_TIMESTAMP_SIZE];
    if (!session->incidents_more)
        return;
    tl_timestamp_write(session->more_from, started);
    tl_timestamp_write(session->more_to, ended);
    write_down(hub, session, NULL,
               json_pack("{s:s, s:s, s:s, s:i, s:s}", "kind", "more", "started_at", started,
                         "ended_at", ended, "measure", (int)session->incidents_more, "unit",
                         "incidents"));
    session->incidents_more = 0;
}

static void flush_one(struct tl_hub *hub, struct tl_session *session,
                      struct tl_incident_open *incident)
{
    char started[TL_TIMESTAMP_SIZE], ended[TL_TIMESTAMP_SIZE];
    tl_timestamp_write(incident->started, started);
    tl_timestamp_write(incident->ended, ended);
    incident->used = false;
    if (!take_room(session, incident->started, incident->ended))
        return;
    write_down(hub, session, incident->participant,
               json_pack("{s:s, s:s, s:s?, s:o, s:s}", "kind",
                         tl_incident_names[incident->kind], "started_at", started, "ended_at",
                         incident->ended ? ended : NULL, "measure",
                         incident->measure < 0 ? json_null() : json_real(incident->measure),
                         "unit", incident->unit));
}

void tl_incidents_flush(struct tl_hub *hub, struct tl_session *session, bool all)
{
    for (unsigned i = 0; i < TL_HUB_INCIDENTS_OPEN; i++) {
        struct tl_incident_open *incident = &session->incidents[i];
        if (!incident->used)
            continue;
        if (all && incident->flush_at == INT64_MAX)
            incident->ended = hub->now.wall; /* with the session */
        if (all || incident->flush_at <= hub->now.monotonic)
            flush_one(hub, session, incident);
        else
            tl_hub_wake_at(hub, incident->flush_at);
    }
    if (all)
        write_more(hub, session);
}

/* Of several freezes in one line, how long in all; of several losses, the worst. */
static double merged(unsigned kind, double before, double next)
{
    static const char *const summed[] = { "freeze", "audio_gap" };
    for (size_t i = 0; i < TL_COUNT_OF(summed); i++)
        if (strcmp(tl_incident_names[kind], summed[i]) == 0 && before >= 0 && next >= 0)
            return before + next;
    return next > before ? next : before;
}

static struct tl_incident_open *find_same(struct tl_session *session,
                                          const struct tl_relay_incident *incident,
                                          tl_time_us started)
{
    for (unsigned i = 0; i < TL_HUB_INCIDENTS_OPEN; i++) {
        struct tl_incident_open *open = &session->incidents[i];
        if (open->used && open->kind == incident->kind &&
            tl_text_is(incident->participant, open->participant) &&
            tl_text_is(incident->unit, open->unit) &&
            (!open->ended || started - open->ended <= MERGE_WITHIN_US))
            return open;
    }
    return NULL;
}

/* A free place; when there is none, the one that would be written down next makes room. */
static struct tl_incident_open *make_room(struct tl_hub *hub, struct tl_session *session)
{
    struct tl_incident_open *next = &session->incidents[0];
    for (unsigned i = 0; i < TL_HUB_INCIDENTS_OPEN; i++) {
        struct tl_incident_open *open = &session->incidents[i];
        if (!open->used)
            return open;
        if (open->flush_at < next->flush_at)
            next = open;
    }
    flush_one(hub, session, next);
    return next;
}

void tl_incident_take(struct tl_hub *hub, const struct tl_relay_incident *incident)
{
    struct tl_peer *peer = tl_peer_find(hub, incident->participant);
    struct tl_session *session = peer ? peer->session : NULL;
    if (!session || session->over || session->ending)
        return;
    tl_time_us started = hub->now.wall - incident->started_us_ago;
    tl_time_us ended = incident->ended_us_ago < 0 ? 0 : hub->now.wall - incident->ended_us_ago;
    struct tl_incident_open *open = find_same(session, incident, started);
    if (!open) {
        open = make_room(hub, session);
        *open = (struct tl_incident_open){
            .used = true, .kind = incident->kind, .started = started, .measure = -1
        };
        (void)tl_text_copy(incident->participant, open->participant, sizeof open->participant);
        if (incident->unit.data)
            (void)tl_text_copy(incident->unit, open->unit, sizeof open->unit);
        open->flush_at = hub->now.monotonic + OPEN_MOST_US;
    }
    if (started < open->started)
        open->started = started;
    open->ended = ended;
    /* the rung holds for as long as the person stays on it, which is told once */
    if (!ended && strcmp(tl_incident_names[open->kind], "fallback") == 0)
        open->flush_at = INT64_MAX;
    open->measure = merged(open->kind, open->measure, incident->measure);
    if (ended)
        open->flush_at = hub->now.monotonic + RIPE_AFTER_US;
    tl_hub_wake_at(hub, open->flush_at);
}

void tl_incident_relay_restart(struct tl_hub *hub, struct tl_session *session)
{
    char at[TL_TIMESTAMP_SIZE];
    if (!take_room(session, hub->now.wall, 0))
        return;
    tl_timestamp_write(hub->now.wall, at);
    write_down(hub, session, NULL,
               json_pack("{s:s, s:s, s:n, s:n, s:s}", "kind", "relay_restart", "started_at", at,
                         "ended_at", "measure", "unit", ""));
}
