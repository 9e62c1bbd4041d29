/* Authorities and their revocation lists, as OpenSSL's store; read from descriptors like a chain. */
#include "certs/trust.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pair_private.h"
#include "pem.h"

struct tl_trust {
    X509_STORE *store;
    STACK_OF(X509) * authorities;
    STACK_OF(X509_CRL) * lists;
    tl_time_us ends, list_ends;
};

struct tl_trust *tl_trust_free(struct tl_trust *trust)
{
    if (!trust)
        return NULL;
    X509_STORE_free(trust->store);
    sk_X509_pop_free(trust->authorities, X509_free);
    sk_X509_CRL_pop_free(trust->lists, X509_CRL_free);
    free(trust);
    return NULL;
}

static enum tl_error because(char why[TL_WHY_SIZE], enum tl_error error, const char *reason)
{
    snprintf(why, TL_WHY_SIZE, "%s", reason);
    ERR_clear_error();
    return error;
}

/* ---- reading ---- */

static enum tl_error read_authorities(struct tl_trust *trust, int fd, char why[TL_WHY_SIZE])
{
    struct tl_pem pem;
    enum tl_error error = tl_pem_open(fd, &pem);
    if (error)
        return because(why, error, "the file of client authorities cannot be read");
    for (X509 *one; !error && (one = PEM_read_bio_X509(pem.bio, NULL, tl_pem_no_pass_phrase,
                                                       NULL)) != NULL;)
        if (sk_X509_num(trust->authorities) >= TL_TRUST_AUTHORITIES_LIMIT ||
            !sk_X509_push(trust->authorities, one)) {
            X509_free(one);
            error = because(why, TL_ERROR_LIMIT, "too many client authorities");
        }
    if (!error && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        error = because(why, TL_ERROR_FORMAT, "a client authority is damaged");
    tl_pem_close(&pem);
    if (!error && sk_X509_num(trust->authorities) == 0)
        error = because(why, TL_ERROR_FORMAT, "the file holds no client authority");
    return error;
}

static enum tl_error read_lists(struct tl_trust *trust, int fd, char why[TL_WHY_SIZE])
{
    struct tl_pem pem;
    enum tl_error error = tl_pem_open(fd, &pem);
    if (error)
        return because(why, error, "the revocation list cannot be read");
    for (X509_CRL *one; !error && (one = PEM_read_bio_X509_CRL(
                                       pem.bio, NULL, tl_pem_no_pass_phrase, NULL)) != NULL;)
        if (sk_X509_CRL_num(trust->lists) >= TL_TRUST_AUTHORITIES_LIMIT ||
            !sk_X509_CRL_push(trust->lists, one)) {
            X509_CRL_free(one);
            error = because(why, TL_ERROR_LIMIT, "too many revocation lists");
        }
    if (!error && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        error = because(why, TL_ERROR_FORMAT, "a revocation list is damaged");
    tl_pem_close(&pem);
    if (!error && sk_X509_CRL_num(trust->lists) == 0)
        error = because(why, TL_ERROR_FORMAT, "the file holds no revocation list");
    return error;
}

/* ---- judging ---- */

static enum tl_error check_authority(struct tl_trust *trust, X509 *authority, tl_time_us now,
                                     char why[TL_WHY_SIZE])
{
    tl_time_us begins, ends;
    if (X509_check_ca(authority) != 1)
        return because(why, TL_ERROR_FORMAT, "a client authority may sign no certificate");
    if (tl_pair_time_read(X509_get0_notBefore(authority), &begins) ||
        tl_pair_time_read(X509_get0_notAfter(authority), &ends) || now < begins || now >= ends)
        return because(why, TL_ERROR_TIMEOUT, "a client authority is not valid today");
    trust->ends = ends < trust->ends ? ends : trust->ends;
    return TL_OK;
}

static enum tl_error check_list(struct tl_trust *trust, X509 *authority, tl_time_us now,
                                char why[TL_WHY_SIZE])
{
    for (int i = 0; i < sk_X509_CRL_num(trust->lists); i++) {
        X509_CRL *list = sk_X509_CRL_value(trust->lists, i);
        tl_time_us begins, ends;
        if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority)) != 0)
            continue;
        if (X509_CRL_verify(list, X509_get0_pubkey(authority)) != 1)
            return because(why, TL_ERROR_AUTH,
                           "the revocation list is not signed by its authority");
        if (!X509_CRL_get0_nextUpdate(list) ||
            tl_pair_time_read(X509_CRL_get0_lastUpdate(list), &begins) ||
            tl_pair_time_read(X509_CRL_get0_nextUpdate(list), &ends) || now < begins ||
            now >= ends)
            return because(why, TL_ERROR_TIMEOUT,
                           "the revocation list has ended or is not valid yet");
        trust->list_ends = ends < trust->list_ends ? ends : trust->list_ends;
        return TL_OK;
    }
    return because(why, TL_ERROR_MISSING, "a client authority has no revocation list");
}

