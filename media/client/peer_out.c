/* What we send: 20 ms of sound, pictures at their rate, repeats when asked. */
#include "client/packetizer.h"
#include "peer_internal.h"

enum {
    VOICE_EVERY_US = 20 * TL_MILLISECOND_US,
    LATE_US = 200 * TL_MILLISECOND_US, /* later than this nothing is caught up */
    KEY_FRAME_EVERY_US = 300 * TL_MILLISECOND_US,
    AUDIO_LEVEL = 20, /* -20 dBov, with voice: what the tone about is */
    VOICE_BIT = 0x80
};

bool outgoing_init(struct tl_peer *peer)
{
    const struct tl_peer_config *config = &peer->config;
    peer->voice = tl_voice_new(config->number, 0.5);
    peer->camera =
        tl_camera_new(config->number, config->width, config->height, config->fps, config->kbps);
    peer->ring = tl_ring_new();
    peer->microphone.on = peer->picture.on = true;
    if (peer->camera)
        tl_camera_grain(peer->camera, config->grain);
    return peer->voice && peer->camera && peer->ring;
}

void outgoing_release(struct tl_peer *peer)
{
    peer->voice = tl_voice_free(peer->voice);
    peer->camera = tl_camera_free(peer->camera);
    peer->ring = tl_ring_free(peer->ring);
}

void outgoing_begin(struct tl_peer *peer, tl_time_us now)
{
    peer->voice_at = peer->picture_at = now;
    peer->key_wanted = true;
}

/* 24 bits of 6.18 fixed-point seconds. */
static uint32_t abs_send_time(tl_time_us now)
{
    return (uint32_t)((((uint64_t)now << 18) / TL_SECOND_US) & 0xffffff);
}

/* Header with the extensions that were taken, then payload; sealed and sent. */
static void send_packet(struct tl_peer *peer, tl_time_us now,
                        const struct tl_rtp_packet *packet, char mid, int level,
                        struct tl_bytes prefix, struct tl_bytes payload)
{
    uint8_t data[PACKET_ROOM];
    uint16_t number = peer->transport_sequence;
    uint32_t time = abs_send_time(now);
    const struct tl_seat_answer *answer = &peer->answer;
    struct tl_rtp_extension_value values[] = {
        { answer->mid ? TL_SEAT_MID_ID : 0, 1, { (uint8_t)mid } },
        { answer->transport_cc ? TL_SEAT_TRANSPORT_CC_ID : 0,
          2,
          { (uint8_t)(number >> 8), (uint8_t)number } },
        { answer->abs_send_time ? TL_SEAT_ABS_SEND_TIME_ID : 0,
          3,
          { (uint8_t)(time >> 16), (uint8_t)(time >> 8), (uint8_t)time } },
        { answer->audio_level && level >= 0 ? TL_SEAT_AUDIO_LEVEL_ID : 0,
          1,
          { (uint8_t)level } },
    };
    size_t size = 0;
    if (tl_rtp_write_header(packet, values, sizeof values / sizeof values[0], data,
                            sizeof data - TL_SRTP_OVERHEAD, NULL, &size))
        return;
    struct tl_writer w = tl_writer(data, sizeof data - TL_SRTP_OVERHEAD);
    w.used = size;
    tl_write_bytes(&w, prefix);
    tl_write_bytes(&w, payload);
    if (w.failed)
        return;
    peer->transport_sequence++;
    size = peer_send_rtp(peer, data, w.used);
    if (size && answer->transport_cc)
        transport_note_out(peer, now, number, size);
}

static void note_sent(struct outgoing *stream, tl_time_us now, uint32_t timestamp, size_t size)
{
    stream->sequence++;
    stream->timestamp = timestamp;
    stream->sent_at = now;
    stream->packets++;
    stream->octets += (uint32_t)size;
}

