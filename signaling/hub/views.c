/* What clients are shown, as JSON (docs/signalling.md, server to client). */
#include "base/memory.h"
#include "hub/state.h"

static json_t *media_json(unsigned on)
{
    json_t *json = json_object();
    for (unsigned i = 0; i < TL_SOURCE_COUNT; i++)
        json_object_set_new(json, tl_source_names[i], json_boolean(on & (1u << i)));
    return json;
}

static json_t *words_json(unsigned bits, const char *const names[], unsigned count)
{
    json_t *json = json_array();
    for (unsigned i = 0; i < count; i++)
        if (bits & (1u << i))
            json_array_append_new(json, json_string(names[i]));
    return json;
}

static json_t *seat_json(const struct tl_seat *seat)
{
    const char *state = seat->away_until                 ? "away"
                        : seat->state == TL_SEAT_WAITING ? "waiting"
                                                         : "in";
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:s?, s:b}", "participant",
                     seat->who.participant, "seat", (int)seat->who.seat, "name", seat->who.name,
                     "title", seat->who.title, "role", seat->who.role, "state", state, "media",
                     media_json(seat->media), "muted",
                     words_json(seat->muted, tl_source_names, TL_SOURCE_COUNT), "hand",
                     seat->hand, "quality", tl_grade_name(seat->grade), "identity_checked",
                     seat->identity_checked);
}

/* waiter: NULL for who is in; who waits sees only itself and hosts. */
json_t *tl_view_roster(const struct tl_session *session, const struct tl_seat *waiter)
{
    json_t *seats = json_array();
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        if ((seat->state == TL_SEAT_WAITING || seat->state == TL_SEAT_IN) &&
            (!waiter || seat == waiter || seat->host))
            json_array_append_new(seats, seat_json(seat));
    }
    return seats;
}

json_t *tl_view_chat_line(const struct tl_chat_line *line)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "from", line->from, "name", line->name, "text",
                     line->text, "at", line->at);
}

/* As JSON will write it: the whole message stays under its limit. */
static size_t written_size(const char *text)
{
    size_t size = 0;
    for (; *text; text++)
        size += (unsigned char)*text < 0x20 ? 6 : *text == '"' || *text == '\\' ? 2 : 1;
    return size;
}

static json_t *chat_json(const struct tl_session *session)
{
    enum { AROUND_BYTES = 120 };
    json_t *json = json_array();
    size_t size = 0;
    for (unsigned i = session->chat_count; i > 0; i--) {
        const struct tl_chat_line *line =
            session->chat[(session->chat_first + i - 1) % TL_HUB_CHAT_KEPT];
        size += written_size(line->text) + written_size(line->name) + AROUND_BYTES;
        if (size > TL_HUB_CHAT_WELCOME_BYTES)
            break;
        json_array_insert_new(json, 0, tl_view_chat_line(line));
    }
    return json;
}

json_t *tl_view_welcome(struct tl_hub *hub, const struct tl_client *client, const char *token)
{
    const struct tl_seat *seat = client->seat;
    const struct tl_identity *who = seat ? &seat->who : &client->ticket.who;
    const struct tl_session *session = client->session;
    const char *kind = seat ? "session" : client->test ? "test" : "watch";
    const char *act = session                 ? session->act
                      : client->ticket.act[0] ? client->ticket.act
                                              : NULL;
    bool in = !seat || seat->state == TL_SEAT_IN;
    struct tl_peer *peer = client->test ? &client->test->peer : NULL;
    if (seat && in)
        peer = &client->seat->peer;
    json_t *roster = !seat ? json_array() : tl_view_roster(seat->session, in ? NULL : seat);
    json_t *chat = seat && in ? chat_json(seat->session) : json_array();
    json_t *you = json_pack("{s:s?, s:o, s:s, s:s, s:s, s:o}", "participant",
                            seat           ? who->participant
                            : client->test ? client->test->peer.participant
                                           : NULL,
                            "seat", seat ? json_integer(who->seat) : json_null(), "name",
                            who->name, "title", who->title, "role", who->role, "may",
                            words_json(who->may, tl_may_names, TL_MAY_COUNT));
    return json_pack("{s:s, s:s?, s:s, s:o, s:s, s:s?, s:s?, s:b, s:o, s:o, s:b, s:o}", "type",
                     "welcome", "session", act, "kind", kind, "you", you, "state",
                     in ? "in" : "waiting", "act_state", session ? session->act_state : NULL,
                     "resume", token, "resumed", client->resumed, "roster", roster, "chat",
                     chat, "media_alive", seat && tl_peer_is_alive(&seat->peer), "ice_servers",
                     peer ? tl_turn_servers(hub, peer) : json_array());
}

json_t *tl_view_restart(bool alive)
{
    return json_pack("{s:s, s:s, s:b}", "type", "media", "event", "restart", "media_alive",
                     alive);
}

json_t *tl_view_slots(const struct tl_session *session, const struct tl_peer *peer)
{
    json_t *slots = json_array();
    for (unsigned i = 0; i < peer->lines.receive_count; i++) {
        const struct tl_slot *slot = &peer->slots[i];
        bool filled = slot->seat >= 0;
        const char *from = !filled   ? NULL
                           : session ? session->seats[slot->seat].who.participant
                                     : peer->participant;
        json_array_append_new(slots,
                              json_pack("{s:s, s:s?, s:s?}", "mid", peer->lines.receives[i].mid,
                                        "participant", from, "source",
                                        filled ? tl_source_names[slot->source] : NULL));
    }
    return json_pack("{s:s, s:o}", "type", "slots", "slots", slots);
}

json_t *tl_view_notice(const char *act, struct tl_text kind, json_t *detail)
{
    return json_pack("{s:s, s:s?, s:s%, s:o}", "type", "notice", "act", act, "kind", kind.data,
                     kind.size, "detail", detail ? json_incref(detail) : json_object());
}
