/* What is said to an HTTP proxy, and what it may answer. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "client/proxy.h"

static void proxies_are_read_as_sites_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *authorization;
        uint16_t port;
    } good[] = {
        { "http://proxy.ght.example:8080", "proxy.ght.example", "", 8080 },
        { "http://proxy.ght.example/", "proxy.ght.example", "", 80 },
        { "proxy.ght.example", "proxy.ght.example", "", 3128 },
        { "http://[2001:db8::1]:3128", "2001:db8::1", "", 3128 },
        /* RFC 7617 section 2 */
        { "http://Aladdin:open sesame@p:1", "p", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 1 },
    };
    struct tl_proxy proxy;
    for (size_t i = 0; i < TL_COUNT_OF(good); i++) {
        assert_int_equal(tl_proxy_read(good[i].url, &proxy), TL_OK);
        assert_string_equal(proxy.host, good[i].host);
        assert_string_equal(proxy.authorization, good[i].authorization);
        assert_int_equal(proxy.port, good[i].port);
    }
    static const char *const bad[] = { "",           "https://proxy", "socks5://proxy",
                                       "http://",    "http://p:0",    "http://p:65536",
                                       "http://p:x", "http://[::1",   "http://p\r\nX: y" };
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_int_equal(tl_proxy_read(bad[i], &proxy), TL_ERROR_FORMAT);
}

static void the_request_names_the_host_and_nothing_more(void **state)
{
    (void)state;
    struct tl_proxy proxy;
    char text[TL_PROXY_REQUEST_ROOM];
    size_t size;
    assert_int_equal(tl_proxy_read("http://p:1", &proxy), TL_OK);
    assert_int_equal(
        tl_proxy_request_write(&proxy, "turn.example", 443, text, sizeof text, &size), TL_OK);
    text[size] = 0;
    assert_string_equal(text,
                        "CONNECT turn.example:443 HTTP/1.1\r\nHost: turn.example:443\r\n\r\n");
    assert_int_equal(tl_proxy_request_write(&proxy, "::1", 443, text, sizeof text, &size),
                     TL_OK);
    assert_memory_equal(text, "CONNECT [::1]:443 HTTP/1.1\r\n", 28);
    assert_int_equal(tl_proxy_request_write(&proxy, "turn.example", 443, text, 40, &size),
                     TL_ERROR_LIMIT);
}

static enum tl_error answer(const char *text, size_t size, unsigned *ret_status,
                            size_t *ret_size)
{
    uint8_t *copy = malloc(size ? size : 1); /* a read past the end is seen */
    memcpy(copy, text, size);
    enum tl_error error = tl_proxy_answer_read(tl_bytes(copy, size), ret_status, ret_size);
    free(copy);
    return error;
}

static void an_answer_is_whole_or_awaited_wherever_it_is_cut(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nTLS";
    unsigned status = 0;
    size_t size = 0, whole = strlen(text) - 3;
    for (size_t cut = 0; cut < whole; cut++)
        assert_int_equal(answer(text, cut, &status, &size), TL_ERROR_AGAIN);
    assert_int_equal(answer(text, whole + 3, &status, &size), TL_OK);
    assert_int_equal(status, 200);
    assert_int_equal(size, whole);
    assert_int_equal(answer("HTTP/1.0 407\r\n\r\n", 16, &status, &size), TL_OK);
    assert_int_equal(status, 407);
}

static void what_is_no_http_or_never_ends_is_an_error(void **state)
{
    (void)state;
    static const char *const bad[] = { "SSH-2.0", "HTTP/2 200\r\n\r\n", "HTTP/1.1 0xx\r\n\r\n",
                                       "HTTP/1.1\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n" };
    unsigned status;
    size_t size;
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_int_equal(answer(bad[i], strlen(bad[i]), &status, &size), TL_ERROR_FORMAT);
    static char endless[TL_PROXY_ANSWER_LIMIT];
    memset(endless, 'x', sizeof endless);
    memcpy(endless, "HTTP/1.1 200 ", 13);
    assert_int_equal(answer(endless, sizeof endless - 1, &status, &size), TL_ERROR_AGAIN);
    assert_int_equal(answer(endless, sizeof endless, &status, &size), TL_ERROR_FORMAT);
}

static void turn_is_taken_over_tls_only(void **state)
{
    (void)state;
    char host[TL_PROXY_TEXT_SIZE];
    uint16_t port;
    assert_int_equal(tl_turn_url_read("turns:turn.example:443?transport=tcp", host, &port),
                     TL_OK);
    assert_string_equal(host, "turn.example");
    assert_int_equal(port, 443);
    assert_int_equal(tl_turn_url_read("turns:turn.example", host, &port), TL_OK);
    assert_int_equal(port, 5349); /* RFC 7065 section 3.2 */
    assert_int_equal(tl_turn_url_read("turn:turn.example:443", host, &port), TL_ERROR_FORMAT);
    assert_int_equal(tl_turn_url_read("turns:turn.example?transport=udp", host, &port),
                     TL_ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxies_are_read_as_sites_write_them),
        cmocka_unit_test(the_request_names_the_host_and_nothing_more),
        cmocka_unit_test(an_answer_is_whole_or_awaited_wherever_it_is_cut),
        cmocka_unit_test(what_is_no_http_or_never_ends_is_an_error),
        cmocka_unit_test(turn_is_taken_over_tls_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
