/* Passwords for TURN: given with the join, to the relays too, and dead with the seat. */
#include "world.h"

static struct world *with_turn(void)
{
    struct world *w = world_new();
    tl_hub_set_turn(w->hub, "turn.example.fr", 443);
    return w;
}

static json_t *server_in(json_t *message)
{
    return json_array_get(json_object_get(message, "ice_servers"), 0);
}

static void who_is_in_gets_a_password_that_every_relay_knows(void **state)
{
    (void)state;
    struct world *w = with_turn();
    world_relay_starts(w, 1);
    uint64_t host = world_join(w, "host:Anne");
    json_t *server = server_in(world_last(w, host, "welcome"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(server, "urls"), 0)),
                        "turns:turn.example.fr:443?transport=tcp");
    assert_string_equal(world_text(server, "username"), world_participant(w, host));
    assert_int_equal(strlen(world_text(server, "credential")), 32);
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_USER), 2);
    json_t *told = world_to_relay(w, TL_MESSAGE_TURN_USER);
    assert_string_equal(world_text(told, "user"), world_participant(w, host));
    assert_string_equal(world_text(told, "password"), world_text(server, "credential"));
    world_free(w);
}

static void who_waits_gets_none_until_admitted(void **state)
{
    (void)state;
    struct world *w = with_turn();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    assert_null(server_in(world_last(w, patient, "welcome")));
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_USER), 1);
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    json_t *server = server_in(world_last(w, patient, "admitted"));
    assert_string_equal(world_text(server, "username"), world_participant(w, patient));
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_USER), 2);
    world_free(w);
}

static void a_resumed_connection_keeps_its_password(void **state)
{
    (void)state;
    struct world *w = with_turn();
    uint64_t host = world_join(w, "host:Anne");
    char first[64];
    snprintf(first, sizeof first, "%s",
             world_text(server_in(world_last(w, host, "welcome")), "credential"));
    char token[128];
    snprintf(token, sizeof token, "%s", world_token(w, host));
    world_drop(w, host);
    uint64_t again = world_resume(w, token);
    assert_string_equal(world_text(server_in(world_last(w, again, "welcome")), "credential"),
                        first);
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_USER), 1);
    world_free(w);
}

static void a_password_dies_with_the_seat(void **state)
{
    (void)state;
    struct world *w = with_turn();
    uint64_t host = world_join(w, "host:Anne");
    char participant[64];
    snprintf(participant, sizeof participant, "%s", world_participant(w, host));
    world_say(w, host, "{\"type\":\"leave\"}");
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_END), 1);
    assert_string_equal(world_text(world_to_relay(w, TL_MESSAGE_TURN_END), "user"),
                        participant);
    world_free(w);
}

static void a_relay_that_starts_is_told_of_everybody_who_is_in(void **state)
{
    (void)state;
    struct world *w = with_turn();
    uint64_t host = world_join(w, "host:Anne");
    world_join(w, "patient:jeanne");
    world_relay_starts(w, 1);
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_USER), 2);
    assert_string_equal(world_text(world_to_relay(w, TL_MESSAGE_TURN_USER), "user"),
                        world_participant(w, host));
    world_free(w);
}

static void without_turn_nobody_is_told_of_it(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    json_t *servers = json_object_get(world_last(w, host, "welcome"), "ice_servers");
    assert_true(json_is_array(servers));
    assert_int_equal(json_array_size(servers), 0);
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_TURN_USER), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_in_gets_a_password_that_every_relay_knows),
        cmocka_unit_test(who_waits_gets_none_until_admitted),
        cmocka_unit_test(a_resumed_connection_keeps_its_password),
        cmocka_unit_test(a_password_dies_with_the_seat),
        cmocka_unit_test(a_relay_that_starts_is_told_of_everybody_who_is_in),
        cmocka_unit_test(without_turn_nobody_is_told_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
