/* Sound on lines that lose: repeated for receivers that report loss, made good from RED for
 * receivers without it. */
#include "testing.h"

#include "relay_world.h"
#include "route/internal.h"

static const char *const room = "0123456789abcdef0123456789abcdef";

static struct world *set_up(bool receiver_takes_red)
{
    struct world *world = world_new(0);
    world_join(world, 0, room, 1);
    assert_int_equal(world_open(world, 1, room, 1), TL_OK);
    struct world_peer *receiver = &world->peers[1];
    if (receiver_takes_red)
        receiver->parameters.receives[0].types.red = 100;
    assert_int_equal(
        tl_relay_open(world->relay, world->now, &receiver->parameters, &receiver->answer),
        TL_OK);
    assert_true(world_connect(world, 1));
    world_watch(world, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    return world;
}

static void send_as(struct world *world, uint8_t type, uint16_t sequence,
                    const uint8_t *payload, size_t size)
{
    struct tl_rtp_packet header = { .payload_type = type,
                                    .sequence = sequence,
                                    .timestamp = sequence * 960u,
                                    .ssrc = SSRC_AUDIO };
    world_send_rtp(world, &world->peers[0], &header, payload, size, true);
    world_settle(world);
}

static void send_red(struct world *world, uint16_t sequence, char before, char now)
{
    uint8_t payload[] = { 0x80 | PT_OPUS, 0x0f, 0, 1, PT_OPUS, (uint8_t)before, (uint8_t)now };
    send_as(world, PT_RED, sequence, payload, sizeof payload);
}

/* The receiver tells that it lost a tenth of what it should have got. */
static void report_loss(struct world *world)
{
    struct world_peer *receiver = &world->peers[1];
    for (unsigned i = 0; i < 3; i++) {
        uint8_t buffer[200];
        struct tl_writer w = tl_writer(buffer, sizeof buffer);
        struct tl_rtcp_report report = { .ssrc = receiver->answer.receives[0].ssrc,
                                         .highest_sequence = 1000 + i * 100,
                                         .lost = (int32_t)(i * 10) };
        tl_rtcp_write_receiver_report(&w, 1, &report, 1);
        world_send_rtcp(world, 1, &w);
    }
    world_pass(world, 1100 * TL_MILLISECOND_US);
}

static size_t send_with_every_second_lost(struct world *world, unsigned packets)
{
    struct world_peer *receiver = &world->peers[1];
    size_t before = receiver->got_count;
    for (unsigned i = 0; i < packets; i++) {
        receiver->deaf = i % 4 == 1; /* the datagrams of one packet in four, copies with them */
        world_send_audio(world, 0);
        receiver->deaf = false;
    }
    return receiver->got_count - before;
}

static void sound_goes_twice_to_who_reports_loss_and_once_to_who_does_not(void **state)
{
    (void)state;
    struct world *world = set_up(false);
    assert_int_equal(send_with_every_second_lost(world, 40), 30);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_SOUND_REPEATED), 0);
    report_loss(world);
    world_send_audio(world, 0); /* the first that is kept */
    assert_int_equal(send_with_every_second_lost(world, 40), 40);
    assert_true(tl_relay_counter(world->relay, TL_RELAY_SOUND_REPEATED) >= 40);
    world_free(world);
}

static void repeats_end_a_minute_after_the_last_loss(void **state)
{
    (void)state;
    struct world *world = set_up(false);
    report_loss(world);
    for (unsigned i = 0; i < 70; i++) {
        world_send_stun(world, &world->peers[0], true, NULL);
        world_send_stun(world, &world->peers[1], true, NULL);
        world_pass(world, TL_SECOND_US);
    }
    world_send_audio(world, 0);
    uint64_t before = tl_relay_counter(world->relay, TL_RELAY_SOUND_REPEATED);
    for (unsigned i = 0; i < 10; i++)
        world_send_audio(world, 0);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_SOUND_REPEATED), before);
    world_free(world);
}

