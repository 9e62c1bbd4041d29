/* ICE restart through the whole relay: the transport stays, the path changes. */
#include "testing.h"

#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static struct world *w;
static struct world_peer *mover, *other;
static struct tl_address before;

static int set_up(void **state)
{
    (void)state;
    w = world_new(8);
    mover = world_join(w, 0, room, 1);
    other = world_join(w, 1, room, 1);
    world_watch(w, 0, "a0", 1, TL_SOURCE_MICROPHONE);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    before = mover->address;
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

static void heard_both_ways(void)
{
    size_t there = other->got_count, here = mover->got_count;
    world_send_audio(w, 0);
    world_send_audio(w, 1);
    assert_int_equal(other->got_count, there + 1);
    assert_int_equal(mover->got_count, here + 1);
}

static void move(void)
{
    mover->address = tl_address_ipv4(203, 0, 113, 77, 5555);
}

static void an_ice_restart_keeps_dtls_keys_streams_and_slots(void **state)
{
    (void)state;
    struct tl_participant_answer first = mover->answer;
    heard_both_ways();
    uint32_t ssrc = world_last(mover)->header.ssrc;
    uint16_t sequence = world_last(mover)->header.sequence;
    assert_int_equal(world_restart(w, 0, "peer-again"), TL_OK);
    assert_string_not_equal(mover->answer.ufrag, first.ufrag);
    assert_string_not_equal(mover->answer.password, first.password);
    assert_memory_equal(mover->answer.receives, first.receives, sizeof first.receives);
    move();
    world_send_stun(w, mover, true, NULL);
    world_settle(w);
    heard_both_ways(); /* with the keys of before, at the new address */
    assert_int_equal(world_last(mover)->header.ssrc, ssrc);
    assert_int_equal(world_last(mover)->header.sequence, (uint16_t)(sequence + 1));
    assert_int_equal(counter(TL_RELAY_DTLS_HANDSHAKES), 2); /* one a person */
    assert_int_equal(counter(TL_RELAY_ICE_RESTARTS), 1);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
}

static void the_old_path_carries_media_until_the_new_one_is_nominated(void **state)
{
    (void)state;
    assert_int_equal(world_restart(w, 0, "peer-again"), TL_OK);
    heard_both_ways();
    move();
    world_send_stun(w, mover, false, NULL);
    mover->address = before;
    world_settle(w);
    heard_both_ways();
    move();
    world_send_stun(w, mover, true, NULL);
    world_settle(w);
    mover->address = before; /* what was on its way */
    size_t there = other->got_count;
    world_send_audio(w, 0);
    assert_int_equal(other->got_count, there + 1);
    world_pass(w, TL_ICE_LEAVING_US);
    world_send_audio(w, 0);
    assert_int_equal(other->got_count, there + 1);
    assert_int_equal(counter(TL_RELAY_DROP_ADDRESS), 1);
}

static void a_restart_that_never_comes_to_a_nomination_changes_nothing(void **state)
{
    (void)state;
    char old_ufrag[TL_ICE_LOCAL_UFRAG_SIZE], old_password[TL_ICE_LOCAL_PASSWORD_SIZE];
    memcpy(old_ufrag, mover->answer.ufrag, sizeof old_ufrag);
    memcpy(old_password, mover->answer.password, sizeof old_password);
    for (unsigned i = 0; i < 5; i++) {
        char ufrag[32];
        (void)snprintf(ufrag, sizeof ufrag, "again-%u", i);
        assert_int_equal(world_restart(w, 0, ufrag), TL_OK);
    }
    memcpy(mover->answer.ufrag, old_ufrag, sizeof old_ufrag);
    memcpy(mover->answer.password, old_password, sizeof old_password);
    (void)snprintf(mover->parameters.remote_ufrag, sizeof mover->parameters.remote_ufrag,
                   "peer");
    for (unsigned i = 0; i < 8; i++) {
        world_send_stun(w, mover, true, NULL);
        world_send_stun(w, other, true, NULL);
        world_pass(w, 5 * TL_SECOND_US);
    }
    heard_both_ways();
    assert_int_equal(counter(TL_RELAY_ICE_RESTARTS), 0);
}

static void a_restart_with_a_wrong_password_gets_401_and_moves_nothing(void **state)
{
    (void)state;
    assert_int_equal(world_restart(w, 0, "peer-again"), TL_OK);
    move();
    world_send_stun(w, mover, true, "not-the-password");
    world_settle(w);
    assert_int_equal(mover->last_stun_error, 401);
    mover->address = before;
    heard_both_ways();
    assert_int_equal(counter(TL_RELAY_ICE_RESTARTS), 0);
}

static void a_restart_after_silence_ends_the_interruption_and_is_a_reconnection(void **state)
{
    (void)state;
    heard_both_ways();
    world_pass(w, 8 * TL_SECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_RECONNECTING);
    assert_int_equal(world_restart(w, 0, "peer-again"), TL_OK);
    move();
    world_send_stun(w, mover, true, NULL);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
    assert_int_equal(w->incidents[TL_INCIDENT_INTERRUPTION], 1);
    assert_int_equal(w->incidents[TL_INCIDENT_RECONNECTION], 1);
    assert_true(w->last_incident.started_ago >= 7 * (tl_time_us)TL_SECOND_US);
}

static void restarting_asks_for_somebody_with_a_transport_and_another_ufrag(void **state)
{
    (void)state;
    struct tl_participant_answer answer;
    assert_int_equal(tl_relay_restart(w->relay, w->now, "00000000000000000000000000000099",
                                      TL_TEXT("peer-again"), &answer),
                     TL_ERROR_MISSING);
    assert_int_equal(world_restart(w, 0, "peer"), TL_ERROR_EXISTS);
    world_pass(w, TL_ICE_CONSENT_US + TL_SECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_FAILED);
    assert_int_equal(world_restart(w, 0, "peer-again"), TL_ERROR_STATE);
}

static void
media_goes_to_another_address_that_holds_once_consent_for_its_own_has_expired(void **state)
{
    (void)state;
    struct tl_address second = tl_address_ipv4(203, 0, 113, 77, 5555);
    for (unsigned i = 0; i < 8; i++) { /* the nominated address says nothing any more */
        mover->address = second;
        world_send_stun(w, mover, false, NULL);
        world_send_stun(w, other, false, NULL);
        mover->address = before;
        size_t here = mover->got_count;
        if (i < 6) {
            world_send_audio(w, 1);
            assert_int_equal(mover->got_count, here + 1);
        }
        world_pass(w, 5 * TL_SECOND_US);
    }
    assert_int_equal(counter(TL_RELAY_PATHS_FOLLOWED), 1);
    size_t here = mover->got_count;
    world_send_audio(w, 1);
    assert_int_equal(mover->got_count, here); /* none to the old address */
    move();
    heard_both_ways();
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
}

static void without_any_address_that_consents_nothing_more_is_sent(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        world_send_stun(w, other, true, NULL);
        world_send_audio(w, 0); /* media is no consent */
        world_pass(w, 5 * TL_SECOND_US);
    }
    world_pass(w, 100 * TL_MILLISECOND_US); /* judged at a tick */
    size_t here = mover->got_count;
    world_send_audio(w, 1);
    assert_int_equal(mover->got_count, here);
    assert_int_equal(w->states[0], TL_PARTICIPANT_FAILED);
    assert_string_equal(w->reasons[0], "consent");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ice_restart_keeps_dtls_keys_streams_and_slots),
        TEST(the_old_path_carries_media_until_the_new_one_is_nominated),
        TEST(a_restart_that_never_comes_to_a_nomination_changes_nothing),
        TEST(a_restart_with_a_wrong_password_gets_401_and_moves_nothing),
        TEST(a_restart_after_silence_ends_the_interruption_and_is_a_reconnection),
        TEST(media_goes_to_another_address_that_holds_once_consent_for_its_own_has_expired),
        TEST(without_any_address_that_consents_nothing_more_is_sent),
        TEST(restarting_asks_for_somebody_with_a_transport_and_another_ufrag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
