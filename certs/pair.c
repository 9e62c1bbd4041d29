/* A certificate and its key, between files and OpenSSL. Everything wrong with a pair is found when
 * it is loaded, not when the first browser comes. */
#include "pair_private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/secret.h"
#include "pem.h"

enum { LABEL_LIMIT = 63 };

struct tl_pair *tl_pair_free(struct tl_pair *pair)
{
    if (!pair)
        return NULL;
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    free(pair);
    return NULL;
}

enum tl_error tl_pair_new(X509 *certificate, EVP_PKEY *key, struct tl_pair **ret_pair)
{
    struct tl_pair *pair = calloc(1, sizeof *pair);
    if (!pair) {
        X509_free(certificate);
        EVP_PKEY_free(key);
        return TL_ERROR_MEMORY;
    }
    *pair = (struct tl_pair){ .certificate = certificate, .key = key };
    *ret_pair = pair;
    return TL_OK;
}

static enum tl_error pem_open(const char *path, char **ret_text, size_t *ret_size,
                              BIO **ret_bio)
{
    char *text = NULL;
    size_t size = 0;
    enum tl_error error = tl_file_read(path, TL_PAIR_FILE_LIMIT_BYTES, &text, &size);
    if (error)
        return error;
    BIO *bio = BIO_new_mem_buf(text, (int)size);
    if (!bio) {
        free(text);
        return TL_ERROR_MEMORY;
    }
    *ret_text = text;
    *ret_size = size;
    *ret_bio = bio;
    return TL_OK;
}

static void pem_close(char *text, size_t size, BIO *bio)
{
    BIO_free(bio);
    tl_secret_wipe(text, size);
    free(text);
    ERR_clear_error();
}

enum tl_error tl_pair_load(const char *certificate_path, const char *key_path,
                           struct tl_pair **ret_pair)
{
    char *text;
    size_t size;
    BIO *bio;
    enum tl_error error = pem_open(certificate_path, &text, &size, &bio);
    if (error)
        return error;
    X509 *certificate = PEM_read_bio_X509(bio, NULL, tl_pem_no_pass_phrase, NULL);
    pem_close(text, size, bio);
    if (!certificate)
        return TL_ERROR_FORMAT;

    error = pem_open(key_path, &text, &size, &bio);
    EVP_PKEY *key = NULL;
    if (!error) {
        key = PEM_read_bio_PrivateKey(bio, NULL, tl_pem_no_pass_phrase, NULL);
        pem_close(text, size, bio);
        if (!key)
            error = TL_ERROR_FORMAT;
        else if (X509_check_private_key(certificate, key) != 1)
            error = TL_ERROR_AUTH;
        ERR_clear_error();
    }
    if (error) {
        X509_free(certificate);
        EVP_PKEY_free(key);
        return error;
    }
    return tl_pair_new(certificate, key, ret_pair);
}

/* ---- writing ---- */

enum tl_error tl_pair_save(const struct tl_pair *pair, const char *certificate_path,
                           const char *key_path)
{
    BIO *key = BIO_new(BIO_s_secmem());
    BIO *certificate = BIO_new(BIO_s_mem());
    struct tl_beside new_key = { "" }, new_certificate = { "" };
    enum tl_error error = TL_OK;
    if (!key || !certificate ||
        PEM_write_bio_PrivateKey(key, pair->key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(certificate, pair->certificate) != 1)
        error = TL_ERROR_CRYPTO;
    /* Everything that is likely to fail comes before the first rename. */
    if (!error)
        error = tl_beside_write_bio(key_path, 0600, key, &new_key);
    if (!error)
        error = tl_beside_write_bio(certificate_path, 0644, certificate, &new_certificate);
    if (!error && (rename(new_key.path, key_path) != 0 ||
                   rename(new_certificate.path, certificate_path) != 0))
        error = TL_ERROR_IO;
    if (error && new_key.path[0])
        (void)unlink(new_key.path);
    if (error && new_certificate.path[0])
        (void)unlink(new_certificate.path);
    BIO_free(key);
    BIO_free(certificate);
    return error;
}

/* ---- judging ---- */

enum tl_error tl_pair_time_read(const ASN1_TIME *time, tl_time_us *ret_time)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return TL_ERROR_FORMAT;
    *ret_time = (tl_time_us)timegm(&parts) * TL_SECOND_US;
    return TL_OK;
}

