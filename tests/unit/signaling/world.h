/* A world around the hub, with a clock that only the test moves: clients whose messages are kept,
 * an api that remembers what it recorded, relays that open and list participants. They are
 * scripted parts, not the real ones: tests/integration has those. */
#ifndef TL_TEST_SIGNALING_WORLD_H
#define TL_TEST_SIGNALING_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "channels/types.h"
#include "signaling/hub.h"

/* A test uses what it needs of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

enum { WORLD_CLIENTS = 64, WORLD_QUEUE = 512, WORLD_RELAYS = 4 };
#define ACT "11111111-2222-4333-8444-555555555555"

enum world_api {
    API_ANSWERS,
    API_SILENT,
    API_FAILS,
    API_AWAY,
    API_REFUSES,
    API_QUEUE_FULL,
    API_DIES_AFTER, /* records one event, and its answer is lost */
    API_LOADS_NOT,  /* SESSION_LOAD stays unanswered */
    API_BREAKS      /* the same failure each time */
};

struct world_sent {
    unsigned relay;
    uint16_t type;
    uint32_t request;
    json_t *json;
};

struct world {
    struct tl_hub *hub;
    struct tl_hub_time now;
    uint64_t last_client, random;
    struct {
        json_t *heard;
        unsigned code;
    } clients[WORLD_CLIENTS];
    struct world_sent api[WORLD_QUEUE], relay[WORLD_QUEUE];
    unsigned api_count, relay_count;
    enum world_api api_mode;
    const char *offer_more; /* a line of every m-line of an offer */
    bool relay_silent;
    json_t *recorded;  /* events, in the order of their first arrival */
    unsigned repeated; /* events that came again under a known id */
    json_t *people;    /* participants, as SESSION_LOAD gives them */
    json_t *plans;     /* act -> what SESSION_LOAD answers of acts a test has planned */
    char room[33];
    const char *act_state;
    const char *unread; /* the act whose SESSION_LOAD stays unanswered; NULL: none */
    bool relay_up[WORLD_RELAYS];
    json_t *at_relay[WORLD_RELAYS];    /* participant -> {room, sends, receives} */
    json_t *relay_log, *examiner_log;  /* everything said to relays, to the examiner */
    unsigned relay_room[WORLD_RELAYS]; /* participants it takes; 0: any number */
    bool probe_refused;
    uint32_t ssrc;
};

/* ---- actions ---- */

static void world_client_send(void *context, uint64_t client, struct tl_text text)
{
    struct world *w = context;
    json_t *json = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_true(text.size <= 65536);
    if (client < WORLD_CLIENTS)
        json_array_append_new(w->clients[client].heard, json);
    else
        json_decref(json);
}

static void world_client_close(void *context, uint64_t client, uint16_t code,
                               const char *reason)
{
    struct world *w = context;
    assert_non_null(reason);
    if (client < WORLD_CLIENTS)
        w->clients[client].code = code;
}

static bool world_api_send(void *context, uint16_t type, uint32_t request, struct tl_bytes json)
{
    struct world *w = context;
    if (w->api_mode == API_QUEUE_FULL || w->api_count == WORLD_QUEUE)
        return false;
    w->api[w->api_count++] =
        (struct world_sent){ 0, type, request,
                             json_loadb((const char *)json.data, json.size, 0, NULL) };
    return true;
}

static bool world_relay_send(void *context, unsigned relay, uint16_t type, uint32_t request,
                             struct tl_bytes json)
{
    struct world *w = context;
    if (!w->relay_up[relay] || w->relay_count == WORLD_QUEUE)
        return false;
    json_t *object = json_loadb((const char *)json.data, json.size, 0, NULL);
    assert_non_null(object);
    json_t *logged = json_deep_copy(object);
    json_object_set_new(logged, "_type", json_integer(type));
    json_object_set_new(logged, "_relay", json_integer(relay));
    json_array_append_new(w->relay_log, logged);
    w->relay[w->relay_count++] = (struct world_sent){ relay, type, request, object };
    return true;
}

static bool world_examiner_send(void *context, uint16_t type, struct tl_bytes json)
{
    struct world *w = context;
    json_t *object = json_loadb((const char *)json.data, json.size, 0, NULL);
    json_object_set_new(object, "_type", json_integer(type));
    json_array_append_new(w->examiner_log, object);
    return true;
}

static void world_random(void *context, void *buffer, size_t size)
{
    struct world *w = context;
    for (size_t i = 0; i < size; i++) {
        w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
        ((uint8_t *)buffer)[i] = (uint8_t)(w->random >> 56);
    }
}

