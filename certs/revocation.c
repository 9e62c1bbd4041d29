/* What others are told of revoked certificates: a list, and answers to questions. */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "certs/issued.h"
#include "pair_private.h"

enum { HOUR_S = 3600 };

static ASN1_INTEGER *serial_of(const char *hex)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial = BN_hex2bn(&number, hex) ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    BN_free(number);
    return serial;
}

static bool copy_out(BIO *bio, char **ret_data, size_t *ret_size)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *copy = size > 0 ? malloc((size_t)size) : NULL;
    if (!copy)
        return false;
    memcpy(copy, data, (size_t)size);
    *ret_data = copy;
    *ret_size = (size_t)size;
    return true;
}

/* ---- the list (RFC 5280 section 5) ---- */

static bool list_add(X509_CRL *list, const struct tl_issued *issued)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = serial_of(issued->serial);
    ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)issued->revoked_s);
    ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
    int code = tl_revocation_reason_code(issued->reason);
    bool good = entry && serial && at && reason &&
                X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                X509_REVOKED_set_revocationDate(entry, at) == 1;
    /* "unspecified" is said by saying nothing: section 5.3.1 */
    if (good && code != CRL_REASON_UNSPECIFIED)
        good = ASN1_ENUMERATED_set(reason, code) == 1 &&
               X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0) == 1;
    good = good && X509_CRL_add0_revoked(list, entry) == 1;
    if (!good)
        X509_REVOKED_free(entry);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(at);
    ASN1_ENUMERATED_free(reason);
    return good;
}

static bool list_extend(X509_CRL *list, X509 *issuer, int64_t number)
{
    X509V3_CTX context;
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, NULL, NULL, list, 0);
    X509_EXTENSION *key =
        X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    bool good = key && value && X509_CRL_add_ext(list, key, -1) == 1 &&
                ASN1_INTEGER_set_int64(value, number) == 1 &&
                X509_CRL_add1_ext_i2d(list, NID_crl_number, value, 0, 0) == 1;
    X509_EXTENSION_free(key);
    ASN1_INTEGER_free(value);
    return good;
}

enum tl_error tl_index_list(struct tl_index *index, const struct tl_pair *authority,
                            unsigned hours, tl_time_us now, char **ret_pem, size_t *ret_size)
{
    X509_CRL *list = X509_CRL_new();
    time_t from = (time_t)(now / TL_SECOND_US);
    ASN1_TIME *begins = ASN1_TIME_set(NULL, from - HOUR_S); /* clocks differ */
    ASN1_TIME *ends = ASN1_TIME_set(NULL, from + (time_t)hours * HOUR_S);
    BIO *bio = BIO_new(BIO_s_mem());
    bool good =
        list && begins && ends && bio && X509_CRL_set_version(list, 1) == 1 &&
        X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->certificate)) == 1 &&
        X509_CRL_set1_lastUpdate(list, begins) == 1 &&
        X509_CRL_set1_nextUpdate(list, ends) == 1;
    for (size_t i = 0; good && i < index->count; i++)
        if (index->items[i].revoked_s && index->items[i].until_s > (int64_t)from)
            good = list_add(list, &index->items[i]);
    good = good && list_extend(list, authority->certificate, index->list_number + 1) &&
           X509_CRL_sort(list) == 1 && X509_CRL_sign(list, authority->key, EVP_sha256()) > 0 &&
           PEM_write_bio_X509_CRL(bio, list) == 1 && copy_out(bio, ret_pem, ret_size);
    index->list_number += good;
    X509_CRL_free(list);
    ASN1_TIME_free(begins);
    ASN1_TIME_free(ends);
    BIO_free(bio);
    ERR_clear_error();
    return good ? TL_OK : TL_ERROR_CRYPTO;
}

/* ---- answers (RFC 6960) ---- */

