/* Datagrams in a stream (RFC 4571), which is how ICE speaks over TCP (RFC 6544 section 3):
 *
 *     |  length (16 bits)  |  STUN, DTLS, SRTP or SRTCP of that length  |  length ...
 *
 * A core: bytes in, whole datagrams out, whatever pieces the stream came in. */
#ifndef TL_MEDIA_DEFRAMER_H
#define TL_MEDIA_DEFRAMER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_FRAME_HEADER_SIZE = 2,
    TL_FRAME_LIMIT = 1600 /* longest datagram; what a relay's packet buffer holds */
};

struct tl_deframer {
    size_t used; /* of a frame begun in an earlier piece */
    uint8_t data[TL_FRAME_HEADER_SIZE + TL_FRAME_LIMIT];
};

/* Takes from *data, *left up to the end of the next datagram. TL_OK: *ret_frame is one, valid until
 * the next call, and may be written to. TL_ERROR_AGAIN: all was taken and more is needed.
 * TL_ERROR_FORMAT: longer than TL_FRAME_LIMIT; the stream has no meaning from here on. */
enum tl_error tl_deframer_next(struct tl_deframer *deframer, uint8_t **data, size_t *left,
                               uint8_t **ret_frame, size_t *ret_size);
/* A datagram with its length in front. TL_ERROR_LIMIT: too long, or no room for it. */
enum tl_error tl_frame_write(struct tl_bytes datagram, uint8_t *buffer, size_t room,
                             size_t *ret_size);

#endif
