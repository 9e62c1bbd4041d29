/* Cursors, numbers and encodings: each at its edge. */
#include "testing.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/secret.h"

static void a_read_past_the_end_fails_and_stays_failed(void **state)
{
    (void)state;
    const uint8_t data[] = { 1, 2, 3, 4, 5 };
    for (size_t size = 0; size < 4; size++) {
        struct tl_reader r = tl_reader(tl_bytes(data, size));
        assert_int_equal(tl_read_u32(&r), 0);
        assert_true(r.failed);
        assert_int_equal(tl_read_u8(&r), 0);
        assert_true(r.failed);
    }
    struct tl_reader r = tl_reader(tl_bytes(data, sizeof data));
    assert_int_equal(tl_read_u32(&r), 0x01020304);
    assert_int_equal(tl_read_u8(&r), 5);
    assert_false(r.failed);
    assert_int_equal(tl_read_bytes(&r, 1).size, 0);
    assert_true(r.failed);
}

static void a_length_near_the_largest_does_not_wrap(void **state)
{
    (void)state;
    const uint8_t data[] = { 1, 2 };
    struct tl_reader r = tl_reader(tl_bytes(data, sizeof data));
    tl_read_skip(&r, 1);
    tl_read_skip(&r, SIZE_MAX);
    assert_true(r.failed);
    uint8_t room[4];
    struct tl_writer w = tl_writer(room, sizeof room);
    tl_write_u8(&w, 1);
    tl_write_zeros(&w, SIZE_MAX);
    assert_true(w.failed);
    assert_int_equal(w.used, 1);
}

static void a_write_that_does_not_fit_leaves_the_rest_untouched(void **state)
{
    (void)state;
    uint8_t room[5] = { 0, 0, 0, 0, 0xaa };
    struct tl_writer w = tl_writer(room, 4);
    tl_write_u24(&w, 0x010203);
    tl_write_u16(&w, 0xffff);
    assert_true(w.failed);
    tl_write_u8(&w, 9);
    assert_int_equal(w.used, 3);
    assert_int_equal(room[4], 0xaa);
    struct tl_writer text = tl_writer(room, 4);
    tl_write_format(&text, "%s", "abcd");
    assert_true(text.failed);
    assert_int_equal(room[4], 0xaa);
}

static void numbers_in_text_are_digits_within_their_bound(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t maximum;
        enum tl_error error;
        uint64_t value;
    } cases[] = {
        { "0", 10, TL_OK, 0 },
        { "10", 10, TL_OK, 10 },
        { "11", 10, TL_ERROR_RANGE, 0 },
        { "", 10, TL_ERROR_FORMAT, 0 },
        { "-1", 10, TL_ERROR_FORMAT, 0 },
        { "1 ", 10, TL_ERROR_FORMAT, 0 },
        { "18446744073709551615", UINT64_MAX, TL_OK, UINT64_MAX },
        { "18446744073709551616", UINT64_MAX, TL_ERROR_RANGE, 0 },
        { "000000000000000000001", 10, TL_ERROR_FORMAT, 0 },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        uint64_t value = 77;
        enum tl_error error = tl_text_u64(tl_text(cases[i].text), cases[i].maximum, &value);
        assert_int_equal(error, cases[i].error);
        assert_true(value == (error ? 77 : cases[i].value));
    }
}

static void base64url_has_one_spelling(void **state)
{
    (void)state;
    uint8_t bytes[16];
    char text[32];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        uint8_t back[16];
        size_t back_size = 99;
        tl_random_bytes(bytes, sizeof bytes);
        tl_base64url_write(tl_bytes(bytes, size), text);
        assert_int_equal(tl_base64url_read(tl_text(text), back, sizeof back, &back_size),
                         TL_OK);
        assert_int_equal(back_size, size);
        assert_memory_equal(back, bytes, size);
    }
    size_t size;
    assert_int_equal(tl_base64url_read(TL_TEXT("AB"), bytes, 16, &size), TL_ERROR_FORMAT);
    assert_int_equal(tl_base64url_read(TL_TEXT("A"), bytes, 16, &size), TL_ERROR_FORMAT);
    assert_int_equal(tl_base64url_read(TL_TEXT("AA=="), bytes, 16, &size), TL_ERROR_FORMAT);
    assert_int_equal(tl_base64url_read(TL_TEXT("A+/A"), bytes, 16, &size), TL_ERROR_FORMAT);
    assert_int_equal(tl_base64url_read(TL_TEXT("AAAA"), bytes, 2, &size), TL_ERROR_LIMIT);
}

