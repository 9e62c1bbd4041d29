/* The index of what was issued, and what others are told of it. */
#include "testing.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/issued.h"
#include "pair_private.h"

static tl_time_us now;
static struct tl_pair *authority, *responder;

static int begin(void **state)
{
    (void)state;
    now = tl_clock_wall();
    return tl_authority_make("Test", now, &authority) ||
           tl_authority_issue_responder(authority, 30, now, &responder);
}

static int end(void **state)
{
    (void)state;
    authority = tl_pair_free(authority);
    responder = tl_pair_free(responder);
    return 0;
}

static struct tl_pair *add(struct tl_index *index, const char *name)
{
    struct tl_pair *pair;
    struct tl_issued issued;
    assert_int_equal(tl_authority_issue_client(authority, name, 30, now, &pair), TL_OK);
    assert_int_equal(tl_issued_of(pair, name, &issued), TL_OK);
    assert_int_equal(tl_index_add(index, &issued), TL_OK);
    assert_int_equal(tl_index_add(index, &issued), TL_ERROR_EXISTS);
    return pair;
}

static void an_index_is_read_as_it_was_written_and_no_cut_of_it(void **state)
{
    (void)state;
    struct tl_index index = { .list_number = 4 }, again;
    char *text, *twice;
    size_t size, twice_size;
    tl_pair_free(add(&index, "lgc-angers"));
    tl_pair_free(add(&index, "lgc-nantes"));
    index.items[1].revoked_s = now / TL_SECOND_US;
    index.items[1].reason = TL_REVOKED_SUPERSEDED;
    assert_int_equal(tl_index_write(&index, &text, &size), TL_OK);
    assert_int_equal(tl_index_read(tl_bytes(text, size), &again), TL_OK);
    assert_int_equal(tl_index_write(&again, &twice, &twice_size), TL_OK);
    assert_int_equal(size, twice_size);
    assert_memory_equal(text, twice, size);
    tl_index_free(&again);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_not_equal(tl_index_read(tl_bytes(text, cut), &again), TL_OK);
    free(text);
    free(twice);
    tl_index_free(&index);
}

static void a_wrong_field_of_the_index_is_refused(void **state)
{
    (void)state;
    static const char print[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        const char *serial, *more;
        enum tl_error error;
    } rows[] = {
        { "0a", "", TL_OK },
        { "0A", "", TL_ERROR_FORMAT },
        { "0", "", TL_ERROR_FORMAT },
        { "zz", "", TL_ERROR_FORMAT },
        { "0a", ",\"other\":1", TL_ERROR_FORMAT },
        { "0a", ",\"revoked\":1", TL_ERROR_FORMAT },
        { "0a", ",\"revoked\":1,\"reason\":\"superseded\"", TL_OK },
        { "0a", ",\"revoked\":1,\"reason\":\"whatever\"", TL_ERROR_FORMAT },
        { "0a", ",\"revoked\":-1,\"reason\":\"superseded\"", TL_ERROR_FORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        struct tl_index index;
        int size = snprintf(text, sizeof text,
                            "{\"list_number\":0,\"certificates\":[{\"serial\":\"%s\",\"name\":"
                            "\"n\",\"fingerprint\":\"%s\",\"from\":1,\"until\":2%s}]}",
                            rows[i].serial, print, rows[i].more);
        enum tl_error error = tl_index_read(tl_bytes(text, (size_t)size), &index);
        if (error != rows[i].error)
            print_error("row %zu\n", i);
        assert_int_equal(error, rows[i].error);
        if (!error)
            tl_index_free(&index);
    }
}

static void ten_thousand_certificates_are_kept_and_not_one_more(void **state)
{
    (void)state;
    struct tl_index index = { .items = calloc(TL_ISSUED_LIMIT, sizeof(struct tl_issued)),
                              .count = TL_ISSUED_LIMIT - 1,
                              .room = TL_ISSUED_LIMIT };
    struct tl_issued one = { .serial = "aa", .name = "n" }, other = { .serial = "bb" };
    assert_int_equal(tl_index_add(&index, &one), TL_OK);
    assert_int_equal(tl_index_add(&index, &other), TL_ERROR_LIMIT);
    assert_int_equal(index.count, TL_ISSUED_LIMIT);
    tl_index_free(&index);
}

static X509_CRL *list_of(struct tl_index *index)
{
    char *pem;
    size_t size;
    assert_int_equal(tl_index_list(index, authority, 24, now, &pem, &size), TL_OK);
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    BIO_free(bio);
    free(pem);
    assert_non_null(list);
    assert_int_equal(X509_CRL_verify(list, authority->key), 1);
    return list;
}

static bool holds(X509_CRL *list, const struct tl_pair *pair)
{
    X509_REVOKED *entry;
    return X509_CRL_get0_by_cert(list, &entry, pair->certificate) == 1;
}

static void a_list_holds_what_is_revoked_until_it_ends_by_itself(void **state)
{
    (void)state;
    struct tl_index index = { 0 };
    struct tl_pair *good = add(&index, "good"), *bad = add(&index, "bad"),
                   *old = add(&index, "old");
    index.items[1].revoked_s = index.items[2].revoked_s = now / TL_SECOND_US;
    index.items[1].reason = TL_REVOKED_KEY_COMPROMISE;
    index.items[2].until_s = now / TL_SECOND_US;
    X509_CRL *list = list_of(&index);
    assert_false(holds(list, good));
    assert_true(holds(list, bad));
    assert_false(holds(list, old));
    assert_int_equal(index.list_number, 1);
    X509_CRL_free(list);
    X509_CRL_free(list_of(&index));
    assert_int_equal(index.list_number, 2);
    tl_pair_free(good);
    tl_pair_free(bad);
    tl_pair_free(old);
    tl_index_free(&index);
}

/* ---- questions ---- */

static OCSP_RESPONSE *ask(const struct tl_index *index, struct tl_bytes question)
{
    uint8_t *answer;
    size_t size;
    assert_int_equal(
        tl_index_answer(index, authority, responder, question, 24, now, &answer, &size), TL_OK);
    const unsigned char *at = answer;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)size);
    assert_non_null(response);
    free(answer);
    return response;
}

