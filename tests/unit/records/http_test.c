/* The head of a request, its cookies and parameters, and the table of routes. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "acts/documents.h"
#include "base/json.h"
#include "base/memory.h"
#include "http/dispatch.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"

static enum tl_error read_head(const char *text, struct tl_request *request, json_t **head)
{
    *head = json_loads(text, 0, NULL);
    assert_non_null(*head);
    return tl_request_read(*head, request);
}

#define HEAD(more)                                                                             \
    "{\"method\":\"POST\",\"path\":\"/api/"                                                    \
    "acts\",\"query\":\"\",\"peer\":\"192.0.2.1\",\"headers\":{" more "},\"length\":-1}"

static void a_head_is_read_field_by_field(void **state)
{
    (void)state;
    struct tl_request request;
    json_t *head;
    assert_int_equal(read_head(HEAD("\"accept-language\":\"en-GB,fr;q=0.5\",\"cookie\":\"a=b\","
                                    "\"x-other\":\"let be\""),
                               &request, &head),
                     TL_OK);
    assert_int_equal(request.method, TL_POST);
    assert_true(tl_text_is(request.path, "/api/acts"));
    assert_int_equal(request.language, TL_ENGLISH);
    assert_true(tl_text_is(request.cookie, "a=b"));
    assert_null(request.csrf.data);
    json_decref(head);
}

static void a_head_that_lacks_or_adds_something_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{}",
        "{\"method\":\"POST\",\"path\":\"\",\"peer\":\"p\",\"headers\":{}}",
        "{\"method\":\"POST\",\"path\":\"/\",\"peer\":\"p\",\"headers\":[]}",
        "{\"method\":\"POST\",\"path\":\"/\",\"peer\":\"p\",\"headers\":{\"cookie\":1}}",
        "{\"method\":\"POST\",\"path\":\"/\",\"peer\":\"p\",\"headers\":{},\"colour\":1}",
        "{\"method\":\"POST\",\"path\":\"/\",\"peer\":\"p\",\"headers\":{},\"length\":-2}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct tl_request request;
        json_t *head;
        assert_int_equal(read_head(wrong[i], &request, &head), TL_ERROR_FORMAT);
        json_decref(head);
    }
    struct tl_request request;
    json_t *head;
    assert_int_equal(
        read_head("{\"method\":\"BREW\",\"path\":\"/\",\"peer\":\"p\",\"headers\":{}}",
                  &request, &head),
        TL_ERROR_UNSUPPORTED);
    json_decref(head);
}

static void the_number_and_size_of_headers_is_limited_at_the_edge(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        json_t *headers = json_object();
        for (int i = 0; i < TL_REQUEST_HEADERS_LIMIT + extra; i++) {
            char name[16];
            snprintf(name, sizeof name, "h%d", i);
            json_object_set_new(headers, name, json_string("x"));
        }
        json_t *head = json_pack("{s:s,s:s,s:s,s:o}", "method", "GET", "path", "/", "peer", "p",
                                 "headers", headers);
        struct tl_request request;
        assert_int_equal(tl_request_read(head, &request), extra ? TL_ERROR_FORMAT : TL_OK);
        json_decref(head);
        char value[TL_REQUEST_HEADER_LIMIT + 2];
        memset(value, 'x', sizeof value);
        value[TL_REQUEST_HEADER_LIMIT + extra] = 0;
        head = json_pack("{s:s,s:s,s:s,s:{s:s}}", "method", "GET", "path", "/", "peer", "p",
                         "headers", "cookie", value);
        assert_int_equal(tl_request_read(head, &request), extra ? TL_ERROR_FORMAT : TL_OK);
        json_decref(head);
    }
}

static void path_and_query_of_a_head_are_limited_at_the_edge(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t limit;
    } texts[] = { { "path", TL_REQUEST_PATH_LIMIT }, { "query", TL_REQUEST_QUERY_LIMIT } };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t extra = 0; extra < 2; extra++) {
            char text[TL_REQUEST_QUERY_LIMIT + 2];
            memset(text, 'x', sizeof text);
            text[texts[i].limit + extra] = 0;
            json_t *head =
                json_loads("{\"method\":\"GET\",\"path\":\"/\",\"query\":\"\",\"peer\":\"p\","
                           "\"headers\":{}}",
                           0, NULL);
            json_object_set_new(head, texts[i].name, json_string(text));
            struct tl_request request;
            assert_int_equal(tl_request_read(head, &request), extra ? TL_ERROR_FORMAT : TL_OK);
            json_decref(head);
        }
}

static void the_language_is_the_first_of_ours_a_client_names(void **state)
{
    (void)state;
    assert_int_equal(tl_language_read(tl_text("en")), TL_ENGLISH);
    assert_int_equal(tl_language_read(tl_text("de, en;q=0.8")), TL_ENGLISH);
    assert_int_equal(tl_language_read(tl_text("fr-CA,en")), TL_FRENCH);
    assert_int_equal(tl_language_read(tl_text("de")), TL_FRENCH);
    assert_int_equal(tl_language_read((struct tl_text){ NULL, 0 }), TL_FRENCH);
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    struct tl_text value;
    struct tl_text all =
        tl_text("x__Host-teleloire=no; __Host-teleloire-visit=v; __Host-teleloire=yes");
    assert_int_equal(tl_cookie_read(all, "__Host-teleloire", &value), TL_OK);
    assert_true(tl_text_is(value, "yes"));
    assert_int_equal(tl_cookie_read(all, "__Host-teleloire-visit", &value), TL_OK);
    assert_true(tl_text_is(value, "v"));
    assert_int_equal(tl_cookie_read(tl_text("__Host-teleloire"), "__Host-teleloire", &value),
                     TL_ERROR_MISSING);
    assert_int_equal(tl_cookie_read((struct tl_text){ NULL, 0 }, "a", &value),
                     TL_ERROR_MISSING);
}

static void parameters_are_decoded_strictly(void **state)
{
    (void)state;
    json_t *object;
    assert_int_equal(tl_query_read(tl_text("q=le+goff%20a&date=12%2F04%2F1956&x"), &object),
                     TL_OK);
    assert_string_equal(json_string_value(json_object_get(object, "q")), "le goff a");
    assert_string_equal(json_string_value(json_object_get(object, "date")), "12/04/1956");
    assert_string_equal(json_string_value(json_object_get(object, "x")), "");
    json_decref(object);
    static const char *const wrong[] = { "a=1&a=2", "=1",    "a=%", "a=%1", "a=%zz",
                                         "a=%ff",   "a=%00", "&",   "%00=1" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(tl_query_read(tl_text(wrong[i]), &object), TL_ERROR_FORMAT);
    char text[TL_QUERY_VALUE_LIMIT + 8] = "a=";
    memset(text + 2, 'x', TL_QUERY_VALUE_LIMIT);
    assert_int_equal(tl_query_read(tl_text(text), &object), TL_OK);
    json_decref(object);
    text[2 + TL_QUERY_VALUE_LIMIT] = 'x';
    assert_int_equal(tl_query_read(tl_text(text), &object), TL_ERROR_LIMIT);
    memset(text, 'n', sizeof text);
    text[TL_JSON_NAME_LIMIT - 1] = 0;
    assert_int_equal(tl_query_read(tl_text(text), &object), TL_OK);
    json_decref(object);
    text[TL_JSON_NAME_LIMIT - 1] = 'n';
    text[TL_JSON_NAME_LIMIT] = 0;
    assert_int_equal(tl_query_read(tl_text(text), &object), TL_ERROR_LIMIT);
    assert_int_equal(tl_query_read(tl_text("a&b&c&d&e&f&g&h&i&j&k&l"), &object), TL_OK);
    json_decref(object);
    assert_int_equal(tl_query_read(tl_text("a&b&c&d&e&f&g&h&i&j&k&l&m"), &object),
                     TL_ERROR_LIMIT);
}

static void handler(struct tl_call *call)
{
    (void)call;
}

static void a_handler_without_policy_or_audit_cannot_be_registered(void **state)
{
    (void)state;
    assert_true(tl_routes_are_sound(tl_routes, tl_route_count));
    const struct tl_route good = { TL_POST, "/api/x", TL_ACTION_SELF_READ, NULL, TL_ONCE_NO,
                                   10,      handler };
    assert_true(tl_routes_are_sound(&good, 1));
    struct tl_route route = good;
    route.action = TL_ACTION_UNSET;
    assert_false(tl_routes_are_sound(&route, 1));
    route = good;
    route.handler = NULL;
    assert_false(tl_routes_are_sound(&route, 1));
    route = good;
    route.path = "/api/acts/x";
    assert_false(tl_routes_are_sound(&route, 1)); /* an act, and no audit */
    route = good;
    route.action = TL_ACTION_ACT_READ;
    assert_false(tl_routes_are_sound(&route, 1)); /* about an act, and its path names none */
    route = good;
    route.path = "/api/acts/{}/x", route.audit = "act.x", route.action = TL_ACTION_PATIENT_READ;
    assert_false(tl_routes_are_sound(&route, 1)); /* about another object than its path's */
    route.action = TL_ACTION_SELF_READ;
    assert_false(tl_routes_are_sound(&route, 1)); /* an act that nobody is asked about */
    route.action = TL_ACTION_ACT_READ;
    assert_true(tl_routes_are_sound(&route, 1));
    route.audit = NULL;
    assert_false(tl_routes_are_sound(&route, 1));
    route = good;
    route.action = TL_ACTION_COUNT;
    assert_false(tl_routes_are_sound(&route, 1));
}

