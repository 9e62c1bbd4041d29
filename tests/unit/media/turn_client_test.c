/* The client of TURN against our own server's core: what one says the other understands. */
#include "testing.h"

#include <string.h>

#include "client/turn.h"

static const char user[] = "0123456789abcdef0123456789abcdef", realm[] = "turn.example.fr";
static const char password[] = "a password of its own here";

static struct tl_turn *turn;
static struct tl_turn_connection connection;
static struct tl_turn_client client;
static tl_time_us now;
static unsigned asked; /* requests the server got */
static bool over_ipv6;

static struct tl_address ipv6_relayed(void)
{
    struct tl_address address;
    assert_int_equal(tl_address_read(tl_text("2001:db8::1"), 50123, &address), TL_OK);
    return address;
}

static bool reserve(void *context, void *owner, struct tl_address *ret_relayed)
{
    (void)context, (void)owner;
    *ret_relayed = over_ipv6 ? ipv6_relayed() : tl_address_ipv4(203, 0, 113, 1, 50123);
    return true;
}

static void release(void *context, void *owner)
{
    (void)context, (void)owner;
}

static struct tl_address relay_at(uint16_t port)
{
    return tl_address_ipv4(203, 0, 113, 1, port);
}

static int set_up(void **state)
{
    (void)state;
    now = 1000;
    asked = 0;
    over_ipv6 = false;
    struct tl_turn_config config = { .realm = realm,
                                     .own = { relay_at(0) },
                                     .own_count = 1,
                                     .first_port = 40000,
                                     .port_count = 2,
                                     .reserve = reserve,
                                     .release = release };
    struct tl_address address = tl_address_ipv4(198, 51, 100, 9, 1234);
    if (tl_turn_new(&config, &turn) ||
        tl_turn_user_put(turn, now, tl_text(user), tl_text(password),
                         3600 * (tl_time_us)TL_SECOND_US))
        return -1;
    tl_turn_connect(&connection, NULL, &address);
    return tl_turn_client_init(&client, now, user, password);
}

static int tear_down(void **state)
{
    (void)state;
    tl_turn_client_end(&client);
    tl_turn_disconnect(turn, &connection);
    turn = tl_turn_free(turn);
    return 0;
}

/* Everything due goes to the server, and its answers back; `spoil` changes a byte of each. */
static void exchange(bool spoil)
{
    uint8_t bytes[TL_TURN_CLIENT_MESSAGE_ROOM];
    size_t size, length;
    struct tl_turn_result result;
    struct tl_address from;
    struct tl_bytes data;
    while (tl_turn_client_next_output(&client, now, bytes, &size)) {
        asked++;
        assert_int_equal(tl_turn_length(tl_bytes(bytes, size), &length), TL_OK);
        assert_int_equal(length, size);
        tl_turn_input(turn, &connection, now, tl_bytes(bytes, size), &result);
        assert_true(result.reply_size > 0);
        if (spoil)
            result.reply[result.reply_size - 1] ^= 1;
        assert_false(tl_turn_client_input(
            &client, now, tl_bytes(result.reply, result.reply_size), &from, &data));
    }
}

static enum tl_error say(uint16_t port, const char *text, struct tl_turn_result *ret_result)
{
    uint8_t bytes[256];
    size_t size;
    struct tl_address to = relay_at(port);
    enum tl_error error = tl_turn_client_send(&client, now, &to, tl_bytes(text, strlen(text)),
                                              bytes, sizeof bytes, &size);
    if (error)
        return error;
    static uint8_t kept[256];
    memcpy(kept, bytes, size);
    tl_turn_input(turn, &connection, now, tl_bytes(kept, size), ret_result);
    return TL_OK;
}

static void it_allocates_by_the_challenge_and_data_passes_both_ways(void **state)
{
    (void)state;
    struct tl_turn_result result;
    exchange(false);
    assert_int_equal(asked, 2); /* without and with a signature */
    assert_int_equal(client.state, TL_TURN_CLIENT_ALLOCATED);
    struct tl_address relayed = relay_at(50123), peer = relay_at(40001), from;
    assert_true(tl_address_equal(&client.relayed, &relayed));
    assert_int_equal(say(40001, "before", &result), TL_ERROR_AGAIN);
    exchange(false);
    assert_int_equal(say(40001, "hello", &result), TL_OK);
    assert_true(result.to_peer);
    assert_true(tl_address_equal(&result.peer, &peer));
    assert_memory_equal(result.data.data, "hello", 5);
    uint8_t back[256];
    size_t size;
    struct tl_bytes data;
    assert_true(tl_turn_from_peer(turn, &connection, now, &peer, tl_bytes("answer", 6), back,
                                  sizeof back, &size));
    assert_true(tl_turn_client_input(&client, now, tl_bytes(back, size), &from, &data));
    assert_true(tl_address_equal(&from, &peer));
    assert_int_equal(data.size, 6);
    assert_memory_equal(data.data, "answer", 6);
}

