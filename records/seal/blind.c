#include "seal/blind.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory.h"
#include "base/secret.h"

/* Signs between the parts of a name, and the two letters that decompose into none. */
static const struct {
    const char *sign, *as;
} signs[] = {
    { "-", " " },
    { "'", " " },
    { ".", " " },
    { "\xe2\x80\x99", " " } /* ’ */,
    { "\xe2\x80\x90", " " } /* ‐ */,
    { "\xc5\x93", "oe" } /* œ */,
    { "\xc3\xa6", "ae" } /* æ */,
};

static const char *sign_at(const char *text, size_t *ret_size)
{
    for (size_t i = 0; i < TL_COUNT_OF(signs); i++) {
        size_t size = strlen(signs[i].sign);
        if (strncmp(text, signs[i].sign, size) != 0)
            continue;
        *ret_size = size;
        return signs[i].as;
    }
    *ret_size = 1;
    return NULL;
}

/* In place, never longer: each sign is as long as what stands for it. */
static void tidy(char *text)
{
    size_t used = 0, size;
    for (size_t at = 0; text[at]; at += size) {
        const char *as = sign_at(text + at, &size);
        char one[2] = { text[at], 0 };
        for (const char *c = as ? as : one; *c; c++)
            if (*c != ' ' || (used && text[used - 1] != ' '))
                text[used++] = *c;
    }
    while (used && text[used - 1] == ' ')
        used--;
    text[used] = 0;
}

enum tl_error tl_fold(struct tl_text name, char **ret_folded)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)name.data, (utf8proc_ssize_t)name.size, &folded,
                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                         UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_STRIPCC);
    if (size < 0)
        return size == UTF8PROC_ERROR_NOMEM ? TL_ERROR_MEMORY : TL_ERROR_FORMAT;
    tidy((char *)folded);
    *ret_folded = (char *)folded;
    return TL_OK;
}

bool tl_folded_has(const char *text, const char *query)
{
    for (const char *word = query; *word;) {
        size_t size = strcspn(word, " ");
        if (size && !memmem(text, strlen(text), word, size))
            return false;
        word += size;
        word += *word == ' ';
    }
    return true;
}

static void add(EVP_MAC_CTX *mac, const void *data, size_t size, bool *ok)
{
    *ok = *ok && EVP_MAC_update(mac, data, size) == 1;
}

enum tl_error tl_blind_index(const uint8_t key[TL_SEAL_KEY_SIZE], const char *use,
                             const struct tl_text *parts, size_t count,
                             uint8_t ret_index[TL_BLIND_SIZE])
{
    static const uint8_t separator = 0x1f; /* in no folded text */
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                OSSL_PARAM_construct_end() };
    if (count > TL_BLIND_PARTS_LIMIT)
        return TL_ERROR_LIMIT;
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    bool ok = mac && EVP_MAC_init(mac, key, TL_SEAL_KEY_SIZE, parameters) == 1;
    enum tl_error error = TL_OK;
    add(mac, use, strlen(use), &ok);
    for (size_t i = 0; i < count && ok && !error; i++) {
        char *folded = NULL;
        error = tl_fold(parts[i], &folded);
        if (error)
            break;
        add(mac, &separator, 1, &ok);
        add(mac, folded, strlen(folded), &ok);
        tl_secret_free_text(folded);
    }
    uint8_t index[TL_BLIND_SIZE];
    size_t size = 0;
    ok = ok && !error && EVP_MAC_final(mac, index, &size, sizeof index) == 1;
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(hmac);
    if (!error && !ok)
        error = TL_ERROR_CRYPTO;
    if (!error)
        memcpy(ret_index, index, sizeof index);
    return error;
}
