/* What a handshake needs is given back once it is over for both, and the call does not notice. */
#include "testing.h"

#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static struct world *w;
static struct world_peer *one, *other;

static int set_up(void **state)
{
    (void)state;
    w = world_new(8);
    one = world_join(w, 0, room, 1);
    other = world_join(w, 1, room, 1);
    world_watch(w, 0, "a0", 1, TL_SOURCE_MICROPHONE);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static uint64_t settled(void)
{
    return tl_relay_counter(w->relay, TL_RELAY_DTLS_SETTLED);
}

/* Consent goes on, as a browser's does, and nothing else. */
static void pass_with_consent(tl_time_us us)
{
    for (tl_time_us end = w->now + us; w->now < end;) {
        world_send_stun(w, one, false, NULL);
        world_send_stun(w, other, false, NULL);
        world_pass(w, TL_SECOND_US);
    }
}

static void whoever_sent_nothing_under_its_keys_keeps_its_handshake(void **state)
{
    (void)state;
    pass_with_consent(20 * TL_SECOND_US);
    assert_int_equal(settled(), 0); /* our last flight may have been lost */
    world_send_audio(w, 0);
    pass_with_consent(6 * TL_SECOND_US);
    assert_int_equal(settled(), 1); /* of who spoke alone */
}

static void
five_seconds_after_the_first_packet_it_is_given_back_and_the_call_goes_on(void **state)
{
    (void)state;
    world_send_audio(w, 0);
    world_send_audio(w, 1);
    pass_with_consent(4 * TL_SECOND_US);
    assert_int_equal(settled(), 0);
    pass_with_consent(2 * TL_SECOND_US);
    assert_int_equal(settled(), 2);
    size_t there = other->got_count, here = one->got_count;
    world_send_audio(w, 0);
    world_send_audio(w, 1);
    assert_int_equal(other->got_count, there + 1);
    assert_int_equal(one->got_count, here + 1);
    pass_with_consent(20 * TL_SECOND_US);
    assert_int_equal(settled(), 2); /* once */
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
}

static void a_close_is_told_all_the_same(void **state)
{
    (void)state;
    world_send_audio(w, 0);
    pass_with_consent(6 * TL_SECOND_US);
    assert_int_equal(settled(), 1);
    assert_int_equal(tl_relay_close(w->relay, w->now, one->parameters.id), TL_OK);
    world_settle(w);
    assert_int_equal(tl_dtls_state(one->dtls), TL_DTLS_CLOSED);
}

/* As any other to us: type, version, epoch and what nobody here can open any more. */
static const uint8_t alert[13 + 26] = { 21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 26 };

static void settle_one(void)
{
    world_send_audio(w, 0);
    pass_with_consent(6 * TL_SECOND_US);
    assert_int_equal(settled(), 1);
}

static void who_closes_and_falls_silent_is_gone_in_three_seconds(void **state)
{
    (void)state;
    settle_one();
    world_input(w, one, alert, sizeof alert);
    world_pass(w, 2900 * TL_MILLISECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
    world_pass(w, 200 * TL_MILLISECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_FAILED);
}

/* A page loaded again takes the same place at the relay: what its first connection said is not its own. */
static void who_closed_and_comes_back_is_carried_and_settled_anew(void **state)
{
    (void)state;
    for (unsigned gone_s = 1; gone_s <= 5;
         gone_s += 4) { /* before and after it was taken for gone */
        uint64_t before = settled();
        world_send_audio(w, 0);
        pass_with_consent(6 * TL_SECOND_US);
        assert_int_equal(settled(), before + 1);
        world_input(w, one, alert, sizeof alert);
        world_pass(w, gone_s * TL_SECOND_US);
        assert_int_equal(world_open(w, 0, room, 1), TL_OK);
        world_pass(w, 4 * TL_SECOND_US);
        assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTING);
        assert_true(world_connect(w, 0));
        pass_with_consent(4 * TL_SECOND_US);
        assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
    }
}

static void an_alert_by_somebody_else_ends_nothing_while_its_owner_lives(void **state)
{
    (void)state;
    settle_one();
    for (unsigned i = 0; i < 10; i++) { /* its checks alone, a second apart */
        world_input(w, one, alert, sizeof alert);
        pass_with_consent(TL_SECOND_US);
    }
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
    size_t there = other->got_count;
    world_send_audio(w, 0);
    assert_int_equal(other->got_count, there + 1);
}

static void an_ice_restart_needs_no_handshake(void **state)
{
    (void)state;
    world_send_audio(w, 0);
    pass_with_consent(6 * TL_SECOND_US);
    assert_int_equal(world_restart(w, 0, "peer-again"), TL_OK);
    one->address = tl_address_ipv4(203, 0, 113, 77, 5555);
    world_send_stun(w, one, true, NULL);
    world_settle(w);
    size_t there = other->got_count;
    world_send_audio(w, 0);
    assert_int_equal(other->got_count, there + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whoever_sent_nothing_under_its_keys_keeps_its_handshake,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            five_seconds_after_the_first_packet_it_is_given_back_and_the_call_goes_on, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_close_is_told_all_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_closes_and_falls_silent_is_gone_in_three_seconds,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_closed_and_comes_back_is_carried_and_settled_anew,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_alert_by_somebody_else_ends_nothing_while_its_owner_lives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ice_restart_needs_no_handshake, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
