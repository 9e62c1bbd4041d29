/* The slots of a session: asks the pure function for each receiver, and tells the relay and the
 * client when, and only when, its answer is another than before. */
#include "base/memory.h"
#include "hub/state.h"

static const struct tl_slot no_slot = { -1, TL_SOURCE_NONE };

void tl_slots_forget_seat(struct tl_session *session, unsigned seat)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_peer *peer = &session->seats[i].peer;
        for (unsigned j = 0; j < TL_SDP_RECEIVES_LIMIT; j++)
            if (peer->slots[j].seat == (int)seat) {
                peer->slots[j] = no_slot;
                peer->slots_stale = peer->slots_untold = true;
            }
    }
}

unsigned tl_peer_sends(const struct tl_peer *peer)
{
    unsigned sends = 0;
    for (unsigned i = 0; i < TL_SOURCE_COUNT; i++)
        if (peer->lines.sends[i][0])
            sends |= 1u << i;
    return sends;
}

static unsigned sources_of(const struct tl_seat *seat)
{
    if (seat->state != TL_SEAT_IN)
        return 0;
    if (tl_peer_is_alive(&seat->peer) || tl_peer_is_moving(&seat->peer))
        return tl_peer_sends(&seat->peer);
    return seat->peer.returning;
}

void tl_slots_tick(struct tl_hub *hub, struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_peer *peer = &session->seats[i].peer;
        if (!peer->returning)
            continue;
        if (peer->return_by > hub->now.monotonic) {
            tl_hub_wake_at(hub, peer->return_by);
            continue;
        }
        peer->returning = 0;
        tl_session_mark(hub, session, false, true, false);
    }
}

static void ask(const struct tl_session *session, const struct tl_seat *receiver,
                struct tl_slots_question *q)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_seat *seat = &session->seats[i];
        q->seats[i].sends = sources_of(seat);
        q->seats[i].on = seat->media_said
                             ? seat->media
                             : (1u << TL_SOURCE_MICROPHONE) | (1u << TL_SOURCE_CAMERA);
    }
    q->receiver = receiver->peer.seat;
    q->audio_first = receiver->audio_first;
    for (unsigned i = 0; i < receiver->order_count; i++)
        for (unsigned j = 0; j < TL_HUB_SEATS_LIMIT; j++)
            if (session->seats[j].state == TL_SEAT_IN &&
                strcmp(session->seats[j].who.participant, receiver->order[i]) == 0)
                q->order[q->order_count++] = (uint8_t)j;
    q->count = receiver->peer.lines.receive_count;
    for (unsigned i = 0; i < q->count; i++) {
        q->is_audio[i] = receiver->peer.lines.receives[i].audio;
        q->before[i] = receiver->peer.slots[i];
    }
}

static json_t *relay_json(const struct tl_session *session, const struct tl_peer *peer)
{
    json_t *slots = json_array();
    for (unsigned i = 0; i < peer->lines.receive_count; i++) {
        const struct tl_slot *slot = &peer->slots[i];
        bool filled = slot->seat >= 0;
        json_t *json =
            json_pack("{s:s, s:s?, s:s?}", "mid", peer->lines.receives[i].mid, "from",
                      filled ? session->seats[slot->seat].who.participant : NULL, "source",
                      filled ? tl_source_names[slot->source] : NULL);
        if (json && peer->lines.receives[i].sized)
            json_object_set_new(json, "height", json_integer(peer->lines.receives[i].height));
        json_array_append_new(slots, json);
    }
    return json_pack("{s:s, s:o}", "participant", peer->participant, "slots", slots);
}

static void refresh_one(struct tl_hub *hub, struct tl_session *session, struct tl_seat *seat)
{
    struct tl_peer *peer = &seat->peer;
    struct tl_slots_question question = { .count = 0 };
    struct tl_slot slots[TL_SLOTS_LIMIT];
    bool changed = false;
    ask(session, seat, &question);
    tl_slots_assign(&question, slots);
    for (unsigned i = 0; i < question.count; i++) {
        bool same =
            slots[i].seat == peer->slots[i].seat && slots[i].source == peer->slots[i].source;
        changed = changed || !same;
        if (!same) /* the size was that of somebody else's picture */
            peer->lines.receives[i].sized = false;
        peer->slots[i] = slots[i];
    }
    if (changed || peer->slots_stale)
        peer->slots_stale = !tl_relay_send_json(hub, peer->relay, TL_MESSAGE_SLOTS_SET, 0,
                                                relay_json(session, peer));
    if ((changed || peer->slots_untold) && seat->client &&
        seat->client->stage == TL_STAGE_SEATED) {
        peer->slots_untold = false;
        tl_client_send(hub, seat->client, tl_view_slots(session, peer));
    } else if (changed) {
        peer->slots_untold = true;
    }
}

void tl_slots_refresh(struct tl_hub *hub, struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (seat->state == TL_SEAT_IN && tl_peer_is_alive(&seat->peer))
            refresh_one(hub, session, seat);
    }
}
