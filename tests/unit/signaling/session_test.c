/* The life of a session, told by people: who waits, who is in, who may do what. */
#include "world.h"

static void a_host_enters_at_once_and_a_patient_waits(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    json_t *welcome = world_last(w, host, "welcome");
    assert_string_equal(world_text(welcome, "state"), "in");
    assert_string_equal(world_text(welcome, "session"), ACT);
    assert_string_equal(world_text(welcome, "act_state"), "waiting");
    assert_int_equal(strlen(world_text(welcome, "resume")), 43);
    welcome = world_last(w, patient, "welcome");
    assert_string_equal(world_text(welcome, "state"), "waiting");
    json_t *waiting = world_last(w, patient, "waiting");
    assert_int_equal(json_integer_value(json_object_get(waiting, "place")), 1);
    assert_true(json_is_true(json_object_get(waiting, "host_in")));
    assert_int_equal(world_events(w, "seat_taken"), 2);
    assert_int_equal(world_events(w, "admitted"), 1);
    world_free(w);
}

static void nothing_is_told_before_it_is_durable(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    w->api_mode = API_FAILS;
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    assert_null(world_last(w, patient, "admitted"));
    uint64_t late = world_join(w, "guest:Bob");
    world_pass(w, 2 * TL_SECOND_US);
    assert_null(world_last(w, patient, "admitted"));
    assert_null(world_last(w, late, "welcome"));
    w->api_mode = API_ANSWERS;
    world_pass(w, 5 * TL_SECOND_US);
    assert_non_null(world_last(w, patient, "admitted"));
    assert_non_null(world_last(w, late, "welcome"));
    world_free(w);
}

static void an_event_is_sent_again_under_its_own_id_until_it_is_recorded(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    size_t before = json_array_size(w->recorded);
    w->api_mode =
        API_SILENT; /* recorded or not, nobody knows: the worker died with the answer */
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    w->api_mode = API_ANSWERS;
    world_pass(w, 60 * TL_SECOND_US);
    assert_int_equal(json_array_size(w->recorded), before + 1);
    assert_int_equal(w->repeated, 0);
    assert_true(tl_hub_counts(w->hub).events_retried > 0);
    assert_non_null(world_last(w, patient, "admitted"));
    world_free(w);
}

static void an_event_whose_answer_was_lost_is_known_again_by_its_id(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    w->api_mode = API_DIES_AFTER;
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    assert_null(world_last(w, patient, "admitted"));
    world_pass(w, TL_SECOND_US);
    assert_non_null(world_last(w, patient, "admitted"));
    assert_int_equal(w->repeated, 1);
    assert_int_equal(world_events(w, "admitted"), 2);
    world_free(w);
}

static void events_of_an_act_are_recorded_in_their_order(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    w->api_mode = API_AWAY;
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    world_sayf(w, host, "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":true}",
               world_participant(w, host));
    world_say(w, host, "{\"type\":\"end\"}");
    world_pass(w, 3 * TL_SECOND_US);
    w->api_mode = API_ANSWERS;
    world_pass(w, 3 * TL_SECOND_US);
    size_t count = json_array_size(w->recorded);
    static const char *const last[] = { "admitted", "identity_checked", "ended" };
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(world_text(json_array_get(w->recorded, count - 3 + i), "type"),
                            last[i]);
    world_free(w);
}

static void an_event_refused_for_good_is_told_to_who_asked(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    w->api_mode = API_REFUSES;
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    assert_string_equal(world_error(w, host), "order");
    assert_null(world_last(w, patient, "admitted"));
    w->api_mode = API_ANSWERS;
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    assert_non_null(world_last(w, patient, "admitted"));
    world_free(w);
}

static void who_waits_sees_only_itself_and_hosts(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), in = world_join(w, "guest:Bob");
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, in));
    uint64_t patient = world_join(w, "patient:jeanne");
    json_t *seats = json_object_get(world_last(w, patient, "roster"), "seats");
    assert_int_equal(json_array_size(seats), 2);
    seats = json_object_get(world_last(w, patient, "welcome"), "roster");
    assert_int_equal(json_array_size(seats), 2);
    seats = json_object_get(world_last(w, host, "roster"), "seats");
    assert_int_equal(json_array_size(seats), 3);
    world_say(w, host, "{\"type\":\"chat\",\"text\":\"entre nous\"}");
    assert_null(world_last(w, patient, "chat"));
    assert_non_null(world_last(w, in, "chat"));
    world_free(w);
}

