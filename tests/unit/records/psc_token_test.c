/* Tokens as attackers would make them, signed by a real JOSE library: each attack is refused, and for
 * its own reason. */
#include "testing.h"

#include <cjose/cjose.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "psc/token.h"

static const tl_time_us now = 1800000000 * (tl_time_us)TL_SECOND_US;
enum { NOW_S = 1800000000 };

static const struct tl_psc_expected expected = {
    .issuer = "https://auth.example.fr/realms/psc",
    .client_id = "teleloire",
    .nonce = "n-0S6_WzA2Mj",
    .acr = "eidas1",
};

struct world {
    cjose_jwk_t *rsa, *other_rsa, *ec;
    struct tl_psc_keys *keys; /* rsa as "r1", ec as "e1" */
};

static cjose_jwk_t *make_rsa(size_t bits)
{
    cjose_err error;
    cjose_jwk_t *jwk = cjose_jwk_create_RSA_random(bits, NULL, 0, &error);
    assert_non_null(jwk);
    return jwk;
}

/* The public half as an entry of a key set; more is put into it as it is. */
static char *entry(cjose_jwk_t *jwk, const char *kid, const char *more)
{
    cjose_err error;
    assert_true(cjose_jwk_set_kid(jwk, kid, strlen(kid), &error));
    char *json = cjose_jwk_to_json(jwk, false, &error);
    assert_non_null(json);
    char *text = malloc(4096);
    assert_non_null(text);
    snprintf(text, 4096, "%.*s%s}", (int)strlen(json) - 1, json, more);
    free(json);
    return text;
}

static enum tl_error read_set(struct tl_psc_keys **keys, const char *first, const char *second)
{
    char text[9000];
    int size = snprintf(text, sizeof text, "{\"keys\":[%s%s%s]}", first, second ? "," : "",
                        second ? second : "");
    return tl_psc_keys_read(tl_bytes(text, (size_t)size), keys);
}

static int set_up(void **state)
{
    cjose_err error;
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->rsa = make_rsa(2048);
    w->other_rsa = make_rsa(2048);
    w->ec = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
    assert_non_null(w->ec);
    tl_autofree char *rsa = entry(w->rsa, "r1", ",\"use\":\"sig\"");
    tl_autofree char *ec = entry(w->ec, "e1", ",\"alg\":\"ES256\"");
    assert_int_equal(read_set(&w->keys, rsa, ec), TL_OK);
    assert_int_equal(tl_psc_keys_count(w->keys), 2);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    tl_psc_keys_free(w->keys);
    cjose_jwk_release(w->rsa);
    cjose_jwk_release(w->other_rsa);
    cjose_jwk_release(w->ec);
    free(w);
    return 0;
}

static char *sign(const cjose_jwk_t *jwk, const char *algorithm, const char *kid,
                  json_t *claims)
{
    cjose_err error;
    cjose_header_t *header = cjose_header_new(&error);
    assert_non_null(header);
    assert_true(cjose_header_set(header, CJOSE_HDR_ALG, algorithm, &error));
    if (kid)
        assert_true(cjose_header_set(header, CJOSE_HDR_KID, kid, &error));
    char *plain = json_dumps(claims, JSON_COMPACT);
    cjose_jws_t *jws = cjose_jws_sign(jwk, header, (uint8_t *)plain, strlen(plain), &error);
    assert_non_null(jws);
    const char *text;
    assert_true(cjose_jws_export(jws, &text, &error));
    char *copy = strdup(text);
    cjose_jws_release(jws);
    cjose_header_release(header);
    free(plain);
    return copy;
}

static json_t *identity_claims(void)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:i}", "iss", expected.issuer, "aud",
                     expected.client_id, "sub", "f:1:899700000000", "sid", "s-1", "nonce",
                     expected.nonce, "acr", "eidas1", "iat", NOW_S - 1, "exp", NOW_S + 300);
}

