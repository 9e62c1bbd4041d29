/* TURN's core: the book's vectors, what is refused and how, and that it relays to nobody else. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "media/turn.h"

static const char user[] = "0123456789abcdef0123456789abcdef",
                  other[] = "ffffffffffffffffffffffffffffffff";
static const char password[] = "a password of its own here";
static const char realm[] = "turn.example.fr";

static struct tl_turn *turn;
static struct tl_turn_connection connection;
static struct tl_turn_result result;
static struct tl_turn_message reply;
static uint8_t key[TL_TURN_KEY_SIZE];
static tl_time_us now;
static struct {
    unsigned reserved, released;
    bool none;
    struct tl_address relayed;
} pool;

static bool reserve(void *context, void *owner, struct tl_address *ret_relayed)
{
    (void)context, (void)owner;
    if (pool.none)
        return false;
    pool.reserved++;
    *ret_relayed = pool.relayed;
    return true;
}

static void release(void *context, void *owner)
{
    (void)context, (void)owner;
    pool.released++;
}

static struct tl_address relay_at(uint16_t port)
{
    return tl_address_ipv4(203, 0, 113, 1, port);
}

static unsigned port_count = 2; /* of our relays, from 40000 */

static int set_up(void **state)
{
    (void)state;
    now = 1000;
    memset(&pool, 0, sizeof pool);
    pool.relayed = relay_at(50123);
    struct tl_turn_config config = { .realm = realm,
                                     .own = { relay_at(0), tl_address_ipv4(127, 0, 0, 1, 0) },
                                     .own_count = 2,
                                     .first_port = 40000,
                                     .port_count = port_count,
                                     .reserve = reserve,
                                     .release = release };
    struct tl_address client = tl_address_ipv4(198, 51, 100, 9, 1234);
    if (tl_turn_new(&config, &turn) ||
        tl_turn_user_put(turn, now, tl_text(user), tl_text(password),
                         3600 * (tl_time_us)TL_SECOND_US))
        return -1;
    tl_turn_connect(&connection, NULL, &client);
    return tl_turn_key(tl_text(user), tl_text(realm), tl_text(password), key);
}

static int set_up_many(void **state)
{
    port_count = TL_TURN_CHANNELS_LIMIT + 1;
    int status = set_up(state);
    port_count = 2;
    return status;
}

static int tear_down(void **state)
{
    (void)state;
    tl_turn_disconnect(turn, &connection);
    assert_int_equal(pool.reserved, pool.released);
    turn = tl_turn_free(turn);
    return 0;
}

static void give(struct tl_bytes bytes)
{
    uint8_t *copy = malloc(bytes.size ? bytes.size : 1); /* a read past the end is seen */
    memcpy(copy, bytes.data, bytes.size);
    tl_turn_input(turn, &connection, now, tl_bytes(copy, bytes.size), &result);
    memset(&reply, 0, sizeof reply);
    if (result.reply_size)
        assert_int_equal(tl_turn_read(tl_bytes(result.reply, result.reply_size), &reply),
                         TL_OK);
    if (!result.to_peer)
        free(copy);
    else { /* what is to be sent lies in it: kept for the test, which is short */
        static uint8_t kept[TL_TURN_MESSAGE_LIMIT];
        memcpy(kept, result.data.data, result.data.size);
        result.data.data = kept;
        free(copy);
    }
}

/* The error code, 0 for success. */
static unsigned ask_with(struct tl_turn_message message, const uint8_t *with)
{
    uint8_t bytes[1024];
    size_t size;
    message.transaction[0] = 7;
    assert_int_equal(tl_turn_write(&message, with, bytes, sizeof bytes, &size), TL_OK);
    give(tl_bytes(bytes, size));
    assert_true(result.reply_size > 0);
    assert_int_equal(reply.method, message.method);
    assert_memory_equal(reply.transaction, message.transaction, sizeof reply.transaction);
    assert_int_equal(reply.class_ == TL_STUN_ERROR, reply.error_code != 0);
    return reply.error_code;
}

