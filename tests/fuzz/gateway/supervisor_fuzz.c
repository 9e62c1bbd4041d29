/* What a role gone wrong may say to its supervisor in one life, as a sequence; and what of it the
 * door is told, as the door reads it. Input: records of
 *
 *     u8 what   u8 flags   u16 request   u16 size   size bytes
 *
 * what: the message's type (0 to 3: those of the table, PING being the answer), 4: time passes,
 * 5: PING is due, 6: RELOADED, else a type of its own. */
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"
#include "door/door.h"
#include "supervisor/child.h"

static struct tl_door door;

static void tell_door(const struct tl_child *child, json_t *metrics)
{
    tl_autojson json_t *body = tl_child_peer_metrics(child, metrics);
    tl_autofree char *text = NULL;
    size_t size = 0;
    if (!body || tl_json_write(body, &text, &size))
        abort();
    if (size > TL_CHANNEL_JSON_LIMIT)
        return; /* tl_channel_send refuses it */
    struct tl_channel_message message = { .type = TL_MESSAGE_PEER_METRICS,
                                          .json = tl_bytes(text, size) };
    tl_numbers_take(&door, &message);
    const struct tl_peer_numbers *told = tl_numbers_find(&door, "relay", child->process.index);
    if (!told || told->up != child->ready || (told->answers && !told->up))
        abort(); /* what is forwarded is what the door takes */
}

static void hear(struct tl_child *child, const struct tl_channel_message *message,
                 tl_time_us now)
{
    struct tl_child before = *child;
    struct tl_child_said said;
    tl_child_hear(child, message, now, &said);
    if ((said.news == TL_CHILD_METRICS) != (said.metrics != NULL) ||
        (said.news == TL_CHILD_NO_NEWS &&
         (child->ready != before.ready || child->pong_by != before.pong_by)) ||
        (said.news != TL_CHILD_NO_NEWS && child->bad != before.bad) ||
        child->bad > TL_CHILD_BAD_LIMIT || (before.ready && !child->ready) ||
        (said.news == TL_CHILD_ANSWERED && !before.pong_by))
        abort();
    if (said.news == TL_CHILD_IS_READY || said.news == TL_CHILD_METRICS)
        tell_door(child, said.metrics);
    json_decref(said.metrics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t types[] = { TL_MESSAGE_READY, TL_MESSAGE_METRICS, TL_MESSAGE_FAILED,
                                      TL_MESSAGE_PING };
    struct tl_child child = { .process = { .kind = TL_ROLE_RELAY, .index = 1 }, .pid = 7 };
    struct tl_reader r = tl_reader(tl_bytes(data, size));
    tl_time_us now = TL_SECOND_US;
    while (r.left && !tl_child_is_babbling(&child)) {
        uint8_t what = tl_read_u8(&r), flags = tl_read_u8(&r);
        uint16_t request = tl_read_u16(&r), length = tl_read_u16(&r);
        struct tl_bytes json = tl_read_bytes(&r, length);
        if (r.failed)
            break;
        if (what == 4) {
            now += (tl_time_us)request * TL_MILLISECOND_US;
            (void)tl_child_is_silent(&child, now);
        } else if (what == 5) {
            child.ping_number++; /* as tl_child_keep_alive does once it was sent */
            child.pong_by = now + TL_CHILD_PONG_WITHIN_US;
        } else {
            struct tl_channel_message message = {
                .type = what < TL_COUNT_OF(types) ? types[what]
                        : what == 6               ? TL_MESSAGE_RELOADED
                                                  : what,
                .flags = flags,
                .request = request,
                .json = json,
            };
            hear(&child, &message, now);
        }
    }
    tl_numbers_free(&door);
    return 0;
}