static void a_wrong_password_fails_by_401_and_is_not_tried_again(void **state)
{
    (void)state;
    assert_int_equal(tl_turn_client_init(&client, now, user, "another"), TL_OK);
    exchange(false);
    assert_int_equal(client.state, TL_TURN_CLIENT_FAILED);
    assert_int_equal(client.error_code, 401);
    assert_int_equal(asked, 2);
}

static void
a_peer_that_is_no_relay_of_the_installation_is_refused_and_others_are_not(void **state)
{
    (void)state;
    struct tl_turn_result result;
    uint8_t bytes[64];
    size_t size;
    struct tl_address stranger = tl_address_ipv4(192, 0, 2, 1, 40000);
    exchange(false);
    assert_int_equal(tl_turn_client_send(&client, now, &stranger, tl_bytes("x", 1), bytes,
                                         sizeof bytes, &size),
                     TL_ERROR_AGAIN);
    (void)say(40000, "x", &result);
    exchange(false);
    assert_int_equal(tl_turn_client_send(&client, now, &stranger, tl_bytes("x", 1), bytes,
                                         sizeof bytes, &size),
                     TL_ERROR_STATE);
    assert_int_equal(say(40000, "x", &result), TL_OK);
    assert_int_equal(client.state, TL_TURN_CLIENT_ALLOCATED);
}

static void an_answer_that_is_badly_signed_is_not_believed(void **state)
{
    (void)state;
    uint8_t bytes[TL_TURN_CLIENT_MESSAGE_ROOM];
    size_t size;
    struct tl_turn_result result;
    struct tl_address from;
    struct tl_bytes data;
    assert_true(tl_turn_client_next_output(&client, now, bytes, &size));
    tl_turn_input(turn, &connection, now, tl_bytes(bytes, size), &result);
    (void)tl_turn_client_input(&client, now, tl_bytes(result.reply, result.reply_size), &from,
                               &data);
    exchange(true);
    assert_int_equal(client.state, TL_TURN_CLIENT_ALLOCATING);
    now += TL_TURN_CLIENT_ANSWER_US;
    assert_false(tl_turn_client_next_output(&client, now, bytes, &size));
    assert_int_equal(client.state, TL_TURN_CLIENT_FAILED);
    assert_int_equal(client.error_code, 0);
}

static void allocation_and_permission_outlive_an_hour(void **state)
{
    (void)state;
    struct tl_turn_result result;
    exchange(false);
    (void)say(40000, "x", &result);
    exchange(false);
    for (tl_time_us end = now + 3000 * (tl_time_us)TL_SECOND_US; now < end;) {
        tl_time_us due = tl_turn_client_next_deadline(&client);
        assert_true(due > now);
        now = due;
        assert_true(tl_turn_tick(turn, &connection, now));
        exchange(false);
        assert_int_equal(client.state, TL_TURN_CLIENT_ALLOCATED);
        assert_int_equal(say(40000, "x", &result), TL_OK);
        assert_true(result.to_peer);
    }
    assert_true(asked > 15);
}

static void an_installation_of_ipv6_alone_is_asked_again_for_that(void **state)
{
    (void)state;
    over_ipv6 = true;
    exchange(false);
    assert_int_equal(client.state, TL_TURN_CLIENT_ALLOCATED);
    struct tl_address relayed = ipv6_relayed();
    assert_true(tl_address_equal(&client.relayed, &relayed));
    assert_int_equal(asked, 3);
}

static void a_ninth_peer_is_one_too_many(void **state)
{
    (void)state;
    uint8_t bytes[64];
    size_t size;
    for (uint16_t i = 0; i <= TL_TURN_CLIENT_PEERS; i++) {
        struct tl_address to = relay_at((uint16_t)(41000 + i));
        assert_int_equal(tl_turn_client_send(&client, now, &to, tl_bytes("x", 1), bytes,
                                             sizeof bytes, &size),
                         i < TL_TURN_CLIENT_PEERS ? TL_ERROR_AGAIN : TL_ERROR_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_allocates_by_the_challenge_and_data_passes_both_ways,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_password_fails_by_401_and_is_not_tried_again,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_peer_that_is_no_relay_of_the_installation_is_refused_and_others_are_not, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(an_answer_that_is_badly_signed_is_not_believed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(allocation_and_permission_outlive_an_hour, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_installation_of_ipv6_alone_is_asked_again_for_that,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_ninth_peer_is_one_too_many, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
