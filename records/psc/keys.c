/* The key set of a provider. A key is bound to the algorithms of its kind here, so that a public key
 * can never be taken for a shared secret (RFC 8725 section 2.1). */
#include <cjose/cjose.h>
#include <stdlib.h>

#include "base/json.h"
#include "psc/token.h"

enum { LEAST_RSA_BITS = 2048 };

struct key {
    cjose_jwk_t *jwk;
    char kid[TL_PSC_NAME_SIZE];
    char algorithm[8]; /* empty when the set names none */
};

struct tl_psc_keys {
    struct key key[TL_PSC_KEYS_LIMIT];
    size_t count;
};

/* Which kind of key each algorithm we take needs. */
static const struct {
    const char *name;
    cjose_jwk_kty_t kind;
} algorithms[] = {
    { "RS256", CJOSE_JWK_KTY_RSA },
    { "PS256", CJOSE_JWK_KTY_RSA },
    { "ES256", CJOSE_JWK_KTY_EC },
};

/* cjose stops the process at a text whose length no bytes give: it is asked about good ones only. */
bool tl_psc_is_base64url(struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return text.size % 4 != 1;
}

static bool is_written_well(json_t *entry)
{
    const char *name;
    json_t *value;
    static const char *const numbers[] = { "n", "e",  "d",  "p",  "q", "x",
                                           "y", "dp", "dq", "qi", "k" };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        name = numbers[i];
        value = json_object_get(entry, name);
        struct tl_text text = { json_string_value(value), json_string_length(value) };
        if (value && (!text.data || !tl_psc_is_base64url(text)))
            return false;
    }
    return true;
}

static bool fits(const cjose_jwk_t *jwk, const char *algorithm)
{
    cjose_err error;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (strcmp(algorithms[i].name, algorithm) == 0)
            return algorithms[i].kind == cjose_jwk_get_kty(jwk, &error);
    }
    return false;
}

static bool is_strong(const cjose_jwk_t *jwk)
{
    cjose_err error;
    switch (cjose_jwk_get_kty(jwk, &error)) {
    case CJOSE_JWK_KTY_RSA: return cjose_jwk_get_keysize(jwk, &error) >= LEAST_RSA_BITS;
    case CJOSE_JWK_KTY_EC: return cjose_jwk_EC_get_curve(jwk, &error) == CJOSE_JWK_EC_P_256;
    case CJOSE_JWK_KTY_OCT: break;
    }
    return false;
}

/* Untouched when the key is left out. */
static enum tl_error add(struct tl_psc_keys *keys, json_t *entry)
{
    const char *kid = json_string_value(json_object_get(entry, "kid"));
    const char *use = json_string_value(json_object_get(entry, "use"));
    const char *algorithm = json_string_value(json_object_get(entry, "alg"));
    struct key key = { 0 };
    if (!kid || !*kid || (use && strcmp(use, "sig") != 0) ||
        tl_text_copy(tl_text(kid), key.kid, sizeof key.kid))
        return TL_OK;
    if (algorithm && tl_text_copy(tl_text(algorithm), key.algorithm, sizeof key.algorithm))
        return TL_OK;
    if (!is_written_well(entry))
        return TL_OK;
    cjose_err error;
    key.jwk = cjose_jwk_import_json((cjose_header_t *)entry, &error);
    if (!key.jwk)
        return error.code == CJOSE_ERR_NO_MEMORY ? TL_ERROR_MEMORY : TL_OK;
    enum tl_error e = TL_OK;
    if (!is_strong(key.jwk) || (algorithm && !fits(key.jwk, algorithm))) {
        cjose_jwk_release(key.jwk);
        return TL_OK;
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->key[i].kid, key.kid) == 0)
            e = TL_ERROR_EXISTS;
    }
    if (!e && keys->count == TL_PSC_KEYS_LIMIT)
        e = TL_ERROR_LIMIT;
    if (e)
        cjose_jwk_release(key.jwk);
    else
        keys->key[keys->count++] = key;
    return e;
}

enum tl_error tl_psc_keys_read(struct tl_bytes set, struct tl_psc_keys **ret_keys)
{
    tl_autojson json_t *object = NULL;
    enum tl_error e = tl_json_read(set, TL_PSC_KEYS_SIZE_LIMIT, &object);
    if (e)
        return e;
    json_t *list = json_object_get(object, "keys");
    if (!json_is_array(list))
        return TL_ERROR_FORMAT;
    struct tl_psc_keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return TL_ERROR_MEMORY;
    size_t index;
    json_t *entry;
    json_array_foreach(list, index, entry)
    {
        e = json_is_object(entry) ? add(keys, entry) : TL_ERROR_FORMAT;
        if (e) {
            tl_psc_keys_free(keys);
            return e;
        }
    }
    *ret_keys = keys;
    return TL_OK;
}

size_t tl_psc_keys_count(const struct tl_psc_keys *keys)
{
    return keys->count;
}

struct tl_psc_keys *tl_psc_keys_free(struct tl_psc_keys *keys)
{
    for (size_t i = 0; keys && i < keys->count; i++)
        cjose_jwk_release(keys->key[i].jwk);
    free(keys);
    return NULL;
}

const void *tl_psc_keys_find(const struct tl_psc_keys *keys, const char *kid,
                             const char *algorithm, bool *ret_named)
{
    *ret_named = false;
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->key[i];
        if (strcmp(key->kid, kid) != 0)
            continue;
        *ret_named = true;
        bool own = !*key->algorithm || strcmp(key->algorithm, algorithm) == 0;
        return own && fits(key->jwk, algorithm) ? key->jwk : NULL;
    }
    return NULL;
}
