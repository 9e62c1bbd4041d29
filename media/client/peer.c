/* The transport: which datagram is what, when what is due. */
#include <stdlib.h>

#include "base/secret.h"
#include "peer_internal.h"

static uint32_t new_ssrc(void)
{
    uint32_t ssrc;
    tl_random_bytes(&ssrc, sizeof ssrc);
    return ssrc ? ssrc : 1;
}

struct tl_peer *tl_peer_new(const struct tl_peer_config *config, tl_time_us now)
{
    struct tl_peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->config = *config;
    tl_ice_client_init(&peer->ice);
    tl_arrivals_init(&peer->arrivals);
    peer->dtls_due = INT64_MAX;
    peer->report_at = peer->feedback_at = peer->repair_at = now;
    peer->microphone.ssrc = new_ssrc();
    peer->picture.ssrc = new_ssrc();
    uint16_t random[3];
    tl_random_bytes(random, sizeof random);
    /* Under 2^15: a loss around the first wrap must not cost the roll-over counter. */
    peer->microphone.sequence = random[0] & 0x7fff;
    peer->picture.sequence = random[1] & 0x7fff;
    peer->rtx_sequence = random[2] & 0x7fff;
    tl_random_bytes(&peer->timestamp_base, sizeof peer->timestamp_base);
    peer->offer = (struct tl_seat_offer){
        .ufrag = peer->ice.ufrag,
        .password = peer->ice.password,
        .fingerprint = tl_dtls_identity_fingerprint(config->identity),
        .microphone_ssrc = peer->microphone.ssrc,
        .camera_ssrc = peer->picture.ssrc,
        .camera_rtx_ssrc = new_ssrc(),
        .way = config->way,
        .web_port = config->web_port,
        .audio_slots = config->audio_slots,
        .video_slots = config->video_slots,
    };
    return outgoing_init(peer) ? peer : tl_peer_free(peer);
}

struct tl_peer *tl_peer_free(struct tl_peer *peer)
{
    if (!peer)
        return NULL;
    outgoing_release(peer);
    incoming_release(peer);
    tl_dtls_free(peer->dtls);
    tl_srtp_free(peer->srtp);
    free(peer);
    return NULL;
}

void tl_peer_set_context(struct tl_peer *peer, void *context)
{
    peer->config.context = context;
}

enum tl_error tl_peer_offer(const struct tl_peer *peer, const char *ip, uint16_t port,
                            char *buffer, size_t room, size_t *ret_size)
{
    struct tl_seat_offer offer = peer->offer;
    offer.candidate_ip = ip;
    offer.candidate_port = port;
    return tl_seat_offer_write(&offer, buffer, room, ret_size);
}

enum tl_error tl_peer_answer(struct tl_peer *peer, tl_time_us now, struct tl_text sdp)
{
    if (peer->answered)
        return TL_ERROR_STATE;
    enum tl_error error = tl_seat_answer_read(sdp, &peer->offer, &peer->answer);
    if (error)
        return error;
    error = tl_dtls_new(peer->config.identity, TL_DTLS_CLIENT, peer->answer.fingerprint,
                        &peer->dtls);
    if (error)
        return error;
    peer->answered = true;
    if (!incoming_init(peer))
        return TL_ERROR_MEMORY;
    tl_ice_client_start(&peer->ice, now, &peer->answer);
    return TL_OK;
}

static void send_to_peer(struct tl_peer *peer, struct tl_bytes datagram)
{
    const struct tl_address *to = tl_ice_client_address(&peer->ice);
    if (to)
        peer->config.send(peer->config.context, to, datagram);
}

size_t peer_send_rtp(struct tl_peer *peer, uint8_t *data, size_t size)
{
    if (!peer->srtp || tl_srtp_seal_rtp(peer->srtp, data, PACKET_ROOM, &size))
        return 0;
    peer->statistics.packets_out++;
    peer->statistics.bytes_out += size;
    send_to_peer(peer, tl_bytes(data, size));
    return size;
}

void peer_send_rtcp(struct tl_peer *peer, uint8_t *data, size_t size)
{
    if (peer->srtp && size && tl_srtp_seal_rtcp(peer->srtp, data, PACKET_ROOM, &size) == TL_OK)
        send_to_peer(peer, tl_bytes(data, size));
}

static void fail(struct tl_peer *peer, const char *reason)
{
    if (!peer->reason)
        peer->reason = reason;
}

static void begin_media(struct tl_peer *peer, tl_time_us now)
{
    struct tl_srtp_keys keys;
    enum tl_error error = tl_dtls_keys(peer->dtls, &keys);
    if (!error)
        error = tl_srtp_new(&keys, &peer->srtp);
    if (!error)
        error = tl_srtp_add_sender(peer->srtp, peer->microphone.ssrc);
    if (!error)
        error = tl_srtp_add_sender(peer->srtp, peer->picture.ssrc);
    if (!error)
        error = tl_srtp_add_sender(peer->srtp, peer->offer.camera_rtx_ssrc);
    peer->srtp_profile = (uint16_t)keys.profile;
    tl_secret_wipe(&keys, sizeof keys);
    if (error)
        fail(peer, "profile");
    else
        outgoing_begin(peer, now);
}

/* What DTLS has to say leaves, and what it came to is taken up. */
static void follow_dtls(struct tl_peer *peer, tl_time_us now)
{
    struct tl_bytes datagram;
    while (tl_dtls_next_output(peer->dtls, &datagram))
        send_to_peer(peer, datagram);
    tl_time_us timeout = tl_dtls_timeout(peer->dtls);
    peer->dtls_due = timeout < 0 ? INT64_MAX : now + timeout;
    switch (tl_dtls_state(peer->dtls)) {
    case TL_DTLS_HANDSHAKING: break;
    case TL_DTLS_CONNECTED:
        if (!peer->srtp && !peer->reason)
            begin_media(peer, now);
        break;
    case TL_DTLS_FAILED: fail(peer, tl_dtls_reason(peer->dtls)); break;
    case TL_DTLS_CLOSED: fail(peer, "closed"); break;
    }
}

