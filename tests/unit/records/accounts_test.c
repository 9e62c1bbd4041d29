/* Names as the field writes them, addresses, and passwords that are made. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "sign_in/accounts.h"

static void a_name_is_read_as_the_field_writes_it(void **state)
{
    (void)state;
    static const struct {
        const char *text, *prefix, *given, *family;
    } cases[] = {
        { "Dr Jeanne MARTIN", "Dr", "Jeanne", "MARTIN" },
        { "Jeanne Martin", "", "Jeanne", "Martin" },
        { "Mme Marie Claude LE GOFF", "Mme", "Marie Claude", "LE GOFF" },
        { "M. Jean-Pierre D'ARC-DUPONT", "M.", "Jean-Pierre", "D'ARC-DUPONT" },
        { "Pr  Anne  Le Goff ", "Pr", "Anne", "Le Goff" },
        { "Éloïse BÉRANGER", "", "Éloïse", "BÉRANGER" },
        { "JEANNE MARTIN", "", "JEANNE", "MARTIN" },
        { "Dr JEANNE LE GOFF", "Dr", "JEANNE", "LE GOFF" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct tl_account_name name;
        assert_int_equal(tl_account_name_read(tl_text(cases[i].text), &name), TL_OK);
        assert_string_equal(name.prefix, cases[i].prefix);
        assert_string_equal(name.given, cases[i].given);
        assert_string_equal(name.family, cases[i].family);
    }
}

static void half_a_name_or_what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       " ",
                                       "Jeanne",
                                       "Dr MARTIN",
                                       "Dr",
                                       "A <B>",
                                       "Jeanne\nMARTIN",
                                       "Jeanne 2 M",
                                       "A;B C",
                                       "Jeanne\tMARTIN",
                                       "a b c d e f g h i j k l m" };
    struct tl_account_name name;
    char text[220];
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_int_equal(tl_account_name_read(tl_text(bad[i]), &name), TL_ERROR_FORMAT);
    assert_int_equal(tl_account_name_read(TL_TEXT("a b c d e f g h i j k l"), &name), TL_OK);
    memset(text, 'a', sizeof text);
    memcpy(text, "A ", 2);
    text[102] = 0;
    assert_int_equal(tl_account_name_read(tl_text(text), &name), TL_OK); /* 100 bytes */
    text[102] = 'a', text[103] = 0;
    assert_int_equal(tl_account_name_read(tl_text(text), &name), TL_ERROR_LIMIT);
}

static void an_address_has_one_at_and_no_blank(void **state)
{
    (void)state;
    static const char *const good[] = { "jeanne.martin@example.org", "a@b",
                                        "J+x@msp-loire.fr" };
    static const char *const bad[] = { "",     "a",     "@b",      "a@",    "a@b@c",
                                       "a @b", "a@b\n", "\"a\"@b", "<a@b>", "é@b" };
    for (size_t i = 0; i < TL_COUNT_OF(good); i++)
        assert_true(tl_account_email_is_valid(tl_text(good[i])));
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_false(tl_account_email_is_valid(tl_text(bad[i])));
    char longest[202];
    memset(longest, 'x', sizeof longest);
    longest[1] = '@';
    assert_true(tl_account_email_is_valid((struct tl_text){ longest, 200 }));
    assert_false(tl_account_email_is_valid((struct tl_text){ longest, 201 }));
}

static void a_made_password_is_long_and_never_the_same(void **state)
{
    (void)state;
    char one[TL_ACCOUNT_PASSWORD_SIZE], other[TL_ACCOUNT_PASSWORD_SIZE];
    tl_account_password_make(one);
    for (int i = 0; i < 1000; i++) {
        tl_account_password_make(other);
        assert_int_equal(strlen(other), 23);
        assert_int_equal(strspn(other, "abcdefghjkmnpqrstuvwxyz123456789-"), 23);
        assert_string_not_equal(one, other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_read_as_the_field_writes_it),
        cmocka_unit_test(half_a_name_or_what_is_none_is_refused),
        cmocka_unit_test(an_address_has_one_at_and_no_blank),
        cmocka_unit_test(a_made_password_is_long_and_never_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
