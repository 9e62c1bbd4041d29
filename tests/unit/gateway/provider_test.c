/* What a provider may say, what api may ask, and how many ask at once. */
#include "testing.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"
#include "courier/provider.h"

static const char issuer[] = "https://auth.example:8443/realms/r";

static json_t *document(void)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "issuer", issuer, "token_endpoint",
                     "https://auth.example:8443/t", "userinfo_endpoint",
                     "https://AUTH.example:8443/u", "jwks_uri", "https://auth.example:8443/k",
                     "authorization_endpoint", "https://wallet.example/auth",
                     "end_session_endpoint", "https://auth.example:8443/e",
                     "authorization_response_iss_parameter_supported", 1);
}

static enum tl_error read_with(const char *name, const char *value,
                               struct tl_provider_endpoints *ret_endpoints)
{
    tl_autojson json_t *object = document();
    if (name && value)
        json_object_set_new(object, name, json_string(value));
    else if (name)
        json_object_del(object, name);
    tl_autofree char *text = json_dumps(object, 0);
    return tl_provider_endpoints_read(tl_bytes(text, strlen(text)), issuer, ret_endpoints);
}

static void discovery_is_read_and_sends_us_nowhere_but_to_the_issuer(void **state)
{
    (void)state;
    struct tl_provider_endpoints endpoints;
    assert_int_equal(read_with(NULL, NULL, &endpoints), TL_OK);
    assert_string_equal(endpoints.token, "https://auth.example:8443/t");
    assert_string_equal(endpoints.authorization, "https://wallet.example/auth");
    assert_true(endpoints.names_itself);
    assert_int_equal(read_with("end_session_endpoint", NULL, &endpoints), TL_OK);
    assert_string_equal(endpoints.end_session, "");
    static const char *const asked[] = { "token_endpoint", "userinfo_endpoint", "jwks_uri" };
    static const char *const elsewhere[] = {
        "https://auth.example/t",          "https://auth.example:8444/t",
        "https://other.example:8443/t",    "https://auth.example.evil.example:8443/t",
        "https://auth.example:8443.evil/", "https://127.0.0.1:8443/t",
    };
    static const char *const bad[] = {
        "http://auth.example:8443/t",
        "https://auth.example:8443@evil.example/t",
        "https://user@auth.example:8443/t",
        "https://user:secret@auth.example:8443/t",
        "file:///etc/passwd",
        "https://auth.example:8443/t#f",
        "https://auth.example:8443/\r\nx: y",
        "/t",
        "",
    };
    for (size_t i = 0; i < TL_COUNT_OF(asked); i++) {
        for (size_t j = 0; j < TL_COUNT_OF(elsewhere); j++)
            assert_int_not_equal(read_with(asked[i], elsewhere[j], &endpoints), TL_OK);
        for (size_t j = 0; j < TL_COUNT_OF(bad); j++)
            assert_int_equal(read_with(asked[i], bad[j], &endpoints), TL_ERROR_FORMAT);
        assert_int_equal(read_with(asked[i], NULL, &endpoints), TL_ERROR_FORMAT);
    }
    assert_int_equal(read_with("authorization_endpoint", "javascript:alert(1)", &endpoints),
                     TL_ERROR_FORMAT);
    assert_int_equal(read_with("end_session_endpoint", "http://a.example/", &endpoints),
                     TL_ERROR_FORMAT);
}

static void discovery_of_another_issuer_is_none(void **state)
{
    (void)state;
    struct tl_provider_endpoints endpoints;
    static const char *const others[] = { "https://auth.example:8443/realms/r/",
                                          "https://auth.example:8443/realms/R",
                                          "https://auth.example:8443/realms", "" };
    for (size_t i = 0; i < TL_COUNT_OF(others); i++)
        assert_int_equal(read_with("issuer", others[i], &endpoints), TL_ERROR_AUTH);
    assert_int_equal(read_with("issuer", NULL, &endpoints), TL_ERROR_FORMAT);
}

static void an_address_holds_at_its_edge(void **state)
{
    (void)state;
    struct tl_provider_endpoints endpoints;
    char url[TL_PROVIDER_URL_SIZE + 1];
    memset(url, 'x', sizeof url);
    memcpy(url, "https://auth.example:8443/", 26);
    url[TL_PROVIDER_URL_SIZE - 1] = 0;
    assert_int_equal(read_with("token_endpoint", url, &endpoints), TL_OK);
    url[TL_PROVIDER_URL_SIZE - 1] = 'x';
    url[TL_PROVIDER_URL_SIZE] = 0;
    assert_int_equal(read_with("token_endpoint", url, &endpoints), TL_ERROR_FORMAT);
}

