/* The relay as a sequence of events: ICE, DTLS, sealed RTP and RTCP of hostile but authenticated
 * peers, slots, mutes, restarts, reopening, removal, addresses of datagrams and of connections, time
 * in small steps and past consent. Each event is an operation, a peer and operands. Whatever comes,
 * media leaves only for an address whose consent holds. */
#include <stdlib.h>

#define WORLD_PACKETS               8
#define WORLD_SENT(world, to, size) sent(world, to, size)
struct world;
struct tl_address;
static void sent(struct world *world, const struct tl_address *to, unsigned long size);
#include "relay_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
enum { PEERS = 3, LONG_STEP_US = 100 * TL_MILLISECOND_US };

static void sent(struct world *w, const struct tl_address *to, unsigned long size)
{
    enum tl_packet_kind kind = tl_packet_classify(tl_bytes(w->begun, size));
    /* RTCP is sealed: its first bytes are clear; consent is judged at ticks */
    if ((kind == TL_PACKET_RTP || kind == TL_PACKET_RTCP) &&
        !tl_relay_knows(w->relay, w->now - LONG_STEP_US, to))
        abort();
}

static bool is_here(const struct world *w, int number)
{
    return tl_relay_parameters(w->relay, w->peers[number].parameters.id) != NULL;
}

/* Seconds, in steps too long for media but not for what expires; some of the peers consent. */
static void pass_long(struct world *w, unsigned seconds, unsigned consenting)
{
    tl_time_us end = w->now + seconds * (tl_time_us)TL_SECOND_US;
    for (unsigned i = 0; w->now < end; i++) {
        w->now += LONG_STEP_US;
        tl_relay_tick(w->relay, w->now);
        for (int p = 0; i % 50 == 0 && p < PEERS; p++)
            if (consenting >> p & 1)
                world_send_stun(w, &w->peers[p], false, NULL);
        world_settle(w);
    }
}

static void reach(struct world *w, struct world_peer *peer, uint8_t operand)
{
    peer->address.port = (uint16_t)(4000 + operand % 12);
    peer->address.stream = operand & 0x40 ? 1u + operand % 5 : 0;
    if (operand & 0x80)
        world_send_stun(w, peer, operand & 0x20, NULL);
}

/* The steps of joining, one by one: what should follow may not, or come from elsewhere. */
static void join_in_part(struct world *w, int number, uint8_t operand)
{
    struct world_peer *peer = &w->peers[number];
    if (operand & 1 && world_open(w, number, room, 1))
        return;
    if (operand & 2)
        world_send_stun(w, peer, operand & 4, NULL);
    if (operand & 8)
        tl_dtls_start(peer->dtls);
    if (operand & 16)
        world_flush_dtls(w, peer);
    if (operand & 32)
        w->queued = 0; /* what was answered is lost */
}

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
    uint8_t operation = tl_read_u8(r) % 20;
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
        if (!is_here(w, number))
            break;
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
    case 9: reach(w, peer, operand); break;
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
    case 15: pass_long(w, operand % 40, operand >> 5); break;
    case 16: (void)tl_relay_close(w->relay, w->now, peer->parameters.id); break;
    case 17: join_in_part(w, number, operand); break;
    case 18: peer->deaf = operand & 1; break;
    case 19: w->full = operand & 1; break;
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
