/* What the relay tells the door. */
#include "control/write.h"

#include <math.h>

#include "base/memory.h"
#include "channels/types.h"

static void send_message(struct tl_control *control, struct tl_channel_message message,
                         json_t *body)
{
    tl_autofree char *text = NULL;
    size_t size = 0;
    if (control->door && body && tl_json_write(body, &text, &size) == TL_OK) {
        message.json = tl_bytes(text, size);
        if (tl_channel_send(control->door, &message))
            control->unsent++;
    }
    json_decref(body);
}

void control_tell(struct tl_control *control, uint16_t type, json_t *body)
{
    send_message(control, (struct tl_channel_message){ .type = type }, body);
}

void control_reply(struct tl_control *control, const struct tl_channel_message *request,
                   json_t *body, bool more)
{
    send_message(control,
                 (struct tl_channel_message){
                     .type = request->type,
                     .flags = (uint16_t)(TL_CHANNEL_REPLY | (more ? TL_CHANNEL_MORE : 0)),
                     .request = request->request },
                 body);
}

void control_refuse(struct tl_control *control, const struct tl_channel_message *request,
                    enum tl_error error, const char *problem)
{
    if (!request->request)
        return;
    send_message(control,
                 (struct tl_channel_message){ .type = request->type,
                                              .flags = TL_CHANNEL_REPLY | TL_CHANNEL_ERROR,
                                              .request = request->request },
                 json_pack("{s:s,s:s}", "error", tl_error_name(error), "detail",
                           problem ? problem : ""));
}

void tl_control_hello(struct tl_control *control)
{
    json_t *addresses = json_array();
    for (size_t i = 0; i < control->address_count; i++) {
        char ip[TL_ADDRESS_TEXT_SIZE];
        tl_address_write_ip(&control->addresses[i], ip);
        json_array_append_new(addresses, json_pack("{s:s,s:i}", "ip", ip, "port",
                                                   (int)control->addresses[i].port));
    }
    control_tell(control, TL_MESSAGE_RELAY_HELLO,
                 json_pack("{s:s,s:i,s:o,s:I}", "instance", control->instance, "index",
                           (int)control->index, "addresses", addresses, "participants",
                           (json_int_t)tl_relay_participant_count(control->relay)));
}

static double rounded(double value)
{
    return round(value * 1000) / 1000;
}

static json_t *source_json(const struct tl_source_statistics *s)
{
    json_t *one = json_pack("{s:s,s:i,s:f,s:f,s:i}", "source", tl_source_words[s->source],
                            "kbps", (int)s->kbps, "loss", rounded(s->loss), "jitter_ms",
                            rounded(s->jitter_ms), "frames", (int)s->frames);
    json_object_set_new(one, "level", s->level < 0 ? json_null() : json_integer(s->level));
    return one;
}

static json_t *statistics_json(const char *participant,
                               const struct tl_participant_statistics *s)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < s->source_count; i++)
        json_array_append_new(sources, source_json(&s->sources[i]));
    json_t *up = json_pack("{s:i,s:i,s:I,s:f,s:f}", "kbps", (int)s->up_kbps, "packets",
                           (int)s->up_packets, "lost", (json_int_t)s->up_lost, "loss",
                           rounded(s->up_loss), "jitter_ms", rounded(s->up_jitter_ms));
    json_t *down =
        json_pack("{s:i,s:i,s:I,s:f,s:i,s:i,s:i,s:f,s:s?}", "kbps", (int)s->down_kbps,
                  "packets", (int)s->down_packets, "lost", (json_int_t)s->down_lost, "loss",
                  rounded(s->down_loss), "nacked", (int)s->nacked, "retransmitted",
                  (int)s->retransmitted, "estimate_kbps", (int)s->estimate_kbps, "queue_ms",
                  rounded(s->queue_ms), "video", tl_video_choice_words[s->video]);
    json_t *body = json_pack("{s:s,s:o,s:o,s:o}", "participant", participant, "up", up, "down",
                             down, "sources", sources);
    json_object_set_new(body, "rtt_ms", s->rtt_ms < 0 ? json_null() : json_integer(s->rtt_ms));
    return body;
}

static json_t *incident_json(const char *participant, const struct tl_incident *incident)
{
    static const char *const rungs[TL_RUNG_COUNT] = { "tcp", "turn" };
    bool fallback = incident->kind == TL_INCIDENT_FALLBACK;
    const char *unit = fallback                             ? rungs[incident->rung]
                       : incident->kind == TL_INCIDENT_LOSS ? "percent"
                                                            : "ms";
    json_t *body =
        json_pack("{s:s,s:s,s:I,s:o,s:s}", "participant", participant, "kind",
                  tl_incident_words[incident->kind], "started_us_ago",
                  (json_int_t)incident->started_ago, "measure",
                  fallback ? json_null() : json_real(rounded(incident->measure)), "unit", unit);
    json_object_set_new(body, "ended_us_ago",
                        incident->ended_ago < 0 ? json_null()
                                                : json_integer(incident->ended_ago));
    return body;
}

static json_t *probe_json(const struct tl_relay_event *event)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < event->probe_count; i++) {
        const struct tl_probe_measure *m = &event->probe[i];
        json_array_append_new(steps,
                              json_pack("{s:i,s:i,s:f,s:f}", "kbps", (int)m->kbps,
                                        "received_kbps", (int)m->received_kbps, "loss",
                                        rounded(m->loss), "delay_ms", rounded(m->delay_ms)));
    }
    return json_pack("{s:s,s:o}", "participant", event->participant, "steps", steps);
}

void tl_control_event(struct tl_control *control, const struct tl_relay_event *event)
{
    if (!control->door)
        return;
    switch (event->kind) {
    case TL_RELAY_EVENT_STATE:
        control_tell(control, TL_MESSAGE_PARTICIPANT_STATE,
                     json_pack("{s:s,s:s,s:s?}", "participant", event->participant, "state",
                               tl_participant_state_words[event->state], "reason",
                               event->reason));
        break;
    case TL_RELAY_EVENT_STATISTICS:
        control_tell(control, TL_MESSAGE_PARTICIPANT_STATISTICS,
                     statistics_json(event->participant, event->statistics));
        break;
    case TL_RELAY_EVENT_SPEAKER:
        control_tell(
            control, TL_MESSAGE_SPEAKER,
            json_pack("{s:s,s:s?}", "room", event->room, "participant", event->participant));
        break;
    case TL_RELAY_EVENT_INCIDENT:
        control_tell(control, TL_MESSAGE_INCIDENT,
                     incident_json(event->participant, &event->incident));
        break;
    case TL_RELAY_EVENT_PROBE:
        control_tell(control, TL_MESSAGE_PROBE_RESULT, probe_json(event));
        break;
    }
}

enum tl_error tl_control_addresses_read(struct tl_text list, uint16_t port,
                                        struct tl_control *control)
{
    struct tl_text rest = list;
    control->address_count = 0;
    bool more = true;
    while (more) {
        struct tl_text part;
        more = tl_text_split(&rest, ',', &part);
        while (part.size && (part.data[0] == ' ' || part.data[0] == '\t'))
            part.data++, part.size--;
        while (part.size && part.data[part.size - 1] == ' ')
            part.size--;
        if (control->address_count == TL_CONTROL_ADDRESSES_LIMIT)
            return TL_ERROR_LIMIT;
        if (tl_address_read(part, port, &control->addresses[control->address_count]))
            return TL_ERROR_FORMAT;
        control->address_count++;
    }
    return TL_OK;
}
