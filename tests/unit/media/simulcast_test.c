/* Which layers reach whom: a relay with one sender of layers and one receiver. */
#include "testing.h"

#include "layered_scene.h"

static void a_wide_way_brings_the_large_layer_to_who_shows_it_large(void **state)
{
    (void)state;
    struct scene *scene = set_up(6000);
    watch(scene, 720, false);
    run(scene, 6);
    assert_int_equal(layers_seen(scene, 60), 1 << 2);
    assert_int_equal(scene->world->last_statistics[1].video, TL_VIDEO_ALL);
    tear_down(scene);
}

static void
who_shows_it_small_gets_the_small_layer_and_the_large_one_when_it_grows(void **state)
{
    (void)state;
    struct scene *scene = set_up(6000);
    watch(scene, 150, false);
    run(scene, 6);
    assert_int_equal(layers_seen(scene, 60), 1 << 0);
    watch(scene, 400, false);
    run(scene, 2);
    assert_int_equal(layers_seen(scene, 60), 1 << 1);
    watch(scene, 0, false); /* not known: as good as there is */
    run(scene, 2);
    assert_int_equal(layers_seen(scene, 60), 1 << 2);
    watch(scene, 0, true);
    run(scene, 2);
    assert_int_equal(layers_seen(scene, 20), 1 << 0);
    tear_down(scene);
}

static void a_thin_way_brings_the_small_layer_and_all_of_the_sound(void **state)
{
    (void)state;
    struct scene *scene = set_up(300);
    watch(scene, 720, false);
    run(scene, 8);
    assert_int_equal(layers_seen(scene, 20), 1 << 0);
    assert_int_equal(scene->world->last_statistics[1].video, TL_VIDEO_REDUCED);
    scene->world->peers[1].got_count = scene->down.seen = 0;
    run(scene, 2);
    assert_int_equal(sounds_seen(scene), 100);
    tear_down(scene);
}

/* Firefox's smallest layer is meant to cost 150 kbit/s and may cost several times that. */
static void a_small_layer_that_costs_more_than_the_next_is_passed_over(void **state)
{
    (void)state;
    struct scene *scene = set_up(1000);
    scene->bytes[0] = 3000; /* 720 kbit/s, where the next costs 500 and the large one 1,600 */
    watch(scene, 720, false);
    run(scene, 8);
    assert_int_equal(layers_seen(scene, 60), 1 << 1);
    /* and where its size is all that is shown, better that than a change each time they tremble */
    watch(scene, 150, false);
    run(scene, 3);
    assert_int_equal(layers_seen(scene, 60), 1 << 0);
    tear_down(scene);
}

static void what_a_layer_costs_is_measured_and_not_what_it_was_meant_to_cost(void **state)
{
    (void)state;
    struct scene *scene = set_up(900);
    scene->bytes[0] = 4500; /* 1,080 kbit/s */
    scene->bytes[1] = 6000;
    watch(scene, 150, false);
    run(scene, 8);
    scene->world->peers[1].got_count = scene->down.seen = 0;
    run(scene, 3);
    /* all of the sound, and every second picture: 15 a second are what the way carries */
    unsigned pictures = 0;
    for (size_t i = 0; i < scene->world->peers[1].got_count; i++)
        pictures += is_picture(scene, &scene->world->peers[1].got[i % WORLD_PACKETS]) &&
                    scene->world->peers[1].got[i % WORLD_PACKETS].header.marker;
    assert_in_range(pictures, 40, 50);
    assert_int_equal(sounds_seen(scene), 150);
    assert_int_equal(layers_seen(scene, 60), 1 << 0);
    assert_int_equal(scene->world->last_statistics[1].video, TL_VIDEO_REDUCED);
    assert_true(scene->world->last_statistics[1].queue_ms < 100);
    /* room was looked for by what they cost: half of 1,080 fits only once it was found */
    assert_true(scene->world->last_statistics[1].estimate_kbps > 540);
    tear_down(scene);
}

static void a_way_too_thin_for_pictures_brings_the_sound_and_says_so(void **state)
{
    (void)state;
    struct scene *scene = set_up(90);
    watch(scene, 720, false);
    run(scene, 12);
    assert_int_equal(scene->world->last_statistics[1].video, TL_VIDEO_NONE);
    scene->world->peers[1].got_count = scene->down.seen = 0;
    run(scene, 2);
    assert_int_equal(sounds_seen(scene), 100);
    scene->down.kbps = 4000; /* and the pictures come back by themselves */
    run(scene, 8);
    assert_int_equal(layers_seen(scene, 60), 1 << 2);
    tear_down(scene);
}

static void a_switch_waits_for_a_key_frame_and_the_old_layer_flows_until_then(void **state)
{
    (void)state;
    struct scene *scene = set_up(6000);
    watch(scene, 150, false);
    run(scene, 6);
    scene->deaf = true;
    watch(scene, 720, false);
    run(scene, 1);
    assert_int_equal(layers_seen(scene, 20), 1 << 0);
    unsigned asked = scene->world->peers[0].pli;
    run(scene, 1);
    assert_true(scene->world->peers[0].pli > asked); /* asked again until it comes */
    scene->deaf = false;
    run(scene, 1);
    assert_int_equal(layers_seen(scene, 60), 1 << 2);
    tear_down(scene);
}

