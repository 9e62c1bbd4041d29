/* The messages of docs/signalling.md: what the server says, and what the user commands. The server
 * is ours, so fields that a newer one may add are passed over. */
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "seat_internal.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool copy_text(const char *text, char *buffer, size_t size)
{
    return tl_text_copy(tl_text(text), buffer, size) == TL_OK;
}

void seat_send(struct tl_seat *seat, json_t *message)
{
    tl_autojson json_t *owned = message;
    tl_autofree char *text = NULL;
    size_t size;
    if (owned && tl_json_write(owned, &text, &size) == TL_OK)
        seat->config.output.message(seat->config.output.context, text, size);
}

void seat_send_media(struct tl_seat *seat)
{
    seat_send(seat, json_pack("{s:s,s:b,s:b,s:b,s:b,s:b}", "type", "media", "microphone",
                              seat->microphone, "camera", seat->camera, "screen", 0,
                              "instrument", 0, "instrument_audio", 0));
}

/* ---- in ---- */

static void take_roster(struct tl_seat *seat, json_t *seats)
{
    if (!json_is_array(seats))
        return;
    json_decref(seat->roster);
    seat->roster = json_incref(seats);
    seat_tell(seat, json_pack("{s:s,s:O}", "event", "roster", "seats", seats));
}

/* The first of TURN over TLS; without one, what was named before is no longer good. */
static void take_servers(struct tl_seat *seat, const json_t *servers)
{
    size_t i, j;
    json_t *server, *url;
    seat->turn.url[0] = 0;
    json_array_foreach(servers, i, server)
        json_array_foreach(json_object_get(server, "urls"), j, url)
    {
        struct tl_seat_turn turn;
        const char *text = json_string_value(url);
        if (!text || strncmp(text, "turns:", 6) != 0 || seat->turn.url[0] ||
            !copy_text(text, turn.url, sizeof turn.url) ||
            !copy_text(text_of(server, "username"), turn.user, sizeof turn.user) ||
            !copy_text(text_of(server, "credential"), turn.password, sizeof turn.password))
            continue;
        seat->turn = turn;
    }
}

static void enter(struct tl_seat *seat, tl_time_us now)
{
    seat->in = true;
    seat->waiting = false;
    seat_tell_state(seat, "in");
    seat_offer(seat, now);
}

static void take_welcome(struct tl_seat *seat, tl_time_us now, json_t *message)
{
    bool in = strcmp(text_of(message, "state"), "in") == 0;
    bool resumed = json_is_true(json_object_get(message, "resumed"));
    bool media_alive = json_is_true(json_object_get(message, "media_alive"));
    json_t *you = json_object_get(message, "you");
    if (!copy_text(text_of(message, "resume"), seat->resume, sizeof seat->resume) ||
        !copy_text(text_of(you, "participant"), seat->participant, sizeof seat->participant))
        return;
    seat->failures = 0;
    take_servers(seat, json_object_get(message, "ice_servers"));
    seat_tell(seat,
              json_pack("{s:s,s:s,s:O?,s:s,s:s,s:b,s:b}", "event", "welcome", "session",
                        text_of(message, "session"), "you", you, "state",
                        text_of(message, "state"), "act_state", text_of(message, "act_state"),
                        "resumed", resumed, "media_alive", media_alive));
    take_roster(seat, json_object_get(message, "roster"));
    bool lives = seat->current.peer && media_alive &&
                 tl_peer_state(seat->current.peer, now) != TL_PEER_FAILED &&
                 tl_peer_state(seat->current.peer, now) != TL_PEER_NEW;
    if (!in) {
        seat->waiting = true;
        seat_tell_state(seat, "waiting");
    } else if (!lives) {
        enter(seat, now);
    } else {
        seat->in = true;
        seat_tell_state(seat, "in");
        seat_send_media(seat);
    }
}

static void take_slots(struct tl_seat *seat, json_t *slots)
{
    size_t index;
    json_t *slot;
    memset(seat->slots, 0, sizeof seat->slots);
    json_array_foreach(slots, index, slot)
    {
        uint64_t mid;
        const char *text = text_of(slot, "mid");
        if (tl_text_u64(tl_text(text), MIDS_LIMIT - 1, &mid) == TL_OK)
            (void)copy_text(text_of(slot, "participant"), seat->slots[mid], PARTICIPANT_SIZE);
    }
    seat_tell(seat, json_pack("{s:s,s:O}", "event", "slots", "slots", slots));
}