static json_t *logout_claims(void)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:{s:{}}}", "iss", expected.issuer, "aud",
                     expected.client_id, "sub", "f:1:899700000000", "sid", "s-1", "jti", "j-1",
                     "iat", NOW_S - 1, "exp", NOW_S + 120, "events",
                     "http://schemas.openid.net/event/backchannel-logout");
}

static enum tl_psc_verdict judge_text(struct world *w, const char *token)
{
    struct tl_psc_identity identity, untouched;
    memset(&identity, 0x5a, sizeof identity);
    memset(&untouched, 0x5a, sizeof untouched);
    enum tl_psc_verdict verdict =
        tl_psc_identity_judge(tl_text(token), w->keys, &expected, now, &identity);
    if (verdict)
        assert_memory_equal(&identity, &untouched, sizeof identity);
    return verdict;
}

/* Takes the claims. */
static enum tl_psc_verdict judge_claims(struct world *w, json_t *claims)
{
    tl_autofree char *token = sign(w->rsa, "RS256", "r1", claims);
    json_decref(claims);
    return judge_text(w, token);
}

/* One claim replaced (or, with NULL, taken out). */
static enum tl_psc_verdict judge_with(struct world *w, const char *name, json_t *value)
{
    json_t *claims = identity_claims();
    if (value)
        json_object_set_new(claims, name, value);
    else
        json_object_del(claims, name);
    return judge_claims(w, claims);
}

static enum tl_psc_verdict judge_logout_with(struct world *w, const char *name, json_t *value)
{
    struct tl_psc_logout logout;
    tl_autojson json_t *claims = logout_claims();
    if (value)
        json_object_set_new(claims, name, value);
    else if (name)
        json_object_del(claims, name);
    tl_autofree char *token = sign(w->rsa, "RS256", "r1", claims);
    return tl_psc_logout_judge(tl_text(token), w->keys, &expected, now, &logout);
}

static void a_token_of_each_algorithm_we_take_is_good(void **state)
{
    struct world *w = *state;
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *rs = sign(w->rsa, "RS256", "r1", claims);
    tl_autofree char *ps = sign(w->rsa, "PS256", "r1", claims);
    tl_autofree char *es = sign(w->ec, "ES256", "e1", claims);
    assert_int_equal(judge_text(w, rs), TL_PSC_GOOD);
    assert_int_equal(judge_text(w, ps), TL_PSC_GOOD);
    assert_int_equal(judge_text(w, es), TL_PSC_GOOD);
    struct tl_psc_identity identity;
    assert_int_equal(tl_psc_identity_judge(tl_text(rs), w->keys, &expected, now, &identity), 0);
    assert_string_equal(identity.sub, "f:1:899700000000");
    assert_string_equal(identity.sid, "s-1");
    assert_int_equal(identity.expires_s, NOW_S + 300);
}

static void a_token_of_another_issuer_is_refused(void **state)
{
    assert_int_equal(judge_with(*state, "iss", json_string("https://other.example.fr")),
                     TL_PSC_ISSUER);
    assert_int_equal(
        judge_with(*state, "iss", json_string("https://auth.example.fr/realms/psc/")),
        TL_PSC_ISSUER);
    assert_int_equal(judge_with(*state, "iss", NULL), TL_PSC_ISSUER);
}

static void a_token_for_another_audience_is_refused(void **state)
{
    assert_int_equal(judge_with(*state, "aud", json_string("another")), TL_PSC_AUDIENCE);
    assert_int_equal(judge_with(*state, "aud", NULL), TL_PSC_AUDIENCE);
    assert_int_equal(judge_with(*state, "aud", json_array()), TL_PSC_AUDIENCE);
    assert_int_equal(judge_with(*state, "aud", json_pack("[s,s]", "teleloire", "another")),
                     TL_PSC_AUDIENCE);
    assert_int_equal(judge_with(*state, "azp", json_string("another")), TL_PSC_AUDIENCE);
    assert_int_equal(judge_with(*state, "aud", json_pack("[s]", "teleloire")), TL_PSC_GOOD);
}

