/* The courier's answers, of any content: what is taken is bounded, and safe in a header. First byte:
 * which answer; second: flags; then JSON, a NUL, and raw bytes. */
#include <stdlib.h>
#include <string.h>

#include "psc/provider.h"

static void check_address(const char *text)
{
    if (strncmp(text, "https://", 8) != 0)
        abort();
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const uint8_t *json = data + 2, *end = memchr(json, 0, size - 2);
    size_t json_size = end ? (size_t)(end - json) : size - 2;
    struct tl_channel_message message = { .request = 1,
                                          .flags = data[1] & 7,
                                          .json = tl_bytes(json, json_size) };
    if (end)
        message.raw = tl_bytes(end + 1, size - 3 - json_size);
    struct tl_psc_endpoints endpoints;
    struct tl_psc_tokens tokens = { 0 };
    struct tl_psc_keys *keys = NULL;
    switch (data[0] % 3) {
    case 0:
        if (tl_psc_endpoints_read(&message, &endpoints))
            break;
        check_address(endpoints.authorization);
        if (endpoints.end_session[0])
            check_address(endpoints.end_session);
        break;
    case 1:
        if (tl_psc_tokens_read(&message, &tokens) == TL_OK &&
            (strlen(tokens.identity) > TL_PSC_TOKEN_LIMIT ||
             tokens.person_size > TL_PSC_ANSWER_LIMIT))
            abort();
        tl_psc_tokens_release(&tokens);
        break;
    default:
        if (tl_psc_keys_answer_read(&message, &keys) == TL_OK &&
            tl_psc_keys_count(keys) > TL_PSC_KEYS_LIMIT)
            abort();
        tl_psc_keys_free(keys);
        break;
    }
    return 0;
}