static void eight_sit_and_the_ninth_is_told_full(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), last = 0;
    for (int i = 0; i < 7; i++) {
        char ticket[16];
        snprintf(ticket, sizeof ticket, "patient:p%d", i);
        last = world_join(w, ticket);
        assert_non_null(world_last(w, last, "welcome"));
    }
    uint64_t ninth = world_join(w, "patient:p9");
    assert_string_equal(world_error(w, ninth), "full");
    assert_int_equal(w->clients[ninth].code, 1008);
    world_say(w, last, "{\"type\":\"leave\"}");
    assert_string_equal(world_text(world_last(w, last, "bye"), "reason"), "left");
    assert_int_equal(w->clients[last].code, 1000);
    uint64_t again = world_join(w, "patient:p10");
    assert_non_null(world_last(w, again, "welcome"));
    assert_int_equal(w->clients[host].code, 0);
    world_free(w);
}

static void refused_and_removed_are_told_and_closed(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), a = world_join(w, "patient:a");
    uint64_t b = world_join(w, "guest:b");
    world_sayf(w, host, "{\"type\":\"refuse\",\"participant\":\"%s\",\"reason\":\"erreur\"}",
               world_participant(w, a));
    assert_string_equal(world_text(world_last(w, a, "bye"), "reason"), "refused");
    assert_int_equal(w->clients[a].code, 4003);
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}", world_participant(w, b));
    world_sayf(w, host, "{\"type\":\"remove\",\"participant\":\"%s\"}",
               world_participant(w, b));
    assert_string_equal(world_text(world_last(w, b, "bye"), "reason"), "removed");
    assert_int_equal(w->clients[b].code, 4003);
    assert_int_equal(world_events(w, "refused"), 1);
    assert_int_equal(world_events(w, "removed"), 1);
    json_t *seats = json_object_get(world_last(w, host, "roster"), "seats");
    assert_int_equal(json_array_size(seats), 1);
    world_free(w);
}

static void only_who_may_can_admit_remove_mute_end_and_check(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), guest = world_join(w, "guest:Bob");
    uint64_t patient = world_join(w, "patient:jeanne");
    const char *of_patient = world_participant(w, patient);
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, guest));
    static const char *const asked[] = {
        "{\"type\":\"admit\",\"participant\":\"%s\"}",
        "{\"type\":\"refuse\",\"participant\":\"%s\"}",
        "{\"type\":\"remove\",\"participant\":\"%s\"}",
        "{\"type\":\"mute\",\"participant\":\"%s\",\"source\":\"microphone\",\"muted\":true}",
        "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":true}",
    };
    for (size_t i = 0; i < TL_COUNT_OF(asked); i++) {
        char text[200];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, asked[i], of_patient);
#pragma GCC diagnostic pop
        world_forget(w, guest);
        world_say(w, guest, text);
        assert_string_equal(world_error(w, guest), "forbidden");
    }
    world_say(w, guest, "{\"type\":\"end\"}");
    assert_string_equal(world_error(w, guest), "forbidden");
    assert_int_equal(w->clients[patient].code, 0);
    world_say(w, patient, "{\"type\":\"chat\",\"text\":\"bonjour\"}");
    assert_string_equal(world_error(w, patient), "order");
    world_free(w);
}

static void end_closes_for_all_and_the_session_is_gone(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    world_say(w, host, "{\"type\":\"end\"}");
    assert_string_equal(world_text(world_last(w, patient, "bye"), "reason"), "ended");
    assert_int_equal(w->clients[patient].code, 4001);
    assert_int_equal(w->clients[host].code, 4001);
    assert_int_equal(world_events(w, "ended"), 1);
    world_drop(w, host);
    world_drop(w, patient);
    struct tl_hub_counts counts = tl_hub_counts(w->hub);
    assert_int_equal(counts.sessions, 0);
    assert_int_equal(counts.seats, 0);
    assert_int_equal(counts.clients, 0);
    uint64_t late = world_join(w, "patient:late");
    assert_string_equal(world_error(w, late), "ticket");
    world_free(w);
}

static void a_cancelled_act_ends_for_who_waits_too(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t patient = world_join(w, "patient:jeanne"), watcher = world_join(w, "watch:Anne");
    static const char notice[] = "{\"act\":\"" ACT "\",\"kind\":\"act.cancelled\",\"people\":"
                                 "[\"00000041-0000-4000-8000-000000000000\"],\"detail\":{}}";
    struct tl_channel_message message = { .type = TL_MESSAGE_NOTICE,
                                          .json = tl_bytes(notice, sizeof notice - 1) };
    tl_hub_api_message(w->hub, w->now, &message);
    assert_string_equal(world_text(world_last(w, patient, "notice"), "kind"), "act.cancelled");
    assert_string_equal(world_text(world_last(w, patient, "bye"), "reason"), "cancelled");
    assert_int_equal(w->clients[patient].code, 4001);
    assert_string_equal(world_text(world_last(w, watcher, "notice"), "act"), ACT);
    world_free(w);
}

