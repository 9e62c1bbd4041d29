/* A relay with somebody who sends three layers of two temporal layers each (peer 0), and a receiver
 * (peer 1) on a way down that carries what the test says: what arrives is acknowledged as such a
 * way would let it arrive. */
#ifndef TL_LAYERED_SCENE_H
#define TL_LAYERED_SCENE_H

#include <stdlib.h>

#include "media/feedback.h"
#include "relay_world.h"

enum { LAYER_SSRC = 3000, LAYER_RTX = 3100, EXT_RID = 10, EXT_REPAIRED = 11, SLOT_CC = 7 };
static const char *const room = "0123456789abcdef0123456789abcdef";

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

struct sender {
    uint16_t sequence[3], picture[3], rtx_sequence;
    uint8_t tl0[3];
    bool key[3];
    unsigned asked[3]; /* key frames, seen as PLI: the peer counts them all together */
};

struct down { /* the way to peer 1 */
    double kbps;
    tl_time_us free_at, feedback_at;
    struct tl_arrivals arrivals;
    size_t seen, repeated, repeated_bytes;
};

struct scene {
    struct world *world;
    struct sender sender;
    struct down down;
    tl_time_us frame_at, audio_at;
    unsigned frame;
    unsigned pli_seen;
    bool deaf;         /* the sender hears no request for a key frame */
    bool plain;        /* who speaks sends no RED */
    unsigned bytes[3]; /* of a picture of each layer */
};

static inline void add_layers(struct tl_participant_parameters *p)
{
    static const char *const rids[] = { "q", "h", "f" };
    struct tl_send_parameters *camera = &p->sends[1];
    camera->rid_count = 3;
    camera->ssrc_count = 0;
    camera->extensions.rid = EXT_RID;
    camera->extensions.repaired_rid = EXT_REPAIRED;
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(camera->rids[i], sizeof camera->rids[i], "%s", rids[i]);
}

static inline void join_layered(struct world *world, int number)
{
    struct world_peer *peer = &world->peers[number];
    must((world_open(world, number, room, 1)) == TL_OK);
    add_layers(&peer->parameters);
    must((tl_relay_open(world->relay, world->now, &peer->parameters, &peer->answer)) == TL_OK);
    must(world_connect(world, number));
    for (uint32_t l = 0; l < 3; l++) {
        must((tl_srtp_add_sender(peer->srtp, LAYER_SSRC + l)) == TL_OK);
        must((tl_srtp_add_sender(peer->srtp, LAYER_RTX + l)) == TL_OK);
    }
}

static inline struct scene *set_up(double kbps)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->world = world_new(0);
    memcpy(scene->bytes, (unsigned[]){ 600, 2000, 6500 }, /* 150, 500, 1,600 kbit/s */
           sizeof scene->bytes);
    join_layered(scene->world, 0);
    world_join(scene->world, 1, room, 1);
    tl_arrivals_init(&scene->down.arrivals);
    scene->down.kbps = kbps;
    scene->down.feedback_at = scene->frame_at = scene->audio_at = scene->world->now;
    for (unsigned l = 0; l < 3; l++)
        scene->sender.key[l] = true;
    return scene;
}

static inline void watch(struct scene *scene, uint16_t height, bool hidden)
{
    struct tl_slot_wish wishes[2] = {
        { .mid = "v0", .source = TL_SOURCE_CAMERA, .height = height, .hidden = hidden },
        { .mid = "a0", .source = TL_SOURCE_MICROPHONE }
    };
    for (size_t i = 0; i < 2; i++)
        memcpy(wishes[i].from, scene->world->peers[0].parameters.id, TL_RELAY_ID_SIZE);
    must((tl_relay_slots_set(scene->world->relay, scene->world->now,
                             scene->world->peers[1].parameters.id, wishes, 2)) == TL_OK);
}

static inline void tear_down(struct scene *scene)
{
    world_free(scene->world);
    free(scene);
}

static inline void send_layer_packet(struct scene *scene, unsigned l,
                                     const struct tl_rtp_packet *header, const void *payload,
                                     size_t size, bool repaired)
{
    static const char *const rids[] = { "q", "h", "f" };
    struct world_peer *peer = &scene->world->peers[0];
    uint8_t packet[1700];
    size_t used;
    struct tl_rtp_extension_value values[] = {
        { EXT_MID, 1, { '1' } },
        { (uint8_t)(repaired ? EXT_REPAIRED : EXT_RID), 1, { (uint8_t)rids[l][0] } },
        { EXT_CC,
          2,
          { (uint8_t)(peer->transport_sequence >> 8), (uint8_t)peer->transport_sequence } }
    };
    peer->transport_sequence++;
    must((tl_rtp_write_header(header, values, 3, packet, sizeof packet, NULL, &used)) == TL_OK);
    memcpy(packet + used, payload, size);
    used += size;
    if (tl_srtp_seal_rtp(peer->srtp, packet, sizeof packet, &used))
        return; /* fuzzing used the number before */
    world_input(scene->world, peer, packet, used);
}

