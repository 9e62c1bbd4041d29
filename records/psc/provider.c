#include "psc/provider.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "channels/types.h"

struct tl_psc_provider {
    const char *issuer, *client_id;
    struct tl_channel *courier; /* NULL: none given yet, or gone */
    uint32_t request;
    tl_time_us until; /* of the budget */
    struct tl_psc_endpoints endpoints;
    struct tl_psc_keys *keys;
    tl_time_us keys_until, again_at;
};

/* ---- the courier's messages ---- */

static enum tl_error refusal(json_t *body)
{
    static const enum tl_error known[] = { TL_ERROR_AWAY, TL_ERROR_AUTH, TL_ERROR_FORMAT,
                                           TL_ERROR_LIMIT };
    struct tl_fields f = tl_fields(body);
    struct tl_text error = tl_field_text(&f, "error", 1, 40);
    tl_field_ignore(&f, "detail");
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < TL_COUNT_OF(known); i++)
        if (tl_text_is(error, tl_error_name(known[i])))
            return known[i] == TL_ERROR_LIMIT ? TL_ERROR_AWAY : known[i];
    return TL_ERROR_FORMAT;
}

static enum tl_error open_answer(const struct tl_channel_message *message, json_t **ret_body)
{
    tl_autojson json_t *body = NULL;
    if (!(message->flags & TL_CHANNEL_REPLY) || message->flags & TL_CHANNEL_MORE ||
        tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body))
        return TL_ERROR_FORMAT;
    if (message->flags & TL_CHANNEL_ERROR)
        return refusal(body);
    *ret_body = TL_TAKE(body);
    return TL_OK;
}

/* An address browsers are sent to goes into a header. */
static bool is_address(struct tl_text text)
{
    static const char scheme[] = "https://";
    if (text.size < sizeof scheme || memcmp(text.data, scheme, sizeof scheme - 1) != 0)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return true;
}

enum tl_error tl_psc_endpoints_read(const struct tl_channel_message *message,
                                    struct tl_psc_endpoints *ret_endpoints)
{
    tl_autojson json_t *body = NULL;
    struct tl_psc_endpoints endpoints = { .names_itself = false };
    enum tl_error error = open_answer(message, &body);
    if (error)
        return error;
    struct tl_fields f = tl_fields(body);
    struct tl_text authorization = tl_field_text(&f, "authorization", 1, TL_PSC_URL_SIZE - 1);
    struct tl_text leave = tl_field_text(&f, "end_session", 0, TL_PSC_URL_SIZE - 1);
    endpoints.names_itself = tl_field_boolean(&f, "names_itself");
    if (tl_fields_end(&f) || !is_address(authorization) || (leave.size && !is_address(leave)) ||
        tl_text_copy(authorization, endpoints.authorization, TL_PSC_URL_SIZE) ||
        tl_text_copy(leave, endpoints.end_session, TL_PSC_URL_SIZE))
        return TL_ERROR_FORMAT;
    *ret_endpoints = endpoints;
    return TL_OK;
}

enum tl_error tl_psc_keys_answer_read(const struct tl_channel_message *message,
                                      struct tl_psc_keys **ret_keys)
{
    tl_autojson json_t *body = NULL;
    enum tl_error error = open_answer(message, &body);
    if (error)
        return error;
    struct tl_fields f = tl_fields(body);
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    error = tl_psc_keys_read(message->raw, ret_keys);
    return error == TL_ERROR_MEMORY ? error : error ? TL_ERROR_FORMAT : TL_OK;
}

void tl_psc_tokens_release(struct tl_psc_tokens *tokens)
{
    tl_secret_free_text(tokens->identity);
    free(tokens->person);
    *tokens = (struct tl_psc_tokens){ 0 };
}

enum tl_error tl_psc_tokens_read(const struct tl_channel_message *message,
                                 struct tl_psc_tokens *ret_tokens)
{
    tl_autojson json_t *body = NULL;
    struct tl_psc_tokens tokens = { 0 };
    enum tl_error error = open_answer(message, &body);
    if (error)
        return error;
    struct tl_fields f = tl_fields(body);
    struct tl_text identity = tl_field_text(&f, "id_token", 1, TL_PSC_TOKEN_LIMIT);
    tokens.is_signed = tl_field_boolean(&f, "signed");
    if (tl_fields_end(&f) || message->raw.size > TL_PSC_ANSWER_LIMIT)
        return TL_ERROR_FORMAT;
    tokens.identity = malloc(identity.size + 1);
    tokens.person = malloc(message->raw.size + 1);
    tokens.person_size = message->raw.size;
    if (!tokens.identity || !tokens.person) {
        tl_psc_tokens_release(&tokens);
        return TL_ERROR_MEMORY;
    }
    memcpy(tokens.identity, identity.data, identity.size);
    tokens.identity[identity.size] = 0;
    if (tokens.person_size)
        memcpy(tokens.person, message->raw.data, tokens.person_size);
    *ret_tokens = tokens;
    return TL_OK;
}

/* ---- asking ---- */

