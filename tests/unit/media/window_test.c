/* The receive window: none for an idle relay, bounded for a busy one, and worth it. */
#include "testing.h"

#include "media/window.h"

/* A relay on one core: what a wake-up and a packet cost it, and when it looks. */
struct model {
    struct tl_window window;
    tl_time_us now, used;
    double packets; /* that came since the last look */
    unsigned wakes;
    double waited_us; /* by all packets */
    double total;
};

enum { WAKE_US = 10, PACKET_US = 8 };

static void run_model(struct model *m, double packets_per_s, tl_time_us lasts)
{
    tl_time_us end = m->now + lasts;
    while (m->now < end) {
        if (tl_window_is_due(&m->window, m->now))
            tl_window_judge(&m->window, m->now, m->used);
        tl_time_us sleep = tl_window_left(&m->window, m->now);
        assert_in_range(sleep, 0, TL_WINDOW_LIMIT_US);
        tl_time_us next = (tl_time_us)(1e6 / packets_per_s) + 1;
        if (sleep < next - (tl_time_us)(m->packets * (double)next))
            sleep = next; /* epoll sleeps until something comes */
        m->packets += packets_per_s * (double)sleep / 1e6;
        m->waited_us += m->packets * (double)sleep / 2;
        m->total += m->packets;
        tl_time_us work = WAKE_US + (tl_time_us)(m->packets * PACKET_US);
        m->now += sleep + work;
        m->used += work;
        m->packets = packets_per_s * (double)work / 1e6;
        tl_window_read(&m->window, m->now);
        m->wakes++;
    }
}

static struct model start(void)
{
    return (struct model){ .now = TL_SECOND_US };
}

static void an_idle_relay_never_waits(void **state)
{
    (void)state;
    struct model m = start();
    run_model(&m, 500, 5 * TL_SECOND_US); /* a call */
    assert_int_equal(m.window.wait, 0);
    assert_int_equal(tl_window_left(&m.window, m.now), 0);
}

static void
a_busy_relay_wakes_less_often_and_packets_wait_under_a_third_of_a_millisecond(void **state)
{
    (void)state;
    struct model m = start();
    run_model(&m, 40000, 2 * TL_SECOND_US);
    m.wakes = 0;
    m.waited_us = m.total = 0;
    run_model(&m, 40000, TL_SECOND_US);
    assert_in_range(m.wakes, 1500, 4000); /* one a packet would be 40,000 */
    assert_true(m.waited_us / m.total < 300);
    assert_true(m.window.wait > 200);
}

static void the_wait_settles_and_never_passes_a_millisecond(void **state)
{
    (void)state;
    struct model m = start();
    for (double load = 1000; load <= 200000; load *= 1.3) {
        run_model(&m, load, 2 * TL_SECOND_US);
        tl_time_us least = m.window.wait, most = least;
        for (unsigned i = 0; i < 25; i++) {
            run_model(&m, load, 2 * TL_WINDOW_JUDGE_US);
            least = m.window.wait < least ? m.window.wait : least;
            most = m.window.wait > most ? m.window.wait : most;
        }
        assert_in_range(most, 0, TL_WINDOW_LIMIT_US);
        assert_true(most - least <= 100);
    }
    assert_int_equal(m.window.wait, TL_WINDOW_LIMIT_US); /* far beyond what it carries */
}

static void after_a_pause_the_first_packet_is_read_at_once(void **state)
{
    (void)state;
    struct model m = start();
    run_model(&m, 40000, 2 * TL_SECOND_US);
    assert_true(tl_window_left(&m.window, m.now) > 0);
    m.now += 2 * TL_MILLISECOND_US;
    assert_int_equal(tl_window_left(&m.window, m.now), 0);
    /* and a second of silence ends the window itself */
    m.now += TL_SECOND_US;
    assert_true(tl_window_is_due(&m.window, m.now));
    tl_window_judge(&m.window, m.now, m.used);
    assert_int_equal(m.window.wait, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_relay_never_waits),
        cmocka_unit_test(
            a_busy_relay_wakes_less_often_and_packets_wait_under_a_third_of_a_millisecond),
        cmocka_unit_test(the_wait_settles_and_never_passes_a_millisecond),
        cmocka_unit_test(after_a_pause_the_first_packet_is_read_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
