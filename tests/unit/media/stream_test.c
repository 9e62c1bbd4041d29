/* The small cores of a stream: rewriting, the ring, loss, NACKs. */
#include "testing.h"

#include "media/feedback.h"
#include "media/rewrite.h"
#include "media/ring.h"

static struct tl_rewrite rewrite;
static struct tl_rewrite_numbers out;

static int set_up(void **state)
{
    (void)state;
    tl_rewrite_init(&rewrite, 90000, 0xffff, 5000);
    return 0;
}

static bool apply(tl_time_us now, uint16_t sequence, uint32_t timestamp, uint16_t picture,
                  uint8_t tl0)
{
    struct tl_rewrite_numbers in = { sequence, timestamp, picture, tl0 };
    return tl_rewrite_apply(&rewrite, now, &in, &out);
}

static void the_first_sequence_number_is_below_2_to_the_15(void **state)
{
    (void)state;
    assert_true(apply(0, 60000, 1, 9, 9));
    assert_int_equal(out.sequence, 0x7fff);
    assert_int_equal(out.timestamp, 5000);
}

static void a_switch_of_source_continues_every_number(void **state)
{
    (void)state;
    assert_true(apply(0, 100, 1000, 50, 7));
    assert_true(apply(33000, 101, 4000, 51, 8));
    struct tl_rewrite_numbers before = out;
    tl_rewrite_switch(&rewrite);
    assert_true(apply(66000, 40000, 77, 3000, 200));
    assert_int_equal(out.sequence, (uint16_t)(before.sequence + 1));
    assert_int_equal(out.picture_id, (before.picture_id + 1) & 0x7fff);
    assert_int_equal(out.tl0, (uint8_t)(before.tl0 + 1));
    assert_int_equal(out.timestamp, before.timestamp + 2970); /* 33 ms of 90 kHz */
    assert_true(apply(99000, 40001, 3077, 3001, 201));
    assert_int_equal(out.sequence, (uint16_t)(before.sequence + 2));
    assert_int_equal(out.timestamp, before.timestamp + 5970);
}

static void a_long_hold_leaves_neither_a_gap_nor_a_step_back(void **state)
{
    (void)state;
    assert_true(apply(0, 65000, 1000, 1, 1));
    struct tl_rewrite_numbers before = out;
    tl_rewrite_switch(&rewrite);
    assert_true(apply(600 * (tl_time_us)TL_SECOND_US, 3, 5, 1, 1));
    assert_int_equal(out.sequence, (uint16_t)(before.sequence + 1));
    assert_int_equal(out.timestamp, before.timestamp + 600u * 90000);
}

static void a_source_that_jumps_begins_again_by_itself(void **state)
{
    (void)state;
    assert_true(apply(0, 100, 1000, 1, 1));
    struct tl_rewrite_numbers before = out;
    assert_true(apply(1000, (uint16_t)(100 + TL_REWRITE_GAP_LIMIT + 1), 1000, 1, 1));
    assert_int_equal(out.sequence, (uint16_t)(before.sequence + 1));
    set_up(NULL);
    assert_true(apply(0, 100, 1000, 1, 1));
    before = out;
    assert_true(apply(1000, (uint16_t)(100 + TL_REWRITE_GAP_LIMIT), 1000, 1, 1));
    assert_int_equal(out.sequence, (uint16_t)(before.sequence + TL_REWRITE_GAP_LIMIT));
}

static void late_packets_land_where_they_belong_and_not_before_the_switch(void **state)
{
    (void)state;
    assert_true(apply(0, 200, 1000, 1, 1));
    uint16_t first = out.sequence;
    assert_true(apply(1, 203, 1000, 1, 1));
    assert_true(apply(2, 201, 1000, 1, 1));
    assert_int_equal(out.sequence, (uint16_t)(first + 1));
    assert_false(apply(3, 199, 1000, 1, 1));
    uint16_t in;
    assert_true(tl_rewrite_trace(&rewrite, (uint16_t)(first + 2), &in));
    assert_int_equal(in, 202);
    assert_false(tl_rewrite_trace(&rewrite, (uint16_t)(first - 1), &in));
    assert_false(tl_rewrite_trace(&rewrite, (uint16_t)(first + 4), &in));
}

