/* The relay as a sequence of events: ICE, DTLS, sealed RTP and RTCP of hostile but authenticated
 * peers, slots, mutes, reopening, time. Each event is an operation, a peer and operands. */
#include <stdlib.h>

#define WORLD_PACKETS 8
#include "relay_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
enum { PEERS = 3 };

static void send_sealed_rtp(struct world *w, int number, struct tl_bytes bytes)
{
    struct world_peer *peer = &w->peers[number];
    uint8_t packet[400] = { 0x80 };
    size_t size = bytes.size < 12 ? 12 : bytes.size;
    if (!peer->srtp || bytes.size > 300)
        return;
    memcpy(packet, bytes.data, bytes.size);
    packet[0] = (uint8_t)(0x80 | (packet[0] & 0x3f));
    /* one of the streams the peer may seal */
    static const uint16_t ssrcs[] = { SSRC_AUDIO, SSRC_VIDEO, SSRC_RTX, 1 };
    memset(packet + 8, 0, 2);
    uint16_t ssrc = ssrcs[packet[11] % 4];
    packet[10] = (uint8_t)(ssrc >> 8);
    packet[11] = (uint8_t)ssrc;
    if (tl_srtp_seal_rtp(peer->srtp, packet, sizeof packet, &size) == TL_OK)
        world_input(w, peer, packet, size);
}

static void send_sealed_rtcp(struct world *w, int number, struct tl_bytes bytes)
{
    struct world_peer *peer = &w->peers[number];
    uint8_t packet[400] = { 0x80, 201, 0, 1, 0, 0, 0, 1 };
    size_t size = 8 + bytes.size;
    if (!peer->srtp || bytes.size > 300)
        return;
    memcpy(packet + 8, bytes.data, bytes.size);
    if (tl_srtp_seal_rtcp(peer->srtp, packet, sizeof packet, &size) == TL_OK)
        world_input(w, peer, packet, size);
}

static void step(struct world *w, struct tl_reader *r)
{
    uint8_t operation = tl_read_u8(r) % 15;
    int number = tl_read_u8(r) % PEERS;
    uint8_t operand = tl_read_u8(r);
    struct world_peer *peer = &w->peers[number];
    struct tl_bytes bytes = tl_read_bytes(r, operand < r->left ? operand : r->left);
    switch (operation) {
    case 0: world_send_stun(w, peer, operand & 1, operand & 2 ? "wrong" : NULL); break;
    case 1: world_input(w, peer, bytes.data, bytes.size); break;
    case 2:
    case 3: send_sealed_rtp(w, number, bytes); break;
    case 4: send_sealed_rtcp(w, number, bytes); break;
    case 5: world_pass(w, (operand % 20) * 50 * TL_MILLISECOND_US); break;
    case 6:
        world_watch(w, number, operand & 1 ? "a0" : "v0", (operand >> 1) % PEERS,
                    operand & 1 ? TL_SOURCE_MICROPHONE : TL_SOURCE_CAMERA);
        break;
    case 7:
        (void)tl_relay_source_mute(w->relay, w->now, peer->parameters.id,
                                   operand & 1 ? TL_SOURCE_MICROPHONE : TL_SOURCE_CAMERA,
                                   operand & 2);
        break;
    case 8:
        if (operand & 1 && world_open(w, number, room, 1) == TL_OK)
            (void)world_connect(w, number);
        break;
    case 9: peer->address.port = (uint16_t)(4000 + operand % 12); break;
    case 10: {
        struct tl_probe_step probe = { operand * 30u, operand };
        (void)tl_relay_probe(w->relay, w->now, peer->parameters.id, &probe, 1);
        break;
    }
    case 11:
        (void)tl_relay_test_copy(w->relay, w->now, peer->parameters.id, 1, operand % 6);
        break;
    case 12:
        if (peer->srtp)
            world_send_video(w, number, operand & 1, operand & 2);
        break;
    case 13:
        if (peer->srtp)
            world_send_audio(w, number);
        break;
    case 14: {
        char ufrag[8];
        (void)snprintf(ufrag, sizeof ufrag, "peer%02x", operand);
        (void)world_restart(w, number, ufrag);
        break;
    }
    }
    world_settle(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w = world_new(PEERS);
    for (int i = 0; i < PEERS; i++)
        world_join(w, i, room, 1);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    struct tl_reader r = tl_reader(tl_bytes(data, size));
    for (unsigned i = 0; i < 64 && r.left > 0; i++)
        step(w, &r);
    world_free(w);
    return 0;
}