static struct tl_turn_message signed_(struct tl_turn_message message)
{
    message.username = tl_text(user);
    message.realm = tl_text(realm);
    message.nonce = tl_text(connection.nonce);
    return message;
}

static unsigned ask(struct tl_turn_message message)
{
    return ask_with(signed_(message), key);
}

static const struct tl_turn_message allocate = { .method = TL_TURN_ALLOCATE,
                                                 .has_transport = true,
                                                 .transport = 17 };

static unsigned permit(struct tl_address peer)
{
    return ask((struct tl_turn_message){
        .method = TL_TURN_CREATE_PERMISSION, .peers = { peer }, .peer_count = 1 });
}

static unsigned bind_channel(uint16_t number, struct tl_address peer)
{
    return ask((struct tl_turn_message){ .method = TL_TURN_CHANNEL_BIND,
                                         .has_channel = true,
                                         .channel = number,
                                         .peers = { peer },
                                         .peer_count = 1 });
}

static bool send_to(struct tl_address peer)
{
    uint8_t bytes[256];
    size_t size;
    struct tl_turn_message send = { .class_ = TL_STUN_INDICATION,
                                    .method = TL_TURN_SEND,
                                    .peers = { peer },
                                    .peer_count = 1,
                                    .has_data = true,
                                    .data = tl_bytes("hello", 5) };
    assert_int_equal(tl_turn_write(&send, NULL, bytes, sizeof bytes, &size), TL_OK);
    give(tl_bytes(bytes, size));
    assert_int_equal(result.reply_size, 0);
    if (result.to_peer) {
        assert_true(tl_address_equal(&result.peer, &peer));
        assert_int_equal(result.data.size, 5);
        assert_memory_equal(result.data.data, "hello", 5);
    }
    return result.to_peer;
}

static bool send_by_channel(uint16_t number)
{
    uint8_t bytes[64];
    size_t size;
    assert_int_equal(
        tl_turn_channel_write(number, tl_bytes("hello", 5), bytes, sizeof bytes, &size), TL_OK);
    assert_int_equal(size, 12);
    give(tl_bytes(bytes, size));
    return result.to_peer;
}

/* ---- the wire ---- */

/* RFC 5769 section 2.4: long-term credentials. */
static void the_sample_request_of_rfc_5769_with_long_term_credentials_verifies(void **state)
{
    (void)state;
    static const uint8_t sample[] = {
        0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6,
        0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e, 0x00, 0x06, 0x00, 0x12, 0xe3, 0x83,
        0x9e, 0xe3, 0x83, 0x88, 0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf,
        0xe3, 0x82, 0xb9, 0x00, 0x00, 0x00, 0x15, 0x00, 0x1c, 0x66, 0x2f, 0x2f, 0x34,
        0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36, 0x4f, 0x4c, 0x33, 0x34, 0x6f,
        0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73, 0x41, 0x00, 0x14,
        0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67,
        0x00, 0x00, 0x08, 0x00, 0x14, 0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e,
        0x02, 0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66
    };
    struct tl_turn_message message;
    uint8_t long_term[TL_TURN_KEY_SIZE];
    assert_int_equal(tl_turn_read(tl_bytes(sample, sizeof sample), &message), TL_OK);
    assert_true(tl_text_is(message.realm, "example.org"));
    assert_true(tl_text_is(message.nonce, "f//499k954d6OL34oL9FSTvy64sA"));
    assert_int_equal(
        tl_turn_key(message.username, message.realm, TL_TEXT("TheMatrIX"), long_term), TL_OK);
    struct tl_stun_message stun = { .integrity_offset = message.integrity_offset };
    assert_int_equal(
        tl_stun_verify(tl_bytes(sample, sizeof sample), &stun,
                       (struct tl_text){ (const char *)long_term, sizeof long_term }),
        TL_OK);
}

