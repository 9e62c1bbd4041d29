#include "testing.h"

#include "base/memory.h"
#include "media/stun.h"

/* RFC 5769 section 2.1 */
static const uint8_t request[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
    0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e,
    0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24,
    0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1,
    0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68,
    0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c,
    0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5,
    0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};
/* section 2.2 */
static const uint8_t response_ipv4[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
    0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74,
    0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01,
    0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43, 0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99,
    0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b,
    0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
/* section 2.3 */
static const uint8_t response_ipv6[] = {
    0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
    0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74,
    0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02,
    0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5,
    0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14, 0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6,
    0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75, 0xbf, 0xe3, 0xed, 0x41,
    0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};
static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";

static void the_sample_request_of_rfc_5769_is_read_and_verified(void **state)
{
    (void)state;
    struct tl_bytes datagram = tl_bytes(request, sizeof request);
    struct tl_stun_message message;
    assert_int_equal(tl_stun_read(datagram, &message), TL_OK);
    assert_int_equal(message.class_, TL_STUN_REQUEST);
    assert_int_equal(message.method, TL_STUN_BINDING);
    assert_true(tl_text_is(message.username, "evtj:h6vY"));
    assert_int_equal(message.priority, 0x6e0001ff);
    assert_true(message.has_controlled && message.has_fingerprint && !message.use_candidate);
    assert_true(message.tie_breaker == 0x932ff9b151263b36u);
    assert_int_equal(tl_stun_verify(datagram, &message, tl_text(password)), TL_OK);
    assert_int_equal(tl_stun_verify(datagram, &message, TL_TEXT("another")), TL_ERROR_AUTH);
}

static void the_sample_responses_of_rfc_5769_give_their_addresses(void **state)
{
    (void)state;
    struct tl_stun_message message;
    struct tl_bytes ipv4 = tl_bytes(response_ipv4, sizeof response_ipv4);
    assert_int_equal(tl_stun_read(ipv4, &message), TL_OK);
    assert_int_equal(message.class_, TL_STUN_SUCCESS);
    assert_int_equal(tl_stun_verify(ipv4, &message, tl_text(password)), TL_OK);
    char text[TL_ADDRESS_TEXT_SIZE];
    tl_address_write_ip(&message.mapped, text);
    assert_string_equal(text, "192.0.2.1");
    assert_int_equal(message.mapped.port, 32853);

    struct tl_bytes ipv6 = tl_bytes(response_ipv6, sizeof response_ipv6);
    assert_int_equal(tl_stun_read(ipv6, &message), TL_OK);
    assert_int_equal(tl_stun_verify(ipv6, &message, tl_text(password)), TL_OK);
    tl_address_write_ip(&message.mapped, text);
    assert_string_equal(text, "2001:db8:1234:5678:11:2233:4455:6677");
    assert_int_equal(message.mapped.port, 32853);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof request; size++) {
        uint8_t *copy =
            malloc(size + 1); /* exact, so that a sanitizer sees one byte too many */
        memcpy(copy, request, size);
        struct tl_stun_message message;
        assert_int_equal(tl_stun_read(tl_bytes(copy, size), &message), TL_ERROR_FORMAT);
        if (size >= 4 && size % 4 == 0 && size > TL_STUN_HEADER_SIZE) {
            /* the same with a header that admits to the shorter length */
            copy[2] = 0;
            copy[3] = (uint8_t)(size - TL_STUN_HEADER_SIZE);
            (void)tl_stun_read(tl_bytes(copy, size), &message);
        }
        free(copy);
    }
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    /* all that the integrity covers; the fingerprint behind it is no more than a checksum */
    for (size_t i = 0; i < sizeof request - 8; i++) {
        uint8_t copy[sizeof request];
        memcpy(copy, request, sizeof copy);
        copy[i] ^= 0x40;
        struct tl_stun_message message;
        struct tl_bytes datagram = tl_bytes(copy, sizeof copy);
        if (tl_stun_read(datagram, &message) == TL_OK)
            assert_int_not_equal(tl_stun_verify(datagram, &message, tl_text(password)), TL_OK);
    }
}