static enum tl_error fill_store(struct tl_trust *trust, char why[TL_WHY_SIZE])
{
    bool good = X509_STORE_set_flags(trust->store,
                                     X509_V_FLAG_CRL_CHECK | X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
                X509_STORE_set_purpose(trust->store, X509_PURPOSE_SSL_CLIENT) == 1;
    for (int i = 0; good && i < sk_X509_num(trust->authorities); i++)
        good = X509_STORE_add_cert(trust->store, sk_X509_value(trust->authorities, i)) == 1;
    for (int i = 0; good && i < sk_X509_CRL_num(trust->lists); i++)
        good = X509_STORE_add_crl(trust->store, sk_X509_CRL_value(trust->lists, i)) == 1;
    return good ? TL_OK
                : because(why, TL_ERROR_CRYPTO, "the client authorities cannot be used");
}

enum tl_error tl_trust_open(int authority_fd, int list_fd, tl_time_us now,
                            struct tl_trust **ret_trust, char ret_why[TL_WHY_SIZE])
{
    struct tl_trust *trust = calloc(1, sizeof *trust);
    if (!trust)
        return because(ret_why, TL_ERROR_MEMORY, "out of memory");
    *trust = (struct tl_trust){ .store = X509_STORE_new(),
                                .authorities = sk_X509_new_null(),
                                .lists = sk_X509_CRL_new_null(),
                                .ends = INT64_MAX,
                                .list_ends = INT64_MAX };
    enum tl_error error = trust->store && trust->authorities && trust->lists
                              ? TL_OK
                              : because(ret_why, TL_ERROR_MEMORY, "out of memory");
    if (!error)
        error = read_authorities(trust, authority_fd, ret_why);
    if (!error)
        error = read_lists(trust, list_fd, ret_why);
    for (int i = 0; !error && i < sk_X509_num(trust->authorities); i++) {
        X509 *authority = sk_X509_value(trust->authorities, i);
        error = check_authority(trust, authority, now, ret_why);
        if (!error)
            error = check_list(trust, authority, now, ret_why);
    }
    if (!error)
        error = fill_store(trust, ret_why);
    if (error)
        tl_trust_free(trust);
    else
        *ret_trust = trust;
    return error;
}

enum tl_error tl_trust_load(const char *authority_path, const char *list_path, tl_time_us now,
                            struct tl_trust **ret_trust, char ret_why[TL_WHY_SIZE])
{
    int authority = open(authority_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int list = open(list_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum tl_error error = tl_trust_open(authority, list, now, ret_trust, ret_why);
    if (authority >= 0)
        close(authority);
    if (list >= 0)
        close(list);
    return error;
}

tl_time_us tl_trust_ends(const struct tl_trust *trust)
{
    return trust->ends;
}

tl_time_us tl_trust_list_ends(const struct tl_trust *trust)
{
    return trust->list_ends;
}

/* ---- at a connection ---- */

bool tl_trust_ask(const struct tl_trust *trust, struct ssl_st *connection)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    bool good = names != NULL;
    for (int i = 0; good && i < sk_X509_num(trust->authorities); i++) {
        X509_NAME *name =
            X509_NAME_dup(X509_get_subject_name(sk_X509_value(trust->authorities, i)));
        good = name && sk_X509_NAME_push(names, name) > 0;
        if (!good)
            X509_NAME_free(name);
    }
    good =
        good && SSL_set1_verify_cert_store(connection, trust->store) == 1 &&
        X509_VERIFY_PARAM_set_flags(SSL_get0_param(connection), X509_V_FLAG_CRL_CHECK) == 1 &&
        SSL_set_num_tickets(connection, 0) == 1;
    if (!good) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        ERR_clear_error();
        return false;
    }
    SSL_set0_CA_list(connection, names);
    SSL_set_options(connection, SSL_OP_NO_TICKET);
    SSL_set_verify(connection, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
}

static enum tl_error describe(X509 *certificate, struct tl_client_identity *ret_identity)
{
    uint8_t digest[TL_PAIR_DIGEST_SIZE];
    unsigned size = sizeof digest;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    BIO *bio = BIO_new(BIO_s_mem());
    enum tl_error error = TL_OK;
    if (!bio || X509_digest(certificate, EVP_sha256(), digest, &size) != 1 ||
        ASN1_STRING_length(serial) > (TL_SERIAL_SIZE - 1) / 2 ||
        X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0)
        error = TL_ERROR_FORMAT;
    if (!error) {
        *ret_identity = (struct tl_client_identity){ .subject = "" };
        tl_hex_write(tl_bytes(digest, sizeof digest), ret_identity->fingerprint);
        tl_hex_write(
            tl_bytes(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)),
            ret_identity->serial);
        (void)BIO_read(bio, ret_identity->subject, sizeof ret_identity->subject - 1);
    }
    BIO_free(bio);
    ERR_clear_error();
    return error;
}

static bool is_believed(const struct tl_trust *trust, X509 *certificate, STACK_OF(X509) * sent,
                        tl_time_us now)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool good = context && X509_STORE_CTX_init(context, trust->store, certificate, sent) == 1;
    if (good) {
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context),
                                   (time_t)(now / TL_SECOND_US));
        good = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return good;
}

enum tl_error tl_trust_identify(const struct tl_trust *trust, struct ssl_st *connection,
                                tl_time_us now, struct tl_client_identity *ret_identity)
{
    X509 *certificate = SSL_get0_peer_certificate(connection);
    if (!certificate)
        return TL_ERROR_MISSING;
    if (!is_believed(trust, certificate, SSL_get_peer_cert_chain(connection), now))
        return TL_ERROR_AUTH;
    return describe(certificate, ret_identity);
}
