/* What seated people ask for: a table of who may ask what when, then one small function each. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

struct asked {
    struct tl_hub *hub;
    struct tl_session *session;
    struct tl_seat *seat;
    struct tl_client *client;
    const struct tl_client_message *message;
    const char *re;
};

static void refuse(const struct asked *a, enum tl_refusal refusal, const char *field)
{
    tl_client_refuse(a->hub, a->client, refusal, field, a->re);
}

static void send_or_away(const struct asked *a, struct tl_event *event)
{
    if (event)
        tl_event_send(a->hub, &a->session->events, event);
    else
        refuse(a, TL_REFUSE_AWAY, NULL);
}

static struct tl_event *event_by(const struct asked *a, enum tl_event_type type,
                                 const struct tl_seat *about, json_t *detail)
{
    struct tl_event *event = tl_event_new(a->hub, &a->session->events, type,
                                          about ? about->who.participant : NULL, detail);
    if (event)
        snprintf(event->by, sizeof event->by, "%s", a->seat->who.participant);
    return event;
}

/* The person named, when in one of the states asked for; else says why not. */
static struct tl_seat *named(const struct asked *a, struct tl_text participant, bool waiting,
                             bool in)
{
    struct tl_seat *seat = tl_seat_find(a->session, participant);
    if (!seat || seat->state == TL_SEAT_JOINING || seat->state == TL_SEAT_LEAVING)
        refuse(a, TL_REFUSE_MISSING, "participant");
    else if (seat->deciding || !((waiting && seat->state == TL_SEAT_WAITING) ||
                                 (in && seat->state == TL_SEAT_IN)))
        refuse(a, TL_REFUSE_ORDER, "participant");
    else
        return seat;
    return NULL;
}

static void do_offer(const struct asked *a)
{
    tl_peer_offer(a->hub, a->client, &a->seat->peer, a->message);
}

static void do_media(const struct asked *a)
{
    unsigned on = a->message->media.on;
    if ((on & (1u << TL_SOURCE_SCREEN)) && !(a->seat->who.may & TL_MAY_SHARE)) {
        refuse(a, TL_REFUSE_FORBIDDEN, "screen");
        return;
    }
    if (a->seat->media_said && a->seat->media == on)
        return;
    a->seat->media = on;
    a->seat->media_said = true;
    tl_session_mark(a->hub, a->session, true, true, false);
}

static void do_admit(const struct asked *a)
{
    struct tl_seat *seat = named(a, a->message->person.participant, true, false);
    if (!seat)
        return;
    struct tl_event *event = event_by(a, TL_EVENT_ADMITTED, seat,
                                      json_pack("{s:s}", "by", a->seat->who.participant));
    seat->deciding = event != NULL;
    send_or_away(a, event);
}

static void put_out(const struct asked *a, struct tl_seat *seat, enum tl_event_type type)
{
    struct tl_text reason = a->message->person.reason;
    struct tl_event *event =
        event_by(a, type, seat,
                 json_pack("{s:s, s:s%}", "by", a->seat->who.participant, "reason",
                           reason.data ? reason.data : "", reason.size));
    if (event) {
        seat->state = TL_SEAT_LEAVING;
        tl_peer_close(a->hub,
                      &seat->peer); /* hears and sees no more, whenever it is recorded */
        tl_session_mark(a->hub, a->session, true, true, true);
    }
    send_or_away(a, event);
}

static void do_refuse(const struct asked *a)
{
    struct tl_seat *seat = named(a, a->message->person.participant, true, false);
    if (seat)
        put_out(a, seat, TL_EVENT_REFUSED);
}

static void do_remove(const struct asked *a)
{
    struct tl_seat *seat = named(a, a->message->person.participant, true, true);
    if (seat == a->seat)
        refuse(a, TL_REFUSE_ORDER, "participant");
    else if (seat)
        put_out(a, seat, TL_EVENT_REMOVED);
}