static struct tl_hub *world_new_hub(struct world *w)
{
    const struct tl_hub_actions actions = { w,
                                            world_client_send,
                                            world_client_close,
                                            world_api_send,
                                            world_relay_send,
                                            world_examiner_send,
                                            world_random };
    return tl_hub_new(&actions);
}

/* ---- the scripted api ---- */

/* Those of an act; NULL for acts whose people are not kept. */
static json_t *world_people(struct world *w, const char *act)
{
    json_t *plan = json_object_get(w->plans, act);
    return plan                    ? json_object_get(plan, "participants")
           : strcmp(act, ACT) == 0 ? w->people
                                   : NULL;
}

static json_t *world_person(json_t *people, const char *participant)
{
    json_t *item;
    size_t i;
    json_array_foreach(people, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "participant")), participant) == 0)
            return item;
    }
    return NULL;
}

static json_t *world_by_token(json_t *people, const char *token)
{
    uint8_t digest[32];
    char hex[65];
    json_t *item;
    size_t i;
    tl_sha256(tl_bytes(token, strlen(token)), digest);
    tl_hex_write(tl_bytes(digest, 32), hex);
    json_array_foreach(people, i, item)
    {
        const char *state = json_string_value(json_object_get(item, "state"));
        if (strcmp(json_string_value(json_object_get(item, "resume_sha256")), hex) == 0 &&
            (strcmp(state, "in") == 0 || strcmp(state, "waiting") == 0))
            return item;
    }
    return NULL;
}

static json_t *world_by_resume(struct world *w, const char *token, const char **ret_act)
{
    const char *act;
    json_t *plan, *found = world_by_token(w->people, token);
    *ret_act = ACT;
    if (found)
        return found;
    json_object_foreach(w->plans, act, plan)
    {
        *ret_act = act;
        if ((found = world_by_token(json_object_get(plan, "participants"), token)))
            return found;
    }
    return NULL;
}

static json_t *world_may(const char *role)
{
    if (strcmp(role, "host") == 0)
        return json_pack("[s,s,s,s,s,s]", "admit", "remove", "mute", "end", "share", "photo");
    return json_pack("[s]", "share");
}

/* A ticket is "role:name" or "watch:name", "test:name", "probe:name"; NULL: refused. A name that starts with a
 * capital has an account; its person is made of its first letter. */
static json_t *world_redeem(struct world *w, json_t *json)
{
    char role[16], name[32], person[40];
    const char *ticket = json_string_value(json_object_get(json, "ticket"));
    const char *resume = json_string_value(json_object_get(json, "resume"));
    const char *of = NULL;
    json_t *known = resume ? world_by_resume(w, resume, &of) : NULL;
    if (resume && !known)
        return NULL;
    if (ticket && sscanf(ticket, "%15[a-z]:%31s", role, name) != 2)
        return NULL;
    if (known)
        return json_pack(
            "{s:s, s:O, s:s, s:s?, s:O, s:O, s:O, s:O, s:O, s:O, s:b, s:s}", "kind", "session",
            "person", json_object_get(known, "person"), "act", of, "room",
            w->room[0] ? w->room : NULL, "participant", json_object_get(known, "participant"),
            "seat", json_object_get(known, "seat"), "name", json_object_get(known, "name"),
            "title", json_object_get(known, "title"), "role", json_object_get(known, "role"),
            "may", json_object_get(known, "may"), "admitted", 1, "language", "fr");
    char act[40] = ACT, *at = strchr(name, '@'); /* "name@7": another act */
    if (at) {
        snprintf(act, sizeof act, "%08x-2222-4333-8444-555555555555",
                 (unsigned)strtoul(at + 1, NULL, 10));
        *at = 0;
    }
    bool account = name[0] >= 'A' && name[0] <= 'Z';
    snprintf(person, sizeof person, "%08x-0000-4000-8000-000000000000", (unsigned)name[0]);
    bool session = strcmp(role, "watch") != 0 && strcmp(role, "test") != 0;
    if (strcmp(role, "probe") == 0)
        return json_pack("{s:s, s:n, s:n, s:n, s:n, s:n, s:s, s:s, s:s, s:[], s:b, s:s}",
                         "kind", "test", "person", "act", "room", "participant", "seat", "name",
                         "", "title", "", "role", "helper", "may", "admitted", 0, "language",
                         "fr");
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:n, s:n, s:s, s:s, s:s, s:o, s:b, s:s}", "kind",
                     session ? "session" : role, "person", account ? person : NULL, "act",
                     strcmp(role, "watch") == 0 ? NULL : act, "room",
                     session && !at && w->room[0] ? w->room : NULL, "participant", "seat",
                     "name", name, "title", "", "role", session ? role : "guest", "may",
                     world_may(session ? role : "guest"), "admitted", 0, "language", "fr");
}