static enum tl_error tokens(size_t identity, const char *access, const char *type)
{
    struct tl_provider_tokens got = { 0 };
    tl_autofree char *long_one = malloc(identity + 1);
    memset(long_one, 'a', identity);
    long_one[identity] = 0;
    tl_autojson json_t *object = json_pack("{s:s,s:s,s:s}", "id_token", long_one,
                                           "access_token", access, "token_type", type);
    tl_autofree char *text = json_dumps(object, 0);
    enum tl_error error = tl_provider_tokens_read(tl_bytes(text, strlen(text)), &got);
    json_decref(got.json);
    return error;
}

static void tokens_are_read_within_their_limits(void **state)
{
    (void)state;
    assert_int_equal(tokens(100, "a.b-c_d", "Bearer"), TL_OK);
    assert_int_equal(tokens(100, "a", "bearer"), TL_OK);
    assert_int_equal(tokens(TL_PROVIDER_TOKEN_LIMIT, "a", "Bearer"), TL_OK);
    assert_int_equal(tokens(TL_PROVIDER_TOKEN_LIMIT + 1, "a", "Bearer"), TL_ERROR_LIMIT);
    assert_int_equal(tokens(0, "a", "Bearer"), TL_ERROR_FORMAT);
    assert_int_equal(tokens(100, "", "Bearer"), TL_ERROR_FORMAT);
    assert_int_equal(tokens(100, "a", "DPoP"), TL_ERROR_FORMAT);
    assert_int_equal(tokens(100, "a\r\nx: y", "Bearer"), TL_ERROR_FORMAT);
    assert_int_equal(tokens(100, "a b", "Bearer"), TL_ERROR_FORMAT);
    assert_true(tl_provider_refuses_code(tl_bytes("{\"error\":\"invalid_grant\"}", 25)));
    assert_false(tl_provider_refuses_code(tl_bytes("{\"error\":\"invalid_client\"}", 26)));
    assert_false(tl_provider_refuses_code(tl_bytes("no", 2)));
}

static enum tl_error ask_read(struct tl_channel_message message, const char *json,
                              struct tl_provider_ask *ret_ask)
{
    message.json = tl_bytes(json, strlen(json));
    return tl_provider_ask_read(&message, ret_ask);
}

static void what_api_may_ask_is_typed_and_bounded(void **state)
{
    (void)state;
    struct tl_provider_ask ask;
    char json[1200], code[TL_PROVIDER_CODE_LIMIT + 2], verifier[TL_PROVIDER_VERIFIER_LIMIT + 2];
    struct tl_channel_message endpoints = { .type = TL_MESSAGE_PROVIDER_ENDPOINTS,
                                            .request = 1 };
    struct tl_channel_message exchange = { .type = TL_MESSAGE_PROVIDER_TOKENS, .request = 1 };
    assert_int_equal(ask_read(endpoints, "{}", &ask), TL_OK);
    assert_int_equal(ask_read(endpoints, "{\"url\":\"https://evil\"}", &ask), TL_ERROR_FORMAT);
    assert_int_equal(ask_read(endpoints, "", &ask), TL_ERROR_FORMAT);
    endpoints.request = 0;
    assert_int_equal(ask_read(endpoints, "{}", &ask), TL_ERROR_FORMAT);
    endpoints = (struct tl_channel_message){ .type = TL_MESSAGE_HTTP_REQUEST, .request = 1 };
    assert_int_equal(ask_read(endpoints, "{}", &ask), TL_ERROR_UNSUPPORTED);
    for (size_t size = TL_PROVIDER_CODE_LIMIT; size <= TL_PROVIDER_CODE_LIMIT + 1; size++)
        for (size_t proof = TL_PROVIDER_VERIFIER_LEAST - 1;
             proof <= TL_PROVIDER_VERIFIER_LIMIT + 1; proof++) {
            memset(code, 'c', size);
            code[size] = 0;
            memset(verifier, 'v', proof);
            verifier[proof] = 0;
            snprintf(json, sizeof json, "{\"code\":\"%s\",\"verifier\":\"%s\"}", code,
                     verifier);
            bool fits = size <= TL_PROVIDER_CODE_LIMIT && proof >= TL_PROVIDER_VERIFIER_LEAST &&
                        proof <= TL_PROVIDER_VERIFIER_LIMIT;
            assert_int_equal(ask_read(exchange, json, &ask), fits ? TL_OK : TL_ERROR_FORMAT);
        }
    assert_int_equal(ask_read(exchange,
                              "{\"code\":\"a b\",\"verifier\":"
                              "\"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\"}",
                              &ask),
                     TL_ERROR_FORMAT);
}

