/* Reading RTCP compounds. Each packet is framed by its own length; nothing reads past it. */
#include "media/rtcp.h"

enum {
    TYPE_SR = 200,
    TYPE_RR = 201,
    TYPE_SDES = 202,
    TYPE_BYE = 203,
    TYPE_TRANSPORT_FEEDBACK = 205,
    TYPE_PAYLOAD_FEEDBACK = 206,
    REPORT_SIZE = 24,
    SENDER_INFO_SIZE = 20
};

static enum tl_rtcp_kind transport_feedback(uint8_t format)
{
    if (format == 1)
        return TL_RTCP_NACK;
    return format == 15 ? TL_RTCP_TRANSPORT_CC : TL_RTCP_OTHER;
}

static enum tl_rtcp_kind payload_feedback(uint8_t format, struct tl_bytes body)
{
    if (format == 1)
        return TL_RTCP_PLI;
    if (format == 4)
        return TL_RTCP_FIR;
    if (format == 15 && body.size >= 8 && memcmp(body.data, "REMB", 4) == 0)
        return TL_RTCP_REMB;
    return TL_RTCP_OTHER;
}

static enum tl_error read_packet(uint8_t type, uint8_t count, struct tl_bytes content,
                                 struct tl_rtcp_packet *ret_packet)
{
    struct tl_reader r = tl_reader(content);
    struct tl_rtcp_packet packet = { .kind = TL_RTCP_OTHER, .count = count };
    switch (type) {
    case TYPE_SR:
    case TYPE_RR:
        packet.kind = type == TYPE_SR ? TL_RTCP_SENDER_REPORT : TL_RTCP_RECEIVER_REPORT;
        packet.sender_ssrc = tl_read_u32(&r);
        packet.body = tl_bytes(r.next, r.left);
        if (r.failed ||
            r.left < (type == TYPE_SR ? SENDER_INFO_SIZE : 0) + (size_t)count * REPORT_SIZE)
            return TL_ERROR_FORMAT;
        break;
    case TYPE_SDES:
    case TYPE_BYE:
        packet.kind = type == TYPE_SDES ? TL_RTCP_SDES : TL_RTCP_BYE;
        if (type == TYPE_BYE && r.left < (size_t)count * 4)
            return TL_ERROR_FORMAT;
        packet.sender_ssrc = count ? tl_read_u32(&r) : 0;
        packet.body = tl_bytes(r.next, r.left);
        break;
    case TYPE_TRANSPORT_FEEDBACK:
    case TYPE_PAYLOAD_FEEDBACK:
        packet.sender_ssrc = tl_read_u32(&r);
        packet.media_ssrc = tl_read_u32(&r);
        packet.body = tl_bytes(r.next, r.left);
        packet.kind = type == TYPE_TRANSPORT_FEEDBACK ? transport_feedback(count)
                                                      : payload_feedback(count, packet.body);
        break;
    default: packet.body = content; break;
    }
    if (r.failed)
        return TL_ERROR_FORMAT;
    *ret_packet = packet;
    return TL_OK;
}

enum tl_error tl_rtcp_next(struct tl_bytes *rest, struct tl_rtcp_packet *ret_packet)
{
    if (rest->size == 0)
        return TL_ERROR_CLOSED;
    struct tl_reader r = tl_reader(*rest);
    uint8_t first = tl_read_u8(&r);
    uint8_t type = tl_read_u8(&r);
    uint16_t words = tl_read_u16(&r);
    struct tl_bytes content = tl_read_bytes(&r, (size_t)words * 4);
    if (r.failed || first >> 6 != 2)
        return TL_ERROR_FORMAT;
    struct tl_bytes after = tl_bytes(r.next, r.left);
    if (first & 0x20) {
        /* RFC 3550 section 6.4.1: padding only on the last, counted by its last byte */
        uint8_t padding = content.size ? content.data[content.size - 1] : 0;
        if (after.size || padding == 0 || padding > content.size)
            return TL_ERROR_FORMAT;
        content.size -= padding;
    }
    enum tl_error error = read_packet(type, first & 31, content, ret_packet);
    if (!error)
        *rest = after;
    return error;
}

enum tl_error tl_rtcp_sender_info(const struct tl_rtcp_packet *packet,
                                  struct tl_rtcp_sender_info *ret_info)
{
    if (packet->kind != TL_RTCP_SENDER_REPORT)
        return TL_ERROR_STATE;
    struct tl_reader r = tl_reader(packet->body);
    struct tl_rtcp_sender_info info = { .ntp = tl_read_u64(&r),
                                        .rtp_timestamp = tl_read_u32(&r),
                                        .packets = tl_read_u32(&r),
                                        .octets = tl_read_u32(&r) };
    if (r.failed)
        return TL_ERROR_FORMAT;
    *ret_info = info;
    return TL_OK;
}

