/* An offer on its way, and what is kept of the one in force. */
#ifndef TL_SIGNALING_HUB_OFFER_H
#define TL_SIGNALING_HUB_OFFER_H

#include "messages/relay_read.h"
#include "sdp/sdp.h"

/* An offer that waits for its relay. */
struct tl_offer {
    char *text;
    struct tl_sdp_offer sdp;           /* spans into text */
    char digest[TL_OFFER_DIGEST_SIZE]; /* of all of it but its ICE credentials */
    uint64_t client;
    unsigned redundant; /* bits of enum tl_source */
};

/* The offer in force, to know an ICE restart from another connection. It outlives the transport:
 * a restart of what is gone is refused, because only a new connection can help. */
struct tl_offer_mark {
    char digest[TL_OFFER_DIGEST_SIZE]; /* "" : none yet */
    char ufrag[TL_SDP_ICE_LIMIT + 1];  /* "" : not known, the door has started anew */
    uint64_t session;                  /* o= of the answers; 0: not known */
    unsigned version;
};

/* restart.c */
void tl_offer_digest(const struct tl_sdp_offer *offer, char ret_digest[TL_OFFER_DIGEST_SIZE]);
bool tl_offer_is_restart(const struct tl_offer *offer, const struct tl_offer_mark *mark);

#endif