static void do_mute(const struct asked *a)
{
    struct tl_seat *seat = named(a, a->message->mute.participant, false, true);
    enum tl_source source = a->message->mute.source;
    unsigned bit = 1u << source;
    bool muted = a->message->mute.muted;
    if (!seat || muted == ((seat->muted & bit) != 0))
        return;
    seat->muted = muted ? seat->muted | bit : seat->muted & ~bit;
    tl_peer_mute(a->hub, &seat->peer, source, muted);
    if (seat->client && seat->client->stage == TL_STAGE_SEATED)
        tl_client_send(a->hub, seat->client,
                       json_pack("{s:s, s:s, s:b, s:s}", "type", "mute", "source",
                                 tl_source_names[source], "muted", muted, "by",
                                 a->seat->who.participant));
    tl_session_mark(a->hub, a->session, true, false, false);
}

static void do_layout(const struct asked *a)
{
    a->seat->order_count = a->message->layout.count;
    for (unsigned i = 0; i < a->seat->order_count; i++)
        (void)tl_text_copy(a->message->layout.order[i], a->seat->order[i], TL_PARTICIPANT_SIZE);
    tl_session_mark(a->hub, a->session, false, true, false);
}

/* A mid nobody has any more (a connection was replaced meanwhile) is passed over. */
static void do_view(const struct asked *a)
{
    struct tl_peer *peer = &a->seat->peer;
    for (unsigned i = 0; i < a->message->view.count; i++)
        for (unsigned j = 0; j < peer->lines.receive_count; j++) {
            struct tl_text mid = a->message->view.sizes[i].mid;
            uint16_t height = a->message->view.sizes[i].height;
            if (peer->lines.receives[j].audio ||
                !tl_text_is(mid, peer->lines.receives[j].mid) ||
                (peer->lines.receives[j].sized && peer->lines.receives[j].height == height))
                continue;
            peer->lines.receives[j].sized = true;
            peer->lines.receives[j].height = height;
            peer->slots_stale = true;
        }
    if (peer->slots_stale)
        tl_session_mark(a->hub, a->session, false, true, false);
}

