/* The place in the queue: among those who wait for the same professional, over all their acts. */
#include "world.h"

#define ANNE   "00000041-0000-4000-8000-000000000000" /* as world.h makes a person of a name */
#define BRUNO  "00000042-0000-4000-8000-000000000000"
#define DAY(t) "2026-11-27T" t ":00.000Z"

static const char *act_of(unsigned number)
{
    static char act[40];
    snprintf(act, sizeof act, "%08x-2222-4333-8444-555555555555", number);
    return act;
}

static void plan(struct world *w, unsigned number, const char *professional,
                 const char *starts_at)
{
    json_object_set_new(w->plans, act_of(number),
                        json_pack("{s:s, s:n, s:s, s:s, s:s, s:[]}", "act", act_of(number),
                                  "room", "state", "planned", "professional", professional,
                                  "starts_at", starts_at, "participants"));
}

/* Anne's acts 1 and 2, at 10:00 and 10:20; Bruno's act 3, at 9:00. */
static struct world *planned(void)
{
    struct world *w = world_new();
    plan(w, 1, ANNE, DAY("10:00"));
    plan(w, 2, ANNE, DAY("10:20"));
    plan(w, 3, BRUNO, DAY("09:00"));
    return w;
}

__attribute__((format(printf, 3, 4))) static void notice(struct world *w, unsigned number,
                                                         const char *format, ...)
{
    char text[600];
    int used = snprintf(text, sizeof text, "{\"act\":\"%s\",\"people\":[],", act_of(number));
    va_list arguments;
    va_start(arguments, format);
    used += vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    va_end(arguments);
    used += snprintf(text + used, sizeof text - (size_t)used, "}");
    struct tl_channel_message message = { .type = TL_MESSAGE_NOTICE,
                                          .json = tl_bytes(text, (size_t)used) };
    tl_hub_api_message(w->hub, w->now, &message);
    world_pump(w);
}

static void change_plan(struct world *w, unsigned number, const char *kind,
                        const char *professional, const char *starts_at)
{
    json_t *known = json_object_get(w->plans, act_of(number));
    json_object_set_new(known, "professional", json_string(professional));
    json_object_set_new(known, "starts_at", json_string(starts_at));
    notice(w, number,
           "\"kind\":\"%s\",\"professional\":\"%s\",\"starts_at\":\"%s\",\"detail\":{}", kind,
           professional, starts_at);
}

static void admit(struct world *w, uint64_t host, uint64_t who)
{
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, who));
}

static bool says(json_t *message, const char *name)
{
    return json_is_true(json_object_get(message, name));
}

/* What it was told last: "2/3", then "in" when the host is in its room, "busy" in another call. */
static void is_told(struct world *w, uint64_t client, const char *expected)
{
    char text[40];
    json_t *message = world_last(w, client, "waiting");
    assert_non_null(message);
    snprintf(text, sizeof text, "%d/%d%s%s",
             (int)json_integer_value(json_object_get(message, "place")),
             (int)json_integer_value(json_object_get(message, "waiting")),
             says(message, "host_in") ? " in" : "", says(message, "host_busy") ? " busy" : "");
    assert_string_equal(text, expected);
}

static void the_queue_is_of_all_acts_of_the_professional_by_their_planned_time(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t later = world_join(w, "patient:b@2");
    is_told(w, later, "1/1");
    world_pass(w, TL_SECOND_US);
    uint64_t late = world_join(w, "patient:a@1"); /* planned before, though it comes after */
    is_told(w, late, "1/2");
    is_told(w, later, "2/2");
    is_told(w, world_join(w, "patient:c@3"), "1/1"); /* another professional's */
    is_told(w, later, "2/2");
    world_free(w);
}

static void acts_planned_for_the_same_minute_go_by_arrival(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (unsigned i = 1; i <= 3; i++)
        plan(w, i, ANNE, DAY("10:00"));
    uint64_t third = world_join(w, "patient:c@3");
    world_pass(w, TL_SECOND_US);
    uint64_t first = world_join(w, "patient:a@1");
    world_pass(w, TL_SECOND_US);
    uint64_t second = world_join(w, "patient:b@2");
    is_told(w, third, "1/3");
    is_told(w, first, "2/3");
    is_told(w, second, "3/3");
    world_say(w, third, "{\"type\":\"leave\"}"); /* who comes back has come anew */
    world_pass(w, TL_SECOND_US);
    is_told(w, world_join(w, "patient:c@3"), "3/3");
    is_told(w, first, "1/3");
    world_free(w);
}