static void a_code_cannot_add_a_field_to_the_form(void **state)
{
    (void)state;
    struct tl_provider_ask ask = { .what = TL_PROVIDER_TOKENS };
    char form[TL_PROVIDER_FORM_SIZE], redirect[TL_PROVIDER_URL_SIZE];
    strcpy(ask.code, "a&redirect_uri=https://evil%3d");
    strcpy(ask.verifier, "v");
    assert_int_equal(tl_provider_form_write(&ask, "https://t.example/c", form), TL_OK);
    assert_string_equal(form,
                        "grant_type=authorization_code&code=a%26redirect_uri%3Dhttps%3A%2F"
                        "%2Fevil%253d&redirect_uri=https%3A%2F%2Ft.example%2Fc&code_"
                        "verifier=v");
    /* the longest of all fits */
    memset(ask.code, '%', TL_PROVIDER_CODE_LIMIT);
    memset(ask.verifier, 'v', TL_PROVIDER_VERIFIER_LIMIT);
    memset(redirect, '/', sizeof redirect - 1);
    redirect[sizeof redirect - 1] = 0;
    assert_int_equal(tl_provider_form_write(&ask, redirect, form), TL_OK);
}

struct heard {
    int refused, answered;
};

static void hear(void *context, unsigned asker, uint32_t request, enum tl_provider_what what,
                 const struct tl_provider_answer *answer)
{
    struct heard *heard = context;
    (void)asker, (void)request, (void)what;
    heard->refused += answer->error == TL_ERROR_LIMIT;
    heard->answered += answer->error != TL_ERROR_LIMIT;
}

/* A server that takes connections and says nothing. */
static void eight_asks_wait_for_a_silent_provider_and_the_ninth_is_refused(void **state)
{
    (void)state;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    char silent[64];
    snprintf(silent, sizeof silent, "https://127.0.0.1:%d/r", ntohs(address.sin_port));
    struct heard heard = { 0 };
    struct tl_provider_settings settings = { .issuer = silent,
                                             .client_id = "c",
                                             .client_secret = "s",
                                             .redirect = "https://t.example/c" };
    struct tl_provider *provider = tl_provider_new(&settings, hear, &heard);
    assert_non_null(provider);
    const struct tl_provider_ask ask = { .what = TL_PROVIDER_KEYS };
    for (unsigned i = 0; i < TL_PROVIDER_ASKS_LIMIT; i++)
        tl_provider_ask(provider, &ask, i, 1);
    assert_int_equal(heard.refused + heard.answered, 0);
    tl_provider_ask(provider, &ask, 9, 1);
    assert_int_equal(heard.refused, 1);
    /* It gives up by itself, the certificate's handshake never having come. */
    tl_time_us until =
        tl_clock_monotonic() + (tl_time_us)(TL_PROVIDER_CONNECT_MS + 3000) * TL_MILLISECOND_US;
    while (heard.answered < TL_PROVIDER_ASKS_LIMIT && tl_clock_monotonic() < until) {
        struct pollfd waiting = { .fd = tl_provider_fd(provider), .events = POLLIN };
        (void)poll(&waiting, 1, 1000);
        tl_provider_work(provider);
    }
    assert_int_equal(heard.answered, TL_PROVIDER_ASKS_LIMIT);
    tl_provider_ask(provider, &ask, 9, 2);
    assert_int_equal(heard.refused, 1); /* there is room again */
    tl_provider_free(provider);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery_is_read_and_sends_us_nowhere_but_to_the_issuer),
        cmocka_unit_test(discovery_of_another_issuer_is_none),
        cmocka_unit_test(an_address_holds_at_its_edge),
        cmocka_unit_test(tokens_are_read_within_their_limits),
        cmocka_unit_test(what_api_may_ask_is_typed_and_bounded),
        cmocka_unit_test(a_code_cannot_add_a_field_to_the_form),
        cmocka_unit_test(eight_asks_wait_for_a_silent_provider_and_the_ninth_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