static const char *world_act_of(json_t *event)
{
    return json_string_value(json_object_get(event, "act"));
}

static void world_apply(struct world *w, json_t *event)
{
    const char *type = json_string_value(json_object_get(event, "type"));
    const char *participant = json_string_value(json_object_get(event, "participant"));
    json_t *detail = json_object_get(event, "detail");
    json_t *people = world_people(w, world_act_of(event));
    json_t *person = participant ? world_person(people, participant) : NULL;
    if (strcmp(type, "seat_taken") == 0) {
        if (!person) {
            person = json_pack("{s:s}", "participant", participant);
            json_array_append_new(people, person);
            json_object_set(person, "joined_at", json_object_get(event, "at"));
        }
        static const char *const copied[] = { "seat",  "person", "name",
                                              "title", "role",   "resume_sha256" };
        for (size_t i = 0; i < TL_COUNT_OF(copied); i++)
            json_object_set(person, copied[i], json_object_get(detail, copied[i]));
        json_object_set_new(person, "may",
                            world_may(json_string_value(json_object_get(detail, "role"))));
        json_object_set_new(person, "state", json_string("waiting"));
        if (people == w->people)
            snprintf(w->room, sizeof w->room, "%s",
                     json_string_value(json_object_get(detail, "room")));
        if (people == w->people && strcmp(w->act_state, "planned") == 0)
            w->act_state = "waiting";
    } else if (strcmp(type, "resume_changed") == 0) {
        json_object_set(person, "resume_sha256", json_object_get(detail, "resume_sha256"));
    } else if (strcmp(type, "admitted") == 0) {
        json_object_set_new(person, "state", json_string("in"));
    } else if (strcmp(type, "left") == 0) {
        json_object_set_new(person, "state", json_string("left"));
    } else if (strcmp(type, "refused") == 0 || strcmp(type, "removed") == 0) {
        json_object_set_new(person, "state", json_string("removed"));
    } else if (strncmp(type, "identity_", 9) == 0) {
        json_object_set_new(person, "identity_checked",
                            json_boolean(strcmp(type, "identity_checked") == 0));
    } else if (strcmp(type, "ended") == 0 && people == w->people) {
        w->act_state = "to_close";
    }
}

static json_t *world_record(struct world *w, json_t *event)
{
    if (!world_people(w, world_act_of(event)))
        return json_pack("{s:s}", "recorded", "database");
    json_t *item;
    size_t i;
    bool known = false;
    json_array_foreach(w->recorded, i, item)
    {
        known = known ||
                json_equal(json_object_get(item, "event"), json_object_get(event, "event"));
    }
    w->repeated += known;
    if (!known) {
        json_array_append(w->recorded, event);
        world_apply(w, event);
    }
    return json_pack("{s:s}", "recorded", "database");
}

/* What is planned, with the other acts of its professional that have people in them. */
static json_t *world_planned(struct world *w, json_t *plan)
{
    json_t *other, *person, *answer = json_deep_copy(plan), *beside = json_array();
    const char *act;
    size_t i;
    json_object_foreach(w->plans, act, other)
    {
        bool there = false;
        json_array_foreach(json_object_get(other, "participants"), i, person)
        {
            const char *is = json_string_value(json_object_get(person, "state"));
            there = there || strcmp(is, "waiting") == 0 || strcmp(is, "in") == 0;
        }
        if (there && other != plan &&
            json_equal(json_object_get(other, "professional"),
                       json_object_get(plan, "professional")))
            json_array_append_new(beside, json_string(act));
    }
    json_object_set_new(answer, "beside", beside);
    return answer;
}

static json_t *world_load(struct world *w, const char *act)
{
    if (json_object_get(w->plans, act))
        return world_planned(w, json_object_get(w->plans, act));
    if (strcmp(act, ACT) != 0)
        return json_pack("{s:s, s:n, s:s, s:[]}", "act", act, "room", "state", "planned",
                         "participants");
    int incidents = 0;
    json_t *item;
    size_t i;
    json_array_foreach(w->recorded, i, item)
    {
        const char *type = json_string_value(json_object_get(item, "type"));
        incidents += strcmp(type, "incident") == 0;
    }
    return json_pack("{s:s, s:s?, s:s, s:s, s:O, s:n, s:i, s:[s]}", "act", ACT, "room",
                     w->room[0] ? w->room : NULL, "state", w->act_state, "starts_at",
                     "2026-11-23T10:00:00.000Z", "participants", w->people, "started_at",
                     "incidents", incidents, "people", "00000057-0000-4000-8000-000000000000");
}

