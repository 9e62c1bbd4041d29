/* A sequence of events at the hub's doors, one byte choosing each: clients come, say, drop; api and
 * relays answer, refuse, fail, die, or say things nobody asked for; time passes. Behind each step
 * what must always hold is checked. The rest of the input is what the strange ones say. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"
#include "hub/state.h"
#include "signaling/hub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACT    "11111111-2222-4333-8444-555555555555"
#define OTHER  "21111111-2222-4333-8444-555555555555"
#define PERSON "31111111-2222-4333-8444-555555555555"

enum { CLIENTS = 12, QUEUE = 64, STEPS = 400, RELAYS = 2, IDS = 24, TOKENS = 12 };

struct asked {
    bool relay;
    unsigned index;
    uint16_t type;
    uint32_t request;
    json_t *json;
};

struct fuzz {
    const uint8_t *data;
    size_t size;
    struct tl_hub *hub;
    struct tl_hub_time now;
    bool open[CLIENTS];
    struct asked asked[QUEUE];
    unsigned asked_count;
    char ids[IDS][33];
    unsigned id_count;
    char tokens[TOKENS][64];
    unsigned token_count;
    uint64_t random;
};

static void must(bool condition)
{
    if (!condition)
        abort();
}

static uint8_t take(struct fuzz *f)
{
    if (!f->size)
        return 0;
    f->size--;
    return *f->data++;
}

static void learn(char list[][33], unsigned *count, const char *id)
{
    if (id && strlen(id) == 32)
        snprintf(list[(*count)++ % IDS], 33, "%s", id);
}

static void client_send(void *context, uint64_t client, struct tl_text text)
{
    struct fuzz *f = context;
    must(client > 0 && client < CLIENTS && f->open[client] &&
         text.size <= TL_HUB_MESSAGE_LIMIT);
    json_t *json = json_loadb(text.data, text.size, 0, NULL);
    must(json != NULL);
    const char *token = json_string_value(json_object_get(json, "resume"));
    learn(f->ids, &f->id_count,
          json_string_value(json_object_get(json_object_get(json, "you"), "participant")));
    if (token)
        snprintf(f->tokens[f->token_count++ % TOKENS], 64, "%s", token);
    json_decref(json);
}

static void client_close(void *context, uint64_t client, uint16_t code, const char *reason)
{
    struct fuzz *f = context;
    must(client > 0 && client < CLIENTS && f->open[client] && reason && code >= 1000);
}

static bool ask(struct fuzz *f, bool relay, unsigned index, uint16_t type, uint32_t request,
                struct tl_bytes json)
{
    json_t *object = json_loadb((const char *)json.data, json.size, 0, NULL);
    must(object != NULL);
    if (f->asked_count == QUEUE) {
        json_decref(object);
        return false;
    }
    f->asked[f->asked_count++] = (struct asked){ relay, index, type, request, object };
    return true;
}

static bool api_send(void *context, uint16_t type, uint32_t request, struct tl_bytes json)
{
    must(request != 0);
    return ask(context, false, 0, type, request, json);
}

static bool relay_send(void *context, unsigned relay, uint16_t type, uint32_t request,
                       struct tl_bytes json)
{
    must(relay < RELAYS);
    return ask(context, true, relay, type, request, json);
}

static bool examiner_send(void *context, uint16_t type, struct tl_bytes json)
{
    (void)context, (void)type, (void)json;
    return true;
}

static void random_bytes(void *context, void *buffer, size_t size)
{
    struct fuzz *f = context;
    for (size_t i = 0; i < size; i++) {
        f->random = f->random * 6364136223846793005ULL + 1442695040888963407ULL;
        ((uint8_t *)buffer)[i] = (uint8_t)(f->random >> 56);
    }
}

/* ---- answers ---- */

static const char *some_id(struct fuzz *f)
{
    static const char none[] = "00000000000000000000000000000000";
    uint8_t pick = take(f);
    return f->id_count && pick % 8 ? f->ids[pick % (f->id_count < IDS ? f->id_count : IDS)]
                                   : none;
}

