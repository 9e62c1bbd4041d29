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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_picture_that_stands_still_is_a_freeze_with_its_length),
        TEST(sound_that_is_missing_is_an_audio_gap_with_its_length),
        TEST(what_a_host_muted_is_neither_frozen_nor_missing),
        TEST(an_interruption_is_told_once_and_not_as_gaps_too),
        TEST(losing_a_packet_now_and_then_is_no_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
