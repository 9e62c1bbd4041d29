/* What we get: put in order, decoded, and judged by who is heard and seen. */
#include <string.h>

#include "peer_internal.h"

enum {
    PATIENCE_US = 400 * TL_MILLISECOND_US, /* for repeats, before a key frame is asked for */
    KEY_ASK_EVERY_US = 500 * TL_MILLISECOND_US,
    SEEN_FOR_US = TL_SECOND_US,
    CONCEAL_LIMIT = 5 /* lost packets bridged; more is a pause */
};

bool incoming_init(struct tl_peer *peer)
{
    for (size_t i = 0; i < peer->answer.slot_count; i++) {
        struct incoming *in = &peer->slots[i];
        in->slot = peer->answer.slots[i];
        if (!in->slot.active)
            continue;
        if (in->slot.video) {
            vpx_codec_dec_cfg_t config = { .threads = 1 };
            in->has_vpx =
                vpx_codec_dec_init(&in->vpx, vpx_codec_vp8_dx(), &config, 0) == VPX_CODEC_OK;
            in->frames = tl_frames_new(PATIENCE_US);
            if (!in->has_vpx || !in->frames)
                return false;
        } else {
            int error;
            in->opus = opus_decoder_create(AUDIO_RATE, 1, &error);
            tl_tone_judge_init(&in->tone);
            if (!in->opus)
                return false;
        }
    }
    return true;
}

void incoming_release(struct tl_peer *peer)
{
    for (size_t i = 0; i < TL_SEAT_SLOTS_LIMIT; i++) {
        struct incoming *in = &peer->slots[i];
        if (in->opus)
            opus_decoder_destroy(in->opus);
        if (in->has_vpx)
            vpx_codec_destroy(&in->vpx);
        in->frames = tl_frames_free(in->frames);
        in->opus = NULL;
        in->has_vpx = false;
    }
}

struct incoming *incoming_by_ssrc(struct tl_peer *peer, uint32_t ssrc)
{
    for (size_t i = 0; i < peer->answer.slot_count; i++)
        if (peer->slots[i].slot.active && peer->slots[i].slot.ssrc == ssrc)
            return &peer->slots[i];
    return NULL;
}

static struct incoming *by_rtx_ssrc(struct tl_peer *peer, uint32_t ssrc)
{
    for (size_t i = 0; i < peer->answer.slot_count; i++)
        if (peer->slots[i].slot.active && peer->slots[i].slot.rtx_ssrc == ssrc)
            return &peer->slots[i];
    return NULL;
}

static void hear(struct incoming *in, const struct tl_rtp_packet *packet)
{
    int16_t samples[OPUS_FRAME_LIMIT];
    if (in->has_sequence && !tl_sequence_newer(packet->sequence, in->sequence))
        return;
    uint16_t missing =
        in->has_sequence ? (uint16_t)(packet->sequence - in->sequence - 1) : (uint16_t)0;
    for (unsigned i = 0; i < missing && missing <= CONCEAL_LIMIT; i++)
        if (opus_decode(in->opus, NULL, 0, samples, TL_TONE_FRAME, 0) < 0)
            break;
    in->has_sequence = true;
    in->sequence = packet->sequence;
    int count = opus_decode(in->opus, packet->payload.data, (opus_int32)packet->payload.size,
                            samples, OPUS_FRAME_LIMIT, 0);
    if (count <= 0)
        return;
    in->decoded++;
    tl_tone_judge_add(&in->tone, samples, (size_t)count);
}

static void look(struct incoming *in, tl_time_us now, struct tl_bytes frame)
{
    if (vpx_codec_decode(&in->vpx, frame.data, (unsigned)frame.size, NULL, 0) != VPX_CODEC_OK)
        return;
    vpx_codec_iter_t iterator = NULL;
    for (vpx_image_t *image; (image = vpx_codec_get_frame(&in->vpx, &iterator));) {
        struct tl_picture picture = { .width = image->d_w, .height = image->d_h };
        for (unsigned i = 0; i < 3; i++) {
            picture.planes[i] = image->planes[i];
            picture.strides[i] = (unsigned)image->stride[i];
        }
        struct tl_pattern_seen seen;
        in->decoded++;
        in->width = image->d_w;
        in->height = image->d_h;
        if (!tl_pattern_read(&picture, &seen)) {
            in->unreadable++;
            in->moved++; /* a real camera: what it shows is judged by others */
            continue;
        }
        in->moved += !in->has_seen || seen.number != in->seen.number;
        in->seen = seen;
        in->has_seen = true;
        in->seen_at = now;
    }
}

static void take_frames(struct incoming *in, tl_time_us now)
{
    struct tl_frame frame;
    while (tl_frames_next(in->frames, now, &frame))
        look(in, now, frame.data);
}

static void note_transport(struct tl_peer *peer, tl_time_us now,
                           const struct tl_rtp_packet *packet)
{
    struct tl_bytes value;
    if (tl_rtp_extension(packet, TL_SEAT_TRANSPORT_CC_ID, &value) && value.size == 2) {
        uint16_t sequence = (uint16_t)(value.data[0] << 8 | value.data[1]);
        tl_arrivals_add(&peer->arrivals, now, sequence);
        transport_note_in(peer, sequence);
    }
}