static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    struct tl_stun_message out = { .class_ = TL_STUN_REQUEST,
                                   .method = TL_STUN_BINDING,
                                   .transaction = "transaction!",
                                   .username = TL_TEXT("abcd:efgh"),
                                   .has_priority = true,
                                   .priority = 1234,
                                   .has_controlling = true,
                                   .tie_breaker = 77,
                                   .use_candidate = true };
    uint8_t buffer[200];
    size_t size;
    assert_int_equal(tl_stun_write(&out, TL_TEXT("secret"), buffer, sizeof buffer, &size),
                     TL_OK);
    struct tl_stun_message in;
    assert_int_equal(tl_stun_read(tl_bytes(buffer, size), &in), TL_OK);
    assert_int_equal(tl_stun_verify(tl_bytes(buffer, size), &in, TL_TEXT("secret")), TL_OK);
    assert_true(in.use_candidate && in.has_controlling && in.has_fingerprint);
    assert_int_equal(in.priority, 1234);
    assert_int_equal(in.tie_breaker, 77);
    assert_true(tl_text_is(in.username, "abcd:efgh"));
    for (size_t room = 0; room < size; room++)
        assert_int_equal(tl_stun_write(&out, TL_TEXT("secret"), buffer, room, &size),
                         TL_ERROR_LIMIT);
}

static void error_codes_are_read_back(void **state)
{
    (void)state;
    static const unsigned codes[] = { 400, 401, 420, 487 };
    for (size_t i = 0; i < TL_COUNT_OF(codes); i++) {
        struct tl_stun_message out = { .class_ = TL_STUN_ERROR,
                                       .method = TL_STUN_BINDING,
                                       .error_code = codes[i],
                                       .unknown = { 0x7777 },
                                       .unknown_count = 1 };
        uint8_t buffer[200];
        size_t size;
        assert_int_equal(
            tl_stun_write(&out, (struct tl_text){ 0 }, buffer, sizeof buffer, &size), TL_OK);
        struct tl_stun_message in;
        assert_int_equal(tl_stun_read(tl_bytes(buffer, size), &in), TL_OK);
        assert_int_equal(in.error_code, codes[i]);
        assert_int_equal(in.class_, TL_STUN_ERROR);
    }
}

static void attributes_behind_the_integrity_are_not_believed(void **state)
{
    (void)state;
    struct tl_stun_message out = { .class_ = TL_STUN_REQUEST,
                                   .method = TL_STUN_BINDING,
                                   .username = TL_TEXT("a:b") };
    uint8_t buffer[200];
    size_t size;
    assert_int_equal(tl_stun_write(&out, TL_TEXT("secret"), buffer, sizeof buffer, &size),
                     TL_OK);
    size -= 8; /* USE-CANDIDATE in the fingerprint's place */
    memcpy(buffer + size, "\x00\x25\x00\x00", 4);
    size += 4;
    buffer[3] = (uint8_t)(size - TL_STUN_HEADER_SIZE);
    struct tl_stun_message in;
    assert_int_equal(tl_stun_read(tl_bytes(buffer, size), &in), TL_OK);
    assert_false(in.use_candidate);
}

/* Within an allocation of exactly the message's size, so that a sanitizer sees one byte too many. */
static enum tl_error read_with_username(size_t username_size)
{
    size_t padded = (username_size + 3) / 4 * 4, size = TL_STUN_HEADER_SIZE + 4 + padded;
    uint8_t *bytes = calloc(1, size);
    memcpy(bytes, request, TL_STUN_HEADER_SIZE);
    bytes[2] = (uint8_t)((4 + padded) >> 8);
    bytes[3] = (uint8_t)(4 + padded);
    bytes[TL_STUN_HEADER_SIZE + 1] = 6;
    bytes[TL_STUN_HEADER_SIZE + 2] = (uint8_t)(username_size >> 8);
    bytes[TL_STUN_HEADER_SIZE + 3] = (uint8_t)username_size;
    memset(bytes + TL_STUN_HEADER_SIZE + 4, 'u', username_size);
    struct tl_stun_message message;
    enum tl_error error = tl_stun_read(tl_bytes(bytes, size), &message);
    if (!error)
        assert_int_equal(message.username.size, username_size);
    free(bytes);
    return error;
}

static void a_username_of_512_bytes_is_read_and_of_513_is_not(void **state)
{
    (void)state;
    assert_int_equal(read_with_username(0), TL_OK);
    assert_int_equal(read_with_username(512), TL_OK);
    assert_int_equal(read_with_username(513), TL_ERROR_FORMAT);
    assert_int_equal(read_with_username(1100), TL_ERROR_FORMAT);
}