/* Copies have a pool of their own: it is touched for lines that lose, and a place is given back. */
static void a_sound_is_kept_only_for_a_slot_that_repeats_it(void **state)
{
    (void)state;
    enum { SILENT, SENDER_LEFT, REOPENED, ROUNDS };
    struct world *world = set_up(false);
    struct tl_relay *relay = world->relay;
    world_send_audio(world, 0);
    assert_int_equal(relay->sound_fresh, 0);
    for (unsigned round = 0; round < 2 * ROUNDS; round++) {
        report_loss(world);
        world_send_audio(world, 0);
        world_send_audio(world, 0);
        assert_int_equal(relay->sound_fresh, 1);
        assert_int_equal(relay->sound_free, 0);
        switch (round % ROUNDS) {
        case SILENT:
            tl_relay_slots_set(relay, world->now, world->peers[1].parameters.id, NULL, 0);
            break;
        case SENDER_LEFT:
            tl_relay_close(relay, world->now, world->peers[0].parameters.id);
            break;
        default: world_join(world, 1, room, 1); break;
        }
        assert_int_equal(relay->sound_free, 1);
        if (round % ROUNDS == SENDER_LEFT)
            world_join(world, 0, room, 1);
        world_watch(world, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    }
    /* where all are taken sound goes once, and nothing else is lost */
    relay->sound_free = 0;
    relay->sound_fresh = SOUND_POOL;
    report_loss(world);
    size_t got = world->peers[1].got_count;
    uint64_t repeated = tl_relay_counter(relay, TL_RELAY_SOUND_REPEATED);
    for (unsigned i = 0; i < 3; i++)
        world_send_audio(world, 0);
    assert_int_equal(world->peers[1].got_count, got + 3);
    assert_int_equal(tl_relay_counter(relay, TL_RELAY_SOUND_REPEATED), repeated);
    world_free(world);
}

static void red_is_not_repeated_for_it_repeats_itself(void **state)
{
    (void)state;
    struct world *world = set_up(true);
    report_loss(world);
    for (uint16_t i = 0; i < 10; i++)
        send_red(world, i, 'a', 'b');
    assert_int_equal(world_last(&world->peers[1])->header.payload_type, 100);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_SOUND_REPEATED), 0);
    world_free(world);
}

static void a_packet_lost_on_the_way_in_is_made_good_from_red(void **state)
{
    (void)state;
    struct world *world = set_up(false);
    struct world_peer *receiver = &world->peers[1];
    send_red(world, 10, 'i', 'j');
    uint16_t sequence = world_last(receiver)->header.sequence;
    uint32_t timestamp = world_last(receiver)->header.timestamp;
    send_red(world, 12, 'k', 'l'); /* 11 is lost */
    assert_int_equal(receiver->got_count, 3);
    const struct world_packet *made = &receiver->got[1], *last = &receiver->got[2];
    assert_int_equal(made->header.sequence, (uint16_t)(sequence + 1));
    assert_int_equal(made->header.timestamp, timestamp + 960);
    assert_int_equal(made->header.payload.size, 1);
    assert_int_equal(made->header.payload.data[0], 'k');
    assert_int_equal(last->header.sequence, (uint16_t)(sequence + 2));
    assert_int_equal(last->header.payload.data[0], 'l');
    /* the lost one comes after all: its number is used, and nothing is sealed twice under it */
    uint64_t refused = tl_relay_counter(world->relay, TL_RELAY_DROP_SEAL);
    send_red(world, 11, 'j', 'k');
    assert_int_equal(receiver->got_count, 3);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_DROP_SEAL), refused + 1);
    send_red(world, 15, 'n', 'o'); /* of two lost, the nearer */
    assert_int_equal(receiver->got_count, 5);
    world_free(world);
}

