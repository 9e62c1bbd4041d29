/* What a path means to the door: its lane, its limits, and what is no path at all. */
#include "testing.h"

#include "base/memory.h"
#include "door/routes.h"

static struct tl_route found(enum tl_method method, const char *path)
{
    struct tl_route route = { 0 };
    assert_int_equal(tl_route_find(method, tl_text(path), &route), TL_OK);
    return route;
}

static enum tl_error refused(enum tl_method method, const char *path)
{
    struct tl_route route;
    return tl_route_find(method, tl_text(path), &route);
}

static void passwords_and_documents_have_lanes_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(found(TL_METHOD_POST, "/api/sign-in").lane, TL_LANE_PASSWORD);
    assert_int_equal(found(TL_METHOD_POST, "/api/arrivals/accept").lane, TL_LANE_PASSWORD);
    assert_int_equal(found(TL_METHOD_POST, "/api/acts/7/documents").lane, TL_LANE_HEAVY);
    assert_int_equal(found(TL_METHOD_GET, "/api/acts/7/documents/8").lane, TL_LANE_HEAVY);
    assert_int_equal(found(TL_METHOD_GET, "/api/deliveries/documents/8").lane, TL_LANE_HEAVY);
    assert_int_equal(found(TL_METHOD_POST, "/api/acts/7/close").lane, TL_LANE_INTERACTIVE);
    assert_int_equal(found(TL_METHOD_GET, "/api/psc/begin").lane, TL_LANE_PROVIDER);
    assert_int_equal(found(TL_METHOD_GET, "/api/psc/callback").lane, TL_LANE_PROVIDER);
    assert_int_equal(found(TL_METHOD_POST, "/api/psc/logout").lane, TL_LANE_PROVIDER);
    assert_int_equal(found(TL_METHOD_GET, "/api/sign-in").lane, TL_LANE_INTERACTIVE);
    assert_int_equal(found(TL_METHOD_GET, "/api").kind, TL_ROUTE_API);
}

static void only_a_document_may_be_longer_than_64_kib(void **state)
{
    (void)state;
    assert_int_equal(found(TL_METHOD_POST, "/api/acts").body_limit_bytes, TL_BODY_LIMIT_BYTES);
    assert_int_equal(found(TL_METHOD_POST, "/api/acts/7/documents").body_limit_bytes,
                     TL_DOCUMENT_LIMIT_BYTES);
    assert_int_equal(found(TL_METHOD_DELETE, "/api/acts/7/documents/8").body_limit_bytes,
                     TL_BODY_LIMIT_BYTES);
}

static void guessing_of_passwords_tokens_and_codes_has_a_rate_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(found(TL_METHOD_POST, "/api/sign-in").rate, TL_RATE_SECRETS);
    assert_int_equal(found(TL_METHOD_POST, "/api/invitations/code").rate, TL_RATE_SECRETS);
    assert_int_equal(found(TL_METHOD_POST, "/api/deliveries/code").rate, TL_RATE_SECRETS);
    assert_int_equal(found(TL_METHOD_POST, "/api/arrivals/open").rate, TL_RATE_SECRETS);
    assert_int_equal(found(TL_METHOD_POST, "/api/arrivals/accept").rate, TL_RATE_SECRETS);
    assert_int_equal(found(TL_METHOD_GET, "/api/day").rate, TL_RATE_CALLS);
    assert_int_equal(found(TL_METHOD_POST, "/api/probes").rate, TL_RATE_PROBES);
}

static void an_api_path_is_never_taken_for_a_page(void **state)
{
    (void)state;
    assert_int_equal(found(TL_METHOD_GET, "/api/nothing/at/all").kind, TL_ROUTE_API);
    assert_int_equal(found(TL_METHOD_GET, "/apiary").kind, TL_ROUTE_PAGE);
    assert_int_equal(found(TL_METHOD_GET, "/actes/7").kind, TL_ROUTE_PAGE);
    assert_int_equal(refused(TL_METHOD_POST, "/actes/7"), TL_ERROR_UNSUPPORTED);
    assert_int_equal(refused(TL_METHOD_POST, "/healthz"), TL_ERROR_UNSUPPORTED);
}

static void a_path_that_climbs_or_hides_something_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "x",      "/..",       "/a/../b",     "/a/..",     "/./a",
        "/a\n", "/a\x7f", "/a\\..\\b", "/api/../etc", "/\xc3\x28", "/a\x01",
    };
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++)
        assert_int_equal(refused(TL_METHOD_GET, bad[i]), TL_ERROR_FORMAT);
    found(TL_METHOD_GET, "/a..b/...");
}

static void a_path_has_1024_bytes_at_most(void **state)
{
    (void)state;
    char path[TL_PATH_LIMIT_BYTES + 2];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[TL_PATH_LIMIT_BYTES] = 0;
    found(TL_METHOD_GET, path);
    path[TL_PATH_LIMIT_BYTES] = 'a';
    path[TL_PATH_LIMIT_BYTES + 1] = 0;
    assert_int_equal(refused(TL_METHOD_GET, path), TL_ERROR_LIMIT);
}

static void methods_and_lanes_have_their_names(void **state)
{
    (void)state;
    enum tl_method method;
    enum tl_lane lane;
    for (int i = 0; i < TL_METHOD_COUNT; i++) {
        assert_int_equal(tl_method_read(tl_text(tl_method_name(i)), &method), TL_OK);
        assert_int_equal(method, i);
    }
    assert_int_equal(tl_method_read(TL_TEXT("TRACE"), &method), TL_ERROR_UNSUPPORTED);
    for (int i = 0; i < TL_LANE_COUNT; i++) {
        assert_int_equal(tl_lane_read(tl_lane_name(i), &lane), TL_OK);
        assert_int_equal(lane, i);
    }
    assert_int_equal(tl_lane_read("fast", &lane), TL_ERROR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_and_documents_have_lanes_of_their_own),
        cmocka_unit_test(only_a_document_may_be_longer_than_64_kib),
        cmocka_unit_test(guessing_of_passwords_tokens_and_codes_has_a_rate_of_its_own),
        cmocka_unit_test(an_api_path_is_never_taken_for_a_page),
        cmocka_unit_test(a_path_that_climbs_or_hides_something_is_refused),
        cmocka_unit_test(a_path_has_1024_bytes_at_most),
        cmocka_unit_test(methods_and_lanes_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
