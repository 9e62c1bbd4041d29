/* Writing RTCP into a growing compound. */
#include "media/rtcp.h"

static size_t begin(struct tl_writer *w, unsigned count, uint8_t type)
{
    size_t start = w->used;
    tl_write_u8(w, (uint8_t)(0x80 | count));
    tl_write_u8(w, type);
    tl_write_u16(w, 0);
    return start;
}

static void end(struct tl_writer *w, size_t start)
{
    if (w->failed) {
        w->used = start; /* a packet is there whole or not at all */
        return;
    }
    struct tl_writer length = tl_writer(w->data + start + 2, 2);
    tl_write_u16(&length, (uint16_t)((w->used - start) / 4 - 1));
}

static void write_reports(struct tl_writer *w, const struct tl_rtcp_report *reports,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct tl_rtcp_report *report = &reports[i];
        tl_write_u32(w, report->ssrc);
        tl_write_u8(w, report->fraction_lost);
        tl_write_u24(w, (uint32_t)report->lost & 0xffffff);
        tl_write_u32(w, report->highest_sequence);
        tl_write_u32(w, report->jitter);
        tl_write_u32(w, report->last_sr);
        tl_write_u32(w, report->delay_since_sr);
    }
}

void tl_rtcp_write_sender_report(struct tl_writer *w, uint32_t ssrc,
                                 const struct tl_rtcp_sender_info *info,
                                 const struct tl_rtcp_report *reports, size_t count)
{
    if (count > 31)
        count = 31;
    size_t start = begin(w, (unsigned)count, 200);
    tl_write_u32(w, ssrc);
    tl_write_u64(w, info->ntp);
    tl_write_u32(w, info->rtp_timestamp);
    tl_write_u32(w, info->packets);
    tl_write_u32(w, info->octets);
    write_reports(w, reports, count);
    end(w, start);
}

void tl_rtcp_write_receiver_report(struct tl_writer *w, uint32_t ssrc,
                                   const struct tl_rtcp_report *reports, size_t count)
{
    if (count > 31)
        count = 31;
    size_t start = begin(w, (unsigned)count, 201);
    tl_write_u32(w, ssrc);
    write_reports(w, reports, count);
    end(w, start);
}

void tl_rtcp_write_sdes(struct tl_writer *w, uint32_t ssrc, struct tl_text cname)
{
    size_t start = begin(w, 1, 202);
    tl_write_u32(w, ssrc);
    tl_write_u8(w, 1); /* CNAME */
    tl_write_u8(w, (uint8_t)cname.size);
    tl_write_bytes(w, tl_bytes(cname.data, cname.size & 0xff));
    /* RFC 3550 section 6.5: the list ends with at least one zero, to a 32-bit boundary */
    tl_write_zeros(w, 4 - (cname.size + 2) % 4);
    end(w, start);
}

void tl_rtcp_write_nack(struct tl_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                        const uint16_t *sequences, size_t count)
{
    if (count == 0)
        return;
    size_t start = begin(w, 1, 205);
    tl_write_u32(w, sender_ssrc);
    tl_write_u32(w, media_ssrc);
    for (size_t i = 0; i < count;) {
        uint16_t first = sequences[i++];
        uint16_t mask = 0;
        while (i < count && (uint16_t)(sequences[i] - first - 1) < 16) {
            mask |= (uint16_t)(1u << (uint16_t)(sequences[i] - first - 1));
            i++;
        }
        tl_write_u16(w, first);
        tl_write_u16(w, mask);
    }
    end(w, start);
}

void tl_rtcp_write_pli(struct tl_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc)
{
    size_t start = begin(w, 1, 206);
    tl_write_u32(w, sender_ssrc);
    tl_write_u32(w, media_ssrc);
    end(w, start);
}

void tl_rtcp_write_fir(struct tl_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                       uint8_t number)
{
    size_t start = begin(w, 4, 206);
    tl_write_u32(w, sender_ssrc);
    tl_write_u32(w, 0); /* RFC 5104 section 4.3.1.1: media source is in the entry */
    tl_write_u32(w, media_ssrc);
    tl_write_u8(w, number);
    tl_write_u24(w, 0);
    end(w, start);
}

void tl_rtcp_write_remb(struct tl_writer *w, uint32_t sender_ssrc, uint64_t bits_per_s,
                        const uint32_t *ssrcs, size_t count)
{
    uint32_t exponent = 0;
    while (bits_per_s >> exponent > 0x3ffff)
        exponent++;
    size_t start = begin(w, 15, 206);
    tl_write_u32(w, sender_ssrc);
    tl_write_u32(w, 0);
    tl_write_bytes(w, tl_bytes("REMB", 4));
    tl_write_u8(w, (uint8_t)count);
    tl_write_u24(w, exponent << 18 | (uint32_t)(bits_per_s >> exponent));
    for (size_t i = 0; i < count; i++)
        tl_write_u32(w, ssrcs[i]);
    end(w, start);
}

void tl_rtcp_write_bye(struct tl_writer *w, uint32_t ssrc)
{
    size_t start = begin(w, 1, 203);
    tl_write_u32(w, ssrc);
    end(w, start);
}
