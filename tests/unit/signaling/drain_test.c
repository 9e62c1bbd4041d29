/* A relay that drains: sessions move as a whole, by second connections beside the first. */
#include "world.h"

struct pair {
    struct world *w;
    uint64_t host, patient;
};

static struct pair pair_new(void)
{
    struct pair p = { .w = world_new() };
    p.host = world_join(p.w, "host:Anne");
    p.patient = world_join(p.w, "patient:jeanne");
    world_sayf(p.w, p.host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(p.w, p.patient));
    world_offer(p.w, p.host, 7, 9);
    world_offer(p.w, p.patient, 7, 9);
    world_relay_starts(p.w, 1);
    return p;
}

static void drain(struct pair p, unsigned relay)
{
    tl_hub_relay_drain(p.w->hub, p.w->now, relay);
    world_pump(p.w);
}

static bool at_relay(struct pair p, unsigned relay, uint64_t client)
{
    return json_object_get(p.w->at_relay[relay], world_participant(p.w, client)) != NULL;
}

static const char *media_event(struct pair p, uint64_t client)
{
    json_t *event = world_last(p.w, client, "media");
    return event ? world_text(event, "event") : "";
}

/* What a relay says when the client has closed its connection there. */
static void closes_old(struct pair p, unsigned relay, uint64_t client)
{
    world_relay_says(p.w, relay, TL_MESSAGE_PARTICIPANT_STATE,
                     "{\"participant\":\"%s\",\"state\":\"failed\",\"reason\":\"closed\"}",
                     world_participant(p.w, client));
}

/* Another connection: another fingerprint, say; here a slot less. */
static void moves(struct pair p, uint64_t client)
{
    world_offer_again(p.w, client, "efgh", 6, 9);
}

static void a_draining_relay_keeps_everyone_until_they_have_left_it(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 0);
    assert_int_equal(world_to_relay_count(p.w, TL_MESSAGE_RELAY_DRAIN), 1);
    assert_string_equal(media_event(p, p.host), "restart");
    assert_string_equal(media_event(p, p.patient), "restart");
    assert_int_equal(world_to_relay_count(p.w, TL_MESSAGE_PARTICIPANT_CLOSE), 0);
    moves(p, p.host);
    assert_true(at_relay(p, 0, p.host) && at_relay(p, 1, p.host)); /* both, for a moment */
    assert_true(at_relay(p, 0, p.patient) && !at_relay(p, 1, p.patient));
    moves(p, p.patient);
    closes_old(p, 0, p.host);
    assert_true(!at_relay(p, 0, p.host) && at_relay(p, 0, p.patient));
    closes_old(p, 0, p.patient);
    assert_int_equal(json_object_size(p.w->at_relay[0]), 0);
    assert_true(at_relay(p, 1, p.host) && at_relay(p, 1, p.patient));
    assert_int_equal(world_events(p.w, "incident"), 0);
    world_free(p.w);
}

static void who_has_moved_and_who_has_not_keep_each_other_in_their_slots(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 0);
    unsigned told = world_count(p.w, p.patient, "slots");
    moves(p, p.host);
    /* nothing changes for who has not moved: the old relay forwards what it did */
    assert_int_equal(world_count(p.w, p.patient, "slots"), told);
    assert_true(world_slot_is(p.w, p.patient, "5", p.host, "microphone"));
    assert_true(world_slot_is(p.w, p.host, "5", p.patient, "microphone"));
    json_t *set = world_to_relay(p.w, TL_MESSAGE_SLOTS_SET);
    assert_string_equal(world_text(set, "participant"), world_participant(p.w, p.host));
    world_free(p.w);
}

static void a_draining_relay_gets_nobody_new(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 1);
    drain(p, 0); /* no other is left: everyone stays, and nobody is told to move */
    assert_string_equal(media_event(p, p.host), "");
    uint64_t guest = world_join(p.w, "guest:Bob");
    world_relay_starts(p.w, 2);
    drain(p, 0);
    assert_string_equal(media_event(p, p.host), "restart");
    world_sayf(p.w, p.host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(p.w, guest));
    world_offer(p.w, guest, 7, 9);
    assert_true(at_relay(p, 2, guest));
    world_free(p.w);
}

static void a_move_the_other_relay_refuses_leaves_people_where_they_are(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 0);
    p.w->relay_silent = true;
    moves(p, p.host);
    world_pass(p.w, 6 * TL_SECOND_US);
    p.w->relay_silent = false;
    assert_string_equal(world_error(p.w, p.host), "away");
    assert_true(at_relay(p, 0, p.host));
    moves(p, p.host); /* and tries again */
    assert_true(at_relay(p, 0, p.host) && at_relay(p, 1, p.host));
    world_free(p.w);
}

static void a_relay_that_ends_before_all_have_moved_loses_only_those(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 0);
    moves(p, p.host);
    unsigned told = world_count(p.w, p.host, "media");
    world_relay_dies(p.w, 0);
    moves(p, p.patient);
    assert_true(at_relay(p, 1, p.host) && at_relay(p, 1, p.patient));
    assert_int_equal(world_count(p.w, p.patient, "answer"), 2);
    assert_int_equal(world_count(p.w, p.host, "media"), told);
    assert_true(world_slot_is(p.w, p.host, "5", p.patient, "microphone"));
    world_free(p.w);
}

static void who_was_away_learns_of_the_move_after_its_welcome(void **state)
{
    (void)state;
    struct pair p = pair_new();
    char token[64];
    snprintf(token, sizeof token, "%s", world_token(p.w, p.patient));
    world_drop(p.w, p.patient);
    drain(p, 0);
    p.patient = world_resume(p.w, token);
    assert_true(
        json_is_true(json_object_get(world_last(p.w, p.patient, "welcome"), "media_alive")));
    assert_string_equal(media_event(p, p.patient), "restart");
    world_free(p.w);
}

static void who_leaves_during_the_move_is_closed_at_both_relays(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 0);
    moves(p, p.patient);
    world_say(p.w, p.patient, "{\"type\":\"leave\"}");
    assert_true(!at_relay(p, 0, p.patient) && !at_relay(p, 1, p.patient));
    world_free(p.w);
}

static void who_is_muted_during_the_move_is_muted_at_both_relays(void **state)
{
    (void)state;
    struct pair p = pair_new();
    drain(p, 0);
    moves(p, p.patient);
    unsigned before = world_to_relay_count(p.w, TL_MESSAGE_SOURCE_MUTE);
    world_sayf(p.w, p.host,
               "{\"type\":\"mute\",\"participant\":\"%s\",\"source\":\"microphone\","
               "\"muted\":true}",
               world_participant(p.w, p.patient));
    assert_int_equal(world_to_relay_count(p.w, TL_MESSAGE_SOURCE_MUTE), before + 2);
    world_free(p.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draining_relay_keeps_everyone_until_they_have_left_it),
        cmocka_unit_test(who_has_moved_and_who_has_not_keep_each_other_in_their_slots),
        cmocka_unit_test(a_draining_relay_gets_nobody_new),
        cmocka_unit_test(a_move_the_other_relay_refuses_leaves_people_where_they_are),
        cmocka_unit_test(a_relay_that_ends_before_all_have_moved_loses_only_those),
        cmocka_unit_test(who_was_away_learns_of_the_move_after_its_welcome),
        cmocka_unit_test(who_leaves_during_the_move_is_closed_at_both_relays),
        cmocka_unit_test(who_is_muted_during_the_move_is_muted_at_both_relays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