struct tl_psc_provider *tl_psc_provider_new(const char *issuer, const char *client_id)
{
    struct tl_psc_provider *provider = calloc(1, sizeof *provider);
    if (provider) {
        provider->issuer = issuer;
        provider->client_id = client_id;
    }
    return provider;
}

struct tl_psc_provider *tl_psc_provider_free(struct tl_psc_provider *provider)
{
    if (!provider)
        return NULL;
    tl_channel_free(provider->courier);
    tl_psc_keys_free(provider->keys);
    free(provider);
    return NULL;
}

const char *tl_psc_provider_issuer(const struct tl_psc_provider *provider)
{
    return provider->issuer;
}

const char *tl_psc_provider_client(const struct tl_psc_provider *provider)
{
    return provider->client_id;
}

void tl_psc_provider_attach(struct tl_psc_provider *provider, int fd)
{
    struct tl_channel *courier = tl_channel_new(fd);
    if (!courier) {
        close(fd);
        return;
    }
    tl_channel_free(provider->courier);
    provider->courier = courier;
}

void tl_psc_provider_begin(struct tl_psc_provider *provider)
{
    provider->until = tl_clock_monotonic() + (tl_time_us)TL_PSC_BUDGET_MS * TL_MILLISECOND_US;
}

static void gone(struct tl_psc_provider *provider)
{
    provider->courier = tl_channel_free(provider->courier);
}

/* The answer to this ask; those to asks we gave up waiting for are let go by. */
static enum tl_error ask(struct tl_psc_provider *provider, uint16_t type, json_t *body,
                         struct tl_channel_message *ret_answer)
{
    tl_autofree char *text = NULL;
    size_t size = 0;
    tl_autojson json_t *owned = body;
    if (!provider->courier)
        return TL_ERROR_AWAY;
    if (!owned || tl_json_write(owned, &text, &size))
        return TL_ERROR_MEMORY;
    provider->request = provider->request == UINT32_MAX ? 1 : provider->request + 1;
    struct tl_channel_message message = { .type = type,
                                          .request = provider->request,
                                          .json = tl_bytes(text, size) };
    enum tl_error error = tl_channel_send(provider->courier, &message);
    tl_secret_wipe(text, size);
    while (!error) {
        tl_time_us left_ms = (provider->until - tl_clock_monotonic()) / TL_MILLISECOND_US;
        if (left_ms <= 0)
            return TL_ERROR_AWAY;
        error = tl_channel_wait(provider->courier, (int)left_ms, ret_answer);
        for (unsigned i = 0; !error && i < ret_answer->fd_count; i++)
            close(ret_answer->fds[i]); /* nobody sends us any */
        if (!error && ret_answer->type == type && ret_answer->request == provider->request)
            return TL_OK;
        if (error == TL_ERROR_FORMAT)
            error = TL_OK; /* dropped and counted; the answer may come yet */
    }
    if (error == TL_ERROR_CLOSED || error == TL_ERROR_IO)
        gone(provider);
    return TL_ERROR_AWAY;
}

enum tl_error tl_psc_provider_endpoints(struct tl_psc_provider *provider,
                                        const struct tl_psc_endpoints **ret_endpoints)
{
    struct tl_channel_message answer;
    enum tl_error error = ask(provider, TL_MESSAGE_PROVIDER_ENDPOINTS, json_object(), &answer);
    if (!error)
        error = tl_psc_endpoints_read(&answer, &provider->endpoints);
    if (!error)
        *ret_endpoints = &provider->endpoints;
    return error;
}

enum tl_error tl_psc_provider_keys(struct tl_psc_provider *provider, bool unknown,
                                   const struct tl_psc_keys **ret_keys)
{
    struct tl_channel_message answer;
    struct tl_psc_keys *keys = NULL;
    tl_time_us now = tl_clock_monotonic();
    if (unknown && now < provider->again_at)
        return TL_ERROR_LIMIT;
    if (unknown)
        provider->again_at = now + (tl_time_us)TL_PSC_KEYS_AGAIN_S * TL_SECOND_US;
    if (!unknown && provider->keys && now < provider->keys_until) {
        *ret_keys = provider->keys;
        return TL_OK;
    }
    enum tl_error error = ask(provider, TL_MESSAGE_PROVIDER_KEYS, json_object(), &answer);
    if (!error)
        error = tl_psc_keys_answer_read(&answer, &keys);
    if (error)
        return error;
    tl_psc_keys_free(provider->keys);
    provider->keys = keys;
    provider->keys_until = now + (tl_time_us)TL_PSC_KEYS_FRESH_S * TL_SECOND_US;
    *ret_keys = keys;
    return TL_OK;
}

enum tl_error tl_psc_provider_tokens(struct tl_psc_provider *provider, const char *code,
                                     const char *verifier, struct tl_psc_tokens *ret_tokens)
{
    struct tl_channel_message answer;
    enum tl_error error =
        ask(provider, TL_MESSAGE_PROVIDER_TOKENS,
            json_pack("{s:s,s:s}", "code", code, "verifier", verifier), &answer);
    return error ? error : tl_psc_tokens_read(&answer, ret_tokens);
}
