/* A client that does not read costs a bounded queue. */
#include "testing.h"

#include <string.h>

#include "door/outgoing.h"

static void the_513th_message_waiting_is_refused(void **state)
{
    (void)state;
    struct tl_outgoing outgoing = { 0 };
    for (int i = 0; i < TL_OUTGOING_MESSAGES_LIMIT; i++)
        assert_int_equal(tl_outgoing_add(&outgoing, TL_TEXT("x"), 16), TL_OK);
    assert_int_equal(tl_outgoing_add(&outgoing, TL_TEXT("x"), 16), TL_ERROR_LIMIT);
    tl_outgoing_drop_first(&outgoing);
    assert_int_equal(tl_outgoing_add(&outgoing, TL_TEXT("x"), 16), TL_OK);
    tl_outgoing_drop_all(&outgoing);
    assert_int_equal(outgoing.bytes, 0);
}

static void one_mebibyte_waits_and_not_a_byte_more(void **state)
{
    (void)state;
    struct tl_outgoing outgoing = { 0 };
    static char big[TL_OUTGOING_BYTES_LIMIT];
    memset(big, 'x', sizeof big);
    assert_int_equal(tl_outgoing_add(&outgoing, (struct tl_text){ big, sizeof big - 1 }, 0),
                     TL_OK);
    assert_int_equal(tl_outgoing_add(&outgoing, TL_TEXT("xx"), 0), TL_ERROR_LIMIT);
    assert_int_equal(tl_outgoing_add(&outgoing, TL_TEXT("x"), 0), TL_OK);
    assert_int_equal(tl_outgoing_add(&outgoing, TL_TEXT("x"), 0), TL_ERROR_LIMIT);
    tl_outgoing_drop_all(&outgoing);
}

static void messages_leave_in_the_order_they_came(void **state)
{
    (void)state;
    struct tl_outgoing outgoing = { 0 };
    tl_outgoing_add(&outgoing, TL_TEXT("one"), 16);
    tl_outgoing_add(&outgoing, TL_TEXT("two"), 16);
    assert_memory_equal(outgoing.first->data + 16, "one", 3);
    tl_outgoing_drop_first(&outgoing);
    assert_memory_equal(outgoing.first->data + 16, "two", 3);
    tl_outgoing_drop_first(&outgoing);
    assert_null(outgoing.first);
    assert_null(outgoing.last);
    tl_outgoing_drop_first(&outgoing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_513th_message_waiting_is_refused),
        cmocka_unit_test(one_mebibyte_waits_and_not_a_byte_more),
        cmocka_unit_test(messages_leave_in_the_order_they_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
