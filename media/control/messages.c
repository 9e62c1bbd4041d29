/* What the door asks, done. */
#include "base/memory.h"
#include "channels/types.h"
#include "control/read.h"
#include "control/write.h"
#include "media/control.h"

enum { LIST_PAGE = 32 }; /* of the longest mids fit in TL_CHANNEL_JSON_LIMIT */

typedef enum tl_error handler(struct tl_control *control, tl_time_us now, json_t *body,
                              const struct tl_channel_message *message,
                              const char **ret_problem);

static json_t *receives_json(const struct tl_participant_parameters *parameters,
                             const struct tl_participant_answer *answer)
{
    json_t *array = json_array();
    for (size_t i = 0; i < parameters->receive_count; i++) {
        json_t *one = json_pack("{s:s,s:I}", "mid", parameters->receives[i].mid, "ssrc",
                                (json_int_t)answer->receives[i].ssrc);
        uint32_t rtx = answer->receives[i].rtx_ssrc;
        json_object_set_new(one, "rtx_ssrc", rtx ? json_integer(rtx) : json_null());
        json_array_append_new(array, one);
    }
    return array;
}

/* RFC 8445 section 5.1.2.1 and RFC 6544 section 4.2: type preference, local preference, component
 * 1. UDP comes before TCP. A passive candidate's direction preference is 4 (of 7, in the top three
 * bits); what others share comes last. */
static void add_candidates(json_t *array, const struct tl_control *control,
                           const char *transport, uint16_t port, json_int_t type_preference,
                           json_int_t local_preference)
{
    for (size_t i = 0; i < control->address_count; i++) {
        char ip[TL_ADDRESS_TEXT_SIZE];
        tl_address_write_ip(&control->addresses[i], ip);
        json_int_t priority =
            (type_preference << 24) + ((local_preference - (json_int_t)i) << 8) + 255;
        json_array_append_new(array,
                              json_pack("{s:s,s:s,s:i,s:I}", "transport", transport, "ip", ip,
                                        "port", (int)(port ? port : control->addresses[i].port),
                                        "priority", priority));
    }
}

static json_t *candidates_json(const struct tl_control *control)
{
    enum { UDP_TYPE = 126, TCP_TYPE = 90, PASSIVE = 4 << 13, SHARED_LESS = 64 };
    json_t *array = json_array();
    add_candidates(array, control, "udp", 0, UDP_TYPE, 65535);
    if (control->tcp_port)
        add_candidates(array, control, "tcp", control->tcp_port, TCP_TYPE, PASSIVE + 8191);
    if (control->shared_port && control->shared_port != control->tcp_port)
        add_candidates(array, control, "tcp", control->shared_port, TCP_TYPE,
                       PASSIVE + 8191 - SHARED_LESS);
    return array;
}

static json_t *answer_json(const struct tl_control *control,
                           const struct tl_participant_parameters *parameters,
                           const struct tl_participant_answer *answer)
{
    return json_pack("{s:{s:s,s:s},s:o,s:{s:s,s:s},s:s,s:o}", "ice", "ufrag", answer->ufrag,
                     "pwd", answer->password, "candidates", candidates_json(control),
                     "fingerprint", "hash", "sha-256", "value", control->fingerprint, "setup",
                     "passive", "receives", receives_json(parameters, answer));
}

static enum tl_error participant_open(struct tl_control *control, tl_time_us now, json_t *body,
                                      const struct tl_channel_message *message,
                                      const char **ret_problem)
{
    struct tl_participant_parameters parameters;
    struct tl_participant_answer answer;
    enum tl_error error = tl_control_open_read(body, &parameters, ret_problem);
    if (!error)
        error = tl_relay_open(control->relay, now, &parameters, &answer);
    if (!error)
        control_reply(control, message, answer_json(control, &parameters, &answer), false);
    return error;
}

