/* The relays: which is up, what each holds, and what it says. A relay knows transports and slots
 * only; after this door starts anew, its list tells who still has media. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

bool tl_relay_is_full(const struct tl_hub *hub, int relay)
{
    return hub->relays[relay].full_until > hub->now.monotonic;
}

int tl_relay_choose(const struct tl_hub *hub)
{
    int best = -1;
    bool best_is_full = false;
    for (int i = 0; i < TL_HUB_RELAYS_LIMIT; i++) {
        const struct tl_relay *relay = &hub->relays[i];
        bool full = tl_relay_is_full(hub, i);
        if (!relay->up || relay->draining)
            continue;
        if (best < 0 || (full == best_is_full ? relay->load < hub->relays[best].load : !full)) {
            best = i;
            best_is_full = full;
        }
    }
    return best;
}

static void ask_list(struct tl_hub *hub, unsigned relay)
{
    struct tl_relay *r = &hub->relays[relay];
    r->request = tl_request_new(hub, TL_REQUEST_LIST, r, relay, TL_HUB_RELAY_WITHIN_US);
    if (r->request &&
        tl_relay_send_json(hub, (int)relay, TL_MESSAGE_RELAY_LIST, r->request, json_object()))
        return;
    tl_request_drop(hub, r->request);
    r->request = 0;
    r->listed = true; /* it cannot be asked; what it still holds ends by lack of consent */
}

void tl_relay_list_failed(struct tl_hub *hub, unsigned relay)
{
    hub->relays[relay].request = 0;
    if (hub->relays[relay].up)
        ask_list(hub, relay);
}

/* ---- restart ---- */

/* Everyone who had media at a relay that is gone builds a second connection beside the first. */
void tl_relay_tell_restarts(struct tl_hub *hub, struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (!seat->restart_owed || seat->state != TL_SEAT_IN ||
            seat->peer.state == TL_MEDIA_OPENING) /* its answer comes first */
            continue;
        seat->peer.offer_allowed = true;
        if (!seat->client || seat->client->stage != TL_STAGE_SEATED)
            continue; /* its welcome will say that its media is not alive */
        seat->restart_owed = false;
        tl_client_send(
            hub, seat->client,
            tl_view_restart(tl_peer_is_alive(&seat->peer) || tl_peer_is_moving(&seat->peer)));
    }
}

static void place_session(struct tl_hub *hub, struct tl_session *session)
{
    session->relay = tl_relay_choose(hub);
    session->relay_was_lost = session->relay < 0;
    if (session->relay >= 0)
        tl_relay_tell_restarts(hub, session);
}

void tl_relay_up(struct tl_hub *hub, unsigned relay)
{
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    if (hub->relays[relay].up)
        tl_relay_down(hub, relay);
    hub->relays[relay] = (struct tl_relay){ .up = true, .index = relay };
    ask_list(hub, relay);
    tl_turn_tell_all(hub, relay);
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        if (session->relay_was_lost)
            place_session(hub, session);
    }
}

static void session_lost_relay(struct tl_hub *hub, struct tl_session *session)
{
    bool had_media = false;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (!tl_seat_is_taken(seat) || seat->peer.state == TL_MEDIA_NONE ||
            seat->peer.relay != session->relay) /* it has not left one that drains */
            continue;
        had_media = true;
        seat->restart_owed = true;
        unsigned sent = tl_peer_sends(&seat->peer);
        tl_peer_forget(hub, &seat->peer);
        seat->peer.returning = sent;
        seat->peer.return_by = hub->now.monotonic + TL_HUB_RETURN_US;
        tl_hub_wake_at(hub, seat->peer.return_by);
    }
    if (had_media)
        tl_incident_relay_restart(hub, session);
    place_session(hub, session);
}

void tl_relay_down(struct tl_hub *hub, unsigned relay)
{
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    tl_request_drop(hub, hub->relays[relay].request);
    hub->relays[relay] = (struct tl_relay){ .index = relay };
    tl_relay_drained(hub, relay);
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        if (session->relay == (int)relay)
            session_lost_relay(hub, session);
    }
    for (struct tl_test *test = hub->tests; test; test = test->next) {
        if (test->peer.relay != (int)relay || test->peer.state == TL_MEDIA_NONE)
            continue;
        tl_peer_forget(hub, &test->peer);
        tl_request_failed(hub, test->probe);
        test->peer.offer_allowed = true;
        tl_client_send(hub, tl_client_find(hub, test->client), tl_view_restart(false));
    }
    walk = tl_map_walk(&hub->orphans);
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_orphan *orphan = TL_CONTAINER(link, struct tl_orphan, link);
        if (orphan->relay != relay)
            continue;
        tl_map_remove(&hub->orphans, &orphan->link);
        free(orphan);
    }
}

