#include "sign_in/password.h"

#include <argon2.h>

#include "base/secret.h"

enum { SALT_BYTES = 16, HASH_BYTES = 32 };

enum tl_error tl_password_hash(struct tl_text password, char ret_hash[TL_PASSWORD_HASH_SIZE])
{
    uint8_t salt[SALT_BYTES];
    if (password.size > TL_PASSWORD_BYTES_LIMIT)
        return TL_ERROR_LIMIT;
    tl_random_bytes(salt, sizeof salt);
    int result = argon2id_hash_encoded(
        TL_PASSWORD_PASSES, TL_PASSWORD_MEMORY_KIB, TL_PASSWORD_LANES, password.data,
        password.size, salt, sizeof salt, HASH_BYTES, ret_hash, TL_PASSWORD_HASH_SIZE);
    if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
        return TL_ERROR_MEMORY;
    return result == ARGON2_OK ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_password_verify(struct tl_text password, const char *hash)
{
    char unused[TL_PASSWORD_HASH_SIZE];
    if (password.size > TL_PASSWORD_BYTES_LIMIT)
        return TL_ERROR_AUTH;
    if (!hash) {
        enum tl_error error = tl_password_hash(password, unused);
        tl_secret_wipe(unused, sizeof unused);
        return error ? error : TL_ERROR_AUTH;
    }
    int result = argon2id_verify(hash, password.data, password.size);
    if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
        return TL_ERROR_MEMORY;
    return result == ARGON2_OK ? TL_OK : TL_ERROR_AUTH;
}
