/* What one participant may send in a second, at each limit, and that it is his own. */
#include "testing.h"

#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static struct world *w;
static struct world_peer *flooder, *speaker, *listener;

static int set_up(void **state)
{
    (void)state;
    w = world_new(4);
    flooder = world_join(w, 0, room, 0);
    speaker = world_join(w, 1, room, 0);
    listener = world_join(w, 2, room, 1);
    world_watch(w, 2, "a0", 1, TL_SOURCE_MICROPHONE);
    world_pass(w, TL_SECOND_US); /* what joining took is there again */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static uint64_t counter(enum tl_relay_counter which)
{
    return tl_relay_counter(w->relay, which);
}

static void send_junk(size_t count, size_t size, uint8_t second)
{
    uint8_t junk[1500] = { 0x80, second };
    for (size_t i = 0; i < count; i++)
        world_input(w, flooder, junk, size);
}

static void packets_of_a_participant_are_6000_a_second_at_most(void **state)
{
    (void)state;
    uint64_t judged = counter(TL_RELAY_DROP_SRTP_AUTH);
    send_junk(TL_RELAY_IN_PACKETS, 30, PT_OPUS);
    assert_int_equal(counter(TL_RELAY_DROP_IN_PACKETS), 0);
    send_junk(1, 30, PT_OPUS);
    assert_int_equal(counter(TL_RELAY_DROP_IN_PACKETS), 1);
    w->now += 10 * TL_MILLISECOND_US; /* sixty more are earned */
    send_junk(TL_RELAY_IN_PACKETS / 100 + 1, 30, PT_OPUS);
    assert_int_equal(counter(TL_RELAY_DROP_IN_PACKETS), 2);
    assert_int_equal(counter(TL_RELAY_DROP_SRTP_AUTH) - judged,
                     TL_RELAY_IN_PACKETS + TL_RELAY_IN_PACKETS / 100);
}

static void bytes_of_a_participant_are_6_megabytes_a_second_at_most(void **state)
{
    (void)state;
    send_junk(TL_RELAY_IN_BYTES / 1500, 1500, PT_OPUS);
    assert_int_equal(counter(TL_RELAY_DROP_IN_BYTES), 0);
    send_junk(1, 30, PT_OPUS);
    assert_int_equal(counter(TL_RELAY_DROP_IN_BYTES), 1);
    assert_int_equal(counter(TL_RELAY_DROP_IN_PACKETS), 0);
    w->now += 5; /* thirty bytes are earned */
    send_junk(1, 30, PT_OPUS);
    send_junk(1, 30, PT_OPUS);
    assert_int_equal(counter(TL_RELAY_DROP_IN_BYTES), 2);
}

static void rtcp_of_a_participant_is_1500_packets_a_second_at_most(void **state)
{
    (void)state;
    send_junk(TL_RELAY_IN_RTCP, 40, 201);
    assert_int_equal(counter(TL_RELAY_DROP_IN_RTCP), 0);
    send_junk(1, 40, 201);
    assert_int_equal(counter(TL_RELAY_DROP_IN_RTCP), 1);
    assert_int_equal(counter(TL_RELAY_DROP_SRTP_AUTH), TL_RELAY_IN_RTCP);
    send_junk(1, 40, PT_OPUS); /* sound goes on */
    assert_int_equal(counter(TL_RELAY_DROP_SRTP_AUTH), TL_RELAY_IN_RTCP + 1);
}

static void stun_of_a_participant_is_answered_200_times_a_second_at_most(void **state)
{
    (void)state;
    uint64_t sent = counter(TL_RELAY_PACKETS_SENT);
    for (unsigned i = 0; i < TL_RELAY_IN_STUN; i++)
        world_send_stun(w, flooder, true, NULL);
    assert_int_equal(counter(TL_RELAY_PACKETS_SENT) - sent, TL_RELAY_IN_STUN);
    assert_int_equal(counter(TL_RELAY_DROP_IN_STUN), 0);
    world_send_stun(w, flooder, true, NULL);
    assert_int_equal(counter(TL_RELAY_DROP_IN_STUN), 1);
    assert_int_equal(counter(TL_RELAY_PACKETS_SENT) - sent, TL_RELAY_IN_STUN);
    w->now += TL_SECOND_US / TL_RELAY_IN_STUN;
    world_send_stun(w, flooder, true, NULL);
    assert_int_equal(counter(TL_RELAY_PACKETS_SENT) - sent, TL_RELAY_IN_STUN + 1);
}

/* A stranger who read the ufrag on the way must not use up what its owner may ask. */
static void stun_that_does_not_authenticate_uses_up_nobodys_requests(void **state)
{
    (void)state;
    struct world_peer stranger = *flooder;
    stranger.address = tl_address_ipv4(203, 0, 113, 9, 999);
    for (unsigned i = 0; i < 3 * TL_RELAY_IN_STUN; i++)
        world_send_stun(w, &stranger, true, "a guess");
    w->queued = 0;
    uint64_t sent = counter(TL_RELAY_PACKETS_SENT);
    world_send_stun(w, flooder, true, NULL);
    assert_int_equal(counter(TL_RELAY_DROP_IN_STUN), 0);
    assert_int_equal(counter(TL_RELAY_PACKETS_SENT), sent + 1);
}

static void refusals_to_strangers_are_100_a_second_at_most(void **state)
{
    (void)state;
    struct world_peer stranger = *flooder;
    stranger.address = tl_address_ipv4(203, 0, 113, 9, 999);
    (void)snprintf(stranger.answer.ufrag, sizeof stranger.answer.ufrag, "nobody");
    uint64_t sent = counter(TL_RELAY_PACKETS_SENT);
    for (unsigned i = 0; i < 100; i++)
        world_send_stun(w, &stranger, true, NULL);
    assert_int_equal(counter(TL_RELAY_PACKETS_SENT), sent + 100);
    assert_int_equal(counter(TL_RELAY_DROP_STUN_RATE), 0);
    world_send_stun(w, &stranger, true, NULL);
    assert_int_equal(counter(TL_RELAY_PACKETS_SENT), sent + 100);
    assert_int_equal(counter(TL_RELAY_DROP_STUN_RATE), 1);
    w->queued = 0;
}

static void who_floods_harms_nobody_else(void **state)
{
    (void)state;
    size_t heard = listener->got_count;
    for (unsigned i = 0; i < 50; i++) { /* one second of sound, beside ten times the limits */
        send_junk(TL_RELAY_IN_RTCP / 5, 40, 201);
        send_junk(TL_RELAY_IN_PACKETS / 5, i < 20 ? 1500 : 30, PT_OPUS);
        for (unsigned s = 0; s < TL_RELAY_IN_STUN / 5; s++)
            world_send_stun(w, flooder, true, NULL);
        world_send_audio(w, 1);
        world_pass(w, 20 * TL_MILLISECOND_US);
    }
    assert_int_equal(listener->got_count - heard, 50);
    assert_true(counter(TL_RELAY_DROP_IN_PACKETS) > 0);
    assert_true(counter(TL_RELAY_DROP_IN_BYTES) > 0);
    assert_true(counter(TL_RELAY_DROP_IN_RTCP) > 0);
    assert_true(counter(TL_RELAY_DROP_IN_STUN) > 0);
    /* what the flood cost us: two seconds' worth of cipher work at most */
    assert_true(counter(TL_RELAY_DROP_SRTP_AUTH) < 2 * TL_RELAY_IN_PACKETS);
    assert_int_equal(w->states[1], TL_PARTICIPANT_CONNECTED);
    assert_int_equal(w->states[2], TL_PARTICIPANT_CONNECTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packets_of_a_participant_are_6000_a_second_at_most),
        TEST(bytes_of_a_participant_are_6_megabytes_a_second_at_most),
        TEST(rtcp_of_a_participant_is_1500_packets_a_second_at_most),
        TEST(stun_of_a_participant_is_answered_200_times_a_second_at_most),
        TEST(stun_that_does_not_authenticate_uses_up_nobodys_requests),
        TEST(refusals_to_strangers_are_100_a_second_at_most),
        TEST(who_floods_harms_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