/* RFC 8489 section 14.9 asks for all of them; eight say enough. */
static void eight_attributes_not_understood_are_named_and_more_do_no_harm(void **state)
{
    (void)state;
    for (unsigned count = TL_STUN_UNKNOWN_LIMIT; count <= TL_STUN_UNKNOWN_LIMIT + 1; count++) {
        uint8_t bytes[TL_STUN_HEADER_SIZE + 4 * (TL_STUN_UNKNOWN_LIMIT + 1)] = { 0 };
        memcpy(bytes, request, TL_STUN_HEADER_SIZE);
        bytes[2] = 0;
        bytes[3] = (uint8_t)(4 * count);
        for (unsigned i = 0; i < count; i++) {
            bytes[TL_STUN_HEADER_SIZE + 4 * i] = 0x7f;
            bytes[TL_STUN_HEADER_SIZE + 4 * i + 1] = (uint8_t)i;
        }
        struct tl_stun_message in;
        assert_int_equal(tl_stun_read(tl_bytes(bytes, TL_STUN_HEADER_SIZE + 4 * count), &in),
                         TL_OK);
        assert_int_equal(in.unknown_count, TL_STUN_UNKNOWN_LIMIT);
        struct tl_stun_message out = { .class_ = TL_STUN_ERROR,
                                       .method = TL_STUN_BINDING,
                                       .error_code = 420,
                                       .unknown_count = in.unknown_count };
        memcpy(out.unknown, in.unknown, sizeof out.unknown);
        uint8_t answer[200];
        size_t size;
        assert_int_equal(
            tl_stun_write(&out, (struct tl_text){ 0 }, answer, sizeof answer, &size), TL_OK);
        static const uint8_t named[] = { 0,    0x0a, 0,    16, 0x7f, 0, 0x7f, 1, 0x7f, 2,
                                         0x7f, 3,    0x7f, 4,  0x7f, 5, 0x7f, 6, 0x7f, 7 };
        assert_non_null(memmem(answer, size, named, sizeof named));
    }
}

/* coturn's CVE-2026-43994: a long message copied to the stack before anybody authenticated. */
static void a_message_of_1200_bytes_is_verified_and_a_longer_one_is_not_looked_at(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    for (size_t size = 1200; size < sizeof bytes; size *= 2) {
        for (unsigned longer = 0; longer < 2; longer++, size += 4) {
            memset(bytes, 0, sizeof bytes);
            memcpy(bytes, request, TL_STUN_HEADER_SIZE);
            bytes[2] = (uint8_t)((size - TL_STUN_HEADER_SIZE) >> 8);
            bytes[3] = (uint8_t)(size - TL_STUN_HEADER_SIZE);
            /* an attribute we pass over, then an integrity that does not hold */
            size_t filler = size - TL_STUN_HEADER_SIZE - 4 - 24;
            bytes[20] = 0x80;
            bytes[21] = 0x22;
            bytes[22] = (uint8_t)(filler >> 8);
            bytes[23] = (uint8_t)filler;
            bytes[size - 24 + 1] = 8;
            bytes[size - 24 + 3] = 20;
            uint8_t *exact = malloc(size);
            memcpy(exact, bytes, size);
            struct tl_stun_message message;
            enum tl_error error = tl_stun_read(tl_bytes(exact, size), &message);
            assert_int_equal(error, size > 1200 ? TL_ERROR_FORMAT : TL_OK);
            if (!error)
                assert_int_equal(
                    tl_stun_verify(tl_bytes(exact, size), &message, tl_text(password)),
                    TL_ERROR_AUTH);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_request_of_rfc_5769_is_read_and_verified),
        cmocka_unit_test(the_sample_responses_of_rfc_5769_give_their_addresses),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_username_of_512_bytes_is_read_and_of_513_is_not),
        cmocka_unit_test(eight_attributes_not_understood_are_named_and_more_do_no_harm),
        cmocka_unit_test(a_message_of_1200_bytes_is_verified_and_a_longer_one_is_not_looked_at),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(error_codes_are_read_back),
        cmocka_unit_test(attributes_behind_the_integrity_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