static void input_stun(struct tl_peer *peer, tl_time_us now, const struct tl_address *from,
                       struct tl_bytes datagram)
{
    bool was_confirmed = peer->ice.confirmed;
    tl_ice_client_input(&peer->ice, now, from, datagram);
    if (!was_confirmed && peer->ice.confirmed) {
        tl_dtls_start(peer->dtls);
        follow_dtls(peer, now);
    }
}

void tl_peer_input(struct tl_peer *peer, tl_time_us now, const struct tl_address *from,
                   uint8_t *data, size_t size)
{
    struct tl_bytes datagram = tl_bytes(data, size);
    const struct tl_address *chosen = tl_ice_client_address(&peer->ice);
    enum tl_packet_kind kind = tl_packet_classify(datagram);
    if (!peer->answered)
        return;
    if (kind == TL_PACKET_STUN) {
        input_stun(peer, now, from, datagram);
        return;
    }
    /* Everything else only from the address that ICE chose. */
    if (!chosen || !tl_address_equal(chosen, from)) {
        peer->statistics.bad_in++;
        return;
    }
    if (kind == TL_PACKET_DTLS) {
        tl_dtls_input(peer->dtls, datagram);
        follow_dtls(peer, now);
    } else if (kind == TL_PACKET_RTP && peer->srtp) {
        if (tl_srtp_open_rtp(peer->srtp, data, &size)) {
            peer->statistics.bad_in++;
            return;
        }
        tl_ice_client_hear(&peer->ice, now);
        incoming_rtp(peer, now, tl_bytes(data, size));
    } else if (kind == TL_PACKET_RTCP && peer->srtp) {
        if (tl_srtp_open_rtcp(peer->srtp, data, &size)) {
            peer->statistics.bad_in++;
            return;
        }
        tl_ice_client_hear(&peer->ice, now);
        rtcp_input(peer, now, tl_bytes(data, size));
    }
}

void tl_peer_tick(struct tl_peer *peer, tl_time_us now)
{
    uint8_t buffer[TL_STUN_MESSAGE_LIMIT];
    size_t size;
    struct tl_address to;
    while (tl_ice_client_next_output(&peer->ice, now, buffer, &size, &to))
        peer->config.send(peer->config.context, &to, tl_bytes(buffer, size));
    if (tl_ice_client_state(&peer->ice, now) == TL_ICE_CLIENT_FAILED)
        fail(peer, "ice");
    if (now >= peer->dtls_due) {
        tl_dtls_tick(peer->dtls);
        follow_dtls(peer, now);
    }
    if (!peer->srtp || peer->reason)
        return;
    outgoing_tick(peer, now);
    step_tick(peer, now);
    rtcp_tick(peer, now);
}

tl_time_us tl_peer_next_deadline(const struct tl_peer *peer, tl_time_us now)
{
    tl_time_us due = now + TL_SECOND_US;
    tl_time_us ice = tl_ice_client_next_deadline(&peer->ice);
    if (peer->reason)
        return due;
    if (ice < due)
        due = ice;
    if (peer->dtls_due < due)
        due = peer->dtls_due;
    if (peer->srtp) {
        tl_time_us out = outgoing_deadline(peer);
        if (out < due)
            due = out;
        if (peer->repair_at < due)
            due = peer->repair_at;
        if (step_deadline(peer, now) < due)
            due = step_deadline(peer, now);
    }
    return due;
}

void tl_peer_close(struct tl_peer *peer)
{
    struct tl_bytes datagram;
    if (!peer->dtls || !peer->srtp)
        return;
    tl_dtls_close(peer->dtls);
    while (tl_dtls_next_output(peer->dtls, &datagram))
        send_to_peer(peer, datagram);
}

enum tl_peer_state tl_peer_state(const struct tl_peer *peer, tl_time_us now)
{
    if (peer->reason)
        return TL_PEER_FAILED;
    if (!peer->answered)
        return TL_PEER_NEW;
    if (!peer->srtp)
        return TL_PEER_CONNECTING;
    return tl_ice_client_state(&peer->ice, now) == TL_ICE_CLIENT_CONNECTED
               ? TL_PEER_CONNECTED
               : TL_PEER_RECONNECTING;
}

const char *tl_peer_reason(const struct tl_peer *peer)
{
    return peer->reason;
}

void tl_peer_set_sending(struct tl_peer *peer, bool microphone, bool camera)
{
    if (camera && !peer->picture.on)
        peer->key_wanted = true;
    peer->microphone.on = microphone;
    peer->picture.on = camera;
}

void tl_peer_statistics(const struct tl_peer *peer, struct tl_peer_statistics *ret_statistics)
{
    *ret_statistics = peer->statistics;
    ret_statistics->rtt = peer->rtt ? peer->rtt : peer->ice.rtt;
    ret_statistics->srtp_profile = peer->srtp_profile;
    uint64_t received = 0;
    for (size_t i = 0; i < peer->answer.slot_count; i++) {
        ret_statistics->lost_in += tl_receive_stats_lost(&peer->slots[i].stats);
        received += peer->slots[i].stats.received;
    }
    if (ret_statistics->lost_in > 0)
        ret_statistics->loss_in = (double)ret_statistics->lost_in /
                                  (double)(received + (uint64_t)ret_statistics->lost_in);
}
