/* The front of the sign-in, with the clock passed in; and the mark of a device that was here before. */
#include <stdio.h>
#include <string.h>

#include "sign_in/attempts.h"
#include "sign_in/devices.h"
#include "testing.h"

static const tl_time_us start = 1000000 * (tl_time_us)TL_SECOND_US;

static struct tl_attempts_try of(const char *login, const char *address, const char *device)
{
    struct tl_attempts_try tried = { 0 };
    if (login)
        tried.keys[TL_ATTEMPTS_LOGIN] = tl_bytes(login, strlen(login));
    if (address)
        tried.keys[TL_ATTEMPTS_ADDRESS] = tl_bytes(address, strlen(address));
    if (device)
        tried.keys[TL_ATTEMPTS_DEVICE] = tl_bytes(device, strlen(device));
    return tried;
}

/* How many of so many tries go through. */
static unsigned take(struct tl_attempts *attempts, struct tl_attempts_try tried, unsigned count,
                     tl_time_us now)
{
    unsigned taken = 0;
    enum tl_attempts_kind kind;
    int wait_s;
    for (unsigned i = 0; i < count; i++)
        taken += tl_attempts_take(attempts, &tried, now, &kind, &wait_s);
    return taken;
}

static void a_login_has_twelve_tries_and_then_one_a_minute(void **state)
{
    (void)state;
    struct tl_attempts *attempts = tl_attempts_new(1);
    struct tl_attempts_try one = of("anne", NULL, NULL);
    enum tl_attempts_kind kind = TL_ATTEMPTS_KINDS;
    int wait_s = 0;
    assert_int_equal(take(attempts, one, 10000, start), 12);
    assert_false(tl_attempts_take(attempts, &one, start, &kind, &wait_s));
    assert_int_equal(kind, TL_ATTEMPTS_LOGIN);
    assert_in_range(wait_s, 50, 60);
    assert_int_equal(take(attempts, one, 10, start + 58 * TL_SECOND_US), 0);
    assert_int_equal(take(attempts, one, 10, start + 60 * TL_SECOND_US), 1);
    assert_int_equal(take(attempts, one, 100, start + 86400 * (tl_time_us)TL_SECOND_US), 12);
    assert_int_equal(take(attempts, of("bruno", NULL, NULL), 100, start), 12);
    tl_attempts_free(attempts);
}

static void an_address_has_a_hundred_whatever_the_logins(void **state)
{
    (void)state;
    struct tl_attempts *attempts = tl_attempts_new(2);
    unsigned taken = 0;
    for (unsigned i = 0; i < 10000; i++) {
        char login[16];
        snprintf(login, sizeof login, "%u", i);
        taken += take(attempts, of(login, "192.0.2.1", NULL), 1, start);
    }
    assert_int_equal(taken, 100);
    assert_int_equal(take(attempts, of("x", "192.0.2.2", NULL), 1, start), 1);
    assert_int_equal(tl_attempts_refused(attempts, TL_ATTEMPTS_ADDRESS), 9900);
    tl_attempts_free(attempts);
}

static void what_is_refused_by_one_is_taken_from_none(void **state)
{
    (void)state;
    struct tl_attempts *attempts = tl_attempts_new(3);
    take(attempts, of("anne", "192.0.2.1", NULL), 10000, start);
    /* Twelve of the address' hundred, however often it was refused for the login. */
    assert_int_equal(take(attempts, of(NULL, "192.0.2.1", NULL), 1000, start), 88);
    tl_attempts_free(attempts);
}

static void a_device_keeps_its_share_and_success_gives_it_back(void **state)
{
    (void)state;
    struct tl_attempts *attempts = tl_attempts_new(4);
    struct tl_attempts_try device = of(NULL, NULL, "anne at home");
    take(attempts, of("anne", "192.0.2.1", NULL), 10000, start);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(take(attempts, device, 1, start), 1);
        tl_attempts_give_back(attempts, &device);
    }
    assert_int_equal(take(attempts, device, 100, start), 12);
    for (unsigned i = 0; i < 100; i++)
        tl_attempts_give_back(attempts, &device);
    assert_int_equal(take(attempts, device, 100, start), 12); /* never more than there were */
    tl_attempts_free(attempts);
}