static json_t *good_answer(struct fuzz *f, const struct asked *asked)
{
    static const char *const roles[] = { "host", "patient", "guest" };
    uint8_t pick = take(f);
    switch (asked->type) {
    case TL_MESSAGE_TICKET_REDEEM:
        if (pick % 16 == 1)
            return json_pack("{s:s, s:s}", "kind", "watch", "person", ACT);
        if (pick % 16 == 2)
            return json_pack("{s:s, s:s}", "kind", "test", "act", ACT);
        return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:[s,s,s,s,s], s:b}", "kind",
                         "session", "act", pick % 16 == 3 ? OTHER : ACT, "name", "N", "role",
                         roles[pick % 3], "participant", pick % 5 == 1 ? some_id(f) : NULL,
                         "person", pick % 7 == 1 ? ACT : NULL, "may", "admit", "remove", "mute",
                         "end", "share", "admitted", pick % 11 == 0);
    case TL_MESSAGE_SESSION_LOAD:
        return json_pack(
            "{s:O, s:s?, s:s?, s:[s], s:s?, s:s, s:[{s:s, s:i, s:s, s:s, s:s}]}", "act",
            json_object_get(asked->json, "act"), "professional",
            pick % 4   ? ACT
            : pick % 8 ? PERSON
                       : NULL,
            "starts_at", pick % 3 ? "2026-11-27T10:00:00.000Z" : "2026-11-27T09:00:00.000Z",
            "beside", pick % 5 ? OTHER : PERSON, "room",
            pick % 2 ? "0123456789abcdef0123456789abcdef" : NULL, "state",
            pick % 9 == 1 ? "closed" : "live", "participants", "participant", some_id(f),
            "seat", 1 + pick % 8, "name", "P", "role", roles[pick % 3], "state",
            pick % 2   ? "in"
            : pick % 6 ? "left"
                       : "waiting");
    case TL_MESSAGE_SESSION_EVENT: return json_pack("{s:s}", "recorded", "journal");
    case TL_MESSAGE_RELAY_LIST:
        return json_pack("{s:[{s:s, s:s, s:s, s:[{s:s, s:s}], s:[{s:s, s:s}]}]}",
                         "participants", "participant", some_id(f), "room",
                         "0123456789abcdef0123456789abcdef", "state", "connected", "sends",
                         "mid", "0", "source", "microphone", "receives", "mid", "5", "kind",
                         "audio");
    case TL_MESSAGE_PARTICIPANT_OPEN:
    case TL_MESSAGE_PARTICIPANT_RESTART:
        return json_pack(
            "{s:{s:s, s:s}, s:[{s:s, s:s, s:i, s:i}], s:{s:s, s:s}, s:s, s:[{s:s, s:i}]}",
            "ice", "ufrag", "uuuu", "pwd", "pppp", "candidates", "transport", "udp", "ip",
            "127.0.0.1", "port", 4, "priority", 1, "fingerprint", "hash", "sha-256", "value",
            "AA", "setup", "passive", "receives", "mid", "1", "ssrc", 1 + pick);
    default: return json_object();
    }
}

static void deliver(struct fuzz *f, bool relay, unsigned index, uint16_t type, unsigned flags,
                    uint32_t request, struct tl_bytes json)
{
    struct tl_channel_message message = {
        .type = type, .flags = (uint16_t)flags, .request = request, .json = json
    };
    if (relay)
        tl_hub_relay_message(f->hub, f->now, index, &message);
    else
        tl_hub_api_message(f->hub, f->now, &message);
}

/* Takes one of the questions that wait and answers it, well or not. */
static void answer(struct fuzz *f)
{
    uint8_t how = take(f);
    if (!f->asked_count)
        return;
    unsigned i = how % f->asked_count;
    struct asked asked = f->asked[how < 128 ? 0 : i];
    unsigned at = how < 128 ? 0 : i;
    memmove(f->asked + at, f->asked + at + 1, (--f->asked_count - at) * sizeof f->asked[0]);
    if (asked.request) {
        json_t *json = NULL;
        unsigned flags = TL_CHANNEL_REPLY;
        if (how % 16 == 7) {
            json = json_pack("{s:s}", "error", how & 32 ? "away" : "state");
            flags |= TL_CHANNEL_ERROR;
        } else if (how % 16 == 9 && !asked.relay) {
            tl_hub_api_failed(f->hub, f->now, asked.request);
        } else if (how % 16 == 11) {
            json = json_object();
        } else if (how % 16 != 13) {
            json = good_answer(f, &asked);
            must(json != NULL);
        }
        if (json) {
            char *text = json_dumps(json, JSON_COMPACT);
            deliver(f, asked.relay, asked.index, asked.type, flags, asked.request,
                    tl_bytes(text, strlen(text)));
            free(text);
        }
        json_decref(json);
    }
    json_decref(asked.json);
}

/* ---- clients ---- */

