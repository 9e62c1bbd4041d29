/* See base/seal.h for the two forms. One place does AES-256-GCM; the public-key form only adds
 * how its key is agreed. */
#include "base/seal.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/secret.h"

enum { VERSION_PUBLIC = 1, VERSION_SECRET = 2, NONCE_SIZE = 12, TAG_SIZE = 16 };

static void free_pkey(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_pkey_ctx(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void free_cipher_ctx(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}
#define auto_pkey       __attribute__((cleanup(free_pkey))) EVP_PKEY *
#define auto_pkey_ctx   __attribute__((cleanup(free_pkey_ctx))) EVP_PKEY_CTX *
#define auto_cipher_ctx __attribute__((cleanup(free_cipher_ctx))) EVP_CIPHER_CTX *

enum tl_error tl_seal_key_make(uint8_t ret_private[TL_SEAL_KEY_SIZE],
                               uint8_t ret_public[TL_SEAL_KEY_SIZE])
{
    auto_pkey key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    size_t private_size = TL_SEAL_KEY_SIZE, public_size = TL_SEAL_KEY_SIZE;
    if (!key || EVP_PKEY_get_raw_private_key(key, ret_private, &private_size) != 1 ||
        EVP_PKEY_get_raw_public_key(key, ret_public, &public_size) != 1)
        return TL_ERROR_CRYPTO;
    return TL_OK;
}

enum tl_error tl_seal_key_read(const char *path, uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    char text[2 * TL_SEAL_KEY_SIZE + 1];
    enum tl_error error = tl_secret_file_read(path, text, sizeof text);
    if (!error)
        error = tl_hex_read(tl_text(text), ret_key, TL_SEAL_KEY_SIZE);
    tl_secret_wipe(text, sizeof text);
    return error;
}

/* HKDF over the X25519 secret; both public keys are in the salt, so that neither can be swapped. */
static enum tl_error agree(EVP_PKEY *own, EVP_PKEY *peer, const uint8_t salt[64],
                           uint8_t ret_key[32])
{
    uint8_t shared[32];
    size_t shared_size = sizeof shared, key_size = 32;
    static const uint8_t info[] = "teleloire seal 1";
    auto_pkey_ctx exchange = EVP_PKEY_CTX_new(own, NULL);
    auto_pkey_ctx kdf = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    int well = exchange && kdf && EVP_PKEY_derive_init(exchange) == 1 &&
               EVP_PKEY_derive_set_peer(exchange, peer) == 1 &&
               EVP_PKEY_derive(exchange, shared, &shared_size) == 1 &&
               EVP_PKEY_derive_init(kdf) == 1 &&
               EVP_PKEY_CTX_set_hkdf_md(kdf, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set1_hkdf_salt(kdf, salt, 64) == 1 &&
               EVP_PKEY_CTX_set1_hkdf_key(kdf, shared, (int)shared_size) == 1 &&
               EVP_PKEY_CTX_add1_hkdf_info(kdf, info, (int)sizeof info - 1) == 1 &&
               EVP_PKEY_derive(kdf, ret_key, &key_size) == 1;
    tl_secret_wipe(shared, sizeof shared);
    return well ? TL_OK : TL_ERROR_CRYPTO;
}

static enum tl_error encrypt(const uint8_t key[32], struct tl_text context,
                             struct tl_bytes plain, uint8_t *nonce_then_cipher)
{
    auto_cipher_ctx cipher = EVP_CIPHER_CTX_new();
    uint8_t *nonce = nonce_then_cipher, *out = nonce + NONCE_SIZE;
    int size = 0;
    tl_random_bytes(nonce, NONCE_SIZE);
    if (!cipher || EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) != 1 ||
        EVP_EncryptUpdate(cipher, NULL, &size, (const uint8_t *)context.data,
                          (int)context.size) != 1 ||
        EVP_EncryptUpdate(cipher, out, &size, plain.data, (int)plain.size) != 1 ||
        EVP_EncryptFinal_ex(cipher, out + plain.size, &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, out + plain.size) != 1)
        return TL_ERROR_CRYPTO;
    return TL_OK;
}

static enum tl_error decrypt(const uint8_t key[32], struct tl_text context,
                             struct tl_bytes nonce_then_cipher, uint8_t **ret_plain,
                             size_t *ret_size)
{
    size_t plain_size = nonce_then_cipher.size - NONCE_SIZE - TAG_SIZE;
    const uint8_t *nonce = nonce_then_cipher.data, *in = nonce + NONCE_SIZE;
    uint8_t tag[TAG_SIZE];
    memcpy(tag, in + plain_size, TAG_SIZE);
    tl_autofree uint8_t *plain = malloc(plain_size + 1);
    auto_cipher_ctx cipher = EVP_CIPHER_CTX_new();
    int size = 0;
    if (!plain || !cipher)
        return TL_ERROR_MEMORY;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) != 1 ||
        EVP_DecryptUpdate(cipher, NULL, &size, (const uint8_t *)context.data,
                          (int)context.size) != 1 ||
        EVP_DecryptUpdate(cipher, plain, &size, in, (int)plain_size) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) != 1)
        return TL_ERROR_CRYPTO;
    if (EVP_DecryptFinal_ex(cipher, plain + plain_size, &size) != 1) {
        tl_secret_wipe(plain, plain_size);
        return TL_ERROR_AUTH;
    }
    plain[plain_size] = 0;
    *ret_plain = TL_TAKE(plain);
    *ret_size = plain_size;
    return TL_OK;
}

