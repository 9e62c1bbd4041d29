#include "srtp/gcm.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

struct tl_gcm {
    EVP_CIPHER_CTX *context; /* key schedule kept; each packet sets its IV and direction only */
    uint8_t salt[TL_GCM_SALT_SIZE];
};

enum { LABEL_RTP_KEY = 0, LABEL_RTP_SALT = 2, SALT_IN_PRF = 14 };

/* RFC 3711 section 4.3.3 with RFC 7714 section 11: AES in counter mode over the label; the 96-bit
 * salt stands at the left of the 112 bits. */
static enum tl_error derive(const uint8_t *master, size_t key_size, uint8_t label, uint8_t *out,
                            size_t size)
{
    uint8_t block[16] = { 0 }, zeros[32] = { 0 };
    memcpy(block, master + key_size, TL_GCM_SALT_SIZE);
    block[SALT_IN_PRF - 7] ^= label;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    bool good =
        context &&
        EVP_EncryptInit_ex(context, key_size == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(),
                           NULL, master, block) == 1 &&
        EVP_EncryptUpdate(context, out, &written, zeros, (int)size) == 1;
    EVP_CIPHER_CTX_free(context);
    tl_secret_wipe(block, sizeof block);
    return good ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_gcm_new(const uint8_t *master, size_t key_size, struct tl_gcm **ret_gcm)
{
    uint8_t key[32];
    struct tl_gcm *gcm = calloc(1, sizeof *gcm);
    if (!gcm)
        return TL_ERROR_MEMORY;
    enum tl_error error = derive(master, key_size, LABEL_RTP_KEY, key, key_size);
    if (!error)
        error = derive(master, key_size, LABEL_RTP_SALT, gcm->salt, sizeof gcm->salt);
    if (!error) {
        gcm->context = EVP_CIPHER_CTX_new();
        const EVP_CIPHER *cipher = key_size == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
        if (!gcm->context || EVP_CipherInit_ex(gcm->context, cipher, NULL, key, NULL, 1) != 1)
            error = TL_ERROR_CRYPTO;
    }
    tl_secret_wipe(key, sizeof key);
    if (error) {
        tl_gcm_free(gcm);
        return error;
    }
    *ret_gcm = gcm;
    return TL_OK;
}

struct tl_gcm *tl_gcm_free(struct tl_gcm *gcm)
{
    if (!gcm)
        return NULL;
    EVP_CIPHER_CTX_free(gcm->context);
    tl_secret_wipe(gcm, sizeof *gcm);
    free(gcm);
    return NULL;
}

/* RFC 7714 section 8.1: 00 00, SSRC, ROC, SEQ, with the salt over them. */
static void write_iv(const struct tl_gcm *gcm, uint32_t ssrc, uint64_t index,
                     uint8_t iv[TL_GCM_SALT_SIZE])
{
    memcpy(iv, gcm->salt, TL_GCM_SALT_SIZE);
    for (unsigned i = 0; i < 4; i++)
        iv[2 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (unsigned i = 0; i < 6; i++)
        iv[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

static bool begin(struct tl_gcm *gcm, const uint8_t *packet, size_t header_size, uint32_t ssrc,
                  uint64_t index, int sealing)
{
    uint8_t iv[TL_GCM_SALT_SIZE];
    int written;
    write_iv(gcm, ssrc, index, iv);
    return EVP_CipherInit_ex(gcm->context, NULL, NULL, NULL, iv, sealing) == 1 &&
           EVP_CipherUpdate(gcm->context, NULL, &written, packet, (int)header_size) == 1;
}

enum tl_error tl_gcm_seal(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index)
{
    uint8_t *payload = packet + header_size;
    int written;
    bool good = begin(gcm, packet, header_size, ssrc, index, 1) &&
                EVP_CipherUpdate(gcm->context, payload, &written, payload,
                                 (int)(size - header_size)) == 1 &&
                EVP_CipherFinal_ex(gcm->context, packet + size, &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_GET_TAG, TL_GCM_TAG_SIZE,
                                    packet + size) == 1;
    return good ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_gcm_open(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index)
{
    if (size < TL_GCM_TAG_SIZE || size - TL_GCM_TAG_SIZE < header_size)
        return TL_ERROR_FORMAT;
    size -= TL_GCM_TAG_SIZE;
    uint8_t *payload = packet + header_size;
    int written;
    if (!begin(gcm, packet, header_size, ssrc, index, 0) ||
        EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_SET_TAG, TL_GCM_TAG_SIZE,
                            packet + size) != 1 ||
        EVP_CipherUpdate(gcm->context, payload, &written, payload, (int)(size - header_size)) !=
            1)
        return TL_ERROR_CRYPTO;
    uint8_t rest[TL_GCM_TAG_SIZE];
    return EVP_CipherFinal_ex(gcm->context, rest, &written) == 1 ? TL_OK : TL_ERROR_AUTH;
}
