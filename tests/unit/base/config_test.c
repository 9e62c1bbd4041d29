/* The configuration says which line is wrong and why, and has a default for every key. */
#include "testing.h"

#include <stdio.h>
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
        { "[server]\nlisten =\n", 2, "not an address" },
        { "[server]\npublic_name =\n", 2, "empty" },
        { "[server]\nlog_level = loud\n", 2, "debug" },
        { "[relay]\nsrtp_library = nss\n", 2, "neither openssl nor libsrtp" },
        { "[server]\nnonsense\n", 2, "" },
        { "[psc]\nissuer = http://a.example/r\n", 0, "https" },
        { "[psc]\nissuer = https://a.example/r/\n", 0, "https" },
        { "[psc]\nissuer = https://user@a.example/r\n", 0, "https" },
        { "[psc]\nissuer = https://a.example/r?x\n", 0, "https" },
        { "[psc]\nissuer = https://\n", 0, "https" },
        { "[psc]\nissuer = https://a.example/r\n", 0, "client_id" },
        { "[psc]\nissuer = https://a.example/r\nclient_id = c\n", 0, "client_secret_file" },
        { "[psc]\nworkers = 17\n", 2, "1 to 16" },
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

static void addresses_are_written_in_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool good;
    } cases[] = {
        { "public_address = 192.0.2.10", true },
        { "public_address = 127.0.0.1", true },
        { "public_address = 192.0.2.10, 2001:db8::1 ,127.0.0.1", true },
        { "public_address = 1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4,1.0.0.5,1.0.0.6,1.0.0.7,1.0.0.8",
          true },
        { "public_address = "
          "1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4,1.0.0.5,1.0.0.6,1.0.0.7,1.0.0.8,1.0.0.9",
          false },
        { "public_address = gateway.example.org", false },
        { "public_address = 192.0.2.256", false },
        { "public_address = 192.0.2.10,", false },
        { "public_address = 192.0.2.10 192.0.2.11", false },
        { "public_address = 192.0.2.10:8443", false },
        { "public_address = 0.0.0.0", false },
        { "public_address = ::", false },
        { "public_address = 224.0.0.1", false },
        { "public_address = ff02::1", false },
        { "public_address = 2001:db8::1::2", false },
        { "listen = ::", true },
        { "listen = 0.0.0.0", true },
        { "listen = localhost", false },
        { "listen = 127.0.0.1, 127.0.0.2", false },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        char text[200];
        struct tl_config config;
        struct tl_config_problem problem = { 0 };
        snprintf(text, sizeof text, "[server]\n%s\n", cases[i].line);
        enum tl_error error = read_lines(text, &config, &problem);
        if ((error == TL_OK) != cases[i].good)
            fail_msg("%s: %s", cases[i].line, problem.why);
        assert_int_equal(problem.line, cases[i].good ? 0 : 2);
    }
}

static void ports_that_follow_stay_below_65536_and_apart(void **state)
{
    (void)state;
    static const struct {
        int port, metrics, udp, tcp, relays;
        const char *why; /* NULL: they fit */
    } cases[] = {
        { 8443, 9464, 65532, 40000, 4, NULL },
        { 8443, 9464, 65533, 40000, 4, "udp_port 65533" },
        { 8443, 9464, 40000, 65532, 4, NULL },
        { 8443, 9464, 40000, 65533, 4, "tcp_port 65533" },
        { 8443, 9464, 65535, 65535, 1, NULL },
        { 8443, 9464, 40000, 0, 64, NULL },
        { 8443, 8443, 40000, 40000, 1, "both 8443" },
        { 8443, 9464, 8443, 8444, 1, NULL },
        { 8443, 9464, 40000, 8440, 3, NULL },
        { 8443, 9464, 40000, 8440, 4, "a relay's TCP port (8440 to 8443)" },
        { 8443, 8446, 40000, 8444, 4, "metrics_port 8446" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        char text[300];
        struct tl_config config;
        struct tl_config_problem problem = { 0 };
        snprintf(text, sizeof text,
                 "[server]\nport = %d\nmetrics_port = %d\n[relay]\nudp_port = %d\n"
                 "tcp_port = %d\nprocesses = %d\n",
                 cases[i].port, cases[i].metrics, cases[i].udp, cases[i].tcp, cases[i].relays);
        enum tl_error error = read_lines(text, &config, &problem);
        assert_int_equal(error, cases[i].why ? TL_ERROR_FORMAT : TL_OK);
        if (cases[i].why && !strstr(problem.why, cases[i].why))
            fail_msg("%s", problem.why);
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
    assert_int_equal(config.relay.srtp_library, TL_CONFIG_OPENSSL);
    assert_int_equal(read_lines("[relay]\nsrtp_library = libsrtp\n", &config, &problem), TL_OK);
    assert_int_equal(config.relay.srtp_library, TL_CONFIG_LIBSRTP);
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
        cmocka_unit_test(addresses_are_written_in_numbers),
        cmocka_unit_test(ports_that_follow_stay_below_65536_and_apart),
        cmocka_unit_test(every_key_left_out_has_its_default),
        cmocka_unit_test(a_switch_is_on_or_off_true_or_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