/* ---- who is alive ---- */

static void close_at(struct tl_hub *hub, unsigned relay, const char *participant)
{
    tl_relay_send_json(hub, (int)relay, TL_MESSAGE_PARTICIPANT_CLOSE, 0,
                       json_pack("{s:s}", "participant", participant));
}

static void adopt(struct tl_hub *hub, struct tl_peer *peer, const struct tl_listed *listed,
                  unsigned relay)
{
    struct tl_session *session = peer->session;
    bool elsewhere = session && session->relay >= 0 && session->relay != (int)relay;
    bool same_room = session && strcmp(session->room, listed->room) == 0;
    if (peer->state != TL_MEDIA_NONE && peer->relay == (int)relay)
        return; /* opened since the list was written */
    if (!same_room || elsewhere || peer->state != TL_MEDIA_NONE) {
        close_at(hub, relay, listed->participant);
        return;
    }
    struct tl_seat *seat = &session->seats[peer->seat];
    session->relay = (int)relay;
    peer->relay = (int)relay;
    peer->state = listed->state;
    peer->lines = listed->lines;
    peer->mark = (struct tl_offer_mark){ .version = 0 };
    memcpy(peer->mark.digest, listed->offer, sizeof peer->mark.digest);
    peer->slots_stale = peer->slots_untold = true;
    hub->relays[relay].load++;
    /* What a host silenced before this door came is known to the relay only, and stays so. */
    if (seat->muted_unknown)
        seat->muted |= listed->muted;
    seat->muted_unknown = false;
    tl_peer_mute_again(hub, peer, seat->muted, true);
    tl_session_mark(hub, session, true, true, false);
}

static struct tl_orphan *find_orphan(struct tl_hub *hub, struct tl_text participant)
{
    struct tl_map_link *link = tl_map_first(&hub->orphans, tl_hash_text(participant));
    for (; link; link = tl_map_next(link)) {
        struct tl_orphan *orphan = TL_CONTAINER(link, struct tl_orphan, link);
        if (tl_text_is(participant, orphan->listed.participant))
            return orphan;
    }
    return NULL;
}

static void drop_orphan(struct tl_hub *hub, struct tl_orphan *orphan)
{
    tl_map_remove(&hub->orphans, &orphan->link);
    free(orphan);
}

static void keep_orphan(struct tl_hub *hub, const struct tl_listed *listed, unsigned relay)
{
    struct tl_orphan *orphan = find_orphan(hub, tl_text(listed->participant));
    if (!orphan && hub->orphans.count < TL_HUB_ORPHANS_LIMIT) {
        orphan = calloc(1, sizeof *orphan);
        if (orphan)
            tl_map_add(&hub->orphans, &orphan->link,
                       tl_hash_text(tl_text(listed->participant)));
    }
    if (!orphan) {
        close_at(hub, relay, listed->participant);
        return;
    }
    orphan->listed = *listed;
    orphan->relay = relay;
    orphan->until = hub->now.monotonic + TL_HUB_SEAT_KEPT_US;
    tl_hub_wake_at(hub, orphan->until);
}

void tl_orphans_adopt(struct tl_hub *hub, struct tl_session *session)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        struct tl_orphan *orphan =
            tl_seat_is_taken(seat) ? find_orphan(hub, tl_text(seat->who.participant)) : NULL;
        if (!orphan)
            continue;
        adopt(hub, &seat->peer, &orphan->listed, orphan->relay);
        drop_orphan(hub, orphan);
    }
}

void tl_orphans_tick(struct tl_hub *hub)
{
    struct tl_map_walk walk = tl_map_walk(&hub->orphans);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_orphan *orphan = TL_CONTAINER(link, struct tl_orphan, link);
        if (orphan->until > hub->now.monotonic) {
            tl_hub_wake_at(hub, orphan->until);
            continue;
        }
        close_at(hub, orphan->relay, orphan->listed.participant);
        drop_orphan(hub, orphan);
    }
}

void tl_orphans_free(struct tl_hub *hub)
{
    struct tl_map_walk walk = tl_map_walk(&hub->orphans);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk)))
        drop_orphan(hub, TL_CONTAINER(link, struct tl_orphan, link));
}

