/* A key set of any content, and a token of any content before the keys of a set that holds none that
 * signed it: the readers end, keys stay within their limit, and nobody comes in. */
#include <stdlib.h>

#include "psc/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tl_psc_expected expected = { "https://issuer.example", "client",
                                                     "nonce", "eidas1" };
    static const char set[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\","
                              "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                              "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
    static struct tl_psc_keys *keys;
    struct tl_psc_keys *read = NULL;
    struct tl_psc_identity identity;
    struct tl_psc_logout logout;
    struct tl_text token = { (const char *)data, size };
    if (!keys && (tl_psc_keys_read(tl_bytes(set, sizeof set - 1), &keys) ||
                  tl_psc_keys_count(keys) != 1))
        abort();
    if (tl_psc_keys_read(tl_bytes(data, size), &read) == TL_OK &&
        tl_psc_keys_count(read) > TL_PSC_KEYS_LIMIT)
        abort();
    tl_psc_keys_free(read);
    if (tl_psc_identity_judge(token, keys, &expected, 0, &identity) == TL_PSC_GOOD ||
        tl_psc_logout_judge(token, keys, &expected, 0, &logout) == TL_PSC_GOOD)
        abort();
    return 0;
}
