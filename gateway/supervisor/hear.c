/* What roles say to the supervisor (docs/channels.md), read by type as anything foreign is: a role
 * gone wrong costs itself. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"
#include "child.h"

/* teleloire_NAME, or NAME{label="value"}: as the door's page of metrics takes them. */
static bool is_name(const char *name)
{
    size_t size = strlen(name);
    if (!size || size > TL_CHILD_NUMBER_NAME_LIMIT || !islower((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)name[i] <= ' ' || (unsigned char)name[i] >= 0x7f)
            return false;
    return true;
}

static bool are_numbers(json_t *object)
{
    const char *name;
    json_t *value;
    if (json_object_size(object) > TL_CHILD_NUMBERS_LIMIT)
        return false;
    json_object_foreach(object, name, value)
    {
        if (!is_name(name) || !(json_is_number(value) || json_is_boolean(value)))
            return false;
    }
    return true;
}

static bool hear_ready(struct tl_child *child, json_t *body, struct tl_child_said *said)
{
    struct tl_fields f = tl_fields(body);
    if (child->ready || tl_fields_end(&f))
        return false;
    child->ready = true;
    said->news = TL_CHILD_IS_READY;
    return true;
}

static bool hear_metrics(struct tl_child *child, json_t *body, struct tl_child_said *said)
{
    struct tl_fields f = tl_fields(body);
    json_t *counters = tl_field_object(&f, "counters");
    json_t *gauges = tl_field_object(&f, "gauges");
    if (tl_fields_end(&f) || !child->ready || !are_numbers(counters) || !are_numbers(gauges))
        return false;
    said->metrics = json_incref(body);
    said->news = TL_CHILD_METRICS;
    return true;
}

static bool hear_failed(struct tl_child *child, json_t *body, struct tl_child_said *said)
{
    (void)child;
    struct tl_fields f = tl_fields(body);
    struct tl_text reason = tl_field_text(&f, "reason", 1, TL_CHILD_REASON_SIZE - 1);
    if (tl_fields_end(&f) || tl_text_copy(reason, said->reason, sizeof said->reason))
        return false;
    said->news = TL_CHILD_FAILED;
    return true;
}

static bool hear_reloaded(struct tl_child *child, json_t *body, struct tl_child_said *said)
{
    struct tl_fields f = tl_fields(body);
    said->reloaded.number = (uint32_t)tl_field_integer(&f, "number", 1, UINT32_MAX);
    struct tl_text what = tl_field_text(&f, "what", 1, (size_t)sizeof said->reloaded.what - 1);
    said->reloaded.good = tl_field_boolean(&f, "good");
    struct tl_text reason = tl_field_text_or_none(&f, "reason", TL_CHILD_REASON_SIZE - 1);
    said->reloaded.ends_s = tl_field_integer_or(&f, "ends", 0, INT64_MAX, 0);
    if (tl_fields_end(&f) || !child->ready ||
        tl_text_copy(what, said->reloaded.what, sizeof said->reloaded.what) ||
        tl_text_copy(reason, said->reason, sizeof said->reason))
        return false;
    said->news = TL_CHILD_RELOADED;
    return true;
}

static const struct {
    uint16_t type;
    bool (*hear)(struct tl_child *child, json_t *body, struct tl_child_said *said);
} words[] = {
    { TL_MESSAGE_READY, hear_ready },
    { TL_MESSAGE_METRICS, hear_metrics },
    { TL_MESSAGE_FAILED, hear_failed },
    { TL_MESSAGE_RELOADED, hear_reloaded },
};

/* The answer to the PING that is awaited, and to no other. */
static bool hear_pong(struct tl_child *child, const struct tl_channel_message *message,
                      tl_time_us now, struct tl_child_said *said)
{
    if (!(message->flags & TL_CHANNEL_REPLY) || !child->pong_by ||
        message->request != child->ping_number)
        return false;
    child->pong_by = 0;
    child->ping_at = now + TL_CHILD_PING_EVERY_US;
    said->news = TL_CHILD_ANSWERED;
    return true;
}

void tl_child_hear(struct tl_child *child, const struct tl_channel_message *message,
                   tl_time_us now, struct tl_child_said *ret_said)
{
    tl_autojson json_t *body = NULL;
    bool well = false;
    *ret_said = (struct tl_child_said){ .news = TL_CHILD_NO_NEWS };
    if (!message->fd_count && /* roles hand us none */
        tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body) == TL_OK) {
        if (message->type == TL_MESSAGE_PING)
            well = hear_pong(child, message, now, ret_said);
        for (size_t i = 0; i < TL_COUNT_OF(words); i++)
            if (words[i].type == message->type)
                well = words[i].hear(child, body, ret_said);
    }
    if (!well && child->bad < TL_CHILD_BAD_LIMIT)
        child->bad++;
}

bool tl_child_is_babbling(const struct tl_child *child)
{
    return child->bad >= TL_CHILD_BAD_LIMIT;
}

json_t *tl_child_peer_metrics(const struct tl_child *child, json_t *metrics)
{
    json_t *body =
        metrics ? json_copy(metrics) : json_pack("{s:{},s:{}}", "counters", "gauges");
    json_object_set_new(body, "role", json_string(tl_role_kind_name(child->process.kind)));
    json_object_set_new(body, "index", json_integer(child->process.index));
    json_object_set_new(body, "pid", json_integer(child->pid));
    json_object_set_new(body, "restarts", json_integer(child->restarts));
    json_object_set_new(body, "up", json_boolean(child->ready));
    json_object_set_new(body, "answers", json_boolean(child->ready && !child->told_silent));
    return body;
}