static void one_segment_may_last_for_ever(void **state)
{
    (void)state;
    assert_true(apply(0, 0, 0, 0, 0));
    uint16_t first = out.sequence;
    for (uint32_t i = 1; i < 200000; i++) {
        assert_true(apply(i, (uint16_t)i, i, (uint16_t)i & 0x7fff, (uint8_t)i));
        assert_int_equal(out.sequence, (uint16_t)(first + i));
    }
    assert_true(apply(200000, (uint16_t)(199999 - 50), 0, 0, 0)); /* a late one still passes */
}

static bool ring_holds_young(const struct tl_ring *ring, tl_time_us now, uint16_t sequence)
{
    struct tl_ring_packet found;
    return tl_ring_find(ring, now, sequence, &found);
}

/* 1.5 Mbit/s of pictures for ten seconds, then a rate nobody sends. */
static void the_ring_takes_what_half_a_second_needs_and_never_more_than_its_limit(void **state)
{
    (void)state;
    struct tl_ring *ring = tl_ring_new();
    uint8_t payload[1100];
    uint16_t sequence = 65000;
    tl_time_us now = TL_SECOND_US;
    assert_int_equal(tl_ring_bytes(ring), 0);
    assert_in_range(sizeof *ring, 16 * TL_RING_PACKETS, 10 * 1024); /* the index */
    for (unsigned i = 0; i < 1700; i++, now += 5882) {
        memset(payload, (uint8_t)i, sizeof payload);
        tl_ring_add(ring, now, sequence++, i, false, tl_bytes(payload, sizeof payload));
    }
    /* nothing stands empty between packets; the oldest block is half spent, the newest half full */
    assert_in_range(tl_ring_bytes(ring) - sizeof *ring, 93500, 93500 + 3 * TL_RING_BLOCK_SIZE);
    for (uint16_t ago = 1; ago <= 85; ago++) { /* half a second, each its own bytes */
        struct tl_ring_packet found;
        assert_true(tl_ring_find(ring, now, (uint16_t)(sequence - ago), &found));
        assert_int_equal(found.payload[0], (uint8_t)(1700 - ago));
        assert_int_equal(found.payload[found.size - 1], (uint8_t)(1700 - ago));
    }
    for (unsigned i = 0; i < 5000; i++, now += 10)
        tl_ring_add(ring, now, sequence++, i, false, tl_bytes(payload, sizeof payload));
    assert_int_equal(tl_ring_bytes(ring) - sizeof *ring,
                     TL_RING_BLOCKS_LIMIT * TL_RING_BLOCK_SIZE);
    assert_true(ring_holds_young(ring, now, (uint16_t)(sequence - TL_RING_PACKETS)));
    tl_ring_free(ring);
}

/* Rates up and down, packets of every size: what is given is what came, and all of half a second is. */
static void the_ring_gives_each_packet_its_own_bytes_whatever_the_rate(void **state)
{
    (void)state;
    enum { STEPS = 60000, KINDS = 5 };
    static const unsigned apart[KINDS] = { 6000, 1200, 50000, 2500, 300 };
    static struct {
        tl_time_us at;
        uint16_t size;
    } sent[STEPS];
    struct tl_ring *ring = tl_ring_new();
    uint8_t payload[TL_RING_PAYLOAD_LIMIT];
    uint32_t random = 1;
    tl_time_us now = TL_SECOND_US;
    for (unsigned i = 0; i < STEPS; i++) {
        random = random * 1664525 + 1013904223;
        unsigned kind = i / 3000 % KINDS;
        sent[i].at = now += apart[kind];
        /* at most 400 a half second, and at the highest rate small ones: below every limit */
        sent[i].size = (uint16_t)(kind == 4 ? (random >> 16) % 400
                                            : (random >> 16) % (TL_RING_PAYLOAD_LIMIT + 1));
        memset(payload, (int)(i * 31 & 255), sizeof payload);
        tl_ring_add(ring, now, (uint16_t)i, i, i & 1, tl_bytes(payload, sent[i].size));
        for (unsigned ago = 0; ago < TL_RING_PACKETS && ago <= i; ago += 1 + i % 7) {
            struct tl_ring_packet found;
            unsigned k = i - ago;
            bool here = tl_ring_find(ring, now, (uint16_t)k, &found);
            assert_int_equal(here, now - sent[k].at <= TL_RING_AGE_US);
            if (!here)
                break;
            assert_int_equal(found.size, sent[k].size);
            assert_int_equal(found.timestamp, k);
            assert_int_equal(found.marker, k & 1);
            for (unsigned b = 0; b < found.size; b++)
                if (found.payload[b] != (k * 31 & 255))
                    fail_msg("packet %u, %u ago: byte %u of %u is not its own", k, ago, b,
                             found.size);
        }
    }
    tl_ring_free(ring);
}