static void every_truncation_of_a_message_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size;
    struct tl_turn_message message = signed_(allocate), again;
    message.peers[0] = relay_at(40000);
    message.peer_count = 1;
    message.has_family = message.has_channel = message.has_lifetime = message.has_data = true;
    message.data = tl_bytes("xyz", 3);
    assert_int_equal(tl_turn_write(&message, key, bytes, sizeof bytes, &size), TL_OK);
    assert_int_equal(tl_turn_read(tl_bytes(bytes, size), &again), TL_OK);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        memcpy(copy, bytes, cut);
        assert_int_equal(tl_turn_read(tl_bytes(copy, cut), &again), TL_ERROR_FORMAT);
        free(copy);
        assert_int_equal(tl_turn_write(&message, key, bytes, cut, &size), TL_ERROR_LIMIT);
        assert_int_equal(tl_turn_write(&message, key, bytes, sizeof bytes, &size), TL_OK);
    }
}

static void the_length_of_a_message_is_known_from_four_bytes(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[4];
        enum tl_error error;
        size_t size;
    } cases[] = { { { 0, 3, 0, 8 }, TL_OK, 28 },
                  { { 0x40, 0, 0, 5 }, TL_OK, 12 }, /* padded (RFC 8656 section 12.5) */
                  { { 0x40, 0, 0, 0 }, TL_OK, 4 },
                  { { 0, 1, 7, 0xEC }, TL_OK, TL_TURN_MESSAGE_LIMIT },
                  { { 0, 1, 7, 0xF0 }, TL_ERROR_FORMAT, 0 },
                  { { 0x4f, 0xff, 7, 0xFC }, TL_OK, TL_TURN_MESSAGE_LIMIT },
                  { { 0x4f, 0xff, 7, 0xFD }, TL_ERROR_FORMAT, 0 },
                  { { 0x80, 0, 0, 0 }, TL_ERROR_FORMAT, 0 },
                  { { 'G' | 0x80, 0, 0, 0 }, TL_ERROR_FORMAT, 0 } };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        size_t size = 0;
        for (size_t cut = 0; cut < 4; cut++)
            assert_int_equal(tl_turn_length(tl_bytes(cases[i].bytes, cut), &size),
                             TL_ERROR_AGAIN);
        assert_int_equal(tl_turn_length(tl_bytes(cases[i].bytes, 4), &size), cases[i].error);
        assert_int_equal(size, cases[i].size);
    }
}

/* ---- who may ---- */

static void without_credentials_401_says_what_to_sign(void **state)
{
    (void)state;
    assert_int_equal(ask_with(allocate, NULL), 401);
    assert_true(tl_text_is(reply.realm, realm));
    assert_true(tl_text_is(reply.nonce, connection.nonce));
    assert_int_equal(reply.integrity_offset, 0);
    assert_int_equal(pool.reserved, 0);
}

static void credentials_that_do_not_hold_are_refused_and_reserve_nothing(void **state)
{
    (void)state;
    struct tl_turn_message message = signed_(allocate);
    uint8_t wrong[TL_TURN_KEY_SIZE] = { 1 };
    assert_int_equal(ask_with(message, wrong), 401);
    message.username = tl_text(other);
    assert_int_equal(ask_with(message, key), 401);
    message.username = TL_TEXT("nobody");
    assert_int_equal(ask_with(message, key), 401);
    message = signed_(allocate);
    message.realm = TL_TEXT("elsewhere");
    assert_int_equal(ask_with(message, key), 401);
    message = signed_(allocate);
    message.nonce = TL_TEXT("stale");
    assert_int_equal(ask_with(message, key), 438);
    assert_true(tl_text_is(reply.nonce, connection.nonce));
    message = signed_(allocate);
    message.nonce = (struct tl_text){ 0 };
    assert_int_equal(ask_with(message, key), 400);
    message = signed_(allocate);
    message.username = (struct tl_text){ 0 };
    assert_int_equal(ask_with(message, key), 400);
    assert_int_equal(pool.reserved, 0);
}

