/* Codes, drift, replay and recovery codes, by the vectors of RFC 6238 appendix B. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sign_in/factor_seal.h"
#include "sign_in/totp.h"
#include "testing.h"

static const uint8_t *const rfc = (const uint8_t *)"12345678901234567890";
static const char *const account = "00000000-0000-4000-8000-000000000001";

static tl_time_us at(int64_t seconds)
{
    return seconds * TL_SECOND_US;
}

static void the_codes_are_those_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *code; /* the last six of the eight the RFC shows for SHA-1 */
    } vectors[] = { { 59, "287082" },         { 1111111109, "081804" },
                    { 1111111111, "050471" }, { 1234567890, "005924" },
                    { 2000000000, "279037" }, { 20000000000, "353130" } };
    char code[TL_TOTP_CODE_SIZE];
    for (size_t i = 0; i < TL_COUNT_OF(vectors); i++) {
        assert_int_equal(tl_totp_code(rfc, tl_totp_step(at(vectors[i].seconds)), code), TL_OK);
        assert_string_equal(code, vectors[i].code);
    }
    assert_int_equal(tl_totp_code(rfc, -1, code), TL_ERROR_CRYPTO);
}

static void a_step_of_drift_each_side_is_taken_and_no_more(void **state)
{
    (void)state;
    char code[TL_TOTP_CODE_SIZE];
    int64_t step = tl_totp_step(at(1111111109)), found;
    for (int64_t off = -3; off <= 3; off++) {
        assert_int_equal(tl_totp_code(rfc, step + off, code), TL_OK);
        bool near = off >= -TL_TOTP_DRIFT && off <= TL_TOTP_DRIFT;
        found = 0;
        assert_int_equal(tl_totp_check(rfc, tl_text(code), at(1111111109), 0, &found),
                         near ? TL_OK : TL_ERROR_AUTH);
        assert_int_equal(found, near ? step + off : 0);
    }
}

static void a_code_is_taken_once_and_so_is_none_before_it(void **state)
{
    (void)state;
    char code[TL_TOTP_CODE_SIZE];
    int64_t step = tl_totp_step(at(1111111109)), found = 0;
    for (int64_t off = -1; off <= 1; off++) {
        assert_int_equal(tl_totp_code(rfc, step + off, code), TL_OK);
        assert_int_equal(tl_totp_check(rfc, tl_text(code), at(1111111109), step, &found),
                         off > 0 ? TL_OK : TL_ERROR_EXISTS);
    }
    assert_int_equal(found, step + 1);
}

static void what_is_no_code_is_refused_as_none(void **state)
{
    (void)state;
    static const char *const others[] = { "",       "28708", "2870820", "28708a",
                                          "28 082", "٢٨٧",   "-87082" };
    int64_t found = 7;
    for (size_t i = 0; i < TL_COUNT_OF(others); i++)
        assert_int_equal(tl_totp_check(rfc, tl_text(others[i]), at(59), 0, &found),
                         TL_ERROR_FORMAT);
    assert_int_equal(found, 7);
}

static void the_secret_is_written_as_applications_read_it(void **state)
{
    (void)state;
    char text[TL_TOTP_TEXT_SIZE], uri[TL_TOTP_URI_SIZE], login[400];
    assert_int_equal(tl_totp_text(rfc, text), TL_OK);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_int_equal(tl_totp_uri(rfc, tl_text("anne&x=1 é@exemple.fr"), uri), TL_OK);
    assert_string_equal(uri,
                        "otpauth://totp/T%C3%A9l%C3%A9loire:anne%26x%3D1%20%C3%A9@exemple.fr"
                        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=T%C3%A9l%C3%A9loire"
                        "&algorithm=SHA1&digits=6&period=30");
    memset(login, '&', sizeof login - 1);
    login[sizeof login - 1] = 0;
    assert_int_equal(tl_totp_uri(rfc, tl_text(login), uri), TL_ERROR_LIMIT);
    login[200] = 0; /* as long as a login may be */
    assert_int_equal(tl_totp_uri(rfc, tl_text(login), uri), TL_OK);
}

static void a_recovery_code_is_read_as_people_copy_it(void **state)
{
    (void)state;
    uint8_t key[32] = { 7 }, other[32] = { 8 }, first[32], again[32];
    char code[TL_RECOVERY_CODE_SIZE], next[TL_RECOVERY_CODE_SIZE];
    tl_recovery_code_make(code);
    tl_recovery_code_make(next);
    assert_int_equal(strlen(code), 11);
    assert_string_not_equal(code, next);
    assert_int_equal(tl_recovery_code_hash(key, account, tl_text("abcde-fgh12"), first), TL_OK);
    static const char *const same[] = { "abcdefgh12", "ABCDE-FGH12", " abcde fgh12 ",
                                        "a-b-c-d-efgh12" };
    for (size_t i = 0; i < TL_COUNT_OF(same); i++) {
        assert_int_equal(tl_recovery_code_hash(key, account, tl_text(same[i]), again), TL_OK);
        assert_memory_equal(first, again, 32);
    }
    assert_int_equal(tl_recovery_code_hash(other, account, tl_text("abcde-fgh12"), again),
                     TL_OK);
    assert_memory_not_equal(first, again, 32);
    assert_int_equal(tl_recovery_code_hash(key, "another", tl_text("abcde-fgh12"), again),
                     TL_OK);
    assert_memory_not_equal(first, again, 32);
    static const char *const none[] = {
        "", "287082", "abcde-fgh1", "abcde-fgh123", "abcde-fgh0l", "abcdé-fgh1"
    };
    for (size_t i = 0; i < TL_COUNT_OF(none); i++)
        assert_int_equal(tl_recovery_code_hash(key, account, tl_text(none[i]), again),
                         TL_ERROR_FORMAT);
}

static void a_sealed_secret_opens_for_its_account_only(void **state)
{
    (void)state;
    uint8_t key[32] = { 1 }, other[32] = { 2 }, sealed[TL_FACTOR_SEALED_SIZE],
            secret[TL_TOTP_SECRET_SIZE];
    assert_int_equal(tl_factor_seal(key, account, rfc, sealed), TL_OK);
    assert_int_equal(tl_factor_open(key, account, tl_bytes(sealed, sizeof sealed), secret),
                     TL_OK);
    assert_memory_equal(secret, rfc, sizeof secret);
    assert_int_equal(tl_factor_open(key, "another", tl_bytes(sealed, sizeof sealed), secret),
                     TL_ERROR_AUTH);
    assert_int_equal(tl_factor_open(other, account, tl_bytes(sealed, sizeof sealed), secret),
                     TL_ERROR_AUTH);
    for (size_t size = 0; size < sizeof sealed; size++)
        assert_int_not_equal(tl_factor_open(key, account, tl_bytes(sealed, size), secret),
                             TL_OK);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_int_not_equal(
            tl_factor_open(key, account, tl_bytes(sealed, sizeof sealed), secret), TL_OK);
        sealed[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_are_those_of_the_rfc),
        cmocka_unit_test(a_step_of_drift_each_side_is_taken_and_no_more),
        cmocka_unit_test(a_code_is_taken_once_and_so_is_none_before_it),
        cmocka_unit_test(what_is_no_code_is_refused_as_none),
        cmocka_unit_test(the_secret_is_written_as_applications_read_it),
        cmocka_unit_test(a_recovery_code_is_read_as_people_copy_it),
        cmocka_unit_test(a_sealed_secret_opens_for_its_account_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