static void hexadecimal_goes_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[3];
    char text[7];
    assert_int_equal(tl_hex_read(TL_TEXT("00aBff"), bytes, 3), TL_OK);
    tl_hex_write(tl_bytes(bytes, 3), text);
    assert_string_equal(text, "00abff");
    assert_int_equal(tl_hex_read(TL_TEXT("00aBf"), bytes, 3), TL_ERROR_FORMAT);
    assert_int_equal(tl_hex_read(TL_TEXT("00aBfg"), bytes, 3), TL_ERROR_FORMAT);
    assert_int_equal(bytes[1], 0xab);
}

static void utf8_is_refused_when_malformed(void **state)
{
    (void)state;
    static const char *const good[] = {
        "", "a", "é", "€", "\xf0\x9f\x91\x8d", "\xf4\x8f\xbf\xbf"
    };
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82",
        "a\xff"
    };
    for (size_t i = 0; i < TL_COUNT_OF(good); i++)
        assert_true(tl_utf8_is_valid(tl_text(good[i])));
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_false(tl_utf8_is_valid(tl_text(bad[i])));
    assert_false(tl_utf8_is_valid((struct tl_text){ "a\0b", 3 }));
    assert_int_equal(tl_utf8_length(TL_TEXT("aé€")), 3);
}

static void an_arena_stops_at_its_limit_and_starts_again(void **state)
{
    (void)state;
    struct tl_arena *arena = tl_arena_new(10000);
    assert_non_null(arena);
    assert_non_null(tl_arena_take(arena, 9000));
    assert_non_null(tl_arena_take(arena, 1000));
    assert_null(tl_arena_take(arena, 1));
    tl_arena_reset(arena);
    char *text = tl_arena_text(arena, "abc", 3);
    assert_string_equal(text, "abc");
    assert_null(tl_arena_take(arena, SIZE_MAX));
    assert_null(tl_arena_text(arena, "abc", SIZE_MAX));
    assert_null(tl_arena_free(arena));
    assert_null(tl_arena_free(NULL));
}

static void identifiers_have_their_form_and_do_not_repeat(void **state)
{
    (void)state;
    char one[TL_UUID_SIZE], two[TL_UUID_SIZE];
    tl_random_uuid(one);
    tl_random_uuid(two);
    assert_string_not_equal(one, two);
    assert_true(tl_uuid_is_valid(tl_text(one)));
    assert_int_equal(one[14], '4');
    assert_false(tl_uuid_is_valid(TL_TEXT("6ba7b810-9dad-11d1-80b4-00c04fd430c")));
    assert_false(tl_uuid_is_valid(TL_TEXT("6BA7B810-9dad-11d1-80b4-00c04fd430c8")));
    assert_false(tl_uuid_is_valid(TL_TEXT("6ba7b8101-dad-11d1-80b4-00c04fd430c8")));
    for (int i = 0; i < 1000; i++)
        assert_true(tl_random_below(7) < 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_past_the_end_fails_and_stays_failed),
        cmocka_unit_test(a_length_near_the_largest_does_not_wrap),
        cmocka_unit_test(a_write_that_does_not_fit_leaves_the_rest_untouched),
        cmocka_unit_test(numbers_in_text_are_digits_within_their_bound),
        cmocka_unit_test(base64url_has_one_spelling),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(utf8_is_refused_when_malformed),
        cmocka_unit_test(an_arena_stops_at_its_limit_and_starts_again),
        cmocka_unit_test(identifiers_have_their_form_and_do_not_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