static void no_changed_byte_of_a_request_passes(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size;
    struct tl_turn_message message = signed_(allocate);
    assert_int_equal(tl_turn_write(&message, key, bytes, sizeof bytes, &size), TL_OK);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x20;
        give(tl_bytes(bytes, size));
        bytes[i] ^= 0x20;
        assert_false(connection.allocated);
    }
    give(tl_bytes(bytes, size));
    assert_true(connection.allocated);
}

static void
a_password_ends_with_its_time_or_its_user_and_takes_the_allocation_along(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    tl_turn_user_end(turn, tl_text(user));
    assert_false(tl_turn_tick(turn, &connection, now));
    assert_int_equal(pool.released, 1);
    assert_int_equal(ask(allocate), 401);
    /* and by time */
    assert_int_equal(tl_turn_user_put(turn, now, tl_text(user), tl_text(password), 100), TL_OK);
    assert_int_equal(ask(allocate), 0);
    now += 99;
    assert_true(tl_turn_tick(turn, &connection, now));
    now += 1;
    assert_false(tl_turn_tick(turn, &connection, now));
    assert_int_equal(ask(allocate), 401);
}

/* A door that started anew gives everyone a new password; what is held goes on with the old one. */
static void a_new_password_leaves_what_is_held_alone(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    assert_int_equal(
        tl_turn_user_put(turn, now, tl_text(user), TL_TEXT("another password, new"), 1000000),
        TL_OK);
    assert_int_equal(ask((struct tl_turn_message){ .method = TL_TURN_REFRESH }), 0);
    struct tl_turn_connection second;
    tl_turn_connect(&second, NULL, &connection.client);
    memcpy(second.nonce, connection.nonce, sizeof second.nonce);
    uint8_t bytes[512];
    size_t size;
    struct tl_turn_message message = signed_(allocate);
    assert_int_equal(tl_turn_write(&message, key, bytes, sizeof bytes, &size), TL_OK);
    tl_turn_input(turn, &second, now, tl_bytes(bytes, size), &result);
    assert_false(second.allocated);
}

static void a_user_holds_four_allocations_and_not_one_more(void **state)
{
    (void)state;
    static struct tl_turn_connection more[TL_TURN_OF_USER_LIMIT];
    uint8_t bytes[512];
    size_t size;
    for (size_t i = 0; i < TL_TURN_OF_USER_LIMIT; i++) {
        tl_turn_connect(&more[i], NULL, &connection.client);
        memcpy(more[i].nonce, connection.nonce, sizeof more[i].nonce);
        struct tl_turn_message message = signed_(allocate);
        assert_int_equal(tl_turn_write(&message, key, bytes, sizeof bytes, &size), TL_OK);
        tl_turn_input(turn, &more[i], now, tl_bytes(bytes, size), &result);
        assert_true(more[i].allocated);
    }
    assert_int_equal(ask(allocate), 486);
    tl_turn_disconnect(turn, &more[0]);
    assert_int_equal(ask(allocate), 0);
    for (size_t i = 1; i < TL_TURN_OF_USER_LIMIT; i++)
        tl_turn_disconnect(turn, &more[i]);
}

static void the_table_of_users_is_full_at_16384_and_forgets_who_has_expired(void **state)
{
    (void)state;
    char id[33];
    for (unsigned i = 1; i < TL_TURN_USERS_LIMIT; i++) {
        snprintf(id, sizeof id, "%08x%024x", i * 2654435761u, i);
        assert_int_equal(
            tl_turn_user_put(turn, now, tl_text(id), tl_text(password), i % 2 ? 10 : 1000000),
            TL_OK);
    }
    assert_int_equal(tl_turn_user_count(turn), TL_TURN_USERS_LIMIT);
    assert_int_equal(tl_turn_user_put(turn, now, tl_text(other), tl_text(password), 100),
                     TL_ERROR_LIMIT);
    now += 10;
    assert_int_equal(tl_turn_user_put(turn, now, tl_text(other), tl_text(password), 100),
                     TL_OK);
    assert_int_equal(tl_turn_user_count(turn), TL_TURN_USERS_LIMIT / 2 + 1);
    assert_int_equal(ask(allocate), 0);
    for (unsigned i = 1; i < TL_TURN_USERS_LIMIT; i++) {
        snprintf(id, sizeof id, "%08x%024x", i * 2654435761u, i);
        tl_turn_user_end(turn, tl_text(id));
    }
    assert_int_equal(tl_turn_user_count(turn), 2);
}

