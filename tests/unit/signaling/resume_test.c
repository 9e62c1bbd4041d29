/* Coming back: dropped sockets, kept seats, tokens, and a door that was replaced. */
#include "world.h"

struct call {
    struct world *w;
    uint64_t host, patient;
    char host_token[64], patient_token[64], host_id[40], patient_id[40];
};

static void keep(char *to, size_t size, const char *text)
{
    assert_non_null(text);
    snprintf(to, size, "%s", text);
}

static struct call call_new(void)
{
    struct call c = { .w = world_new() };
    c.host = world_join(c.w, "host:Anne");
    c.patient = world_join(c.w, "patient:jeanne");
    world_sayf(c.w, c.host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(c.w, c.patient));
    keep(c.host_token, sizeof c.host_token, world_token(c.w, c.host));
    keep(c.patient_token, sizeof c.patient_token, world_token(c.w, c.patient));
    keep(c.host_id, sizeof c.host_id, world_participant(c.w, c.host));
    keep(c.patient_id, sizeof c.patient_id, world_participant(c.w, c.patient));
    world_offer(c.w, c.host, 7, 9);
    world_offer(c.w, c.patient, 7, 9);
    return c;
}

static const char *state_in_roster(struct world *w, uint64_t client, const char *participant)
{
    json_t *item, *seats = json_object_get(world_last(w, client, "roster"), "seats");
    size_t i;
    json_array_foreach(seats, i, item)
    {
        if (strcmp(world_text(item, "participant"), participant) == 0)
            return world_text(item, "state");
    }
    return "";
}

static void a_dropped_socket_keeps_its_seat_and_media(void **state)
{
    (void)state;
    struct call c = call_new();
    world_drop(c.w, c.patient);
    assert_string_equal(state_in_roster(c.w, c.host, c.patient_id), "away");
    world_pass(c.w, 59 * TL_SECOND_US);
    uint64_t again = world_resume(c.w, c.patient_token);
    json_t *welcome = world_last(c.w, again, "welcome");
    assert_string_equal(world_participant(c.w, again), c.patient_id);
    assert_string_equal(world_text(welcome, "state"), "in");
    assert_true(json_is_true(json_object_get(welcome, "resumed")));
    assert_true(json_is_true(json_object_get(welcome, "media_alive")));
    assert_string_equal(state_in_roster(c.w, c.host, c.patient_id), "in");
    assert_non_null(world_last(c.w, again, "slots"));
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 0);
    world_free(c.w);
}

/* Recorded or not yet: who was put out hears and sees nothing from that moment on. */
static void who_is_removed_is_cut_off_before_it_is_recorded(void **state)
{
    (void)state;
    struct call c = call_new();
    c.w->api_mode = API_FAILS;
    world_sayf(c.w, c.host, "{\"type\":\"remove\",\"participant\":\"%s\"}", c.patient_id);
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 1);
    json_t *before = world_last(c.w, c.patient, "roster");
    world_sayf(c.w, c.host, "{\"type\":\"hand\",\"raised\":true}");
    world_pass(c.w, TL_SECOND_US);
    assert_ptr_equal(world_last(c.w, c.patient, "roster"), before);
    assert_null(world_last(c.w, c.patient, "bye"));
    c.w->api_mode = API_ANSWERS;
    world_pass(c.w, 5 * TL_SECOND_US);
    assert_string_equal(world_text(world_last(c.w, c.patient, "bye"), "reason"), "removed");
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 1);
    world_free(c.w);
}

static void a_seat_is_given_up_after_sixty_seconds(void **state)
{
    (void)state;
    struct call c = call_new();
    world_drop(c.w, c.patient);
    world_pass(c.w, TL_HUB_SEAT_KEPT_US - 1);
    assert_int_equal(world_events(c.w, "left"), 0);
    world_pass(c.w, 1);
    assert_int_equal(world_events(c.w, "left"), 1);
    json_t *left = json_array_get(c.w->recorded, json_array_size(c.w->recorded) - 1);
    assert_string_equal(world_text(json_object_get(left, "detail"), "reason"), "timeout");
    assert_string_equal(state_in_roster(c.w, c.host, c.patient_id), "");
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 1);
    uint64_t late = world_resume(c.w, c.patient_token);
    assert_string_equal(world_error(c.w, late), "ticket");
    world_free(c.w);
}