static void a_layer_that_its_sender_gives_up_is_replaced_by_the_next(void **state)
{
    (void)state;
    struct scene *scene = set_up(6000);
    watch(scene, 720, false);
    run(scene, 6);
    assert_int_equal(layers_seen(scene, 60), 1 << 2);
    run_layers(scene, 3, 2);
    assert_int_equal(layers_seen(scene, 60), 1 << 1);
    tear_down(scene);
}

/* Sequence numbers and picture ids of what came to the slot have no holes but at switches. */
static void layers_left_out_leave_no_hole(void **state)
{
    (void)state;
    struct scene *scene = set_up(100000);
    watch(scene, 0, true); /* hidden: the lowest temporal layer of the smallest */
    run(scene, 6);
    const struct world_peer *peer = &scene->world->peers[1];
    uint16_t sequence = 0, picture = 0;
    unsigned judged = 0;
    for (size_t i = peer->got_count - 40; i < peer->got_count; i++) {
        const struct world_packet *got = &peer->got[i % WORLD_PACKETS];
        struct tl_vp8_descriptor vp8;
        if (!is_picture(scene, got))
            continue;
        assert_int_equal(tl_vp8_read(got->header.payload, &vp8), TL_OK);
        assert_int_equal(vp8.temporal_layer, 0);
        if (judged++) {
            assert_int_equal(got->header.sequence, (uint16_t)(sequence + 1));
            assert_int_equal(vp8.picture_id, (picture + 1) & 0x7fff);
        }
        sequence = got->header.sequence;
        picture = vp8.picture_id;
    }
    assert_true(judged > 5);
    tear_down(scene);
}

static void a_repeat_finds_its_layer_by_the_repaired_rid(void **state)
{
    (void)state;
    struct scene *scene = set_up(6000);
    watch(scene, 720, false);
    run(scene, 6);
    uint16_t lost = scene->sender.sequence[2];
    send_picture(scene, 2, 0, true);
    world_settle(scene->world);
    run(scene, 0.2);
    assert_true(scene->world->peers[0].nack_sequences > 0);
    size_t before = scene->world->peers[1].got_count;
    uint8_t payload[40] = { (uint8_t)(lost >> 8), (uint8_t)lost, 0x90, 0xe0, 0x80, 1, 1, 0, 1 };
    struct tl_rtp_packet header = { .payload_type = PT_RTX,
                                    .sequence = scene->sender.rtx_sequence++,
                                    .timestamp = scene->frame * 3000u,
                                    .ssrc = LAYER_RTX + 2 };
    send_layer_packet(scene, 2, &header, payload, sizeof payload, true);
    world_pass(scene->world, 50 * TL_MILLISECOND_US); /* pictures are paced */
    const struct world_peer *receiver = &scene->world->peers[1];
    bool came = false;
    for (size_t i = before; i < receiver->got_count; i++) {
        const struct world_packet *got = &receiver->got[i % WORLD_PACKETS];
        came |= is_picture(scene, got) && got->header.payload.size == sizeof payload - 2;
    }
    assert_true(came);
    tear_down(scene);
}

static void a_stream_of_an_unknown_layer_is_dropped(void **state)
{
    (void)state;
    struct scene *scene = set_up(6000);
    watch(scene, 720, false);
    uint64_t before = tl_relay_counter(scene->world->relay, TL_RELAY_DROP_NO_SOURCE);
    world_send_video(scene->world, 0, true, false); /* no rid, an SSRC nobody declared */
    assert_int_equal(tl_relay_counter(scene->world->relay, TL_RELAY_DROP_NO_SOURCE),
                     before + 1);
    assert_int_equal(scene->world->peers[1].got_count, 0);
    tear_down(scene);
}

static void more_layers_than_three_are_refused(void **state)
{
    (void)state;
    struct world *world = world_new(0);
    assert_int_equal(world_open(world, 0, room, 1), TL_OK);
    struct tl_participant_parameters p = world->peers[0].parameters;
    struct tl_participant_answer answer;
    add_layers(&p);
    assert_int_equal(tl_relay_open(world->relay, world->now, &p, &answer), TL_OK);
    p.sends[1].rid_count = TL_RELAY_LAYERS_LIMIT + 1;
    assert_int_equal(tl_relay_open(world->relay, world->now, &p, &answer), TL_ERROR_RANGE);
    p.sends[1].rid_count = 0;
    p.sends[0].rid_count = 1; /* of a sound */
    assert_int_equal(tl_relay_open(world->relay, world->now, &p, &answer), TL_ERROR_RANGE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_way_brings_the_large_layer_to_who_shows_it_large),
        cmocka_unit_test(
            who_shows_it_small_gets_the_small_layer_and_the_large_one_when_it_grows),
        cmocka_unit_test(a_thin_way_brings_the_small_layer_and_all_of_the_sound),
        cmocka_unit_test(a_small_layer_that_costs_more_than_the_next_is_passed_over),
        cmocka_unit_test(what_a_layer_costs_is_measured_and_not_what_it_was_meant_to_cost),
        cmocka_unit_test(a_way_too_thin_for_pictures_brings_the_sound_and_says_so),
        cmocka_unit_test(a_switch_waits_for_a_key_frame_and_the_old_layer_flows_until_then),
        cmocka_unit_test(a_layer_that_its_sender_gives_up_is_replaced_by_the_next),
        cmocka_unit_test(layers_left_out_leave_no_hole),
        cmocka_unit_test(a_repeat_finds_its_layer_by_the_repaired_rid),
        cmocka_unit_test(a_stream_of_an_unknown_layer_is_dropped),
        cmocka_unit_test(more_layers_than_three_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