/* ---- allocations ---- */

static void an_allocation_says_its_address_the_clients_and_its_time(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    assert_true(tl_address_equal(&reply.relayed, &pool.relayed));
    assert_int_equal(reply.lifetime, 600);
    struct tl_stun_message stun = { .integrity_offset = reply.integrity_offset };
    assert_int_equal(tl_stun_verify(tl_bytes(result.reply, result.reply_size), &stun,
                                    (struct tl_text){ (const char *)key, sizeof key }),
                     TL_OK);
    assert_int_equal(ask(allocate), 437);
}

static void what_cannot_be_allocated_is_refused_by_the_book(void **state)
{
    (void)state;
    struct tl_turn_message message = allocate;
    message.has_transport = false;
    assert_int_equal(ask(message), 400);
    message = allocate;
    message.transport = 6; /* TCP */
    assert_int_equal(ask(message), 442);
    message = allocate;
    message.has_family = true;
    message.family = 2; /* IPv6, and our address is none */
    assert_int_equal(ask(message), 440);
    assert_int_equal(pool.released, 1);
    message.family = 9;
    assert_int_equal(ask(message), 440);
    pool.none = true;
    assert_int_equal(ask(allocate), 508);
    pool.none = false;
    assert_int_equal(ask((struct tl_turn_message){ .method = TL_TURN_REFRESH }), 437);
    assert_int_equal(permit(relay_at(40000)), 437);
    assert_int_equal(bind_channel(0x4000, relay_at(40000)), 437);
    assert_int_equal(ask_with((struct tl_turn_message){ .method = 0x55 }, NULL), 400);
}

/* EVEN-PORT must be understood, and is not. */
static void an_attribute_that_must_be_understood_and_is_not_gets_420(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size;
    struct tl_turn_message message = signed_(allocate);
    assert_int_equal(tl_turn_write(&message, NULL, bytes, sizeof bytes, &size), TL_OK);
    struct tl_writer w = tl_writer(bytes, sizeof bytes);
    w.used = size;
    tl_write_u16(&w, 0x0018);
    tl_write_u16(&w, 1);
    tl_write_u32(&w, 0x80000000);
    uint8_t hmac[TL_STUN_INTEGRITY_SIZE];
    assert_int_equal(tl_stun_integrity(tl_writer_bytes(&w),
                                       (struct tl_text){ (const char *)key, sizeof key }, hmac),
                     TL_OK);
    tl_write_u16(&w, 8);
    tl_write_u16(&w, sizeof hmac);
    tl_write_bytes(&w, tl_bytes(hmac, sizeof hmac));
    bytes[2] = (uint8_t)((w.used - 20) >> 8);
    bytes[3] = (uint8_t)(w.used - 20);
    give(tl_writer_bytes(&w));
    assert_int_equal(reply.error_code, 420);
    assert_false(connection.allocated);
}

static void an_allocation_lasts_as_asked_an_hour_at_most_and_ends_when_told(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    now += TL_TURN_LIFETIME_US - 1;
    assert_true(tl_turn_tick(turn, &connection, now));
    assert_int_equal(ask((struct tl_turn_message){
                         .method = TL_TURN_REFRESH, .has_lifetime = true, .lifetime = 999999 }),
                     0);
    assert_int_equal(reply.lifetime, 3600);
    assert_int_equal(ask((struct tl_turn_message){ .method = TL_TURN_REFRESH }), 0);
    now += TL_TURN_LIFETIME_US;
    assert_false(tl_turn_tick(turn, &connection, now));
    assert_int_equal(ask(allocate), 0);
    assert_int_equal(ask((struct tl_turn_message){
                         .method = TL_TURN_REFRESH, .has_lifetime = true, .lifetime = 0 }),
                     0);
    assert_int_equal(reply.lifetime, 0);
    assert_false(connection.allocated);
}