static void a_token_is_dead_once_the_next_one_was_given(void **state)
{
    (void)state;
    struct call c = call_new();
    world_drop(c.w, c.patient);
    uint64_t again = world_resume(c.w, c.patient_token);
    assert_string_not_equal(world_token(c.w, again), c.patient_token);
    uint64_t thief = world_resume(c.w, c.patient_token);
    assert_string_equal(world_error(c.w, thief), "ticket");
    assert_int_equal(c.w->clients[again].code, 0);
    world_free(c.w);
}

static void a_welcome_that_never_arrived_does_not_cost_the_seat(void **state)
{
    (void)state;
    struct call c = call_new();
    world_drop(c.w, c.patient);
    uint64_t lost = world_resume(c.w, c.patient_token);
    world_drop(c.w,
               lost); /* it said nothing since its welcome: who knows whether it heard it */
    uint64_t again = world_resume(c.w, c.patient_token);
    assert_string_equal(world_participant(c.w, again), c.patient_id);
    char token[64];
    keep(token, sizeof token, world_token(c.w, again));
    world_say(c.w, again, "{\"type\":\"hand\",\"raised\":true}");
    world_drop(c.w, again);
    uint64_t thief = world_resume(c.w, c.patient_token);
    assert_string_equal(world_error(c.w, thief), "ticket");
    assert_non_null(world_last(c.w, world_resume(c.w, token), "welcome"));
    world_free(c.w);
}

static void only_the_hash_of_a_token_leaves_the_door(void **state)
{
    (void)state;
    struct call c = call_new();
    char *events = json_dumps(c.w->recorded, 0), *relay = json_dumps(c.w->relay_log, 0);
    assert_null(strstr(events, c.host_token));
    assert_null(strstr(events, c.patient_token));
    assert_null(strstr(relay, c.patient_token));
    assert_null(strstr(relay, "Anne")); /* nor does a relay learn who someone is */
    assert_null(strstr(relay, ACT));
    free(events);
    free(relay);
    world_free(c.w);
}

static void a_newer_connection_of_the_same_person_takes_the_seat_over(void **state)
{
    (void)state;
    struct call c = call_new();
    uint64_t second = world_join(c.w, "host:Anne");
    assert_string_equal(world_participant(c.w, second), c.host_id);
    assert_string_equal(world_text(world_last(c.w, c.host, "bye"), "reason"), "replaced");
    assert_int_equal(c.w->clients[c.host].code, 4000);
    assert_int_equal(world_events(c.w, "seat_taken"), 2);
    assert_string_equal(state_in_roster(c.w, c.patient, c.host_id), "in");
    assert_false(json_is_true(json_object_get(world_last(c.w, second, "welcome"), "resumed")));
    world_drop(c.w, c.host); /* the shell tells of the old one later: nothing changes */
    assert_string_equal(state_in_roster(c.w, c.patient, c.host_id), "in");
    world_free(c.w);
}

static void calls_resume_while_api_is_away_for_a_while(void **state)
{
    (void)state;
    struct call c = call_new();
    world_drop(c.w, c.patient);
    c.w->api_mode = API_AWAY;
    uint64_t again = world_resume(c.w, c.patient_token);
    world_pass(c.w, 20 * TL_SECOND_US);
    assert_null(world_last(c.w, again, "welcome"));
    assert_int_equal(c.w->clients[again].code, 0);
    c.w->api_mode = API_ANSWERS;
    world_pass(c.w, 3 * TL_SECOND_US);
    assert_string_equal(world_participant(c.w, again), c.patient_id);
    world_free(c.w);
}

