/* A relay that will end gives its calls to others. A session moves as a whole: everyone in it builds
 * a second connection beside the first and closes the first when the second carries what they need.
 * Until then the old relay forwards as before, so those who have moved and those who have not hear
 * each other there. */
#include "base/memory.h"
#include "hub/state.h"

bool tl_peer_is_moving(const struct tl_peer *peer)
{
    return peer->leaving >= 0;
}

void tl_peer_moves(struct tl_peer *peer)
{
    peer->muted_told = 0; /* the other relay knows nothing yet */
}

bool tl_peer_moves_back(struct tl_hub *hub, struct tl_peer *peer)
{
    if (peer->leaving < 0 || peer->leaving == peer->relay)
        return false;
    tl_relay_send_json(hub, peer->relay, TL_MESSAGE_PARTICIPANT_CLOSE, 0,
                       json_pack("{s:s}", "participant", peer->participant));
    if (hub->relays[peer->relay].load)
        hub->relays[peer->relay].load--;
    peer->relay = peer->leaving;
    peer->state = TL_MEDIA_CONNECTED;
    return true;
}

void tl_peer_left(struct tl_hub *hub, struct tl_peer *peer)
{
    int old = peer->leaving;
    peer->leaving = -1;
    if (old < 0 || old == peer->relay)
        return;
    tl_relay_send_json(hub, old, TL_MESSAGE_PARTICIPANT_CLOSE, 0,
                       json_pack("{s:s}", "participant", peer->participant));
    if (hub->relays[old].load)
        hub->relays[old].load--;
}

static void move_session(struct tl_hub *hub, struct tl_session *session, int to)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        struct tl_peer *peer = &seat->peer;
        if (!tl_seat_is_taken(seat) || peer->state == TL_MEDIA_NONE ||
            peer->relay != session->relay)
            continue;
        tl_peer_left(hub, peer); /* of the move before, should this one come on its heels */
        peer->leaving = peer->relay;
        seat->restart_owed = true;
    }
    session->relay = to;
    tl_relay_tell_restarts(hub, session);
}

void tl_relay_drain(struct tl_hub *hub, unsigned relay)
{
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    hub->relays[relay].draining = true;
    tl_relay_send_json(hub, (int)relay, TL_MESSAGE_RELAY_DRAIN, 0, json_object());
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        int to = tl_relay_choose(hub);
        if (session->relay == (int)relay && to >= 0)
            move_session(hub, session, to);
    }
}

void tl_relay_drained(struct tl_hub *hub, unsigned relay)
{
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_session *session = TL_CONTAINER(link, struct tl_session, link);
        for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
            struct tl_peer *peer = &session->seats[i].peer;
            if (!tl_seat_is_taken(&session->seats[i]) || peer->leaving != (int)relay)
                continue;
            peer->leaving = -1;
            if (peer->relay == (int)relay && session->relay != (int)relay)
                tl_peer_forget(hub, peer); /* it was told to move, and may still */
        }
    }
}