static void world_reply(struct world *w, bool relay, const struct world_sent *sent,
                        json_t *json, unsigned flags)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct tl_channel_message message = { .type = sent->type,
                                          .flags = (uint16_t)(TL_CHANNEL_REPLY | flags),
                                          .request = sent->request,
                                          .json = tl_bytes(text, strlen(text)) };
    if (relay)
        tl_hub_relay_message(w->hub, w->now, sent->relay, &message);
    else
        tl_hub_api_message(w->hub, w->now, &message);
    free(text);
    json_decref(json);
}

static void world_api_step(struct world *w, struct world_sent sent)
{
    json_t *answer = NULL;
    bool load = sent.type == TL_MESSAGE_SESSION_LOAD;
    if (w->api_mode == API_SILENT || (w->api_mode == API_LOADS_NOT && load) ||
        (load && w->unread && strcmp(w->unread, world_act_of(sent.json)) == 0)) {
        json_decref(sent.json);
        return;
    }
    if (w->api_mode == API_FAILS) {
        json_decref(sent.json);
        tl_hub_api_failed(w->hub, w->now, sent.request);
        return;
    }
    if (w->api_mode == API_DIES_AFTER && sent.type == TL_MESSAGE_SESSION_EVENT) {
        json_decref(world_record(w, sent.json)); /* written, and the answer is lost */
        json_decref(sent.json);
        w->api_mode = API_ANSWERS;
        tl_hub_api_failed(w->hub, w->now, sent.request);
        return;
    }
    if (w->api_mode == API_ANSWERS || w->api_mode == API_DIES_AFTER ||
        w->api_mode == API_LOADS_NOT) {
        if (sent.type == TL_MESSAGE_TICKET_REDEEM)
            answer = world_redeem(w, sent.json);
        else if (sent.type == TL_MESSAGE_SESSION_LOAD)
            answer = world_load(w, json_string_value(json_object_get(sent.json, "act")));
        else if (sent.type == TL_MESSAGE_SESSION_EVENT)
            answer = world_record(w, sent.json);
    }
    if (answer)
        world_reply(w, false, &sent, answer, 0);
    else
        world_reply(w, false, &sent,
                    json_pack("{s:s, s:s}", "error",
                              w->api_mode == API_AWAY     ? "away"
                              : w->api_mode == API_BREAKS ? "io"
                                                          : "missing",
                              "detail", ""),
                    TL_CHANNEL_ERROR);
    json_decref(sent.json);
}

#include "world_relay.h"

/* ---- moving the world ---- */

static void world_pump(struct world *w)
{
    while (w->api_count || w->relay_count) {
        if (w->api_count) {
            struct world_sent sent = w->api[0];
            memmove(w->api, w->api + 1, --w->api_count * sizeof w->api[0]);
            world_api_step(w, sent);
        } else {
            struct world_sent sent = w->relay[0];
            memmove(w->relay, w->relay + 1, --w->relay_count * sizeof w->relay[0]);
            world_relay_step(w, sent);
        }
    }
}

static void world_pass(struct world *w, tl_time_us us)
{
    tl_time_us end = w->now.monotonic + us;
    world_pump(w);
    for (;;) {
        tl_time_us next = tl_hub_next_deadline(w->hub);
        tl_time_us step = next > end                ? end
                          : next > w->now.monotonic ? next
                                                    : w->now.monotonic + 1;
        if (step > end)
            break;
        w->now.wall += step - w->now.monotonic;
        w->now.monotonic = step;
        tl_hub_tick(w->hub, w->now);
        world_pump(w);
        if (step == end)
            break;
    }
}

static void world_relay_starts(struct world *w, unsigned relay)
{
    w->relay_up[relay] = true;
    tl_hub_relay_up(w->hub, w->now, relay);
    world_pump(w);
}

/* Its process died: what it held is gone. */
static void world_relay_dies(struct world *w, unsigned relay)
{
    w->relay_up[relay] = false;
    json_object_clear(w->at_relay[relay]);
    tl_hub_relay_down(w->hub, w->now, relay);
    world_pump(w);
}

