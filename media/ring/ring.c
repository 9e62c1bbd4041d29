#include "media/ring.h"

#include <stdlib.h>

#include "base/memory.h"

struct tl_ring *tl_ring_new(void)
{
    struct tl_ring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return NULL;
    ring->stream = 1;
    ring->data = malloc((size_t)TL_RING_BLOCKS_LIMIT * TL_RING_BLOCK_SIZE);
    return ring->data ? ring : tl_ring_free(ring);
}

struct tl_ring *tl_ring_free(struct tl_ring *ring)
{
    if (!ring)
        return NULL;
    free(ring->data);
    free(ring);
    return NULL;
}

void tl_ring_forget(struct tl_ring *ring)
{
    ring->stream++;
}

static uint8_t oldest(const struct tl_ring *ring)
{
    uint8_t oldest = 0;
    for (uint8_t i = 1; i < ring->block_count; i++)
        if (ring->blocks[i].newest < ring->blocks[oldest].newest)
            oldest = i;
    return oldest;
}

/* The block to fill next: one nobody asks for any more, else a new one, else the oldest. */
static void begin_block(struct tl_ring *ring, tl_time_us now)
{
    uint8_t next = ring->block_count ? oldest(ring) : 0;
    bool spent = ring->block_count && now - ring->blocks[next].newest > TL_RING_AGE_US;
    if (!spent && ring->block_count < TL_RING_BLOCKS_LIMIT)
        next = ring->block_count++;
    ring->block = next;
    ring->blocks[next].filling++;
    ring->blocks[next].used = 0;
}

void tl_ring_add(struct tl_ring *ring, tl_time_us now, uint16_t sequence, uint32_t timestamp,
                 uint8_t payload_type, bool marker, struct tl_bytes payload)
{
    if (payload.size > TL_RING_PAYLOAD_LIMIT)
        return;
    if (!ring->block_count ||
        payload.size > (size_t)TL_RING_BLOCK_SIZE - ring->blocks[ring->block].used)
        begin_block(ring, now);
    struct tl_ring_block *block = &ring->blocks[ring->block];
    uint8_t *data = ring->data + (size_t)ring->block * TL_RING_BLOCK_SIZE + block->used;
    ring->packets[sequence % TL_RING_PACKETS] =
        (struct tl_ring_packet){ .arrived = now,
                                 .payload = data,
                                 .timestamp = timestamp,
                                 .stream = ring->stream,
                                 .sequence = sequence,
                                 .size = (uint16_t)payload.size,
                                 .payload_type = payload_type,
                                 .marker = marker,
                                 .block = ring->block,
                                 .filling = block->filling };
    if (payload.size)
        memcpy(data, payload.data, payload.size);
    block->used = (uint16_t)(block->used + payload.size);
    block->newest = now;
}

bool tl_ring_holds(const struct tl_ring *ring, uint16_t sequence)
{
    const struct tl_ring_packet *packet = &ring->packets[sequence % TL_RING_PACKETS];
    return packet->stream == ring->stream && packet->sequence == sequence;
}

const struct tl_ring_packet *tl_ring_find(const struct tl_ring *ring, tl_time_us now,
                                          uint16_t sequence)
{
    const struct tl_ring_packet *packet = &ring->packets[sequence % TL_RING_PACKETS];
    bool good = tl_ring_holds(ring, sequence) &&
                packet->filling == ring->blocks[packet->block].filling &&
                now - packet->arrived <= TL_RING_AGE_US;
    return good ? packet : NULL;
}
