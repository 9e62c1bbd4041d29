/* Connections: opening and closing, rates, and which message is possible when. */
#include "base/memory.h"
#include "hub/state.h"

enum { MILLIONTHS = 1000000 };

struct tl_client *tl_client_find(struct tl_hub *hub, uint64_t id)
{
    struct tl_map_link *link = id ? tl_map_first(&hub->clients, id) : NULL;
    return link ? TL_CONTAINER(link, struct tl_client, link) : NULL;
}

void tl_client_open(struct tl_hub *hub, uint64_t id, uint64_t address)
{
    if (!id || tl_client_find(hub, id))
        return;
    struct tl_client *client =
        hub->clients.count < TL_HUB_CLIENTS_LIMIT ? calloc(1, sizeof *client) : NULL;
    if (!client || hub->stopped) {
        free(client);
        hub->actions.client_close(hub->actions.context, id, 1013, "full");
        return;
    }
    client->id = id;
    client->address = address;
    client->hello_by = hub->now.monotonic + TL_HUB_HELLO_WITHIN_US;
    client->allowance = (int64_t)TL_HUB_RATE_BURST * MILLIONTHS;
    client->allowance_at = hub->now.monotonic;
    tl_map_add(&hub->clients, &client->link, id);
    tl_hub_wake_at(hub, client->hello_by);
}

/* ---- saying ---- */

void tl_client_send(struct tl_hub *hub, struct tl_client *client, json_t *json)
{
    char *text = NULL;
    size_t size = 0;
    if (json && client && client->stage != TL_STAGE_GONE &&
        tl_json_write(json, &text, &size) == TL_OK)
        hub->actions.client_send(hub->actions.context, client->id,
                                 (struct tl_text){ text, size });
    free(text);
    json_decref(json);
}

static void say_error(struct tl_hub *hub, struct tl_client *client, enum tl_refusal refusal,
                      const char *field, const char *re, bool fatal)
{
    hub->counts.refused++;
    if (field && !*field)
        field = NULL;
    tl_client_send(hub, client,
                   json_pack("{s:s, s:s, s:s?, s:s, s:b, s:s?}", "type", "error", "code",
                             tl_refusal_code(refusal), "field", field, "message",
                             tl_refusal_words(refusal, client->english), "fatal", fatal, "re",
                             re));
}

void tl_client_refuse(struct tl_hub *hub, struct tl_client *client, enum tl_refusal refusal,
                      const char *field, const char *re)
{
    say_error(hub, client, refusal, field, re, false);
}

void tl_client_refuse_and_close(struct tl_hub *hub, struct tl_client *client,
                                enum tl_refusal refusal, const char *field, const char *re,
                                uint16_t code)
{
    say_error(hub, client, refusal, field, re, true);
    tl_client_close(hub, client, code, tl_refusal_code(refusal));
}

void tl_client_bye(struct tl_hub *hub, struct tl_client *client, const char *reason,
                   uint16_t code)
{
    if (!client || client->stage == TL_STAGE_GONE)
        return;
    tl_client_send(hub, client, json_pack("{s:s, s:s}", "type", "bye", "reason", reason));
    tl_client_close(hub, client, code, reason);
}

/* ---- ending ---- */

static void stop_loading(struct tl_client *client)
{
    struct tl_session *session = client->session;
    for (unsigned i = 0; i < session->loading_count; i++)
        if (session->loading[i] == client->id) {
            session->loading[i] = session->loading[--session->loading_count];
            return;
        }
}

void tl_client_detach(struct tl_hub *hub, struct tl_client *client)
{
    struct tl_seat *seat = client->seat;
    tl_request_drop(hub, client->request);
    client->request = 0;
    if (client->session && client->stage == TL_STAGE_LOADING)
        stop_loading(client);
    if (client->session)
        tl_session_mark(hub, client->session, false, false, false);
    client->seat = NULL;
    client->session = NULL;
    if (seat && seat->client == client) {
        seat->client = NULL;
        if (client->heard)
            tl_seat_forget_before(hub, seat);
        tl_seat_away(hub, seat);
    }
    if (client->stage == TL_STAGE_WATCHING)
        tl_watch_remove(hub, client);
    if (client->test)
        tl_test_close(hub, client);
    tl_secret_wipe(client->secret, sizeof client->secret);
    tl_early_free(tl_early_take(hub, client));
}

void tl_client_close(struct tl_hub *hub, struct tl_client *client, uint16_t code,
                     const char *reason)
{
    if (client->stage == TL_STAGE_GONE)
        return;
    tl_client_detach(hub, client);
    client->stage = TL_STAGE_GONE;
    hub->actions.client_close(hub->actions.context, client->id, code, reason);
}

void tl_client_gone(struct tl_hub *hub, struct tl_client *client)
{
    if (client->stage != TL_STAGE_GONE)
        tl_client_detach(hub, client);
    tl_map_remove(&hub->clients, &client->link);
    free(client);
}

/* ---- hearing ---- */

/* A bucket of TL_HUB_RATE_BURST messages, filled TL_HUB_RATE_PER_SECOND a second. */
static bool is_within_rate(struct tl_hub *hub, struct tl_client *client)
{
    const int64_t full = (int64_t)TL_HUB_RATE_BURST * MILLIONTHS;
    int64_t passed = hub->now.monotonic - client->allowance_at;
    if (passed > TL_SECOND_US * TL_HUB_RATE_BURST)
        passed = TL_SECOND_US * TL_HUB_RATE_BURST;
    client->allowance_at = hub->now.monotonic;
    client->allowance += passed * TL_HUB_RATE_PER_SECOND;
    if (client->allowance > full)
        client->allowance = full;
    if (client->allowance < MILLIONTHS)
        return false;
    client->allowance -= MILLIONTHS;
    if (client->allowance >= full / 2)
        client->strikes = 0;
    return true;
}