static void a_replaced_door_reads_the_session_back_and_finds_the_media_alive(void **state)
{
    (void)state;
    struct call c = call_new();
    world_replace_door(c.w);
    uint64_t host = world_resume(c.w, c.host_token),
             patient = world_resume(c.w, c.patient_token);
    assert_null(world_last(c.w, host, "welcome")); /* first the relays are asked who is alive */
    tl_hub_relay_up(c.w->hub, c.w->now, 0);
    world_pass(c.w, 200 * TL_MILLISECOND_US);
    json_t *welcome = world_last(c.w, host, "welcome");
    assert_string_equal(world_participant(c.w, host), c.host_id);
    assert_string_equal(world_participant(c.w, patient), c.patient_id);
    assert_true(json_is_true(json_object_get(welcome, "media_alive")));
    assert_true(json_is_true(json_object_get(welcome, "resumed")));
    assert_string_equal(world_text(welcome, "state"), "in");
    assert_string_equal(world_text(welcome, "session"), ACT);
    /* The slots are what they were, said again, and the same transport carries on. */
    assert_true(world_slot_is(c.w, host, "5", patient, "microphone"));
    assert_true(world_slot_is(c.w, host, "12", patient, "camera"));
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_OPEN), 2);
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 0);
    assert_int_equal(world_events(c.w, "seat_taken"), 2);
    world_free(c.w);
}

static void say_mute(struct call *c, uint64_t host, bool muted)
{
    world_sayf(c->w, host,
               "{\"type\":\"mute\",\"participant\":\"%s\",\"source\":\"camera\",\"muted\":%s}",
               c->patient_id, muted ? "true" : "false");
}

/* The sources of the patient that are silenced, as the host's roster says; borrowed. */
static json_t *muted_in_roster(struct call *c, uint64_t host)
{
    json_t *item, *muted = NULL;
    size_t i;
    json_array_foreach(json_object_get(world_last(c->w, host, "roster"), "seats"), i, item)
    {
        if (strcmp(world_text(item, "participant"), c->patient_id) == 0)
            muted = json_object_get(item, "muted");
        else
            assert_int_equal(json_array_size(json_object_get(item, "muted")), 0);
    }
    return muted;
}

static void who_was_muted_before_a_door_was_replaced_stays_muted(void **state)
{
    (void)state;
    for (int late = 0; late < 2;
         late++) { /* the relay's list before the session, and after it */
        struct call c = call_new();
        say_mute(&c, c.host, true);
        world_replace_door(c.w);
        json_array_clear(c.w->relay_log);
        if (!late)
            tl_hub_relay_up(c.w->hub, c.w->now, 0);
        uint64_t host = world_resume(c.w, c.host_token);
        world_pass(c.w, 4 * TL_SECOND_US);
        if (late) {
            tl_hub_relay_up(c.w->hub, c.w->now, 0);
            world_pass(c.w, TL_SECOND_US);
        }
        json_t *item, *muted = muted_in_roster(&c, host);
        assert_int_equal(json_array_size(muted), 1);
        assert_string_equal(json_string_value(json_array_get(muted, 0)), "camera");
        size_t i;
        json_array_foreach(c.w->relay_log, i, item) /* and the relay is never told otherwise */
        {
            if (json_integer_value(json_object_get(item, "_type")) == TL_MESSAGE_SOURCE_MUTE &&
                strcmp(world_text(item, "participant"), c.patient_id) == 0)
                assert_int_equal(json_is_true(json_object_get(item, "muted")),
                                 strcmp(world_text(item, "source"), "camera") == 0);
        }
        uint64_t patient = world_resume(c.w, c.patient_token);
        world_pass(c.w, TL_SECOND_US);
        assert_non_null(world_last(c.w, patient, "welcome"));
        say_mute(&c, host, false);
        assert_int_equal(json_array_size(muted_in_roster(&c, host)), 0);
        assert_false(json_is_true(
            json_object_get(world_to_relay(c.w, TL_MESSAGE_SOURCE_MUTE), "muted")));
        world_free(c.w);
    }
}

static void seats_nobody_comes_back_to_are_left_after_a_door_was_replaced(void **state)
{
    (void)state;
    struct call c = call_new();
    world_replace_door(c.w);
    tl_hub_relay_up(c.w->hub, c.w->now, 0);
    uint64_t host = world_resume(c.w, c.host_token);
    world_pass(c.w, TL_SECOND_US);
    assert_string_equal(state_in_roster(c.w, host, c.patient_id), "away");
    world_pass(c.w, TL_HUB_SEAT_KEPT_US);
    assert_string_equal(state_in_roster(c.w, host, c.patient_id), "");
    assert_int_equal(world_events(c.w, "left"), 1);
    world_free(c.w);
}

