/* The recent packets of one incoming stream, opened, to answer NACKs from (RFC 4588). Direct
 * mapped by sequence number; memory is taken once. */
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
    TL_RING_AGE_US = TL_SECOND_US /* older packets are of no use to anybody */
};

struct tl_ring_packet {
    tl_time_us arrived;
    uint32_t timestamp;
    uint16_t sequence;
    uint16_t size;
    uint8_t payload_type;
    bool marker;
    bool used;
    uint8_t payload[TL_RING_PAYLOAD_LIMIT];
};

struct tl_ring {
    uint16_t newest;
    struct tl_ring_packet packets[TL_RING_PACKETS];
};

/* NULL when out of memory. Pages are touched as packets come. */
struct tl_ring *tl_ring_new(void);
struct tl_ring *tl_ring_free(struct tl_ring *ring);
/* Packets longer than the limit are not kept. */
void tl_ring_add(struct tl_ring *ring, tl_time_us now, uint16_t sequence, uint32_t timestamp,
                 uint8_t payload_type, bool marker, struct tl_bytes payload);
/* NULL: never here, overwritten or too old. */
const struct tl_ring_packet *tl_ring_find(const struct tl_ring *ring, tl_time_us now,
                                          uint16_t sequence);

#endif