static void only_open_calls_may_be_made_by_anyone(void **state)
{
    (void)state;
    static const char *const open[] = { "/api/about",       "/api/sign-in", "/api/invitations/",
                                        "/api/deliveries/", "/api/probes",  "/api/arrivals/",
                                        "/api/psc/" };
    for (size_t i = 0; i < tl_route_count; i++) {
        if (tl_route_asks(&tl_routes[i]) != TL_ROLE_NOBODY)
            continue;
        bool known = false;
        for (size_t j = 0; j < TL_COUNT_OF(open); j++)
            known |= strncmp(tl_routes[i].path, open[j], strlen(open[j])) == 0;
        assert_true(known);
    }
}

static void a_path_is_matched_whole_and_ids_must_be_uuids(void **state)
{
    (void)state;
    const struct tl_route *route = NULL;
    char ids[2][TL_UUID_SIZE];
    const char *id = "6e0a0b60-7a0c-4d8e-9a52-0d3f5b1c2d3e";
    char path[160];
    snprintf(path, sizeof path, "/api/acts/%s/documents/%s", id, id);
    assert_int_equal(
        tl_route_find(tl_routes, tl_route_count, TL_GET, tl_text(path), &route, ids), TL_OK);
    assert_string_equal(ids[0], id);
    assert_string_equal(ids[1], id);
    for (size_t size = 0; size < strlen(path); size++) {
        enum tl_error error = tl_route_find(tl_routes, tl_route_count, TL_PATCH,
                                            (struct tl_text){ path, size }, &route, ids);
        assert_int_not_equal(error, TL_OK);
    }
    assert_int_equal(tl_route_find(tl_routes, tl_route_count, TL_GET,
                                   tl_text("/api/acts/1/close"), &route, ids),
                     TL_ERROR_MISSING);
    assert_int_equal(
        tl_route_find(tl_routes, tl_route_count, TL_GET, tl_text("/api/me/"), &route, ids),
        TL_ERROR_MISSING);
    assert_int_equal(
        tl_route_find(tl_routes, tl_route_count, TL_DELETE, tl_text("/api/me"), &route, ids),
        TL_ERROR_UNSUPPORTED);
}