static void a_token_of_another_nonce_is_refused(void **state)
{
    assert_int_equal(judge_with(*state, "nonce", json_string("n-0S6_WzA2Mk")), TL_PSC_NONCE);
    assert_int_equal(judge_with(*state, "nonce", json_string("")), TL_PSC_NONCE);
    assert_int_equal(judge_with(*state, "nonce", NULL), TL_PSC_NONCE);
}

static void an_unsigned_token_is_refused(void **state)
{
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *plain = json_dumps(claims, JSON_COMPACT);
    char body[2048], header[64], token[4096];
    tl_base64url_write(tl_bytes(plain, strlen(plain)), body);
    static const char *const none[] = { "none", "None", "NONE", "" };
    for (size_t i = 0; i < TL_COUNT_OF(none); i++) {
        char text[64];
        int size = snprintf(text, sizeof text, "{\"alg\":\"%s\",\"kid\":\"r1\"}", none[i]);
        tl_base64url_write(tl_bytes(text, (size_t)size), header);
        snprintf(token, sizeof token, "%s.%s.", header, body);
        assert_int_not_equal(judge_text(*state, token), TL_PSC_GOOD);
        snprintf(token, sizeof token, "%s.%s.AAAA", header, body);
        assert_int_not_equal(judge_text(*state, token), TL_PSC_GOOD);
    }
}

static void a_public_key_is_never_a_shared_secret(void **state)
{
    struct world *w = *state;
    cjose_err error;
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *text = entry(w->rsa, "r1", "");
    cjose_jwk_t *secret = cjose_jwk_create_oct_spec((uint8_t *)text, strlen(text), &error);
    assert_non_null(secret);
    tl_autofree char *token = sign(secret, "HS256", "r1", claims);
    assert_int_equal(judge_text(w, token), TL_PSC_ALGORITHM);
    /* nor does a secret in the set serve */
    tl_autofree char *json = cjose_jwk_to_json(secret, true, &error);
    struct tl_psc_keys *keys = NULL;
    assert_int_equal(read_set(&keys, json, NULL), TL_OK);
    assert_int_equal(tl_psc_keys_count(keys), 0);
    tl_psc_keys_free(keys);
    cjose_jwk_release(secret);
}

static void a_strong_algorithm_we_do_not_take_or_of_another_key_is_refused(void **state)
{
    struct world *w = *state;
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *long_hash = sign(w->rsa, "RS512", "r1", claims);
    tl_autofree char *other_key = sign(w->rsa, "RS256", "e1", claims);
    assert_int_equal(judge_text(w, long_hash), TL_PSC_ALGORITHM);
    assert_int_equal(judge_text(w, other_key), TL_PSC_ALGORITHM);
}

static void an_extension_nobody_here_understands_is_refused(void **state)
{
    struct world *w = *state;
    cjose_err error;
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *plain = json_dumps(claims, JSON_COMPACT);
    cjose_header_t *header = cjose_header_new(&error);
    assert_non_null(header);
    assert_true(cjose_header_set(header, CJOSE_HDR_ALG, "RS256", &error));
    assert_true(cjose_header_set(header, CJOSE_HDR_KID, "r1", &error));
    assert_true(cjose_header_set_raw(header, "crit", "[\"exp\"]", &error));
    cjose_jws_t *jws = cjose_jws_sign(w->rsa, header, (uint8_t *)plain, strlen(plain), &error);
    assert_non_null(jws);
    const char *token;
    assert_true(cjose_jws_export(jws, &token, &error));
    assert_int_equal(judge_text(w, token), TL_PSC_MALFORMED);
    cjose_jws_release(jws);
    cjose_header_release(header);
}