static struct world *world_new_without_relay(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->now = (struct tl_hub_time){ TL_SECOND_US, 1795000000LL * TL_SECOND_US };
    w->hub = world_new_hub(w);
    assert_non_null(w->hub);
    w->recorded = json_array();
    w->people = json_array();
    w->plans = json_object();
    w->relay_log = json_array();
    w->examiner_log = json_array();
    w->act_state = "planned";
    w->random = 42;
    for (unsigned i = 0; i < WORLD_CLIENTS; i++)
        w->clients[i].heard = json_array();
    for (unsigned i = 0; i < WORLD_RELAYS; i++)
        w->at_relay[i] = json_object();
    return w;
}

static struct world *world_new(void)
{
    struct world *w = world_new_without_relay();
    world_relay_starts(w, 0);
    world_pass(w, TL_SECOND_US);
    return w;
}

static void world_free(struct world *w)
{
    tl_hub_free(w->hub);
    for (unsigned i = 0; i < w->api_count; i++)
        json_decref(w->api[i].json);
    for (unsigned i = 0; i < w->relay_count; i++)
        json_decref(w->relay[i].json);
    json_decref(w->recorded);
    json_decref(w->people);
    json_decref(w->plans);
    json_decref(w->relay_log);
    json_decref(w->examiner_log);
    for (unsigned i = 0; i < WORLD_CLIENTS; i++)
        json_decref(w->clients[i].heard);
    for (unsigned i = 0; i < WORLD_RELAYS; i++)
        json_decref(w->at_relay[i]);
    free(w);
}

/* The door is replaced: a new hub, the same api and relays; nobody told the clients. */
static void world_replace_door(struct world *w)
{
    tl_hub_free(w->hub);
    w->hub = world_new_hub(w);
    assert_non_null(w->hub);
    for (unsigned i = 0; i < w->api_count; i++)
        json_decref(w->api[i].json);
    for (unsigned i = 0; i < w->relay_count; i++)
        json_decref(w->relay[i].json);
    w->api_count = w->relay_count = 0;
}

/* ---- clients ---- */

static uint64_t world_open_client(struct world *w)
{
    uint64_t id = ++w->last_client;
    tl_hub_client_opened(w->hub, w->now, id, id);
    return id;
}

static void world_say(struct world *w, uint64_t client, const char *text)
{
    tl_hub_client_message(w->hub, w->now, client, tl_bytes(text, strlen(text)));
    world_pump(w);
}