static struct tl_bytes question_of(const struct tl_pair *pair, const struct tl_pair *issuer,
                                   int times, uint8_t **ret_memory)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    for (int i = 0; i < times; i++)
        OCSP_request_add0_id(
            request, OCSP_cert_to_id(EVP_sha1(), pair->certificate, issuer->certificate));
    *ret_memory = NULL;
    int size = i2d_OCSP_REQUEST(request, ret_memory);
    OCSP_REQUEST_free(request);
    return tl_bytes(*ret_memory, (size_t)size);
}

static int status_of(const struct tl_index *index, const struct tl_pair *pair,
                     const struct tl_pair *issuer)
{
    uint8_t *memory;
    OCSP_RESPONSE *response = ask(index, question_of(pair, issuer, 1, &memory));
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_SUCCESSFUL);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, authority->certificate);
    /* OpenSSL takes nobody's word about what another authority issued. */
    assert_int_equal(OCSP_basic_verify(basic, NULL, store, 0), issuer == authority);
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), pair->certificate, issuer->certificate);
    int status = -1;
    assert_int_equal(OCSP_resp_find_status(basic, id, &status, NULL, NULL, NULL, NULL), 1);
    OCSP_CERTID_free(id);
    X509_STORE_free(store);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    OPENSSL_free(memory);
    return status;
}

static void an_answer_says_good_revoked_or_unknown_and_is_signed_by_who_may(void **state)
{
    (void)state;
    struct tl_index index = { 0 }, none = { 0 };
    struct tl_pair *good = add(&index, "good"), *bad = add(&index, "bad"), *stranger;
    assert_int_equal(tl_authority_make("Test", now, &stranger), TL_OK);
    index.items[1].revoked_s = now / TL_SECOND_US;
    assert_int_equal(status_of(&index, good, authority), V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(status_of(&index, bad, authority), V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(status_of(&none, good, authority), V_OCSP_CERTSTATUS_UNKNOWN);
    /* The serial is known, but it is another authority's that is asked about. */
    assert_int_equal(status_of(&index, good, stranger), V_OCSP_CERTSTATUS_UNKNOWN);
    tl_pair_free(good);
    tl_pair_free(bad);
    tl_pair_free(stranger);
    tl_index_free(&index);
}

static void sixteen_are_asked_about_at_once_and_junk_is_answered_as_such(void **state)
{
    (void)state;
    struct tl_index index = { 0 };
    struct tl_pair *pair = add(&index, "one");
    for (int times = TL_OCSP_ASKED_LIMIT; times <= TL_OCSP_ASKED_LIMIT + 1; times++) {
        uint8_t *memory;
        OCSP_RESPONSE *response = ask(&index, question_of(pair, authority, times, &memory));
        assert_int_equal(OCSP_response_status(response),
                         times == TL_OCSP_ASKED_LIMIT ? OCSP_RESPONSE_STATUS_SUCCESSFUL
                                                      : OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
        OCSP_RESPONSE_free(response);
        OPENSSL_free(memory);
    }
    uint8_t *memory;
    struct tl_bytes whole = question_of(pair, authority, 1, &memory);
    for (size_t cut = 0; cut < whole.size; cut++) {
        OCSP_RESPONSE *response = ask(&index, tl_bytes(whole.data, cut));
        assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
        OCSP_RESPONSE_free(response);
    }
    OPENSSL_free(memory);
    tl_pair_free(pair);
    tl_index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_is_read_as_it_was_written_and_no_cut_of_it),
        cmocka_unit_test(a_wrong_field_of_the_index_is_refused),
        cmocka_unit_test(ten_thousand_certificates_are_kept_and_not_one_more),
        cmocka_unit_test(a_list_holds_what_is_revoked_until_it_ends_by_itself),
        cmocka_unit_test(an_answer_says_good_revoked_or_unknown_and_is_signed_by_who_may),
        cmocka_unit_test(sixteen_are_asked_about_at_once_and_junk_is_answered_as_such),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