void tl_relay_listed(struct tl_hub *hub, unsigned relay, json_t *json, bool more)
{
    enum { ONE_MESSAGE = 100 };
    struct tl_fields fields = tl_fields(json);
    json_t *list = tl_field_array(&fields, "participants", ONE_MESSAGE), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct tl_listed listed;
        if (tl_listed_read(item, &listed)) {
            hub->counts.refused++;
            continue;
        }
        struct tl_peer *peer = tl_peer_find(hub, tl_text(listed.participant));
        if (peer)
            adopt(hub, peer, &listed, relay);
        else
            keep_orphan(hub, &listed, relay);
    }
    if (tl_fields_end(&fields))
        hub->counts.refused++;
    if (!more)
        hub->relays[relay].listed = true;
}

/* ---- what a relay says ---- */

static void tell_media(struct tl_hub *hub, struct tl_peer *peer, const char *event)
{
    struct tl_client *client = NULL;
    if (peer->test)
        client = tl_client_find(hub, peer->test->client);
    else if (peer->session->seats[peer->seat].client &&
             peer->session->seats[peer->seat].client->stage == TL_STAGE_SEATED)
        client = peer->session->seats[peer->seat].client;
    tl_client_send(hub, client, json_pack("{s:s, s:s}", "type", "media", "event", event));
}

/* A relay speaks of whom it carries, one that drains of whom it still carries; what it says of
 * somebody at another relay is counted and not believed. Nobody: gone meanwhile. */
static bool speaks_for(struct tl_hub *hub, unsigned relay, const struct tl_peer *peer)
{
    if (!peer)
        return false;
    if (peer->relay == (int)relay || peer->leaving == (int)relay)
        return true;
    hub->counts.refused++;
    return false;
}

static void take_state(struct tl_hub *hub, unsigned relay, json_t *json)
{
    struct tl_state_change change;
    if (tl_state_change_read(json, &change)) {
        hub->counts.refused++;
        return;
    }
    struct tl_peer *peer = tl_peer_find(hub, change.participant);
    if (peer && !speaks_for(hub, relay, peer))
        return;
    if (peer && peer->leaving == (int)relay && peer->relay != (int)relay) {
        if (change.closed || change.state == TL_MEDIA_FAILED)
            tl_peer_left(hub, peer); /* its client has closed the old connection */
        return;
    }
    struct tl_orphan *orphan = find_orphan(hub, change.participant);
    if (orphan && orphan->relay == relay && change.closed)
        drop_orphan(hub, orphan);
    else if (orphan && orphan->relay == relay)
        orphan->listed.state = change.state;
    if (!peer || peer->relay != (int)relay || peer->state == TL_MEDIA_OPENING ||
        peer->state == TL_MEDIA_NONE || (!change.closed && peer->state == change.state))
        return;
    bool failed = change.closed || change.state == TL_MEDIA_FAILED;
    if (change.closed)
        tl_peer_forget(hub, peer);
    else
        peer->state = change.state;
    if (failed)
        peer->offer_allowed = true;
    if (failed)
        tell_media(hub, peer, "failed");
    else if (change.state == TL_MEDIA_CONNECTED)
        tell_media(hub, peer, "connected");
    else if (change.state == TL_MEDIA_RECONNECTING)
        tell_media(hub, peer, "reconnecting");
    if (peer->test && failed)
        tl_test_media_failed(hub, peer->test);
    if (peer->session)
        tl_session_mark(hub, peer->session, false, true, false);
}

static void take_speaker(struct tl_hub *hub, unsigned relay, json_t *json)
{
    struct tl_text room, participant;
    if (tl_speaker_read(json, &room, &participant)) {
        hub->counts.refused++;
        return;
    }
    struct tl_session *session = tl_session_by_room(hub, room);
    const struct tl_seat *seat =
        session && participant.data ? tl_seat_find(session, participant) : NULL;
    if (seat && !speaks_for(hub, relay, &seat->peer))
        return;
    if (!session || session->relay != (int)relay || (participant.data && !seat) ||
        tl_text_is(participant, session->speaker))
        return;
    session->speaker[0] = 0;
    if (participant.data)
        (void)tl_text_copy(participant, session->speaker, sizeof session->speaker);
    tl_session_tell(hub, session,
                    json_pack("{s:s, s:s?}", "type", "speaker", "participant",
                              session->speaker[0] ? session->speaker : NULL),
                    true);
}

