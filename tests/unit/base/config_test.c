/* The configuration says which line is wrong and why, and has a default for every key. */
#include "testing.h"

#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/memory.h"

static enum tl_error read_lines(const char *lines, struct tl_config *config,
                                struct tl_config_problem *problem)
{
    char path[] = "/tmp/teleloire-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, lines, strlen(lines)), strlen(lines));
    close(fd);
    enum tl_error error = tl_config_read(path, config, problem);
    unlink(path);
    return error;
}

static void an_unknown_key_or_bad_value_names_its_line_and_why(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        int line;
        const char *why;
    } cases[] = {
        { "[server]\nport = 0\n", 2, "1 to 65535" },
        { "[server]\nport = 65536\n", 2, "1 to 65535" },
        { "[server]\nport = 80x\n", 2, "number" },
        { "[server]\nport = 1\nport = 2\n", 3, "twice" },
        { "[server]\n\nportt = 80\n", 3, "portt" },
        { "[servr]\nport = 80\n", 2, "servr" },
        { "[server]\nhttp2 = yes\n", 2, "nor off" },
        { "[server]\nlisten =\n", 2, "empty" },
        { "[server]\nlog_level = loud\n", 2, "debug" },
        { "[server]\nnonsense\n", 2, "" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct tl_config config = { .server.port = 77 };
        struct tl_config_problem problem = { 0 };
        assert_int_equal(read_lines(cases[i].lines, &config, &problem), TL_ERROR_FORMAT);
        assert_int_equal(problem.line, cases[i].line);
        assert_non_null(strstr(problem.why, cases[i].why));
        assert_int_equal(config.server.port, 77);
    }
}

static void every_key_left_out_has_its_default(void **state)
{
    (void)state;
    struct tl_config config;
    struct tl_config_problem problem;
    assert_int_equal(
        read_lines("[server]\nport = 9443\n[demo]\nenabled = on\n", &config, &problem), TL_OK);
    assert_int_equal(config.server.port, 9443);
    assert_true(config.demo.enabled);
    assert_string_equal(config.server.listen, "127.0.0.1");
    assert_int_equal(config.api.workers, 3);
    assert_int_equal(tl_config_read("/nowhere/at/all", &config, &problem), TL_ERROR_MISSING);
}

static void a_switch_is_on_or_off_true_or_false(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        bool on;
    } cases[] = {
        { "[server]\nhttp2 = on\n", true },
        { "[server]\nhttp2 = true\n", true },
        { "[server]\nhttp2 = off\n", false },
        { "[server]\nhttp2 = false\n", false },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct tl_config config;
        struct tl_config_problem problem;
        assert_int_equal(read_lines(cases[i].lines, &config, &problem), TL_OK);
        assert_int_equal(config.server.http2, cases[i].on);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_key_or_bad_value_names_its_line_and_why),
        cmocka_unit_test(every_key_left_out_has_its_default),
        cmocka_unit_test(a_switch_is_on_or_off_true_or_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