static void a_notice_reaches_only_the_watchers_it_names(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t anne = world_join(w, "watch:Anne"), bob = world_join(w, "watch:Bob");
    static const char notice[] = "{\"act\":null,\"kind\":\"act.rescheduled\",\"people\":"
                                 "[\"00000041-0000-4000-8000-000000000000\"],\"detail\":"
                                 "{\"starts_at\":\"2026-11-24T10:00:00.000Z\"}}";
    struct tl_channel_message message = { .type = TL_MESSAGE_NOTICE,
                                          .json = tl_bytes(notice, sizeof notice - 1) };
    tl_hub_api_message(w->hub, w->now, &message);
    assert_string_equal(world_text(world_last(w, anne, "welcome"), "kind"), "watch");
    assert_non_null(world_last(w, anne, "notice"));
    assert_null(world_last(w, bob, "notice"));
    world_free(w);
}

static void watchers_concerned_learn_of_the_waiting_room(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t watcher = world_join(w, "watch:Wanda"), other = world_join(w, "watch:Xavier");
    uint64_t patient = world_join(w, "patient:jeanne");
    json_t *notice = world_last(w, watcher, "notice");
    assert_string_equal(world_text(notice, "kind"), "waiting.join");
    world_say(w, patient, "{\"type\":\"leave\"}");
    assert_string_equal(world_text(world_last(w, watcher, "notice"), "kind"), "waiting.leave");
    assert_null(world_last(w, other, "notice"));
    world_free(w);
}

static void who_takes_an_act_over_is_told_of_its_waiting_room(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t before = world_join(w, "watch:Wanda"), after = world_join(w, "watch:Xavier");
    uint64_t patient = world_join(w, "patient:jeanne");
    static const char notice[] = "{\"act\":\"" ACT "\",\"kind\":\"act.handed_over\",\"people\":"
                                 "[\"00000058-0000-4000-8000-000000000000\"],\"detail\":{}}";
    struct tl_channel_message message = { .type = TL_MESSAGE_NOTICE,
                                          .json = tl_bytes(notice, sizeof notice - 1) };
    tl_hub_api_message(w->hub, w->now, &message);
    assert_string_equal(world_text(world_last(w, patient, "notice"), "kind"),
                        "act.handed_over");
    assert_null(world_last(w, patient, "bye"));
    world_say(w, patient, "{\"type\":\"leave\"}");
    assert_string_equal(world_text(world_last(w, after, "notice"), "kind"), "waiting.leave");
    assert_string_equal(world_text(world_last(w, before, "notice"), "kind"), "waiting.join");
    world_free(w);
}

static bool is_checked(struct world *w, uint64_t client, const char *participant)
{
    json_t *item, *seats = json_object_get(world_last(w, client, "roster"), "seats");
    bool checked = false;
    size_t i;
    json_array_foreach(seats, i, item)
    {
        if (strcmp(world_text(item, "participant"), participant) == 0)
            checked = json_is_true(json_object_get(item, "identity_checked"));
        else
            assert_false(json_is_true(json_object_get(item, "identity_checked")));
    }
    return checked;
}

static void say_identity(struct world *w, uint64_t host, const char *participant, bool checked)
{
    world_sayf(w, host, "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":%s}",
               participant, checked ? "true" : "false");
}

static void identity_checked_by_eye_is_shown_to_all(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    say_identity(w, host, world_participant(w, patient), true);
    say_identity(w, host, world_participant(w, patient), true); /* said already */
    assert_int_equal(world_events(w, "identity_checked"), 1);
    assert_true(is_checked(w, host, world_participant(w, patient)));
    world_free(w);
}

static void
an_identity_taken_back_is_recorded_and_stays_so_when_the_door_is_replaced(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    char who[40], token[64];
    snprintf(who, sizeof who, "%s", world_participant(w, patient));
    snprintf(token, sizeof token, "%s", world_token(w, host));
    say_identity(w, host, who, false); /* it was never checked */
    assert_int_equal(world_events(w, "identity_unchecked"), 0);
    say_identity(w, host, who, true);
    say_identity(w, host, who, false);
    assert_int_equal(world_events(w, "identity_unchecked"), 1);
    json_t *event = json_array_get(w->recorded, json_array_size(w->recorded) - 1);
    assert_string_equal(world_text(event, "participant"), who);
    assert_string_equal(world_text(json_object_get(event, "detail"), "by"),
                        world_participant(w, host));
    assert_false(is_checked(w, host, who));

    /* Both said while api is away: both are written, in their order, and the last one holds. */
    w->api_mode = API_AWAY;
    say_identity(w, host, who, true);
    say_identity(w, host, who, false);
    assert_false(is_checked(w, host, who));
    w->api_mode = API_ANSWERS;
    world_pass(w, 5 * TL_SECOND_US);
    assert_int_equal(world_events(w, "identity_checked"), 2);
    assert_int_equal(world_events(w, "identity_unchecked"), 2);
    assert_false(is_checked(w, host, who));

    world_replace_door(w);
    world_relay_starts(w, 0);
    uint64_t again = world_resume(w, token);
    world_pass(w, 5 * TL_SECOND_US);
    assert_non_null(world_last(w, again, "welcome"));
    assert_false(is_checked(w, again, who));
    say_identity(w, again, who, true);
    assert_int_equal(world_events(w, "identity_checked"), 3);
    world_free(w);
}

