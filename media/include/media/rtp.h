/* RTP packets (RFC 3550 section 5.1), header extensions (RFC 8285), RTX (RFC 4588), RED
 * (RFC 2198) and the VP8 payload descriptor (RFC 7741).
 *
 *      0                   1                   2                   3
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number        |
 *     |  timestamp                                                   |
 *     |  SSRC                                                        |
 *     |  CSRC ... , extension ..., payload, padding                  |
 */
#ifndef TL_MEDIA_RTP_H
#define TL_MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_RTP_HEADER_SIZE = 12,
    TL_RTP_EXTENSIONS_LIMIT = 16, /* elements looked at in one packet */
    TL_RTP_PACKET_LIMIT = 1500,
    TL_RTP_RED_BLOCKS_LIMIT = 8 /* of one packet, the primary among them */
};

struct tl_rtp_packet {
    uint8_t payload_type;
    bool marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    uint16_t extension_profile; /* 0 when there is none */
    struct tl_bytes extensions; /* the body of the extension block */
    struct tl_bytes payload;    /* padding removed */
    uint8_t padding;            /* bytes of it */
    size_t header_size;         /* up to the payload */
};

/* RFC 7983 and RFC 5761: what a datagram of a bundled transport is. */
enum tl_packet_kind {
    TL_PACKET_UNKNOWN,
    TL_PACKET_STUN,
    TL_PACKET_DTLS,
    TL_PACKET_RTP,
    TL_PACKET_RTCP
};
enum tl_packet_kind tl_packet_classify(struct tl_bytes datagram);

/* Reads an opened packet, padding included. TL_ERROR_FORMAT. */
enum tl_error tl_rtp_read(struct tl_bytes datagram, struct tl_rtp_packet *ret_packet);
/* Reads the header only: works on a sealed packet too (payload then is whatever follows, padding
 * is not looked at). */
enum tl_error tl_rtp_read_header(struct tl_bytes datagram, struct tl_rtp_packet *ret_packet);

/* Finds the value of a local identifier, 1 to 255 (0 finds nothing), in a one-byte or two-byte
 * extension block. A malformed block gives what stood before the fault, a longer one what is among
 * its first TL_RTP_EXTENSIONS_LIMIT elements. */
bool tl_rtp_extension(const struct tl_rtp_packet *packet, uint8_t id,
                      struct tl_bytes *ret_value);

struct tl_rtp_extension_value {
    uint8_t id; /* 0: skipped */
    uint8_t size;
    uint8_t data[32];
};
/* Writes the fixed header and the extension block (one-byte form when ids are at most 14 and
 * sizes 1 to 16, else two-byte), without payload. Elements are written in order; offsets of their
 * values within the packet come back in ret_offsets (may be NULL). TL_ERROR_LIMIT. */
enum tl_error tl_rtp_write_header(const struct tl_rtp_packet *packet,
                                  const struct tl_rtp_extension_value *values, size_t count,
                                  void *buffer, size_t room, size_t *ret_offsets,
                                  size_t *ret_size);

/* Serial-number arithmetic, RFC 1982: is a newer than b. */
static inline bool tl_sequence_newer(uint16_t a, uint16_t b)
{
    return a != b && (uint16_t)(a - b) < 0x8000;
}
static inline bool tl_timestamp_newer(uint32_t a, uint32_t b)
{
    return a != b && a - b < 0x80000000u;
}

/* RTX: the original sequence number and what follows it. TL_ERROR_FORMAT below 2 bytes. */
enum tl_error tl_rtx_read(struct tl_bytes payload, uint16_t *ret_original_sequence,
                          struct tl_bytes *ret_payload);

/* RED: the primary block, last in the payload. */
enum tl_error tl_red_primary(struct tl_bytes payload, uint8_t *ret_payload_type,
                             struct tl_bytes *ret_primary);
/* RED: the last block before the primary, and how much older it is in timestamp units. Untouched
 * outputs and TL_ERROR_MISSING when there is none or it is empty; TL_ERROR_FORMAT. */
enum tl_error tl_red_previous(struct tl_bytes payload, uint8_t *ret_payload_type,
                              uint16_t *ret_older, struct tl_bytes *ret_block);

/* RED: well formed, and every block of this payload type. */
bool tl_red_is_of(struct tl_bytes payload, uint8_t type);
/* RED: another number (at most 127) for the type of all blocks, in a payload tl_red_is_of() held
 * good: the inner numbers are the sender's too. */
void tl_red_retype(uint8_t *payload, uint8_t type);

/* audio level (RFC 6464): 0 loud to 127 silent. */
struct tl_audio_level {
    uint8_t level;
    bool voice;
};
enum tl_error tl_audio_level_read(struct tl_bytes value, struct tl_audio_level *ret_level);

struct tl_vp8_descriptor {
    bool start; /* S: begins a partition */
    uint8_t partition;
    bool has_picture_id, long_picture_id, has_tl0, has_temporal;
    uint16_t picture_id;
    uint8_t tl0;
    uint8_t temporal_layer;
    bool layer_sync;
    size_t size;              /* bytes of the descriptor */
    size_t picture_id_offset; /* within the payload; 0 when absent */
    size_t tl0_offset;
    bool frame_start;       /* S set and partition 0 */
    bool key_frame;         /* frame_start and the P bit of the frame header is 0 */
    uint16_t width, height; /* of a key frame whose header is in this packet, else 0 */
};
/* TL_ERROR_FORMAT: empty, cut short, or no payload behind the descriptor. */
enum tl_error tl_vp8_read(struct tl_bytes payload, struct tl_vp8_descriptor *ret_descriptor);
/* Writes other numbers into a payload whose descriptor was read from the same bytes. */
void tl_vp8_rewrite(uint8_t *payload, const struct tl_vp8_descriptor *descriptor,
                    uint16_t picture_id, uint8_t tl0);

#endif
