/* An ID token or a logout token, judged in the order an attacker meets it: form, algorithm, key,
 * signature, and only then what it says. Nothing of a token is believed before its signature. */
#include "psc/token.h"

#include <cjose/cjose.h>
#include <openssl/crypto.h>

#include "base/json.h"

static const char logout_event[] = "http://schemas.openid.net/event/backchannel-logout";

static const char *const words[TL_PSC_VERDICT_COUNT] = {
    "good",   "malformed", "algorithm", "key_unknown", "signature",
    "issuer", "audience",  "expired",   "time",        "nonce",
    "level",  "subject",   "event",     "number",      "memory",
};

const char *tl_psc_verdict_word(enum tl_psc_verdict verdict)
{
    return verdict < TL_PSC_VERDICT_COUNT ? words[verdict] : "unknown";
}

static bool is_taken(const char *algorithm)
{
    return strcmp(algorithm, "RS256") == 0 || strcmp(algorithm, "PS256") == 0 ||
           strcmp(algorithm, "ES256") == 0;
}

static enum tl_psc_verdict check(cjose_jws_t *jws, const struct tl_psc_keys *keys)
{
    cjose_err error;
    cjose_header_t *header = cjose_jws_get_protected(jws);
    const char *algorithm = cjose_header_get(header, CJOSE_HDR_ALG, &error);
    if (!algorithm || !is_taken(algorithm))
        return TL_PSC_ALGORITHM;
    /* RFC 7515 section 4.1.11: an extension that must be understood, and we understand none. */
    if (json_object_get((json_t *)header, "crit"))
        return TL_PSC_MALFORMED;
    const char *kid = cjose_header_get(header, CJOSE_HDR_KID, &error);
    bool named = false;
    const cjose_jwk_t *key = kid ? tl_psc_keys_find(keys, kid, algorithm, &named) : NULL;
    if (!key)
        return named ? TL_PSC_ALGORITHM : TL_PSC_KEY_UNKNOWN;
    return cjose_jws_verify(jws, key, &error) ? TL_PSC_GOOD : TL_PSC_SIGNATURE;
}

/* The claims of a token whose signature holds. */
static enum tl_psc_verdict open_token(struct tl_text token, const struct tl_psc_keys *keys,
                                      json_t **ret_claims)
{
    if (!token.size || token.size > TL_PSC_TOKEN_LIMIT)
        return TL_PSC_MALFORMED;
    struct tl_text rest = token, part;
    int dots = 0;
    bool more = true;
    while (more) {
        more = tl_text_split(&rest, '.', &part);
        dots += more;
        if (dots > 2 || !tl_psc_is_base64url(part))
            return TL_PSC_MALFORMED;
    }
    cjose_err error;
    cjose_jws_t *jws = cjose_jws_import(token.data, token.size, &error);
    if (!jws)
        return error.code == CJOSE_ERR_NO_MEMORY ? TL_PSC_MEMORY : TL_PSC_MALFORMED;
    enum tl_psc_verdict verdict = check(jws, keys);
    uint8_t *plain = NULL;
    size_t size = 0;
    if (!verdict && !cjose_jws_get_plaintext(jws, &plain, &size, &error))
        verdict = TL_PSC_MALFORMED;
    if (!verdict && tl_json_read(tl_bytes(plain, size), TL_PSC_TOKEN_LIMIT, ret_claims))
        verdict = TL_PSC_MALFORMED;
    cjose_jws_release(jws);
    return verdict;
}

static bool is(json_t *value, const char *expected)
{
    const char *text = json_string_value(value);
    size_t size = strlen(expected);
    return text && json_string_length(value) == size &&
           CRYPTO_memcmp(text, expected, size) == 0;
}

/* Ours among the audiences; with others beside, azp must name us (Core 3.1.3.7, points 3 to 5). */
static bool is_for(json_t *claims, const char *client_id)
{
    json_t *audience = json_object_get(claims, "aud");
    json_t *party = json_object_get(claims, "azp");
    if (party && !is(party, client_id))
        return false;
    if (!json_is_array(audience))
        return is(audience, client_id);
    size_t index;
    json_t *one;
    bool ours = false;
    json_array_foreach(audience, index, one)
    {
        ours = ours || is(one, client_id);
    }
    return ours && (json_array_size(audience) == 1 || party);
}