static const char offer_text[] =
    "v=0\\r\\na=group:BUNDLE 0 1 "
    "5\\r\\na=ice-ufrag:abcd\\r\\na=ice-pwd:abcdefghijklmnopqrstuvwx"
    "\\r\\na=setup:actpass\\r\\na=fingerprint:sha-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:"
    "EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\\r\\nm=audio 9 UDP/TLS/RTP/SAVPF 111"
    "\\r\\na=mid:0\\r\\na=sendonly\\r\\na=rtcp-mux\\r\\na=rtpmap:111 opus/48000/2\\r\\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\na=mid:1\\r\\na=recvonly\\r\\na=rtcp-mux\\r\\n"
    "a=rtpmap:96 VP8/90000\\r\\nm=audio 9 UDP/TLS/RTP/SAVPF "
    "111\\r\\na=mid:5\\r\\na=recvonly\\r\\n"
    "a=rtcp-mux\\r\\na=rtpmap:111 opus/48000/2\\r\\n";

static void say(struct fuzz *f)
{
    static const char *const simple[] = {
        "{\"type\":\"leave\"}",
        "{\"type\":\"lobby\"}",
        "{\"type\":\"end\"}",
        "{\"type\":\"hand\",\"raised\":true}",
        "{\"type\":\"chat\",\"text\":\"bonjour\"}",
        "{\"type\":\"link\",\"audio_first\":true}",
        "{\"type\":\"test\",\"step\":\"begin\"}",
        "{\"type\":\"test\",\"step\":\"down\"}",
        "{\"type\":\"test\",\"step\":\"end\"}",
        "{\"type\":\"media\",\"microphone\":true,\"camera\":true,\"screen\":true,"
        "\"instrument\":false,\"instrument_audio\":false}",
    };
    static const char *const about[] = { "admit", "refuse", "remove" };
    char text[4000];
    uint64_t client = 1 + take(f) % (CLIENTS - 1);
    uint8_t what = take(f);
    if (what < 60)
        snprintf(text, sizeof text, "{\"type\":\"hello\",\"ticket\":\"t\"}");
    else if (what < 90)
        snprintf(text, sizeof text, "{\"type\":\"hello\",\"resume\":\"%s\"}",
                 f->token_count
                     ? f->tokens[what % (f->token_count < TOKENS ? f->token_count : TOKENS)]
                     : "x");
    else if (what < 120)
        snprintf(text, sizeof text,
                 "{\"type\":\"offer\",\"sdp\":\"%s\",\"sources\":{\"microphone\":\"0\"}}",
                 offer_text);
    else if (what < 170)
        snprintf(text, sizeof text, "{\"type\":\"%s\",\"participant\":\"%s\"}", about[what % 3],
                 some_id(f));
    else if (what < 180)
        snprintf(text, sizeof text,
                 "{\"type\":\"mute\",\"participant\":\"%s\",\"source\":\"microphone\","
                 "\"muted\":%s}",
                 some_id(f), what % 2 ? "true" : "false");
    else if (what < 190)
        snprintf(text, sizeof text, "{\"type\":\"layout\",\"order\":[\"%s\"]}", some_id(f));
    else if (what < 194)
        snprintf(text, sizeof text,
                 "{\"type\":\"view\",\"sizes\":[{\"mid\":\"%u\",\"width\":640,"
                 "\"height\":%u}]}",
                 what % 3u + 1, what * 2u % 360);
    else if (what < 200)
        snprintf(text, sizeof text,
                 "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":%s}", some_id(f),
                 what % 2 ? "false" : "true");
    else
        snprintf(text, sizeof text, "%s", simple[what % TL_COUNT_OF(simple)]);
    tl_hub_client_message(f->hub, f->now, client, tl_bytes(text, strlen(text)));
}

/* What is left of the input, cut short, as it is. */
static void say_garbage(struct fuzz *f, bool relay)
{
    static const uint16_t types[] = {
        TL_MESSAGE_PARTICIPANT_STATE, TL_MESSAGE_PARTICIPANT_STATISTICS, TL_MESSAGE_SPEAKER,
        TL_MESSAGE_INCIDENT,          TL_MESSAGE_PROBE_RESULT,           TL_MESSAGE_RELAY_LIST,
    };
    uint8_t pick = take(f);
    size_t length = take(f);
    if (length > f->size)
        length = f->size;
    struct tl_bytes bytes = tl_bytes(f->data, length);
    f->data += length;
    f->size -= length;
    if (relay)
        deliver(f, true, pick % RELAYS, types[pick % TL_COUNT_OF(types)], pick & 128 ? 2 : 0,
                pick, bytes);
    else
        tl_hub_client_message(f->hub, f->now, 1 + pick % (CLIENTS - 1), bytes);
}