static bool is_ours(OCSP_CERTID *asked, const X509 *authority)
{
    ASN1_OBJECT *digest_name = NULL;
    if (OCSP_id_get0_info(NULL, &digest_name, NULL, NULL, asked) != 1)
        return false;
    const EVP_MD *digest = EVP_get_digestbyobj(digest_name);
    OCSP_CERTID *ours = digest ? OCSP_cert_to_id(digest, NULL, authority) : NULL;
    bool same = ours && OCSP_id_issuer_cmp(ours, asked) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

static const struct tl_issued *find_asked(const struct tl_index *index, OCSP_CERTID *asked)
{
    ASN1_INTEGER *serial = NULL;
    char hex[TL_SERIAL_SIZE];
    if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, asked) != 1)
        return NULL;
    size_t size = (size_t)ASN1_STRING_length(serial);
    if (size == 0 || size > (TL_SERIAL_SIZE - 1) / 2)
        return NULL;
    tl_hex_write(tl_bytes(ASN1_STRING_get0_data(serial), size), hex);
    return tl_index_find(index, hex);
}

struct answering {
    const struct tl_index *index;
    const struct tl_pair *authority;
    ASN1_TIME *begins, *ends;
};

static bool answer_one(OCSP_BASICRESP *basic, OCSP_CERTID *asked, const struct answering *with)
{
    const struct tl_issued *issued =
        is_ours(asked, with->authority->certificate) ? find_asked(with->index, asked) : NULL;
    int status = !issued             ? V_OCSP_CERTSTATUS_UNKNOWN
                 : issued->revoked_s ? V_OCSP_CERTSTATUS_REVOKED
                                     : V_OCSP_CERTSTATUS_GOOD;
    ASN1_TIME *at =
        issued && issued->revoked_s ? ASN1_TIME_set(NULL, (time_t)issued->revoked_s) : NULL;
    int code = issued && issued->reason ? tl_revocation_reason_code(issued->reason) : -1;
    bool good = OCSP_basic_add1_status(basic, asked, status, code, at, with->begins,
                                       with->ends) != NULL;
    ASN1_TIME_free(at);
    return good;
}

static OCSP_RESPONSE *answer_all(OCSP_REQUEST *request, const struct answering *with,
                                 const struct tl_pair *responder)
{
    int count = request ? OCSP_request_onereq_count(request) : 0;
    if (count < 1 || count > TL_OCSP_ASKED_LIMIT)
        return OCSP_response_create(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    bool good = basic != NULL;
    for (int i = 0; good && i < count; i++)
        good =
            answer_one(basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i)), with);
    /* 2: the question carried no number used once, which is its right */
    good = good && OCSP_copy_nonce(basic, request) > 0 &&
           OCSP_basic_sign(basic, responder->certificate, responder->key, EVP_sha256(), NULL,
                           0) == 1;
    OCSP_RESPONSE *response =
        good ? OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic) : NULL;
    OCSP_BASICRESP_free(basic);
    return response;
}

enum tl_error tl_index_answer(const struct tl_index *index, const struct tl_pair *authority,
                              const struct tl_pair *responder, struct tl_bytes request,
                              unsigned hours, tl_time_us now, uint8_t **ret_answer,
                              size_t *ret_size)
{
    const unsigned char *at = request.data;
    time_t from = (time_t)(now / TL_SECOND_US);
    OCSP_REQUEST *read = request.size <= TL_OCSP_REQUEST_LIMIT_BYTES
                             ? d2i_OCSP_REQUEST(NULL, &at, (long)request.size)
                             : NULL;
    struct answering with = { .index = index,
                              .authority = authority,
                              .begins = ASN1_GENERALIZEDTIME_set(NULL, from),
                              .ends = ASN1_GENERALIZEDTIME_set(NULL,
                                                               from + (time_t)hours * HOUR_S) };
    OCSP_RESPONSE *response =
        with.begins && with.ends ? answer_all(read, &with, responder) : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    bool good = response && bio && i2d_OCSP_RESPONSE_bio(bio, response) == 1 &&
                copy_out(bio, &data, ret_size);
    if (good)
        *ret_answer = (uint8_t *)data;
    OCSP_RESPONSE_free(response);
    OCSP_REQUEST_free(read);
    ASN1_TIME_free(with.begins);
    ASN1_TIME_free(with.ends);
    BIO_free(bio);
    ERR_clear_error();
    return good ? TL_OK : TL_ERROR_CRYPTO;
}