static void a_file_is_what_its_first_bytes_say(void **state)
{
    (void)state;
    assert_string_equal(tl_document_type(tl_bytes("\xff\xd8\xff\xe0", 4)), "image/jpeg");
    assert_string_equal(tl_document_type(tl_bytes("\x89PNG\r\n\x1a\n.", 9)), "image/png");
    assert_string_equal(tl_document_type(tl_bytes("%PDF-1.7", 8)), "application/pdf");
    assert_null(tl_document_type(tl_bytes("%PDF-", 5)));
    assert_null(tl_document_type(tl_bytes("<svg>", 5)));
    assert_null(tl_document_type(tl_bytes("GIF89a..", 8)));
    assert_null(tl_document_type(tl_bytes("", 0)));
}

static void a_file_name_cannot_leave_its_folder_or_its_header(void **state)
{
    (void)state;
    char name[256];
    tl_document_name_clean(tl_text("../../etc/passwd"), name);
    assert_string_equal(name, "etcpasswd");
    tl_document_name_clean(tl_text("a\"\r\nSet-Cookie: b.pdf"), name);
    assert_string_equal(name, "aSet-Cookie b.pdf");
    tl_document_name_clean(tl_text("…"), name);
    assert_string_equal(name, "…");
    tl_document_name_clean(tl_text("/"), name);
    assert_string_equal(name, "document");
    char lengthy[400];
    memset(lengthy, 'x', sizeof lengthy);
    tl_document_name_clean((struct tl_text){ lengthy, sizeof lengthy }, name);
    assert_int_equal(strlen(name), 120);
}