void incoming_rtp(struct tl_peer *peer, tl_time_us now, struct tl_bytes datagram)
{
    struct tl_rtp_packet packet;
    if (tl_rtp_read(datagram, &packet)) {
        peer->statistics.bad_in++;
        return;
    }
    peer->statistics.packets_in++;
    peer->statistics.bytes_in += datagram.size;
    note_transport(peer, now, &packet);
    struct incoming *in = incoming_by_ssrc(peer, packet.ssrc);
    bool repeated = false;
    if (!in && (in = by_rtx_ssrc(peer, packet.ssrc))) {
        struct tl_bytes payload;
        /* Padding alone is a probe: it counted above, and that was its purpose. */
        if (packet.payload_type != TL_SEAT_RTX ||
            tl_rtx_read(packet.payload, &packet.sequence, &payload) || payload.size == 0)
            return;
        packet.payload = payload;
        packet.ssrc = in->slot.ssrc;
        repeated = true;
        peer->statistics.retransmitted_in++;
    } else if (!in) {
        peer->statistics.bad_in++;
        return;
    }
    bool newer = in->nack.started && tl_sequence_newer(packet.sequence, in->nack.highest);
    bool filled = in->slot.video && tl_nack_list_add(&in->nack, packet.sequence);
    if (repeated && !newer && !filled)
        return; /* it came already: the relay asks the line with it */
    tl_receive_stats_add(&in->stats, now, packet.sequence, packet.timestamp,
                         in->slot.video ? VIDEO_RATE : AUDIO_RATE, datagram.size, repeated);
    if (packet.payload.size == 0)
        return;
    in->heard = now;
    if (in->slot.video) {
        (void)tl_frames_add(in->frames, now, &packet);
        take_frames(in, now);
    } else {
        hear(in, &packet);
    }
}

/* A slot that plays and waits for a key frame asks for one. */
static void ask_for_key_frame(struct tl_peer *peer, struct incoming *in, tl_time_us now)
{
    if (!tl_frames_needs_key(in->frames) || now - in->heard > TL_SECOND_US ||
        (in->asked_key_at && now - in->asked_key_at < KEY_ASK_EVERY_US))
        return;
    uint8_t data[PACKET_ROOM];
    struct tl_writer w = tl_writer(data, sizeof data - TL_SRTP_OVERHEAD);
    tl_rtcp_write_pli(&w, peer->microphone.ssrc, in->slot.ssrc);
    in->asked_key_at = now;
    peer->statistics.plis_out++;
    peer_send_rtcp(peer, data, w.used);
}

static void ask_again(struct tl_peer *peer, struct incoming *in, tl_time_us now)
{
    uint16_t sequences[NACKS_LIMIT];
    size_t count =
        tl_nack_list_due(&in->nack, now, peer->rtt ? peer->rtt : 50000, sequences, NACKS_LIMIT);
    if (!count || !in->slot.rtx_ssrc)
        return;
    uint8_t data[PACKET_ROOM];
    struct tl_writer w = tl_writer(data, sizeof data - TL_SRTP_OVERHEAD);
    tl_rtcp_write_nack(&w, peer->microphone.ssrc, in->slot.ssrc, sequences, count);
    peer->statistics.nacks_out += count;
    peer_send_rtcp(peer, data, w.used);
}

void incoming_tick(struct tl_peer *peer, tl_time_us now)
{
    for (size_t i = 0; i < peer->answer.slot_count; i++) {
        struct incoming *in = &peer->slots[i];
        if (!in->slot.active || !in->slot.video || !in->heard)
            continue;
        take_frames(in, now);
        ask_again(peer, in, now);
        ask_for_key_frame(peer, in, now);
    }
}

size_t tl_peer_slot_count(const struct tl_peer *peer)
{
    return peer->answer.slot_count;
}

void tl_peer_slot(const struct tl_peer *peer, size_t index, struct tl_peer_slot *ret_slot)
{
    const struct incoming *in = &peer->slots[index];
    *ret_slot = (struct tl_peer_slot){
        .video = in->slot.video,
        .mid = (unsigned)index + 2,
        .packets = in->stats.received,
        .lost = tl_receive_stats_lost(&in->stats),
        .jitter_ms =
            tl_receive_stats_jitter_ms(&in->stats, in->slot.video ? VIDEO_RATE : AUDIO_RATE),
        .heard = in->heard,
        .decoded = in->decoded,
        .identity = TL_TONE_NOBODY,
        .level_dbfs = TL_SEAT_SILENCE_DBFS,
        .moved = in->moved,
        .unreadable = in->unreadable,
        .width = in->width,
        .height = in->height,
    };
    if (!in->slot.video) {
        ret_slot->identity = tl_tone_judge_identity(&in->tone);
        ret_slot->level_dbfs = tl_tone_judge_level_dbfs(&in->tone);
    } else if (in->has_seen && in->heard - in->seen_at < SEEN_FOR_US) {
        ret_slot->identity = in->seen.identity;
    }
}
