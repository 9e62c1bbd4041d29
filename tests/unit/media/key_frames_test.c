/* When the relay asks a sender for a key frame, in a simulated network. */
#include "testing.h"

#include "relay_world.h"
#include "route/internal.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static struct world *w;

static int set_up(void **state)
{
    (void)state;
    w = world_new(8);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static void key_frame_requests_are_throttled_however_many_ask(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    for (int i = 1; i < 5; i++)
        world_join(w, i, room, 1);
    world_send_video(w, 0, true, false);
    for (int i = 1; i < 5; i++)
        world_watch(w, i, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    assert_int_equal(sender->pli, 1);
    for (int round = 0; round < 20; round++)
        for (int i = 1; i < 5; i++) {
            uint8_t buffer[100];
            struct tl_writer writer = tl_writer(buffer, sizeof buffer);
            tl_rtcp_write_pli(&writer, 1, w->peers[i].answer.receives[1].ssrc);
            world_send_rtcp(w, i, &writer);
        }
    assert_int_equal(sender->pli, 1);
    for (int i = 0; i < 49; i++) {
        world_pass(w, 10 * TL_MILLISECOND_US);
        if (i % 3 == 0)
            world_send_video(w, 0, false, false);
    }
    assert_int_equal(sender->pli, 1);
    world_pass(w, 40 * TL_MILLISECOND_US);
    assert_int_equal(sender->pli, 2);
}

/* After a relay died everyone comes back within moments: the key frame that the first got went by
 * before the others had keys to be sent it with. */
static void who_can_see_only_now_does_not_wait_for_the_next_request_of_all(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    world_join(w, 1, room, 1);
    assert_int_equal(world_open(w, 2, room, 1), TL_OK);
    world_send_video(w, 0, true, false);
    world_watch(w, 2, "v0", 0, TL_SOURCE_CAMERA);
    assert_int_equal(sender->pli, 0); /* it could not be sent one */
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    assert_int_equal(sender->pli, 1);
    world_send_video(w, 0, true, false);
    world_pass(w, 40 * TL_MILLISECOND_US);
    assert_true(world_connect(w, 2));
    world_send_video(w, 0, false, false);
    for (int i = 0; i < 4; i++) {
        world_pass(w, 30 * TL_MILLISECOND_US);
        world_send_video(w, 0, false, false);
    }
    assert_int_equal(sender->pli, 2);
    world_send_video(w, 0, true, false);
    assert_int_equal(w->peers[2].got_count, 1);
    /* once: the next of anyone waits its half second again */
    uint8_t buffer[100];
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_pli(&writer, 1, w->peers[2].answer.receives[1].ssrc);
    world_send_rtcp(w, 2, &writer);
    for (int i = 0; i < 10; i++) {
        world_pass(w, 30 * TL_MILLISECOND_US);
        world_send_video(w, 0, false, false);
    }
    assert_int_equal(sender->pli, 2);
}

static uint64_t asked(void)
{
    return w->relay->counters[TL_RELAY_PLI_SENT];
}

/* The wire stands still: only the relay's time goes on. */
static void wait_ms(unsigned ms)
{
    for (unsigned passed = 0; passed < ms; passed += 10) {
        w->now += 10 * TL_MILLISECOND_US;
        world_tick(w);
    }
}

/* A sender so many ms away, and a receiver 80 ms away whose first DTLS is there. */
static struct world_peer *greeted(unsigned sender_ms)
{
    world_join(w, 0, room, 0);
    world_send_video(w, 0, true, false);
    assert_int_equal(world_open(w, 1, room, 1), TL_OK);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    w->relay->participants[0]->rtt = sender_ms * TL_MILLISECOND_US;
    world_send_stun(w, &w->peers[1], true, NULL);
    world_settle(w);
    wait_ms(80);
    assert_int_equal(asked(), 0);
    tl_dtls_start(w->peers[1].dtls);
    world_flush_dtls(w, &w->peers[1]);
    return &w->peers[0];
}

static void a_key_frame_is_asked_for_while_the_keys_are_made(void **state)
{
    (void)state;
    struct world_peer *sender = greeted(80);
    wait_ms(20);
    assert_int_equal(asked(), 1);
    world_settle(w);
    assert_true(w->peers[1].connected);
    wait_ms(150);
    assert_int_equal(sender->pli, 1); /* it is on its way, and not asked for again */
    assert_int_equal(asked(), 1);
    world_send_video(w, 0, true, false);
    assert_int_equal(w->peers[1].got_count, 1);
}

static void a_near_sender_is_asked_later_for_a_frame_before_the_keys_is_for_nobody(void **state)
{
    (void)state;
    greeted(20);
    wait_ms(50);
    assert_int_equal(asked(), 0);
    wait_ms(40);
    assert_int_equal(asked(), 1);
}

static void a_sender_whose_way_is_not_known_is_asked_with_the_keys(void **state)
{
    (void)state;
    greeted(0);
    wait_ms(70);
    assert_int_equal(asked(), 0);
    world_settle(w);
    assert_int_equal(asked(), 1);
}

static void a_frame_that_came_before_the_keys_is_asked_for_again_with_them(void **state)
{
    (void)state;
    greeted(80);
    wait_ms(20);
    assert_int_equal(asked(), 1);
    wait_ms(100); /* slower than was to be thought */
    world_send_video(w, 0, true, false);
    assert_true(w->peers[1].connected);
    assert_int_equal(asked(), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(key_frame_requests_are_throttled_however_many_ask),
        TEST(who_can_see_only_now_does_not_wait_for_the_next_request_of_all),
        TEST(a_key_frame_is_asked_for_while_the_keys_are_made),
        TEST(a_near_sender_is_asked_later_for_a_frame_before_the_keys_is_for_nobody),
        TEST(a_sender_whose_way_is_not_known_is_asked_with_the_keys),
        TEST(a_frame_that_came_before_the_keys_is_asked_for_again_with_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
