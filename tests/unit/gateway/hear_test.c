/* What the supervisor takes from a role: by type, bounded, and only when it makes sense. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "channels/types.h"
#include "supervisor/child.h"

static enum tl_child_news say(struct tl_child *child, uint16_t type, uint16_t flags,
                              uint32_t request, const char *json)
{
    struct tl_child_said said;
    struct tl_channel_message message = {
        .type = type, .flags = flags, .request = request, .json = tl_bytes(json, strlen(json))
    };
    tl_child_hear(child, &message, TL_SECOND_US, &said);
    json_decref(said.metrics);
    return said.news;
}

/* {"counters":{"c0":1,...},"gauges":{}} */
static const char *metrics(unsigned count, unsigned name_size)
{
    static char text[20000];
    size_t used = (size_t)snprintf(text, sizeof text, "{\"gauges\":{},\"counters\":{");
    for (unsigned i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"c%0*u\":1", i ? "," : "",
                                 (int)name_size - 1, i);
    snprintf(text + used, sizeof text - used, "}}");
    return text;
}

static void numbers_are_taken_up_to_128_of_a_kind_with_names_of_96(void **state)
{
    (void)state;
    struct tl_child child = { .pid = 1, .ready = true };
    assert_int_equal(say(&child, TL_MESSAGE_METRICS, 0, 0, metrics(128, 4)), TL_CHILD_METRICS);
    assert_int_equal(say(&child, TL_MESSAGE_METRICS, 0, 0, metrics(1, 96)), TL_CHILD_METRICS);
    assert_int_equal(child.bad, 0);
    assert_int_equal(say(&child, TL_MESSAGE_METRICS, 0, 0, metrics(129, 4)), TL_CHILD_NO_NEWS);
    assert_int_equal(say(&child, TL_MESSAGE_METRICS, 0, 0, metrics(1, 97)), TL_CHILD_NO_NEWS);
    static const char *const bad[] = {
        "{\"counters\":{}}",
        "{\"counters\":{},\"gauges\":{},\"role\":\"door\"}",
        "{\"counters\":{\"a\":\"1\"},\"gauges\":{}}",
        "{\"counters\":{\"a b\":1},\"gauges\":{}}",
        "{\"counters\":{\"a\\n\":1},\"gauges\":{}}",
        "{\"counters\":[],\"gauges\":{}}",
        "{",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(say(&child, TL_MESSAGE_METRICS, 0, 0, bad[i]), TL_CHILD_NO_NEWS);
}

static void a_role_is_ready_once_and_has_numbers_only_then(void **state)
{
    (void)state;
    struct tl_child child = { .pid = 1 };
    assert_int_equal(say(&child, TL_MESSAGE_METRICS, 0, 0, metrics(1, 4)), TL_CHILD_NO_NEWS);
    assert_int_equal(say(&child, TL_MESSAGE_READY, 0, 0, "{\"x\":1}"), TL_CHILD_NO_NEWS);
    assert_false(child.ready);
    assert_int_equal(say(&child, TL_MESSAGE_READY, 0, 0, "{}"), TL_CHILD_IS_READY);
    assert_true(child.ready);
    assert_int_equal(say(&child, TL_MESSAGE_READY, 0, 0, "{}"), TL_CHILD_NO_NEWS);
    assert_int_equal(say(&child, TL_MESSAGE_STOP, 0, 0, "{}"), TL_CHILD_NO_NEWS);
}

static void only_the_ping_that_is_awaited_is_answered(void **state)
{
    (void)state;
    struct tl_child child = { .pid = 1, .ready = true, .ping_number = 7 };
    assert_int_equal(say(&child, TL_MESSAGE_PING, TL_CHANNEL_REPLY, 7, "{}"), TL_CHILD_NO_NEWS);
    child.pong_by = 5 * TL_SECOND_US;
    assert_int_equal(say(&child, TL_MESSAGE_PING, TL_CHANNEL_REPLY, 6, "{}"), TL_CHILD_NO_NEWS);
    assert_int_equal(say(&child, TL_MESSAGE_PING, 0, 7, "{}"), TL_CHILD_NO_NEWS);
    assert_int_equal(child.pong_by, 5 * TL_SECOND_US);
    assert_int_equal(say(&child, TL_MESSAGE_PING, TL_CHANNEL_REPLY, 7, "{}"),
                     TL_CHILD_ANSWERED);
    assert_int_equal(child.pong_by, 0);
}

static void the_sixteenth_message_without_sense_is_one_too_many(void **state)
{
    (void)state;
    struct tl_child child = { .pid = 1 };
    for (int i = 0; i < 15; i++)
        (void)say(&child, 0x7777, 0, 0, "{}");
    assert_false(tl_child_is_babbling(&child));
    (void)say(&child, TL_MESSAGE_READY, 0, 0, "nonsense");
    assert_true(tl_child_is_babbling(&child));
}

static void a_reason_of_200_bytes_is_kept_and_a_longer_one_refused(void **state)
{
    (void)state;
    struct tl_child child = { .pid = 1 };
    char text[300];
    snprintf(text, sizeof text, "{\"reason\":\"%0200d\"}", 1);
    assert_int_equal(say(&child, TL_MESSAGE_FAILED, 0, 0, text), TL_CHILD_FAILED);
    snprintf(text, sizeof text, "{\"reason\":\"%0201d\"}", 1);
    assert_int_equal(say(&child, TL_MESSAGE_FAILED, 0, 0, text), TL_CHILD_NO_NEWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_taken_up_to_128_of_a_kind_with_names_of_96),
        cmocka_unit_test(a_role_is_ready_once_and_has_numbers_only_then),
        cmocka_unit_test(only_the_ping_that_is_awaited_is_answered),
        cmocka_unit_test(the_sixteenth_message_without_sense_is_one_too_many),
        cmocka_unit_test(a_reason_of_200_bytes_is_kept_and_a_longer_one_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
