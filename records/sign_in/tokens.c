#include "sign_in/tokens.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

void tl_key_derive(const uint8_t key[32], const char *use, uint8_t ret_key[32])
{
    unsigned size = 32;
    HMAC(EVP_sha256(), key, 32, (const uint8_t *)use, strlen(use), ret_key, &size);
}

void tl_token_digest(struct tl_text token, uint8_t ret_digest[TL_DIGEST_SIZE])
{
    tl_sha256(tl_bytes(token.data, token.size), ret_digest);
}

void tl_csrf_write(struct tl_text token, char ret_csrf[TL_TOKEN_SIZE])
{
    static const char label[] = "teleloire csrf ";
    uint8_t digest[TL_DIGEST_SIZE];
    unsigned size = sizeof digest;
    HMAC(EVP_sha256(), token.data, (int)token.size, (const uint8_t *)label, sizeof label - 1,
         digest, &size);
    tl_base64url_write(tl_bytes(digest, sizeof digest), ret_csrf);
}

static void keyed(const uint8_t key[32], const char *label, const char *id, struct tl_text rest,
                  uint8_t ret_digest[TL_DIGEST_SIZE])
{
    char text[160];
    unsigned size = TL_DIGEST_SIZE;
    int used = snprintf(text, sizeof text, "%s|%s|%.*s", label, id, (int)rest.size,
                        rest.data ? rest.data : "");
    HMAC(EVP_sha256(), key, 32, (const uint8_t *)text, (size_t)used, ret_digest, &size);
    tl_secret_wipe(text, sizeof text);
}

void tl_link_token(const uint8_t key[32], const char *kind, const char *id,
                   char ret_token[TL_TOKEN_SIZE])
{
    uint8_t digest[TL_DIGEST_SIZE];
    keyed(key, kind, id, (struct tl_text){ NULL, 0 }, digest);
    tl_base64url_write(tl_bytes(digest, sizeof digest), ret_token);
    tl_secret_wipe(digest, sizeof digest);
}

void tl_state_token(const uint8_t key[32], const char *use, const char *state,
                    struct tl_text cookie, char ret_token[TL_TOKEN_SIZE])
{
    uint8_t digest[TL_DIGEST_SIZE];
    keyed(key, use, state, cookie, digest);
    tl_base64url_write(tl_bytes(digest, sizeof digest), ret_token);
    tl_secret_wipe(digest, sizeof digest);
}

void tl_code_make(char ret_code[TL_CODE_SIZE])
{
    snprintf(ret_code, TL_CODE_SIZE, "%06u", tl_random_below(1000000) % 1000000);
}

void tl_code_hash(const uint8_t key[32], const char *id, struct tl_text code,
                  uint8_t ret_hash[TL_DIGEST_SIZE])
{
    if (code.size > 16)
        code.size = 16;
    keyed(key, "code", id, code, ret_hash);
}
