/* Text people write: measured in characters, and free of signs that hide or turn. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "http/characters.h"

static const char *wrong(const char *value, size_t size, size_t least, size_t most,
                         enum tl_lines lines)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", json_stringn_nocheck(value, size));
    struct tl_fields f = tl_fields(object);
    struct tl_text text = tl_field_characters(&f, "name", least, most, lines);
    const char *reason = f.wrong_reason;
    assert_int_equal(reason == NULL, text.data != NULL);
    struct tl_fields g = tl_fields(object);
    (void)tl_field_characters_or_none(&g, "name", most, lines);
    if (least == 0)
        assert_true(reason ? g.wrong_reason && strcmp(reason, g.wrong_reason) == 0
                           : !g.wrong_reason);
    json_decref(object);
    return reason ? reason : "";
}

static void a_text_is_measured_in_characters_whatever_their_bytes(void **state)
{
    (void)state;
    static const char *const characters[] = { "e", "é", "œ", "’", "🙂" };
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        char text[64] = "";
        for (int n = 0; n < 5; n++)
            strcat(text, characters[i]);
        assert_int_equal(tl_characters(tl_text(text)), 5);
        assert_string_equal(wrong(text, strlen(text), 0, 5, TL_ONE_LINE), "");
        assert_string_equal(wrong(text, strlen(text), 5, 5, TL_ONE_LINE), "");
        assert_string_equal(wrong(text, strlen(text), 0, 4, TL_ONE_LINE), "too long");
        assert_string_equal(wrong(text, strlen(text), 6, 9, TL_ONE_LINE), "too short");
    }
}

static void a_text_that_is_no_text_or_absent_is_told_apart(void **state)
{
    (void)state;
    assert_string_equal(wrong("\xff", 1, 0, 4, TL_ONE_LINE), "not UTF-8");
    assert_string_equal(wrong("a\xc3", 2, 0, 4, TL_ONE_LINE), "not UTF-8");
    assert_string_equal(wrong("\xed\xa0\x80", 3, 0, 4, TL_ONE_LINE), "not UTF-8");
    assert_string_equal(wrong("a\0b", 3, 0, 4, TL_ONE_LINE), "not UTF-8");
    json_t *object = json_pack("{s:n,s:i}", "name", "number", 5);
    struct tl_fields f = tl_fields(object);
    assert_null(tl_field_characters_or_none(&f, "name", 4, TL_ONE_LINE).data);
    assert_null(f.wrong_field);
    (void)tl_field_characters_or_none(&f, "number", 4, TL_ONE_LINE);
    assert_string_equal(f.wrong_reason, "not a text");
    f = tl_fields(object);
    (void)tl_field_characters(&f, "name", 0, 4, TL_ONE_LINE);
    assert_string_equal(f.wrong_reason, "missing");
    json_decref(object);
}

static void
control_and_direction_signs_are_refused_and_line_ends_where_there_is_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *sign;
        bool one, several;
    } signs[] = {
        { "\x01", false, false },
        { "\x1b", false, false },
        { "\x7f", false, false },
        { "\xc2\x85", false, false },
        { "\xc2\x9f", false, false },
        { "\xe2\x80\x8e", false, false },
        { "\xe2\x80\xae", false, false },
        { "\xe2\x80\xaa", false, false },
        { "\xe2\x81\xa6", false, false },
        { "\xe2\x81\xa9", false, false },
        { "\xd8\x9c", false, false },
        { "\xef\xbb\xbf", false, false },
        { "\n", false, true },
        { "\r\n", false, true },
        { "\xe2\x80\xa8", false, true },
        { "\t", true, true },
        { "\xc2\xa0", true, true },
        { "\xe2\x80\xaf", true, true },
        { "\xe2\x80\x99", true, true },
        { "\xe2\x80\x8d", true, true },
        { "\xf0\x9f\x99\x82", true, true },
    };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        char text[16];
        int size = snprintf(text, sizeof text, "a%sb", signs[i].sign);
        assert_string_equal(wrong(text, (size_t)size, 0, 9, TL_ONE_LINE),
                            signs[i].one ? "" : "sign");
        assert_string_equal(wrong(text, (size_t)size, 0, 9, TL_SEVERAL_LINES),
                            signs[i].several ? "" : "sign");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_measured_in_characters_whatever_their_bytes),
        cmocka_unit_test(a_text_that_is_no_text_or_absent_is_told_apart),
        cmocka_unit_test(
            control_and_direction_signs_are_refused_and_line_ends_where_there_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
