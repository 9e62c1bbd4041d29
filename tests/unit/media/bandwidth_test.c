/* The estimate of a receiver's path, on a simulated bottleneck: a queue that drains at a capacity
 * that changes, a limit on the queue, random loss, jitter. Time is simulated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/bandwidth.h"
#include "testing.h"

enum { TICK = 5 * TL_MILLISECOND_US, FLIGHT = 4096, FEEDBACK = 50 * TL_MILLISECOND_US };

struct path {
    double capacity_kbps, queue_limit_ms, loss;
    tl_time_us one_way, jitter;
    tl_time_us stall; /* the receiver looks away for so long, at one packet of sixty */
    uint32_t random;
};

struct in_flight {
    struct tl_bandwidth_packet packet;
    bool told;
};

/* A sender that shows as much as the target lets it, of `wanted`, in steps when `layers`. */
struct world {
    struct path path;
    struct tl_bandwidth bandwidth;
    tl_time_us now, free_at, feedback_at, frame_at, audio_at;
    struct in_flight flight[FLIGHT];
    size_t first, next;
    uint32_t wanted;
    bool layered, feedback_off;
    bool stubborn;      /* shows all that is wanted, whatever the target */
    bool sends_no_more; /* cannot send what a cluster asks for */
    tl_time_us looks_again_at;
    /* a queue stands when no packet of half a second finds a shorter one */
    double least_queue_ms, worst_standing_ms;
    tl_time_us least_since;
};

static void set_up(struct world *w, double capacity_kbps, uint32_t wanted)
{
    memset(w, 0, sizeof *w);
    w->path = (struct path){ .capacity_kbps = capacity_kbps,
                             .queue_limit_ms = 600,
                             .one_way = 20 * TL_MILLISECOND_US,
                             .random = 7 };
    w->now = w->frame_at = w->audio_at = 1000 * TL_SECOND_US;
    w->feedback_at = w->now + FEEDBACK;
    w->wanted = wanted;
    tl_bandwidth_init(&w->bandwidth, w->now);
}

static double chance(struct world *w)
{
    w->path.random = w->path.random * 1664525u + 1013904223u;
    return (double)(w->path.random >> 8) / (1 << 24);
}

static void send_packet(struct world *w, uint16_t size)
{
    struct in_flight *one = &w->flight[w->next++ % FLIGHT];
    assert_true(w->next - w->first <= FLIGHT);
    *one = (struct in_flight){ .packet = { .sent = w->now, .size = size, .first_word = true } };
    one->packet.cluster = tl_bandwidth_sent(&w->bandwidth, w->now, size);
    if (w->free_at < w->now)
        w->free_at = w->now;
    double queue_ms = (double)(w->free_at - w->now) / TL_MILLISECOND_US;
    if (queue_ms > w->path.queue_limit_ms || chance(w) < w->path.loss)
        return;
    if (queue_ms < w->least_queue_ms)
        w->least_queue_ms = queue_ms;
    w->free_at += (tl_time_us)(size * 8000.0 / w->path.capacity_kbps);
    tl_time_us jitter = (tl_time_us)(chance(w) * (double)w->path.jitter);
    tl_time_us arrived = w->free_at + w->path.one_way;
    if (w->path.stall && arrived > w->looks_again_at && chance(w) < 1 / 60.0)
        w->looks_again_at = arrived + w->path.stall;
    if (arrived < w->looks_again_at)
        arrived = w->looks_again_at;
    one->packet.received = true;
    one->packet.arrived = arrived + jitter + 12345678;
}

static uint32_t shown_kbps(const struct world *w)
{
    static const uint32_t layers[] = { 0, 100, 150, 350, 500, 1100, 1700, 2500 };
    uint32_t target = tl_bandwidth_target_kbps(&w->bandwidth);
    target = target > 45 ? target - 45 : 0; /* sound first */
    if (target > w->wanted || w->stubborn)
        target = w->wanted;
    uint32_t best = 0;
    for (size_t i = 0; w->layered && i < sizeof layers / sizeof layers[0]; i++)
        if (layers[i] <= target)
            best = layers[i];
    return w->layered ? best : target;
}

