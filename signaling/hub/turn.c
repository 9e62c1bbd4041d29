/* TURN for people in a session: a password of their own, known to every relay (a client's TLS may
 * end at any of them) from when they are let in until they are gone. */
#include <stdio.h>

#include "base/secret.h"
#include "hub/state.h"

void tl_hub_set_turn(struct tl_hub *hub, const char *name, uint16_t port)
{
    snprintf(hub->turn_url, sizeof hub->turn_url, "turns:%.*s:%u?transport=tcp",
             TL_HUB_TURN_NAME_LIMIT, name, port);
}

static void tell(struct tl_hub *hub, int relay, const struct tl_peer *peer)
{
    tl_relay_send_json(hub, relay, TL_MESSAGE_TURN_USER, 0,
                       json_pack("{s:s, s:s, s:i}", "user", peer->participant, "password",
                                 peer->turn_password, "seconds", TL_HUB_TURN_LASTS_S));
}

json_t *tl_turn_servers(struct tl_hub *hub, struct tl_peer *peer)
{
    json_t *servers = json_array();
    if (!hub->turn_url[0])
        return servers;
    if (!peer->turn_password[0]) {
        tl_hub_hex(hub, peer->turn_password);
        for (int i = 0; i < TL_HUB_RELAYS_LIMIT; i++)
            if (hub->relays[i].up)
                tell(hub, i, peer);
    }
    json_array_append_new(servers,
                          json_pack("{s:[s], s:s, s:s}", "urls", hub->turn_url, "username",
                                    peer->participant, "credential", peer->turn_password));
    return servers;
}

void tl_turn_tell_all(struct tl_hub *hub, unsigned relay)
{
    struct tl_map_walk walk = tl_map_walk(&hub->peers);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        const struct tl_peer *peer = TL_CONTAINER(link, struct tl_peer, link);
        if (peer->turn_password[0])
            tell(hub, (int)relay, peer);
    }
}

void tl_turn_end(struct tl_hub *hub, struct tl_peer *peer)
{
    if (!peer->turn_password[0])
        return;
    tl_secret_wipe(peer->turn_password, sizeof peer->turn_password);
    for (int i = 0; i < TL_HUB_RELAYS_LIMIT; i++)
        if (hub->relays[i].up)
            tl_relay_send_json(hub, i, TL_MESSAGE_TURN_END, 0,
                               json_pack("{s:s}", "user", peer->participant));
}
