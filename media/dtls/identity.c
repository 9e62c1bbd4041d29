/* The process's DTLS certificate and the OpenSSL context every association is made from. */
#include "dtls/identity.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/secret.h"

enum { LIFETIME_DAYS = 30, BACKDATE_S = 24 * 3600 };

static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305";
/* GCM first: one pass and no HMAC; the server's order decides (RFC 5764 section 4.1.1) */
static const char srtp_profiles[] =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

enum tl_error tl_dtls_certificate_digest(const X509 *certificate,
                                         uint8_t ret_digest[TL_DTLS_FINGERPRINT_SIZE])
{
    unsigned size = 0;
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (!certificate || !X509_digest(certificate, EVP_sha256(), digest, &size) ||
        size != TL_DTLS_FINGERPRINT_SIZE)
        return TL_ERROR_CRYPTO;
    memcpy(ret_digest, digest, TL_DTLS_FINGERPRINT_SIZE);
    return TL_OK;
}

int tl_dtls_expectation_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

/* In place of chain building: the certificate is the one signalling named, or the handshake ends
 * with an alert (RFC 8122 section 6.2). */
static int verify_certificate(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const uint8_t *expected = SSL_get_ex_data(ssl, tl_dtls_expectation_index());
    uint8_t digest[TL_DTLS_FINGERPRINT_SIZE];
    if (expected && !tl_dtls_certificate_digest(X509_STORE_CTX_get0_cert(store), digest) &&
        tl_secret_equal(tl_bytes(digest, sizeof digest), tl_bytes(expected, sizeof digest)))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static X509 *self_sign(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (!certificate)
        return NULL;
    uint64_t serial;
    tl_random_bytes(&serial, sizeof serial);
    X509_NAME *name = X509_get_subject_name(certificate);
    if (X509_set_version(certificate, X509_VERSION_3) &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATE_S) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), LIFETIME_DAYS * 24L * 3600) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"relay", -1,
                                   -1, 0) &&
        X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
        X509_sign(certificate, key, EVP_sha256()))
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool configure(SSL_CTX *context, X509 *certificate, EVP_PKEY *key)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify_certificate, NULL);
    /* no resumption: a resumed handshake would show no certificate to check */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_QUERY_MTU | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_read_ahead(context, 1);
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(context, ciphers) &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256") &&
           SSL_CTX_set_tlsext_use_srtp(context, srtp_profiles) == 0 && /* 0 is success here */
           SSL_CTX_use_certificate(context, certificate) &&
           SSL_CTX_use_PrivateKey(context, key);
}

enum tl_error tl_dtls_identity_new(struct tl_dtls_identity **ret_identity)
{
    struct tl_dtls_identity *identity = calloc(1, sizeof *identity);
    if (!identity)
        return TL_ERROR_MEMORY;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? self_sign(key) : NULL;
    identity->context = SSL_CTX_new(DTLS_method());
    uint8_t digest[TL_DTLS_FINGERPRINT_SIZE];
    enum tl_error error = TL_ERROR_CRYPTO;
    if (certificate && identity->context && configure(identity->context, certificate, key))
        error = tl_dtls_certificate_digest(certificate, digest);
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (error) {
        tl_dtls_identity_free(identity);
        return error;
    }
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < sizeof digest; i++) {
        identity->fingerprint[3 * i] = digits[digest[i] >> 4];
        identity->fingerprint[3 * i + 1] = digits[digest[i] & 15];
        identity->fingerprint[3 * i + 2] = i + 1 < sizeof digest ? ':' : 0;
    }
    *ret_identity = identity;
    return TL_OK;
}

struct tl_dtls_identity *tl_dtls_identity_free(struct tl_dtls_identity *identity)
{
    if (!identity)
        return NULL;
    SSL_CTX_free(identity->context);
    free(identity);
    return NULL;
}

const char *tl_dtls_identity_fingerprint(const struct tl_dtls_identity *identity)
{
    return identity->fingerprint;
}

enum tl_error tl_dtls_fingerprint_read(struct tl_text text,
                                       uint8_t ret_fingerprint[TL_DTLS_FINGERPRINT_SIZE])
{
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    if (text.size != 3 * TL_DTLS_FINGERPRINT_SIZE - 1)
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < TL_DTLS_FINGERPRINT_SIZE; i++) {
        struct tl_text pair = { text.data + 3 * i, 2 };
        if (tl_hex_read(pair, fingerprint + i, 1) ||
            (i + 1 < TL_DTLS_FINGERPRINT_SIZE && text.data[3 * i + 2] != ':'))
            return TL_ERROR_FORMAT;
    }
    memcpy(ret_fingerprint, fingerprint, sizeof fingerprint);
    return TL_OK;
}
