/* What stands behind the RTP header: RTX, RED, VP8 descriptors. */
#include "media/rtp.h"

enum tl_error tl_rtx_read(struct tl_bytes payload, uint16_t *ret_original_sequence,
                          struct tl_bytes *ret_payload)
{
    /* RFC 4588 section 4: OSN, then the original payload; only padding has neither */
    struct tl_reader r = tl_reader(payload);
    uint16_t sequence = tl_read_u16(&r);
    if (r.failed)
        return TL_ERROR_FORMAT;
    *ret_original_sequence = sequence;
    *ret_payload = tl_bytes(r.next, r.left);
    return TL_OK;
}

enum tl_error tl_red_primary(struct tl_bytes payload, uint8_t *ret_payload_type,
                             struct tl_bytes *ret_primary)
{
    /* RFC 2198 section 3: headers of 4 bytes with F=1, the last of 1 byte with F=0 */
    struct tl_reader r = tl_reader(payload);
    size_t redundant = 0;
    for (unsigned blocks = 0; blocks < TL_RTP_RED_BLOCKS_LIMIT; blocks++) {
        uint8_t head = tl_read_u8(&r);
        if (head & 0x80) {
            uint32_t rest = tl_read_u24(&r);
            redundant += rest & 0x3ff;
            continue;
        }
        tl_read_skip(&r, redundant);
        if (r.failed)
            return TL_ERROR_FORMAT;
        *ret_payload_type = head & 0x7f;
        *ret_primary = tl_bytes(r.next, r.left);
        return TL_OK;
    }
    return TL_ERROR_FORMAT;
}

enum tl_error tl_red_previous(struct tl_bytes payload, uint8_t *ret_payload_type,
                              uint16_t *ret_older, struct tl_bytes *ret_block)
{
    struct tl_reader r = tl_reader(payload);
    size_t before = 0, size = 0;
    uint8_t type = 0, head = tl_read_u8(&r);
    uint16_t older = 0;
    for (unsigned blocks = 1; head & 0x80 && blocks < TL_RTP_RED_BLOCKS_LIMIT; blocks++) {
        uint32_t rest = tl_read_u24(&r);
        before += size;
        type = head & 0x7f;
        older = (uint16_t)(rest >> 10);
        size = rest & 0x3ff;
        head = tl_read_u8(&r);
    }
    tl_read_skip(&r, before);
    struct tl_bytes block = tl_read_bytes(&r, size);
    if (r.failed || head & 0x80)
        return TL_ERROR_FORMAT;
    if (size == 0)
        return TL_ERROR_MISSING;
    *ret_payload_type = type;
    *ret_older = older;
    *ret_block = block;
    return TL_OK;
}

bool tl_red_is_of(struct tl_bytes payload, uint8_t type)
{
    struct tl_reader r = tl_reader(payload);
    size_t redundant = 0;
    for (unsigned blocks = 0; blocks < TL_RTP_RED_BLOCKS_LIMIT; blocks++) {
        uint8_t head = tl_read_u8(&r);
        if (r.failed || (head & 0x7f) != type)
            return false;
        if (!(head & 0x80))
            return redundant <= r.left;
        redundant += tl_read_u24(&r) & 0x3ff;
    }
    return false;
}

void tl_red_retype(uint8_t *payload, uint8_t type)
{
    for (; *payload & 0x80; payload += 4)
        *payload = 0x80 | type;
    *payload = type;
}

/* The frame tag and start code of a key frame (RFC 6386 section 9.1):
 * 3 bytes tag, 9d 01 2a, 14 bits width, 2 scale, 14 bits height, 2 scale, little endian. */
static void read_key_frame_size(struct tl_bytes frame, struct tl_vp8_descriptor *descriptor)
{
    if (frame.size < 10 || frame.data[3] != 0x9d || frame.data[4] != 0x01 ||
        frame.data[5] != 0x2a)
        return;
    descriptor->width = (uint16_t)((frame.data[6] | frame.data[7] << 8) & 0x3fff);
    descriptor->height = (uint16_t)((frame.data[8] | frame.data[9] << 8) & 0x3fff);
}

enum tl_error tl_vp8_read(struct tl_bytes payload, struct tl_vp8_descriptor *ret_descriptor)
{
    /* RFC 7741 section 4.2
     *     |X|R|N|S|R| PID | then, when X: |I|L|T|K|RSV| [M|picture id] [TL0PICIDX] [TID|Y|KEYIDX] */
    struct tl_reader r = tl_reader(payload);
    struct tl_vp8_descriptor d = { 0 };
    uint8_t first = tl_read_u8(&r);
    d.start = first & 0x10;
    d.partition = first & 7;
    if (first & 0x80) {
        uint8_t flags = tl_read_u8(&r);
        if (flags & 0x80) {
            d.has_picture_id = true;
            d.picture_id_offset = payload.size - r.left;
            d.picture_id = tl_read_u8(&r);
            if (d.picture_id & 0x80) {
                d.long_picture_id = true;
                d.picture_id = (uint16_t)((d.picture_id & 0x7f) << 8 | tl_read_u8(&r));
            }
        }
        if (flags & 0x40) {
            d.has_tl0 = true;
            d.tl0_offset = payload.size - r.left;
            d.tl0 = tl_read_u8(&r);
        }
        if (flags & 0x30) {
            uint8_t layer = tl_read_u8(&r);
            if (flags & 0x20) {
                d.has_temporal = true;
                d.temporal_layer = layer >> 6;
                d.layer_sync = layer & 0x20;
            }
        }
    }
    if (r.failed || r.left == 0)
        return TL_ERROR_FORMAT;
    d.size = payload.size - r.left;
    d.frame_start = d.start && d.partition == 0;
    d.key_frame = d.frame_start && (r.next[0] & 1) == 0;
    if (d.key_frame)
        read_key_frame_size(tl_bytes(r.next, r.left), &d);
    *ret_descriptor = d;
    return TL_OK;
}

void tl_vp8_rewrite(uint8_t *payload, const struct tl_vp8_descriptor *descriptor,
                    uint16_t picture_id, uint8_t tl0)
{
    if (descriptor->has_picture_id && descriptor->long_picture_id) {
        payload[descriptor->picture_id_offset] = (uint8_t)(0x80 | (picture_id >> 8 & 0x7f));
        payload[descriptor->picture_id_offset + 1] = (uint8_t)picture_id;
    } else if (descriptor->has_picture_id) {
        payload[descriptor->picture_id_offset] = picture_id & 0x7f;
    }
    if (descriptor->has_tl0)
        payload[descriptor->tl0_offset] = tl0;
}