static void relay_says(struct fuzz *f)
{
    static const char *const states[] = { "connecting", "connected", "reconnecting", "failed",
                                          "closed" };
    char text[300];
    uint8_t pick = take(f);
    uint16_t type = TL_MESSAGE_PARTICIPANT_STATE;
    if (pick < 100) {
        snprintf(text, sizeof text, "{\"participant\":\"%s\",\"state\":\"%s\",\"reason\":null}",
                 some_id(f), states[pick % 5]);
    } else if (pick < 160) {
        type = TL_MESSAGE_INCIDENT;
        snprintf(text, sizeof text,
                 "{\"participant\":\"%s\",\"kind\":\"freeze\",\"started_us_ago\":%u,"
                 "\"ended_us_ago\":%s,\"measure\":1,\"unit\":\"ms\"}",
                 some_id(f), pick * 10000u, pick % 2 ? "0" : "null");
    } else {
        type = TL_MESSAGE_PARTICIPANT_STATISTICS;
        snprintf(
            text, sizeof text,
            "{\"participant\":\"%s\",\"rtt_ms\":%u,\"up\":{},\"down\":{\"estimate_kbps\":%u,"
            "\"video\":%s},\"sources\":[]}",
            some_id(f), pick * 4u, pick * 9u, pick % 2 ? "\"none\"" : "null");
    }
    deliver(f, true, pick % RELAYS, type, 0, 0, tl_bytes(text, strlen(text)));
}

static void notice(struct fuzz *f)
{
    static const char *const kinds[] = { "act.changed", "act.cancelled", "act.ended" };
    char text[400];
    uint8_t pick = take(f);
    snprintf(text, sizeof text,
             "{\"act\":\"%s\",\"kind\":\"%s\",\"people\":[\"" ACT "\"],\"professional\":%s,"
             "\"starts_at\":\"2026-11-27T%02u:00:00.000Z\",\"detail\":{}}",
             pick % 64 ? ACT : OTHER, kinds[pick % 3],
             pick & 16   ? "\"" ACT "\""
             : pick & 32 ? "\"" PERSON "\""
                         : "null",
             pick % 24u);
    deliver(f, false, 0, TL_MESSAGE_NOTICE, 0, 0, tl_bytes(text, strlen(text)));
}

/* ---- what must always hold ---- */

static void check_session(const struct tl_hub *hub, const struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        if (seat->state == TL_SEAT_FREE) {
            must(!seat->client && seat->peer.state == TL_MEDIA_NONE && !seat->peer.registered);
            continue;
        }
        must(seat->session == session && seat->peer.session == session &&
             seat->peer.registered);
        must(seat->who.seat == i + 1);
        if (seat->client)
            must(seat->client->seat == seat && seat->client->session == session &&
                 seat->client->stage != TL_STAGE_GONE);
        if (seat->state == TL_SEAT_WAITING)
            must(seat->peer.state == TL_MEDIA_NONE || session->loaded);
        const struct tl_peer *peer = &seat->peer;
        /* at the session's relay; or still at one that drains */
        if (peer->state != TL_MEDIA_NONE)
            must(hub->relays[peer->relay].up &&
                 (peer->relay == session->relay || peer->relay == peer->leaving));
        must(peer->leaving < 0 ||
             (peer->state != TL_MEDIA_NONE && hub->relays[peer->leaving].draining));
        if (!seat->client && (seat->state == TL_SEAT_IN || seat->state == TL_SEAT_WAITING))
            must(seat->away_until > 0);
        for (unsigned j = 0; j < i; j++)
            must(session->seats[j].state == TL_SEAT_FREE ||
                 strcmp(session->seats[j].who.participant, seat->who.participant) != 0);
    }
    must(session->events.count <= TL_HUB_EVENTS_LIMIT && !session->marked);
}

/* ---- the queue, told anew from the seats alone ---- */

static bool somebody_is_in(const struct tl_session *session, bool host)
{
    bool is = false;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        is |= seat->state == TL_SEAT_IN && seat->host == host &&
              strcmp(seat->who.role, "guest") != 0;
    }
    return is;
}

static const char *first_arrival(const struct tl_session *session)
{
    const char *first = "";
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        if (session->seats[i].state == TL_SEAT_WAITING &&
            (!*first || strcmp(session->seats[i].arrived, first) < 0))
            first = session->seats[i].arrived;
    return first;
}

static bool waits(const struct tl_session *session)
{
    return *first_arrival(session) && !somebody_is_in(session, false);
}

static bool is_before(const struct tl_session *a, const struct tl_session *b)
{
    bool host_a = somebody_is_in(a, true), host_b = somebody_is_in(b, true);
    int order = strcmp(a->starts_at, b->starts_at);
    if (!order)
        order = strcmp(first_arrival(a), first_arrival(b));
    if (!order)
        order = strcmp(a->act, b->act);
    return host_a != host_b ? host_a : order < 0;
}