static void refuse_rate(struct tl_hub *hub, struct tl_client *client)
{
    if (++client->strikes >= TL_HUB_RATE_STRIKES)
        tl_client_refuse_and_close(hub, client, TL_REFUSE_RATE, NULL, NULL, 1008);
    else if (client->strikes == 1)
        tl_client_refuse(hub, client, TL_REFUSE_RATE, NULL, NULL);
    else
        hub->counts.refused++; /* answering each would be the flood itself */
}

static bool before_hello(const struct tl_client *client)
{
    return client->stage == TL_STAGE_HELLO || client->stage == TL_STAGE_LOBBY;
}

static void dispatch(struct tl_hub *hub, struct tl_client *client,
                     const struct tl_client_message *message)
{
    const char *re = tl_client_type_name(message->type);
    if (message->type == TL_CLIENT_HELLO) {
        if (before_hello(client))
            tl_join_hello(hub, client, message);
        else
            tl_client_refuse(hub, client, TL_REFUSE_ORDER, NULL, re);
        return;
    }
    client->heard = true;
    switch (client->stage) {
    case TL_STAGE_SEATED: tl_people_message(hub, client, message); break;
    case TL_STAGE_TESTING: tl_test_message(hub, client, message); break;
    case TL_STAGE_HELLO:
        if (message->type == TL_CLIENT_LOBBY) {
            tl_lobby_enter(hub, client);
            break;
        }
        /* fall through */
    case TL_STAGE_LOBBY:
        tl_client_refuse_and_close(hub, client, TL_REFUSE_ORDER, NULL, re, 1008);
        break;
    case TL_STAGE_WATCHING:
        if (message->type == TL_CLIENT_LEAVE)
            tl_client_bye(hub, client, "left", 1000);
        else
            tl_client_refuse(hub, client, TL_REFUSE_ORDER, NULL, re);
        break;
    case TL_STAGE_PARKED:
    case TL_STAGE_REDEEMING:
    case TL_STAGE_LOADING:
    case TL_STAGE_JOINING:
        client->heard = false; /* it cannot have had its welcome yet */
        if (!tl_early_keep(hub, client, message))
            tl_client_refuse(hub, client, TL_REFUSE_ORDER, NULL, re);
        break;
    case TL_STAGE_GONE: break;
    }
}

void tl_client_welcomed(struct tl_hub *hub, struct tl_client *client)
{
    struct tl_client_message *early = tl_early_take(hub, client);
    if (!early)
        return;
    dispatch(hub, client, early);
    client->heard = false; /* that was said before */
    tl_early_free(early);
}

void tl_client_unfit(struct tl_hub *hub, struct tl_client *client, enum tl_hub_unfit why)
{
    static const struct {
        enum tl_refusal refusal;
        uint16_t code; /* RFC 6455 section 7.4.1 */
    } ends[] = { [TL_HUB_UNFIT_TOO_BIG] = { TL_REFUSE_TOO_BIG, 1009 },
                 [TL_HUB_UNFIT_BINARY] = { TL_REFUSE_FORMAT, 1003 } };
    tl_client_refuse_and_close(hub, client, ends[why].refusal, NULL, NULL, ends[why].code);
}

void tl_client_message(struct tl_hub *hub, struct tl_client *client, struct tl_bytes text)
{
    struct tl_client_message message;
    struct tl_client_problem problem = { 0 };
    hub->counts.messages++;
    if (!is_within_rate(hub, client)) {
        refuse_rate(hub, client);
        return;
    }
    if (text.size > TL_HUB_MESSAGE_LIMIT) {
        tl_client_unfit(hub, client, TL_HUB_UNFIT_TOO_BIG);
        return;
    }
    if (tl_client_message_read(text, &message, &problem) == TL_OK) {
        dispatch(hub, client, &message);
        json_decref(message.json);
    } else if (before_hello(client)) {
        tl_client_refuse_and_close(hub, client, problem.refusal, problem.field, problem.re,
                                   1008);
    } else {
        tl_client_refuse(hub, client, problem.refusal, problem.field, problem.re);
    }
}

void tl_clients_tick(struct tl_hub *hub)
{
    struct tl_map_walk walk = tl_map_walk(&hub->clients);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_client *client = TL_CONTAINER(link, struct tl_client, link);
        if (client->stage == TL_STAGE_HELLO && client->hello_by <= hub->now.monotonic)
            tl_client_refuse_and_close(hub, client, TL_REFUSE_ORDER, NULL, "hello", 1008);
        else if (client->stage == TL_STAGE_LOBBY && client->hello_by <= hub->now.monotonic)
            tl_client_bye(hub, client, "expired", 1000);
        else if (before_hello(client))
            tl_hub_wake_at(hub, client->hello_by);
        else if (client->stage == TL_STAGE_REDEEMING && !client->request) {
            if (client->retry_at <= hub->now.monotonic)
                tl_join_begin(hub, client);
            else
                tl_hub_wake_at(hub, client->retry_at);
        }
    }
}
