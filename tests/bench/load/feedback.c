/* Reports and transport-wide feedback as Chromium sends them: without them a relay that estimates
 * its receivers' way down would hold back, or not do the work it does for a browser. */
#include <string.h>
#include <sys/socket.h>

#include "load.h"
#include "media/rtcp.h"

enum {
    REPORT_EVERY_US = TL_SECOND_US,
    FEEDBACK_EVERY_US = 100 * TL_MILLISECOND_US,
    FEEDBACKS_LIMIT = 4, /* packets of transport feedback at once */
    AUDIO_RATE = 48000,
    VIDEO_RATE = 90000,
    ROOM = 1200
};

void feedback_init(struct participant *p)
{
    tl_arrivals_init(&p->arrivals);
    /* not all at once */
    p->report_at = p->index % 50 * (REPORT_EVERY_US / 50);
    p->feedback_at = 0;
}

void feedback_note(struct participant *p, struct incoming *incoming,
                   const struct tl_rtp_packet *packet, tl_time_us now)
{
    struct tl_bytes number;
    if (tl_rtp_extension(packet, TRANSPORT_CC_ID, &number) && number.size == 2)
        tl_arrivals_add(&p->arrivals, now, (uint16_t)(number.data[0] << 8 | number.data[1]));
    tl_receive_stats_add(&incoming->stats, now, packet->sequence, packet->timestamp,
                         packet->payload_type == OPUS_TYPE ? AUDIO_RATE : VIDEO_RATE,
                         packet->payload.size, false);
}

void feedback_receive(struct participant *p, tl_time_us now, uint8_t *data, size_t size)
{
    struct tl_rtcp_packet packet;
    struct tl_rtcp_sender_info info;
    if (tl_srtp_open_rtcp(p->srtp, data, &size))
        return;
    struct tl_bytes rest = tl_bytes(data, size);
    while (!tl_rtcp_next(&rest, &packet)) {
        if (packet.kind == TL_RTCP_PLI || packet.kind == TL_RTCP_FIR)
            p->video.key_wanted = true;
        if (packet.kind != TL_RTCP_SENDER_REPORT || tl_rtcp_sender_info(&packet, &info))
            continue;
        for (size_t i = 0; i < p->incoming_count; i++)
            if (p->incoming[i].ssrc == packet.sender_ssrc) {
                p->incoming[i].sr_middle = tl_ntp_middle(info.ntp);
                p->incoming[i].sr_arrived = now;
            }
    }
}

static void post(struct participant *p, uint8_t *data, const struct tl_writer *w)
{
    size_t size = w->used;
    if (!w->failed && size && !tl_srtp_seal_rtcp(p->srtp, data, PACKET_ROOM, &size))
        (void)send(p->fd, data, size, MSG_DONTWAIT);
}

static size_t write_blocks(struct participant *p, tl_time_us now,
                           struct tl_rtcp_report reports[INCOMING_LIMIT])
{
    size_t count = 0;
    for (size_t i = 0; i < p->incoming_count; i++) {
        struct incoming *in = &p->incoming[i];
        if (!in->stats.started)
            continue;
        struct tl_rtcp_report *report = &reports[count++];
        tl_receive_stats_report(&in->stats, in->ssrc, report);
        report->last_sr = in->sr_middle;
        report->delay_since_sr =
            in->sr_middle ? (uint32_t)((now - in->sr_arrived) * 65536 / TL_SECOND_US) : 0;
    }
    return count;
}

static void write_sender(struct tl_writer *w, const struct stream *stream, tl_time_us now,
                         const struct tl_rtcp_report *reports, size_t count)
{
    int64_t rate = stream->video ? VIDEO_RATE : AUDIO_RATE;
    struct tl_rtcp_sender_info info = {
        .ntp = tl_ntp_from_us(tl_clock_wall()),
        .rtp_timestamp =
            stream->sent_timestamp + (uint32_t)((now - stream->sent_at) * rate / TL_SECOND_US),
        .packets = stream->sent_packets,
        .octets = stream->sent_bytes,
    };
    tl_rtcp_write_sender_report(w, stream->ssrc, &info, reports, count);
}

static void send_reports(struct participant *p, tl_time_us now)
{
    uint8_t data[PACKET_ROOM];
    struct tl_writer w = tl_writer(data, ROOM);
    struct tl_rtcp_report reports[INCOMING_LIMIT];
    size_t count = write_blocks(p, now, reports);
    if (p->audio.sent_packets)
        write_sender(&w, &p->audio, now, reports, count);
    else
        tl_rtcp_write_receiver_report(&w, p->audio.ssrc, reports, count);
    if (p->video.sent_packets)
        write_sender(&w, &p->video, now, NULL, 0);
    tl_rtcp_write_sdes(&w, p->audio.ssrc, TL_TEXT("load"));
    post(p, data, &w);
}

static void send_arrivals(struct participant *p)
{
    for (unsigned i = 0; i < FEEDBACKS_LIMIT && p->incoming_count; i++) {
        uint8_t data[PACKET_ROOM];
        struct tl_writer w = tl_writer(data, ROOM);
        if (!tl_arrivals_write(&p->arrivals, &w, p->audio.ssrc, p->incoming[0].ssrc))
            return;
        post(p, data, &w);
    }
}

void feedback_tick(struct participant *p, tl_time_us now)
{
    if (now >= p->report_at) {
        p->report_at = p->report_at + REPORT_EVERY_US > now ? p->report_at + REPORT_EVERY_US
                                                            : now + REPORT_EVERY_US;
        send_reports(p, now);
    }
    if (now >= p->feedback_at) {
        p->feedback_at = now + FEEDBACK_EVERY_US;
        send_arrivals(p);
    }
}
