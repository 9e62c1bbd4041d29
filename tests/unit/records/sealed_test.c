/* Sealed texts open in their own place and with their own key, and answers get back what was in them. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "seal/sealed.h"

static const uint8_t key[TL_SEAL_KEY_SIZE] = { 7 }, other[TL_SEAL_KEY_SIZE] = { 8 };
enum { NUMBER = 12 };
#define ID "00000000-0000-4000-8000-000000000301"

static enum tl_error find(void *context, uint32_t id, uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    (void)context;
    if (id != NUMBER)
        return TL_ERROR_AUTH;
    memcpy(ret_key, key, TL_SEAL_KEY_SIZE);
    return TL_OK;
}

static char *seal(const char *place, const char *plain)
{
    char *column = NULL;
    assert_int_equal(tl_sealed_write(NUMBER, key, place, ID, tl_text(plain), &column), TL_OK);
    return column;
}

/* before, the mark of a place with a column in it, after: as PostgreSQL answers. */
static char *answer(const char *before, const char *place, const char *column,
                    const char *after)
{
    char *text = NULL;
    assert_true(asprintf(&text, "%s" TL_SEALED_BEGIN "%s:" ID ":%s" TL_SEALED_END "%s", before,
                         place, column, after) > 0);
    return text;
}

static void opens(const char *before, const char *place, const char *plain, const char *after,
                  bool json, const char *expected)
{
    char bound[TL_SEALED_PLACE_LIMIT];
    snprintf(bound, sizeof bound, "%.*s", (int)strcspn(place, "/"), place);
    tl_autofree char *column = plain[0] ? seal(bound, plain) : strdup("");
    tl_autofree char *text = answer(before, place, column, after);
    tl_autofree char *opened = NULL;
    size_t size = 0;
    assert_int_equal(tl_sealed_open(tl_text(text), json, find, NULL, &opened, &size), TL_OK);
    if (!expected) {
        assert_null(opened);
        return;
    }
    assert_string_equal(opened, expected);
    assert_int_equal(size, strlen(expected));
}

static enum tl_error open_as(const char *text, bool json)
{
    char *opened = NULL;
    size_t size = 0;
    enum tl_error error = tl_sealed_open(tl_text(text), json, find, NULL, &opened, &size);
    free(opened);
    return error;
}

static void a_text_opens_in_its_own_place_and_nowhere_else(void **state)
{
    (void)state;
    tl_autofree char *column = seal("act.reason", "Toux");
    tl_autofree char *plain = NULL;
    char *none = NULL;
    size_t size = 0;
    uint32_t number = 0;
    assert_int_equal(tl_sealed_key(tl_text(column), &number), TL_OK);
    assert_int_equal(number, NUMBER);
    assert_int_equal(tl_sealed_read(tl_text(column), key, "act.reason", ID, &plain, &size),
                     TL_OK);
    assert_string_equal(plain, "Toux");
    assert_int_equal(tl_sealed_read(tl_text(column), key, "report.text", ID, &none, &size),
                     TL_ERROR_AUTH);
    assert_int_equal(
        tl_sealed_read(tl_text(column), key, "act.reason", "another", &none, &size),
        TL_ERROR_AUTH);
    assert_int_equal(tl_sealed_read(tl_text(column), other, "act.reason", ID, &none, &size),
                     TL_ERROR_AUTH);
    assert_null(none);
}

