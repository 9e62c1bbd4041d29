/* The hub's doors: every input comes in here, is given to the file that knows it, and everyone is
 * told what changed before it returns. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

/* After a start the relays come one after the other; who asks meanwhile waits this long for them. */
static const tl_time_us SETTLE_LEAST_US = 150 * TL_MILLISECOND_US;
static const tl_time_us SETTLE_MOST_US = 3 * TL_SECOND_US;

struct tl_hub *tl_hub_new(const struct tl_hub_actions *actions)
{
    struct tl_hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return NULL;
    hub->actions = *actions;
    hub->deadline = INT64_MAX;
    if (tl_map_new(&hub->clients) || tl_map_new(&hub->sessions) || tl_map_new(&hub->rooms) ||
        tl_map_new(&hub->queues) || tl_map_new(&hub->peers) || tl_map_new(&hub->orphans) ||
        tl_map_new(&hub->resumes) || tl_map_new(&hub->requests))
        return tl_hub_free(hub);
    for (unsigned i = 0; i < TL_HUB_RELAYS_LIMIT; i++)
        hub->relays[i].index = i;
    return hub;
}

struct tl_hub *tl_hub_free(struct tl_hub *hub)
{
    struct tl_map_walk walk;
    struct tl_map_link *link;
    if (!hub)
        return NULL;
    /* Nothing is said any more: what relays hold waits there for the door that follows. */
    for (unsigned i = 0; i < TL_HUB_RELAYS_LIMIT; i++)
        hub->relays[i].up = false;
    hub->examiner = false;
    if (hub->sessions.buckets) {
        walk = tl_map_walk(&hub->sessions);
        while ((link = tl_map_walk_next(&walk)))
            tl_session_free(hub, TL_CONTAINER(link, struct tl_session, link));
    }
    tl_tests_sweep(hub, true);
    if (hub->orphans.buckets)
        tl_orphans_free(hub);
    if (hub->clients.buckets) {
        walk = tl_map_walk(&hub->clients);
        while ((link = tl_map_walk_next(&walk))) {
            struct tl_client *client = TL_CONTAINER(link, struct tl_client, link);
            tl_early_free(client->early);
            free(client);
        }
    }
    if (hub->requests.buckets) {
        walk = tl_map_walk(&hub->requests);
        while ((link = tl_map_walk_next(&walk)))
            free(TL_CONTAINER(link, struct tl_request, link));
    }
    tl_map_free(&hub->clients);
    tl_map_free(&hub->sessions);
    tl_map_free(&hub->rooms);
    tl_map_free(&hub->queues);
    tl_map_free(&hub->peers);
    tl_map_free(&hub->orphans);
    tl_map_free(&hub->resumes);
    tl_map_free(&hub->requests);
    free(hub);
    return NULL;
}

/* ---- small things ---- */

void tl_hub_wake_at(struct tl_hub *hub, tl_time_us monotonic)
{
    if (monotonic < hub->deadline)
        hub->deadline = monotonic;
}

void tl_hub_hex(struct tl_hub *hub, char buffer[TL_PARTICIPANT_SIZE])
{
    uint8_t bits[16];
    hub->actions.random_bytes(hub->actions.context, bits, sizeof bits);
    tl_hex_write(tl_bytes(bits, sizeof bits), buffer);
}

/* UUID version 4 (RFC 9562 section 5.4). */
void tl_hub_uuid(struct tl_hub *hub, char buffer[TL_UUID_SIZE])
{
    uint8_t bits[16];
    char hex[TL_PARTICIPANT_SIZE];
    hub->actions.random_bytes(hub->actions.context, bits, sizeof bits);
    bits[6] = (uint8_t)((bits[6] & 0x0f) | 0x40);
    bits[8] = (uint8_t)((bits[8] & 0x3f) | 0x80);
    tl_hex_write(tl_bytes(bits, sizeof bits), hex);
    snprintf(buffer, TL_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
}

bool tl_hub_is_settled(const struct tl_hub *hub)
{
    bool any = false;
    tl_time_us age = hub->now.monotonic - hub->born;
    if (age >= SETTLE_MOST_US)
        return true;
    if (age < SETTLE_LEAST_US)
        return false;
    for (unsigned i = 0; i < TL_HUB_RELAYS_LIMIT; i++) {
        if (hub->relays[i].up && !hub->relays[i].listed)
            return false;
        any = any || hub->relays[i].up;
    }
    return any;
}

static void unpark(struct tl_hub *hub)
{
    struct tl_map_walk walk = tl_map_walk(&hub->clients);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_client *client = TL_CONTAINER(link, struct tl_client, link);
        if (client->stage == TL_STAGE_PARKED)
            tl_join_begin(hub, client);
    }
}

