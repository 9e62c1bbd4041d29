#include "sign_in/totp.h"

#include <liboath/oath.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* 32 of them, none to be taken for another; as in the passwords we make. */
static const char letters[] = "abcdefghjkmnpqrstuvwxyz123456789";
_Static_assert(sizeof letters == 32 + 1, "five bits a letter");
enum { RECOVERY_LETTERS = 10 };

int64_t tl_totp_step(tl_time_us now)
{
    return now / TL_SECOND_US / TL_TOTP_STEP_S;
}

enum tl_error tl_totp_code(const uint8_t secret[TL_TOTP_SECRET_SIZE], int64_t step,
                           char ret_code[TL_TOTP_CODE_SIZE])
{
    static bool ready;
    char code[TL_TOTP_CODE_SIZE];
    if (!ready && oath_init() != OATH_OK)
        return TL_ERROR_CRYPTO;
    ready = true;
    if (step < 0 ||
        oath_hotp_generate((const char *)secret, TL_TOTP_SECRET_SIZE, (uint64_t)step,
                           TL_TOTP_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION, code))
        return TL_ERROR_CRYPTO;
    memcpy(ret_code, code, sizeof code);
    tl_secret_wipe(code, sizeof code);
    return TL_OK;
}

static bool is_code(struct tl_text code)
{
    if (code.size != TL_TOTP_DIGITS)
        return false;
    for (size_t i = 0; i < code.size; i++)
        if (code.data[i] < '0' || code.data[i] > '9')
            return false;
    return true;
}

enum tl_error tl_totp_check(const uint8_t secret[TL_TOTP_SECRET_SIZE], struct tl_text code,
                            tl_time_us now, int64_t last_step, int64_t *ret_step)
{
    char right[TL_TOTP_CODE_SIZE];
    int64_t found = -1;
    if (!is_code(code))
        return TL_ERROR_FORMAT;
    /* All of them, whichever fits: how long it takes tells nothing. The newest counts. */
    for (int64_t step = tl_totp_step(now) - TL_TOTP_DRIFT;
         step <= tl_totp_step(now) + TL_TOTP_DRIFT; step++) {
        if (tl_totp_code(secret, step, right))
            return TL_ERROR_CRYPTO;
        if (CRYPTO_memcmp(right, code.data, TL_TOTP_DIGITS) == 0)
            found = step;
    }
    tl_secret_wipe(right, sizeof right);
    if (found < 0)
        return TL_ERROR_AUTH;
    if (found <= last_step)
        return TL_ERROR_EXISTS;
    *ret_step = found;
    return TL_OK;
}

enum tl_error tl_totp_text(const uint8_t secret[TL_TOTP_SECRET_SIZE],
                           char ret_text[TL_TOTP_TEXT_SIZE])
{
    char *text = NULL;
    size_t size = 0;
    if (oath_base32_encode((const char *)secret, TL_TOTP_SECRET_SIZE, &text, &size) != OATH_OK)
        return TL_ERROR_MEMORY;
    bool fits = size == TL_TOTP_TEXT_SIZE - 1;
    if (fits) {
        memcpy(ret_text, text, size);
        ret_text[size] = 0;
    }
    tl_secret_wipe(text, size);
    free(text);
    return fits ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_totp_uri(const uint8_t secret[TL_TOTP_SECRET_SIZE], struct tl_text login,
                          char ret_uri[TL_TOTP_URI_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";
    char text[TL_TOTP_TEXT_SIZE], name[TL_TOTP_URI_SIZE - 200];
    size_t used = 0;
    for (size_t i = 0; i < login.size; i++) {
        unsigned char c = (unsigned char)login.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '@';
        if (used + 4 > sizeof name)
            return TL_ERROR_LIMIT;
        if (plain) {
            name[used++] = (char)c;
        } else {
            name[used++] = '%';
            name[used++] = digits[c >> 4];
            name[used++] = digits[c & 15];
        }
    }
    name[used] = 0;
    enum tl_error error = tl_totp_text(secret, text);
    if (!error)
        snprintf(ret_uri, TL_TOTP_URI_SIZE,
                 "otpauth://totp/T%%C3%%A9l%%C3%%A9loire:%s?secret=%s&issuer=T%%C3%%A9l%%C3%%"
                 "A9loire&algorithm=SHA1&digits=%d&period=%d",
                 name, text, TL_TOTP_DIGITS, TL_TOTP_STEP_S);
    tl_secret_wipe(text, sizeof text);
    return error;
}

void tl_recovery_code_make(char ret_code[TL_RECOVERY_CODE_SIZE])
{
    uint8_t random[RECOVERY_LETTERS];
    size_t used = 0;
    tl_random_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        if (i == RECOVERY_LETTERS / 2)
            ret_code[used++] = '-';
        ret_code[used++] = letters[random[i] % 32];
    }
    ret_code[used] = 0;
    tl_secret_wipe(random, sizeof random);
}

enum tl_error tl_recovery_code_hash(const uint8_t key[32], const char *account,
                                    struct tl_text code,
                                    uint8_t ret_hash[TL_RECOVERY_HASH_SIZE])
{
    char text[RECOVERY_LETTERS + 1 + 64];
    unsigned size = TL_RECOVERY_HASH_SIZE;
    size_t used = 0;
    for (size_t i = 0; i < code.size; i++) {
        char c = code.data[i];
        if (c == '-' || c == ' ')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (used == RECOVERY_LETTERS || !c || !strchr(letters, c))
            return TL_ERROR_FORMAT;
        text[used++] = c;
    }
    if (used != RECOVERY_LETTERS)
        return TL_ERROR_FORMAT;
    int more = snprintf(text + used, sizeof text - used, "|%s", account);
    bool made = more > 0 && used + (size_t)more < sizeof text &&
                HMAC(EVP_sha256(), key, 32, (const uint8_t *)text, used + (size_t)more,
                     ret_hash, &size);
    tl_secret_wipe(text, sizeof text);
    return made ? TL_OK : TL_ERROR_CRYPTO;
}
