#include "srtp/derive.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "base/secret.h"

enum { SALT_IN_PRF = 14 };

enum tl_error tl_srtp_derive(const uint8_t *master, size_t key_size, size_t salt_size,
                             uint8_t label, uint8_t *ret_key, size_t size)
{
    if (size > TL_SRTP_DERIVED_LIMIT || salt_size > SALT_IN_PRF ||
        (key_size != 16 && key_size != 32))
        return TL_ERROR_RANGE;
    /* RFC 7714 section 11: a 96-bit salt stands at the left of the 112 bits */
    uint8_t block[16] = { 0 };
    const uint8_t zeros[TL_SRTP_DERIVED_LIMIT] = { 0 };
    memcpy(block, master + key_size, salt_size);
    block[SALT_IN_PRF - 7] ^= label;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    bool good =
        context &&
        EVP_EncryptInit_ex(context, key_size == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(),
                           NULL, master, block) == 1 &&
        EVP_EncryptUpdate(context, ret_key, &written, zeros, (int)size) == 1;
    EVP_CIPHER_CTX_free(context);
    tl_secret_wipe(block, sizeof block);
    return good ? TL_OK : TL_ERROR_CRYPTO;
}