static void enter(struct tl_hub *hub, struct tl_hub_time now)
{
    hub->now = now;
    if (!hub->born) {
        hub->born = now.monotonic ? now.monotonic : 1;
        hub->quality_at = now.monotonic + TL_HUB_QUALITY_EVERY_US;
        tl_hub_wake_at(hub, hub->born + SETTLE_LEAST_US);
        tl_hub_wake_at(hub, hub->born + SETTLE_MOST_US);
    }
}

static void leave(struct tl_hub *hub)
{
    tl_hub_settle_marked(hub);
    tl_tests_sweep(hub, false);
}

/* ---- api ---- */

static void api_reply(struct tl_hub *hub, const struct tl_channel_message *message,
                      json_t *json)
{
    struct tl_request *request = tl_request_find(hub, message->request);
    bool refused = message->flags & TL_CHANNEL_ERROR;
    static const uint16_t types[] = { [TL_REQUEST_TICKET] = TL_MESSAGE_TICKET_REDEEM,
                                      [TL_REQUEST_LOAD] = TL_MESSAGE_SESSION_LOAD,
                                      [TL_REQUEST_EVENT] = TL_MESSAGE_SESSION_EVENT };
    if (!request || request->kind > TL_REQUEST_EVENT || types[request->kind] != message->type) {
        hub->counts.refused++;
        return;
    }
    enum tl_refused how = refused ? tl_refused_read(json) : TL_REFUSED_FOR_GOOD;
    if (how == TL_REFUSED_DOUBTFUL && request->kind == TL_REQUEST_EVENT &&
        tl_events_gives_up(request->owner))
        how = TL_REFUSED_FOR_GOOD;
    if (how != TL_REFUSED_FOR_GOOD) {
        tl_request_failed(hub, message->request);
        return;
    }
    enum tl_request_kind kind = request->kind;
    void *owner = request->owner;
    tl_request_drop(hub, message->request);
    switch (kind) {
    case TL_REQUEST_TICKET: tl_join_redeemed(hub, owner, json, refused); break;
    case TL_REQUEST_LOAD: tl_session_load_answered(hub, owner, json, refused); break;
    case TL_REQUEST_EVENT: tl_events_answered(hub, owner, json, refused); break;
    case TL_REQUEST_OPEN:
    case TL_REQUEST_RESTART:
    case TL_REQUEST_PROBE:
    case TL_REQUEST_LIST: break;
    }
}

void tl_hub_api_message(struct tl_hub *hub, struct tl_hub_time now,
                        const struct tl_channel_message *message)
{
    tl_autojson json_t *json = NULL;
    enter(hub, now);
    bool readable = tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &json) == TL_OK;
    if (!readable && (message->flags & TL_CHANNEL_REPLY))
        tl_request_failed(hub, message->request);
    else if (!readable)
        hub->counts.refused++;
    else if (message->flags & TL_CHANNEL_REPLY)
        api_reply(hub, message, json);
    else if (message->type == TL_MESSAGE_NOTICE)
        tl_notice_take(hub, json);
    else
        hub->counts.refused++;
    leave(hub);
}

void tl_hub_api_failed(struct tl_hub *hub, struct tl_hub_time now, uint32_t number)
{
    enter(hub, now);
    struct tl_request *request = tl_request_find(hub, number);
    if (request && request->kind <= TL_REQUEST_EVENT)
        tl_request_failed(hub, number);
    leave(hub);
}

/* ---- examiner ---- */

void tl_hub_examiner_up(struct tl_hub *hub, struct tl_hub_time now)
{
    enter(hub, now);
    hub->examiner = true;
    leave(hub);
}

void tl_hub_examiner_message(struct tl_hub *hub, struct tl_hub_time now,
                             const struct tl_channel_message *message)
{
    tl_autojson json_t *json = NULL;
    enter(hub, now);
    if (tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &json))
        hub->counts.refused++;
    else
        tl_test_examiner(hub, message->type, json);
    leave(hub);
}

void tl_hub_examiner_down(struct tl_hub *hub, struct tl_hub_time now)
{
    enter(hub, now);
    hub->examiner = false;
    tl_test_examiner_lost(hub);
    leave(hub);
}

/* ---- time ---- */

