#include "srtp/gcm.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "srtp/derive.h"

struct tl_gcm {
    EVP_CIPHER_CTX *context; /* key schedule kept; each packet sets its IV and direction only */
    uint8_t salt[TL_GCM_SALT_SIZE];
};

enum tl_error tl_gcm_reserve(struct tl_gcm **ret_gcm)
{
    struct tl_gcm *gcm = calloc(1, sizeof *gcm);
    if (!gcm)
        return TL_ERROR_MEMORY;
    gcm->context = EVP_CIPHER_CTX_new();
    if (!gcm->context ||
        EVP_CipherInit_ex(gcm->context, EVP_aes_128_gcm(), NULL, NULL, NULL, 1) != 1) {
        tl_gcm_free(gcm);
        return TL_ERROR_CRYPTO;
    }
    *ret_gcm = gcm;
    return TL_OK;
}

static enum tl_error take_key(struct tl_gcm *gcm, const uint8_t *key, size_t key_size,
                              const uint8_t *salt)
{
    /* naming the cipher again would make its context anew */
    const EVP_CIPHER *other = key_size == 16 ? NULL : EVP_aes_256_gcm();
    memcpy(gcm->salt, salt, sizeof gcm->salt);
    return EVP_CipherInit_ex(gcm->context, other, NULL, key, NULL, 1) == 1 ? TL_OK
                                                                           : TL_ERROR_CRYPTO;
}

enum tl_error tl_gcm_start(struct tl_gcm *gcm, const uint8_t *master, size_t key_size,
                           enum tl_gcm_use use)
{
    static const uint8_t labels[][2] = {
        [TL_GCM_RTP] = { TL_SRTP_LABEL_RTP_KEY, TL_SRTP_LABEL_RTP_SALT },
        [TL_GCM_RTCP] = { TL_SRTP_LABEL_RTCP_KEY, TL_SRTP_LABEL_RTCP_SALT }
    };
    uint8_t key[32], salt[TL_GCM_SALT_SIZE];
    enum tl_error error =
        tl_srtp_derive(master, key_size, TL_GCM_SALT_SIZE, labels[use][0], key, key_size);
    if (!error)
        error = tl_srtp_derive(master, key_size, TL_GCM_SALT_SIZE, labels[use][1], salt,
                               sizeof salt);
    if (!error)
        error = take_key(gcm, key, key_size, salt);
    tl_secret_wipe(key, sizeof key);
    tl_secret_wipe(salt, sizeof salt);
    return error;
}

enum tl_error tl_gcm_new_session(const uint8_t *key, size_t key_size, const uint8_t *salt,
                                 struct tl_gcm **ret_gcm)
{
    struct tl_gcm *gcm;
    enum tl_error error = tl_gcm_reserve(&gcm);
    if (error)
        return error;
    error = take_key(gcm, key, key_size, salt);
    if (error) {
        tl_gcm_free(gcm);
        return error;
    }
    *ret_gcm = gcm;
    return TL_OK;
}

