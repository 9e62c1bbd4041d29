/* What follows once an event is durable: only now is a client told. A refusal for good (the act was
 * closed meanwhile, say) undoes what was only intended. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

/* Tells the token with the welcome, as soon as the seat has its place. */
static void welcome_if_ready(struct tl_hub *hub, struct tl_seat *seat)
{
    if (!seat->token[0] || !seat->client || seat->client->stage != TL_STAGE_JOINING ||
        (seat->state != TL_SEAT_WAITING && seat->state != TL_SEAT_IN))
        return;
    tl_welcome(hub, seat->client, seat->token);
    tl_secret_wipe(seat->token, sizeof seat->token);
}

static bool is_for_present_client(const struct tl_seat *seat, const struct tl_event *event)
{
    return seat->client && seat->client->id == event->client;
}

static void take_token(struct tl_hub *hub, struct tl_seat *seat, struct tl_event *event)
{
    tl_seat_set_resume(hub, seat, event->digest);
    if (is_for_present_client(seat, event))
        memcpy(seat->token, event->token, sizeof seat->token);
}

/* The act as people see it; api decides the same from the same events. */
static void follow_act_state(struct tl_session *session)
{
    bool host = false, other = false;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        if (seat->state == TL_SEAT_IN && seat->host && !host)
            host = true;
        else if (seat->state == TL_SEAT_IN)
            other = true;
    }
    if (host && other)
        session->act_state = "live";
    else if (strcmp(session->act_state, "planned") == 0)
        session->act_state = "waiting";
}

static void admit_self(struct tl_hub *hub, struct tl_seat *seat)
{
    struct tl_event *event =
        tl_event_new(hub, &seat->session->events, TL_EVENT_ADMITTED, seat->who.participant,
                     json_pack("{s:s}", "by", seat->who.participant));
    if (event) {
        tl_event_send(hub, &seat->session->events, event);
        return;
    }
    seat->state = TL_SEAT_WAITING;
    welcome_if_ready(hub, seat);
}

static void seat_taken(struct tl_hub *hub, struct tl_seat *seat, struct tl_event *event)
{
    take_token(hub, seat, event);
    if (seat->state != TL_SEAT_JOINING)
        return;
    if (!seat->client)
        tl_seat_away(hub, seat);
    follow_act_state(seat->session);
    if (seat->host || seat->admitted_before) {
        admit_self(hub, seat);
        return;
    }
    seat->state = TL_SEAT_WAITING;
    tl_session_mark(hub, seat->session, true, false, true);
    welcome_if_ready(hub, seat);
}

static void admitted(struct tl_hub *hub, struct tl_seat *seat, struct tl_event *event)
{
    if (seat->state != TL_SEAT_JOINING && seat->state != TL_SEAT_WAITING)
        return;
    bool waited = seat->state == TL_SEAT_WAITING;
    seat->state = TL_SEAT_IN;
    seat->peer.offer_allowed = true;
    seat->peer.slots_untold = true;
    follow_act_state(seat->session);
    if (waited && seat->client && seat->client->stage == TL_STAGE_SEATED)
        tl_client_send(hub, seat->client,
                       json_pack("{s:s, s:s, s:o}", "type", "admitted", "by", event->by,
                                 "ice_servers", tl_turn_servers(hub, &seat->peer)));
    tl_session_mark(hub, seat->session, true, true, true);
    welcome_if_ready(hub, seat);
}

static void out(struct tl_hub *hub, struct tl_seat *seat, const char *reason, uint16_t code)
{
    struct tl_client *client = seat->client;
    tl_seat_free(hub, seat);
    tl_client_bye(hub, client, reason, code);
}

static void seat_event_done(struct tl_hub *hub, struct tl_seat *seat, struct tl_event *event)
{
    switch (event->type) {
    case TL_EVENT_SEAT_TAKEN: seat_taken(hub, seat, event); break;
    case TL_EVENT_RESUME_CHANGED:
        take_token(hub, seat, event);
        welcome_if_ready(hub, seat);
        tl_session_mark(hub, seat->session, true, false, true);
        break;
    case TL_EVENT_ADMITTED: admitted(hub, seat, event); break;
    case TL_EVENT_REFUSED: out(hub, seat, "refused", 4003); break;
    case TL_EVENT_REMOVED: out(hub, seat, "removed", 4003); break;
    case TL_EVENT_LEFT: out(hub, seat, "left", 1000); break;
    case TL_EVENT_IDENTITY_CHECKED:
    case TL_EVENT_IDENTITY_UNCHECKED:
        seat->identity_checked = event->type == TL_EVENT_IDENTITY_CHECKED;
        tl_session_mark(hub, seat->session, true, false, false);
        break;
    case TL_EVENT_ENDED:
    case TL_EVENT_INCIDENT:
    case TL_EVENT_TEST_RESULT: break;
    }
}

/* api refused for good: nobody was told, and what was intended is taken back. */
static void seat_event_refused(struct tl_hub *hub, struct tl_seat *seat, struct tl_event *event)
{
    struct tl_client *client = seat->client;
    switch (event->type) {
    case TL_EVENT_SEAT_TAKEN:
        tl_seat_free(hub, seat);
        if (client)
            tl_client_refuse_and_close(hub, client, TL_REFUSE_TICKET, NULL, "hello", 1008);
        break;
    case TL_EVENT_RESUME_CHANGED:
        if (is_for_present_client(seat, event))
            tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
        break;
    case TL_EVENT_ADMITTED:
        if (seat->state == TL_SEAT_JOINING) {
            seat->state = TL_SEAT_WAITING;
            welcome_if_ready(hub, seat);
        }
        break;
    case TL_EVENT_LEFT: /* gone all the same */
    case TL_EVENT_REMOVED:
    case TL_EVENT_REFUSED: seat_event_done(hub, seat, event); break;
    case TL_EVENT_IDENTITY_CHECKED:
    case TL_EVENT_IDENTITY_UNCHECKED: seat->identity_said = seat->identity_checked; break;
    case TL_EVENT_ENDED:
    case TL_EVENT_INCIDENT:
    case TL_EVENT_TEST_RESULT: break;
    }
    static const char *const asked[TL_EVENT_TEST_RESULT + 1] = { [TL_EVENT_ADMITTED] = "admit",
                                                                 [TL_EVENT_IDENTITY_CHECKED] =
                                                                     "identity",
                                                                 [TL_EVENT_IDENTITY_UNCHECKED] =
                                                                     "identity" };
    struct tl_seat *asker = tl_seat_find(seat->session, tl_text(event->by));
    if (asker && asker->client && asker->client->stage == TL_STAGE_SEATED && asked[event->type])
        tl_client_refuse(hub, asker->client, TL_REFUSE_ORDER, NULL, asked[event->type]);
}

void tl_event_done(struct tl_hub *hub, struct tl_event_queue *queue, struct tl_event *event,
                   bool recorded)
{
    if (queue->test) {
        tl_test_recorded(hub, queue->test);
        return;
    }
    struct tl_session *session = queue->session;
    if (session->over)
        return;
    if (event->type == TL_EVENT_ENDED) {
        if (recorded)
            session->act_state = "to_close";
        tl_session_over(hub, session, "ended");
        return;
    }
    struct tl_seat *seat = tl_seat_find(session, tl_text(event->participant));
    if (!seat || event->type == TL_EVENT_INCIDENT)
        return;
    if (event->type == TL_EVENT_ADMITTED || event->type == TL_EVENT_REFUSED)
        seat->deciding = false;
    if (recorded)
        seat_event_done(hub, seat, event);
    else
        seat_event_refused(hub, seat, event);
}
