/* Data keys: whose they are, which one is in use, and what a transaction that did not stand leaves. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "seal/keyring.h"

#define OWNER "00000000-0000-4000-8000-000000000101"
static const uint8_t keks[2][TL_SEAL_KEY_SIZE] = { { 1 }, { 2 } };
static const uint8_t key[TL_SEAL_KEY_SIZE] = { 3 };

static void a_data_key_opens_for_its_owner_and_under_a_key_that_is_still_known(void **state)
{
    (void)state;
    struct tl_keyring *before = tl_keyring_new(keks + 1, 1), *after = tl_keyring_new(keks, 2);
    struct tl_keyring *lost = tl_keyring_new(keks, 1);
    uint8_t wrapped[TL_KEYRING_WRAPPED_SIZE], opened[TL_SEAL_KEY_SIZE] = { 0 };
    bool old = false;
    assert_int_equal(tl_keyring_wrap(before, OWNER, key, wrapped), TL_OK);
    struct tl_bytes bytes = tl_bytes(wrapped, sizeof wrapped);
    assert_int_equal(tl_keyring_unwrap(after, OWNER, bytes, opened, &old), TL_OK);
    assert_memory_equal(opened, key, sizeof key);
    assert_true(old);
    assert_int_equal(tl_keyring_unwrap(before, OWNER, bytes, opened, &old), TL_OK);
    assert_false(old);
    assert_int_equal(tl_keyring_unwrap(before, "", bytes, opened, &old), TL_ERROR_AUTH);
    assert_int_equal(tl_keyring_unwrap(lost, OWNER, bytes, opened, &old), TL_ERROR_AUTH);
    tl_keyring_free(before);
    tl_keyring_free(after);
    tl_keyring_free(lost);
}

static void keys_are_found_by_number_in_whatever_order_they_came(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    struct tl_keyring *ring = tl_keyring_new(keks, 1);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t id = i * 37 % 101; /* each of 0 to 100 but one, not in order */
        const uint8_t one[TL_SEAL_KEY_SIZE] = { (uint8_t)id };
        assert_int_equal(tl_keyring_keep(ring, id, OWNER, one, false), TL_OK);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(tl_keyring_find(ring, i * 37 % 101)[0], i * 37 % 101);
    assert_null(tl_keyring_find(ring, COUNT * 37 % 101));
    tl_keyring_free(ring);
}

static void what_a_transaction_made_is_forgotten_when_the_next_begins(void **state)
{
    (void)state;
    struct tl_keyring *ring = tl_keyring_new(keks, 1);
    uint32_t id = 0;
    assert_int_equal(tl_keyring_keep(ring, 1, OWNER, key, false), TL_OK);
    assert_int_equal(tl_keyring_keep(ring, 2, OWNER, key, true), TL_OK);
    tl_keyring_set_current(ring, 2, 5);
    assert_true(tl_keyring_current(ring, OWNER, 5, &id));
    assert_int_equal(id, 2);
    tl_keyring_forget_made(ring);
    assert_null(tl_keyring_find(ring, 2));
    assert_non_null(tl_keyring_find(ring, 1));
    assert_false(tl_keyring_current(ring, OWNER, 5, &id));
    tl_keyring_free(ring);
}

static void the_key_in_use_is_asked_for_again_after_a_while_and_is_one(void **state)
{
    (void)state;
    const tl_time_us later = (tl_time_us)TL_KEYRING_CURRENT_S * TL_SECOND_US;
    struct tl_keyring *ring = tl_keyring_new(keks, 1);
    uint32_t id = 0;
    for (uint32_t i = 1; i <= 3; i++)
        assert_int_equal(tl_keyring_keep(ring, i, i == 3 ? "" : OWNER, key, false), TL_OK);
    tl_keyring_set_current(ring, 2, 0);
    tl_keyring_set_current(ring, 1, 0);
    assert_true(tl_keyring_current(ring, OWNER, later - 1, &id));
    assert_int_equal(id, 1);
    assert_false(tl_keyring_current(ring, OWNER, later, &id));
    assert_false(tl_keyring_current(ring, "", 0, &id));
    tl_keyring_free(ring);
}

static enum tl_error read_file(const char *text)
{
    char path[] = "/tmp/teleloire-keyring-XXXXXX";
    struct tl_keyring *ring = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum tl_error error = tl_keyring_read(path, &ring);
    unlink(path);
    tl_keyring_free(ring);
    return error;
}

static void a_file_holds_one_to_four_keys(void **state)
{
    (void)state;
#define LINE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF\n"
    assert_int_equal(read_file(LINE), TL_OK);
    assert_int_equal(read_file(LINE "\n" LINE LINE LINE), TL_OK);
    assert_int_equal(read_file(LINE LINE LINE LINE LINE), TL_ERROR_LIMIT);
    assert_int_equal(read_file(""), TL_ERROR_FORMAT);
    assert_int_equal(read_file("0123\n"), TL_ERROR_FORMAT);
    assert_int_equal(read_file(LINE "g\n"), TL_ERROR_FORMAT);
    struct tl_keyring *ring = NULL;
    assert_int_equal(tl_keyring_read("/nowhere/key", &ring), TL_ERROR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_key_opens_for_its_owner_and_under_a_key_that_is_still_known),
        cmocka_unit_test(keys_are_found_by_number_in_whatever_order_they_came),
        cmocka_unit_test(what_a_transaction_made_is_forgotten_when_the_next_begins),
        cmocka_unit_test(the_key_in_use_is_asked_for_again_after_a_while_and_is_one),
        cmocka_unit_test(a_file_holds_one_to_four_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
