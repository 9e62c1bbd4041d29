/* A server's chain. It is read from descriptors, because who serves it may open no file any more;
 * and handed to each handshake by a callback, because what a context holds itself cannot be taken out
 * again: after a change from RSA to P-256, it would go on serving the old one beside the new. */
#include "certs/chain.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"
#include "pair_private.h"
#include "pem.h"

struct tl_chain {
    struct tl_pair *leaf;
    STACK_OF(X509) * issuers;
    tl_time_us ends;
};

struct tl_chain *tl_chain_free(struct tl_chain *chain)
{
    if (!chain)
        return NULL;
    tl_pair_free(chain->leaf);
    sk_X509_pop_free(chain->issuers, X509_free);
    free(chain);
    return NULL;
}

static enum tl_error because(char why[TL_WHY_SIZE], enum tl_error error, const char *reason)
{
    snprintf(why, TL_WHY_SIZE, "%s", reason);
    ERR_clear_error();
    return error;
}

/* ---- reading ---- */

static enum tl_error read_certificates(int fd, X509 **ret_leaf, STACK_OF(X509) * issuers,
                                       char why[TL_WHY_SIZE])
{
    struct tl_pem pem;
    enum tl_error error = tl_pem_open(fd, &pem);
    if (error)
        return because(why, error,
                       error == TL_ERROR_LIMIT ? "the certificate file is too large"
                                               : "the certificate file cannot be read");
    X509 *leaf = PEM_read_bio_X509(pem.bio, NULL, tl_pem_no_pass_phrase, NULL);
    while (leaf && !error) {
        X509 *issuer = PEM_read_bio_X509(pem.bio, NULL, tl_pem_no_pass_phrase, NULL);
        if (!issuer)
            break;
        if (sk_X509_num(issuers) >= TL_CHAIN_ISSUERS_LIMIT || !sk_X509_push(issuers, issuer)) {
            X509_free(issuer);
            error = because(why, TL_ERROR_LIMIT, "the chain has too many certificates");
        }
    }
    /* What stands behind the last certificate is no certificate: said, not skipped. */
    if (leaf && !error && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        error = because(why, TL_ERROR_FORMAT, "a certificate of the chain is damaged");
    if (!leaf)
        error = because(why, TL_ERROR_FORMAT, "the file holds no certificate");
    tl_pem_close(&pem);
    if (error)
        X509_free(leaf);
    else
        *ret_leaf = leaf;
    return error;
}

static enum tl_error read_key(int fd, const X509 *leaf, EVP_PKEY **ret_key,
                              char why[TL_WHY_SIZE])
{
    struct tl_pem pem;
    enum tl_error error = tl_pem_open(fd, &pem);
    if (error)
        return because(why, error, "the key file cannot be read");
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem.bio, NULL, tl_pem_no_pass_phrase, NULL);
    tl_pem_close(&pem);
    if (!key)
        return because(why, TL_ERROR_FORMAT, "the file holds no key without a pass phrase");
    if (X509_check_private_key(leaf, key) != 1) {
        EVP_PKEY_free(key);
        return because(why, TL_ERROR_AUTH, "the key is not the certificate's");
    }
    *ret_key = key;
    return TL_OK;
}

static enum tl_error find_end(struct tl_chain *chain)
{
    struct tl_pair_facts facts;
    enum tl_error error = tl_pair_read_facts(chain->leaf, &facts);
    chain->ends = facts.not_after;
    for (int i = 0; !error && i < sk_X509_num(chain->issuers); i++) {
        tl_time_us end = 0;
        error = tl_pair_time_read(X509_get0_notAfter(sk_X509_value(chain->issuers, i)), &end);
        if (!error && end < chain->ends)
            chain->ends = end;
    }
    return error;
}

