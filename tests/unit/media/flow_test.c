/* Gaps and pauses of a flow, and frames made whole; time is a number. */
#include "testing.h"

#include <string.h>

#include "media/flow.h"

enum { MS = 1000, SOUND = 48000, PICTURE = 90000 };
static const tl_time_us least_sound = 200 * MS, least_picture = 400 * MS;

static struct tl_flow flow;
static tl_time_us now;
static uint16_t sequence;
static uint32_t timestamp;

static int set_up(void **state)
{
    (void)state;
    tl_flow_forget(&flow);
    now = 1000 * (tl_time_us)TL_SECOND_US;
    sequence = 65530; /* the wrap is in every test */
    timestamp = UINT32_MAX - 5 * 960;
    return 0;
}

/* One packet of 20 ms. */
static tl_time_us sound(void)
{
    tl_time_us gap = tl_flow_add(&flow, now, sequence, sequence, timestamp, SOUND, least_sound);
    sequence++;
    timestamp += 960;
    now += 20 * MS;
    return gap;
}

static void sounds(unsigned count)
{
    while (count--)
        assert_int_equal(sound(), 0);
}

static void lost_sounds(unsigned count)
{
    sequence = (uint16_t)(sequence + count);
    timestamp += 960 * count;
    now += (tl_time_us)count * 20 * MS;
}

static void sound_that_was_sent_and_lost_is_a_gap_over_200_ms(void **state)
{
    (void)state;
    sounds(50);
    lost_sounds(9); /* 200 ms from packet to packet: not over */
    sounds(1);
    sounds(50);
    lost_sounds(10);
    assert_int_equal(sound(), 220 * MS);
    sounds(50);
}

static void sound_that_came_late_all_at_once_is_a_gap(void **state)
{
    (void)state;
    sounds(50);
    now += 500 * MS;
    assert_int_equal(sound(), 520 * MS);
    for (unsigned i = 0; i < 24; i++) {
        assert_int_equal(sound(), 0);
        now -= 20 * MS; /* the burst */
    }
}

static void discontinuous_transmission_is_no_gap(void **state)
{
    (void)state;
    sounds(50);
    for (unsigned i = 0; i < 20; i++) { /* a packet each 400 ms, numbered on */
        timestamp += 19 * 960;
        now += 380 * MS;
        assert_int_equal(sound(), 0);
    }
    sounds(50);
}

static void one_packet_lost_in_discontinuous_transmission_is_no_gap(void **state)
{
    (void)state;
    sounds(50);
    for (unsigned i = 0; i < 10; i++) {
        timestamp += 39 * 960; /* each second one is lost */
        now += 780 * MS;
        sequence++;
        assert_int_equal(sound(), 0);
    }
}

static void a_microphone_switched_off_and_on_is_no_gap(void **state)
{
    (void)state;
    sounds(50);
    timestamp += 48000u * 600;
    now += 600 * (tl_time_us)TL_SECOND_US;
    sounds(50);
}

static void late_and_repeated_packets_neither_end_nor_begin_a_gap(void **state)
{
    (void)state;
    sounds(50);
    assert_int_equal(tl_flow_add(&flow, now + 300 * MS, (uint16_t)(sequence - 5),
                                 (uint16_t)(sequence - 5), timestamp - 5 * 960, SOUND,
                                 least_sound),
                     0);
    sounds(1);
}

static void a_forgotten_flow_begins_anew(void **state)
{
    (void)state;
    sounds(50);
    lost_sounds(100);
    tl_flow_forget(&flow);
    sounds(1);
}

/* One frame of `packets` packets at `fps`. */
static tl_time_us frame(unsigned fps, uint16_t packets)
{
    tl_time_us gap = tl_flow_add(&flow, now, sequence, (uint16_t)(sequence + packets - 1),
                                 timestamp, PICTURE, least_picture);
    sequence = (uint16_t)(sequence + packets);
    timestamp += PICTURE / fps;
    now += TL_SECOND_US / fps;
    return gap;
}

