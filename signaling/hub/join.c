/* Coming in: hello, who is this, is the session held, a seat, welcome. */
#include "base/memory.h"
#include "hub/state.h"

void tl_join_hello(struct tl_hub *hub, struct tl_client *client,
                   const struct tl_client_message *message)
{
    client->by_resume = message->hello.resume.size > 0;
    struct tl_text secret = client->by_resume ? message->hello.resume : message->hello.ticket;
    client->language_said = message->hello.language != TL_LANGUAGE_NONE;
    client->english = message->hello.language == TL_LANGUAGE_ENGLISH;
    if (tl_text_copy(secret, client->secret, sizeof client->secret)) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_TICKET, NULL, "hello", 1008);
        return;
    }
    client->stage = TL_STAGE_PARKED;
    if (tl_hub_is_settled(hub))
        tl_join_begin(hub, client);
}

/* ---- who is this ---- */

static void take_seat_back(struct tl_hub *hub, struct tl_client *client, struct tl_seat *seat);

void tl_join_begin(struct tl_hub *hub, struct tl_client *client)
{
    uint8_t digest[32];
    struct tl_text secret = tl_text(client->secret);
    client->stage = TL_STAGE_REDEEMING;
    if (client->by_resume) {
        tl_sha256(tl_bytes(secret.data, secret.size), digest);
        struct tl_seat *seat = tl_seat_by_resume(hub, digest);
        if (seat) {
            client->resumed = true;
            take_seat_back(hub, client, seat);
            return;
        }
    }
    client->request = tl_request_new(hub, TL_REQUEST_TICKET, client, 0, TL_HUB_API_WITHIN_US);
    if (!client->request)
        tl_join_redeem_failed(hub, client);
    else if (!tl_api_send_json(
                 hub, TL_MESSAGE_TICKET_REDEEM, client->request,
                 json_pack("{s:s}", client->by_resume ? "resume" : "ticket", client->secret)))
        tl_request_failed(hub, client->request);
}

void tl_join_redeem_failed(struct tl_hub *hub, struct tl_client *client)
{
    client->request = 0;
    if (++client->tries >= TL_HUB_TRIES_LIMIT) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
        return;
    }
    client->retry_at = hub->now.monotonic + TL_HUB_RETRY_FIRST_US * (1 << client->tries) / 2;
    tl_hub_wake_at(hub, client->retry_at);
}

static void join_loaded_or_load(struct tl_hub *hub, struct tl_client *client)
{
    struct tl_session *session = tl_session_find(hub, client->ticket.act);
    if (!session)
        session = tl_session_new(hub, client->ticket.act);
    if (!session || session->over ||
        (!session->loaded && session->loading_count == TL_COUNT_OF(session->loading))) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
        return;
    }
    if (session->loaded) {
        tl_join_session(hub, client, session);
        return;
    }
    client->stage = TL_STAGE_LOADING;
    client->session = session;
    session->loading[session->loading_count++] = client->id;
    tl_session_load(hub, session);
}

void tl_join_redeemed(struct tl_hub *hub, struct tl_client *client, json_t *json, bool refused)
{
    client->request = 0;
    tl_secret_wipe(client->secret, sizeof client->secret);
    if (refused) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_TICKET, NULL, "hello", 1008);
        return;
    }
    if (tl_ticket_read(json, &client->ticket)) {
        hub->counts.refused++;
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
        return;
    }
    if (!client->language_said)
        client->english = client->ticket.english;
    switch (client->ticket.kind) {
    case TL_TICKET_SESSION: join_loaded_or_load(hub, client); break;
    case TL_TICKET_WATCH:
        client->stage = TL_STAGE_WATCHING;
        tl_watch_add(hub, client);
        tl_welcome(hub, client, NULL);
        break;
    case TL_TICKET_TEST: tl_test_open(hub, client); break;
    }
}

/* ---- a seat ---- */

/* A fresh token for the seat: its hash goes to api, the token to the client once that is durable. */
static struct tl_event *new_token(struct tl_hub *hub, struct tl_seat *seat,
                                  struct tl_client *client, enum tl_event_type type,
                                  json_t *detail)
{
    char hex[65];
    uint8_t bits[TL_HUB_TOKEN_BYTES];
    struct tl_event *event =
        tl_event_new(hub, &seat->session->events, type, seat->who.participant, detail);
    if (!event)
        return NULL;
    hub->actions.random_bytes(hub->actions.context, bits, sizeof bits);
    tl_base64url_write(tl_bytes(bits, sizeof bits), event->token);
    tl_secret_wipe(bits, sizeof bits);
    tl_sha256(tl_bytes(event->token, TL_HUB_TOKEN_SIZE - 1), event->digest);
    tl_hex_write(tl_bytes(event->digest, 32), hex);
    if (json_object_set_new(event->detail, "resume_sha256", json_string(hex))) {
        json_decref(event->detail);
        free(event);
        return NULL;
    }
    event->client = client->id;
    return event;
}

