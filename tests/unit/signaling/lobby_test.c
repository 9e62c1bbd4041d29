/* Before somebody is in: the connection of who stands in the lobby, and the offer behind the hello. */
#include "world.h"

#include "hub/state.h"

static const char lobby[] = "{\"type\":\"lobby\"}";
static const char host[] = "{\"type\":\"hello\",\"ticket\":\"host:Anne\"}";
static const char patient[] = "{\"type\":\"hello\",\"ticket\":\"patient:paul\"}";

/* Heard by the hub, with nothing answered by api or relay yet. */
static void say_only(struct world *w, uint64_t client, const char *text)
{
    tl_hub_client_message(w->hub, w->now, client, tl_bytes(text, strlen(text)));
}

static void offer_only(struct world *w, uint64_t client)
{
    char *message = world_offer_message(w, "abcd", 2, 2);
    say_only(w, client, message);
    free(message);
}

static size_t position(struct world *w, uint64_t client, const char *type)
{
    json_t *item;
    size_t i;
    json_array_foreach(w->clients[client].heard, i, item)
    {
        if (strcmp(world_text(item, "type"), type) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void who_stands_in_the_lobby_is_nobody_until_the_hello(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t watcher = world_join(w, "watch:Anne");
    uint64_t one = world_open_client(w);
    world_forget(w, watcher);
    unsigned asked = w->api_count;
    world_say(w, one, lobby);
    world_pass(w, 9 * 60 * TL_SECOND_US);
    assert_int_equal(json_array_size(w->clients[one].heard), 0);
    assert_int_equal(w->clients[one].code, 0);
    assert_int_equal(json_array_size(w->clients[watcher].heard), 0);
    assert_int_equal(json_array_size(w->recorded), 0);
    assert_int_equal(w->api_count, asked);
    assert_int_equal(tl_hub_counts(w->hub).sessions, 0);
    assert_int_equal(tl_hub_counts(w->hub).seats, 0);
    world_say(w, one, patient);
    assert_string_equal(world_text(world_last(w, one, "welcome"), "state"), "waiting");
    assert_int_equal(world_events(w, "seat_taken"), 1);
    world_pass(w, 20 * 60 * TL_SECOND_US); /* its ten minutes are not counted any more */
    assert_int_equal(w->clients[one].code, 0);
    world_free(w);
}

static void a_lobby_ends_after_ten_minutes_with_a_bye(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t one = world_open_client(w);
    world_say(w, one, lobby);
    world_pass(w, TL_HUB_LOBBY_US - TL_SECOND_US);
    assert_int_equal(w->clients[one].code, 0);
    world_pass(w, 2 * TL_SECOND_US);
    assert_string_equal(world_text(world_last(w, one, "bye"), "reason"), "expired");
    assert_int_equal(w->clients[one].code, 1000);
    assert_int_equal(json_array_size(w->recorded), 0);
    world_free(w);
}

static void in_the_lobby_only_a_hello_is_heard(void **state)
{
    (void)state;
    struct world *w = world_new();
    static const char *const others[] = { lobby, "{\"type\":\"leave\"}", "{\"type\":\"lob\"}",
                                          "{" };
    for (size_t i = 0; i < TL_COUNT_OF(others); i++) {
        uint64_t one = world_open_client(w);
        world_say(w, one, lobby);
        world_say(w, one, others[i]);
        assert_true(json_is_true(json_object_get(world_last(w, one, "error"), "fatal")));
        assert_int_equal(w->clients[one].code, 1008);
    }
    uint64_t seated = world_join(w, "host:Anne");
    world_say(w, seated, lobby);
    assert_string_equal(world_error(w, seated), "order");
    assert_int_equal(w->clients[seated].code, 0);
    world_free(w);
}

static void thirty_two_lobbies_of_one_address_and_not_one_more(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (uint64_t id = 100; id < 100 + TL_HUB_LOBBY_ADDRESS_LIMIT; id++) {
        tl_hub_client_opened(w->hub, w->now, id, 7);
        world_say(w, id, lobby);
    }
    tl_hub_client_opened(w->hub, w->now, 1, 7);
    world_say(w, 1, lobby);
    assert_string_equal(world_error(w, 1), "away");
    assert_int_equal(w->clients[1].code, 1013);
    tl_hub_client_opened(w->hub, w->now, 2, 8); /* another address is not touched */
    world_say(w, 2, lobby);
    assert_int_equal(w->clients[2].code, 0);
    world_say(w, 100, patient); /* who went in left a place */
    tl_hub_client_opened(w->hub, w->now, 3, 7);
    world_say(w, 3, lobby);
    assert_int_equal(w->clients[3].code, 0);
    tl_hub_client_opened(w->hub, w->now, 4,
                         7); /* and a hello without a lobby is always heard */
    world_say(w, 4, host);
    assert_non_null(world_last(w, 4, "welcome"));
    world_free(w);
}

static void a_thousand_lobbies_and_not_one_more(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (uint64_t i = 0; i < TL_HUB_LOBBY_LIMIT; i++) {
        tl_hub_client_opened(w->hub, w->now, 100 + i, 1 + i / TL_HUB_LOBBY_ADDRESS_LIMIT);
        world_say(w, 100 + i, lobby);
    }
    tl_hub_client_opened(w->hub, w->now, 1, 9999);
    world_say(w, 1, lobby);
    assert_int_equal(w->clients[1].code, 1013);
    world_drop(w, 100);
    tl_hub_client_opened(w->hub, w->now, 2, 9999);
    world_say(w, 2, lobby);
    assert_int_equal(w->clients[2].code, 0);
    world_free(w);
}

static void an_offer_behind_the_hello_is_answered_after_the_welcome(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t one = world_open_client(w);
    say_only(w, one, host);
    offer_only(w, one);
    assert_int_equal(json_array_size(w->clients[one].heard), 0);
    assert_null(world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN)); /* nobody is let in yet */
    world_pump(w);
    assert_non_null(world_last(w, one, "answer"));
    assert_null(world_last(w, one, "error"));
    assert_true(position(w, one, "welcome") < position(w, one, "answer"));
    assert_int_equal(world_events(w, "admitted"), 1);
    world_free(w);
}

static void an_offer_behind_the_hello_of_who_waits_is_refused_and_may_come_again(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t doctor = world_join(w, "host:Anne"), one = world_open_client(w);
    say_only(w, one, patient);
    offer_only(w, one);
    world_pump(w);
    json_t *error = world_last(w, one, "error");
    assert_string_equal(world_text(world_last(w, one, "welcome"), "state"), "waiting");
    assert_true(position(w, one, "welcome") < position(w, one, "error"));
    assert_string_equal(world_text(error, "code"), "order");
    assert_string_equal(world_text(error, "re"), "offer");
    assert_true(json_is_false(json_object_get(error, "fatal")));
    assert_null(world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN));
    world_sayf(w, doctor, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, one));
    assert_null(world_last(w, one, "answer"));
    world_offer(w, one, 2, 2);
    assert_non_null(world_last(w, one, "answer"));
    world_free(w);
}