/* One picture of one layer: X, I L T, picture id of 15 bits, TL0PICIDX, TID and Y, then the tag. */
static inline void send_picture(struct scene *scene, unsigned l, uint8_t temporal,
                                bool lost_first)
{
    struct sender *s = &scene->sender;
    bool key = s->key[l] && temporal == 0;
    s->key[l] &= !key;
    s->picture[l] = (uint16_t)((s->picture[l] + 1) & 0x7fff);
    s->tl0[l] = (uint8_t)(s->tl0[l] + (temporal == 0));
    unsigned left = scene->bytes[l];
    for (bool first = true; left > 0; first = false) {
        unsigned size = left < 1000 ? left : 1000;
        uint8_t payload[1020] = { (uint8_t)(0x80 | (first ? 0x10 : 0)),
                                  0xe0,
                                  (uint8_t)(0x80 | s->picture[l] >> 8),
                                  (uint8_t)s->picture[l],
                                  s->tl0[l],
                                  (uint8_t)(temporal << 6 | (temporal ? 0x20 : 0)),
                                  (uint8_t)(key ? 0 : 1),
                                  0,
                                  0 };
        if (key && first) {
            static const uint16_t heights[] = { 180, 360, 720 };
            uint8_t *tag = payload + 6;
            tag[3] = 0x9d, tag[4] = 0x01, tag[5] = 0x2a;
            tag[6] = 0, tag[7] = 1;
            tag[8] = (uint8_t)heights[l], tag[9] = (uint8_t)(heights[l] >> 8);
        }
        payload[20] = (uint8_t)l;
        left -= size;
        struct tl_rtp_packet header = { .payload_type = PT_VP8,
                                        .marker = left == 0,
                                        .sequence = s->sequence[l]++,
                                        .timestamp = scene->frame * 3000u,
                                        .ssrc = LAYER_SSRC + l };
        if (!(lost_first && first))
            send_layer_packet(scene, l, &header, payload, size + 6, false);
    }
}

/* What arrived at peer 1 is acknowledged as a way of so many kbit/s would let it arrive. */
static inline void acknowledge(struct scene *scene)
{
    struct world_peer *peer = &scene->world->peers[1];
    struct down *down = &scene->down;
    for (; down->seen < peer->got_count; down->seen++) {
        const struct world_packet *got = &peer->got[down->seen % WORLD_PACKETS];
        struct tl_bytes value;
        if (!tl_rtp_extension(&got->header, SLOT_CC, &value) || value.size != 2)
            continue;
        if (down->free_at < scene->world->now)
            down->free_at = scene->world->now;
        if (down->free_at - scene->world->now > 400 * TL_MILLISECOND_US)
            continue; /* the queue is full */
        down->free_at += (tl_time_us)((double)(got->size + 44) * 8000 / down->kbps);
        tl_arrivals_add(&down->arrivals, down->free_at + 20 * TL_MILLISECOND_US,
                        (uint16_t)(value.data[0] << 8 | value.data[1]));
    }
    /* what comes once more fills the way as well */
    down->free_at += (tl_time_us)((double)(peer->repeated_bytes - down->repeated_bytes +
                                           28 * (peer->repeated - down->repeated)) *
                                  8000 / down->kbps);
    down->repeated = peer->repeated;
    down->repeated_bytes = peer->repeated_bytes;
    if (scene->world->now < down->feedback_at)
        return;
    down->feedback_at = scene->world->now + 50 * TL_MILLISECOND_US;
    while (down->arrivals.pending) {
        uint8_t buffer[1200];
        struct tl_writer w = tl_writer(buffer, sizeof buffer);
        if (!tl_arrivals_write(&down->arrivals, &w, 1, 7))
            break;
        world_send_rtcp(scene->world, 1, &w);
    }
}

static inline void run_layers(struct scene *scene, double seconds, unsigned layers)
{
    struct world *world = scene->world;
    tl_time_us until = world->now + (tl_time_us)(seconds * TL_SECOND_US);
    while (world->now < until) {
        world->now += 5 * TL_MILLISECOND_US;
        if (world->peers[0].pli != scene->pli_seen &&
            !scene->deaf) { /* a sender answers with all its layers */
            scene->pli_seen = world->peers[0].pli;
            scene->sender.key[0] = scene->sender.key[1] = scene->sender.key[2] = true;
        }
        if (world->now >= scene->audio_at) {
            scene->audio_at += 20 * TL_MILLISECOND_US;
            world_send_audio(world, 0);
        }
        if (world->now >= scene->frame_at) {
            scene->frame_at += TL_SECOND_US / 30;
            for (unsigned l = 0; l < layers; l++) {
                bool key = scene->sender.key[l];
                send_picture(scene, l, key ? 0 : scene->frame & 1, false);
                world_settle(world);
            }
            scene->frame++;
        }
        world_tick(world);
        world_settle(world);
        acknowledge(scene);
        /* consent, as a browser asks for it */
        if (world->now % TL_SECOND_US < 5 * TL_MILLISECOND_US) {
            world_send_stun(world, &world->peers[0], true, NULL);
            world_send_stun(world, &world->peers[1], true, NULL);
            world_settle(world);
        }
    }
}

static inline void run(struct scene *scene, double seconds)
{
    run_layers(scene, seconds, 3);
}

static inline bool is_picture(const struct scene *scene, const struct world_packet *got)
{
    return got->header.ssrc == scene->world->peers[1].answer.receives[1].ssrc;
}

/* The layers of the last n packets of the picture; bit by layer. */
static inline unsigned layers_seen(const struct scene *scene, size_t n)
{
    const struct world_peer *peer = &scene->world->peers[1];
    unsigned seen = 0;
    for (size_t i = 0; i < n && i < peer->got_count && i < WORLD_PACKETS; i++) {
        const struct world_packet *got = &peer->got[(peer->got_count - 1 - i) % WORLD_PACKETS];
        if (is_picture(scene, got))
            seen |= 1u << got->header.payload.data[20];
    }
    return seen;
}

static inline size_t sounds_seen(const struct scene *scene)
{
    const struct world_peer *peer = &scene->world->peers[1];
    size_t seen = 0;
    for (size_t i = 0; i < peer->got_count && i < WORLD_PACKETS; i++)
        seen += peer->got[(peer->got_count - 1 - i) % WORLD_PACKETS].header.payload_type == 101;
    return seen;
}

#endif