enum tl_error tl_pair_read_facts(const struct tl_pair *pair, struct tl_pair_facts *ret_facts)
{
    struct tl_pair_facts facts;
    enum tl_error error =
        tl_pair_time_read(X509_get0_notBefore(pair->certificate), &facts.not_before);
    if (!error)
        error = tl_pair_time_read(X509_get0_notAfter(pair->certificate), &facts.not_after);
    if (error)
        return error;
    unsigned size = TL_PAIR_DIGEST_SIZE;
    if (X509_digest(pair->certificate, EVP_sha256(), facts.fingerprint, &size) != 1)
        return TL_ERROR_CRYPTO;
    uint8_t *public_key = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pair->certificate), &public_key);
    if (length <= 0)
        return TL_ERROR_CRYPTO;
    tl_sha256(tl_bytes(public_key, (size_t)length), facts.key_pin);
    OPENSSL_free(public_key);
    *ret_facts = facts;
    return TL_OK;
}

enum tl_error tl_pair_check_server(const struct tl_pair *pair, const char *name, tl_time_us now)
{
    struct tl_pair_facts facts;
    enum tl_error error = tl_pair_read_facts(pair, &facts);
    if (error)
        return error;
    if (now < facts.not_before || now >= facts.not_after)
        return TL_ERROR_TIMEOUT;
    if (X509_check_purpose(pair->certificate, X509_PURPOSE_SSL_SERVER, 0) != 1)
        return TL_ERROR_UNSUPPORTED;
    if (!name)
        return TL_OK;
    uint8_t address[16];
    size_t size = tl_name_address(name, address);
    /* RFC 6125 section 6.4.4: the common name is not looked at. */
    int found = size ? X509_check_ip(pair->certificate, address, size, 0)
                     : X509_check_host(pair->certificate, name, 0,
                                       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL);
    ERR_clear_error();
    return found == 1 ? TL_OK : TL_ERROR_MISSING;
}

enum tl_error tl_pair_check_issuer(const struct tl_pair *pair, const struct tl_pair *authority)
{
    bool issued = X509_check_issued(authority->certificate, pair->certificate) == X509_V_OK &&
                  X509_verify(pair->certificate, X509_get0_pubkey(authority->certificate)) == 1;
    ERR_clear_error();
    return issued ? TL_OK : TL_ERROR_AUTH;
}

/* ---- names ---- */

size_t tl_name_address(const char *name, uint8_t ret_address[16])
{
    if (inet_pton(AF_INET, name, ret_address) == 1)
        return 4;
    if (inet_pton(AF_INET6, name, ret_address) == 1)
        return 16;
    return 0;
}

enum tl_error tl_name_check(const char *name)
{
    uint8_t address[16];
    if (tl_name_address(name, address))
        return TL_OK;
    size_t length = strnlen(name, TL_NAME_LIMIT + 1), label = 0;
    if (length == 0 || length > TL_NAME_LIMIT)
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c == '.') {
            if (label == 0 || name[i - 1] == '-')
                return TL_ERROR_FORMAT;
            label = 0;
            continue;
        }
        if (!isalnum(c) && (c != '-' || label == 0))
            return TL_ERROR_FORMAT;
        if (++label > LABEL_LIMIT)
            return TL_ERROR_FORMAT;
    }
    return label > 0 && name[length - 1] != '-' ? TL_OK : TL_ERROR_FORMAT;
}
