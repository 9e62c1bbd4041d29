/* A provider's answers and api's asks, of any content: what is taken leads nowhere but to the issuer,
 * and puts no line of its own into a request of ours. The first byte says which. */
#include <stdlib.h>
#include <strings.h>

#include "channels/types.h"
#include "courier/provider_text.h"

static const char issuer[] = "https://a.example/r";

static void check_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            abort();
}

static void try_endpoints(struct tl_bytes bytes)
{
    struct tl_provider_endpoints endpoints;
    if (tl_provider_endpoints_read(bytes, issuer, &endpoints))
        return;
    const char *const ours[] = { endpoints.token, endpoints.userinfo, endpoints.keys };
    for (size_t i = 0; i < 3; i++) {
        check_plain(ours[i]);
        if (!tl_provider_is_at(ours[i], issuer))
            abort();
    }
    check_plain(endpoints.authorization);
    if (strncasecmp(endpoints.authorization, "https:", 6) != 0)
        abort();
}

static void try_tokens(struct tl_bytes bytes)
{
    struct tl_provider_tokens tokens;
    (void)tl_provider_refuses_code(bytes);
    if (tl_provider_tokens_read(bytes, &tokens))
        return;
    check_plain(tokens.identity);
    check_plain(tokens.access);
    json_decref(tokens.json);
}

static void try_ask(uint16_t type, struct tl_bytes bytes)
{
    struct tl_provider_ask ask;
    char form[TL_PROVIDER_FORM_SIZE];
    struct tl_channel_message message = { .type = type, .request = 1, .json = bytes };
    if (tl_provider_ask_read(&message, &ask))
        return;
    if (tl_provider_form_write(&ask, "https://t.example/api/psc/callback", form))
        abort();
    size_t fields = 0;
    for (const char *at = form; *at; at++)
        fields += *at == '&';
    if (fields != 3)
        abort();
    check_plain(form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct tl_bytes rest = tl_bytes(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: try_endpoints(rest); break;
    case 1: try_tokens(rest); break;
    case 2: try_ask(TL_MESSAGE_PROVIDER_TOKENS, rest); break;
    default: try_ask(TL_MESSAGE_PROVIDER_KEYS, rest); break;
    }
    return 0;
}
