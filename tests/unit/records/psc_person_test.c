/* What is taken of a userinfo answer, and what is not. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "psc/person.h"

static enum tl_error read_text(const char *text, struct tl_psc_person *person)
{
    return tl_psc_person_read(tl_bytes(text, strlen(text)), "f:1:a", person);
}

static enum tl_error read_identifier(const char *identifier)
{
    char text[256];
    struct tl_psc_person person;
    snprintf(text, sizeof text, "{\"sub\":\"f:1:a\",\"SubjectNameID\":%s}", identifier);
    return read_text(text, &person);
}

static void a_person_is_read_from_among_other_claims(void **state)
{
    (void)state;
    struct tl_psc_person person;
    assert_int_equal(
        read_text("{\"sub\":\"f:1:a\",\"SubjectNameID\":\"810001234565\","
                  "\"given_name\":\"Zo\\u00eb\",\"family_name\":\"LE GOFF\","
                  "\"SubjectRefPro\":{\"exercices\":[{\"codeProfession\":\"10\"}]}}",
                  &person),
        TL_OK);
    assert_string_equal(person.rpps, "10001234565");
    assert_string_equal(person.given_name, "Zoë");
    assert_string_equal(person.family_name, "LE GOFF");
    assert_int_equal(read_identifier("\"810001234565\""), TL_OK);
}

static void an_answer_about_somebody_else_is_refused(void **state)
{
    (void)state;
    struct tl_psc_person person;
    static const char *const subs[] = { "f:1:b", "f:1:", "f:1:aa", "" };
    for (size_t i = 0; i < TL_COUNT_OF(subs); i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"sub\":\"%s\",\"SubjectNameID\":\"810001234565\"}",
                 subs[i]);
        assert_int_equal(read_text(text, &person), TL_ERROR_AUTH);
    }
    assert_int_equal(read_text("{\"SubjectNameID\":\"810001234565\"}", &person),
                     TL_ERROR_FORMAT);
    const char *nothing = "{\"sub\":\"\",\"SubjectNameID\":\"810001234565\"}";
    assert_int_equal(tl_psc_person_read(tl_bytes(nothing, strlen(nothing)), "", &person),
                     TL_ERROR_AUTH);
}

static void only_an_rpps_is_an_identifier(void **state)
{
    (void)state;
    assert_int_equal(read_identifier("\"010001234565\""), TL_ERROR_UNSUPPORTED); /* ADELI */
    assert_int_equal(read_identifier("\"10001234565\""), TL_ERROR_UNSUPPORTED);
    assert_int_equal(read_identifier("\"8100012345650\""), TL_ERROR_UNSUPPORTED);
    assert_int_equal(read_identifier("\"810001234566\""), TL_ERROR_RANGE);
    assert_int_equal(read_identifier("\"81000123456A\""), TL_ERROR_FORMAT);
    assert_int_equal(read_identifier("810001234565"), TL_ERROR_FORMAT);
    assert_int_equal(read_identifier("[]"), TL_ERROR_FORMAT);
}

static void names_and_answers_are_limited_at_the_edge(void **state)
{
    (void)state;
    struct tl_psc_person person;
    enum { LONGEST = TL_PSC_PERSON_NAME_SIZE - 1 };
    for (int size = LONGEST; size <= LONGEST + 1; size++) {
        char name[LONGEST + 2], text[512];
        memset(name, 'n', sizeof name);
        snprintf(
            text, sizeof text,
            "{\"sub\":\"f:1:a\",\"SubjectNameID\":\"810001234565\",\"family_name\":\"%.*s\"}",
            size, name);
        assert_int_equal(read_text(text, &person), size == LONGEST ? TL_OK : TL_ERROR_LIMIT);
    }
    static const char start[] = "{\"sub\":\"f:1:a\",\"SubjectNameID\":\"810001234565\"}";
    tl_autofree char *text = malloc(TL_PSC_ANSWER_LIMIT + 1);
    assert_non_null(text);
    memset(text, ' ', TL_PSC_ANSWER_LIMIT + 1);
    memcpy(text, start, sizeof start - 1);
    assert_int_equal(tl_psc_person_read(tl_bytes(text, TL_PSC_ANSWER_LIMIT), "f:1:a", &person),
                     TL_OK);
    assert_int_equal(
        tl_psc_person_read(tl_bytes(text, TL_PSC_ANSWER_LIMIT + 1), "f:1:a", &person),
        TL_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_is_read_from_among_other_claims),
        cmocka_unit_test(an_answer_about_somebody_else_is_refused),
        cmocka_unit_test(only_an_rpps_is_an_identifier),
        cmocka_unit_test(names_and_answers_are_limited_at_the_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
