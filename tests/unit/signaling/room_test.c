/* Relays that are full: a session goes where there is room as long as it is nowhere yet. */
#include "world.h"

static int relay_of(struct world *w, uint64_t client)
{
    for (int i = 0; i < WORLD_RELAYS; i++)
        if (json_object_get(w->at_relay[i], world_participant(w, client)))
            return i;
    return -1;
}

/* Two relays with room for so many. */
static struct world *world_with_room(unsigned first, unsigned second)
{
    struct world *w = world_new();
    world_relay_starts(w, 1);
    w->relay_room[0] = first;
    w->relay_room[1] = second;
    return w;
}

static void a_session_is_opened_where_there_is_room(void **state)
{
    (void)state;
    struct world *w = world_with_room(1, 8);
    uint64_t other = world_join(w, "host:Anne@2");
    world_offer(w, other, 7, 9);
    assert_int_equal(relay_of(w, other), 0);
    uint64_t third =
        world_join(w, "host:Anne@3"); /* with fewest people, but one more than it takes */
    world_offer(w, third, 7, 9);
    assert_int_equal(relay_of(w, third), 1);
    uint64_t host = world_join(w, "host:Anne");
    world_offer(w, host, 7, 9);
    assert_int_equal(relay_of(w, host), 1);
    assert_non_null(world_last(w, host, "answer"));
    assert_null(world_last(w, host, "error"));
    /* Those who come later follow, and the relay that was full is asked no more of it. */
    uint64_t patient = world_join(w, "patient:jeanne");
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    world_offer(w, patient, 7, 9);
    assert_int_equal(relay_of(w, patient), 1);
    assert_true(world_slot_is(w, host, "12", patient, "camera"));
    world_free(w);
}

static void who_joins_a_session_whose_relay_is_full_is_told_and_may_offer_again(void **state)
{
    (void)state;
    struct world *w = world_with_room(1, 8);
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    world_offer(w, host, 7, 9);
    world_offer(w, patient, 7, 9);
    json_t *error = world_last(w, patient, "error");
    assert_string_equal(world_text(error, "code"), "busy");
    assert_string_equal(world_text(error, "re"), "offer");
    assert_false(json_is_true(json_object_get(error, "fatal")));
    assert_int_equal(relay_of(w, host), 0); /* nobody is torn from the call for it */
    assert_int_equal(relay_of(w, patient), -1);
    assert_int_equal(world_count(w, host, "media"), 0);
    w->relay_room[0] = 2;
    world_offer(w, patient, 7, 9);
    assert_non_null(world_last(w, patient, "answer"));
    assert_int_equal(relay_of(w, patient), 0);
    world_free(w);
}

static void all_relays_full_is_told_and_none_is_asked_twice(void **state)
{
    (void)state;
    struct world *w = world_with_room(1, 1);
    uint64_t first = world_join(w, "host:Anne@2"), second = world_join(w, "host:Anne@3");
    world_offer(w, first, 7, 9);
    world_offer(w, second, 7, 9);
    unsigned before = world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_OPEN);
    uint64_t host = world_join(w, "host:Anne");
    world_offer(w, host, 7, 9);
    assert_string_equal(world_error(w, host), "busy");
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_OPEN), before + 2);
    w->relay_room[1] = 2; /* it has room again, and no word of it was needed */
    world_pass(w, 5 * TL_SECOND_US);
    world_offer(w, host, 7, 9);
    assert_int_equal(relay_of(w, host), 1);
    world_free(w);
}

static void a_test_of_equipment_goes_where_there_is_room(void **state)
{
    (void)state;
    struct world *w = world_with_room(1, 8);
    uint64_t host = world_join(w, "host:Anne");
    world_offer(w, host, 7, 9);
    uint64_t tests[2];
    for (int i = 0; i < 2; i++) {
        tests[i] = world_join(w, "test:jeanne");
        world_offer(w, tests[i], 1, 1);
        assert_int_equal(relay_of(w, tests[i]), 1);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_opened_where_there_is_room),
        cmocka_unit_test(who_joins_a_session_whose_relay_is_full_is_told_and_may_offer_again),
        cmocka_unit_test(all_relays_full_is_told_and_none_is_asked_twice),
        cmocka_unit_test(a_test_of_equipment_goes_where_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
