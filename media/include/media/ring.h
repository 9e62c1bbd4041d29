/* The recent packets of one incoming stream, opened, to answer NACKs from (RFC 4588): an index by
 * sequence number over blocks that are filled one after the other. A block whose packets are all
 * too old is filled again; a new one is taken only where none is, so that a stream keeps what it
 * sends in half a second, and not the most that a stream may.
 *
 *     blocks      0       1       2       3       4
 *             |bb ccccc|cc ddddd|d eeeeee|aaaa...|       |   b follows a follows e; 4 was never
 *                                                            touched
 *
 * A packet runs over into the next block where that one lies behind in memory, which it does but for
 * the last and those that were taken later: with blocks of a page next to nothing stands empty. */
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
    TL_RING_BLOCK_SIZE = 4096,
    TL_RING_BLOCKS_LIMIT = 192,              /* then the oldest gives way, whatever its age */
    TL_RING_AGE_US = 500 * TL_MILLISECOND_US /* older packets are of no use to anybody */
};

/* What is told of a packet that is here. */
struct tl_ring_packet {
    const uint8_t *payload; /* good until the next packet is added */
    uint32_t timestamp;
    uint16_t sequence;
    uint16_t size;
    bool marker;
};

/* What is known of it here: 16 bytes, for there are many. */
struct tl_ring_entry {
    uint32_t arrived; /* the low bits; its block knows whether that is an hour ago */
    uint32_t timestamp;
    uint32_t offset : 20; /* of its payload; where that begins is its block */
    uint32_t size : 11;
    uint32_t marker : 1;
    uint16_t sequence;
    uint8_t stream;  /* the ring's when it came; 0: empty */
    uint8_t filling; /* the block's when it was written */
};

struct tl_ring {
    uint8_t stream; /* from 1: which of the streams that were kept here one after the other */
    uint8_t block_count, block;            /* block: being filled */
    uint16_t used;                         /* of it */
    uint8_t next[TL_RING_BLOCKS_LIMIT];    /* in the order they are filled, a circle */
    uint8_t filling[TL_RING_BLOCKS_LIMIT]; /* how often each was begun, the low bits */
    tl_time_us newest[TL_RING_BLOCKS_LIMIT];
    struct tl_ring_entry packets[TL_RING_PACKETS];
    uint8_t data[]; /* of all blocks; its pages are touched as blocks are begun */
};

/* NULL when out of memory. Room for the most that a stream may keep is reserved, not touched. */
struct tl_ring *tl_ring_new(void);
struct tl_ring *tl_ring_free(struct tl_ring *ring);
/* Packets longer than the limit are not kept. Nothing is allocated. */
void tl_ring_add(struct tl_ring *ring, tl_time_us now, uint16_t sequence, uint32_t timestamp,
                 bool marker, struct tl_bytes payload);
/* Another stream begins: what is here is nobody's any more. Touches no packet, but once in 255
 * times. */
void tl_ring_forget(struct tl_ring *ring);
/* Whether this packet came, however long ago, and none of its place came after it. */
bool tl_ring_holds(const struct tl_ring *ring, uint16_t sequence);
/* False: never here, overwritten or too old. */
bool tl_ring_find(const struct tl_ring *ring, tl_time_us now, uint16_t sequence,
                  struct tl_ring_packet *ret_packet);
/* What it has touched: its index and the blocks begun; 0: nothing was ever added. */
size_t tl_ring_bytes(const struct tl_ring *ring);

#endif
