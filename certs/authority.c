/* The local authority: one self-signed certificate, and the leaves it signs. */
#include "certs/authority.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "pair_private.h"

enum { SERIAL_SIZE = 16, DAY_S = 86400, CLOCK_DIFFERENCE_S = 3600 };

static bool serial_set(X509 *certificate)
{
    uint8_t bytes[SERIAL_SIZE];
    tl_random_bytes(bytes, sizeof bytes);
    bytes[0] &= 0x7f; /* positive: RFC 5280 section 4.1.2.2 */
    bytes[0] |= 0x01;
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

static bool extension_add(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool validity_set(X509 *certificate, tl_time_us now, unsigned days)
{
    time_t start = (time_t)(now / TL_SECOND_US) - CLOCK_DIFFERENCE_S;
    return ASN1_TIME_set(X509_getm_notBefore(certificate), start) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), start + (time_t)days * DAY_S);
}

static bool name_set(X509_NAME *name, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                                      (const unsigned char *)"T\303\251l\303\251loire", -1, -1,
                                      0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

/* Both must be freed on failure; tl_pair_free does. */
static enum tl_error pair_begin(struct tl_pair **ret_pair)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    if (!key || !certificate || X509_set_version(certificate, X509_VERSION_3) != 1 ||
        !serial_set(certificate) || X509_set_pubkey(certificate, key) != 1) {
        EVP_PKEY_free(key);
        X509_free(certificate);
        return TL_ERROR_CRYPTO;
    }
    return tl_pair_new(certificate, key, ret_pair);
}

enum tl_error tl_authority_make(const char *common_name, tl_time_us now,
                                struct tl_pair **ret_authority)
{
    size_t length = strnlen(common_name, TL_COMMON_NAME_LIMIT + 1);
    if (length == 0 || length > TL_COMMON_NAME_LIMIT || !tl_utf8_is_valid(tl_text(common_name)))
        return TL_ERROR_RANGE;
    struct tl_pair *pair;
    enum tl_error error = pair_begin(&pair);
    if (error)
        return error;
    X509 *certificate = pair->certificate;
    X509_NAME *name = X509_get_subject_name(certificate);
    if (!name_set(name, common_name) || X509_set_issuer_name(certificate, name) != 1 ||
        !validity_set(certificate, now, TL_AUTHORITY_DAYS) ||
        !extension_add(certificate, certificate, NID_basic_constraints,
                       "critical,CA:TRUE,pathlen:0") ||
        !extension_add(certificate, certificate, NID_key_usage,
                       "critical,keyCertSign,cRLSign") ||
        !extension_add(certificate, certificate, NID_subject_key_identifier, "hash") ||
        X509_sign(certificate, pair->key, EVP_sha256()) == 0) {
        ERR_clear_error();
        tl_pair_free(pair);
        return TL_ERROR_CRYPTO;
    }
    *ret_authority = pair;
    return TL_OK;
}

/* Built as structures, never through OpenSSL's configuration text: a name is data. */
static bool names_add(X509 *certificate, const char *const *names, size_t count)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    bool good = list != NULL;
    for (size_t i = 0; good && i < count; i++) {
        uint8_t address[16];
        size_t size = tl_name_address(names[i], address);
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_STRING *value =
            size ? ASN1_OCTET_STRING_new() : (ASN1_STRING *)ASN1_IA5STRING_new();
        good = name && value &&
               ASN1_STRING_set(value, size ? (const void *)address : (const void *)names[i],
                               size ? (int)size : -1) == 1;
        if (good) {
            GENERAL_NAME_set0_value(name, size ? GEN_IPADD : GEN_DNS, value);
            value = NULL;
            good = sk_GENERAL_NAME_push(list, name) > 0;
            if (good)
                name = NULL;
        }
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
    }
    good = good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0,
                                     X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(list);
    return good;
}

