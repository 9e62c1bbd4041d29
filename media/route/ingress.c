/* How much is taken of one participant, so that who floods harms nobody but himself. Media is
 * judged before any cipher work, by the address that sent it; STUN once it has authenticated, so
 * that nobody else can use up what a participant may ask. */
#include "route/internal.h"

static const struct {
    int64_t per_s;
    enum tl_relay_counter drop;
} limits[INGRESS_COUNT] = {
    [INGRESS_PACKETS] = { TL_RELAY_IN_PACKETS, TL_RELAY_DROP_IN_PACKETS },
    [INGRESS_BYTES] = { TL_RELAY_IN_BYTES, TL_RELAY_DROP_IN_BYTES },
    [INGRESS_RTCP] = { TL_RELAY_IN_RTCP, TL_RELAY_DROP_IN_RTCP },
    [INGRESS_STUN] = { TL_RELAY_IN_STUN, TL_RELAY_DROP_IN_STUN },
};

/* A bucket holds a second's worth, in millionths; one that was never used is full. */
static int64_t fill(struct bucket *bucket, enum ingress what, tl_time_us now)
{
    tl_time_us passed = now - bucket->at;
    int64_t full = limits[what].per_s * TL_SECOND_US;
    bucket->at = now;
    if (passed >= TL_SECOND_US || bucket->left + passed * limits[what].per_s > full)
        bucket->left = full;
    else
        bucket->left += passed * limits[what].per_s;
    return bucket->left;
}

bool ingress_has(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                 enum ingress what, size_t amount)
{
    bool enough =
        fill(&participant->ingress[what], what, now) >= (int64_t)amount * TL_SECOND_US;
    if (!enough)
        count(relay, limits[what].drop);
    return enough;
}

void ingress_take(struct participant *participant, enum ingress what, size_t amount)
{
    participant->ingress[what].left -= (int64_t)amount * TL_SECOND_US;
}

bool ingress_media(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                   bool rtcp, size_t size)
{
    if (!ingress_has(relay, now, participant, INGRESS_PACKETS, 1) ||
        !ingress_has(relay, now, participant, INGRESS_BYTES, size) ||
        (rtcp && !ingress_has(relay, now, participant, INGRESS_RTCP, 1)))
        return false;
    ingress_take(participant, INGRESS_PACKETS, 1);
    ingress_take(participant, INGRESS_BYTES, size);
    ingress_take(participant, INGRESS_RTCP, rtcp);
    return true;
}