enum tl_error tl_gcm_new(const uint8_t *master, size_t key_size, enum tl_gcm_use use,
                         struct tl_gcm **ret_gcm)
{
    struct tl_gcm *gcm;
    enum tl_error error = tl_gcm_reserve(&gcm);
    if (error)
        return error;
    error = tl_gcm_start(gcm, master, key_size, use);
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

/* RFC 7714 sections 8.1 and 9.1: 00 00, SSRC, 48 bits of index, with the salt over them. */
static void write_iv(const struct tl_gcm *gcm, uint32_t ssrc, uint64_t index,
                     uint8_t iv[TL_GCM_SALT_SIZE])
{
    memcpy(iv, gcm->salt, TL_GCM_SALT_SIZE);
    for (unsigned i = 0; i < 4; i++)
        iv[2 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (unsigned i = 0; i < 6; i++)
        iv[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

static bool begin(struct tl_gcm *gcm, uint32_t ssrc, uint64_t index, int sealing)
{
    uint8_t iv[TL_GCM_SALT_SIZE];
    write_iv(gcm, ssrc, index, iv);
    return EVP_CipherInit_ex(gcm->context, NULL, NULL, NULL, iv, sealing) == 1;
}

static bool authenticate(struct tl_gcm *gcm, const uint8_t *data, size_t size)
{
    int written;
    return EVP_CipherUpdate(gcm->context, NULL, &written, data, (int)size) == 1;
}

static enum tl_error seal(struct tl_gcm *gcm, uint8_t *payload, size_t size)
{
    int written;
    bool good = EVP_CipherUpdate(gcm->context, payload, &written, payload, (int)size) == 1 &&
                EVP_CipherFinal_ex(gcm->context, payload + size, &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_GET_TAG, TL_GCM_TAG_SIZE,
                                    payload + size) == 1;
    return good ? TL_OK : TL_ERROR_CRYPTO;
}

static enum tl_error open_sealed(struct tl_gcm *gcm, uint8_t *payload, size_t size)
{
    uint8_t rest[TL_GCM_TAG_SIZE];
    int written;
    if (EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_SET_TAG, TL_GCM_TAG_SIZE,
                            payload + size) != 1 ||
        EVP_CipherUpdate(gcm->context, payload, &written, payload, (int)size) != 1)
        return TL_ERROR_CRYPTO;
    return EVP_CipherFinal_ex(gcm->context, rest, &written) == 1 ? TL_OK : TL_ERROR_AUTH;
}

enum tl_error tl_gcm_seal(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index)
{
    if (!begin(gcm, ssrc, index, 1) || !authenticate(gcm, packet, header_size))
        return TL_ERROR_CRYPTO;
    return seal(gcm, packet + header_size, size - header_size);
}

enum tl_error tl_gcm_open(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index)
{
    if (size < TL_GCM_TAG_SIZE || size - TL_GCM_TAG_SIZE < header_size)
        return TL_ERROR_FORMAT;
    if (!begin(gcm, ssrc, index, 0) || !authenticate(gcm, packet, header_size))
        return TL_ERROR_CRYPTO;
    return open_sealed(gcm, packet + header_size, size - TL_GCM_TAG_SIZE - header_size);
}

/* ---- RTCP ---- */

enum { ENCRYPTED = 0x80 };

enum tl_error tl_gcm_seal_rtcp(struct tl_gcm *gcm, uint8_t *packet, size_t size, uint32_t ssrc,
                               uint32_t index)
{
    uint8_t *word = packet + size + TL_GCM_TAG_SIZE;
    word[0] = (uint8_t)(ENCRYPTED | index >> 24);
    for (unsigned i = 1; i < 4; i++)
        word[i] = (uint8_t)(index >> (24 - 8 * i));
    if (!begin(gcm, ssrc, index, 1) || !authenticate(gcm, packet, TL_GCM_RTCP_HEADER_SIZE) ||
        !authenticate(gcm, word, 4))
        return TL_ERROR_CRYPTO;
    return seal(gcm, packet + TL_GCM_RTCP_HEADER_SIZE, size - TL_GCM_RTCP_HEADER_SIZE);
}

bool tl_gcm_rtcp_index(const uint8_t *packet, size_t size, uint32_t *ret_index)
{
    const uint8_t *word = packet + size - 4;
    *ret_index = (uint32_t)(word[0] & ~ENCRYPTED) << 24 | (uint32_t)word[1] << 16 |
                 (uint32_t)word[2] << 8 | word[3];
    return word[0] & ENCRYPTED;
}

enum tl_error tl_gcm_open_rtcp(struct tl_gcm *gcm, uint8_t *packet, size_t size, uint32_t ssrc,
                               uint32_t index)
{
    if (size < TL_GCM_RTCP_HEADER_SIZE + TL_GCM_RTCP_OVERHEAD)
        return TL_ERROR_FORMAT;
    if (!begin(gcm, ssrc, index, 0) || !authenticate(gcm, packet, TL_GCM_RTCP_HEADER_SIZE) ||
        !authenticate(gcm, packet + size - 4, 4))
        return TL_ERROR_CRYPTO;
    return open_sealed(gcm, packet + TL_GCM_RTCP_HEADER_SIZE,
                       size - TL_GCM_RTCP_HEADER_SIZE - TL_GCM_RTCP_OVERHEAD);
}