static void the_ring_gives_back_what_is_young_enough(void **state)
{
    (void)state;
    struct tl_ring *ring = tl_ring_new();
    uint8_t large[TL_RING_PAYLOAD_LIMIT + 1] = { 0 };
    for (uint32_t i = 0; i < TL_RING_PACKETS + 10; i++)
        tl_ring_add(ring, i, (uint16_t)(65500 + i), i, false, tl_bytes("abc", 3));
    assert_false(ring_holds_young(ring, 600, (uint16_t)(65500 + 9))); /* overwritten */
    struct tl_ring_packet found;
    assert_true(tl_ring_find(ring, 600, (uint16_t)(65500 + 10), &found));
    assert_int_equal(found.size, 3);
    assert_true(ring_holds_young(ring, 10 + TL_RING_AGE_US, (uint16_t)(65500 + 10)));
    assert_false(ring_holds_young(ring, 11 + TL_RING_AGE_US, (uint16_t)(65500 + 10)));
    assert_false(ring_holds_young(ring, 600, 30000)); /* never here */
    tl_ring_add(ring, 1000, 2005, 1, false, tl_bytes(large, sizeof large));
    assert_false(ring_holds_young(ring, 1000, 2005));
    tl_ring_add(ring, 1000, 6, 1, false, tl_bytes(large, sizeof large - 1));
    assert_true(ring_holds_young(ring, 1000, 6));
    assert_true(tl_ring_holds(ring, 6));
    /* its time is kept in 32 bits: an hour and some minutes later they are the same again */
    tl_time_us later = 1000 + ((tl_time_us)1 << 32);
    assert_false(ring_holds_young(ring, later, 6));
    tl_ring_add(ring, later, 8, 1, false, tl_bytes("def", 3));
    assert_true(ring_holds_young(ring, later, 8));
    assert_false(ring_holds_young(ring, later, 6));
    tl_ring_forget(ring);
    assert_false(ring_holds_young(ring, 1000, 6));
    assert_false(tl_ring_holds(ring, 6));
    tl_ring_add(ring, 1000, 6, 1, false, tl_bytes("abc", 3));
    assert_true(ring_holds_young(ring, 1000, 6));
    for (unsigned i = 0; i < 600; i++) { /* streams are told apart by eight bits */
        tl_ring_forget(ring);
        assert_false(tl_ring_holds(ring, 6));
    }
    tl_ring_free(ring);
}

static void a_hole_is_asked_for_once_a_round_trip_and_ten_times_at_most(void **state)
{
    (void)state;
    struct tl_nack_list list = { 0 };
    uint16_t due[8];
    tl_nack_list_add(&list, 65534);
    tl_nack_list_add(&list, 1); /* 65535 and 0 are missing */
    tl_time_us rtt = 50 * TL_MILLISECOND_US, now = ((tl_time_us)1 << 32) + 1000;
    assert_int_equal(tl_nack_list_due(&list, now, rtt, due, 8), 2);
    assert_int_equal(due[0], 65535);
    assert_int_equal(due[1], 0);
    assert_int_equal(tl_nack_list_due(&list, now + rtt - 1, rtt, due, 8), 0);
    unsigned asked = 1;
    for (unsigned i = 1; i < 30; i++)
        asked += tl_nack_list_due(&list, now + i * rtt, rtt, due, 8) > 0;
    assert_int_equal(asked, TL_NACK_ATTEMPTS_LIMIT);
    assert_int_equal(list.count, 0);
}