static void a_patient_and_a_relative_share_a_turn(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t patient = world_join(w, "patient:a@1"), relative = world_join(w, "helper:r@1");
    uint64_t other = world_join(w, "patient:b@2");
    is_told(w, patient, "1/2");
    is_told(w, relative, "1/2");
    is_told(w, other, "2/2");
    world_say(w, patient, "{\"type\":\"leave\"}");
    is_told(w, relative, "1/2");
    is_told(w, other, "2/2");
    world_say(w, relative, "{\"type\":\"leave\"}");
    is_told(w, other, "1/1");
    world_free(w);
}

static void who_waits_hears_that_the_professional_is_in_another_call(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t patient = world_join(w, "patient:a@1"), relative = world_join(w, "helper:r@1");
    uint64_t other = world_join(w, "patient:b@2"), brunos = world_join(w, "patient:c@3");
    uint64_t host = world_join(w, "host:Anne@1");
    is_told(w, patient, "1/2 in");
    is_told(w, other, "2/2"); /* in the room, and nobody was let in */
    admit(w, host, patient);
    is_told(w, other, "1/1 busy");
    is_told(w, relative, "1/2 in"); /* of the act that is under way: no turn to wait for */
    is_told(w, brunos, "1/1");
    world_drop(w, host); /* its line is cut for a moment: the call goes on */
    is_told(w, other, "1/1 busy");
    is_told(w, relative, "1/2");
    host = world_join(w, "host:Anne@1");
    is_told(w, relative, "1/2 in");
    world_say(w, host, "{\"type\":\"end\"}");
    is_told(w, other, "1/1");
    world_free(w);
}

static void a_colleague_who_is_in_before_the_patient_makes_no_call(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t host = world_join(w, "host:Anne@1"), guest = world_join(w, "guest:Gil@1");
    uint64_t patient = world_join(w, "patient:a@1"), other = world_join(w, "patient:b@2");
    admit(w, host, guest);
    is_told(w, patient, "1/2 in");
    is_told(w, other, "2/2");
    world_free(w);
}

static void the_act_whose_room_the_professional_enters_goes_first(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t first = world_join(w, "patient:a@1"), second = world_join(w, "patient:b@2");
    uint64_t host = world_join(w, "host:Anne@2"); /* of two who wait, they chose the second */
    is_told(w, second, "1/2 in");
    is_told(w, first, "2/2");
    world_drop(w, host); /* the seat is kept, and the turn with it */
    is_told(w, second, "1/2");
    is_told(w, first, "2/2");
    world_pass(w, 61 * TL_SECOND_US);
    assert_int_equal(world_events(w, "left"), 1);
    is_told(w, first, "1/2");
    is_told(w, second, "2/2");
    world_free(w);
}

static void a_place_is_kept_while_the_socket_is_away_and_given_up_after(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t first = world_join(w, "patient:a@1"), second = world_join(w, "patient:b@2");
    char token[64];
    snprintf(token, sizeof token, "%s", world_token(w, first));
    world_drop(w, first);
    is_told(w, second, "2/2");
    first = world_resume(w, token);
    is_told(w, first, "1/2");
    world_drop(w, first);
    world_pass(w, 61 * TL_SECOND_US);
    is_told(w, second, "1/1");
    world_free(w);
}

static void refused_cancelled_and_ended_make_the_others_move_up(void **state)
{
    (void)state;
    struct world *w = planned();
    plan(w, 4, ANNE, DAY("10:40"));
    plan(w, 5, ANNE, DAY("11:00"));
    uint64_t refused = world_join(w, "patient:a@1");
    (void)world_join(w, "patient:b@2");
    (void)world_join(w, "patient:d@4");
    uint64_t last = world_join(w, "patient:e@5");
    is_told(w, last, "4/4");
    uint64_t host = world_join(w, "host:Anne@1");
    world_sayf(w, host, "{\"type\":\"refuse\",\"participant\":\"%s\"}",
               world_participant(w, refused));
    is_told(w, last, "3/3");
    notice(w, 2, "\"kind\":\"act.cancelled\",\"detail\":{}");
    is_told(w, last, "2/2");
    notice(w, 4, "\"kind\":\"act.ended\",\"detail\":{}");
    is_told(w, last, "1/1");
    world_free(w);
}

