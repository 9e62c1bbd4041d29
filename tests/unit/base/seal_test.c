/* Sealed bytes open with the right key and context, and with nothing else. */
#include "testing.h"

#include "base/memory.h"
#include "base/seal.h"
#include "base/secret.h"

static const struct tl_text context = { "outbox 1", 8 };

static void only_the_private_key_opens_what_the_public_key_sealed(void **state)
{
    (void)state;
    uint8_t private_key[32], public_key[32], other_private[32], other_public[32];
    assert_int_equal(tl_seal_key_make(private_key, public_key), TL_OK);
    assert_int_equal(tl_seal_key_make(other_private, other_public), TL_OK);
    tl_autofree uint8_t *sealed = NULL;
    tl_autofree uint8_t *plain = NULL;
    size_t sealed_size, plain_size;
    assert_int_equal(
        tl_seal_to(public_key, context, tl_bytes("hello", 5), &sealed, &sealed_size), TL_OK);
    struct tl_bytes box = tl_bytes(sealed, sealed_size);
    assert_int_equal(tl_unseal_to(private_key, context, box, &plain, &plain_size), TL_OK);
    assert_int_equal(plain_size, 5);
    assert_memory_equal(plain, "hello", 6);
    uint8_t *none = NULL;
    assert_int_equal(tl_unseal_to(other_private, context, box, &none, &plain_size),
                     TL_ERROR_AUTH);
    assert_int_equal(tl_unseal_to(private_key, TL_TEXT("outbox 2"), box, &none, &plain_size),
                     TL_ERROR_AUTH);
    for (size_t i = 1; i < sealed_size; i++) {
        sealed[i] ^= 1;
        assert_int_equal(tl_unseal_to(private_key, context, box, &none, &plain_size),
                         TL_ERROR_AUTH);
        sealed[i] ^= 1;
    }
    for (size_t size = 0; size < TL_SEAL_PUBLIC_OVERHEAD; size++)
        assert_int_equal(
            tl_unseal_to(private_key, context, tl_bytes(sealed, size), &none, &plain_size),
            TL_ERROR_FORMAT);
    assert_null(none);
}

static void a_secret_key_seals_the_same_text_differently_each_time(void **state)
{
    (void)state;
    uint8_t key[32];
    tl_random_bytes(key, sizeof key);
    tl_autofree uint8_t *one = NULL;
    tl_autofree uint8_t *two = NULL;
    tl_autofree uint8_t *plain = NULL;
    size_t size, plain_size;
    assert_int_equal(tl_seal_with(key, context, tl_bytes("", 0), &one, &size), TL_OK);
    assert_int_equal(tl_seal_with(key, context, tl_bytes("", 0), &two, &size), TL_OK);
    assert_int_equal(size, TL_SEAL_SECRET_OVERHEAD);
    assert_memory_not_equal(one, two, size);
    assert_int_equal(tl_unseal_with(key, context, tl_bytes(one, size), &plain, &plain_size),
                     TL_OK);
    assert_int_equal(plain_size, 0);
    uint8_t *none = NULL;
    key[0] ^= 1;
    assert_int_equal(tl_unseal_with(key, context, tl_bytes(one, size), &none, &plain_size),
                     TL_ERROR_AUTH);
    assert_int_equal(tl_unseal_with(key, context, tl_bytes(one, size - 1), &none, &plain_size),
                     TL_ERROR_FORMAT);
    assert_null(none);
}

static void sixteen_mebibytes_are_sealed_and_not_a_byte_more(void **state)
{
    (void)state;
    uint8_t key[32], private_key[32], public_key[32];
    tl_random_bytes(key, sizeof key);
    assert_int_equal(tl_seal_key_make(private_key, public_key), TL_OK);
    tl_autofree uint8_t *much = calloc(1, TL_SEAL_LIMIT + TL_SEAL_PUBLIC_OVERHEAD + 1);
    struct tl_bytes most = tl_bytes(much, TL_SEAL_LIMIT), more = { much, most.size + 1 };
    tl_autofree uint8_t *sealed = NULL;
    tl_autofree uint8_t *for_one = NULL;
    tl_autofree uint8_t *plain = NULL;
    tl_autofree uint8_t *of_one = NULL;
    uint8_t *none = NULL;
    size_t size, one_size, plain_size;
    assert_int_equal(tl_seal_with(key, context, most, &sealed, &size), TL_OK);
    assert_int_equal(tl_unseal_with(key, context, tl_bytes(sealed, size), &plain, &plain_size),
                     TL_OK);
    assert_int_equal(plain_size, TL_SEAL_LIMIT);
    assert_int_equal(tl_seal_with(key, context, more, &none, &size), TL_ERROR_LIMIT);
    assert_int_equal(tl_seal_to(public_key, context, most, &for_one, &one_size), TL_OK);
    assert_int_equal(
        tl_unseal_to(private_key, context, tl_bytes(for_one, one_size), &of_one, &plain_size),
        TL_OK);
    assert_int_equal(plain_size, TL_SEAL_LIMIT);
    assert_int_equal(tl_seal_to(public_key, context, more, &none, &size), TL_ERROR_LIMIT);
    /* what is longer than anything we seal is not even tried */
    much[0] = sealed[0];
    assert_int_equal(tl_unseal_with(key, context,
                                    tl_bytes(much, TL_SEAL_LIMIT + TL_SEAL_SECRET_OVERHEAD),
                                    &none, &plain_size),
                     TL_ERROR_AUTH);
    assert_int_equal(tl_unseal_with(key, context,
                                    tl_bytes(much, TL_SEAL_LIMIT + TL_SEAL_SECRET_OVERHEAD + 1),
                                    &none, &plain_size),
                     TL_ERROR_FORMAT);
    much[0] = for_one[0];
    assert_int_equal(tl_unseal_to(private_key, context,
                                  tl_bytes(much, TL_SEAL_LIMIT + TL_SEAL_PUBLIC_OVERHEAD),
                                  &none, &plain_size),
                     TL_ERROR_AUTH);
    assert_int_equal(tl_unseal_to(private_key, context,
                                  tl_bytes(much, TL_SEAL_LIMIT + TL_SEAL_PUBLIC_OVERHEAD + 1),
                                  &none, &plain_size),
                     TL_ERROR_FORMAT);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_private_key_opens_what_the_public_key_sealed),
        cmocka_unit_test(a_secret_key_seals_the_same_text_differently_each_time),
        cmocka_unit_test(sixteen_mebibytes_are_sealed_and_not_a_byte_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
