/* A relay that will end, and people who are at two of them for a moment. */
#ifndef TL_SIGNALING_HUB_DRAIN_H
#define TL_SIGNALING_HUB_DRAIN_H

#include <stdbool.h>

struct tl_hub;
struct tl_peer;

void tl_relay_drain(struct tl_hub *hub, unsigned relay);
/* It is at two relays, or about to be. */
bool tl_peer_is_moving(const struct tl_peer *peer);
/* Its offer goes to another relay; the transport it has stays. */
void tl_peer_moves(struct tl_peer *peer);
/* The other relay did not take it: it is where it was. true: so it was moving. */
bool tl_peer_moves_back(struct tl_hub *hub, struct tl_peer *peer);
/* Closes what it has at the relay it leaves, if anything. */
void tl_peer_left(struct tl_hub *hub, struct tl_peer *peer);
/* The relay is gone: what was about to leave it had not, what had is over there. */
void tl_relay_drained(struct tl_hub *hub, unsigned relay);

#endif
