/* How pictures leave: at a pace the way down can take, with the sound never behind them. */
#include "testing.h"

#include "layered_scene.h"

/* A key frame of so many packets arrives at once, from the small layer. */
static void send_large_key_frame(struct scene *scene, unsigned packets)
{
    struct sender *s = &scene->sender;
    s->picture[0] = (uint16_t)((s->picture[0] + 1) & 0x7fff);
    s->tl0[0]++;
    for (unsigned i = 0; i < packets; i++) {
        uint8_t payload[1006] = {
            (uint8_t)(0x80 | (i ? 0 : 0x10)), 0xe0,      (uint8_t)(0x80 | s->picture[0] >> 8),
            (uint8_t)s->picture[0],           s->tl0[0], 0
        };
        struct tl_rtp_packet header = { .payload_type = PT_VP8,
                                        .marker = i + 1 == packets,
                                        .sequence = s->sequence[0]++,
                                        .timestamp = scene->frame * 3000u,
                                        .ssrc = LAYER_SSRC };
        send_layer_packet(scene, 0, &header, payload, sizeof payload, false);
        world_settle(scene->world);
    }
}

static struct scene *settled_on_a_thin_way(void)
{
    struct scene *scene = set_up(300);
    watch(scene, 720, false);
    run(scene, 8);
    assert_int_equal(layers_seen(scene, 20), 1 << 0);
    return scene;
}

static void a_key_frame_is_spread_over_time_and_keeps_its_order(void **state)
{
    (void)state;
    struct scene *scene = settled_on_a_thin_way();
    struct world_peer *peer = &scene->world->peers[1];
    size_t before = peer->got_count;
    send_large_key_frame(scene, 20);
    size_t at_once = peer->got_count - before;
    assert_true(at_once <= 4);
    world_pass(scene->world, 100 * TL_MILLISECOND_US);
    size_t soon = peer->got_count - before;
    assert_true(soon > at_once && soon < 20);
    world_pass(scene->world, 250 * TL_MILLISECOND_US);
    assert_true(peer->got_count - before >= 20);
    uint16_t sequence = 0;
    bool any = false;
    for (size_t i = before; i < peer->got_count; i++) {
        const struct world_packet *got = &peer->got[i % WORLD_PACKETS];
        if (!is_picture(scene, got))
            continue;
        assert_true(!any || got->header.sequence == (uint16_t)(sequence + 1));
        sequence = got->header.sequence;
        any = true;
    }
    tear_down(scene);
}

static void sound_does_not_wait_behind_pictures(void **state)
{
    (void)state;
    struct scene *scene = settled_on_a_thin_way();
    struct world_peer *peer = &scene->world->peers[1];
    send_large_key_frame(scene, 20);
    size_t before = peer->got_count;
    world_send_audio(scene->world, 0);
    assert_int_equal(peer->got_count, before + 1);
    assert_int_equal(world_last(peer)->header.payload_type, 101);
    tear_down(scene);
}

static void nothing_waits_where_nothing_is_known_of_the_way(void **state)
{
    (void)state;
    struct scene *scene = set_up(300);
    watch(scene, 720, false);
    world_settle(scene->world);
    size_t before = scene->world->peers[1].got_count;
    scene->sender.key[0] = true;
    send_picture(scene, 0, 0, false);
    world_settle(scene->world);
    send_large_key_frame(scene, 20);
    assert_int_equal(scene->world->peers[1].got_count - before, 21);
    tear_down(scene);
}

/* More waits than there is room for: all of it leaves at once, in order, for a receiver takes what
 * is older than its replay window for an attack. */
static void what_finds_no_room_to_wait_leaves_at_once_and_in_order(void **state)
{
    (void)state;
    struct scene *scene = settled_on_a_thin_way();
    struct world_peer *peer = &scene->world->peers[1];
    run(scene, 0.02);
    size_t before = peer->got_count;
    send_large_key_frame(scene, 300); /* waits */
    size_t at_once = peer->got_count - before;
    assert_true(at_once < 10);
    assert_int_equal(tl_relay_counter(scene->world->relay, TL_RELAY_PACE_FULL), 0);
    send_large_key_frame(scene, 300); /* too much */
    assert_true(tl_relay_counter(scene->world->relay, TL_RELAY_PACE_FULL) > 0);
    run(scene, 3);
    assert_true(peer->got_count - before >= 599); /* the simulated wire holds 512 */
    tear_down(scene);
}

static void of_one_participant_512_packets_wait_and_not_one_more(void **state)
{
    (void)state;
    enum { LIMIT = 512 };
    struct scene *scene = settled_on_a_thin_way();
    const struct tl_relay *relay = scene->world->relay;
    run(scene, 0.02);
    uint64_t before = tl_relay_counter(relay, TL_RELAY_PACED);
    send_large_key_frame(scene, 20);
    uint64_t waiting = tl_relay_counter(relay, TL_RELAY_PACED) - before;
    assert_true(waiting > 10 && waiting <= 20);
    send_large_key_frame(scene, (unsigned)(LIMIT - waiting));
    assert_int_equal(tl_relay_counter(relay, TL_RELAY_PACED) - before, LIMIT);
    assert_int_equal(tl_relay_counter(relay, TL_RELAY_PACE_FULL), 0);
    send_large_key_frame(scene, 1);
    assert_int_equal(tl_relay_counter(relay, TL_RELAY_PACED) - before, LIMIT);
    assert_int_equal(tl_relay_counter(relay, TL_RELAY_PACE_FULL), 1);
    tear_down(scene);
}

static void what_waits_goes_with_its_participant(void **state)
{
    (void)state;
    struct scene *scene = settled_on_a_thin_way();
    struct world *world = scene->world;
    send_large_key_frame(scene, 500);
    assert_int_equal(tl_relay_close(world->relay, world->now, world->peers[1].parameters.id),
                     TL_OK);
    world_join(world, 2, room, 1); /* and its room to wait serves the next */
    uint64_t full = tl_relay_counter(world->relay, TL_RELAY_PACE_FULL);
    world_watch(world, 2, "v0", 0, TL_SOURCE_CAMERA);
    world_pass(world, 50 * TL_MILLISECOND_US);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_PACE_FULL), full);
    tear_down(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_frame_is_spread_over_time_and_keeps_its_order),
        cmocka_unit_test(sound_does_not_wait_behind_pictures),
        cmocka_unit_test(nothing_waits_where_nothing_is_known_of_the_way),
        cmocka_unit_test(what_finds_no_room_to_wait_leaves_at_once_and_in_order),
        cmocka_unit_test(of_one_participant_512_packets_wait_and_not_one_more),
        cmocka_unit_test(what_waits_goes_with_its_participant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
