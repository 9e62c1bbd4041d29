/* Sessions: finding them, telling everyone what changed, ending. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

struct tl_session *tl_session_find(struct tl_hub *hub, const char *act)
{
    struct tl_map_link *link = tl_map_first(&hub->sessions, tl_hash_text(tl_text(act)));
    for (; link; link = tl_map_next(link)) {
        struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        if (strcmp(session->act, act) == 0)
            return session;
    }
    return NULL;
}

struct tl_session *tl_session_new(struct tl_hub *hub, const char *act)
{
    if (hub->sessions.count >= TL_HUB_SESSIONS_LIMIT)
        return NULL;
    struct tl_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    snprintf(session->act, sizeof session->act, "%s", act);
    snprintf(session->events.act, sizeof session->events.act, "%s", act);
    session->events.session = session;
    session->act_state = "planned";
    session->relay = -1;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        session->seats[i].session = session;
        session->seats[i].peer.relay = session->seats[i].peer.leaving = -1;
    }
    tl_map_add(&hub->sessions, &session->link, tl_hash_text(tl_text(act)));
    tl_hub_wake_at(hub, hub->quality_at);
    return session;
}

void tl_session_room(struct tl_hub *hub, struct tl_session *session, const char *room)
{
    if (session->room[0])
        return;
    snprintf(session->room, sizeof session->room, "%s", room);
    tl_map_add(&hub->rooms, &session->room_link, tl_hash_text(tl_text(room)));
}

struct tl_session *tl_session_by_room(struct tl_hub *hub, struct tl_text room)
{
    struct tl_map_link *link = tl_map_first(&hub->rooms, tl_hash_text(room));
    for (; link; link = tl_map_next(link)) {
        struct tl_session *session = TL_CONTAINER(link, struct tl_session, room_link);
        if (tl_text_is(room, session->room))
            return session;
    }
    return NULL;
}

void tl_session_free(struct tl_hub *hub, struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        if (tl_seat_is_taken(&session->seats[i]))
            tl_seat_free(hub, &session->seats[i]);
    tl_request_drop(hub, session->load_request);
    tl_events_drop(hub, &session->events);
    for (unsigned i = 0; i < session->chat_count; i++) {
        struct tl_chat_line *line = session->chat[(session->chat_first + i) % TL_HUB_CHAT_KEPT];
        free(line->text);
        free(line);
    }
    if (session->room[0])
        tl_map_remove(&hub->rooms, &session->room_link);
    tl_map_remove(&hub->sessions, &session->link);
    tl_queue_leave(hub, session);
    /* Seats that were freed have marked it once more. */
    for (struct tl_session **at = &hub->marked; *at; at = &(*at)->next_marked)
        if (*at == session) {
            *at = session->next_marked;
            break;
        }
    free(session);
}

void tl_session_mark(struct tl_hub *hub, struct tl_session *session, bool roster, bool slots,
                     bool waiting)
{
    session->roster_changed |= roster;
    session->slots_changed |= slots;
    session->waiting_changed |= waiting;
    if (session->marked)
        return;
    session->marked = true;
    session->next_marked = hub->marked;
    hub->marked = session;
}

bool tl_session_host_in(const struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        if (session->seats[i].host && session->seats[i].state == TL_SEAT_IN &&
            session->seats[i].client)
            return true;
    return false;
}

/* To all who were welcomed; in_only leaves out who waits. Takes over the reference. */
void tl_session_tell(struct tl_hub *hub, struct tl_session *session, json_t *json, bool in_only)
{
    for (unsigned i = 0; json && i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (seat->client && seat->client->stage == TL_STAGE_SEATED &&
            (seat->state == TL_SEAT_IN || (!in_only && seat->state == TL_SEAT_WAITING)))
            tl_client_send(hub, seat->client, json_incref(json));
    }
    json_decref(json);
}

/* ---- telling what changed ---- */

static void tell_roster(struct tl_hub *hub, struct tl_session *session)
{
    json_t *whole =
        json_pack("{s:s, s:o}", "type", "roster", "seats", tl_view_roster(session, NULL));
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (!seat->client || seat->client->stage != TL_STAGE_SEATED ||
            seat->state == TL_SEAT_LEAVING)
            continue;
        if (seat->state == TL_SEAT_WAITING)
            tl_client_send(hub, seat->client,
                           json_pack("{s:s, s:o}", "type", "roster", "seats",
                                     tl_view_roster(session, seat)));
        else if (whole)
            tl_client_send(hub, seat->client, json_incref(whole));
    }
    json_decref(whole);
}

static bool is_empty(const struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        if (tl_seat_is_taken(&session->seats[i]))
            return false;
    for (unsigned i = 0; i < TL_HUB_INCIDENTS_OPEN; i++)
        if (session->incidents[i].used)
            return false;
    return !session->loading_count && !session->load_wanted && !session->load_request &&
           !session->events.count;
}

void tl_hub_settle_marked(struct tl_hub *hub)
{
    struct tl_session *session;
    while ((session = hub->marked)) {
        hub->marked = session->next_marked;
        session->marked = false;
        bool roster = session->roster_changed, slots = session->slots_changed;
        bool waiting = session->waiting_changed || roster;
        session->roster_changed = session->slots_changed = session->waiting_changed = false;
        if (!session->over) {
            if (roster)
                tell_roster(hub, session);
            if (waiting) {
                tl_queue_changed(hub, session);
                tl_notice_waiting(hub, session);
            }
            if (slots)
                tl_slots_refresh(hub, session);
        } else {
            tl_queue_changed(hub, session); /* the turn of the others comes sooner */
        }
        if (session->marked || !is_empty(session))
            continue;
        tl_incidents_flush(hub, session, true); /* how many more there were than it holds */
        if (is_empty(session))
            tl_session_free(hub, session);
    }
    tl_queues_tell(hub);
}

/* ---- ending ---- */

void tl_session_over(struct tl_hub *hub, struct tl_session *session, const char *reason)
{
    tl_incidents_flush(hub, session, true);
    session->over = true;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        struct tl_client *client = seat->client;
        if (!tl_seat_is_taken(seat))
            continue;
        tl_seat_free(hub, seat);
        tl_client_bye(hub, client, reason, 4001);
    }
    for (unsigned i = session->loading_count; i > 0; i--) {
        struct tl_client *client = tl_client_find(hub, session->loading[i - 1]);
        tl_client_bye(hub, client, reason, 4001);
    }
    session->loading_count = 0;
    tl_session_mark(hub, session, false, false, false);
}

/* ---- time ---- */

static void tick_session(struct tl_hub *hub, struct tl_session *session)
{
    if (!session->loaded && (session->loading_count || session->load_wanted))
        tl_session_load(hub, session);
    if (!session->loaded && session->load_at > hub->now.monotonic)
        tl_hub_wake_at(hub, session->load_at);
    tl_events_tick(hub, &session->events);
    tl_incidents_flush(hub, session, false);
    tl_slots_tick(hub, session);
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (!seat->away_until || (seat->state != TL_SEAT_IN && seat->state != TL_SEAT_WAITING))
            continue;
        if (seat->away_until <= hub->now.monotonic)
            tl_people_leave(hub, seat, "timeout");
        else
            tl_hub_wake_at(hub, seat->away_until);
    }
}

void tl_sessions_tick(struct tl_hub *hub)
{
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk)))
        tick_session(hub, TL_CONTAINER(link, struct tl_session, link));
}
