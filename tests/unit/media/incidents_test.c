/* What the relay tells of a call for the register of acts, kind by kind, in simulated time. */
#include "testing.h"

#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static struct world *w;

static int set_up(void **state)
{
    (void)state;
    w = world_new(8);
    world_join(w, 0, room, 1);
    world_join(w, 1, room, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

/* 20 ms of a call: a packet of sound, and each second time a frame. */
static void speak(bool sound, bool picture, bool lost)
{
    struct world_peer *peer = &w->peers[0];
    static unsigned turn;
    if (sound && lost)
        peer->audio_sequence++;
    else if (sound)
        world_send_audio(w, 0);
    if (picture && turn++ % 2 == 0)
        world_send_video(w, 0, false, lost);
    world_pass(w, 20 * TL_MILLISECOND_US);
}

static void flow(unsigned turns, bool sound, bool picture, bool lost)
{
    while (turns--)
        speak(sound, picture, lost);
}

static unsigned told(enum tl_incident_kind kind)
{
    return w->incidents[kind];
}

static void a_picture_that_stands_still_is_a_freeze_with_its_length(void **state)
{
    (void)state;
    flow(50, true, true, false);
    for (unsigned i = 0; i < 50; i++) { /* sound goes on: only the camera's frames are lost */
        if (i % 2 == 0)
            world_send_video(w, 0, false, true);
        world_send_audio(w, 0);
        world_pass(w, 20 * TL_MILLISECOND_US);
    }
    flow(10, true, true, false);
    assert_int_equal(told(TL_INCIDENT_FREEZE), 1);
    assert_int_equal(told(TL_INCIDENT_AUDIO_GAP), 0);
    assert_in_range((unsigned)w->last_incident.measure, 950, 1100);
    assert_in_range(w->last_incident.started_ago, 950000, 1100000);
    assert_int_equal(w->last_incident.ended_ago, 0);
}

static void sound_that_is_missing_is_an_audio_gap_with_its_length(void **state)
{
    (void)state;
    flow(50, true, false, false);
    flow(20, true, false, true);
    flow(10, true, false, false);
    assert_int_equal(told(TL_INCIDENT_AUDIO_GAP), 1);
    assert_in_range((unsigned)w->last_incident.measure, 400, 440);
    assert_int_equal(told(TL_INCIDENT_FREEZE), 0);
}

static void what_a_host_muted_is_neither_frozen_nor_missing(void **state)
{
    (void)state;
    const char *id = w->peers[0].parameters.id;
    flow(50, true, true, false);
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, id, TL_SOURCE_CAMERA, true), TL_OK);
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, id, TL_SOURCE_MICROPHONE, true),
                     TL_OK);
    flow(50, true, true, false);
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, id, TL_SOURCE_CAMERA, false),
                     TL_OK);
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, id, TL_SOURCE_MICROPHONE, false),
                     TL_OK);
    flow(50, true, true, false);
    assert_int_equal(told(TL_INCIDENT_FREEZE) + told(TL_INCIDENT_AUDIO_GAP), 0);
}

static void an_interruption_is_told_once_and_not_as_gaps_too(void **state)
{
    (void)state;
    flow(50, true, true, false);
    for (unsigned i = 0; i < 7 * 50; i++)
        speak(true, true, true);
    flow(50, true, true, false);
    assert_int_equal(told(TL_INCIDENT_INTERRUPTION), 1);
    assert_int_equal(told(TL_INCIDENT_FREEZE), 0);
    assert_int_equal(told(TL_INCIDENT_AUDIO_GAP), 0);
}

static void losing_a_packet_now_and_then_is_no_incident(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 500; i++)
        speak(true, true, i % 20 == 7);
    assert_int_equal(told(TL_INCIDENT_FREEZE) + told(TL_INCIDENT_AUDIO_GAP), 0);
}

/* The peer nominates another address, and goes on from there. */
static void go_over_to(struct tl_address address)
{
    w->peers[0].address = address;
    world_send_stun(w, &w->peers[1], true, NULL); /* the other keeps its consent */
    world_pass(w, 20 * TL_MILLISECOND_US);
    world_send_stun(w, &w->peers[0], true, NULL);
    world_settle(w);
}

static struct tl_address tcp(void)
{
    struct tl_address address = tl_address_ipv4(198, 51, 100, 1, 4001);
    address.stream = 0x101;
    return address;
}

static void a_call_carried_by_tcp_or_turn_is_told_once_with_the_rung_and_its_end(void **state)
{
    (void)state;
    const struct {
        struct tl_address address;
        enum tl_rung rung;
    } rungs[] = { { tcp(), TL_RUNG_TCP },
                  { tl_address_ipv4(203, 0, 113, 1, 41511), TL_RUNG_TURN } };
    for (unsigned i = 0; i < 2; i++) {
        go_over_to(rungs[i].address);
        flow(50 * 4, true, false, false);
        assert_int_equal(told(TL_INCIDENT_FALLBACK), 2 * i);
        flow(50 * 2, true, false, false);
        assert_int_equal(told(TL_INCIDENT_FALLBACK), 2 * i + 1);
        assert_int_equal(w->last_incident.rung, rungs[i].rung);
        assert_int_equal(w->last_incident.ended_ago, -1);
        assert_in_range(w->last_incident.started_ago, 5000000, 5100000);
        flow(50 * 20, true, false, false);
        assert_int_equal(told(TL_INCIDENT_FALLBACK), 2 * i + 1);
        go_over_to(tl_address_ipv4(198, 51, 100, 1, 4000));
        flow(3, true, false, false);
        assert_int_equal(told(TL_INCIDENT_FALLBACK), 2 * i + 2);
        assert_int_equal(w->last_incident.ended_ago, 0);
        assert_in_range(w->last_incident.started_ago, 25000000, 27000000);
    }
}

static void who_leaves_on_a_lower_rung_ends_its_fallback(void **state)
{
    (void)state;
    go_over_to(tcp());
    flow(50 * 6, true, false, false);
    assert_int_equal(told(TL_INCIDENT_FALLBACK), 1);
    assert_int_equal(tl_relay_close(w->relay, w->now, w->peers[0].parameters.id), TL_OK);
    assert_int_equal(told(TL_INCIDENT_FALLBACK), 2);
    assert_int_equal(w->last_incident.ended_ago, 0);
}

static void a_browser_that_begins_by_tcp_and_goes_over_to_udp_fell_back_to_nothing(void **state)
{
    (void)state;
    go_over_to(tcp());
    flow(50 * 3, true, false, false);
    go_over_to(tl_address_ipv4(198, 51, 100, 1, 4000));
    /* the server's own host, but no port of TURN; and such a port of another host */
    go_over_to(tl_address_ipv4(203, 0, 113, 1, 41512));
    flow(50 * 7, true, false, false);
    go_over_to(tl_address_ipv4(203, 0, 113, 2, 41000));
    flow(50 * 7, true, false, false);
    assert_int_equal(told(TL_INCIDENT_FALLBACK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_picture_that_stands_still_is_a_freeze_with_its_length),
        TEST(sound_that_is_missing_is_an_audio_gap_with_its_length),
        TEST(what_a_host_muted_is_neither_frozen_nor_missing),
        TEST(an_interruption_is_told_once_and_not_as_gaps_too),
        TEST(losing_a_packet_now_and_then_is_no_incident),
        TEST(a_call_carried_by_tcp_or_turn_is_told_once_with_the_rung_and_its_end),
        TEST(who_leaves_on_a_lower_rung_ends_its_fallback),
        TEST(a_browser_that_begins_by_tcp_and_goes_over_to_udp_fell_back_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
