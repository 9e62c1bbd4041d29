/* When a record may leave: never a day before. */
#include "retention/schedule.h"

#include "http/time_text.h"
#include "testing.h"

static tl_time_us day(const char *text)
{
    tl_time_us time;
    assert_int_equal(tl_time_read(tl_text(text), &time), TL_OK);
    return time;
}

static void of_age_on_the_birthday_and_not_the_day_before(void **state)
{
    (void)state;
    assert_false(tl_retention_is_of_age(tl_text("1998-11-28"), day("2026-11-27T23:59:59Z")));
    assert_true(tl_retention_is_of_age(tl_text("1998-11-28"), day("2026-11-28T00:00:00Z")));
    assert_true(tl_retention_is_of_age(tl_text("1930-01-01"), day("2026-11-28T00:00:00Z")));
}

static void born_on_the_29th_of_february_the_day_after_where_there_is_none(void **state)
{
    (void)state;
    assert_false(tl_retention_is_of_age(tl_text("2000-02-29"), day("2028-02-29T23:00:00Z")));
    assert_true(tl_retention_is_of_age(tl_text("2000-02-29"), day("2028-03-01T00:00:00Z")));
}

static void a_birth_date_that_cannot_be_read_keeps_the_record(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "1956", "1956-02-30", "12/04/1956", "0000-00-00" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(tl_retention_is_of_age(tl_text(texts[i]), day("2026-11-28T00:00:00Z")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_age_on_the_birthday_and_not_the_day_before),
        cmocka_unit_test(born_on_the_29th_of_february_the_day_after_where_there_is_none),
        cmocka_unit_test(a_birth_date_that_cannot_be_read_keeps_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