static void a_key_outside_the_set_is_refused_and_told_apart(void **state)
{
    struct world *w = *state;
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *unknown = sign(w->other_rsa, "RS256", "r2", claims);
    tl_autofree char *nameless = sign(w->rsa, "RS256", NULL, claims);
    tl_autofree char *forged = sign(w->other_rsa, "RS256", "r1", claims);
    assert_int_equal(judge_text(w, unknown), TL_PSC_KEY_UNKNOWN);
    assert_int_equal(judge_text(w, nameless), TL_PSC_KEY_UNKNOWN);
    assert_int_equal(judge_text(w, forged), TL_PSC_SIGNATURE);
}

static void a_token_is_good_only_in_its_time_at_the_edge(void **state)
{
    struct world *w = *state;
    assert_int_equal(judge_with(w, "exp", json_integer(NOW_S - TL_PSC_LEEWAY_S)),
                     TL_PSC_EXPIRED);
    assert_int_equal(judge_with(w, "exp", json_integer(NOW_S - TL_PSC_LEEWAY_S + 1)),
                     TL_PSC_GOOD);
    assert_int_equal(judge_with(w, "exp", NULL), TL_PSC_TIME);
    assert_int_equal(judge_with(w, "exp", json_string("1900000000")), TL_PSC_TIME);
    assert_int_equal(judge_with(w, "iat", json_integer(NOW_S + TL_PSC_LEEWAY_S)), TL_PSC_GOOD);
    assert_int_equal(judge_with(w, "iat", json_integer(NOW_S + TL_PSC_LEEWAY_S + 1)),
                     TL_PSC_TIME);
    assert_int_equal(judge_with(w, "iat", json_integer(NOW_S - TL_PSC_AGE_S)), TL_PSC_GOOD);
    assert_int_equal(judge_with(w, "iat", json_integer(NOW_S - TL_PSC_AGE_S - 1)), TL_PSC_TIME);
    assert_int_equal(judge_with(w, "iat", json_integer(INT64_MIN)), TL_PSC_TIME);
    assert_int_equal(judge_with(w, "exp", json_integer(INT64_MIN)), TL_PSC_EXPIRED);
}

static void a_weaker_level_or_no_subject_is_refused(void **state)
{
    char text[TL_PSC_NAME_SIZE + 1];
    memset(text, 's', sizeof text);
    text[TL_PSC_NAME_SIZE] = 0;
    assert_int_equal(judge_with(*state, "acr", json_string("eidas0")), TL_PSC_LEVEL);
    assert_int_equal(judge_with(*state, "acr", NULL), TL_PSC_LEVEL);
    assert_int_equal(judge_with(*state, "sub", NULL), TL_PSC_SUBJECT);
    assert_int_equal(judge_with(*state, "sub", json_string(text)), TL_PSC_SUBJECT);
    assert_int_equal(judge_with(*state, "sub", json_string(text + 1)), TL_PSC_GOOD);
    assert_int_equal(judge_with(*state, "sid", json_integer(1)), TL_PSC_SUBJECT);
}

static void every_byte_of_a_token_is_under_its_signature(void **state)
{
    struct world *w = *state;
    tl_autojson json_t *claims = identity_claims();
    tl_autofree char *token = sign(w->rsa, "RS256", "r1", claims);
    size_t size = strlen(token);
    struct tl_psc_identity identity;
    for (size_t i = 0; i < size; i++) {
        struct tl_text cut = { token, i };
        assert_int_not_equal(tl_psc_identity_judge(cut, w->keys, &expected, now, &identity), 0);
        /* the last character carries bits that no byte needs */
        char kept = token[i];
        token[i] = kept == 'A' ? 'Q' : 'A';
        if (i + 1 < size)
            assert_int_not_equal(judge_text(w, token), TL_PSC_GOOD);
        token[i] = kept;
    }
}

