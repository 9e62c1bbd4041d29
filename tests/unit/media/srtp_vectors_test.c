/* Published vectors: key derivation of RFC 3711 appendix B.3 and RFC 6188 section 7.2, packets of
 * RFC 7714 section 16. Both implementations are held to them: ours directly, libsrtp, which takes
 * master keys only, by what OpenSSL makes of the published session keys. */
#include "testing.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "media/srtp.h"
#include "srtp/derive.h"
#include "srtp/gcm.h"

static size_t unhex(const char *text, uint8_t *ret_bytes)
{
    size_t size = strlen(text) / 2;
    assert_int_equal(tl_hex_read(tl_text(text), ret_bytes, size), TL_OK);
    return size;
}

static void keys_are_derived_as_rfc_3711_and_rfc_6188_say(void **state)
{
    (void)state;
    static const struct {
        const char *key, *salt, *session_key, *session_salt, *auth;
    } cases[] = {
        { "e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6",
          "c61e7a93744f39ee10734afe3ff7a087", "30cbbc08863d8c85d49db34a9ae1",
          "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175"
          "578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c"
          "59bbfc2f34db60dbdfb2" },
        { "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
          "3b04803de51ee7c96423ab5b78d2",
          "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
          "fa31791685ca444a9e07c6c64e93", "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        uint8_t master[46], derived[TL_SRTP_DERIVED_LIMIT], expected[TL_SRTP_DERIVED_LIMIT];
        size_t key_size = unhex(cases[i].key, master);
        size_t salt_size = unhex(cases[i].salt, master + key_size);
        const char *texts[] = { cases[i].session_key, cases[i].auth, cases[i].session_salt };
        for (uint8_t label = 0; label < 3; label++) {
            size_t size = unhex(texts[label], expected);
            assert_int_equal(tl_srtp_derive(master, key_size, salt_size, label, derived, size),
                             TL_OK);
            assert_memory_equal(derived, expected, size);
        }
        assert_int_equal(
            tl_srtp_derive(master, key_size, salt_size, 0, derived, TL_SRTP_DERIVED_LIMIT + 1),
            TL_ERROR_RANGE);
        assert_int_equal(tl_srtp_derive(master, 24, salt_size, 0, derived, 16), TL_ERROR_RANGE);
        assert_int_equal(tl_srtp_derive(master, 16, 15, 0, derived, 16), TL_ERROR_RANGE);
    }
}

/* RFC 7714 section 16: header, then "Gallia est omnis divisa in partes tres". */
static const char rfc_7714_plain[] =
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e20706172746573"
    "2074726573";
static const char rfc_7714_salt[] = "517569642070726f2071756f";
enum { RFC_7714_SSRC = 0x5501a0b2, RFC_7714_SEQUENCE = 0xf17b, HEADER = 12 };

static void packets_of_rfc_7714_seal_to_its_bytes_and_open_again(void **state)
{
    (void)state;
    static const struct {
        const char *key, *sealed;
    } cases[] = {
        { "000102030405060708090a0b0c0d0e0f",
          "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7"
          "d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce" },
        { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ff"
          "ae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        uint8_t key[32], salt[TL_GCM_SALT_SIZE], packet[100], plain[100], sealed[100];
        size_t key_size = unhex(cases[i].key, key);
        (void)unhex(rfc_7714_salt, salt);
        size_t size = unhex(rfc_7714_plain, plain),
               sealed_size = unhex(cases[i].sealed, sealed);
        assert_int_equal(sealed_size, size + TL_GCM_TAG_SIZE);
        struct tl_gcm *gcm = NULL;
        assert_int_equal(tl_gcm_new_session(key, key_size, salt, &gcm), TL_OK);
        memcpy(packet, plain, size);
        assert_int_equal(
            tl_gcm_seal(gcm, packet, HEADER, size, RFC_7714_SSRC, RFC_7714_SEQUENCE), TL_OK);
        assert_memory_equal(packet, sealed, sealed_size);
        assert_int_equal(
            tl_gcm_open(gcm, packet, HEADER, sealed_size, RFC_7714_SSRC, RFC_7714_SEQUENCE),
            TL_OK);
        assert_memory_equal(packet, plain, size);
        for (size_t at = 0; at < sealed_size; at++) { /* nothing of it may be another */
            memcpy(packet, sealed, sealed_size);
            packet[at] ^= 0x80;
            assert_int_equal(
                tl_gcm_open(gcm, packet, HEADER, sealed_size, RFC_7714_SSRC, RFC_7714_SEQUENCE),
                TL_ERROR_AUTH);
        }
        tl_gcm_free(gcm);
    }
}

static size_t seal_with(const struct tl_srtp_keys *keys, uint8_t *packet, size_t room)
{
    struct tl_srtp *srtp = NULL;
    size_t size = unhex(rfc_7714_plain, packet);
    assert_int_equal(tl_srtp_new(keys, &srtp), TL_OK);
    assert_int_equal(tl_srtp_add_sender(srtp, RFC_7714_SSRC), TL_OK);
    assert_int_equal(tl_srtp_seal_rtp(srtp, packet, room, &size), TL_OK);
    tl_srtp_free(srtp);
    return size;
}

static void both_implementations_seal_under_keys_derived_by_the_book(void **state)
{
    (void)state;
    static const enum tl_srtp_profile profiles[] = { TL_SRTP_AEAD_AES_128_GCM,
                                                     TL_SRTP_AEAD_AES_256_GCM };
    for (size_t i = 0; i < 4; i++) {
        struct tl_srtp_keys keys = { .profile = profiles[i / 2], .library = i % 2 };
        size_t key_size = i / 2 ? 32 : 16;
        for (uint8_t k = 0; k < key_size; k++)
            keys.local[k] = k;
        (void)unhex(rfc_7714_salt, keys.local + key_size);
        uint8_t key[32], salt[TL_GCM_SALT_SIZE], expected[100], packet[100];
        assert_int_equal(tl_srtp_derive(keys.local, key_size, TL_GCM_SALT_SIZE,
                                        TL_SRTP_LABEL_RTP_KEY, key, key_size),
                         TL_OK);
        assert_int_equal(tl_srtp_derive(keys.local, key_size, TL_GCM_SALT_SIZE,
                                        TL_SRTP_LABEL_RTP_SALT, salt, sizeof salt),
                         TL_OK);
        struct tl_gcm *gcm = NULL;
        size_t size = unhex(rfc_7714_plain, expected);
        assert_int_equal(tl_gcm_new_session(key, key_size, salt, &gcm), TL_OK);
        assert_int_equal(
            tl_gcm_seal(gcm, expected, HEADER, size, RFC_7714_SSRC, RFC_7714_SEQUENCE), TL_OK);
        tl_gcm_free(gcm);
        assert_int_equal(seal_with(&keys, packet, sizeof packet), size + TL_GCM_TAG_SIZE);
        assert_memory_equal(packet, expected, size + TL_GCM_TAG_SIZE);
    }
}

/* AES_CM_128_HMAC_SHA1_80 (RFC 3711 section 4.1.1, 4.2) from the session keys of appendix B.3. */
static void libsrtp_seals_under_the_session_keys_of_rfc_3711(void **state)
{
    (void)state;
    struct tl_srtp_keys keys = { .profile = TL_SRTP_AES128_CM_SHA1_80 };
    (void)unhex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6", keys.local);
    uint8_t packet[100], expected[100], key[16], iv[16] = { 0 }, auth[20], tag[20];
    size_t size = unhex(rfc_7714_plain, expected);
    (void)unhex("c61e7a93744f39ee10734afe3ff7a087", key);
    (void)unhex("30cbbc08863d8c85d49db34a9ae1", iv);
    (void)unhex("cebe321f6ff7716b6fd4ab49af256a156d38baa4", auth);
    for (unsigned i = 0; i < 4; i++) /* SSRC x 2^64, index x 2^16 */
        iv[4 + i] ^= (uint8_t)((uint32_t)RFC_7714_SSRC >> (24 - 8 * i));
    iv[12] ^= RFC_7714_SEQUENCE >> 8;
    iv[13] ^= RFC_7714_SEQUENCE & 0xff;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written;
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), NULL, key, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(context, expected + HEADER, &written, expected + HEADER,
                                       (int)(size - HEADER)),
                     1);
    EVP_CIPHER_CTX_free(context);
    memset(expected + size, 0, 4); /* the roll-over counter is authenticated, not sent */
    unsigned tag_size;
    assert_non_null(HMAC(EVP_sha1(), auth, sizeof auth, expected, size + 4, tag, &tag_size));
    memcpy(expected + size, tag, 10);
    assert_int_equal(seal_with(&keys, packet, sizeof packet), size + 10);
    assert_memory_equal(packet, expected, size + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_derived_as_rfc_3711_and_rfc_6188_say),
        cmocka_unit_test(packets_of_rfc_7714_seal_to_its_bytes_and_open_again),
        cmocka_unit_test(both_implementations_seal_under_keys_derived_by_the_book),
        cmocka_unit_test(libsrtp_seals_under_the_session_keys_of_rfc_3711),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
