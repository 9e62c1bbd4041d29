#include "provider_text.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"

/* ---- addresses: read by libcurl, as libcurl will use them ---- */

struct place {
    char *scheme, *host, *port, *user, *fragment;
};

static void place_release(struct place *place)
{
    curl_free(place->scheme);
    curl_free(place->host);
    curl_free(place->port);
    curl_free(place->user);
    curl_free(place->fragment);
}

static bool place_read(const char *url, struct place *ret_place)
{
    struct place place = { 0 };
    CURLU *parts = curl_url();
    bool good =
        parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &place.scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &place.host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &place.port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (good) {
        (void)curl_url_get(parts, CURLUPART_USER, &place.user, 0);
        (void)curl_url_get(parts, CURLUPART_FRAGMENT, &place.fragment, 0);
        good = strcmp(place.scheme, "https") == 0 && !place.user && !place.fragment;
    }
    curl_url_cleanup(parts);
    if (good)
        *ret_place = place;
    else
        place_release(&place);
    return good;
}

bool tl_provider_is_at(const char *url, const char *issuer)
{
    struct place one = { 0 }, other = { 0 };
    bool is = place_read(url, &one) && place_read(issuer, &other) &&
              strcasecmp(one.host, other.host) == 0 && strcmp(one.port, other.port) == 0;
    place_release(&one);
    place_release(&other);
    return is;
}

/* Visible ASCII only: it goes into a header of ours. */
static bool is_plain(struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return true;
}

static struct tl_text text_of(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return (struct tl_text){ json_string_value(value), json_string_length(value) };
}

static enum tl_error url_read(json_t *object, const char *name, const char *issuer,
                              char ret_url[TL_PROVIDER_URL_SIZE])
{
    struct tl_text text = text_of(object, name);
    struct place place = { 0 };
    if (!text.data || !is_plain(text) || tl_text_copy(text, ret_url, TL_PROVIDER_URL_SIZE))
        return TL_ERROR_FORMAT;
    bool good = place_read(ret_url, &place);
    place_release(&place);
    if (!good)
        return TL_ERROR_FORMAT;
    return !issuer || tl_provider_is_at(ret_url, issuer) ? TL_OK : TL_ERROR_AUTH;
}

/* ---- answers ---- */

enum tl_error tl_provider_endpoints_read(struct tl_bytes document, const char *issuer,
                                         struct tl_provider_endpoints *ret_endpoints)
{
    tl_autojson json_t *object = NULL;
    struct tl_provider_endpoints endpoints = { .names_itself = false };
    if (tl_json_read(document, TL_PROVIDER_ANSWER_LIMIT, &object))
        return TL_ERROR_FORMAT;
    struct tl_text named = text_of(object, "issuer");
    if (!named.data)
        return TL_ERROR_FORMAT;
    if (!tl_text_is(named, issuer))
        return TL_ERROR_AUTH;
    const struct {
        const char *name, *at;
        char *url;
    } urls[] = {
        { "token_endpoint", issuer, endpoints.token },
        { "userinfo_endpoint", issuer, endpoints.userinfo },
        { "jwks_uri", issuer, endpoints.keys },
        { "authorization_endpoint", NULL, endpoints.authorization },
        { "end_session_endpoint", NULL, endpoints.end_session },
    };
    for (size_t i = 0; i < TL_COUNT_OF(urls); i++) {
        if (urls[i].url == endpoints.end_session && !json_object_get(object, urls[i].name))
            continue;
        enum tl_error error = url_read(object, urls[i].name, urls[i].at, urls[i].url);
        if (error)
            return error;
    }
    endpoints.names_itself =
        json_is_true(json_object_get(object, "authorization_response_iss_parameter_supported"));
    *ret_endpoints = endpoints;
    return TL_OK;
}

static bool is_bearer(json_t *object)
{
    struct tl_text type = text_of(object, "token_type");
    return type.data && type.size == 6 && strcasecmp(type.data, "Bearer") == 0;
}