__attribute__((format(printf, 3, 4))) static void world_sayf(struct world *w, uint64_t client,
                                                             const char *format, ...)
{
    char text[70000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    world_say(w, client, text);
}

static uint64_t world_join(struct world *w, const char *ticket)
{
    uint64_t id = world_open_client(w);
    world_sayf(w, id, "{\"type\":\"hello\",\"ticket\":\"%s\"}", ticket);
    return id;
}

static uint64_t world_resume(struct world *w, const char *token)
{
    uint64_t id = world_open_client(w);
    world_sayf(w, id, "{\"type\":\"hello\",\"resume\":\"%s\"}", token);
    return id;
}

static void world_drop(struct world *w, uint64_t client)
{
    tl_hub_client_closed(w->hub, w->now, client);
    world_pump(w);
}

/* The last message of a type it heard; NULL when none. */
static json_t *world_last(struct world *w, uint64_t client, const char *type)
{
    json_t *heard = w->clients[client].heard;
    for (size_t i = json_array_size(heard); i > 0; i--) {
        json_t *item = json_array_get(heard, i - 1);
        if (strcmp(json_string_value(json_object_get(item, "type")), type) == 0)
            return item;
    }
    return NULL;
}

static unsigned world_count(struct world *w, uint64_t client, const char *type)
{
    unsigned count = 0;
    json_t *item;
    size_t i;
    json_array_foreach(w->clients[client].heard, i, item)
    {
        count += strcmp(json_string_value(json_object_get(item, "type")), type) == 0;
    }
    return count;
}

static void world_forget(struct world *w, uint64_t client)
{
    json_array_clear(w->clients[client].heard);
}

static const char *world_text(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const char *world_participant(struct world *w, uint64_t client)
{
    return world_text(json_object_get(world_last(w, client, "welcome"), "you"), "participant");
}

static const char *world_token(struct world *w, uint64_t client)
{
    return world_text(world_last(w, client, "welcome"), "resume");
}

/* The code of the last error it heard; "" when none. */
static const char *world_error(struct world *w, uint64_t client)
{
    json_t *error = world_last(w, client, "error");
    return error ? world_text(error, "code") : "";
}

/* Events recorded of a type. */
static unsigned world_events(struct world *w, const char *type)
{
    unsigned count = 0;
    json_t *item;
    size_t i;
    json_array_foreach(w->recorded, i, item)
    {
        count += strcmp(world_text(item, "type"), type) == 0;
    }
    return count;
}

/* The last message of a type to a relay; NULL when none. */
static json_t *world_to_relay(struct world *w, uint16_t type)
{
    for (size_t i = json_array_size(w->relay_log); i > 0; i--) {
        json_t *item = json_array_get(w->relay_log, i - 1);
        if (json_integer_value(json_object_get(item, "_type")) == type)
            return item;
    }
    return NULL;
}

static unsigned world_to_relay_count(struct world *w, uint16_t type)
{
    unsigned count = 0;
    json_t *item;
    size_t i;
    json_array_foreach(w->relay_log, i, item)
    {
        count += json_integer_value(json_object_get(item, "_type")) == type;
    }
    return count;
}

__attribute__((format(printf, 4, 5))) static void
world_relay_says(struct world *w, unsigned relay, uint16_t type, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct tl_channel_message message = { .type = type, .json = tl_bytes(text, (size_t)size) };
    tl_hub_relay_message(w->hub, w->now, relay, &message);
    world_pump(w);
}

/* ---- offers ---- */

/* Five sources (0 to 4), then the slots: mids go on from 5, sound first. */
static void world_offer_text(char *text, size_t size, const char *more, const char *ufrag,
                             unsigned audio, unsigned video)
{
    size_t used = (size_t)snprintf(text, size,
                                   "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                                   "a=group:BUNDLE");
    for (unsigned i = 0; i < 5 + audio + video; i++)
        used += (size_t)snprintf(text + used, size - used, " %u", i);
    used += (size_t)snprintf(
        text + used, size - used,
        "\r\na=ice-ufrag:%s\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
        "a=fingerprint:sha-256 "
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:"
        "66:77:88:99:AA:BB:CC:DD:EE:FF\r\n",
        ufrag);
    for (unsigned i = 0; i < 5 + audio + video; i++) {
        bool sound = i < 5 ? i == 0 || i == 4 : i < 5 + audio;
        used += (size_t)snprintf(
            text + used, size - used,
            "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 "
            "0.0.0.0\r\na=mid:%u\r\na=%s\r\na=rtcp-mux\r\n"
            "%s\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n%s",
            sound ? "audio" : "video", sound ? "111" : "96 97", i,
            i < 5 ? "sendonly" : "recvonly",
            sound ? "a=rtpmap:111 opus/48000/2"
                  : "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96",
            more ? more : "");
    }
}

/* The message of an offer; the caller frees it. */
static char *world_offer_message(struct world *w, const char *ufrag, unsigned audio,
                                 unsigned video)
{
    char text[20000];
    world_offer_text(text, sizeof text, w->offer_more, ufrag, audio, video);
    json_t *json = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "type", "offer", "sdp",
                             text, "sources", "microphone", "0", "camera", "1", "screen", "2",
                             "instrument", "3", "instrument_audio", "4");
    char *message = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return message;
}

static void world_offer_again(struct world *w, uint64_t client, const char *ufrag,
                              unsigned audio, unsigned video)
{
    char *message = world_offer_message(w, ufrag, audio, video);
    world_say(w, client, message);
    free(message);
}

static void world_offer(struct world *w, uint64_t client, unsigned audio, unsigned video)
{
    world_offer_again(w, client, "abcd", audio, video);
}

/* What stands in the slot of a mid, as its client was told last: "participant source" or "". */
static const char *world_slot(struct world *w, uint64_t client, const char *mid)
{
    static char text[64];
    json_t *item;
    size_t i;
    text[0] = 0;
    json_array_foreach(json_object_get(world_last(w, client, "slots"), "slots"), i, item)
    {
        if (strcmp(world_text(item, "mid"), mid) == 0 && world_text(item, "participant"))
            snprintf(text, sizeof text, "%s %s", world_text(item, "participant"),
                     world_text(item, "source"));
    }
    return text;
}

static bool world_slot_is(struct world *w, uint64_t client, const char *mid, uint64_t other,
                          const char *source)
{
    char expected[64];
    snprintf(expected, sizeof expected, "%s %s", world_participant(w, other), source);
    return strcmp(world_slot(w, client, mid), expected) == 0;
}

#endif