static void the_last_hundred_lines_of_chat_are_kept_within_one_message(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (int i = 0; i < 120; i++) {
        world_sayf(w, host, "{\"type\":\"chat\",\"text\":\"ligne %d\"}", i);
        world_pass(w, 100 * TL_MILLISECOND_US);
    }
    char token[64];
    snprintf(token, sizeof token, "%s", world_token(w, host));
    uint64_t again = world_resume(w, token);
    json_t *chat = json_object_get(world_last(w, again, "welcome"), "chat");
    assert_int_equal(json_array_size(chat), 100);
    assert_string_equal(world_text(json_array_get(chat, 99), "text"), "ligne 119");
    char big[2001];
    memset(big, '"', 2000);
    big[2000] = 0;
    for (int i = 0; i < 100; i++) {
        json_t *json = json_pack("{s:s, s:s}", "type", "chat", "text", big);
        char *text = json_dumps(json, JSON_COMPACT);
        world_say(w, again, text);
        free(text);
        json_decref(json);
        world_pass(w, 100 * TL_MILLISECOND_US);
    }
    snprintf(token, sizeof token, "%s", world_token(w, again));
    uint64_t third = world_resume(w, token); /* the world checks that it is under 64 KiB */
    assert_true(json_array_size(json_object_get(world_last(w, third, "welcome"), "chat")) > 1);
    world_free(w);
}

static void a_refused_ticket_is_fatal(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t client = world_join(w, "nonsense");
    assert_string_equal(world_error(w, client), "ticket");
    assert_true(json_is_true(json_object_get(world_last(w, client, "error"), "fatal")));
    assert_int_equal(w->clients[client].code, 1008);
    world_free(w);
}

static void errors_speak_the_language_of_hello(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t client = world_open_client(w);
    world_say(w, client, "{\"type\":\"hello\",\"ticket\":\"host:Anne\",\"language\":\"en\"}");
    world_say(w, client, "{\"type\":\"test\",\"step\":\"begin\"}");
    assert_string_equal(world_text(world_last(w, client, "error"), "message"),
                        "This is not possible now.");
    uint64_t other = world_join(w, "host:Bob");
    world_say(w, other, "{\"type\":\"test\",\"step\":\"begin\"}");
    assert_string_equal(world_text(world_last(w, other, "error"), "message"),
                        "Cette action n'est pas possible maintenant.");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_enters_at_once_and_a_patient_waits),
        cmocka_unit_test(nothing_is_told_before_it_is_durable),
        cmocka_unit_test(an_event_is_sent_again_under_its_own_id_until_it_is_recorded),
        cmocka_unit_test(an_event_whose_answer_was_lost_is_known_again_by_its_id),
        cmocka_unit_test(events_of_an_act_are_recorded_in_their_order),
        cmocka_unit_test(an_event_refused_for_good_is_told_to_who_asked),
        cmocka_unit_test(who_waits_sees_only_itself_and_hosts),
        cmocka_unit_test(eight_sit_and_the_ninth_is_told_full),
        cmocka_unit_test(refused_and_removed_are_told_and_closed),
        cmocka_unit_test(only_who_may_can_admit_remove_mute_end_and_check),
        cmocka_unit_test(end_closes_for_all_and_the_session_is_gone),
        cmocka_unit_test(a_cancelled_act_ends_for_who_waits_too),
        cmocka_unit_test(a_notice_reaches_only_the_watchers_it_names),
        cmocka_unit_test(who_takes_an_act_over_is_told_of_its_waiting_room),
        cmocka_unit_test(watchers_concerned_learn_of_the_waiting_room),
        cmocka_unit_test(identity_checked_by_eye_is_shown_to_all),
        cmocka_unit_test(
            an_identity_taken_back_is_recorded_and_stays_so_when_the_door_is_replaced),
        cmocka_unit_test(the_last_hundred_lines_of_chat_are_kept_within_one_message),
        cmocka_unit_test(a_refused_ticket_is_fatal),
        cmocka_unit_test(errors_speak_the_language_of_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