enum tl_error tl_provider_tokens_read(struct tl_bytes answer,
                                      struct tl_provider_tokens *ret_tokens)
{
    json_t *object = NULL;
    enum tl_error error = tl_json_read(answer, TL_PROVIDER_ANSWER_LIMIT, &object);
    if (error)
        return error;
    struct tl_text identity = text_of(object, "id_token"),
                   access = text_of(object, "access_token");
    if (!identity.size || !access.size || !is_plain(identity) || !is_plain(access) ||
        !is_bearer(object))
        error = TL_ERROR_FORMAT;
    else if (identity.size > TL_PROVIDER_TOKEN_LIMIT || access.size > TL_PROVIDER_TOKEN_LIMIT)
        error = TL_ERROR_LIMIT;
    if (error) {
        json_decref(object);
        return error;
    }
    *ret_tokens = (struct tl_provider_tokens){ object, identity.data, access.data };
    return TL_OK;
}

bool tl_provider_refuses_code(struct tl_bytes answer)
{
    tl_autojson json_t *object = NULL;
    return tl_json_read(answer, TL_PROVIDER_ANSWER_LIMIT, &object) == TL_OK &&
           tl_text_is(text_of(object, "error"), "invalid_grant");
}

/* ---- what api asks ---- */

static bool is_unreserved(struct tl_text text) /* RFC 7636 section 4.1 */
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.' || c == '_' || c == '~'))
            return false;
    }
    return true;
}

enum tl_error tl_provider_ask_read(const struct tl_channel_message *message,
                                   struct tl_provider_ask *ret_ask)
{
    tl_autojson json_t *body = NULL;
    struct tl_provider_ask ask = { 0 };
    switch (message->type) {
    case TL_MESSAGE_PROVIDER_ENDPOINTS: ask.what = TL_PROVIDER_ENDPOINTS; break;
    case TL_MESSAGE_PROVIDER_KEYS: ask.what = TL_PROVIDER_KEYS; break;
    case TL_MESSAGE_PROVIDER_TOKENS: ask.what = TL_PROVIDER_TOKENS; break;
    default: return TL_ERROR_UNSUPPORTED;
    }
    if (!message->request || message->flags || message->raw.size || message->fd_count ||
        tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body))
        return TL_ERROR_FORMAT;
    struct tl_fields f = tl_fields(body);
    if (ask.what == TL_PROVIDER_TOKENS) {
        struct tl_text code = tl_field_text(&f, "code", 1, TL_PROVIDER_CODE_LIMIT);
        struct tl_text verifier = tl_field_text(&f, "verifier", TL_PROVIDER_VERIFIER_LEAST,
                                                TL_PROVIDER_VERIFIER_LIMIT);
        if (f.wrong_field || !is_plain(code) || !is_unreserved(verifier) ||
            tl_text_copy(code, ask.code, sizeof ask.code) ||
            tl_text_copy(verifier, ask.verifier, sizeof ask.verifier))
            return TL_ERROR_FORMAT;
    }
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_ask = ask;
    return TL_OK;
}

/* application/x-www-form-urlencoded: everything that is not unreserved as %XX. */
static void write_value(struct tl_writer *writer, const char *name, const char *value)
{
    tl_write_format(writer, "%s%s=", writer->used ? "&" : "", name);
    for (; *value; value++)
        if (is_unreserved((struct tl_text){ value, 1 }))
            tl_write_u8(writer, (uint8_t)*value);
        else
            tl_write_format(writer, "%%%02X", (unsigned)(uint8_t)*value);
}

enum tl_error tl_provider_form_write(const struct tl_provider_ask *ask, const char *redirect,
                                     char ret_form[TL_PROVIDER_FORM_SIZE])
{
    struct tl_writer writer = tl_writer(ret_form, TL_PROVIDER_FORM_SIZE);
    write_value(&writer, "grant_type", "authorization_code");
    write_value(&writer, "code", ask->code);
    write_value(&writer, "redirect_uri", redirect);
    write_value(&writer, "code_verifier", ask->verifier);
    tl_write_u8(&writer, 0);
    return writer.failed ? TL_ERROR_LIMIT : TL_OK;
}