/* Where a page makes RED over an engine that knows none (docs/decisions/0058). */
static void red_under_the_number_of_opus_is_red(void **state)
{
    (void)state;
    struct world *world = world_new(0);
    assert_int_equal(world_open(world, 0, room, 1), TL_OK);
    struct world_peer *sender = &world->peers[0], *receiver = &world->peers[1];
    sender->parameters.sends[0].types.red = PT_OPUS;
    assert_int_equal(
        tl_relay_open(world->relay, world->now, &sender->parameters, &sender->answer), TL_OK);
    assert_true(world_connect(world, 0));
    world_join(world, 1, room, 1);
    world_watch(world, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    static const uint8_t first[] = { PT_OPUS, 'a' };
    static const uint8_t third[] = { 0x80 | PT_OPUS, 0x0f, 0, 1, PT_OPUS, 'b', 'c' };
    send_as(world, PT_OPUS, 1, first, sizeof first);
    send_as(world, PT_OPUS, 3, third, sizeof third); /* 2 is lost */
    assert_int_equal(receiver->got_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(receiver->got[i].header.payload_type, 101);
        assert_int_equal(receiver->got[i].header.payload.size, 1);
        assert_int_equal(receiver->got[i].header.payload.data[0], 'a' + i);
    }
    world_free(world);
}

/* RED may hold one sound alone: on a good way up nothing goes twice. */
static void red_of_one_sound_is_repeated_as_opus_is(void **state)
{
    (void)state;
    struct world *world = set_up(true);
    report_loss(world);
    static const uint8_t alone[] = { PT_OPUS, 'a' };
    for (uint16_t i = 0; i < 10; i++)
        send_as(world, PT_RED, i, alone, sizeof alone);
    assert_int_equal(world_last(&world->peers[1])->header.payload_type, 100);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_SOUND_REPEATED), 9);
    world_free(world);
}

/* The world's sender says 111 for Opus and 63 for RED, its receiver 101 and 100. */
static void red_carries_the_numbers_of_its_receiver_inside_too(void **state)
{
    (void)state;
    struct world *world = set_up(true);
    struct world_peer *receiver = &world->peers[1];
    send_red(world, 1, 'a', 'b');
    assert_int_equal(receiver->got_count, 1);
    const struct tl_rtp_packet *got = &world_last(receiver)->header;
    assert_int_equal(got->payload_type, 100);
    static const uint8_t expected[] = { 0x80 | 101, 0x0f, 0, 1, 101, 'a', 'b' };
    assert_int_equal(got->payload.size, sizeof expected);
    assert_memory_equal(got->payload.data, expected, sizeof expected);
    world_free(world);
}

static void
red_with_another_codec_inside_is_unpacked_and_one_of_nothing_else_is_dropped(void **state)
{
    (void)state;
    struct world *world = set_up(true);
    struct world_peer *receiver = &world->peers[1];
    /* 13 is comfort noise to the sender, and whatever it likes to the receiver */
    static const uint8_t mixed[] = { 0x80 | 13, 0x0f, 0, 1, PT_OPUS, 'n', 'p' };
    send_as(world, PT_RED, 1, mixed, sizeof mixed);
    assert_int_equal(receiver->got_count, 1);
    assert_int_equal(world_last(receiver)->header.payload_type, 101);
    assert_int_equal(world_last(receiver)->header.payload.size, 1);
    assert_int_equal(world_last(receiver)->header.payload.data[0], 'p');
    static const uint8_t foreign[] = { 0x80 | PT_OPUS, 0x0f, 0, 1, 13, 'b', 'n' };
    send_as(world, PT_RED, 2, foreign, sizeof foreign);
    static const uint8_t cut[] = { 0x80 | PT_OPUS, 0x0f, 0, 9, PT_OPUS, 'b' };
    send_as(world, PT_RED, 3, cut, sizeof cut);
    assert_int_equal(receiver->got_count, 1);
    assert_int_equal(tl_relay_counter(world->relay, TL_RELAY_DROP_PAYLOAD_TYPE), 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_goes_twice_to_who_reports_loss_and_once_to_who_does_not),
        cmocka_unit_test(repeats_end_a_minute_after_the_last_loss),
        cmocka_unit_test(a_sound_is_kept_only_for_a_slot_that_repeats_it),
        cmocka_unit_test(red_is_not_repeated_for_it_repeats_itself),
        cmocka_unit_test(red_under_the_number_of_opus_is_red),
        cmocka_unit_test(red_of_one_sound_is_repeated_as_opus_is),
        cmocka_unit_test(red_carries_the_numbers_of_its_receiver_inside_too),
        cmocka_unit_test(
            red_with_another_codec_inside_is_unpacked_and_one_of_nothing_else_is_dropped),
        cmocka_unit_test(a_packet_lost_on_the_way_in_is_made_good_from_red),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