size_t tl_rtcp_report_count(const struct tl_rtcp_packet *packet)
{
    bool reports =
        packet->kind == TL_RTCP_SENDER_REPORT || packet->kind == TL_RTCP_RECEIVER_REPORT;
    return reports ? packet->count : 0;
}

enum tl_error tl_rtcp_report(const struct tl_rtcp_packet *packet, size_t index,
                             struct tl_rtcp_report *ret_report)
{
    if (index >= tl_rtcp_report_count(packet))
        return TL_ERROR_MISSING;
    struct tl_reader r = tl_reader(packet->body);
    tl_read_skip(&r, (packet->kind == TL_RTCP_SENDER_REPORT ? SENDER_INFO_SIZE : 0) +
                         index * REPORT_SIZE);
    struct tl_rtcp_report report = { .ssrc = tl_read_u32(&r), .fraction_lost = tl_read_u8(&r) };
    uint32_t lost = tl_read_u24(&r);
    report.lost = (int32_t)(lost << 8) >> 8; /* 24 bits, signed */
    report.highest_sequence = tl_read_u32(&r);
    report.jitter = tl_read_u32(&r);
    report.last_sr = tl_read_u32(&r);
    report.delay_since_sr = tl_read_u32(&r);
    if (r.failed)
        return TL_ERROR_FORMAT;
    *ret_report = report;
    return TL_OK;
}

size_t tl_rtcp_nack_sequences(const struct tl_rtcp_packet *packet, uint16_t *ret_sequences,
                              size_t limit)
{
    if (packet->kind != TL_RTCP_NACK)
        return 0;
    struct tl_reader r = tl_reader(packet->body);
    size_t count = 0;
    while (r.left >= 4) {
        uint16_t first = tl_read_u16(&r);
        uint16_t mask = tl_read_u16(&r);
        if (count < limit)
            ret_sequences[count++] = first;
        for (unsigned bit = 0; bit < 16; bit++)
            if (mask >> bit & 1 && count < limit)
                ret_sequences[count++] = (uint16_t)(first + bit + 1);
    }
    return count;
}

enum tl_error tl_rtcp_fir_entry(const struct tl_rtcp_packet *packet, size_t index,
                                uint32_t *ret_ssrc, uint8_t *ret_number)
{
    if (packet->kind != TL_RTCP_FIR || packet->body.size / 8 <= index)
        return TL_ERROR_MISSING;
    struct tl_reader r = tl_reader(packet->body);
    tl_read_skip(&r, index * 8);
    *ret_ssrc = tl_read_u32(&r);
    *ret_number = tl_read_u8(&r);
    return TL_OK;
}

enum tl_error tl_rtcp_remb_read(const struct tl_rtcp_packet *packet, uint64_t *ret_bits_per_s)
{
    if (packet->kind != TL_RTCP_REMB)
        return TL_ERROR_STATE;
    struct tl_reader r = tl_reader(packet->body);
    tl_read_skip(&r, 5); /* "REMB" and the number of SSRCs */
    uint32_t value = tl_read_u24(&r);
    if (r.failed)
        return TL_ERROR_FORMAT;
    unsigned exponent = value >> 18;
    uint64_t mantissa = value & 0x3ffff;
    if (exponent > 46 - 1)
        return TL_ERROR_RANGE; /* would leave 64 bits */
    *ret_bits_per_s = mantissa << exponent;
    return TL_OK;
}

/* ---- NTP ---- */

/* RFC 5905: from 1900 to 1970 */
static const uint64_t ntp_unix_offset_s = 2208988800u;

uint64_t tl_ntp_from_us(tl_time_us wall)
{
    uint64_t us = (uint64_t)wall;
    uint64_t seconds = us / TL_SECOND_US + ntp_unix_offset_s;
    uint64_t fraction = ((us % TL_SECOND_US) << 32) / TL_SECOND_US;
    return seconds << 32 | fraction;
}

tl_time_us tl_ntp_to_us(uint64_t ntp)
{
    int64_t seconds = (int64_t)(ntp >> 32) - (int64_t)ntp_unix_offset_s;
    return seconds * TL_SECOND_US + (tl_time_us)(((ntp & 0xffffffffu) * TL_SECOND_US) >> 32);
}
