/* RTP headers and extension blocks. */
#include "media/rtp.h"

enum { ONE_BYTE_PROFILE = 0xBEDE, TWO_BYTE_PROFILE = 0x1000 };

enum tl_packet_kind tl_packet_classify(struct tl_bytes datagram)
{
    /* RFC 7983 section 7 for the first byte, RFC 5761 section 4 for RTCP */
    if (datagram.size < 2)
        return TL_PACKET_UNKNOWN;
    uint8_t first = datagram.data[0];
    if (first <= 3)
        return TL_PACKET_STUN;
    if (first >= 20 && first <= 63)
        return TL_PACKET_DTLS;
    if (first < 128 || first > 191)
        return TL_PACKET_UNKNOWN;
    if (datagram.data[1] >= 192 && datagram.data[1] <= 223)
        return TL_PACKET_RTCP;
    return TL_PACKET_RTP;
}

enum tl_error tl_rtp_read_header(struct tl_bytes datagram, struct tl_rtp_packet *ret_packet)
{
    struct tl_reader r = tl_reader(datagram);
    uint8_t first = tl_read_u8(&r);
    uint8_t second = tl_read_u8(&r);
    struct tl_rtp_packet packet = {
        .marker = second >> 7,
        .payload_type = second & 0x7f,
        .sequence = tl_read_u16(&r),
        .timestamp = tl_read_u32(&r),
        .ssrc = tl_read_u32(&r),
    };
    tl_read_skip(&r, (size_t)(first & 15) * 4);
    if (first & 0x10) {
        packet.extension_profile = tl_read_u16(&r);
        uint16_t words = tl_read_u16(&r);
        packet.extensions = tl_read_bytes(&r, (size_t)words * 4);
    }
    if (r.failed || first >> 6 != 2)
        return TL_ERROR_FORMAT;
    packet.header_size = datagram.size - r.left;
    packet.payload = tl_bytes(r.next, r.left);
    *ret_packet = packet;
    return TL_OK;
}

enum tl_error tl_rtp_read(struct tl_bytes datagram, struct tl_rtp_packet *ret_packet)
{
    struct tl_rtp_packet packet;
    if (tl_rtp_read_header(datagram, &packet))
        return TL_ERROR_FORMAT;
    if (datagram.data[0] & 0x20) {
        /* RFC 3550 section 5.1: the last byte counts the padding, itself included */
        uint8_t padding =
            packet.payload.size ? packet.payload.data[packet.payload.size - 1] : 0;
        if (padding == 0 || padding > packet.payload.size)
            return TL_ERROR_FORMAT;
        packet.payload.size -= padding;
        packet.padding = padding;
    }
    *ret_packet = packet;
    return TL_OK;
}

bool tl_rtp_extension(const struct tl_rtp_packet *packet, uint8_t id,
                      struct tl_bytes *ret_value)
{
    bool one_byte = packet->extension_profile == ONE_BYTE_PROFILE;
    /* RFC 8285 section 4.3: the lowest four bits are for the application */
    bool two_byte = (packet->extension_profile & 0xfff0) == TWO_BYTE_PROFILE;
    if (id == 0 || (!one_byte && !two_byte))
        return false;
    struct tl_reader r = tl_reader(packet->extensions);
    unsigned elements = 0;
    while (r.left > 0) {
        uint8_t head = tl_read_u8(&r);
        if (head == 0)
            continue; /* padding */
        if (elements++ == TL_RTP_EXTENSIONS_LIMIT)
            return false;
        uint8_t element;
        size_t size;
        if (one_byte) {
            element = head >> 4;
            size = (head & 15u) + 1;
            if (element == 15)
                return false; /* section 4.2: stop here */
            if (element == 0)
                size = 0; /* a length on padding: ignored with its element */
        } else {
            element = head;
            size = tl_read_u8(&r);
        }
        struct tl_bytes value = tl_read_bytes(&r, size);
        if (r.failed)
            return false;
        if (element == id) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

enum tl_error tl_rtp_write_header(const struct tl_rtp_packet *packet,
                                  const struct tl_rtp_extension_value *values, size_t count,
                                  void *buffer, size_t room, size_t *ret_offsets,
                                  size_t *ret_size)
{
    bool any = false, two_byte = false;
    for (size_t i = 0; i < count; i++) {
        if (values[i].id == 0)
            continue;
        if (values[i].size > sizeof values[i].data)
            return TL_ERROR_RANGE;
        any = true;
        two_byte |= values[i].id > 14 || values[i].size == 0 || values[i].size > 16;
    }
    struct tl_writer w = tl_writer(buffer, room);
    tl_write_u8(&w, (uint8_t)(0x80 | (packet->padding ? 0x20 : 0) | (any ? 0x10 : 0)));
    tl_write_u8(&w, (uint8_t)((packet->marker ? 0x80 : 0) | (packet->payload_type & 0x7f)));
    tl_write_u16(&w, packet->sequence);
    tl_write_u32(&w, packet->timestamp);
    tl_write_u32(&w, packet->ssrc);
    if (any) {
        tl_write_u16(&w, two_byte ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
        size_t length_at = w.used;
        tl_write_u16(&w, 0);
        for (size_t i = 0; i < count; i++) {
            if (values[i].id == 0)
                continue;
            if (two_byte) {
                tl_write_u8(&w, values[i].id);
                tl_write_u8(&w, values[i].size);
            } else {
                tl_write_u8(&w, (uint8_t)(values[i].id << 4 | (values[i].size - 1)));
            }
            if (ret_offsets)
                ret_offsets[i] = w.used;
            tl_write_bytes(&w, tl_bytes(values[i].data, values[i].size));
        }
        size_t body = w.used - length_at - 2;
        tl_write_zeros(&w, (4 - body % 4) % 4);
        if (w.failed)
            return TL_ERROR_LIMIT;
        struct tl_writer l = tl_writer((uint8_t *)buffer + length_at, 2);
        tl_write_u16(&l, (uint16_t)((w.used - length_at - 2) / 4));
    }
    if (w.failed)
        return TL_ERROR_LIMIT;
    *ret_size = w.used;
    return TL_OK;
}

enum tl_error tl_audio_level_read(struct tl_bytes value, struct tl_audio_level *ret_level)
{
    if (value.size < 1)
        return TL_ERROR_FORMAT;
    *ret_level = (struct tl_audio_level){ value.data[0] & 0x7f, value.data[0] >> 7 };
    return TL_OK;
}
