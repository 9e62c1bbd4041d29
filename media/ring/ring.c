#include "media/ring.h"

#include <stdlib.h>
#include <string.h>

struct tl_ring *tl_ring_new(void)
{
    struct tl_ring *ring =
        malloc(sizeof *ring + (size_t)TL_RING_BLOCKS_LIMIT * TL_RING_BLOCK_SIZE);
    if (!ring)
        return NULL;
    memset(ring, 0,
           sizeof *ring); /* and no more: calloc would touch a piece that is used again */
    ring->stream = 1;
    return ring;
}

struct tl_ring *tl_ring_free(struct tl_ring *ring)
{
    free(ring);
    return NULL;
}

void tl_ring_forget(struct tl_ring *ring)
{
    if (++ring->stream == 0) { /* what an old stream left must not look like a new one's */
        memset(ring->packets, 0, sizeof ring->packets);
        ring->stream = 1;
    }
}

/* The block to fill next: one nobody asks for any more, else a new one, else the oldest. */
static void begin_block(struct tl_ring *ring, tl_time_us now)
{
    uint8_t next = ring->next[ring->block]; /* the oldest, where there is one */
    bool spent = ring->block_count && now - ring->newest[next] > TL_RING_AGE_US;
    if (!spent && ring->block_count < TL_RING_BLOCKS_LIMIT) {
        uint8_t fresh = ring->block_count++;
        ring->next[fresh] = next;
        ring->next[ring->block] = fresh;
        next = fresh;
    }
    ring->block = next;
    ring->filling[next]++;
    ring->newest[next] = now;
}

/* Room for a payload: where the last one ends, or in a block of its own. */
static size_t place(struct tl_ring *ring, tl_time_us now, size_t size)
{
    /* after a pause nothing that is here is young: it must not look so by what follows it */
    if (!ring->block_count || now - ring->newest[ring->block] > TL_RING_AGE_US) {
        begin_block(ring, now);
        ring->used = 0;
    }
    size_t at = (size_t)ring->block * TL_RING_BLOCK_SIZE + ring->used;
    size_t end = ring->used + size;
    if (end >= TL_RING_BLOCK_SIZE) {
        unsigned before = ring->block;
        begin_block(ring, now);
        if (ring->block == before + 1) { /* over the edge */
            end -= TL_RING_BLOCK_SIZE;
        } else {
            at = (size_t)ring->block * TL_RING_BLOCK_SIZE;
            end = size;
        }
    }
    ring->used = (uint16_t)end;
    return at;
}

void tl_ring_add(struct tl_ring *ring, tl_time_us now, uint16_t sequence, uint32_t timestamp,
                 bool marker, struct tl_bytes payload)
{
    if (payload.size > TL_RING_PAYLOAD_LIMIT)
        return;
    size_t at = place(ring, now, payload.size);
    size_t block = at / TL_RING_BLOCK_SIZE;
    ring->packets[sequence % TL_RING_PACKETS] =
        (struct tl_ring_entry){ .arrived = (uint32_t)now,
                                .timestamp = timestamp,
                                .offset = (uint32_t)at & 0xfffff,
                                .size = (uint32_t)payload.size & 0x7ff,
                                .marker = marker,
                                .sequence = sequence,
                                .stream = ring->stream,
                                .filling = ring->filling[block] };
    if (payload.size)
        memcpy(ring->data + at, payload.data, payload.size);
    ring->newest[block] = ring->newest[ring->block] = now;
}

bool tl_ring_holds(const struct tl_ring *ring, uint16_t sequence)
{
    const struct tl_ring_entry *entry = &ring->packets[sequence % TL_RING_PACKETS];
    return entry->stream == ring->stream && entry->sequence == sequence;
}

bool tl_ring_find(const struct tl_ring *ring, tl_time_us now, uint16_t sequence,
                  struct tl_ring_packet *ret_packet)
{
    const struct tl_ring_entry *entry = &ring->packets[sequence % TL_RING_PACKETS];
    size_t block = entry->offset / TL_RING_BLOCK_SIZE;
    if (!tl_ring_holds(ring, sequence) || entry->filling != ring->filling[block] ||
        now - ring->newest[block] > TL_RING_AGE_US ||
        (uint32_t)now - entry->arrived > TL_RING_AGE_US)
        return false;
    *ret_packet = (struct tl_ring_packet){ .payload = ring->data + entry->offset,
                                           .timestamp = entry->timestamp,
                                           .sequence = sequence,
                                           .size = entry->size,
                                           .marker = entry->marker };
    return true;
}

size_t tl_ring_bytes(const struct tl_ring *ring)
{
    return ring->block_count ? sizeof *ring + ring->block_count * (size_t)TL_RING_BLOCK_SIZE
                             : 0;
}
