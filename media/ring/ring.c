#include "media/ring.h"

#include <stdlib.h>

struct tl_ring *tl_ring_new(void)
{
    return calloc(1, sizeof(struct tl_ring));
}

struct tl_ring *tl_ring_free(struct tl_ring *ring)
{
    free(ring);
    return NULL;
}

void tl_ring_add(struct tl_ring *ring, tl_time_us now, uint16_t sequence, uint32_t timestamp,
                 uint8_t payload_type, bool marker, struct tl_bytes payload)
{
    struct tl_ring_packet *packet = &ring->packets[sequence % TL_RING_PACKETS];
    if (payload.size > TL_RING_PAYLOAD_LIMIT)
        return;
    packet->arrived = now;
    packet->timestamp = timestamp;
    packet->sequence = sequence;
    packet->size = (uint16_t)payload.size;
    packet->payload_type = payload_type;
    packet->marker = marker;
    packet->used = true;
    if (payload.size)
        memcpy(packet->payload, payload.data, payload.size);
    ring->newest = sequence;
}

const struct tl_ring_packet *tl_ring_find(const struct tl_ring *ring, tl_time_us now,
                                          uint16_t sequence)
{
    const struct tl_ring_packet *packet = &ring->packets[sequence % TL_RING_PACKETS];
    bool good =
        packet->used && packet->sequence == sequence && now - packet->arrived <= TL_RING_AGE_US;
    return good ? packet : NULL;
}