static void lose_frames(unsigned count, unsigned fps, uint16_t packets)
{
    sequence = (uint16_t)(sequence + count * packets);
    timestamp += count * PICTURE / fps;
    now += (tl_time_us)count * TL_SECOND_US / fps;
}

static void a_picture_is_frozen_over_400_ms_and_three_frames(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(frame(30, 6), 0);
    lose_frames(11, 30, 6);
    assert_int_equal(frame(30, 6), 0); /* 400 ms: not over */
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(frame(30, 6), 0);
    lose_frames(12, 30, 6);
    assert_in_range(frame(30, 6), 430 * MS, 435 * MS);
    /* at 5 frames a second three frames are 600 ms */
    for (unsigned i = 0; i < 90; i++)
        assert_int_equal(frame(5, 2), 0);
    lose_frames(2, 5, 2);
    now -= 5 * MS;
    assert_int_equal(frame(5, 2), 0);
    lose_frames(3, 5, 2);
    assert_int_equal(frame(5, 2), 800 * MS);
}

static void a_camera_switched_off_and_on_is_no_freeze(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(frame(30, 6), 0);
    timestamp += PICTURE * 30;
    now += 30 * (tl_time_us)TL_SECOND_US;
    assert_int_equal(frame(30, 6), 0);
    timestamp += PICTURE * 30;
    now += 30 * (tl_time_us)TL_SECOND_US;
    sequence = (uint16_t)(sequence + 6); /* one frame lost when it came back */
    assert_int_equal(frame(30, 6), 0);
}

static void a_frame_is_whole_with_its_first_last_and_all_between(void **state)
{
    (void)state;
    struct tl_frame_watch watch;
    uint16_t first = 0, last = 0;
    memset(&watch, 0, sizeof watch);
    assert_false(tl_frame_watch_add(&watch, 1000, 65534, true, false, &first, &last));
    assert_false(tl_frame_watch_add(&watch, 1000, 0, false, true, &first, &last));
    assert_false(tl_frame_watch_add(&watch, 4000, 1, true, false, &first, &last));
    assert_true(tl_frame_watch_add(&watch, 1000, 65535, false, false, &first, &last));
    assert_true(first == 65534 && last == 0); /* the middle came last */
    assert_true(tl_frame_watch_add(&watch, 4000, 2, false, true, &first, &last));
    assert_true(first == 1 && last == 2);
    assert_true(tl_frame_watch_add(&watch, 7000, 3, true, true, &first, &last));
    assert_true(first == 3 && last == 3);
}

static void frames_never_completed_make_room_for_later_ones(void **state)
{
    (void)state;
    struct tl_frame_watch watch;
    uint16_t first = 0, last = 0;
    memset(&watch, 0, sizeof watch);
    for (uint32_t i = 0; i < 10 * TL_FRAMES_WATCHED; i++) {
        assert_false(
            tl_frame_watch_add(&watch, i, (uint16_t)(3 * i), true, false, &first, &last));
        assert_true(tl_frame_watch_add(&watch, 100000 + i, (uint16_t)(3 * i + 2), true, true,
                                       &first, &last));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sound_that_was_sent_and_lost_is_a_gap_over_200_ms),
        TEST(sound_that_came_late_all_at_once_is_a_gap),
        TEST(discontinuous_transmission_is_no_gap),
        TEST(one_packet_lost_in_discontinuous_transmission_is_no_gap),
        TEST(a_microphone_switched_off_and_on_is_no_gap),
        TEST(late_and_repeated_packets_neither_end_nor_begin_a_gap),
        TEST(a_forgotten_flow_begins_anew),
        TEST(a_picture_is_frozen_over_400_ms_and_three_frames),
        TEST(a_camera_switched_off_and_on_is_no_freeze),
        TEST(a_frame_is_whole_with_its_first_last_and_all_between),
        TEST(frames_never_completed_make_room_for_later_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