static void give_feedback(struct world *w)
{
    tl_time_us heard_until = w->now - w->path.one_way; /* the way back */
    bool any = false;
    while (w->first < w->next) {
        struct in_flight *one = &w->flight[w->first % FLIGHT];
        if (one->packet.received ? one->packet.arrived - 12345678 > heard_until
                                 : one->packet.sent + 800 * TL_MILLISECOND_US > w->now)
            break;
        tl_bandwidth_packet(&w->bandwidth, &one->packet);
        any = true;
        w->first++;
    }
    if (any)
        tl_bandwidth_feedback(&w->bandwidth, w->now, 2 * w->path.one_way);
}

static void run(struct world *w, double seconds)
{
    tl_time_us until = w->now + (tl_time_us)(seconds * TL_SECOND_US);
    for (; w->now < until; w->now += TICK) {
        if (w->now - w->least_since >= TL_SECOND_US / 2) {
            if (w->least_queue_ms < 1e9 && w->least_queue_ms > w->worst_standing_ms)
                w->worst_standing_ms = w->least_queue_ms;
            w->least_queue_ms = 1e9;
            w->least_since = w->now;
        }
        if (w->now >= w->audio_at) {
            w->audio_at += 20 * TL_MILLISECOND_US;
            send_packet(w, 120);
        }
        if (w->now >= w->frame_at) {
            w->frame_at += TL_SECOND_US / 30;
            for (int left = (int)(shown_kbps(w) * 1000 / 8 / 30); left > 0; left -= 1100)
                send_packet(w, (uint16_t)(left < 1100 ? left + 40 : 1140));
        }
        (void)tl_bandwidth_cluster_begin(&w->bandwidth, w->now, w->wanted + 45);
        size_t due = tl_bandwidth_cluster_due(&w->bandwidth, w->now);
        for (int sent = 0; due > 0 && sent < 64 && !w->sends_no_more; sent++) {
            send_packet(w, 1140);
            due = due > 1140 ? due - 1140 : 0;
        }
        if (w->now >= w->feedback_at && !w->feedback_off) {
            w->feedback_at += FEEDBACK;
            give_feedback(w);
        }
        tl_bandwidth_tick(&w->bandwidth, w->now);
    }
}

static void assert_within(const struct world *w, double kbps, double share)
{
    double estimate = tl_bandwidth_kbps(&w->bandwidth);
    if (estimate < kbps * (1 - share) || estimate > kbps * (1 + share))
        fail_msg("the estimate is %.0f kbit/s, the path carries %.0f", estimate, kbps);
}

/* From five seconds after a change on, until seconds later. */
static void assert_settled(struct world *w, double kbps, double seconds)
{
    run(w, 5);
    w->least_queue_ms = 1e9;
    w->least_since = w->now;
    w->worst_standing_ms = 0;
    for (double passed = 0; passed < seconds; passed += 0.5) {
        assert_within(w, kbps, 0.2);
        run(w, 0.5);
    }
    if (w->worst_standing_ms >= 100)
        fail_msg("a queue of %.0f ms stands at %.0f kbit/s", w->worst_standing_ms, kbps);
}

static void steps(bool layered, tl_time_us one_way, tl_time_us jitter)
{
    static struct world w;
    set_up(&w, 3000, 2500);
    w.layered = layered;
    w.path.one_way = one_way;
    w.path.jitter = jitter;
    assert_settled(&w, 3000, 10);
    w.path.capacity_kbps = 300;
    assert_settled(&w, 300, 15);
    w.path.capacity_kbps = 3000;
    assert_settled(&w, 3000, 10);
}

static void steps_of_capacity_are_followed_within_five_seconds(void **state)
{
    (void)state;
    steps(false, 20 * TL_MILLISECOND_US, 0);
}

static void steps_of_capacity_are_followed_when_layers_leave_room(void **state)
{
    (void)state;
    steps(true, 20 * TL_MILLISECOND_US, 0);
}

static void steps_of_capacity_are_followed_on_a_long_and_unsteady_path(void **state)
{
    (void)state;
    steps(true, 75 * TL_MILLISECOND_US, 8 * TL_MILLISECOND_US);
}

