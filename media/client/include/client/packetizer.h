/* VP8 frames into RTP payloads (RFC 7741 section 4.2): a descriptor with a 15-bit picture id before
 * each piece, pieces of nearly equal size so that the relay can send them as one run.
 *
 *     |X|R|N|S|R| PID |  X=1, S=1 on the first
 *     |I|L|T|K| RSV   |  I=1
 *     |M| picture id  |  M=1: 15 bits
 *     |               |
 */
#ifndef TL_CLIENT_PACKETIZER_H
#define TL_CLIENT_PACKETIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { TL_VP8_PAYLOAD_LIMIT = 1100, TL_VP8_DESCRIPTOR_SIZE = 4 };

struct tl_vp8_packetizer {
    struct tl_bytes rest;
    size_t piece;
    uint16_t picture_id;
    bool first;
};

/* frame must live until the last piece was taken. */
void tl_vp8_packetizer_init(struct tl_vp8_packetizer *packetizer, struct tl_bytes frame,
                            uint16_t picture_id);
/* The next payload; false when there is none left. The marker belongs on the last. */
bool tl_vp8_packetizer_next(struct tl_vp8_packetizer *packetizer,
                            uint8_t payload[TL_VP8_PAYLOAD_LIMIT], size_t *ret_size,
                            bool *ret_last);

#endif
