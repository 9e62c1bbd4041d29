/* RTCP of a participant: what it reports about our slots, what it asks for, what its own senders
 * say. */
#include "base/memory.h"
#include "route/internal.h"

enum { NACKS_LIMIT = 256 };

static struct slot *slot_by_ssrc(struct participant *participant, uint32_t ssrc)
{
    for (size_t i = 0; i < participant->parameters.receive_count; i++)
        if (participant->slots[i].ssrc == ssrc ||
            (ssrc && participant->slots[i].rtx_ssrc == ssrc))
            return &participant->slots[i];
    return NULL;
}

static struct layer *layer_by_ssrc(struct participant *participant, uint32_t ssrc)
{
    for (size_t i = 0; i < participant->stream_count; i++) {
        const struct stream *stream = &participant->streams[i];
        if (stream->ssrc == ssrc && !stream->rtx)
            return &stream->source->layers[stream->layer];
    }
    return NULL;
}

static void take_report(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                        const struct tl_rtcp_report *report)
{
    struct slot *slot = slot_by_ssrc(participant, report->ssrc);
    if (!slot)
        return;
    if (report->last_sr) {
        /* RFC 3550 section 6.4.1: round trip = now - LSR - DLSR, in 1/65536 s */
        uint32_t middle = tl_ntp_middle(tl_ntp_from_us(now + relay->config.wall_offset));
        uint32_t round = middle - report->last_sr - report->delay_since_sr;
        if (round < 10u * 65536) {
            tl_time_us rtt = (tl_time_us)round * TL_SECOND_US / 65536;
            if (rtt < TL_MILLISECOND_US)
                rtt = TL_MILLISECOND_US;
            participant->rtt = participant->rtt ? (7 * participant->rtt + rtt) / 8 : rtt;
        }
    }
    if (report->ssrc != slot->ssrc)
        return; /* loss of repeats is not loss of media */
    if (slot->has_remote) {
        int32_t expected = (int32_t)(report->highest_sequence - slot->remote_highest);
        if (expected > 0 && expected < 100000) {
            participant->down_expected += expected;
            participant->down_lost += report->lost - slot->remote_lost;
        }
    }
    slot->has_remote = true;
    slot->remote_highest = report->highest_sequence;
    slot->remote_lost = report->lost;
}

static void take_sender_report(struct tl_relay *relay, tl_time_us now,
                               struct participant *participant,
                               const struct tl_rtcp_packet *packet)
{
    struct tl_rtcp_sender_info info;
    struct layer *layer = layer_by_ssrc(participant, packet->sender_ssrc);
    if (!layer || tl_rtcp_sender_info(packet, &info))
        return;
    layer->report.known = true;
    layer->report.sender_us = tl_ntp_to_us(info.ntp);
    layer->report.rtp = info.rtp_timestamp;
    layer->report.middle = tl_ntp_middle(info.ntp);
    layer->report.arrived = now;
    /* one offset for all streams of the peer: sound and picture keep their distance */
    if (!participant->has_clock_offset) {
        participant->has_clock_offset = true;
        participant->clock_offset = now + relay->config.wall_offset - layer->report.sender_us;
    }
}

static bool may_retransmit(struct participant *participant, tl_time_us now)
{
    participant->retransmit_tokens +=
        (double)(now - participant->retransmit_at) * RETRANSMIT_RATE / TL_SECOND_US;
    participant->retransmit_at = now;
    if (participant->retransmit_tokens > RETRANSMIT_RATE)
        participant->retransmit_tokens = RETRANSMIT_RATE;
    if (participant->retransmit_tokens < 1)
        return false;
    participant->retransmit_tokens -= 1;
    return true;
}

static void take_nack(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                      const struct tl_rtcp_packet *packet)
{
    struct slot *slot = slot_by_ssrc(participant, packet->media_ssrc);
    uint16_t sequences[NACKS_LIMIT];
    size_t asked = tl_rtcp_nack_sequences(packet, sequences, NACKS_LIMIT);
    participant->nacked += (uint32_t)asked;
    if (!slot || slot->ssrc != packet->media_ssrc || !slot->source ||
        !slot->parameters->video || slot->source->muted)
        return;
    const struct tl_ring *ring = slot_layer(slot)->ring;
    if (!ring)
        return;
    for (size_t i = 0; i < asked; i++) {
        uint16_t sequence;
        struct tl_ring_packet found;
        size_t size;
        if (tl_rewrite_trace(&slot->rewrite, sequences[i], &sequence) &&
            tl_ring_find(ring, now, sequence, &found) && may_retransmit(participant, now) &&
            forward_again(relay, now, slot, &found, 0, &size)) {
            participant->retransmitted++;
            count(relay, TL_RELAY_RETRANSMITTED);
        } else {
            count(relay, TL_RELAY_NACKS_UNANSWERED);
        }
    }
}

static void ask_for(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                    uint32_t ssrc)
{
    struct slot *slot = slot_by_ssrc(participant, ssrc);
    if (slot && slot->source && slot->parameters->video)
        key_frame_ask(relay, now, slot->source, slot->waiting_key ? slot->target : slot->layer);
}

static void take_fir(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                     const struct tl_rtcp_packet *packet)
{
    uint32_t ssrc;
    uint8_t number;
    for (size_t i = 0; i < TL_RELAY_RECEIVES_LIMIT; i++) {
        if (tl_rtcp_fir_entry(packet, i, &ssrc, &number))
            break;
        ask_for(relay, now, participant, ssrc);
    }
}

static void take_remb(struct participant *participant, tl_time_us now,
                      const struct tl_rtcp_packet *packet)
{
    uint64_t bits_per_s;
    if (tl_rtcp_remb_read(packet, &bits_per_s) == TL_OK)
        tl_bandwidth_remb(&participant->bandwidth, now, bits_per_s);
}

void receive_rtcp(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                  uint8_t *data, size_t size)
{
    enum tl_error error = tl_srtp_open_rtcp(participant->srtp, data, &size);
    if (error) {
        count(relay, error == TL_ERROR_EXISTS  ? TL_RELAY_DROP_SRTP_REPLAY
                     : error == TL_ERROR_LIMIT ? TL_RELAY_DROP_SRTP_STREAMS
                                               : TL_RELAY_DROP_SRTP_AUTH);
        return;
    }
    transport_heard(participant, now);
    struct tl_bytes rest = tl_bytes(data, size);
    struct tl_rtcp_packet packet;
    while ((error = tl_rtcp_next(&rest, &packet)) == TL_OK) {
        switch (packet.kind) {
        case TL_RTCP_SENDER_REPORT: take_sender_report(relay, now, participant, &packet); break;
        case TL_RTCP_NACK: take_nack(relay, now, participant, &packet); break;
        case TL_RTCP_PLI: ask_for(relay, now, participant, packet.media_ssrc); break;
        case TL_RTCP_FIR: take_fir(relay, now, participant, &packet); break;
        case TL_RTCP_TRANSPORT_CC: downlink_feedback(participant, now, &packet); break;
        case TL_RTCP_REMB: take_remb(participant, now, &packet); break;
        case TL_RTCP_RECEIVER_REPORT:
        case TL_RTCP_SDES:
        case TL_RTCP_BYE: /* seats end by signalling, never by RTCP */
        case TL_RTCP_OTHER: break;
        }
        struct tl_rtcp_report report;
        for (size_t i = 0; tl_rtcp_report(&packet, i, &report) == TL_OK; i++)
            take_report(relay, now, participant, &report);
    }
    if (error == TL_ERROR_FORMAT)
        count(relay, TL_RELAY_DROP_RTCP_FORMAT);
}
