#include "sign_in/factor_seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum tl_error tl_factor_seal(const uint8_t key[TL_SEAL_KEY_SIZE], const char *account,
                             const uint8_t secret[TL_TOTP_SECRET_SIZE],
                             uint8_t ret_sealed[TL_FACTOR_SEALED_SIZE])
{
    uint8_t *sealed = NULL;
    size_t size = 0;
    enum tl_error error = tl_seal_with(key, tl_text(account),
                                       tl_bytes(secret, TL_TOTP_SECRET_SIZE), &sealed, &size);
    if (!error && size != TL_FACTOR_SEALED_SIZE)
        error = TL_ERROR_CRYPTO;
    if (!error)
        memcpy(ret_sealed, sealed, size);
    free(sealed);
    return error;
}

enum tl_error tl_factor_open(const uint8_t key[TL_SEAL_KEY_SIZE], const char *account,
                             struct tl_bytes sealed, uint8_t ret_secret[TL_TOTP_SECRET_SIZE])
{
    uint8_t *plain = NULL;
    size_t size = 0;
    enum tl_error error = tl_unseal_with(key, tl_text(account), sealed, &plain, &size);
    if (error)
        return error;
    if (size == TL_TOTP_SECRET_SIZE)
        memcpy(ret_secret, plain, size);
    else
        error = TL_ERROR_FORMAT;
    tl_secret_wipe(plain, size);
    free(plain);
    return error;
}