static void holes_that_fill_are_not_asked_for(void **state)
{
    (void)state;
    struct tl_nack_list list = { 0 };
    uint16_t due[8];
    tl_nack_list_add(&list, 10);
    tl_nack_list_add(&list, 14);
    assert_true(tl_nack_list_add(&list, 12));
    assert_false(tl_nack_list_add(&list, 12));
    assert_int_equal(tl_nack_list_due(&list, 1, 1, due, 8), 2);
    tl_nack_list_forget_before(&list, 13);
    assert_int_equal(list.count, 1);
}

static void the_list_of_holes_is_bounded_and_jumps_are_not_loss(void **state)
{
    (void)state;
    struct tl_nack_list list = { 0 };
    tl_nack_list_add(&list, 0);
    tl_nack_list_add(&list, TL_NACK_GAP_LIMIT + 1); /* exactly the limit missing */
    assert_int_equal(list.count, TL_NACK_LIST_LIMIT);
    tl_nack_list_add(&list, 2 * TL_NACK_GAP_LIMIT + 3); /* one more than the limit */
    assert_int_equal(list.count, 0);
}

static void loss_and_highest_sequence_follow_rfc_3550(void **state)
{
    (void)state;
    struct tl_receive_stats stats = { 0 };
    struct tl_rtcp_report report;
    for (uint32_t i = 0; i < 200; i++)
        if (i % 4 != 1)
            tl_receive_stats_add(&stats, (tl_time_us)i * 20000, (uint16_t)(65500 + i), i * 960,
                                 48000, 100, false);
    tl_receive_stats_report(&stats, 7, &report);
    assert_int_equal(report.lost, 50);
    assert_int_equal(report.fraction_lost, 64); /* a quarter of 256 */
    assert_int_equal(report.highest_sequence, 0x10000 + (uint16_t)(65500 + 199));
    assert_true(report.jitter < 5);
    tl_receive_stats_report(&stats, 7, &report);
    assert_int_equal(report.fraction_lost, 0); /* nothing new in the interval */
}

static void jitter_grows_with_uneven_arrival(void **state)
{
    (void)state;
    struct tl_receive_stats stats = { 0 };
    for (uint32_t i = 0; i < 500; i++)
        tl_receive_stats_add(&stats, (tl_time_us)i * 20000 + (i % 2) * 10000, (uint16_t)i,
                             i * 960, 48000, 100, false);
    double jitter = tl_receive_stats_jitter_ms(&stats, 48000);
    assert_true(jitter > 8 && jitter < 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_sequence_number_is_below_2_to_the_15, set_up),
        cmocka_unit_test_setup(a_switch_of_source_continues_every_number, set_up),
        cmocka_unit_test_setup(a_long_hold_leaves_neither_a_gap_nor_a_step_back, set_up),
        cmocka_unit_test_setup(a_source_that_jumps_begins_again_by_itself, set_up),
        cmocka_unit_test_setup(late_packets_land_where_they_belong_and_not_before_the_switch,
                               set_up),
        cmocka_unit_test_setup(one_segment_may_last_for_ever, set_up),
        cmocka_unit_test(the_ring_takes_what_half_a_second_needs_and_never_more_than_its_limit),
        cmocka_unit_test(the_ring_gives_each_packet_its_own_bytes_whatever_the_rate),
        cmocka_unit_test(the_ring_gives_back_what_is_young_enough),
        cmocka_unit_test(a_hole_is_asked_for_once_a_round_trip_and_ten_times_at_most),
        cmocka_unit_test(holes_that_fill_are_not_asked_for),
        cmocka_unit_test(the_list_of_holes_is_bounded_and_jumps_are_not_loss),
        cmocka_unit_test(loss_and_highest_sequence_follow_rfc_3550),
        cmocka_unit_test(jitter_grows_with_uneven_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