static void steps_are_followed_at_every_delay_and_jitter(void **state)
{
    (void)state;
    for (tl_time_us one_way = 5; one_way <= 85; one_way += 8)
        for (tl_time_us jitter = 0; jitter <= 10; jitter += 2) {
            print_message("%d ms one way, %d ms jitter\n", (int)one_way, (int)jitter);
            steps(true, one_way * TL_MILLISECOND_US, jitter * TL_MILLISECOND_US);
            steps(false, one_way * TL_MILLISECOND_US, jitter * TL_MILLISECOND_US);
        }
}

/* A browser on a busy machine takes several packets at once, and they seem to have come faster than
 * the line is. */
static void a_receiver_that_looks_away_makes_no_faster_line(void **state)
{
    (void)state;
    static struct world w;
    unsigned looked = 0, off = 0;
    for (tl_time_us one_way = 5; one_way <= 85; one_way += 10) {
        set_up(&w, 3000, 2500);
        w.path.one_way = one_way * TL_MILLISECOND_US;
        w.path.stall = 20 * TL_MILLISECOND_US;
        w.layered = one_way / 10 % 2;
        for (run(&w, 5); looked % 60 != 59; looked++) {
            run(&w, 0.5);
            off += tl_bandwidth_kbps(&w.bandwidth) < 2400 ||
                   tl_bandwidth_kbps(&w.bandwidth) > 3600;
        }
        looked++;
    }
    print_message("%u of %u half seconds off\n", off, looked);
    assert_true(off * 50 < looked);
}

static void what_arrives_is_carried_though_less_was_thought(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 4000);
    w.stubborn = true;
    run(&w, 3);
    assert_within(&w, 3000, 0.2);
}

static void a_cluster_that_could_not_be_sent_is_no_answer(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 2500);
    w.sends_no_more = true;
    run(&w, 1);
    assert_true(tl_bandwidth_kbps(&w.bandwidth) < 1000);
    w.sends_no_more = false;
    run(&w, 1);
    assert_within(&w, 3000, 0.2);
}

/* A fast line is known to be one, up to four times what is wanted, and then left alone; a line that
 * carries little more than is wanted is asked once a minute. */
static void room_beyond_what_is_wanted_is_known_and_seldom_asked_for(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 50000, 1000);
    run(&w, 5);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), 3600, 5500);
    uint8_t asked = w.bandwidth.clusters;
    run(&w, 60);
    assert_int_equal(w.bandwidth.clusters, asked);

    set_up(&w, 1500, 1000);
    run(&w, 20);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), 1045, 1800);
    asked = w.bandwidth.clusters;
    w.worst_standing_ms = 0;
    run(&w, 60);
    assert_in_range((uint8_t)(w.bandwidth.clusters - asked), 1, 2);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), 1045, 1800);
    assert_true(w.worst_standing_ms < 30);
}

static void loss_that_comes_with_the_line_does_not_starve_the_call(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 1700);
    w.path.loss = 0.10;
    run(&w, 30);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), 1000, 3600);
    w.path.loss = 0.20;
    run(&w, 30);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), 400, 3600);
}

static void loss_of_a_path_without_a_queue_is_followed(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 2500);
    w.path.queue_limit_ms = 15; /* a policer drops what a router would queue */
    run(&w, 10);
    w.path.capacity_kbps = 500;
    run(&w, 15);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), 150, 750);
}

static void a_longer_route_is_no_queue(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 2500);
    run(&w, 10);
    w.path.one_way += 90 * TL_MILLISECOND_US;
    run(&w, 10);
    assert_within(&w, 3000, 0.25);
}

static void silence_takes_the_rate_down_and_feedback_brings_it_back(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 2500);
    run(&w, 10);
    w.path.loss = 1;
    w.feedback_off = true;
    run(&w, 5);
    assert_in_range(tl_bandwidth_kbps(&w.bandwidth), TL_BANDWIDTH_LEAST_KBPS, 400);
    w.path.loss = 0;
    w.feedback_off = false;
    w.feedback_at = w.now;
    run(&w, 5);
    assert_within(&w, 3000, 0.2);
}