static void behind_the_hello_one_offer_is_kept_and_nothing_else(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t one = world_open_client(w);
    say_only(w, one, host);
    say_only(w, one, "{\"type\":\"hand\",\"raised\":true}");
    assert_string_equal(world_text(world_last(w, one, "error"), "re"), "hand");
    world_forget(w, one);
    offer_only(w, one);
    offer_only(w, one);
    assert_string_equal(world_text(world_last(w, one, "error"), "re"), "offer");
    world_pump(w);
    assert_int_equal(world_count(w, one, "answer"), 1);
    world_free(w);
}

static void the_offer_of_who_is_not_let_in_is_for_nobody(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t one = world_open_client(w);
    say_only(w, one, "{\"type\":\"hello\",\"ticket\":\"?\"}");
    offer_only(w, one);
    world_pump(w);
    assert_string_equal(world_error(w, one), "ticket");
    assert_null(world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN));
    uint64_t two = world_open_client(w);
    say_only(w, two, host);
    offer_only(w, two);
    world_drop(w, two);
    assert_null(world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN));
    world_free(w);
}

/* An offer said early proves no more than the hello that its client has the fresh token. */
static void an_offer_behind_the_hello_leaves_the_old_token_alive(void **state)
{
    (void)state;
    struct world *w = world_new();
    char first[100];
    uint64_t one = world_join(w, "host:Anne");
    snprintf(first, sizeof first, "%s", world_token(w, one));
    world_offer(w, one, 2, 2);
    world_drop(w, one);
    uint64_t two = world_open_client(w);
    char hello[200];
    snprintf(hello, sizeof hello, "{\"type\":\"hello\",\"resume\":\"%s\"}", first);
    say_only(w, two, hello);
    offer_only(w, two);
    world_pump(w);
    assert_non_null(world_last(w, two, "welcome"));
    world_drop(w, two); /* and its welcome was lost with it */
    assert_non_null(world_last(w, world_resume(w, first), "welcome"));
    world_free(w);
}

static void sixty_four_early_offers_and_not_one_more(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->api_mode = API_SILENT;
    for (uint64_t i = 0; i <= TL_HUB_EARLY_LIMIT; i++) {
        uint64_t id = i < TL_HUB_EARLY_LIMIT ? 100 + i : 1;
        tl_hub_client_opened(w->hub, w->now, id, id);
        say_only(w, id, host);
        offer_only(w, id);
    }
    assert_string_equal(world_error(w, 1), "order");
    assert_int_equal(w->clients[1].code, 0);
    world_drop(w, 100);
    offer_only(w, 1); /* there is room again */
    assert_int_equal(world_count(w, 1, "error"), 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_stands_in_the_lobby_is_nobody_until_the_hello),
        cmocka_unit_test(a_lobby_ends_after_ten_minutes_with_a_bye),
        cmocka_unit_test(in_the_lobby_only_a_hello_is_heard),
        cmocka_unit_test(thirty_two_lobbies_of_one_address_and_not_one_more),
        cmocka_unit_test(a_thousand_lobbies_and_not_one_more),
        cmocka_unit_test(an_offer_behind_the_hello_is_answered_after_the_welcome),
        cmocka_unit_test(an_offer_behind_the_hello_of_who_waits_is_refused_and_may_come_again),
        cmocka_unit_test(behind_the_hello_one_offer_is_kept_and_nothing_else),
        cmocka_unit_test(the_offer_of_who_is_not_let_in_is_for_nobody),
        cmocka_unit_test(an_offer_behind_the_hello_leaves_the_old_token_alive),
        cmocka_unit_test(sixty_four_early_offers_and_not_one_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
