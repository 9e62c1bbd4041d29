/* The timer wheel of the relay, beside a list that is searched. */
#include "testing.h"

#include "route/wheel.h"

static struct wheel wheel;
static tl_time_us due[TL_RELAY_PARTICIPANTS_LIMIT]; /* -1: not in */

static int set_up(void **state)
{
    (void)state;
    wheel = (struct wheel){ 0 };
    for (size_t i = 0; i < TL_RELAY_PARTICIPANTS_LIMIT; i++)
        due[i] = -1;
    return 0;
}

static void put(tl_time_us now, unsigned place, tl_time_us at)
{
    wheel_put(&wheel, now, place, at);
    due[place] = at;
}

static void nobody_is_early_and_nobody_is_later_than_a_spoke(void **state)
{
    (void)state;
    tl_time_us now = 1234567890;
    uint32_t random = 1;
    for (unsigned i = 0; i < TL_RELAY_PARTICIPANTS_LIMIT; i++)
        put(now, i, now + (tl_time_us)(i * 293) % 250000);
    for (unsigned step = 0; step < 20000; step++) {
        tl_time_us next = wheel_next(&wheel);
        random = random * 1664525u + 1013904223u;
        now = next > now ? next : now;
        now += random % 900;
        unsigned place, taken = 0;
        while (wheel_take(&wheel, now, &place)) {
            assert_true(due[place] >= 0 && due[place] <= now);
            assert_true(now - due[place] < 2 * WHEEL_SPOKE_US + 1000);
            random = random * 1664525u + 1013904223u;
            put(now, place, now + 1 + random % 300000);
            taken++;
        }
        assert_true(taken > 0); /* the time it named was right */
    }
}

static void what_is_far_off_waits_no_longer_than_a_turn_and_is_put_in_again(void **state)
{
    (void)state;
    unsigned place;
    wheel_put(&wheel, 0, 7, INT64_MAX);
    tl_time_us next = wheel_next(&wheel);
    assert_in_range(next, WHEEL_SPOKE_US, WHEEL_SPOKES * WHEEL_SPOKE_US);
    assert_false(wheel_take(&wheel, next - 1, &place));
    assert_true(wheel_take(&wheel, next, &place));
    assert_int_equal(place, 7);
    assert_int_equal(wheel_next(&wheel), INT64_MAX);
}

static void hastening_only_ever_makes_it_earlier(void **state)
{
    (void)state;
    wheel_put(&wheel, 0, 3, 100000);
    wheel_hasten(&wheel, 0, 3, 200000);
    assert_int_equal(wheel_next(&wheel), 100000);
    wheel_hasten(&wheel, 0, 3, 20000);
    assert_int_equal(wheel_next(&wheel), 20000);
    wheel_remove(&wheel, 3);
    assert_int_equal(wheel_next(&wheel), INT64_MAX);
}

static void after_an_hour_asleep_everybody_is_taken_once(void **state)
{
    (void)state;
    unsigned taken = 0, place;
    for (unsigned i = 0; i < 1000; i++)
        wheel_put(&wheel, 0, i, i * 200);
    while (wheel_take(&wheel, 3600 * (tl_time_us)TL_SECOND_US, &place))
        taken++;
    assert_int_equal(taken, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_is_early_and_nobody_is_later_than_a_spoke, set_up),
        cmocka_unit_test_setup(what_is_far_off_waits_no_longer_than_a_turn_and_is_put_in_again,
                               set_up),
        cmocka_unit_test_setup(hastening_only_ever_makes_it_earlier, set_up),
        cmocka_unit_test_setup(after_an_hour_asleep_everybody_is_taken_once, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
