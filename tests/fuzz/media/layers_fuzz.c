/* A sender of three layers and a receiver on a path of any quality, as a sequence of events: pictures
 * of any layer, temporal layer and order, feedback that lies, wishes, NACKs, time. */
#include <stdlib.h>

#define WORLD_PACKETS 64
#include "layered_scene.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_any_picture(struct scene *scene, uint8_t operand)
{
    unsigned layer = operand % 3;
    scene->sender.key[layer] |= operand & 0x40;
    if (operand & 0x80) /* a gap, as loss makes it */
        scene->sender.sequence[layer] = (uint16_t)(scene->sender.sequence[layer] + operand % 7);
    send_picture(scene, layer, (uint8_t)(operand >> 2 & 3), operand & 0x20);
    world_settle(scene->world);
}

static void send_any_rtcp(struct scene *scene, int number, struct tl_bytes bytes)
{
    uint8_t buffer[400];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    static const uint8_t transport_cc[] = { 0x8f, 205 };
    if (bytes.size > 300)
        return;
    size_t words = (bytes.size + 3) / 4 + 2;
    tl_write_bytes(&w, tl_bytes(transport_cc, 2));
    tl_write_u16(&w, (uint16_t)words);
    tl_write_u32(&w, 1);
    tl_write_u32(&w, scene->world->peers[number].answer.receives[1].ssrc);
    tl_write_bytes(&w, bytes);
    while (w.used % 4)
        tl_write_u8(&w, 0);
    world_send_rtcp(scene->world, number, &w);
}

static void send_nack(struct scene *scene, uint8_t operand)
{
    struct world_peer *peer = &scene->world->peers[1];
    const struct world_packet *last = world_last(peer);
    uint8_t buffer[200];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    uint16_t sequence = (uint16_t)((last ? last->header.sequence : 0) - operand);
    tl_rtcp_write_nack(&w, 1, peer->answer.receives[1].ssrc, &sequence, 1);
    world_send_rtcp(scene->world, 1, &w);
}

static void step(struct scene *scene, struct tl_reader *r)
{
    uint8_t operation = tl_read_u8(r) % 8, operand = tl_read_u8(r);
    struct tl_bytes bytes = tl_read_bytes(r, operand < r->left ? operand : r->left);
    switch (operation) {
    case 0:
    case 1:
        send_any_picture(scene, operand);
        r->next -= bytes.size, r->left += bytes.size;
        break;
    case 2: send_any_rtcp(scene, 1, bytes); break;
    case 3: watch(scene, (uint16_t)(operand * 8), operand == 1); break;
    case 4: world_pass(scene->world, (operand % 40) * 10 * TL_MILLISECOND_US); break;
    case 5: scene->down.kbps = 30 + operand * 20; break;
    case 6: send_nack(scene, operand); break;
    case 7: acknowledge(scene); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene *scene = set_up(1000);
    watch(scene, 720, false);
    struct tl_reader r = tl_reader(tl_bytes(data, size));
    for (unsigned i = 0; i < 96 && r.left > 0; i++)
        step(scene, &r);
    tear_down(scene);
    return 0;
}
