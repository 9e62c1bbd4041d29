/* The recent packets of one incoming stream, opened, to answer NACKs from (RFC 4588): an index by
 * sequence number over blocks that are filled one after the other. A block whose packets are all
 * too old is filled again; a new one is taken only where none is, so that a stream keeps what it
 * sends in half a second, and not the most that a stream may. */
#ifndef TL_MEDIA_RING_H
#define TL_MEDIA_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"

enum {
    TL_RING_PACKETS = 512,
    TL_RING_PAYLOAD_LIMIT = 1456,
    TL_RING_BLOCK_SIZE = 16384,
    TL_RING_BLOCKS_LIMIT = 48,               /* then the oldest gives way, whatever its age */
    TL_RING_AGE_US = 500 * TL_MILLISECOND_US /* older packets are of no use to anybody */
};

struct tl_ring_packet {
    tl_time_us arrived;
    const uint8_t *payload; /* good until the next packet is added */
    uint32_t timestamp;
    uint32_t stream; /* the ring's when it came; 0: empty */
    uint16_t sequence;
    uint16_t size;
    uint8_t payload_type;
    bool marker;
    uint8_t block;
    uint32_t filling; /* of the block, when it was written */
};

struct tl_ring_block {
    uint32_t filling; /* how often it was begun */
    uint16_t used;
    tl_time_us newest;
};

struct tl_ring {
    uint32_t stream; /* from 1: how many streams were kept here one after the other */
    uint8_t *data;   /* of all blocks; its pages are touched as blocks are begun */
    struct tl_ring_packet packets[TL_RING_PACKETS];
    struct tl_ring_block blocks[TL_RING_BLOCKS_LIMIT];
    uint8_t block_count, block; /* block: being filled */
};

/* NULL when out of memory. Room for the most that a stream may keep is reserved, not touched. */
struct tl_ring *tl_ring_new(void);
struct tl_ring *tl_ring_free(struct tl_ring *ring);
/* Packets longer than the limit are not kept. Nothing is allocated. */
void tl_ring_add(struct tl_ring *ring, tl_time_us now, uint16_t sequence, uint32_t timestamp,
                 uint8_t payload_type, bool marker, struct tl_bytes payload);
/* Another stream begins: what is here is nobody's any more. Touches no packet. */
void tl_ring_forget(struct tl_ring *ring);
/* Whether this packet came, however long ago, and none of its place came after it. */
bool tl_ring_holds(const struct tl_ring *ring, uint16_t sequence);
/* NULL: never here, overwritten or too old. */
const struct tl_ring_packet *tl_ring_find(const struct tl_ring *ring, tl_time_us now,
                                          uint16_t sequence);

#endif