static void what_a_relay_holds_for_nobody_is_closed_after_sixty_seconds(void **state)
{
    (void)state;
    struct call c = call_new();
    world_replace_door(c.w);
    tl_hub_relay_up(c.w->hub, c.w->now, 0);
    world_pass(c.w, TL_HUB_SEAT_KEPT_US - TL_SECOND_US);
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 0);
    world_pass(c.w, 2 * TL_SECOND_US);
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 2);
    assert_int_equal(json_object_size(c.w->at_relay[0]), 0);
    world_free(c.w);
}

static void a_door_without_any_relay_still_lets_people_in(void **state)
{
    (void)state;
    struct world *w = world_new_without_relay();
    uint64_t host = world_join(w, "host:Anne");
    assert_null(world_last(w, host, "welcome"));
    world_pass(w, 4 * TL_SECOND_US);
    assert_non_null(world_last(w, host, "welcome"));
    world_offer(w, host, 1, 1);
    assert_string_equal(world_error(w, host), "away");
    world_relay_starts(w, 1);
    world_offer(w, host, 1, 1);
    assert_non_null(world_last(w, host, "answer"));
    world_free(w);
}

static void a_client_that_stops_sooner_than_its_seat_is_written_leaves_no_ghost(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t client = world_open_client(w);
    static const char hello[] = "{\"type\":\"hello\",\"ticket\":\"patient:j\"}";
    tl_hub_client_message(w->hub, w->now, client, tl_bytes(hello, sizeof hello - 1));
    /* Answer the ticket and the load only; the seat stays on its way. */
    for (int i = 0; i < 2; i++) {
        struct world_sent sent = w->api[0];
        memmove(w->api, w->api + 1, --w->api_count * sizeof w->api[0]);
        world_api_step(w, sent);
    }
    assert_int_equal(w->api[0].type, TL_MESSAGE_SESSION_EVENT);
    world_drop(w, client);
    world_pass(w, TL_HUB_SEAT_KEPT_US + TL_SECOND_US);
    assert_int_equal(world_events(w, "left"), 1);
    assert_int_equal(tl_hub_counts(w->hub).sessions, 0);
    world_free(w);
}

static void a_stopping_door_asks_clients_to_come_back_at_once(void **state)
{
    (void)state;
    struct call c = call_new();
    size_t recorded = json_array_size(c.w->recorded);
    tl_hub_stop(c.w->hub, c.w->now);
    assert_int_equal(c.w->clients[c.host].code, 1012);
    assert_int_equal(c.w->clients[c.patient].code, 1012);
    assert_int_equal(json_array_size(c.w->recorded), recorded);
    assert_int_equal(world_to_relay_count(c.w, TL_MESSAGE_PARTICIPANT_CLOSE), 0);
    world_free(c.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dropped_socket_keeps_its_seat_and_media),
        cmocka_unit_test(who_is_removed_is_cut_off_before_it_is_recorded),
        cmocka_unit_test(a_seat_is_given_up_after_sixty_seconds),
        cmocka_unit_test(a_token_is_dead_once_the_next_one_was_given),
        cmocka_unit_test(a_welcome_that_never_arrived_does_not_cost_the_seat),
        cmocka_unit_test(only_the_hash_of_a_token_leaves_the_door),
        cmocka_unit_test(a_newer_connection_of_the_same_person_takes_the_seat_over),
        cmocka_unit_test(calls_resume_while_api_is_away_for_a_while),
        cmocka_unit_test(a_replaced_door_reads_the_session_back_and_finds_the_media_alive),
        cmocka_unit_test(who_was_muted_before_a_door_was_replaced_stays_muted),
        cmocka_unit_test(seats_nobody_comes_back_to_are_left_after_a_door_was_replaced),
        cmocka_unit_test(what_a_relay_holds_for_nobody_is_closed_after_sixty_seconds),
        cmocka_unit_test(a_door_without_any_relay_still_lets_people_in),
        cmocka_unit_test(a_client_that_stops_sooner_than_its_seat_is_written_leaves_no_ghost),
        cmocka_unit_test(a_stopping_door_asks_clients_to_come_back_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
