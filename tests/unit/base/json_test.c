/* Strict JSON: what is refused, and that the first wrong field is named. */
#include "testing.h"

#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"

static enum tl_error read_text(const char *text, json_t **ret_object)
{
    return tl_json_read(tl_bytes(text, strlen(text)), 1024, ret_object);
}

static void only_one_plain_object_is_json_here(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "[]",
                                       "1",
                                       "{\"a\":1,\"a\":2}",
                                       "{} ,",
                                       "{\"a\":}",
                                       "{\"a\":\"\\ud800\"}",
                                       "{\"a\":1e999}",
                                       "\xff{}",
                                       "{\"a\":\"\\u0000\"}" };
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++) {
        tl_autojson json_t *object = NULL;
        assert_int_not_equal(read_text(bad[i], &object), TL_OK);
        assert_null(object);
    }
    tl_autojson json_t *object = NULL;
    assert_int_equal(read_text(" {\"a\":[1,{\"b\":null}]} ", &object), TL_OK);
}

static void depth_and_size_have_limits(void **state)
{
    (void)state;
    char text[128] = "{\"a\":";
    size_t used = strlen(text);
    for (int depth = 1; depth < TL_JSON_DEPTH_LIMIT; depth++)
        text[used++] = '[';
    for (int depth = 1; depth < TL_JSON_DEPTH_LIMIT; depth++)
        text[used++] = ']';
    text[used++] = '}';
    json_t *object = NULL;
    assert_int_equal(tl_json_read(tl_bytes(text, used), used, &object), TL_OK);
    json_decref(object);
    assert_int_equal(tl_json_read(tl_bytes(text, used), used - 1, &object), TL_ERROR_LIMIT);
    char deep[40];
    memset(deep, '[', sizeof deep);
    assert_int_equal(tl_json_read(tl_bytes(deep, TL_JSON_DEPTH_LIMIT + 1), 100, &object),
                     TL_ERROR_LIMIT);
    /* Brackets inside a text do not count. */
    assert_int_equal(read_text("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"}", &object), TL_OK);
    json_decref(object);
}

struct expectation {
    const char *text, *field, *reason;
};

static void the_first_wrong_field_is_named_with_its_reason(void **state)
{
    (void)state;
    static const struct expectation cases[] = {
        { "{\"name\":\"ab\",\"age\":7,\"on\":true}", NULL, NULL },
        { "{\"age\":7,\"on\":true}", "name", "missing" },
        { "{\"name\":null,\"age\":7,\"on\":true}", "name", "missing" },
        { "{\"name\":3,\"age\":7,\"on\":true}", "name", "not a text" },
        { "{\"name\":\"a\",\"age\":7,\"on\":true}", "name", "too short" },
        { "{\"name\":\"abcde\",\"age\":7,\"on\":true}", "name", "too long" },
        { "{\"name\":\"ab\",\"age\":\"7\",\"on\":true}", "age", "not an integer" },
        { "{\"name\":\"ab\",\"age\":10,\"on\":true}", NULL, NULL },
        { "{\"name\":\"ab\",\"age\":11,\"on\":true}", "age", "out of range" },
        { "{\"name\":\"ab\",\"age\":7,\"on\":1}", "on", "not true or false" },
        { "{\"name\":\"ab\",\"age\":7,\"on\":true,\"x\":1}", "x", "unknown" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        tl_autojson json_t *object = NULL;
        assert_int_equal(read_text(cases[i].text, &object), TL_OK);
        struct tl_fields f = tl_fields(object);
        struct tl_text name = tl_field_text(&f, "name", 2, 4);
        int64_t age = tl_field_integer(&f, "age", 0, 10);
        bool on = tl_field_boolean(&f, "on");
        enum tl_error error = tl_fields_end(&f);
        if (cases[i].field) {
            assert_int_equal(error, TL_ERROR_FORMAT);
            assert_string_equal(f.wrong_field, cases[i].field);
            assert_string_equal(f.wrong_reason, cases[i].reason);
        } else {
            assert_int_equal(error, TL_OK);
            assert_true(tl_text_is(name, "ab") && age >= 7 && on);
        }
    }
}

/* A reader that asks for more would no longer know which fields are not its own. */
static void forty_fields_of_an_object_are_asked_for_and_not_one_more(void **state)
{
    (void)state;
    char names[TL_FIELDS_LIMIT + 1][8];
    for (size_t i = 0; i < TL_COUNT_OF(names); i++)
        (void)snprintf(names[i], sizeof names[i], "f%zu", i);
    for (size_t more = 0; more < 2; more++) {
        tl_autojson json_t *object = json_object();
        for (size_t i = 0; i < TL_FIELDS_LIMIT + more; i++)
            json_object_set_new(object, names[i], json_true());
        struct tl_fields f = tl_fields(object);
        for (size_t i = 0; i < TL_FIELDS_LIMIT + more; i++)
            assert_int_equal(tl_field_boolean(&f, names[i]), i < TL_FIELDS_LIMIT);
        assert_int_equal(tl_fields_end(&f), more ? TL_ERROR_FORMAT : TL_OK);
        if (more)
            assert_string_equal(f.wrong_reason, "too many fields");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_plain_object_is_json_here),
        cmocka_unit_test(depth_and_size_have_limits),
        cmocka_unit_test(the_first_wrong_field_is_named_with_its_reason),
        cmocka_unit_test(forty_fields_of_an_object_are_asked_for_and_not_one_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