static void take_statistics(struct tl_hub *hub, unsigned relay, json_t *json)
{
    struct tl_statistics statistics;
    if (tl_statistics_read(json, &statistics)) {
        hub->counts.refused++;
        return;
    }
    const struct tl_peer *peer = tl_peer_find(hub, statistics.participant);
    /* of who moves, the relay they move to is asked */
    if (speaks_for(hub, relay, peer) && peer->relay == (int)relay)
        tl_quality_statistics(hub, &statistics);
}

static void take_incident(struct tl_hub *hub, unsigned relay, json_t *json)
{
    struct tl_relay_incident incident;
    if (tl_incident_read(json, &incident)) {
        hub->counts.refused++;
        return;
    }
    if (speaks_for(hub, relay, tl_peer_find(hub, incident.participant)))
        tl_incident_take(hub, &incident);
}

static void take_probe(struct tl_hub *hub, unsigned relay, json_t *json)
{
    struct tl_probe probe;
    if (tl_probe_read(json, &probe)) {
        hub->counts.refused++;
        return;
    }
    const struct tl_peer *peer = tl_peer_find(hub, probe.participant);
    if (speaks_for(hub, relay, peer) && peer->test)
        tl_test_probed(hub, peer->test, &probe);
}

/* What it says of itself is for the metrics; whom it holds is asked with RELAY_LIST. */
static void take_hello(struct tl_hub *hub, unsigned relay, json_t *json)
{
    (void)hub, (void)relay, (void)json;
}

static const struct {
    uint16_t type;
    void (*take)(struct tl_hub *hub, unsigned relay, json_t *json);
} messages[] = {
    { TL_MESSAGE_RELAY_HELLO, take_hello },
    { TL_MESSAGE_PARTICIPANT_STATE, take_state },
    { TL_MESSAGE_PARTICIPANT_STATISTICS, take_statistics },
    { TL_MESSAGE_SPEAKER, take_speaker },
    { TL_MESSAGE_INCIDENT, take_incident },
    { TL_MESSAGE_PROBE_RESULT, take_probe },
};

static const uint16_t reply_types[] = {
    [TL_REQUEST_OPEN] = TL_MESSAGE_PARTICIPANT_OPEN,
    [TL_REQUEST_RESTART] = TL_MESSAGE_PARTICIPANT_RESTART,
    [TL_REQUEST_PROBE] = TL_MESSAGE_PROBE_DOWN,
    [TL_REQUEST_LIST] = TL_MESSAGE_RELAY_LIST,
};

static void take_reply(struct tl_hub *hub, unsigned relay,
                       const struct tl_channel_message *message, json_t *json)
{
    struct tl_request *request = tl_request_find(hub, message->request);
    bool refused = message->flags & TL_CHANNEL_ERROR, more = message->flags & TL_CHANNEL_MORE;
    if (!request || request->kind < TL_REQUEST_OPEN || request->relay != relay ||
        message->type != reply_types[request->kind]) {
        hub->counts.refused++;
        return;
    }
    enum tl_request_kind kind = request->kind;
    void *owner = request->owner;
    if (kind == TL_REQUEST_OPEN) {
        tl_request_drop(hub, message->request);
        tl_peer_opened(hub, owner, json, refused);
        return;
    }
    if (kind == TL_REQUEST_RESTART) {
        tl_request_drop(hub, message->request);
        tl_peer_restarted(hub, owner, json, refused);
        return;
    }
    if (kind == TL_REQUEST_PROBE) { /* its measures come as PROBE_RESULT */
        if (refused)
            tl_request_failed(hub, message->request);
        return;
    }
    if (refused || !more) {
        tl_request_drop(hub, message->request);
        hub->relays[relay].request = 0;
    }
    tl_relay_listed(hub, relay, json, more && !refused);
}

void tl_relay_message(struct tl_hub *hub, unsigned relay,
                      const struct tl_channel_message *message)
{
    tl_autojson json_t *json = NULL;
    if (tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &json)) {
        hub->counts.refused++;
        if (message->flags & TL_CHANNEL_REPLY) {
            const struct tl_request *request = tl_request_find(hub, message->request);
            if (request && request->kind >= TL_REQUEST_OPEN && request->relay == relay)
                tl_request_failed(hub, message->request);
        }
        return;
    }
    if (message->flags & TL_CHANNEL_REPLY) {
        take_reply(hub, relay, message, json);
        return;
    }
    for (size_t i = 0; i < TL_COUNT_OF(messages); i++)
        if (messages[i].type == message->type) {
            messages[i].take(hub, relay, json);
            return;
        }
    hub->counts.refused++;
}