static void a_receiver_without_feedback_is_believed_by_its_remb(void **state)
{
    (void)state;
    struct tl_bandwidth bandwidth;
    tl_bandwidth_init(&bandwidth, TL_SECOND_US);
    tl_bandwidth_remb(&bandwidth, 2 * TL_SECOND_US, 450000);
    assert_int_equal(tl_bandwidth_kbps(&bandwidth), 450);
    tl_bandwidth_remb(&bandwidth, 2 * TL_SECOND_US, UINT64_MAX);
    assert_int_equal(tl_bandwidth_kbps(&bandwidth), TL_BANDWIDTH_MOST_KBPS);
    tl_bandwidth_remb(&bandwidth, 2 * TL_SECOND_US, 0);
    assert_int_equal(tl_bandwidth_kbps(&bandwidth), TL_BANDWIDTH_LEAST_KBPS);
}

static void transport_feedback_outranks_remb(void **state)
{
    (void)state;
    static struct world w;
    set_up(&w, 3000, 2500);
    run(&w, 5);
    uint32_t before = tl_bandwidth_kbps(&w.bandwidth);
    tl_bandwidth_remb(&w.bandwidth, w.now, 100000);
    assert_int_equal(tl_bandwidth_kbps(&w.bandwidth), before);
}

/* Times that cannot be, told by a receiver that lies: the estimate stays within its bounds. */
static void feedback_without_sense_keeps_the_estimate_within_its_bounds(void **state)
{
    (void)state;
    struct tl_bandwidth bandwidth;
    uint64_t random = 88172645463325252ull;
    tl_time_us now = TL_SECOND_US;
    tl_bandwidth_init(&bandwidth, now);
    for (unsigned i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        now += random % 20000;
        (void)tl_bandwidth_cluster_begin(&bandwidth, now, 5000);
        (void)tl_bandwidth_cluster_due(&bandwidth, now);
        struct tl_bandwidth_packet packet = {
            .sent = now - (tl_time_us)(random >> 8) % 5000000,
            .arrived = (tl_time_us)(random >> (12 + i % 48)) - (1 << 20),
            .size = (uint16_t)(random >> 3),
            .received = random & 4,
            .first_word = random & 8,
        };
        packet.cluster = tl_bandwidth_sent(&bandwidth, now, packet.size);
        tl_bandwidth_packet(&bandwidth, &packet);
        if (random % 7 == 0)
            tl_bandwidth_feedback(&bandwidth, now, (tl_time_us)(random % 3000000));
        tl_bandwidth_tick(&bandwidth, now);
        assert_in_range(tl_bandwidth_kbps(&bandwidth), TL_BANDWIDTH_LEAST_KBPS,
                        TL_BANDWIDTH_MOST_KBPS);
        assert_true(tl_bandwidth_target_kbps(&bandwidth) <= TL_BANDWIDTH_MOST_KBPS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_capacity_are_followed_within_five_seconds),
        cmocka_unit_test(steps_of_capacity_are_followed_when_layers_leave_room),
        cmocka_unit_test(steps_of_capacity_are_followed_on_a_long_and_unsteady_path),
        cmocka_unit_test(steps_are_followed_at_every_delay_and_jitter),
        cmocka_unit_test(a_receiver_that_looks_away_makes_no_faster_line),
        cmocka_unit_test(what_arrives_is_carried_though_less_was_thought),
        cmocka_unit_test(a_cluster_that_could_not_be_sent_is_no_answer),
        cmocka_unit_test(room_beyond_what_is_wanted_is_known_and_seldom_asked_for),
        cmocka_unit_test(loss_that_comes_with_the_line_does_not_starve_the_call),
        cmocka_unit_test(loss_of_a_path_without_a_queue_is_followed),
        cmocka_unit_test(a_longer_route_is_no_queue),
        cmocka_unit_test(silence_takes_the_rate_down_and_feedback_brings_it_back),
        cmocka_unit_test(a_receiver_without_feedback_is_believed_by_its_remb),
        cmocka_unit_test(transport_feedback_outranks_remb),
        cmocka_unit_test(feedback_without_sense_keeps_the_estimate_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
