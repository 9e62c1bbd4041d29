/* Reading a session back: before anyone enters an act this door does not hold, and after a restart
 * of the door, when its people are still at their relays and come back with their tokens. */
#include "base/memory.h"
#include "hub/state.h"

static void refuse_all(struct tl_hub *hub, struct tl_session *session, enum tl_refusal refusal,
                       uint16_t code)
{
    while (session->loading_count) {
        struct tl_client *client =
            tl_client_find(hub, session->loading[--session->loading_count]);
        if (client && client->session == session) {
            client->session = NULL;
            tl_client_refuse_and_close(hub, client, refusal, NULL, "hello", code);
        }
    }
    session->over = true;
    session->load_wanted = false;
    tl_session_mark(hub, session, false, false, false);
}

void tl_session_load(struct tl_hub *hub, struct tl_session *session)
{
    if (session->load_request || session->loaded || hub->now.monotonic < session->load_at)
        return;
    session->load_request =
        tl_request_new(hub, TL_REQUEST_LOAD, session, 0, TL_HUB_API_WITHIN_US);
    if (!session->load_request ||
        !tl_api_send_json(hub, TL_MESSAGE_SESSION_LOAD, session->load_request,
                          json_pack("{s:s}", "act", session->act))) {
        if (session->load_request)
            tl_request_failed(hub, session->load_request);
        else
            tl_session_load_failed(hub, session);
    }
}

void tl_session_load_failed(struct tl_hub *hub, struct tl_session *session)
{
    session->load_request = 0;
    if (++session->load_tries >= TL_HUB_TRIES_LIMIT) {
        refuse_all(hub, session, TL_REFUSE_AWAY, 1013);
        return;
    }
    session->load_at =
        hub->now.monotonic + TL_HUB_RETRY_FIRST_US * (1 << session->load_tries) / 2;
    tl_hub_wake_at(hub, session->load_at);
}

/* Seats of those who were there come back as `away`: they have the usual time to return. */
static void restore_seats(struct tl_hub *hub, struct tl_session *session,
                          const struct tl_loaded *loaded)
{
    memcpy(session->seat_used, loaded->seat_used, sizeof session->seat_used);
    for (unsigned i = 0; i < loaded->count; i++) {
        struct tl_seat *seat = tl_seat_take(hub, session, &loaded->participants[i].who);
        if (!seat)
            continue;
        seat->muted_unknown = true;
        if (loaded->participants[i].joined_at[0])
            memcpy(seat->arrived, loaded->participants[i].joined_at, sizeof seat->arrived);
        seat->state = loaded->participants[i].in ? TL_SEAT_IN : TL_SEAT_WAITING;
        seat->identity_checked = seat->identity_said = loaded->participants[i].identity_checked;
        if (loaded->participants[i].has_resume)
            tl_seat_set_resume(hub, seat, loaded->participants[i].resume);
        tl_seat_away(hub, seat);
    }
}

/* Other acts of this professional with people in them. They are here already, unless the door was
 * replaced and none of those has come back yet: a place told without them would be wrong. */
static void read_beside(struct tl_hub *hub, const struct tl_loaded *loaded)
{
    for (unsigned i = 0; loaded->professional[0] && i < loaded->beside_count; i++) {
        if (tl_session_find(hub, loaded->beside[i]))
            continue;
        struct tl_session *session = tl_session_new(hub, loaded->beside[i]);
        if (!session)
            return;
        session->load_wanted = true;
        tl_queue_enter(hub, session, loaded->professional, "");
        tl_session_load(hub, session);
    }
}

static bool may_be_entered(const char *state)
{
    return strcmp(state, "planned") == 0 || strcmp(state, "waiting") == 0 ||
           strcmp(state, "live") == 0;
}

void tl_session_load_answered(struct tl_hub *hub, struct tl_session *session, json_t *json,
                              bool refused)
{
    tl_autofree struct tl_loaded *loaded = calloc(1, sizeof *loaded);
    session->load_request = 0;
    if (refused) {
        refuse_all(hub, session, TL_REFUSE_TICKET, 1008);
        return;
    }
    if (!loaded || tl_loaded_read(json, loaded) || strcmp(loaded->act, session->act) != 0) {
        hub->counts.refused++;
        refuse_all(hub, session, TL_REFUSE_AWAY, 1013);
        return;
    }
    if (!may_be_entered(loaded->state)) {
        refuse_all(hub, session, TL_REFUSE_TICKET, 4001);
        return;
    }
    session->loaded = true;
    session->load_wanted = false;
    session->act_state = loaded->state;
    memcpy(session->people, loaded->people, sizeof session->people);
    session->people_count = loaded->people_count;
    session->incidents_sent = loaded->incidents;
    if (loaded->room[0])
        tl_session_room(hub, session, loaded->room);
    restore_seats(hub, session, loaded);
    tl_orphans_adopt(hub, session);
    if (!session->plan_told)
        tl_queue_enter(hub, session, loaded->professional, loaded->starts_at);
    read_beside(hub, loaded);
    unsigned count = session->loading_count;
    uint64_t ids[TL_HUB_WAITING_LIMIT];
    memcpy(ids, session->loading, sizeof ids);
    session->loading_count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct tl_client *client = tl_client_find(hub, ids[i]);
        if (client && client->session == session && client->stage == TL_STAGE_LOADING)
            tl_join_session(hub, client, session);
    }
    tl_session_mark(hub, session, true, true, true);
}