static void a_flood_is_told_in_one_row_and_nothing_is_lost(void **state)
{
    (void)state;
    struct tl_attempts *attempts = tl_attempts_new(5);
    struct tl_attempts_flood flood;
    tl_time_us later = start + TL_ATTEMPTS_TELL_S * (tl_time_us)TL_SECOND_US;
    assert_false(tl_attempts_next_flood(attempts, start, &flood));
    take(attempts, of("anne", NULL, NULL), 10000, start);
    assert_false(tl_attempts_next_flood(attempts, start + TL_SECOND_US, &flood));
    assert_true(tl_attempts_next_flood(attempts, later, &flood));
    assert_int_equal(flood.kind, TL_ATTEMPTS_LOGIN);
    assert_int_equal(flood.refused, 10000 - 12);
    assert_true(flood.since == start);
    assert_false(tl_attempts_next_flood(attempts, later, &flood));
    /* More floods than are told apart: the others together. */
    unsigned rows = 0, refused = 0, together = 0;
    for (unsigned i = 0; i < 500; i++) {
        char login[16];
        snprintf(login, sizeof login, "%u", i);
        take(attempts, of(login, NULL, NULL), 14, later);
    }
    while (tl_attempts_next_flood(attempts, later + 21 * TL_SECOND_US, &flood)) {
        rows++;
        refused += (unsigned)flood.refused;
        together += flood.kind == TL_ATTEMPTS_KINDS;
    }
    assert_int_equal(rows, TL_ATTEMPTS_TOLD + 1);
    assert_int_equal(together, 1);
    assert_int_equal(refused, 1000);
    tl_attempts_free(attempts);
}

static void more_logins_than_there_is_room_for_lose_no_count(void **state)
{
    (void)state;
    struct tl_attempts *attempts = tl_attempts_new(6);
    struct tl_attempts_flood flood;
    unsigned refused = 0;
    for (unsigned i = 0; i < 3 * TL_ATTEMPTS_BUCKETS; i++) {
        char login[16];
        snprintf(login, sizeof login, "%u", i);
        take(attempts, of(login, NULL, NULL), 13, start + i);
    }
    tl_time_us later = start + 60 * (tl_time_us)TL_SECOND_US;
    while (tl_attempts_next_flood(attempts, later, &flood))
        refused += (unsigned)flood.refused;
    assert_int_equal(refused, 3 * TL_ATTEMPTS_BUCKETS);
    tl_attempts_free(attempts);
}

static void a_device_is_known_by_a_mark_only_we_can_make(void **state)
{
    (void)state;
    uint8_t key[32] = { 1 }, other[32] = { 2 }, logins[6][TL_DIGEST_SIZE] = { { 0 } };
    char cookie[TL_DEVICE_COOKIE_SIZE], header[TL_DEVICE_COOKIE_SIZE + 64];
    struct tl_device device = { 0 };
    for (unsigned i = 0; i < 6; i++)
        logins[i][0] = (uint8_t)(i + 1);
    for (unsigned i = 0; i < 5; i++) { /* a shared computer: the last four keep their share */
        tl_device_mark(&device, key, logins[i], cookie);
        snprintf(header, sizeof header, "a=b; %s=%s", TL_COOKIE_DEVICE, cookie);
        tl_device_read(tl_text(header), &device);
    }
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(tl_device_is_known(&device, key, logins[i]), i >= 1 && i <= 4);
    assert_false(tl_device_is_known(&device, other, logins[4]));
    assert_int_equal(strlen(cookie), TL_DEVICE_COOKIE_SIZE - 1);
    /* Every character of the token is under the mark. */
    char *value = strchr(header, ';') + strlen(TL_COOKIE_DEVICE) + 3;
    for (unsigned i = 0; i < TL_TOKEN_SIZE - 1; i++) {
        value[i] = (char)(value[i] == 'A' ? 'B' : 'A');
        tl_device_read(tl_text(header), &device);
        if (memcmp(value, cookie, TL_TOKEN_SIZE - 1) != 0)
            assert_false(tl_device_is_known(&device, key, logins[4]));
        value[i] = cookie[i];
    }
    static const char *const none[] = { "", "x", TL_COOKIE_DEVICE "=", TL_COOKIE_DEVICE "=....",
                                        TL_COOKIE_DEVICE "=abc.def" };
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++) {
        tl_device_read(tl_text(none[i]), &device);
        assert_string_equal(device.token, "");
        assert_false(tl_device_is_known(&device, key, logins[4]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_has_twelve_tries_and_then_one_a_minute),
        cmocka_unit_test(an_address_has_a_hundred_whatever_the_logins),
        cmocka_unit_test(what_is_refused_by_one_is_taken_from_none),
        cmocka_unit_test(a_device_keeps_its_share_and_success_gives_it_back),
        cmocka_unit_test(a_flood_is_told_in_one_row_and_nothing_is_lost),
        cmocka_unit_test(more_logins_than_there_is_room_for_lose_no_count),
        cmocka_unit_test(a_device_is_known_by_a_mark_only_we_can_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
