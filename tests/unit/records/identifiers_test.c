/* Published examples, keys computed by other means, and every one-character mistake. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "records/identifiers.h"

static void an_rpps_is_eleven_digits_with_a_luhn_key(void **state)
{
    (void)state;
    assert_int_equal(tl_rpps_check(tl_text("10001234565")), TL_OK);
    assert_int_equal(tl_rpps_check(tl_text("10001234566")), TL_ERROR_RANGE);
    assert_int_equal(tl_rpps_check(tl_text("1000123456")), TL_ERROR_FORMAT);
    assert_int_equal(tl_rpps_check(tl_text("100012345650")), TL_ERROR_FORMAT);
    assert_int_equal(tl_rpps_check(tl_text("1000123456A")), TL_ERROR_FORMAT);
    assert_int_equal(tl_rpps_check(tl_text("")), TL_ERROR_FORMAT);
}

/* Luhn finds every single wrong digit. */
static void every_single_wrong_digit_of_an_rpps_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < 11; i++)
        for (char c = '0'; c <= '9'; c++) {
            char text[] = "10001234565";
            if (text[i] == c)
                continue;
            text[i] = c;
            assert_int_equal(tl_rpps_check(tl_text(text)), TL_ERROR_RANGE);
        }
}

static void a_finess_may_be_corsican(void **state)
{
    (void)state;
    assert_int_equal(tl_finess_check(tl_text("440000289")), TL_OK); /* CHU de Nantes */
    assert_int_equal(tl_finess_check(tl_text("490000031")), TL_OK); /* CHU d'Angers */
    assert_int_equal(tl_finess_check(tl_text("440000288")), TL_ERROR_RANGE);
    assert_int_equal(tl_finess_check(tl_text("2A0000016")), TL_OK);
    assert_int_equal(tl_finess_check(tl_text("2B0000017")), TL_ERROR_RANGE);
    assert_int_equal(tl_finess_check(tl_text("2C0000016")), TL_ERROR_FORMAT);
    assert_int_equal(tl_finess_check(tl_text("44000028")), TL_ERROR_FORMAT);
}

static void the_published_test_identity_holds_its_key(void **state)
{
    (void)state;
    assert_int_equal(tl_ins_check(tl_text("279035121518989")), TL_OK);
    assert_int_equal(tl_ins_check(tl_text("279035121518988")), TL_ERROR_RANGE);
    assert_int_equal(tl_ins_check(tl_text("27903512151898")), TL_ERROR_FORMAT);
    assert_int_equal(tl_ins_check(tl_text("579035121518989")), TL_ERROR_FORMAT);
    assert_int_equal(tl_ins_check(tl_text("2790351215189 9")), TL_ERROR_FORMAT);
}

/* The key of a Corsican number by the published rule: less 1,000,000 for A, 2,000,000 for B, from
 * the number with 0 in the letter's place. */
static void a_corsican_matricule_counts_19_and_18(void **state)
{
    (void)state;
    for (int letter = 0; letter < 2; letter++) {
        char text[16];
        uint64_t number = 1550820004001u - (letter ? 2000000u : 1000000u);
        snprintf(text, sizeof text, "155082%c004001%02u", letter ? 'B' : 'A',
                 (unsigned)(97 - number % 97));
        assert_int_equal(tl_ins_check(tl_text(text)), TL_OK);
        text[6] = letter ? 'A' : 'B';
        assert_int_equal(tl_ins_check(tl_text(text)), TL_ERROR_RANGE);
    }
}

static void the_trait_that_does_not_fit_a_matricule_is_named(void **state)
{
    (void)state;
    struct tl_text ins = tl_text("279035121518989");
    struct tl_text date = tl_text("1979-03-04"), place = tl_text("51215");
    assert_null(tl_ins_wrong_trait(ins, 'F', date, place));
    assert_null(tl_ins_wrong_trait(ins, 'U', date, place));
    assert_string_equal(tl_ins_wrong_trait(ins, 'M', date, place), "sex");
    assert_string_equal(tl_ins_wrong_trait(ins, 'F', tl_text("1978-03-04"), place),
                        "birth_date");
    assert_string_equal(tl_ins_wrong_trait(ins, 'F', tl_text("1979-04-04"), place),
                        "birth_date");
    assert_string_equal(tl_ins_wrong_trait(ins, 'F', date, tl_text("44109")),
                        "birth_place_code");
    /* A fictive month fits any. */
    assert_null(tl_ins_wrong_trait(tl_text("279205121518900"), 'F', date, place));
}

static void a_place_is_an_insee_code(void **state)
{
    (void)state;
    static const char *const good[] = { "44109", "2A004", "2B033", "97105", "99100", "01001" };
    static const char *const bad[] = { "00123", "96001",  "44000", "2C004",
                                       "4410",  "441090", "A4109" };
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(tl_place_code_check(tl_text(good[i])), TL_OK);
    for (size_t i = 0; i < 7; i++)
        assert_int_not_equal(tl_place_code_check(tl_text(bad[i])), TL_OK);
}

static void an_address_that_would_break_a_header_is_refused(void **state)
{
    (void)state;
    static const char *const good[] = { "a@b.fr", "jeanne.moreau+tel@exemple.fr" };
    static const char *const bad[] = { "a@b",         "@b.fr",         "a@",      "a b@c.fr",
                                       "a@b.fr\nBcc", "a@b@c.fr",      "a@b.fr.", "a@.fr",
                                       "<a@b.fr>",    "a@b.fr,c@d.fr", "é@b.fr" };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(tl_mail_address_check(tl_text(good[i])), TL_OK);
    for (size_t i = 0; i < 11; i++)
        assert_int_not_equal(tl_mail_address_check(tl_text(bad[i])), TL_OK);
    char text[300];
    memset(text, 'a', sizeof text);
    memcpy(text + 60, "@", 1);
    memcpy(text + 251, ".fr", 3);
    assert_int_equal(tl_mail_address_check((struct tl_text){ text, 254 }), TL_OK);
    memcpy(text + 252, ".fr", 3);
    assert_int_not_equal(tl_mail_address_check((struct tl_text){ text, 255 }), TL_OK);
}

static void a_phone_has_six_to_fifteen_digits(void **state)
{
    (void)state;
    static const char *const good[] = { "+33612345678", "06 12 34 56 78", "02.40.12.34.56",
                                        "123456", "123456789012345" };
    static const char *const bad[] = { "12345", "1234567890123456", "06+12345678", "abc",
                                       "",      " 0612345678" };
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(tl_phone_check(tl_text(good[i])), TL_OK);
    for (size_t i = 0; i < 6; i++)
        assert_int_not_equal(tl_phone_check(tl_text(bad[i])), TL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rpps_is_eleven_digits_with_a_luhn_key),
        cmocka_unit_test(every_single_wrong_digit_of_an_rpps_is_found),
        cmocka_unit_test(a_finess_may_be_corsican),
        cmocka_unit_test(the_published_test_identity_holds_its_key),
        cmocka_unit_test(a_corsican_matricule_counts_19_and_18),
        cmocka_unit_test(the_trait_that_does_not_fit_a_matricule_is_named),
        cmocka_unit_test(a_place_is_an_insee_code),
        cmocka_unit_test(an_address_that_would_break_a_header_is_refused),
        cmocka_unit_test(a_phone_has_six_to_fifteen_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