/* Answered as an opening is: whoever writes the SDP then repeats everything else. */
static enum tl_error participant_restart(struct tl_control *control, tl_time_us now,
                                         json_t *body, const struct tl_channel_message *message,
                                         const char **ret_problem)
{
    char id[TL_RELAY_ID_SIZE], remote_ufrag[TL_ICE_UFRAG_LIMIT + 1];
    struct tl_participant_answer answer;
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", id);
    control_read_credentials(&f, remote_ufrag);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    if (!error)
        error = tl_relay_restart(control->relay, now, id, tl_text(remote_ufrag), &answer);
    if (!error)
        control_reply(control, message,
                      answer_json(control, tl_relay_parameters(control->relay, id), &answer),
                      false);
    return error;
}

static enum tl_error participant_close(struct tl_control *control, tl_time_us now, json_t *body,
                                       const struct tl_channel_message *message,
                                       const char **ret_problem)
{
    (void)message;
    char id[TL_RELAY_ID_SIZE];
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", id);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    return error ? error : tl_relay_close(control->relay, now, id);
}

static enum tl_error slots_set(struct tl_control *control, tl_time_us now, json_t *body,
                               const struct tl_channel_message *message,
                               const char **ret_problem)
{
    (void)message;
    char id[TL_RELAY_ID_SIZE];
    struct tl_slot_wish wishes[TL_RELAY_RECEIVES_LIMIT];
    size_t count = 0;
    enum tl_error error = tl_control_slots_read(body, id, wishes, &count, ret_problem);
    return error ? error : tl_relay_slots_set(control->relay, now, id, wishes, count);
}

static enum tl_error source_mute(struct tl_control *control, tl_time_us now, json_t *body,
                                 const struct tl_channel_message *message,
                                 const char **ret_problem)
{
    (void)message;
    char id[TL_RELAY_ID_SIZE];
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", id);
    enum tl_source_name source = control_read_source(&f, "source");
    bool muted = tl_field_boolean(&f, "muted");
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    return error ? error : tl_relay_source_mute(control->relay, now, id, source, muted);
}

static json_t *listing_json(const struct tl_relay_listing *listing)
{
    json_t *sends = json_array(), *receives = json_array();
    const struct tl_participant_parameters *p = listing->parameters;
    for (size_t i = 0; i < p->send_count; i++)
        json_array_append_new(sends, json_pack("{s:s,s:s,s:b}", "mid", p->sends[i].mid,
                                               "source", tl_source_words[p->sends[i].source],
                                               "muted", (int)(listing->muted >> i & 1)));
    for (size_t i = 0; i < p->receive_count; i++)
        json_array_append_new(receives,
                              json_pack("{s:s,s:s}", "mid", p->receives[i].mid, "kind",
                                        p->receives[i].video ? "video" : "audio"));
    return json_pack("{s:s,s:s,s:s,s:s?,s:o,s:o}", "participant", listing->id, "room",
                     listing->room, "state", tl_participant_state_words[listing->state],
                     "offer", p->offer[0] ? p->offer : NULL, "sends", sends, "receives",
                     receives);
}

static enum tl_error relay_list(struct tl_control *control, tl_time_us now, json_t *body,
                                const struct tl_channel_message *message,
                                const char **ret_problem)
{
    (void)now;
    struct tl_fields f = tl_fields(body);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    if (error)
        return error;
    size_t total = tl_relay_participant_count(control->relay);
    size_t next = 0;
    do {
        json_t *page = json_array();
        struct tl_relay_listing listing;
        for (size_t i = 0; i < LIST_PAGE && tl_relay_list(control->relay, next, &listing);
             i++) {
            json_array_append_new(page, listing_json(&listing));
            next++;
        }
        control_reply(control, message, json_pack("{s:o}", "participants", page), next < total);
    } while (next < total);
    return TL_OK;
}

static enum tl_error test_copy(struct tl_control *control, tl_time_us now, json_t *body,
                               const struct tl_channel_message *message,
                               const char **ret_problem)
{
    (void)message;
    char id[TL_RELAY_ID_SIZE];
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", id);
    uint32_t test = (uint32_t)tl_field_integer(&f, "test", 0, UINT32_MAX);
    unsigned seconds =
        (unsigned)tl_field_integer(&f, "seconds", 1, TL_RELAY_COPY_SECONDS_LIMIT);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    return error ? error : tl_relay_test_copy(control->relay, now, id, test, seconds);
}