enum tl_error tl_chain_open(int certificate_fd, int key_fd, struct tl_chain **ret_chain,
                            char ret_why[TL_WHY_SIZE])
{
    struct tl_chain *chain = calloc(1, sizeof *chain);
    STACK_OF(X509) *issuers = sk_X509_new_null();
    X509 *leaf = NULL;
    EVP_PKEY *key = NULL;
    enum tl_error error =
        chain && issuers ? TL_OK : because(ret_why, TL_ERROR_MEMORY, "out of memory");
    if (!error)
        error = read_certificates(certificate_fd, &leaf, issuers, ret_why);
    if (!error) {
        error = read_key(key_fd, leaf, &key, ret_why);
        if (error)
            X509_free(leaf);
    }
    if (!error) {
        error = tl_pair_new(leaf, key, &chain->leaf);
        if (error)
            (void)because(ret_why, error, "out of memory");
    }
    if (!error) {
        chain->issuers = issuers;
        issuers = NULL;
        error = find_end(chain);
        if (error)
            (void)because(ret_why, error, "a date cannot be read");
    }
    sk_X509_pop_free(issuers, X509_free);
    if (error)
        tl_chain_free(chain);
    else
        *ret_chain = chain;
    return error;
}

enum tl_error tl_chain_load(const char *certificate_path, const char *key_path,
                            struct tl_chain **ret_chain, char ret_why[TL_WHY_SIZE])
{
    int certificate = open(certificate_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int key = open(key_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum tl_error error = tl_chain_open(certificate, key, ret_chain, ret_why);
    if (certificate >= 0)
        close(certificate);
    if (key >= 0)
        close(key);
    return error;
}

/* ---- judging ---- */

static const X509 *at(const struct tl_chain *chain, int i)
{
    return i ? sk_X509_value(chain->issuers, i - 1) : chain->leaf->certificate;
}

static enum tl_error check_link(const X509 *issued, const X509 *issuer, tl_time_us now,
                                char why[TL_WHY_SIZE])
{
    tl_time_us begins, ends;
    if (tl_pair_time_read(X509_get0_notBefore(issuer), &begins) ||
        tl_pair_time_read(X509_get0_notAfter(issuer), &ends) || now < begins || now >= ends)
        return because(why, TL_ERROR_TIMEOUT, "an issuer's certificate is not valid today");
    if (X509_check_issued((X509 *)issuer, (X509 *)issued) != X509_V_OK ||
        X509_verify((X509 *)issued, X509_get0_pubkey(issuer)) != 1)
        return because(why, TL_ERROR_AUTH,
                       "a certificate of the chain is not signed by the next one");
    return TL_OK;
}

enum tl_error tl_chain_check(const struct tl_chain *chain, const char *name, tl_time_us now,
                             char ret_why[TL_WHY_SIZE])
{
    enum tl_error error = tl_pair_check_server(chain->leaf, name, now);
    switch (error) {
    case TL_OK: break;
    case TL_ERROR_TIMEOUT:
        return because(ret_why, error, "the certificate has ended or is not valid yet");
    case TL_ERROR_UNSUPPORTED:
        return because(ret_why, error, "the certificate is not one for a server");
    case TL_ERROR_MISSING:
        snprintf(ret_why, TL_WHY_SIZE, "the certificate is not for the name %.100s", name);
        return error;
    default: return because(ret_why, error, "the certificate cannot be read");
    }
    for (int i = 0; !error && i < sk_X509_num(chain->issuers); i++)
        error = check_link(at(chain, i), at(chain, i + 1), now, ret_why);
    return error;
}

tl_time_us tl_chain_ends(const struct tl_chain *chain)
{
    return chain->ends;
}

void tl_chain_fingerprint(const struct tl_chain *chain, uint8_t ret[TL_PAIR_DIGEST_SIZE])
{
    unsigned size = TL_PAIR_DIGEST_SIZE;
    (void)X509_digest(chain->leaf->certificate, EVP_sha256(), ret, &size);
}

/* ---- serving ---- */

bool tl_chain_give(const struct tl_chain *chain, struct ssl_st *connection)
{
    SSL_certs_clear(connection);
    bool given = SSL_use_cert_and_key(connection, chain->leaf->certificate, chain->leaf->key,
                                      chain->issuers, 1) == 1;
    ERR_clear_error();
    return given;
}

static int give_current(SSL *connection, void *slot)
{
    const struct tl_chain *chain = *(struct tl_chain *const *)slot;
    return chain && tl_chain_give(chain, connection);
}

void tl_chain_serve(struct ssl_ctx_st *context, struct tl_chain *const *slot)
{
    SSL_CTX_set_cert_cb(context, give_current, (void *)(uintptr_t)slot);
}