void tl_hub_tick(struct tl_hub *hub, struct tl_hub_time now)
{
    enter(hub, now);
    if (now.monotonic < hub->deadline)
        return;
    hub->deadline = INT64_MAX;
    /* Requests first: their failures set deadlines of their own. */
    for (bool more = true; more;) {
        struct tl_map_walk walk = tl_map_walk(&hub->requests);
        struct tl_map_link *link;
        uint32_t late[32];
        unsigned count = 0;
        while (count < TL_COUNT_OF(late) && (link = tl_map_walk_next(&walk))) {
            struct tl_request *request = TL_CONTAINER(link, struct tl_request, link);
            if (request->deadline <= now.monotonic)
                late[count++] = request->number;
            else
                tl_hub_wake_at(hub, request->deadline);
        }
        for (unsigned i = 0; i < count; i++)
            tl_request_failed(hub, late[i]);
        more = count == TL_COUNT_OF(late);
    }
    if (tl_hub_is_settled(hub)) {
        unpark(hub);
    } else {
        tl_time_us age = now.monotonic - hub->born;
        tl_hub_wake_at(hub,
                       hub->born + (age < SETTLE_LEAST_US ? SETTLE_LEAST_US : SETTLE_MOST_US));
    }
    tl_clients_tick(hub);
    tl_sessions_tick(hub);
    tl_tests_tick(hub);
    tl_orphans_tick(hub);
    if (now.monotonic >= hub->quality_at) {
        tl_quality_tick(hub);
        hub->quality_at = now.monotonic + TL_HUB_QUALITY_EVERY_US;
    }
    if (hub->sessions.count)
        tl_hub_wake_at(hub, hub->quality_at);
    leave(hub);
}

tl_time_us tl_hub_next_deadline(const struct tl_hub *hub)
{
    return hub->deadline;
}

void tl_hub_stop(struct tl_hub *hub, struct tl_hub_time now)
{
    enter(hub, now);
    hub->stopped = true;
    struct tl_map_walk walk = tl_map_walk(&hub->clients);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_client *client = TL_CONTAINER(link, struct tl_client, link);
        if (client->stage != TL_STAGE_GONE)
            tl_client_close(hub, client, 1012, "restart");
    }
    leave(hub);
}

/* The doors for clients and relays, which do need to know what waits for the relays' lists. */
void tl_hub_client_message(struct tl_hub *hub, struct tl_hub_time now, uint64_t id,
                           struct tl_bytes text)
{
    enter(hub, now);
    struct tl_client *client = tl_client_find(hub, id);
    if (client && client->stage != TL_STAGE_GONE)
        tl_client_message(hub, client, text);
    leave(hub);
}

void tl_hub_client_unfit(struct tl_hub *hub, struct tl_hub_time now, uint64_t id,
                         enum tl_hub_unfit why)
{
    enter(hub, now);
    struct tl_client *client = tl_client_find(hub, id);
    if (client && client->stage != TL_STAGE_GONE)
        tl_client_unfit(hub, client, why);
    leave(hub);
}

void tl_hub_client_opened(struct tl_hub *hub, struct tl_hub_time now, uint64_t id,
                          uint64_t address)
{
    enter(hub, now);
    tl_client_open(hub, id, address);
    leave(hub);
}

void tl_hub_client_closed(struct tl_hub *hub, struct tl_hub_time now, uint64_t id)
{
    enter(hub, now);
    struct tl_client *client = tl_client_find(hub, id);
    if (client)
        tl_client_gone(hub, client);
    leave(hub);
}

void tl_hub_relay_up(struct tl_hub *hub, struct tl_hub_time now, unsigned relay)
{
    enter(hub, now);
    if (relay < TL_HUB_RELAYS_LIMIT)
        tl_relay_up(hub, relay);
    leave(hub);
}

void tl_hub_relay_drain(struct tl_hub *hub, struct tl_hub_time now, unsigned relay)
{
    enter(hub, now);
    if (relay < TL_HUB_RELAYS_LIMIT && hub->relays[relay].up)
        tl_relay_drain(hub, relay);
    leave(hub);
}

void tl_hub_relay_message(struct tl_hub *hub, struct tl_hub_time now, unsigned relay,
                          const struct tl_channel_message *message)
{
    enter(hub, now);
    if (relay < TL_HUB_RELAYS_LIMIT && hub->relays[relay].up)
        tl_relay_message(hub, relay, message);
    if (tl_hub_is_settled(hub))
        unpark(hub);
    leave(hub);
}

void tl_hub_relay_down(struct tl_hub *hub, struct tl_hub_time now, unsigned relay)
{
    enter(hub, now);
    if (relay < TL_HUB_RELAYS_LIMIT && hub->relays[relay].up)
        tl_relay_down(hub, relay);
    leave(hub);
}

struct tl_hub_counts tl_hub_counts(const struct tl_hub *hub)
{
    struct tl_hub_counts counts = hub->counts;
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    counts.clients = hub->clients.count;
    counts.sessions = hub->sessions.count;
    while ((link = tl_map_walk_next(&walk))) {
        const struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
            counts.seats += session->seats[i].state != TL_SEAT_FREE;
    }
    for (const struct tl_client *client = hub->watchers; client; client = client->next_watcher)
        counts.watchers++;
    return counts;
}