/* ---- whom to ---- */

static void nobody_but_our_own_relays_is_ever_a_peer(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    static const char *const foreign[] = { "203.0.113.2",     "198.51.100.1",
                                           "0.0.0.0",         "10.0.0.1",
                                           "169.254.169.254", "::ffff:10.0.0.1",
                                           "::ffff:0.0.0.0" };
    for (size_t i = 0; i < TL_COUNT_OF(foreign); i++) {
        struct tl_address peer;
        assert_int_equal(tl_address_read(tl_text(foreign[i]), 40000, &peer), TL_OK);
        assert_int_equal(permit(peer), 403);
        assert_int_equal(bind_channel(0x4000, peer), 403);
        assert_false(send_to(peer));
    }
    struct tl_address six;
    assert_int_equal(tl_address_read(TL_TEXT("::1"), 40000, &six), TL_OK);
    assert_int_equal(permit(six), 443);
    assert_int_equal(tl_address_read(TL_TEXT("::"), 40000, &six), TL_OK);
    assert_int_equal(bind_channel(0x4000, six), 443);
    assert_false(send_to(six));
    /* one foreign among our own: none is permitted (RFC 8656 section 10.2) */
    assert_int_equal(
        ask((struct tl_turn_message){
            .method = TL_TURN_CREATE_PERMISSION,
            .peer_count = 2,
            .peers = { relay_at(40000), tl_address_ipv4(203, 0, 113, 2, 40000) } }),
        403);
    assert_false(send_to(relay_at(40000)));
}

static void our_relays_hosts_are_reached_at_the_media_ports_only(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    assert_int_equal(permit(relay_at(40000)), 0);
    assert_true(send_to(relay_at(40000)));
    assert_true(send_to(relay_at(40001)));
    static const uint16_t ports[] = { 0, 22, 443, 5432, 39999, 40002, 65535 };
    for (size_t i = 0; i < TL_COUNT_OF(ports); i++) {
        assert_false(send_to(relay_at(ports[i])));
        assert_int_equal(bind_channel(0x4000, relay_at(ports[i])), 403);
    }
    assert_false(
        send_to(tl_address_ipv4(127, 0, 0, 1, 40000))); /* ours, and not permitted yet */
}

/* The same bytes an IPv6 socket would take for our own, or for another: one form, one answer. */
static void an_ipv4_address_in_ipv6_clothes_is_the_same_address(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    assert_int_equal(permit(relay_at(40000)), 0);
    uint8_t bytes[128];
    struct tl_writer w = tl_writer(bytes, sizeof bytes);
    tl_write_u16(&w, 0x0016); /* Send indication */
    tl_write_u16(&w, 24 + 8);
    tl_write_u32(&w, 0x2112A442);
    tl_write_zeros(&w, 12);
    tl_write_u16(&w, 0x0012);
    tl_write_u16(&w, 20);
    tl_write_u16(&w, 2);
    tl_write_u16(&w, 40000 ^ 0x2112);
    const uint8_t mask[16] = { 0x21, 0x12, 0xA4, 0x42 };
    uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };
    size_t at = w.used;
    for (size_t i = 0; i < 16; i++)
        tl_write_u8(&w, mapped[i] ^ mask[i]);
    tl_write_u16(&w, 0x0013);
    tl_write_u16(&w, 4);
    tl_write_u32(&w, 0x01020304);
    give(tl_writer_bytes(&w));
    assert_false(result.to_peer);
    static const uint8_t ours[4] = { 203, 0, 113, 1 };
    for (size_t i = 0; i < 4; i++)
        bytes[at + 12 + i] = ours[i];
    give(tl_writer_bytes(&w));
    assert_true(result.to_peer);
    assert_true(tl_address_is_ipv4(&result.peer));
}