static void an_act_that_is_over_holds_nobody_up_while_its_events_are_not_recorded(void **state)
{
    (void)state;
    struct world *w = planned();
    (void)world_join(w, "patient:a@1");
    uint64_t host = world_join(w, "host:Anne@1"), second = world_join(w, "patient:b@2");
    w->api_mode = API_AWAY;
    world_sayf(w, host, "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":true}",
               world_participant(w, host));
    notice(w, 1, "\"kind\":\"act.cancelled\",\"detail\":{}");
    assert_int_equal(tl_hub_counts(w->hub).sessions, 2);
    is_told(w, second, "1/1");
    world_free(w);
}

static void an_act_that_is_moved_takes_its_new_turn(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t first = world_join(w, "patient:a@1"), second = world_join(w, "patient:b@2");
    change_plan(w, 1, "act.rescheduled", ANNE, DAY("11:00"));
    is_told(w, second, "1/2");
    is_told(w, first, "2/2");
    world_free(w);
}

static void an_act_handed_over_goes_to_the_other_queue(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t moved = world_join(w, "patient:a@1"), annes = world_join(w, "patient:b@2");
    uint64_t brunos = world_join(w, "patient:c@3");
    uint64_t bruno = world_join(w, "host:Bruno@3");
    admit(w, bruno, brunos);
    is_told(w, moved, "1/2");
    change_plan(w, 1, "act.handed_over", BRUNO, DAY("10:00"));
    is_told(w, moved, "1/1 busy");
    is_told(w, annes, "1/1");
    uint64_t anne = world_join(w, "host:Anne@1"); /* Bruno's act now: no call of his */
    admit(w, anne, moved);
    change_plan(w, 2, "act.handed_over", BRUNO, DAY("10:20"));
    world_say(w, bruno, "{\"type\":\"leave\"}");
    is_told(w, annes, "1/1");
    world_free(w);
}

static void
a_hand_over_while_the_session_is_read_back_is_not_undone_by_what_is_read(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t brunos = world_join(w, "patient:c@3");
    w->api_mode = API_LOADS_NOT;
    uint64_t moved = world_join(w, "patient:a@1");
    notice(w, 1,
           "\"kind\":\"act.handed_over\",\"professional\":\"" BRUNO
           "\",\"starts_at\":\"" DAY("10:00") "\",\"detail\":{}");
    w->api_mode = API_ANSWERS; /* by one who read Anne's name before */
    world_pass(w, 60 * TL_SECOND_US);
    is_told(w, moved, "2/2");
    is_told(w, brunos, "1/2");
    world_free(w);
}

/* The door is replaced: nobody is told a place before all who held one are known again. */
static void a_replaced_door_gives_the_same_places_whoever_comes_back_first(void **state)
{
    (void)state;
    struct world *w = planned();
    char third_token[64], call_token[64];
    plan(w, 4, ANNE, DAY("10:20")); /* as act 2: by arrival */
    plan(w, 5, ANNE, DAY("08:00"));
    (void)world_join(w, "patient:a@1");
    uint64_t third = world_join(w, "patient:d@4"), caller = world_join(w, "patient:e@5");
    uint64_t host = world_join(w, "host:Anne@5");
    admit(w, host, caller);
    world_pass(w, TL_SECOND_US);
    uint64_t last = world_join(w, "patient:b@2");
    is_told(w, last, "3/3 busy");
    snprintf(third_token, sizeof third_token, "%s", world_token(w, third));
    snprintf(call_token, sizeof call_token, "%s", world_token(w, last));
    world_replace_door(w);
    world_relay_starts(w, 0);
    last = world_resume(w, call_token);
    world_pass(w, TL_SECOND_US);
    is_told(w, last, "3/3 busy");
    assert_int_equal(world_count(w, last, "waiting"), 1);
    third = world_resume(w, third_token);
    is_told(w, third, "2/3 busy");
    assert_int_equal(tl_hub_counts(w->hub).sessions, 4);
    world_pass(w, 61 * TL_SECOND_US); /* those who do not come back */
    is_told(w, third, "1/2");
    is_told(w, last, "2/2");
    assert_int_equal(tl_hub_counts(w->hub).sessions, 2);
    world_free(w);
}