/* Seconds are compared by subtraction from now, which is small: no claim can overflow them. */
static enum tl_psc_verdict judge_common(json_t *claims, const struct tl_psc_expected *expected,
                                        tl_time_us now, int64_t *ret_expires_s)
{
    int64_t now_s = now / TL_SECOND_US;
    json_t *expires = json_object_get(claims, "exp");
    json_t *made = json_object_get(claims, "iat");
    if (!is(json_object_get(claims, "iss"), expected->issuer))
        return TL_PSC_ISSUER;
    if (!is_for(claims, expected->client_id))
        return TL_PSC_AUDIENCE;
    if (!json_is_integer(expires) || !json_is_integer(made))
        return TL_PSC_TIME;
    if (json_integer_value(expires) <= now_s - TL_PSC_LEEWAY_S)
        return TL_PSC_EXPIRED;
    if (json_integer_value(made) > now_s + TL_PSC_LEEWAY_S ||
        json_integer_value(made) < now_s - TL_PSC_AGE_S)
        return TL_PSC_TIME;
    *ret_expires_s = json_integer_value(expires);
    return TL_PSC_GOOD;
}

/* Absent leaves it empty; false when it is there and is no text that fits. */
static bool copy(json_t *claims, const char *name, char ret_text[TL_PSC_NAME_SIZE])
{
    json_t *value = json_object_get(claims, name);
    struct tl_text text = { json_string_value(value), json_string_length(value) };
    return !value ||
           (text.data && text.size && !tl_text_copy(text, ret_text, TL_PSC_NAME_SIZE));
}

enum tl_psc_verdict tl_psc_identity_judge(struct tl_text token, const struct tl_psc_keys *keys,
                                          const struct tl_psc_expected *expected,
                                          tl_time_us now, struct tl_psc_identity *ret_identity)
{
    tl_autojson json_t *claims = NULL;
    struct tl_psc_identity identity = { 0 };
    enum tl_psc_verdict verdict = open_token(token, keys, &claims);
    if (!verdict)
        verdict = judge_common(claims, expected, now, &identity.expires_s);
    if (verdict)
        return verdict;
    if (!is(json_object_get(claims, "nonce"), expected->nonce))
        return TL_PSC_NONCE;
    if (!is(json_object_get(claims, "acr"), expected->acr))
        return TL_PSC_LEVEL;
    if (json_object_get(claims, "events"))
        return TL_PSC_EVENT;
    if (!copy(claims, "sub", identity.sub) || !copy(claims, "sid", identity.sid) ||
        !*identity.sub)
        return TL_PSC_SUBJECT;
    *ret_identity = identity;
    return TL_PSC_GOOD;
}

enum tl_psc_verdict tl_psc_logout_judge(struct tl_text token, const struct tl_psc_keys *keys,
                                        const struct tl_psc_expected *expected, tl_time_us now,
                                        struct tl_psc_logout *ret_logout)
{
    tl_autojson json_t *claims = NULL;
    struct tl_psc_logout logout = { 0 };
    enum tl_psc_verdict verdict = open_token(token, keys, &claims);
    if (!verdict)
        verdict = judge_common(claims, expected, now, &logout.expires_s);
    if (verdict)
        return verdict;
    if (json_object_get(claims, "nonce"))
        return TL_PSC_NONCE;
    if (!json_is_object(json_object_get(json_object_get(claims, "events"), logout_event)))
        return TL_PSC_EVENT;
    if (!copy(claims, "jti", logout.jti) || !*logout.jti)
        return TL_PSC_NUMBER;
    if (!copy(claims, "sub", logout.sub) || !copy(claims, "sid", logout.sid) ||
        (!*logout.sub && !*logout.sid))
        return TL_PSC_SUBJECT;
    *ret_logout = logout;
    return TL_PSC_GOOD;
}

enum tl_psc_verdict tl_psc_answer_judge(struct tl_text token, const struct tl_psc_keys *keys,
                                        const struct tl_psc_expected *expected, char **ret_json)
{
    tl_autojson json_t *claims = NULL;
    enum tl_psc_verdict verdict = open_token(token, keys, &claims);
    if (verdict)
        return verdict;
    if (!is(json_object_get(claims, "iss"), expected->issuer))
        return TL_PSC_ISSUER;
    if (!is_for(claims, expected->client_id))
        return TL_PSC_AUDIENCE;
    char *json = json_dumps(claims, JSON_COMPACT);
    if (!json)
        return TL_PSC_MEMORY;
    *ret_json = json;
    return TL_PSC_GOOD;
}