static enum tl_error probe_down(struct tl_control *control, tl_time_us now, json_t *body,
                                const struct tl_channel_message *message,
                                const char **ret_problem)
{
    (void)message;
    char id[TL_RELAY_ID_SIZE];
    struct tl_probe_step steps[TL_RELAY_PROBE_STEPS_LIMIT];
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", id);
    json_t *list = tl_field_array(&f, "steps", TL_RELAY_PROBE_STEPS_LIMIT);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    size_t count = json_array_size(list);
    for (size_t i = 0; !error && i < count; i++) {
        struct tl_fields g = tl_fields(json_array_get(list, i));
        steps[i].kbps = (uint32_t)tl_field_integer(&g, "kbps", 1, TL_RELAY_PROBE_KBPS_LIMIT);
        steps[i].ms = (uint32_t)tl_field_integer(&g, "ms", 1, TL_RELAY_PROBE_MS_LIMIT);
        error = tl_fields_end(&g);
        *ret_problem = g.wrong_field;
    }
    return error ? error : tl_relay_probe(control->relay, now, id, steps, count);
}

static enum tl_error relay_drain(struct tl_control *control, tl_time_us now, json_t *body,
                                 const struct tl_channel_message *message,
                                 const char **ret_problem)
{
    (void)now, (void)message, (void)body, (void)ret_problem;
    tl_relay_drain(control->relay);
    return TL_OK;
}

static enum tl_error turn_user(struct tl_control *control, tl_time_us now, json_t *body,
                               const struct tl_channel_message *message,
                               const char **ret_problem)
{
    (void)message;
    enum { DAY_S = 86400 };
    char id[TL_RELAY_ID_SIZE];
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "user", id);
    struct tl_text password = tl_field_text(&f, "password", 22, 64);
    int64_t seconds = tl_field_integer(&f, "seconds", 1, DAY_S);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    if (error || !control->turn)
        return error;
    return tl_turn_user_put(control->turn, now, tl_text(id), password, seconds * TL_SECOND_US);
}

static enum tl_error turn_end(struct tl_control *control, tl_time_us now, json_t *body,
                              const struct tl_channel_message *message,
                              const char **ret_problem)
{
    (void)now, (void)message;
    char id[TL_RELAY_ID_SIZE];
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "user", id);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    if (error || !control->turn)
        return error;
    tl_turn_user_end(control->turn, tl_text(id));
    control->turn_ended = true;
    return TL_OK;
}

static const struct {
    uint16_t type;
    handler *handle;
} handlers[] = {
    { TL_MESSAGE_PARTICIPANT_OPEN, participant_open },
    { TL_MESSAGE_PARTICIPANT_RESTART, participant_restart },
    { TL_MESSAGE_PARTICIPANT_CLOSE, participant_close },
    { TL_MESSAGE_SLOTS_SET, slots_set },
    { TL_MESSAGE_SOURCE_MUTE, source_mute },
    { TL_MESSAGE_RELAY_LIST, relay_list },
    { TL_MESSAGE_TEST_COPY, test_copy },
    { TL_MESSAGE_PROBE_DOWN, probe_down },
    { TL_MESSAGE_RELAY_DRAIN, relay_drain },
    { TL_MESSAGE_TURN_USER, turn_user },
    { TL_MESSAGE_TURN_END, turn_end },
};

void tl_control_message(struct tl_control *control, tl_time_us now,
                        const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    const char *problem = NULL;
    enum tl_error error = tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body);
    if (!error) {
        error = TL_ERROR_UNSUPPORTED;
        for (size_t i = 0; i < TL_COUNT_OF(handlers); i++)
            if (handlers[i].type == message->type)
                error = handlers[i].handle(control, now, body, message, &problem);
    }
    if (!error)
        return;
    control->refused++;
    control_refuse(control, message, error, problem);
}
