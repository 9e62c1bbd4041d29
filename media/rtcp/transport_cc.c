/* Transport-wide feedback, reading (draft-holmer-rmcat-transport-wide-cc-extensions-01, section
 * 3.1): base sequence, count, 24-bit reference time, then chunks of symbols, then deltas.
 *
 *     run length:  |0|S S|  run length (13)        |
 *     one bit:     |1|0|  14 symbols of 1 bit      |
 *     two bits:    |1|1|  7 symbols of 2 bits      |
 *     symbols: 0 lost, 1 small delta (u8), 2 large or negative delta (s16), in 250 us */
#include "media/rtcp.h"

enum { LOST = 0, SMALL = 1, LARGE = 2, RESERVED = 3, TICK_US = 250, REFERENCE_TICKS = 256 };

static unsigned symbols_of(uint16_t chunk)
{
    if (!(chunk & 0x8000))
        return chunk & 0x1fff;
    return chunk & 0x4000 ? 7 : 14;
}

static unsigned symbol_at(uint16_t chunk, unsigned index)
{
    if (!(chunk & 0x8000))
        return chunk >> 13 & 3;
    if (chunk & 0x4000)
        return chunk >> (12 - 2 * index) & 3;
    return chunk >> (13 - index) & 1;
}

enum tl_error tl_rtcp_transport_cc_read(const struct tl_rtcp_packet *packet,
                                        struct tl_rtcp_transport_cc *ret_feedback)
{
    if (packet->kind != TL_RTCP_TRANSPORT_CC)
        return TL_ERROR_STATE;
    struct tl_reader r = tl_reader(packet->body);
    struct tl_rtcp_transport_cc feedback = { .base_sequence = tl_read_u16(&r),
                                             .status_count = tl_read_u16(&r),
                                             .reference_time = tl_read_u24(&r),
                                             .feedback_count = tl_read_u8(&r) };
    feedback.chunks = r;
    unsigned covered = 0;
    while (covered < feedback.status_count && !r.failed) {
        uint16_t chunk = tl_read_u16(&r);
        unsigned symbols = symbols_of(chunk);
        if (symbols == 0)
            return TL_ERROR_FORMAT; /* a run of nothing would never end */
        covered += symbols;
    }
    if (r.failed || feedback.status_count == 0)
        return TL_ERROR_FORMAT;
    feedback.deltas = r;
    feedback.time_250us = (int64_t)feedback.reference_time * REFERENCE_TICKS;
    *ret_feedback = feedback;
    return TL_OK;
}

enum tl_error tl_rtcp_transport_cc_next(struct tl_rtcp_transport_cc *feedback,
                                        struct tl_rtcp_transport_status *ret_status)
{
    if (feedback->done == feedback->status_count)
        return TL_ERROR_CLOSED;
    if (feedback->in_chunk == 0 || feedback->in_chunk >= symbols_of(feedback->chunk)) {
        feedback->chunk = tl_read_u16(&feedback->chunks);
        feedback->in_chunk = 0;
    }
    unsigned symbol = symbol_at(feedback->chunk, feedback->in_chunk++);
    if (symbol == SMALL)
        feedback->time_250us += tl_read_u8(&feedback->deltas);
    else if (symbol == LARGE)
        feedback->time_250us += (int16_t)tl_read_u16(&feedback->deltas);
    if (symbol == RESERVED || feedback->chunks.failed || feedback->deltas.failed)
        return TL_ERROR_FORMAT;
    *ret_status = (struct tl_rtcp_transport_status){
        .sequence = (uint16_t)(feedback->base_sequence + feedback->done),
        .received = symbol != LOST,
        .arrival_us = feedback->time_250us * TICK_US,
    };
    feedback->done++;
    return TL_OK;
}