static void send_voice(struct tl_peer *peer, tl_time_us now)
{
    struct tl_bytes opus = tl_voice_next(peer->voice);
    uint32_t timestamp = peer->timestamp_base + (uint32_t)(peer->voice_at * 48 / 1000);
    if (!peer->microphone.on || !peer->answer.microphone || opus.size == 0)
        return;
    struct tl_rtp_packet packet = { .payload_type = TL_SEAT_OPUS,
                                    .marker = peer->microphone.packets == 0,
                                    .sequence = peer->microphone.sequence,
                                    .timestamp = timestamp,
                                    .ssrc = peer->microphone.ssrc };
    send_packet(peer, now, &packet, '0', AUDIO_LEVEL | VOICE_BIT, tl_bytes(NULL, 0), opus);
    note_sent(&peer->microphone, now, timestamp, opus.size);
}

static void send_picture(struct tl_peer *peer, tl_time_us now)
{
    if (!peer->picture.on || !peer->answer.camera)
        return;
    bool key = peer->key_wanted && now - peer->key_sent_at >= KEY_FRAME_EVERY_US;
    struct tl_bytes frame = tl_camera_next(peer->camera, key);
    if (frame.size == 0)
        return;
    if (key) {
        peer->key_wanted = false;
        peer->key_sent_at = now;
    }
    uint32_t timestamp = peer->timestamp_base + (uint32_t)(peer->picture_at * 9 / 100);
    struct tl_vp8_packetizer packetizer;
    uint8_t payload[TL_VP8_PAYLOAD_LIMIT];
    size_t size;
    bool last;
    tl_vp8_packetizer_init(&packetizer, frame, peer->picture_id++);
    while (tl_vp8_packetizer_next(&packetizer, payload, &size, &last)) {
        struct tl_rtp_packet packet = { .payload_type = TL_SEAT_VP8,
                                        .marker = last,
                                        .sequence = peer->picture.sequence,
                                        .timestamp = timestamp,
                                        .ssrc = peer->picture.ssrc };
        tl_ring_add(peer->ring, now, packet.sequence, timestamp, last, tl_bytes(payload, size));
        send_packet(peer, now, &packet, '1', -1, tl_bytes(NULL, 0), tl_bytes(payload, size));
        note_sent(&peer->picture, now, timestamp, size);
    }
}

/* RFC 4588: the old sequence number before the payload, under the SSRC of repeats. */
void outgoing_repeat(struct tl_peer *peer, tl_time_us now, uint16_t sequence)
{
    struct tl_ring_packet kept;
    if (!peer->answer.camera_rtx || !tl_ring_find(peer->ring, now, sequence, &kept))
        return;
    uint8_t original[2] = { (uint8_t)(sequence >> 8), (uint8_t)sequence };
    struct tl_rtp_packet packet = { .payload_type = TL_SEAT_RTX,
                                    .marker = kept.marker,
                                    .sequence = peer->rtx_sequence++,
                                    .timestamp = kept.timestamp,
                                    .ssrc = peer->offer.camera_rtx_ssrc };
    send_packet(peer, now, &packet, '1', -1, tl_bytes(original, sizeof original),
                tl_bytes(kept.payload, kept.size));
    peer->statistics.retransmitted_out++;
}

void outgoing_tick(struct tl_peer *peer, tl_time_us now)
{
    tl_time_us picture_every = TL_SECOND_US / (tl_time_us)peer->config.fps;
    if (now - peer->voice_at > LATE_US)
        peer->voice_at = now;
    if (now - peer->picture_at > LATE_US)
        peer->picture_at = now;
    while (peer->voice_at <= now) {
        send_voice(peer, now);
        peer->voice_at += VOICE_EVERY_US;
    }
    if (peer->picture_at <= now) {
        send_picture(peer, now);
        peer->picture_at += picture_every;
    }
}

tl_time_us outgoing_deadline(const struct tl_peer *peer)
{
    return peer->voice_at < peer->picture_at ? peer->voice_at : peer->picture_at;
}