static void no_place_is_told_before_the_others_are_read_back(void **state)
{
    (void)state;
    struct world *w = planned();
    char token[64], first[40];
    (void)world_join(w, "patient:a@1");
    uint64_t second = world_join(w, "patient:b@2");
    snprintf(token, sizeof token, "%s", world_token(w, second));
    snprintf(first, sizeof first, "%s", act_of(1));
    world_replace_door(w);
    world_relay_starts(w, 0);
    w->unread = first;
    second = world_resume(w, token);
    world_pass(w, 39 * TL_SECOND_US);
    assert_non_null(world_last(w, second, "welcome"));
    assert_null(world_last(w, second, "waiting"));
    w->unread = NULL;
    w->api_mode = API_AWAY; /* the first try is given up, those that follow are refused */
    world_pass(w, 2 * TL_SECOND_US);
    change_plan(w, 1, "act.changed", ANNE, DAY("10:00")); /* between two tries */
    assert_null(world_last(w, second, "waiting"));
    w->api_mode = API_ANSWERS;
    world_pass(w, 2 * TL_SECOND_US);
    is_told(w, second, "2/2");
    world_free(w);
}

static void an_act_that_cannot_be_read_back_keeps_nobody_without_a_place_for_ever(void **state)
{
    (void)state;
    struct world *w = planned();
    char token[64];
    (void)world_join(w, "patient:a@1");
    uint64_t second = world_join(w, "patient:b@2");
    snprintf(token, sizeof token, "%s", world_token(w, second));
    json_object_set_new(json_object_get(w->plans, act_of(1)), "state", json_string("strange"));
    world_replace_door(w);
    world_relay_starts(w, 0);
    second = world_resume(w, token);
    world_pass(w, TL_SECOND_US);
    is_told(w, second, "1/1");
    assert_int_equal(tl_hub_counts(w->hub).sessions, 1);
    world_free(w);
}

static void nothing_of_others_is_told_but_counts_and_booleans(void **state)
{
    (void)state;
    struct world *w = planned();
    (void)world_join(w, "patient:secret@1");
    uint64_t second = world_join(w, "patient:b@2");
    static const char *const names[] = { "type", "place", "waiting", "host_in", "host_busy" };
    json_t *message = world_last(w, second, "waiting");
    assert_int_equal(json_object_size(message), TL_COUNT_OF(names));
    for (size_t i = 0; i < TL_COUNT_OF(names); i++)
        assert_non_null(json_object_get(message, names[i]));
    char *all = json_dumps(w->clients[second].heard, 0);
    assert_null(strstr(all, "secret"));
    assert_null(strstr(all, act_of(1)));
    free(all);
    world_free(w);
}

static void a_place_that_did_not_change_is_not_told_again(void **state)
{
    (void)state;
    struct world *w = planned();
    uint64_t first = world_join(w, "patient:a@1"), second = world_join(w, "patient:b@2");
    unsigned told = world_count(w, first, "waiting");
    uint64_t host = world_join(w, "host:Anne@2");
    world_say(w, host, "{\"type\":\"hand\",\"raised\":true}");
    world_say(w, host, "{\"type\":\"hand\",\"raised\":false}");
    assert_int_equal(world_count(w, first, "waiting"), told + 1); /* the host's coming */
    is_told(w, second, "1/2 in");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queue_is_of_all_acts_of_the_professional_by_their_planned_time),
        cmocka_unit_test(acts_planned_for_the_same_minute_go_by_arrival),
        cmocka_unit_test(a_patient_and_a_relative_share_a_turn),
        cmocka_unit_test(who_waits_hears_that_the_professional_is_in_another_call),
        cmocka_unit_test(a_colleague_who_is_in_before_the_patient_makes_no_call),
        cmocka_unit_test(the_act_whose_room_the_professional_enters_goes_first),
        cmocka_unit_test(a_place_is_kept_while_the_socket_is_away_and_given_up_after),
        cmocka_unit_test(refused_cancelled_and_ended_make_the_others_move_up),
        cmocka_unit_test(an_act_that_is_over_holds_nobody_up_while_its_events_are_not_recorded),
        cmocka_unit_test(an_act_that_is_moved_takes_its_new_turn),
        cmocka_unit_test(an_act_handed_over_goes_to_the_other_queue),
        cmocka_unit_test(
            a_hand_over_while_the_session_is_read_back_is_not_undone_by_what_is_read),
        cmocka_unit_test(no_place_is_told_before_the_others_are_read_back),
        cmocka_unit_test(a_replaced_door_gives_the_same_places_whoever_comes_back_first),
        cmocka_unit_test(an_act_that_cannot_be_read_back_keeps_nobody_without_a_place_for_ever),
        cmocka_unit_test(nothing_of_others_is_told_but_counts_and_booleans),
        cmocka_unit_test(a_place_that_did_not_change_is_not_told_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
