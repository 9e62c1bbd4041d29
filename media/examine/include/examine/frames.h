/* VP8 frames out of RTP packets (RFC 7741): packets go in as they come, also late and out of order,
 * whole frames come out in order. A hole is waited for as long as the patience lasts; then
 * everything up to the next key frame is given up. */
#ifndef TL_EXAMINE_FRAMES_H
#define TL_EXAMINE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "media/rtp.h"

enum {
    TL_FRAMES_PACKETS_LIMIT =
        512, /* packets held: a power of two, so that numbers wrap evenly */
    TL_FRAMES_PAYLOAD_LIMIT = 1400,
    TL_FRAMES_BYTES_LIMIT = TL_FRAMES_PACKETS_LIMIT * TL_FRAMES_PAYLOAD_LIMIT
};

struct tl_frames;

/* NULL when out of memory. */
struct tl_frames *tl_frames_new(tl_time_us patience_us);
struct tl_frames *tl_frames_free(struct tl_frames *frames);
/* The packet's payload is copied. TL_ERROR_FORMAT: not VP8; TL_ERROR_LIMIT: too long;
 * TL_ERROR_EXISTS: had it, or it is too old. */
enum tl_error tl_frames_add(struct tl_frames *frames, tl_time_us now,
                            const struct tl_rtp_packet *packet);

struct tl_frame {
    struct tl_bytes data; /* valid until the next call */
    uint32_t timestamp;
    bool key_frame;
};
/* The next whole frame, false when there is none yet. */
bool tl_frames_next(struct tl_frames *frames, tl_time_us now, struct tl_frame *ret_frame);
/* Waiting for a key frame: the sender should be asked (PLI). */
bool tl_frames_needs_key(const struct tl_frames *frames);

#endif