static void take_media(struct tl_seat *seat, tl_time_us now, json_t *message)
{
    const char *event = text_of(message, "event");
    seat_tell(seat, json_pack("{s:s,s:s}", "event", "media", "state", event));
    if (strcmp(event, "restart") == 0)
        seat_offer(seat, now);
}

/* The message itself, as an event under its own name; an `event` of its own becomes `what`. */
static void pass_on(struct tl_seat *seat, json_t *message, const char *type)
{
    json_t *event = json_copy(message);
    if (!event)
        return;
    json_t *what = json_object_get(message, "event");
    json_object_del(event, "type");
    if (what)
        json_object_set(event, "what", what);
    json_object_set_new(event, "event", json_string(type));
    seat_tell(seat, event);
}

void tl_seat_message(struct tl_seat *seat, tl_time_us now, struct tl_bytes text)
{
    tl_autojson json_t *message = NULL;
    if (tl_json_read(text, TL_SEAT_MESSAGE_LIMIT, &message)) {
        seat_tell(seat, json_pack("{s:s}", "event", "bad_message"));
        return;
    }
    const char *type = text_of(message, "type");
    if (strcmp(type, "welcome") == 0) {
        take_welcome(seat, now, message);
    } else if (strcmp(type, "roster") == 0) {
        take_roster(seat, json_object_get(message, "seats"));
    } else if (strcmp(type, "admitted") == 0) {
        take_servers(seat, json_object_get(message, "ice_servers"));
        enter(seat, now);
    } else if (strcmp(type, "answer") == 0) {
        const json_t *sdp = json_object_get(message, "sdp");
        if (json_is_string(sdp))
            seat_answer(seat, now,
                        (struct tl_text){ json_string_value(sdp), json_string_length(sdp) });
    } else if (strcmp(type, "slots") == 0) {
        take_slots(seat, json_object_get(message, "slots"));
    } else if (strcmp(type, "media") == 0) {
        take_media(seat, now, message);
    } else if (strcmp(type, "bye") == 0) {
        pass_on(seat, message, type);
        seat_end(seat);
    } else if (strcmp(type, "error") == 0) {
        pass_on(seat, message, type);
        if (json_is_true(json_object_get(message, "fatal")))
            seat_end(seat);
    } else if (*type) {
        pass_on(seat, message, type);
    }
}

/* ---- commands ---- */

static enum tl_error send_with(struct tl_seat *seat, const char *type, json_t *command,
                               const char *field)
{
    json_t *message = json_pack("{s:s}", "type", type);
    if (field) {
        json_t *value = json_object_get(command, field);
        if (!value) {
            json_decref(message);
            return TL_ERROR_FORMAT;
        }
        json_object_set(message, field, value);
    }
    seat_send(seat, message);
    return TL_OK;
}

static enum tl_error set_media(struct tl_seat *seat, json_t *command)
{
    const json_t *microphone = json_object_get(command, "microphone");
    const json_t *camera = json_object_get(command, "camera");
    if ((microphone && !json_is_boolean(microphone)) || (camera && !json_is_boolean(camera)))
        return TL_ERROR_FORMAT;
    if (microphone)
        seat->microphone = json_is_true(microphone);
    if (camera)
        seat->camera = json_is_true(camera);
    struct connection *all[] = { &seat->current, &seat->next, &seat->leaving };
    for (size_t i = 0; i < TL_COUNT_OF(all); i++)
        if (all[i]->peer)
            tl_peer_set_sending(all[i]->peer, seat->microphone, seat->camera);
    seat_send_media(seat);
    return TL_OK;
}

enum tl_error tl_seat_command(struct tl_seat *seat, tl_time_us now, json_t *command)
{
    static const struct {
        const char *word, *field;
    } plain[] = {
        { "admit", "participant" },  { "refuse", "participant" },
        { "remove", "participant" }, { "layout", "order" },
        { "chat", "text" },          { "hand", "raised" },
        { "leave", NULL },           { "end", NULL },
    };
    (void)now;
    const char *word = text_of(command, "do");
    if (strcmp(word, "media") == 0)
        return set_media(seat, command);
    if (strcmp(word, "send") == 0) {
        json_t *message = json_object_get(command, "message");
        if (!json_is_object(message))
            return TL_ERROR_FORMAT;
        seat_send(seat, json_incref(message));
        return TL_OK;
    }
    for (size_t i = 0; i < TL_COUNT_OF(plain); i++)
        if (strcmp(word, plain[i].word) == 0)
            return send_with(seat, plain[i].word, command, plain[i].field);
    return TL_ERROR_FORMAT;
}