/* What every leaf has; names_add and the like come between this and the signature. */
static bool leaf_fill(X509 *certificate, X509 *issuer, const char *common_name,
                      const char *purpose, tl_time_us now, unsigned days)
{
    return name_set(X509_get_subject_name(certificate), common_name) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
           validity_set(certificate, now, days) &&
           extension_add(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           extension_add(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
           extension_add(certificate, issuer, NID_ext_key_usage, purpose) &&
           extension_add(certificate, issuer, NID_subject_key_identifier, "hash") &&
           extension_add(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

static enum tl_error leaf_begin(const struct tl_pair *authority, unsigned days, unsigned most,
                                tl_time_us now, struct tl_pair **ret_pair)
{
    struct tl_pair_facts facts;
    if (days == 0 || days > most)
        return TL_ERROR_RANGE;
    enum tl_error error = tl_pair_read_facts(authority, &facts);
    if (error)
        return error;
    if (now + (tl_time_us)days * DAY_S * TL_SECOND_US > facts.not_after)
        return TL_ERROR_STATE;
    return pair_begin(ret_pair);
}

static enum tl_error leaf_end(const struct tl_pair *authority, struct tl_pair *pair, bool good,
                              struct tl_pair **ret_pair)
{
    if (!good || X509_sign(pair->certificate, authority->key, EVP_sha256()) == 0) {
        ERR_clear_error();
        tl_pair_free(pair);
        return TL_ERROR_CRYPTO;
    }
    *ret_pair = pair;
    return TL_OK;
}

enum tl_error tl_authority_issue_server(const struct tl_pair *authority,
                                        const char *const *names, size_t count, unsigned days,
                                        tl_time_us now, struct tl_pair **ret_server)
{
    struct tl_pair *pair;
    if (count == 0 || count > TL_SERVER_NAMES_LIMIT)
        return TL_ERROR_LIMIT;
    if (days == 0 || days > TL_SERVER_DAYS_LIMIT)
        return TL_ERROR_RANGE;
    for (size_t i = 0; i < count; i++)
        if (tl_name_check(names[i]) != TL_OK)
            return TL_ERROR_FORMAT;
    enum tl_error error = leaf_begin(authority, days, TL_SERVER_DAYS_LIMIT, now, &pair);
    if (error)
        return error;
    /* A host name may be longer than a common name may be; browsers read the list of names. */
    const char *common_name = strlen(names[0]) <= TL_COMMON_NAME_LIMIT ? names[0] : "server";
    bool good = leaf_fill(pair->certificate, authority->certificate, common_name, "serverAuth",
                          now, days) &&
                names_add(pair->certificate, names, count);
    return leaf_end(authority, pair, good, ret_server);
}

static enum tl_error issue_named(const struct tl_pair *authority, const char *common_name,
                                 const char *purpose, unsigned days, unsigned most,
                                 tl_time_us now, struct tl_pair **ret_pair)
{
    struct tl_pair *pair;
    size_t length = strnlen(common_name, TL_COMMON_NAME_LIMIT + 1);
    if (length == 0 || length > TL_COMMON_NAME_LIMIT || !tl_utf8_is_valid(tl_text(common_name)))
        return TL_ERROR_FORMAT;
    enum tl_error error = leaf_begin(authority, days, most, now, &pair);
    if (error)
        return error;
    bool good =
        leaf_fill(pair->certificate, authority->certificate, common_name, purpose, now, days);
    /* A responder's own state cannot be asked of itself (RFC 6960 section 4.2.2.2.1). */
    if (good && strcmp(purpose, "OCSPSigning") == 0)
        good = extension_add(pair->certificate, authority->certificate,
                             NID_id_pkix_OCSP_noCheck, "NULL");
    return leaf_end(authority, pair, good, ret_pair);
}

enum tl_error tl_authority_issue_client(const struct tl_pair *authority,
                                        const char *common_name, unsigned days, tl_time_us now,
                                        struct tl_pair **ret_client)
{
    return issue_named(authority, common_name, "clientAuth", days, TL_CLIENT_DAYS_LIMIT, now,
                       ret_client);
}

enum tl_error tl_authority_issue_responder(const struct tl_pair *authority, unsigned days,
                                           tl_time_us now, struct tl_pair **ret_responder)
{
    return issue_named(authority, "OCSP", "OCSPSigning", days, TL_CLIENT_DAYS_LIMIT, now,
                       ret_responder);
}