static void check_place(const struct tl_hub *hub, const struct tl_session *session)
{
    unsigned place = 1, waiting = !waits(session);
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        const struct tl_session *other = TL_CONTAINER(link, struct tl_session, link);
        if (other != session && (!session->queue || other->queue != session->queue))
            continue;
        if (other->load_wanted && session->queue)
            return; /* not told yet */
        waiting += waits(other);
        place += waits(session) && waits(other) && is_before(other, session);
    }
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        if (seat->state == TL_SEAT_WAITING && seat->client && !session->over &&
            seat->client->stage == TL_STAGE_SEATED)
            must(seat->told_place == place && seat->told_waiting == waiting);
    }
}

static void check_queues(const struct tl_hub *hub)
{
    size_t listed = 0, queued = 0;
    struct tl_map_walk walk = tl_map_walk(&hub->queues);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        const struct tl_queue *queue = TL_CONTAINER(link, struct tl_queue, link);
        must(queue->first && !queue->marked);
        for (const struct tl_session *s = queue->first; s; s = s->next_in_queue) {
            must(s->queue == queue && (!s->next_in_queue || is_before(s, s->next_in_queue)));
            listed++;
        }
    }
    walk = tl_map_walk(&hub->sessions);
    while ((link = tl_map_walk_next(&walk))) {
        const struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        queued += session->queue != NULL;
        check_place(hub, session);
    }
    must(listed == queued && !hub->marked_queues);
}

static void check(struct fuzz *f)
{
    struct tl_map_walk walk = tl_map_walk(&f->hub->sessions);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk)))
        check_session(f->hub, TL_CONTAINER(link, struct tl_session, link));
    check_queues(f->hub);
    must(f->hub->marked == NULL);
    must(tl_hub_next_deadline(f->hub) > 0);
}

static void step(struct fuzz *f)
{
    uint8_t what = take(f);
    uint64_t client = 1 + what % (CLIENTS - 1);
    if (what < 30) {
        if (!f->open[client]) {
            f->open[client] = true;
            tl_hub_client_opened(f->hub, f->now, client, client % 3);
        }
    } else if (what < 44) {
        if (f->open[client]) {
            tl_hub_client_closed(f->hub, f->now, client);
            f->open[client] = false;
        }
    } else if (what < 110) {
        say(f);
    } else if (what < 180) {
        answer(f);
    } else if (what < 200) {
        f->now.monotonic += (tl_time_us)take(f) * TL_SECOND_US / 4;
        tl_hub_tick(f->hub, f->now);
        /* A deadline that has passed is served, or the shell would spin. */
        for (int i = 0; i < 4 && tl_hub_next_deadline(f->hub) <= f->now.monotonic; i++)
            tl_hub_tick(f->hub, f->now);
        must(tl_hub_next_deadline(f->hub) > f->now.monotonic);
    } else if (what < 208) {
        tl_hub_relay_up(f->hub, f->now, what % RELAYS);
    } else if (what < 212) {
        tl_hub_relay_down(f->hub, f->now, what % RELAYS);
    } else if (what < 214) {
        tl_hub_relay_drain(f->hub, f->now, what % RELAYS);
    } else if (what < 232) {
        relay_says(f);
    } else if (what < 236) {
        notice(f);
    } else if (what < 238) {
        tl_hub_examiner_up(f->hub, f->now);
    } else if (what < 240) {
        tl_hub_examiner_down(f->hub, f->now);
    } else if (what < 243) {
        if (f->open[client])
            tl_hub_client_unfit(f->hub, f->now, client,
                                what % 2 ? TL_HUB_UNFIT_BINARY : TL_HUB_UNFIT_TOO_BIG);
    } else {
        say_garbage(f, what % 2);
    }
    check(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz *f = calloc(1, sizeof *f);
    const struct tl_hub_actions actions = { f,          client_send,   client_close, api_send,
                                            relay_send, examiner_send, random_bytes };
    f->data = data;
    f->size = size;
    f->now = (struct tl_hub_time){ TL_SECOND_US, 1795000000LL * TL_SECOND_US };
    f->hub = tl_hub_new(&actions);
    tl_hub_relay_up(f->hub, f->now, 0);
    f->now.monotonic += 4 * TL_SECOND_US;
    tl_hub_tick(f->hub, f->now);
    for (int i = 0; i < STEPS && f->size; i++)
        step(f);
    tl_hub_free(f->hub);
    for (unsigned i = 0; i < f->asked_count; i++)
        json_decref(f->asked[i].json);
    free(f);
    return 0;
}