static void a_password_is_argon2id_and_only_itself(void **state)
{
    (void)state;
    char one[TL_PASSWORD_HASH_SIZE], two[TL_PASSWORD_HASH_SIZE],
        lengthy[TL_PASSWORD_BYTES_LIMIT + 1];
    assert_int_equal(tl_password_hash(tl_text("un mot de passe"), one), TL_OK);
    assert_int_equal(tl_password_hash(tl_text("un mot de passe"), two), TL_OK);
    assert_string_not_equal(one, two);
    assert_memory_equal(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_int_equal(tl_password_verify(tl_text("un mot de passe"), one), TL_OK);
    assert_int_equal(tl_password_verify(tl_text("un mot de passé"), one), TL_ERROR_AUTH);
    assert_int_equal(tl_password_verify(tl_text("x"), NULL), TL_ERROR_AUTH);
    assert_int_equal(tl_password_verify(tl_text("x"), "not a hash"), TL_ERROR_AUTH);
    memset(lengthy, 'x', sizeof lengthy);
    assert_int_equal(
        tl_password_hash((struct tl_text){ lengthy, TL_PASSWORD_BYTES_LIMIT }, one), TL_OK);
    assert_int_equal(
        tl_password_hash((struct tl_text){ lengthy, TL_PASSWORD_BYTES_LIMIT + 1 }, one),
        TL_ERROR_LIMIT);
}

static void a_link_depends_on_its_key_kind_and_row(void **state)
{
    (void)state;
    uint8_t key[32] = { 1 }, other[32] = { 2 };
    char token[TL_TOKEN_SIZE], again[TL_TOKEN_SIZE], code[TL_CODE_SIZE];
    tl_link_token(key, "invitation", "id", token);
    tl_link_token(key, "invitation", "id", again);
    assert_string_equal(token, again);
    assert_int_equal(strlen(token), 43);
    tl_link_token(other, "invitation", "id", again);
    assert_string_not_equal(token, again);
    tl_link_token(key, "delivery", "id", again);
    assert_string_not_equal(token, again);
    tl_link_token(key, "invitation", "ie", again);
    assert_string_not_equal(token, again);
    uint8_t one[TL_DIGEST_SIZE], two[TL_DIGEST_SIZE];
    tl_code_make(code);
    assert_int_equal(strspn(code, "0123456789"), 6);
    tl_code_hash(key, "id", tl_text("123456"), one);
    tl_code_hash(key, "id", tl_text("123457"), two);
    assert_memory_not_equal(one, two, TL_DIGEST_SIZE);
    tl_code_hash(key, "ie", tl_text("123456"), two);
    assert_memory_not_equal(one, two, TL_DIGEST_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_read_field_by_field),
        cmocka_unit_test(a_head_that_lacks_or_adds_something_is_refused),
        cmocka_unit_test(the_number_and_size_of_headers_is_limited_at_the_edge),
        cmocka_unit_test(path_and_query_of_a_head_are_limited_at_the_edge),
        cmocka_unit_test(the_language_is_the_first_of_ours_a_client_names),
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(parameters_are_decoded_strictly),
        cmocka_unit_test(a_handler_without_policy_or_audit_cannot_be_registered),
        cmocka_unit_test(only_open_calls_may_be_made_by_anyone),
        cmocka_unit_test(a_path_is_matched_whole_and_ids_must_be_uuids),
        cmocka_unit_test(a_file_is_what_its_first_bytes_say),
        cmocka_unit_test(a_file_name_cannot_leave_its_folder_or_its_header),
        cmocka_unit_test(a_password_is_argon2id_and_only_itself),
        cmocka_unit_test(a_link_depends_on_its_key_kind_and_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
