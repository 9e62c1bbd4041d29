/* What arrived over the last half second, kept in few bits. */
#include "testing.h"

#include "media/bandwidth.h"

static struct tl_throughput throughput;

/* 1,250 bytes each: at 10 ms 1,000 kbit/s. */
static void arrive(tl_time_us from, unsigned packets, tl_time_us apart_sent, tl_time_us apart)
{
    for (unsigned i = 0; i < packets; i++)
        tl_throughput_add(&throughput, 7000 + from + i * apart_sent, from + i * apart, 1250);
}

static void what_came_is_told_and_whether_it_was_squeezed(void **state)
{
    (void)state;
    throughput = (struct tl_throughput){ 0 };
    arrive(TL_SECOND_US, 4, 10000, 10000);
    assert_int_equal(tl_throughput_view(&throughput).kbps, 0); /* too few to say */
    /* however often the low bits come round, from before the epoch on */
    const tl_time_us hour = (tl_time_us)3600 * TL_SECOND_US;
    for (tl_time_us begin = -hour; begin < hour; begin += 37 * TL_SECOND_US) {
        arrive(begin, 100, 10000, 10000);
        struct tl_throughput_view view = tl_throughput_view(&throughput);
        assert_in_range(view.kbps, 998, 1002);
        assert_false(view.squeezed);
        arrive(begin + 2 * TL_SECOND_US, 100, 7000, 10000);
        view = tl_throughput_view(&throughput);
        assert_in_range(view.kbps, 998, 1002);
        assert_true(view.squeezed);
    }
}

/* Times have 24 bits of 16 microseconds: 268 s later they are the same again. */
static void what_came_minutes_ago_is_not_taken_for_recent(void **state)
{
    (void)state;
    for (tl_time_us later = 100 * TL_SECOND_US; later < 600 * TL_SECOND_US;
         later += 300 * TL_MILLISECOND_US) {
        throughput = (struct tl_throughput){ 0 };
        arrive(TL_SECOND_US, 400, 1000, 1000);
        arrive(later, 20, 10000, 10000);
        assert_in_range(tl_throughput_view(&throughput).kbps, 998, 1002);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_is_told_and_whether_it_was_squeezed),
        cmocka_unit_test(what_came_minutes_ago_is_not_taken_for_recent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
