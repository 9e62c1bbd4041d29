#include "audit/link.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

void tl_audit_link_hash(const struct tl_audit_link *link, int64_t number,
                        uint8_t ret_hash[TL_AUDIT_HASH_SIZE])
{
    char numbers[48];
    const char *const parts[] = { link->writer,           numbers,
                                  link->actor_kind,       or_dash(link->actor),
                                  link->action,           or_dash(link->act),
                                  or_dash(link->patient), or_dash(link->object) };
    snprintf(numbers, sizeof numbers, "%lld|%lld", (long long)number, (long long)link->at);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, link->previous, TL_AUDIT_HASH_SIZE) == 1;
    for (size_t i = 0; good && i < sizeof parts / sizeof parts[0]; i++)
        good = (i == 0 || EVP_DigestUpdate(context, "|", 1) == 1) &&
               EVP_DigestUpdate(context, parts[i], strlen(parts[i])) == 1;
    if (!good || EVP_DigestFinal_ex(context, ret_hash, NULL) != 1)
        abort(); /* SHA-256 that fails is no library to go on with */
    EVP_MD_CTX_free(context);
}