static void a_permission_ends_after_five_minutes_and_a_channel_after_ten(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    assert_int_equal(ask((struct tl_turn_message){
                         .method = TL_TURN_REFRESH, .has_lifetime = true, .lifetime = 3600 }),
                     0);
    assert_int_equal(bind_channel(0x4000, relay_at(40000)), 0);
    assert_true(send_by_channel(0x4000));
    now += TL_TURN_PERMISSION_US - 1;
    assert_true(send_by_channel(0x4000));
    now += 1;
    assert_false(send_by_channel(0x4000));
    assert_int_equal(permit(relay_at(40000)), 0);
    now += TL_TURN_PERMISSION_US - 1;
    assert_true(send_by_channel(0x4000));
    now += 1;
    assert_int_equal(permit(relay_at(40000)), 0);
    assert_false(send_by_channel(0x4000)); /* the channel itself is over */
    assert_true(send_to(relay_at(40000)));
}

static void a_channel_is_one_peer_and_a_peer_one_channel(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    assert_int_equal(bind_channel(0x3fff, relay_at(40000)), 400);
    assert_int_equal(bind_channel(0x5000, relay_at(40000)), 400);
    assert_int_equal(bind_channel(0x4fff, relay_at(40000)), 0);
    assert_int_equal(bind_channel(0x4fff, relay_at(40000)), 0); /* refreshed */
    assert_int_equal(bind_channel(0x4fff, relay_at(40001)), 400);
    assert_int_equal(bind_channel(0x4001, relay_at(40000)), 400);
    assert_int_equal(bind_channel(0x4001, relay_at(40001)), 0);
    assert_true(send_by_channel(0x4001));
    assert_int_equal(result.peer.port, 40001);
    assert_false(send_by_channel(0x4002));
    now += TL_TURN_CHANNEL_US - 1;
    (void)ask((struct tl_turn_message){ .method = TL_TURN_REFRESH });
    now += 1; /* both are over: what they held is free */
    assert_int_equal(bind_channel(0x4001, relay_at(40000)), 0);
    assert_int_equal(connection.channel_count, 2);
}

static void sixty_four_channels_and_not_one_more(void **state)
{
    (void)state;
    assert_int_equal(ask(allocate), 0);
    for (uint16_t i = 0; i < TL_TURN_CHANNELS_LIMIT; i++)
        assert_int_equal(bind_channel(0x4000 + i, relay_at((uint16_t)(40000 + i))), 0);
    assert_int_equal(
        bind_channel(0x4000 + TL_TURN_CHANNELS_LIMIT, relay_at(40000 + TL_TURN_CHANNELS_LIMIT)),
        508);
    assert_int_equal(bind_channel(0x4000, relay_at(40000)), 0); /* one that is there */
    assert_int_equal(connection.channel_count, TL_TURN_CHANNELS_LIMIT);
}

static void eight_peers_in_one_request_and_not_one_more(void **state)
{
    (void)state;
    struct tl_turn_message permission = { .method = TL_TURN_CREATE_PERMISSION };
    assert_int_equal(ask(allocate), 0);
    for (unsigned i = 0; i < TL_TURN_PEERS_LIMIT; i++)
        permission.peers[permission.peer_count++] = relay_at((uint16_t)(40000 + i));
    assert_int_equal(ask(permission), 0);
    uint8_t bytes[1024];
    size_t size;
    struct tl_turn_message asked = signed_(permission);
    assert_int_equal(tl_turn_write(&asked, NULL, bytes, sizeof bytes, &size), TL_OK);
    struct tl_turn_message read;
    assert_int_equal(tl_turn_read(tl_bytes(bytes, size), &read), TL_OK);
    assert_int_equal(read.peer_count, TL_TURN_PEERS_LIMIT);
    /* a ninth, of the same twelve bytes as the one before */
    static const uint8_t peer[] = { 0x00, 0x12, 0x00, 0x08, 0x00, 0x01,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00 };
    memcpy(bytes + size, peer, sizeof peer);
    size += sizeof peer;
    bytes[2] = (uint8_t)((size - 20) >> 8);
    bytes[3] = (uint8_t)(size - 20);
    assert_int_not_equal(tl_turn_read(tl_bytes(bytes, size), &read), TL_OK);
}