static void a_logout_token_is_judged_and_no_identity(void **state)
{
    struct world *w = *state;
    assert_int_equal(judge_logout_with(w, NULL, NULL), TL_PSC_GOOD);
    assert_int_equal(judge_logout_with(w, "iss", json_string("https://other.example.fr")),
                     TL_PSC_ISSUER);
    assert_int_equal(judge_logout_with(w, "aud", json_string("another")), TL_PSC_AUDIENCE);
    assert_int_equal(judge_logout_with(w, "iat", NULL), TL_PSC_TIME);
    assert_int_equal(judge_logout_with(w, "exp", json_integer(NOW_S - 60)), TL_PSC_EXPIRED);
    assert_int_equal(judge_logout_with(w, "nonce", json_string("n")), TL_PSC_NONCE);
    assert_int_equal(judge_logout_with(w, "events", NULL), TL_PSC_EVENT);
    assert_int_equal(judge_logout_with(w, "events", json_object()), TL_PSC_EVENT);
    assert_int_equal(judge_logout_with(w, "jti", NULL), TL_PSC_NUMBER);
    assert_int_equal(judge_logout_with(w, "sid", NULL), TL_PSC_GOOD);
    assert_int_equal(judge_logout_with(w, "sub", NULL), TL_PSC_GOOD);
    /* one cannot be used as the other */
    json_t *claims = logout_claims();
    json_object_set_new(claims, "nonce", json_string(expected.nonce));
    json_object_set_new(claims, "acr", json_string("eidas1"));
    assert_int_equal(judge_claims(w, claims), TL_PSC_EVENT);
}

static void keys_are_limited_in_number_and_strength(void **state)
{
    struct world *w = *state;
    struct tl_psc_keys *keys = NULL;
    cjose_jwk_t *weak = make_rsa(1024);
    tl_autofree char *weak_entry = entry(weak, "w1", "");
    tl_autofree char *cipher = entry(w->other_rsa, "r2", ",\"use\":\"enc\"");
    assert_int_equal(read_set(&keys, weak_entry, cipher), TL_OK);
    assert_int_equal(tl_psc_keys_count(keys), 0);
    keys = tl_psc_keys_free(keys);
    cjose_jwk_release(weak);
    tl_autofree char *twice = entry(w->other_rsa, "r1", "");
    assert_int_equal(read_set(&keys, twice, twice), TL_ERROR_EXISTS);
    for (int count = TL_PSC_KEYS_LIMIT; count <= TL_PSC_KEYS_LIMIT + 1; count++) {
        char text[20000];
        size_t used = (size_t)snprintf(text, sizeof text, "{\"keys\":[");
        for (int i = 0; i < count; i++) {
            char kid[8];
            snprintf(kid, sizeof kid, "k%d", i);
            tl_autofree char *one = entry(w->other_rsa, kid, "");
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "," : "", one);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "]}");
        assert_int_equal(tl_psc_keys_read(tl_bytes(text, used), &keys),
                         count == TL_PSC_KEYS_LIMIT ? TL_OK : TL_ERROR_LIMIT);
    }
    tl_psc_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_of_each_algorithm_we_take_is_good),
        cmocka_unit_test(a_token_of_another_issuer_is_refused),
        cmocka_unit_test(a_token_for_another_audience_is_refused),
        cmocka_unit_test(a_token_of_another_nonce_is_refused),
        cmocka_unit_test(an_unsigned_token_is_refused),
        cmocka_unit_test(a_public_key_is_never_a_shared_secret),
        cmocka_unit_test(a_strong_algorithm_we_do_not_take_or_of_another_key_is_refused),
        cmocka_unit_test(an_extension_nobody_here_understands_is_refused),
        cmocka_unit_test(a_key_outside_the_set_is_refused_and_told_apart),
        cmocka_unit_test(a_token_is_good_only_in_its_time_at_the_edge),
        cmocka_unit_test(a_weaker_level_or_no_subject_is_refused),
        cmocka_unit_test(every_byte_of_a_token_is_under_its_signature),
        cmocka_unit_test(a_logout_token_is_judged_and_no_identity),
        cmocka_unit_test(keys_are_limited_in_number_and_strength),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
