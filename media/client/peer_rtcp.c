/* Reports and feedback, both ways. */
#include <string.h>

#include "peer_internal.h"

enum {
    REPORT_EVERY_US = TL_SECOND_US,
    FEEDBACK_EVERY_US = 100 * TL_MILLISECOND_US,
    REPAIR_EVERY_US = 20 * TL_MILLISECOND_US,
    FEEDBACKS_LIMIT = 4 /* packets of transport feedback at once */
};

static uint64_t ntp_now(const struct tl_peer *peer, tl_time_us now)
{
    return tl_ntp_from_us(now + peer->config.wall_offset);
}

/* ---- in ---- */

static void take_report(struct tl_peer *peer, tl_time_us now,
                        const struct tl_rtcp_report *report)
{
    if (report->ssrc != peer->microphone.ssrc && report->ssrc != peer->picture.ssrc)
        return;
    peer->statistics.loss_out = report->fraction_lost / 256.0;
    if (!report->last_sr)
        return;
    /* RFC 3550 section 6.4.1 */
    uint32_t units =
        tl_ntp_middle(ntp_now(peer, now)) - report->last_sr - report->delay_since_sr;
    if (units < 10u << 16) {
        tl_time_us rtt = (tl_time_us)units * TL_SECOND_US / 65536;
        peer->rtt = peer->rtt ? (7 * peer->rtt + rtt) / 8 : rtt;
    }
}

static void take_sender_report(struct tl_peer *peer, tl_time_us now,
                               const struct tl_rtcp_packet *packet)
{
    struct tl_rtcp_sender_info info;
    struct incoming *in = incoming_by_ssrc(peer, packet->sender_ssrc);
    if (!in || tl_rtcp_sender_info(packet, &info))
        return;
    in->sr_middle = tl_ntp_middle(info.ntp);
    in->sr_arrived = now;
}

static void take_nack(struct tl_peer *peer, tl_time_us now, const struct tl_rtcp_packet *packet)
{
    uint16_t sequences[NACKS_LIMIT];
    if (packet->media_ssrc != peer->picture.ssrc)
        return;
    size_t count = tl_rtcp_nack_sequences(packet, sequences, NACKS_LIMIT);
    peer->statistics.nacks_in += count;
    for (size_t i = 0; i < count; i++)
        outgoing_repeat(peer, now, sequences[i]);
}

static void take_key_request(struct tl_peer *peer, const struct tl_rtcp_packet *packet)
{
    uint32_t ssrc = packet->media_ssrc;
    uint8_t number;
    if (packet->kind == TL_RTCP_FIR && tl_rtcp_fir_entry(packet, 0, &ssrc, &number))
        return;
    if (ssrc != peer->picture.ssrc)
        return;
    peer->statistics.plis_in++;
    peer->key_wanted = true;
}

void rtcp_input(struct tl_peer *peer, tl_time_us now, struct tl_bytes compound)
{
    struct tl_rtcp_packet packet;
    enum tl_error error;
    while ((error = tl_rtcp_next(&compound, &packet)) == TL_OK) {
        switch (packet.kind) {
        case TL_RTCP_SENDER_REPORT: take_sender_report(peer, now, &packet); break;
        case TL_RTCP_NACK: take_nack(peer, now, &packet); break;
        case TL_RTCP_PLI:
        case TL_RTCP_FIR: take_key_request(peer, &packet); break;
        case TL_RTCP_TRANSPORT_CC:
            peer->statistics.feedback_in++;
            transport_feedback(peer, &packet);
            break;
        case TL_RTCP_RECEIVER_REPORT:
        case TL_RTCP_SDES:
        case TL_RTCP_BYE:
        case TL_RTCP_REMB:
        case TL_RTCP_OTHER: break;
        }
        struct tl_rtcp_report report;
        for (size_t i = 0; tl_rtcp_report(&packet, i, &report) == TL_OK; i++)
            take_report(peer, now, &report);
    }
    if (error != TL_ERROR_CLOSED)
        peer->statistics.bad_in++;
}

/* ---- out ---- */

static size_t write_reports(struct tl_peer *peer, tl_time_us now,
                            struct tl_rtcp_report reports[REPORT_BLOCKS_LIMIT])
{
    size_t count = 0;
    for (size_t i = 0; i < peer->answer.slot_count && count < REPORT_BLOCKS_LIMIT; i++) {
        struct incoming *in = &peer->slots[i];
        if (!in->stats.started)
            continue;
        struct tl_rtcp_report *report = &reports[count++];
        tl_receive_stats_report(&in->stats, in->slot.ssrc, report);
        report->last_sr = in->sr_middle;
        report->delay_since_sr =
            in->sr_middle ? (uint32_t)((now - in->sr_arrived) * 65536 / TL_SECOND_US) : 0;
    }
    return count;
}

static struct tl_rtcp_sender_info info_of(const struct tl_peer *peer, tl_time_us now,
                                          const struct outgoing *stream, int64_t clock_rate)
{
    return (struct tl_rtcp_sender_info){
        .ntp = ntp_now(peer, now),
        .rtp_timestamp =
            stream->timestamp + (uint32_t)((now - stream->sent_at) * clock_rate / TL_SECOND_US),
        .packets = stream->packets,
        .octets = stream->octets,
    };
}

static void send_reports(struct tl_peer *peer, tl_time_us now)
{
    struct tl_rtcp_report reports[REPORT_BLOCKS_LIMIT];
    size_t count = write_reports(peer, now, reports);
    uint8_t data[PACKET_ROOM];
    struct tl_writer w = tl_writer(data, sizeof data - TL_SRTP_OVERHEAD);
    if (peer->microphone.packets) {
        struct tl_rtcp_sender_info info = info_of(peer, now, &peer->microphone, AUDIO_RATE);
        tl_rtcp_write_sender_report(&w, peer->microphone.ssrc, &info, reports, count);
    } else {
        tl_rtcp_write_receiver_report(&w, peer->microphone.ssrc, reports, count);
    }
    if (peer->picture.packets) {
        struct tl_rtcp_sender_info info = info_of(peer, now, &peer->picture, VIDEO_RATE);
        tl_rtcp_write_sender_report(&w, peer->picture.ssrc, &info, NULL, 0);
    }
    tl_rtcp_write_sdes(&w, peer->microphone.ssrc, TL_TEXT("seat"));
    if (!w.failed)
        peer_send_rtcp(peer, data, w.used);
}

static uint32_t any_media_ssrc(const struct tl_peer *peer)
{
    for (size_t i = 0; i < peer->answer.slot_count; i++)
        if (peer->slots[i].heard)
            return peer->slots[i].slot.ssrc;
    return peer->microphone.ssrc;
}

static void send_feedback(struct tl_peer *peer)
{
    for (unsigned i = 0; i < FEEDBACKS_LIMIT; i++) {
        uint8_t data[PACKET_ROOM];
        struct tl_writer w = tl_writer(data, 1200);
        if (!tl_arrivals_write(&peer->arrivals, &w, peer->microphone.ssrc,
                               any_media_ssrc(peer)))
            return;
        peer_send_rtcp(peer, data, w.used);
    }
}

void rtcp_tick(struct tl_peer *peer, tl_time_us now)
{
    if (now >= peer->report_at) {
        peer->report_at = now + REPORT_EVERY_US;
        send_reports(peer, now);
    }
    if (now >= peer->feedback_at) {
        peer->feedback_at = now + FEEDBACK_EVERY_US;
        send_feedback(peer);
    }
    if (now >= peer->repair_at) {
        peer->repair_at = now + REPAIR_EVERY_US;
        incoming_tick(peer, now);
    }
}
