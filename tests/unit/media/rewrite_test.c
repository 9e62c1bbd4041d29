/* Numbers of a stream from which pictures are left out on purpose, in every order of arrival. */
#include <string.h>

#include "media/rewrite.h"
#include "testing.h"

enum { PACKETS = 4000, PER_PICTURE = 3 };

static uint32_t random_state = 1;
static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static struct tl_rewrite_numbers numbers(unsigned i)
{
    return (struct tl_rewrite_numbers){ .sequence = (uint16_t)(65000 + i),
                                        .timestamp = i / PER_PICTURE * 3000,
                                        .picture_id =
                                            (uint16_t)((32000 + i / PER_PICTURE) & 0x7fff),
                                        .tl0 = (uint8_t)(i / PER_PICTURE) };
}

static struct tl_rewrite_run runs[TL_REWRITE_RUNS];

static void pictures_left_out_close_up_and_every_number_is_traced_back(void **state)
{
    (void)state;
    static struct tl_rewrite rewrite;
    static uint16_t sent_as[PACKETS];
    static bool was_sent[PACKETS];
    uint16_t sequence = 0, picture = 0;
    bool any = false;
    tl_rewrite_init(&rewrite, 90000, 32760, 5);
    rewrite.runs = runs;
    for (unsigned i = 0; i < PACKETS; i++) {
        struct tl_rewrite_numbers in = numbers(i), out;
        bool leave = i >= PER_PICTURE && (i / PER_PICTURE) % 4 != 0 && i / PER_PICTURE % 8 != 5;
        was_sent[i] = !leave;
        if (leave) {
            tl_rewrite_skip(&rewrite, &in);
            continue;
        }
        assert_true(tl_rewrite_apply(&rewrite, i, &in, &out));
        if (any) {
            assert_int_equal(out.sequence, (uint16_t)(sequence + 1));
            bool begins = i % PER_PICTURE == 0;
            assert_int_equal(out.picture_id, (picture + begins) & 0x7fff);
        }
        any = true;
        sequence = sent_as[i] = out.sequence;
        picture = out.picture_id;
        for (unsigned back = 0; back < 60 && back <= i; back++) {
            uint16_t traced;
            struct tl_rewrite_numbers again = numbers(i - back);
            if (!was_sent[i - back]) {
                assert_false(tl_rewrite_repeat(&rewrite, &again, &out));
                continue;
            }
            assert_true(tl_rewrite_trace(&rewrite, sent_as[i - back], &traced));
            assert_int_equal(traced, again.sequence);
            assert_true(tl_rewrite_repeat(&rewrite, &again, &out));
            assert_int_equal(out.sequence, sent_as[i - back]);
        }
    }
}

/* Packets lost on the way in leave a hole that is theirs; a late one lands in it. */
static void a_late_packet_lands_in_its_own_hole_between_pictures_left_out(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        static struct tl_rewrite rewrite;
        struct tl_rewrite_numbers late[64], out;
        bool used[65536] = { false };
        unsigned held = 0;
        tl_rewrite_init(&rewrite, 90000, 7, 5);
        rewrite.runs = runs;
        for (unsigned i = 0; i < 300; i++) {
            struct tl_rewrite_numbers in = numbers(i);
            bool leave = i >= PER_PICTURE && i / PER_PICTURE % 2;
            if (leave) {
                tl_rewrite_skip(&rewrite, &in);
            } else if (i > PER_PICTURE && held < 64 && next_random() % 8 == 0) {
                late[held++] = in;
            } else {
                assert_true(tl_rewrite_apply(&rewrite, i, &in, &out));
                assert_false(used[out.sequence]);
                used[out.sequence] = true;
            }
            if (held && next_random() % 4 == 0) {
                if (tl_rewrite_apply(&rewrite, i, &late[--held], &out)) {
                    assert_false(used[out.sequence]);
                    used[out.sequence] = true;
                }
            }
        }
    }
}

static void what_is_older_than_the_memory_is_not_traced(void **state)
{
    (void)state;
    static struct tl_rewrite rewrite;
    struct tl_rewrite_numbers out;
    uint16_t first = 0, in_sequence;
    tl_rewrite_init(&rewrite, 90000, 7, 5);
    rewrite.runs = runs;
    for (unsigned i = 0; i < 2 * PER_PICTURE * (TL_REWRITE_RUNS + 2); i++) {
        struct tl_rewrite_numbers in = numbers(i);
        if (i / PER_PICTURE % 2)
            tl_rewrite_skip(&rewrite, &in);
        else
            assert_true(tl_rewrite_apply(&rewrite, i, &in, &out));
        if (i == 0)
            first = out.sequence;
    }
    struct tl_rewrite_numbers oldest = numbers(0);
    assert_false(tl_rewrite_trace(&rewrite, first, &in_sequence));
    assert_false(tl_rewrite_repeat(&rewrite, &oldest, &out));
}

static void an_old_packet_or_a_jump_is_never_left_out(void **state)
{
    (void)state;
    static struct tl_rewrite rewrite, before;
    struct tl_rewrite_numbers in = numbers(10), out, other = numbers(9);
    tl_rewrite_init(&rewrite, 90000, 7, 5);
    rewrite.runs = runs;
    tl_rewrite_skip(&rewrite, &in); /* nothing has begun */
    assert_true(tl_rewrite_apply(&rewrite, 0, &in, &out));
    before = rewrite;
    tl_rewrite_skip(&rewrite, &other);
    tl_rewrite_skip(&rewrite, &in);
    other = numbers(10 + TL_REWRITE_GAP_LIMIT + 1);
    tl_rewrite_skip(&rewrite, &other);
    assert_memory_equal(&before, &rewrite, sizeof rewrite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_left_out_close_up_and_every_number_is_traced_back),
        cmocka_unit_test(a_late_packet_lands_in_its_own_hole_between_pictures_left_out),
        cmocka_unit_test(what_is_older_than_the_memory_is_not_traced),
        cmocka_unit_test(an_old_packet_or_a_jump_is_never_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