static void a_text_that_was_changed_anywhere_does_not_open(void **state)
{
    (void)state;
    tl_autofree char *column = seal("act.reason", "Toux depuis trois jours");
    for (size_t i = strlen("S1:12:"); column[i]; i++) {
        char *plain = NULL, was = column[i];
        size_t size;
        column[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(
            tl_sealed_read(tl_text(column), key, "act.reason", ID, &plain, &size), TL_OK);
        column[i] = was;
    }
    for (size_t cut = 0; cut < strlen(column); cut++) {
        char *plain = NULL;
        size_t size;
        struct tl_text part = { column, cut };
        assert_int_not_equal(tl_sealed_read(part, key, "act.reason", ID, &plain, &size), TL_OK);
    }
}

static void the_same_words_are_never_sealed_alike(void **state)
{
    (void)state;
    tl_autofree char *one = seal("act.reason", "Toux");
    tl_autofree char *two = seal("act.reason", "Toux");
    assert_string_not_equal(one, two);
}

static void an_answer_gets_its_words_back_as_text_and_as_json(void **state)
{
    (void)state;
    opens("", "act.reason", "Toux \"sèche\"\nla nuit", "", false, "Toux \"sèche\"\nla nuit");
    opens("{\"reason\" : \"", "act.reason", "Toux \"sèche\"\nla nuit", "\", \"n\": 1}", true,
          "{\"reason\" : \"Toux \\\"sèche\\\"\\nla nuit\", \"n\": 1}");
    opens("{\"reason\": \"", "act.reason", "", "\"}", true, "{\"reason\": \"\"}");
    tl_autofree char *untouched = NULL;
    size_t size;
    assert_int_equal(tl_sealed_open(TL_TEXT("{\"a\": 1}"), true, find, NULL, &untouched, &size),
                     TL_OK);
    assert_string_equal(untouched, "{\"a\": 1}");
}

#define WHO "{\"name\":\"Zoé \\\"Z\\\"\",\"phone\":null,\"sex\":\"F\"}"

static void members_of_a_sealed_object_take_the_place_of_the_dollar(void **state)
{
    (void)state;
    opens("{\"id\" : 1, \"$\" : \"", "patient.identity/sex,phone", WHO, "\", \"demo\" : true}",
          true, "{\"id\" : 1, \"sex\":\"F\",\"phone\":null, \"demo\" : true}");
    opens("{\"$\": \"", "patient.identity/", WHO, "\"}", true,
          "{\"name\":\"Zoé \\\"Z\\\"\",\"phone\":null,\"sex\":\"F\"}");
    opens("{\"who\": \"", "patient.identity/name", WHO, "\"}", true,
          "{\"who\": \"Zoé \\\"Z\\\"\"}");
    opens("{\"to\": \"", "patient.identity/phone", WHO, "\"}", true, "{\"to\": null}");
    opens("{\"to\": \"", "patient.identity/no_such", WHO, "\"}", true, "{\"to\": null}");
    opens("", "patient.identity/name", WHO, "", false, "Zoé \"Z\"");
    opens("", "patient.identity/phone", WHO, "", false, NULL);
}

static void an_answer_that_is_not_as_our_sql_makes_it_is_refused(void **state)
{
    (void)state;
    tl_autofree char *column = seal("patient.identity", WHO);
    const struct {
        const char *before, *place, *after;
        bool json;
    } wrong[] = {
        { "{\"id\": \"", "patient.identity/name,sex", "\"}", true }, /* no dollar to replace */
        { "{\"$\": \"x", "patient.identity/name,sex", "\"}", true },
        { "", "patient.identity/name,sex", "", false },
        { "{\"a\": \"", "patient.identity/name", " \"}", true },
        { "[", "patient.identity/name", "]", true },
        { "{\"$\":\"", "a.place.that.is.longer.than.any.we.ever.had/", "\"}", true },
    };
    for (size_t i = 0; i < TL_COUNT_OF(wrong); i++) {
        tl_autofree char *text =
            answer(wrong[i].before, wrong[i].place, column, wrong[i].after);
        assert_int_equal(open_as(text, wrong[i].json), TL_ERROR_FORMAT);
    }
    assert_int_equal(open_as(TL_SEALED_BEGIN "act.reason:1:S1:12:AAAA", false),
                     TL_ERROR_FORMAT); /* no end */
    assert_int_equal(open_as(TL_SEALED_BEGIN "act.reason" TL_SEALED_END, false),
                     TL_ERROR_FORMAT);
    assert_int_equal(open_as(TL_SEALED_BEGIN "act.reason:1:plain" TL_SEALED_END, false),
                     TL_ERROR_FORMAT);
    assert_int_equal(open_as(TL_SEALED_BEGIN "act.reason:1:S1:13:AAAA" TL_SEALED_END, false),
                     TL_ERROR_AUTH); /* a key nobody has */
}

static void a_megabyte_is_sealed_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    tl_autofree char *big = malloc(TL_SEALED_PLAIN_LIMIT + 1);
    char *column = NULL;
    memset(big, 'a', TL_SEALED_PLAIN_LIMIT + 1);
    struct tl_text most = { big, TL_SEALED_PLAIN_LIMIT }, over = { big, most.size + 1 };
    assert_int_equal(tl_sealed_write(NUMBER, key, "report.text", ID, most, &column), TL_OK);
    free(column);
    column = NULL;
    assert_int_equal(tl_sealed_write(NUMBER, key, "report.text", ID, over, &column),
                     TL_ERROR_LIMIT);
    assert_null(column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_opens_in_its_own_place_and_nowhere_else),
        cmocka_unit_test(a_text_that_was_changed_anywhere_does_not_open),
        cmocka_unit_test(the_same_words_are_never_sealed_alike),
        cmocka_unit_test(an_answer_gets_its_words_back_as_text_and_as_json),
        cmocka_unit_test(members_of_a_sealed_object_take_the_place_of_the_dollar),
        cmocka_unit_test(an_answer_that_is_not_as_our_sql_makes_it_is_refused),
        cmocka_unit_test(a_megabyte_is_sealed_and_one_byte_more_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
