/* A request framed for api and api's answer read back, at the edges. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "door/framing.h"

static void a_request_is_framed_as_docs_channels_says(void **state)
{
    (void)state;
    struct tl_request_head head = { .method = "POST",
                                    .path = TL_TEXT("/api/acts"),
                                    .query = TL_TEXT("a=b"),
                                    .peer = "203.0.113.7",
                                    .length = 5 };
    head.headers[0] = TL_TEXT("application/json");
    tl_autofree char *text = NULL;
    size_t size;
    assert_int_equal(tl_request_head_write(&head, &text, &size), TL_OK);
    assert_string_equal(text, "{\"method\":\"POST\",\"path\":\"/api/acts\",\"query\":\"a=b\","
                              "\"peer\":\"203.0.113.7\",\"headers\":{\"content-type\":"
                              "\"application/json\"},\"length\":5}");
    assert_int_equal(size, strlen(text));
}

static void what_the_door_knows_goes_along_where_it_is_asked(void **state)
{
    (void)state;
    tl_autojson json_t *platform = json_pack("{s:b}", "ready", 1);
    struct tl_request_head head = { .method = "GET",
                                    .path = TL_TEXT("/api/operator/health"),
                                    .query = TL_TEXT(""),
                                    .peer = "::1",
                                    .platform = platform };
    tl_autofree char *text = NULL;
    size_t size;
    assert_int_equal(tl_request_head_write(&head, &text, &size), TL_OK);
    assert_non_null(strstr(text, "\"platform\":{\"ready\":true}"));
    assert_int_equal(platform->refcount, 1);
}

static enum tl_error with_header(struct tl_text value)
{
    struct tl_request_head head = {
        .method = "GET", .path = TL_TEXT("/"), .query = TL_TEXT(""), .peer = "::1"
    };
    head.headers[1] = value;
    char *text = NULL;
    size_t size;
    enum tl_error error = tl_request_head_write(&head, &text, &size);
    free(text);
    return error;
}

static void a_header_is_bounded_plain_text(void **state)
{
    (void)state;
    static char value[TL_HEADER_VALUE_LIMIT_BYTES + 1];
    memset(value, 'x', sizeof value);
    assert_int_equal(with_header((struct tl_text){ value, TL_HEADER_VALUE_LIMIT_BYTES }),
                     TL_OK);
    assert_int_equal(with_header((struct tl_text){ value, sizeof value }), TL_ERROR_LIMIT);
    assert_int_equal(with_header(TL_TEXT("a\r\nb")), TL_ERROR_FORMAT);
    assert_int_equal(with_header(TL_TEXT("a\0b")), TL_ERROR_FORMAT);
    assert_int_equal(with_header(TL_TEXT("\xff")), TL_ERROR_FORMAT);
}

static enum tl_error answer(const char *json, struct tl_answer *ret_answer)
{
    return tl_answer_read(tl_bytes(json, strlen(json)), ret_answer);
}

static void an_answer_gives_status_headers_cookies_and_length(void **state)
{
    (void)state;
    struct tl_answer a;
    assert_int_equal(answer("{\"status\":200,\"headers\":{\"content-type\":\"text/plain\","
                            "\"set-cookie\":[\"a=1\",\"b=2\"],\"content-length\":\"17\","
                            "\"cache-control\":\"no-store\"}}",
                            &a),
                     TL_OK);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.header_count, 4);
    assert_int_equal(a.length, 17);
    assert_true(a.has_cache_control);
    tl_answer_release(&a);
    assert_int_equal(answer("{\"status\":204,\"headers\":{}}", &a), TL_OK);
    assert_int_equal(a.length, -1);
    tl_answer_release(&a);
}

static void an_answer_that_would_be_split_or_says_too_much_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"status\":200}",
        "{\"status\":199,\"headers\":{}}",
        "{\"status\":600,\"headers\":{}}",
        "{\"status\":\"200\",\"headers\":{}}",
        "{\"status\":200,\"headers\":{},\"more\":1}",
        "{\"status\":200,\"headers\":{\"content-type\":\"a\\r\\nset-cookie: x=1\"}}",
        "{\"status\":200,\"headers\":{\"location\":\"/a\\n\"}}",
        "{\"status\":200,\"headers\":{\"set-cookie\":[\"a=1\\r\\nx: y\"]}}",
        "{\"status\":200,\"headers\":{\"set-cookie\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}}",
        "{\"status\":200,\"headers\":{\"set-cookie\":[1]}}",
        "{\"status\":200,\"headers\":{\"content-length\":\"-1\"}}",
        "{\"status\":200,\"headers\":{\"content-length\":\"1e3\"}}",
        "{\"status\":200,\"headers\":{\"content-security-policy\":\"default-src *\"}}",
        "{\"status\":200,\"headers\":{\"connection\":\"close\"}}",
        "{\"status\":200,\"headers\":{\"transfer-encoding\":\"chunked\"}}",
        "[]",
        "",
    };
    struct tl_answer a;
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_int_equal(answer(bad[i], &a), TL_ERROR_FORMAT);
}

static void four_cookies_are_read_and_a_value_of_4096_bytes_and_not_one_more(void **state)
{
    (void)state;
    struct tl_answer a;
    char json[TL_HEADER_VALUE_LIMIT_BYTES + 100];
    assert_int_equal(TL_ANSWER_COOKIES_LIMIT, 4);
    assert_int_equal(
        answer("{\"status\":200,\"headers\":{\"set-cookie\":[\"1\",\"2\",\"3\",\"4\"]}}", &a),
        TL_OK);
    assert_int_equal(a.header_count, 4);
    tl_answer_release(&a);
    assert_int_equal(
        answer("{\"status\":200,\"headers\":{\"set-cookie\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}}",
               &a),
        TL_ERROR_FORMAT);
    for (int more = 0; more < 2; more++) {
        snprintf(json, sizeof json, "{\"status\":200,\"headers\":{\"location\":\"%0*d\"}}",
                 TL_HEADER_VALUE_LIMIT_BYTES + more, 7);
        assert_int_equal(answer(json, &a), more ? TL_ERROR_FORMAT : TL_OK);
        if (!more)
            tl_answer_release(&a);
    }
}

static void every_truncation_of_an_answer_is_refused(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"status\":200,\"headers\":{\"content-type\":\"text/plain\"}}";
    struct tl_answer a;
    for (size_t size = 0; size + 1 < sizeof whole; size++)
        assert_int_equal(tl_answer_read(tl_bytes(whole, size), &a), TL_ERROR_FORMAT);
}

static void a_refusal_of_the_door_is_a_problem_in_the_language_asked_for(void **state)
{
    (void)state;
    tl_autofree char *french = tl_problem_write(413, "too_big", false);
    tl_autofree char *english = tl_problem_write(413, "too_big", true);
    assert_non_null(strstr(french, "\"type\":\"/problems/too_big\""));
    assert_non_null(strstr(french, "Trop volumineux"));
    assert_non_null(strstr(french, "\"status\":413"));
    assert_non_null(strstr(english, "Too large"));
}

static void a_query_stays_the_same_data_when_written_again(void **state)
{
    (void)state;
    char buffer[64];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    tl_query_write(&w, TL_TEXT("q=le go"));
    tl_query_write(&w, TL_TEXT("x=a&b=c+%"));
    tl_query_write(&w, TL_TEXT("alone"));
    assert_false(w.failed);
    assert_int_equal(w.used, strlen("q=le%20go&x=a%26b%3Dc%2B%25&alone"));
    assert_memory_equal(buffer, "q=le%20go&x=a%26b%3Dc%2B%25&alone", w.used);
    w = tl_writer(buffer, 5);
    tl_query_write(&w, TL_TEXT("q=le go"));
    assert_true(w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_framed_as_docs_channels_says),
        cmocka_unit_test(what_the_door_knows_goes_along_where_it_is_asked),
        cmocka_unit_test(a_header_is_bounded_plain_text),
        cmocka_unit_test(an_answer_gives_status_headers_cookies_and_length),
        cmocka_unit_test(an_answer_that_would_be_split_or_says_too_much_is_refused),
        cmocka_unit_test(four_cookies_are_read_and_a_value_of_4096_bytes_and_not_one_more),
        cmocka_unit_test(every_truncation_of_an_answer_is_refused),
        cmocka_unit_test(a_refusal_of_the_door_is_a_problem_in_the_language_asked_for),
        cmocka_unit_test(a_query_stays_the_same_data_when_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
