/* RTCP compounds: every reader over every packet. */
#include <stdlib.h>

#include "media/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct tl_rtcp_packet *packet)
{
    struct tl_rtcp_sender_info info;
    struct tl_rtcp_report report;
    (void)tl_rtcp_sender_info(packet, &info);
    for (size_t i = 0; tl_rtcp_report(packet, i, &report) == TL_OK; i++)
        if (report.lost < -0x800000 || report.lost > 0x7fffff)
            abort();
    uint16_t sequences[64];
    if (tl_rtcp_nack_sequences(packet, sequences, 64) > 64)
        abort();
    uint32_t ssrc;
    uint8_t number;
    uint64_t bits;
    for (size_t i = 0; tl_rtcp_fir_entry(packet, i, &ssrc, &number) == TL_OK; i++)
        ;
    (void)tl_rtcp_remb_read(packet, &bits);
    struct tl_rtcp_transport_cc feedback;
    struct tl_rtcp_transport_status status;
    if (tl_rtcp_transport_cc_read(packet, &feedback))
        return;
    unsigned count = 0;
    while (tl_rtcp_transport_cc_next(&feedback, &status) == TL_OK)
        count++;
    if (count > feedback.status_count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_bytes rest = tl_bytes(data, size);
    struct tl_rtcp_packet packet;
    while (tl_rtcp_next(&rest, &packet) == TL_OK)
        read_all(&packet);
    return 0;
}