static void do_chat(const struct asked *a)
{
    struct tl_session *session = a->session;
    struct tl_text text = a->message->chat.text;
    struct tl_chat_line *line = calloc(1, sizeof *line);
    char *copy = malloc(text.size + 1);
    if (!line || !copy) {
        free(line);
        free(copy);
        refuse(a, TL_REFUSE_AWAY, NULL);
        return;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    line->text = copy;
    snprintf(line->from, sizeof line->from, "%s", a->seat->who.participant);
    snprintf(line->name, sizeof line->name, "%s", a->seat->who.name);
    tl_timestamp_write(a->hub->now.wall, line->at);
    if (session->chat_count == TL_HUB_CHAT_KEPT) {
        struct tl_chat_line *oldest = session->chat[session->chat_first];
        free(oldest->text);
        free(oldest);
        session->chat_first = (session->chat_first + 1) % TL_HUB_CHAT_KEPT;
        session->chat_count--;
    }
    session->chat[(session->chat_first + session->chat_count++) % TL_HUB_CHAT_KEPT] = line;
    json_t *json = tl_view_chat_line(line);
    if (json)
        json_object_set_new(json, "type", json_string("chat"));
    tl_session_tell(a->hub, session, json, true);
}

static void do_hand(const struct asked *a)
{
    if (a->seat->hand == a->message->hand.raised)
        return;
    a->seat->hand = a->message->hand.raised;
    tl_session_mark(a->hub, a->session, true, false, false);
}

/* How much a count grew; one that fell began anew with a new connection. */
static int64_t grown(int64_t *total, int64_t said)
{
    int64_t before = *total;
    if (said < 0)
        return 0;
    *total = said;
    return said < before ? said : said - before;
}

static void do_link(const struct asked *a)
{
    if (a->client->link_at &&
        a->hub->now.monotonic - a->client->link_at < TL_HUB_LINK_EVERY_US) {
        refuse(a, TL_REFUSE_RATE, NULL);
        return;
    }
    a->client->link_at = a->hub->now.monotonic;
    a->seat->freezes = grown(&a->seat->freezes_total, a->message->link.freezes);
    a->seat->concealed_ms = grown(&a->seat->concealed_total_ms, a->message->link.concealed_ms);
    if (a->seat->audio_first != a->message->link.audio_first) {
        a->seat->audio_first = a->message->link.audio_first;
        tl_session_mark(a->hub, a->session, false, true, false);
    }
}

static void do_identity(const struct asked *a)
{
    if (!a->seat->host) {
        refuse(a, TL_REFUSE_FORBIDDEN, NULL);
        return;
    }
    struct tl_seat *seat = named(a, a->message->identity.participant, true, true);
    bool checked = a->message->identity.checked;
    if (!seat || seat->identity_said == checked)
        return;
    struct tl_event *event =
        event_by(a, checked ? TL_EVENT_IDENTITY_CHECKED : TL_EVENT_IDENTITY_UNCHECKED, seat,
                 json_pack("{s:s, s:s}", "by", a->seat->who.participant, "participant",
                           seat->who.participant));
    if (event)
        seat->identity_said = checked;
    send_or_away(a, event);
}

void tl_people_leave(struct tl_hub *hub, struct tl_seat *seat, const char *reason)
{
    struct tl_event *event =
        tl_event_new(hub, &seat->session->events, TL_EVENT_LEFT, seat->who.participant,
                     json_pack("{s:s}", "reason", reason));
    seat->away_until = 0;
    if (!event) { /* try again soon; the seat is kept meanwhile */
        seat->away_until = hub->now.monotonic + TL_SECOND_US;
        tl_hub_wake_at(hub, seat->away_until);
        return;
    }
    seat->state = TL_SEAT_LEAVING;
    tl_peer_close(hub, &seat->peer);
    tl_session_mark(hub, seat->session, true, true, true);
    tl_event_send(hub, &seat->session->events, event);
}

static void do_leave(const struct asked *a)
{
    tl_people_leave(a->hub, a->seat, "leave");
}

static void do_end(const struct asked *a)
{
    if (a->session->ending) {
        refuse(a, TL_REFUSE_ORDER, NULL);
        return;
    }
    tl_incidents_flush(a->hub, a->session, true); /* they belong to the act before its end */
    struct tl_event *event =
        event_by(a, TL_EVENT_ENDED, NULL, json_pack("{s:s}", "by", a->seat->who.participant));
    a->session->ending = event != NULL;
    send_or_away(a, event);
}

static const struct {
    bool when_waiting, when_in;
    unsigned may; /* 0: everyone */
    void (*act)(const struct asked *asked);
} table[TL_CLIENT_TYPE_COUNT] = {
    [TL_CLIENT_OFFER] = { false, true, 0, do_offer },
    [TL_CLIENT_MEDIA] = { true, true, 0, do_media },
    [TL_CLIENT_ADMIT] = { false, true, TL_MAY_ADMIT, do_admit },
    [TL_CLIENT_REFUSE] = { false, true, TL_MAY_ADMIT, do_refuse },
    [TL_CLIENT_REMOVE] = { false, true, TL_MAY_REMOVE, do_remove },
    [TL_CLIENT_MUTE] = { false, true, TL_MAY_MUTE, do_mute },
    [TL_CLIENT_LAYOUT] = { false, true, 0, do_layout },
    [TL_CLIENT_VIEW] = { false, true, 0, do_view },
    [TL_CLIENT_CHAT] = { false, true, 0, do_chat },
    [TL_CLIENT_HAND] = { false, true, 0, do_hand },
    [TL_CLIENT_LINK] = { false, true, 0, do_link },
    [TL_CLIENT_IDENTITY] = { false, true, 0, do_identity },
    [TL_CLIENT_LEAVE] = { true, true, 0, do_leave },
    [TL_CLIENT_END] = { false, true, TL_MAY_END, do_end },
};

void tl_people_message(struct tl_hub *hub, struct tl_client *client,
                       const struct tl_client_message *message)
{
    struct tl_seat *seat = client->seat;
    const struct asked a = { hub,    client->session, seat,
                             client, message,         tl_client_type_name(message->type) };
    bool possible = table[message->type].act &&
                    ((seat->state == TL_SEAT_IN && table[message->type].when_in) ||
                     (seat->state == TL_SEAT_WAITING && table[message->type].when_waiting));
    if (!possible || a.session->over)
        refuse(&a, TL_REFUSE_ORDER, NULL);
    else if (table[message->type].may && !(seat->who.may & table[message->type].may))
        refuse(&a, TL_REFUSE_FORBIDDEN, NULL);
    else
        table[message->type].act(&a);
}