enum tl_error tl_seal_to(const uint8_t public_key[TL_SEAL_KEY_SIZE], struct tl_text context,
                         struct tl_bytes plain, uint8_t **ret_sealed, size_t *ret_size)
{
    if (plain.size > TL_SEAL_LIMIT)
        return TL_ERROR_LIMIT;
    tl_autofree uint8_t *sealed = malloc(plain.size + TL_SEAL_PUBLIC_OVERHEAD);
    auto_pkey peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_key, 32);
    auto_pkey own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    if (!sealed)
        return TL_ERROR_MEMORY;
    size_t own_size = 32;
    if (!peer || !own || EVP_PKEY_get_raw_public_key(own, sealed + 1, &own_size) != 1)
        return TL_ERROR_CRYPTO;
    uint8_t salt[64], key[32];
    memcpy(salt, sealed + 1, 32);
    memcpy(salt + 32, public_key, 32);
    enum tl_error error = agree(own, peer, salt, key);
    if (!error)
        error = encrypt(key, context, plain, sealed + 1 + 32);
    tl_secret_wipe(key, sizeof key);
    if (error)
        return error;
    sealed[0] = VERSION_PUBLIC;
    *ret_sealed = TL_TAKE(sealed);
    *ret_size = plain.size + TL_SEAL_PUBLIC_OVERHEAD;
    return TL_OK;
}

enum tl_error tl_unseal_to(const uint8_t private_key[TL_SEAL_KEY_SIZE], struct tl_text context,
                           struct tl_bytes sealed, uint8_t **ret_plain, size_t *ret_size)
{
    if (sealed.size < TL_SEAL_PUBLIC_OVERHEAD || sealed.data[0] != VERSION_PUBLIC ||
        sealed.size > (size_t)TL_SEAL_LIMIT + TL_SEAL_PUBLIC_OVERHEAD)
        return TL_ERROR_FORMAT;
    auto_pkey own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, 32);
    auto_pkey peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, sealed.data + 1, 32);
    uint8_t salt[64], key[32];
    size_t own_size = 32;
    memcpy(salt, sealed.data + 1, 32);
    if (!own || !peer || EVP_PKEY_get_raw_public_key(own, salt + 32, &own_size) != 1)
        return TL_ERROR_CRYPTO;
    enum tl_error error = agree(own, peer, salt, key);
    if (!error)
        error = decrypt(key, context, tl_bytes(sealed.data + 33, sealed.size - 33), ret_plain,
                        ret_size);
    else
        error = TL_ERROR_AUTH; /* a low-order point: never a sealed text of ours */
    tl_secret_wipe(key, sizeof key);
    return error;
}

enum tl_error tl_seal_with(const uint8_t key[TL_SEAL_KEY_SIZE], struct tl_text context,
                           struct tl_bytes plain, uint8_t **ret_sealed, size_t *ret_size)
{
    if (plain.size > TL_SEAL_LIMIT)
        return TL_ERROR_LIMIT;
    tl_autofree uint8_t *sealed = malloc(plain.size + TL_SEAL_SECRET_OVERHEAD);
    if (!sealed)
        return TL_ERROR_MEMORY;
    sealed[0] = VERSION_SECRET;
    enum tl_error error = encrypt(key, context, plain, sealed + 1);
    if (error)
        return error;
    *ret_sealed = TL_TAKE(sealed);
    *ret_size = plain.size + TL_SEAL_SECRET_OVERHEAD;
    return TL_OK;
}

enum tl_error tl_unseal_with(const uint8_t key[TL_SEAL_KEY_SIZE], struct tl_text context,
                             struct tl_bytes sealed, uint8_t **ret_plain, size_t *ret_size)
{
    if (sealed.size < TL_SEAL_SECRET_OVERHEAD || sealed.data[0] != VERSION_SECRET ||
        sealed.size > (size_t)TL_SEAL_LIMIT + TL_SEAL_SECRET_OVERHEAD)
        return TL_ERROR_FORMAT;
    return decrypt(key, context, tl_bytes(sealed.data + 1, sealed.size - 1), ret_plain,
                   ret_size);
}