static void send_or_refuse(struct tl_hub *hub, struct tl_client *client, struct tl_seat *seat,
                           struct tl_event *event)
{
    if (event)
        tl_event_send(hub, &seat->session->events, event);
    else
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
}

/* Sits the client on a seat that exists; whoever sat there before is told and closed. */
static void sit(struct tl_client *client, struct tl_seat *seat)
{
    client->stage = TL_STAGE_JOINING;
    client->session = seat->session;
    client->seat = seat;
    seat->client = client;
    seat->away_until = 0;
}

static void take_seat_back(struct tl_hub *hub, struct tl_client *client, struct tl_seat *seat)
{
    struct tl_client *old = seat->client;
    if (old) {
        seat->client = NULL; /* so that its going does not make the seat `away` */
        tl_client_bye(hub, old, "replaced", 4000);
    }
    tl_secret_wipe(client->secret, sizeof client->secret);
    sit(client, seat);
    send_or_refuse(hub, client, seat,
                   new_token(hub, seat, client, TL_EVENT_RESUME_CHANGED, json_object()));
}

static struct tl_seat *find_same_person(struct tl_session *session,
                                        const struct tl_ticket *ticket)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (seat->state == TL_SEAT_FREE)
            continue;
        if (ticket->who.participant[0] &&
            strcmp(seat->who.participant, ticket->who.participant) == 0)
            return seat;
        if (ticket->who.person[0] && strcmp(seat->who.person, ticket->who.person) == 0)
            return seat;
    }
    return NULL;
}

void tl_join_session(struct tl_hub *hub, struct tl_client *client, struct tl_session *session)
{
    const struct tl_ticket *ticket = &client->ticket;
    struct tl_seat *seat = find_same_person(session, ticket);
    if (session->over || session->ending || (seat && seat->state == TL_SEAT_LEAVING)) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
        return;
    }
    if (seat) {
        client->resumed = client->by_resume;
        take_seat_back(hub, client, seat);
        return;
    }
    if (client->by_resume) { /* the seat was given up meanwhile */
        tl_client_refuse_and_close(hub, client, TL_REFUSE_TICKET, NULL, "hello", 1008);
        return;
    }
    if (!session->room[0]) {
        char room[TL_PARTICIPANT_SIZE];
        tl_hub_hex(hub, room);
        tl_session_room(hub, session, ticket->room[0] ? ticket->room : room);
    }
    seat = tl_seat_take(hub, session, &ticket->who);
    if (!seat) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_FULL, NULL, "hello", 1008);
        return;
    }
    seat->admitted_before = ticket->admitted;
    sit(client, seat);
    struct tl_event *event = new_token(
        hub, seat, client, TL_EVENT_SEAT_TAKEN,
        json_pack("{s:i, s:s?, s:s, s:s, s:s, s:s}", "seat", (int)seat->who.seat, "person",
                  seat->who.person[0] ? seat->who.person : NULL, "name", seat->who.name, "role",
                  seat->who.role, "title", seat->who.title, "room", session->room));
    if (!event)
        tl_seat_free(hub, seat);
    send_or_refuse(hub, client, seat, event);
}

void tl_welcome(struct tl_hub *hub, struct tl_client *client, const char *token)
{
    if (client->stage == TL_STAGE_JOINING)
        client->stage = TL_STAGE_SEATED;
    client->heard = false;
    bool move = false; /* its media lives, at a relay that will end */
    if (client->seat) {
        client->seat->peer.offer_allowed = true;
        client->seat->peer.slots_untold = true;
        client->seat->told_place = 0; /* it is told again */
        move = client->seat->restart_owed && tl_peer_is_moving(&client->seat->peer);
        client->seat->restart_owed = false;
        if (client->seat->state == TL_SEAT_WAITING)
            tl_session_mark(hub, client->session, true, false, true);
        else
            tl_session_mark(hub, client->session, true, true, true);
    }
    tl_client_send(hub, client, tl_view_welcome(hub, client, token));
    if (move)
        tl_client_send(hub, client, tl_view_restart(true));
    tl_client_welcomed(hub, client);
}
