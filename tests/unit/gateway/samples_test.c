/* Numbers of every role on one page; what is no name or label is left out. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "door/samples.h"

static void samples_of_all_roles_are_grouped_under_their_type(void **state)
{
    (void)state;
    struct tl_samples samples = { 0 };
    tl_autofree char *text = NULL;
    size_t size;
    tl_samples_add(&samples, "packets_total{way=\"in\"}", true, 12, "relay", 1);
    tl_samples_add(&samples, "load", false, 0.5, "relay", 0);
    tl_samples_add(&samples, "packets_total{way=\"in\"}", true, 7, "relay", 0);
    assert_int_equal(tl_samples_write(&samples, &text, &size), TL_OK);
    assert_string_equal(text,
                        "# TYPE teleloire_load gauge\n"
                        "teleloire_load{role=\"relay\",index=\"0\"} 0.5\n"
                        "# TYPE teleloire_packets_total counter\n"
                        "teleloire_packets_total{role=\"relay\",index=\"0\",way=\"in\"} 7\n"
                        "teleloire_packets_total{role=\"relay\",index=\"1\",way=\"in\"} 12\n");
    tl_samples_free(&samples);
}

static void what_is_no_name_or_label_is_left_out_and_counted(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Upper",
        "1a",
        "a b",
        "a\n",
        "a{",
        "a{b}",
        "a{b=\"c}",
        "a{b=\"c\"",
        "a{b=\"\n\"}",
        "a{b=\"\\\"}",
        "a{b=\"c\"}x",
        "a{b=\"c\" }",
        "a{b=\"c\"d=\"\"}",
        "a{B=\"c\"}",
    };
    struct tl_samples samples = { 0 };
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        tl_samples_add(&samples, bad[i], true, 1, "api", 0);
    assert_int_equal(samples.count, 0);
    assert_int_equal(samples.refused, TL_COUNT_OF(bad));
    tl_samples_add(&samples, "a{b=\"c\",d=\"e-1.2\"}", true, 1, "api", 0);
    assert_int_equal(samples.count, 1);
    tl_samples_free(&samples);
}

static void a_role_cannot_fill_the_page_without_end(void **state)
{
    (void)state;
    struct tl_samples samples = { 0 };
    for (int i = 0; i < TL_SAMPLES_LIMIT + 1; i++)
        tl_samples_add(&samples, "a", true, i, "api", 0);
    assert_int_equal(samples.count, TL_SAMPLES_LIMIT);
    assert_int_equal(samples.refused, 1);
    tl_samples_free(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_of_all_roles_are_grouped_under_their_type),
        cmocka_unit_test(what_is_no_name_or_label_is_left_out_and_counted),
        cmocka_unit_test(a_role_cannot_fill_the_page_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