static void what_a_relay_sends_comes_by_channel_or_as_data_and_from_nobody_else(void **state)
{
    (void)state;
    uint8_t buffer[TL_TURN_MESSAGE_LIMIT];
    size_t size;
    struct tl_address from = relay_at(40000),
                      stranger = tl_address_ipv4(198, 51, 100, 77, 40000), port = relay_at(53);
    struct tl_bytes datagram = tl_bytes("hello", 5);
    assert_false(tl_turn_from_peer(turn, &connection, now, &from, datagram, buffer,
                                   sizeof buffer, &size));
    assert_int_equal(ask(allocate), 0);
    assert_false(tl_turn_from_peer(turn, &connection, now, &from, datagram, buffer,
                                   sizeof buffer, &size));
    assert_int_equal(permit(from), 0);
    assert_true(tl_turn_from_peer(turn, &connection, now, &from, datagram, buffer,
                                  sizeof buffer, &size));
    struct tl_turn_message data;
    assert_int_equal(tl_turn_read(tl_bytes(buffer, size), &data), TL_OK);
    assert_int_equal(data.class_, TL_STUN_INDICATION);
    assert_int_equal(data.method, TL_TURN_DATA);
    assert_true(tl_address_equal(&data.peers[0], &from));
    assert_memory_equal(data.data.data, "hello", 5);
    assert_false(tl_turn_from_peer(turn, &connection, now, &stranger, datagram, buffer,
                                   sizeof buffer, &size));
    assert_false(tl_turn_from_peer(turn, &connection, now, &port, datagram, buffer,
                                   sizeof buffer, &size));
    assert_int_equal(bind_channel(0x4000, from), 0);
    assert_true(tl_turn_from_peer(turn, &connection, now, &from, datagram, buffer,
                                  sizeof buffer, &size));
    assert_int_equal(size, 12);
    assert_memory_equal(buffer, "\x40\x00\x00\x05hello\0\0\0", 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_sample_request_of_rfc_5769_with_long_term_credentials_verifies),
        TEST(every_truncation_of_a_message_is_refused),
        TEST(the_length_of_a_message_is_known_from_four_bytes),
        TEST(without_credentials_401_says_what_to_sign),
        TEST(credentials_that_do_not_hold_are_refused_and_reserve_nothing),
        TEST(no_changed_byte_of_a_request_passes),
        TEST(a_password_ends_with_its_time_or_its_user_and_takes_the_allocation_along),
        TEST(a_new_password_leaves_what_is_held_alone),
        TEST(a_user_holds_four_allocations_and_not_one_more),
        TEST(the_table_of_users_is_full_at_16384_and_forgets_who_has_expired),
        TEST(an_allocation_says_its_address_the_clients_and_its_time),
        TEST(what_cannot_be_allocated_is_refused_by_the_book),
        TEST(an_attribute_that_must_be_understood_and_is_not_gets_420),
        TEST(an_allocation_lasts_as_asked_an_hour_at_most_and_ends_when_told),
        TEST(nobody_but_our_own_relays_is_ever_a_peer),
        TEST(our_relays_hosts_are_reached_at_the_media_ports_only),
        TEST(an_ipv4_address_in_ipv6_clothes_is_the_same_address),
        TEST(a_permission_ends_after_five_minutes_and_a_channel_after_ten),
        TEST(a_channel_is_one_peer_and_a_peer_one_channel),
        cmocka_unit_test_setup_teardown(sixty_four_channels_and_not_one_more, set_up_many,
                                        tear_down),
        TEST(eight_peers_in_one_request_and_not_one_more),
        TEST(what_a_relay_sends_comes_by_channel_or_as_data_and_from_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
