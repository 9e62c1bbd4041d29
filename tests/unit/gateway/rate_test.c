/* One address may ask so often and hold so many connections; the others feel nothing. */
#include "testing.h"

#include <stdio.h>

#include "door/rate.h"

static struct tl_rates rates;

static struct tl_rate_key key_of(const char *address)
{
    struct tl_rate_key key;
    assert_int_equal(tl_rate_key_read(address, &key), TL_OK);
    return key;
}

static unsigned take_all(struct tl_rate_key key, enum tl_rate_class class, tl_time_us now)
{
    unsigned taken = 0, wait_s = 0;
    while (tl_rates_take(&rates, key, class, now, &wait_s) == TL_OK)
        taken++;
    assert_true(wait_s >= 1);
    return taken;
}

static void the_61st_secret_at_once_is_refused_and_time_gives_two_a_second(void **state)
{
    (void)state;
    tl_rates_init(&rates, 1);
    struct tl_rate_key one = key_of("203.0.113.7"), other = key_of("203.0.113.8");
    tl_time_us now = 1000 * TL_SECOND_US;
    assert_int_equal(take_all(one, TL_RATE_SECRETS, now), 60);
    assert_int_equal(take_all(other, TL_RATE_SECRETS, now), 60);
    assert_int_equal(take_all(one, TL_RATE_SECRETS, now + 499 * TL_MILLISECOND_US), 0);
    assert_int_equal(take_all(one, TL_RATE_SECRETS, now + 500 * TL_MILLISECOND_US), 1);
    assert_int_equal(take_all(one, TL_RATE_SECRETS, now + (tl_time_us)3600 * TL_SECOND_US), 60);
}

static void a_device_s_cookie_takes_from_a_share_apart(void **state)
{
    (void)state;
    tl_rates_init(&rates, 1);
    struct tl_rate_key one = key_of("203.0.113.7");
    tl_time_us now = 1000 * TL_SECOND_US;
    assert_int_equal(take_all(one, TL_RATE_SECRETS, now), 60);
    assert_int_equal(take_all(one, TL_RATE_DEVICES, now), 120);
    assert_int_equal(take_all(one, TL_RATE_DEVICES, now + TL_SECOND_US), 60);
}

static void a_16th_probe_at_once_is_refused_and_time_gives_one_in_ten_seconds(void **state)
{
    (void)state;
    unsigned wait_s = 0;
    tl_rates_init(&rates, 1);
    struct tl_rate_key one = key_of("203.0.113.7");
    tl_time_us now = 1000 * TL_SECOND_US;
    assert_int_equal(take_all(one, TL_RATE_PROBES, now), 15);
    assert_int_equal(tl_rates_take(&rates, one, TL_RATE_PROBES, now, &wait_s), TL_ERROR_LIMIT);
    assert_in_range(wait_s, 10, 11);
    /* asking in between does not put it off */
    for (int ms = 1; ms < 10000; ms += 7)
        assert_int_equal(
            take_all(one, TL_RATE_PROBES, now + (tl_time_us)ms * TL_MILLISECOND_US), 0);
    assert_int_equal(take_all(one, TL_RATE_PROBES, now + 10 * TL_SECOND_US), 1);
}

static void classes_are_counted_apart(void **state)
{
    (void)state;
    tl_rates_init(&rates, 1);
    struct tl_rate_key one = key_of("203.0.113.7");
    assert_int_equal(take_all(one, TL_RATE_SECRETS, 0), 60);
    assert_int_equal(take_all(one, TL_RATE_CALLS, 0), 300);
    assert_int_equal(take_all(one, TL_RATE_PAGES, 0), 600);
}

static void an_address_holds_256_connections_and_not_one_more(void **state)
{
    (void)state;
    tl_rates_init(&rates, 1);
    struct tl_rate_key one = key_of("2001:db8::1"), neighbour = key_of("2001:db8::ffff:2");
    for (int i = 0; i < TL_RATE_CONNECTIONS_LIMIT; i++)
        assert_int_equal(tl_rates_connected(&rates, one, 0), TL_OK);
    /* The same /64 is the same customer. */
    assert_int_equal(tl_rates_connected(&rates, neighbour, 0), TL_ERROR_LIMIT);
    assert_int_equal(tl_rates_connected(&rates, key_of("2001:db8:0:1::1"), 0), TL_OK);
    tl_rates_disconnected(&rates, one);
    assert_int_equal(tl_rates_connected(&rates, one, 0), TL_OK);
}

static void a_flood_of_addresses_takes_the_slot_of_no_connected_one(void **state)
{
    (void)state;
    tl_rates_init(&rates, 99);
    struct tl_rate_key kept = key_of("198.51.100.1");
    unsigned wait_s;
    for (int i = 0; i < 3; i++)
        assert_int_equal(tl_rates_connected(&rates, kept, 0), TL_OK);
    assert_int_equal(take_all(kept, TL_RATE_SECRETS, 0), 60);
    for (unsigned i = 0; i < 4 * TL_RATE_ADDRESSES_LIMIT; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
        (void)tl_rates_take(&rates, key_of(address), TL_RATE_PAGES, 1, &wait_s);
    }
    assert_int_equal(tl_rates_take(&rates, kept, TL_RATE_SECRETS, 1, &wait_s), TL_ERROR_LIMIT);
}

static void all_addresses_hold_12000_connections_and_not_one_more(void **state)
{
    (void)state;
    enum { EACH = 200, ADDRESSES = TL_RATE_ALL_CONNECTIONS_LIMIT / EACH };
    struct tl_rate_key first, next = key_of("2001:db8::1");
    assert_int_equal(TL_RATE_ALL_CONNECTIONS_LIMIT, 12000);
    tl_rates_init(&rates, 1);
    for (int i = 0; i < TL_RATE_ALL_CONNECTIONS_LIMIT; i++) {
        char address[24];
        snprintf(address, sizeof address, "203.0.113.%d", 1 + i % ADDRESSES);
        assert_int_equal(tl_rates_connected(&rates, key_of(address), 0), TL_OK);
    }
    assert_int_equal(rates.connections, TL_RATE_ALL_CONNECTIONS_LIMIT);
    first = key_of("203.0.113.1");
    assert_int_equal(tl_rates_connected(&rates, first, 0), TL_ERROR_LIMIT);
    assert_int_equal(tl_rates_connected(&rates, next, 0), TL_ERROR_LIMIT);
    tl_rates_disconnected(&rates, next); /* it holds none: nothing is given back */
    assert_int_equal(tl_rates_connected(&rates, next, 0), TL_ERROR_LIMIT);
    tl_rates_disconnected(&rates, first);
    assert_int_equal(tl_rates_connected(&rates, next, 0), TL_OK);
    assert_int_equal(tl_rates_connected(&rates, first, 0), TL_ERROR_LIMIT);
}

static void mapped_and_plain_ipv4_are_the_same_address(void **state)
{
    (void)state;
    struct tl_rate_key a = key_of("203.0.113.7"), b = key_of("::ffff:203.0.113.7"), c;
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(tl_rate_key_read("not an address", &c), TL_ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_61st_secret_at_once_is_refused_and_time_gives_two_a_second),
        cmocka_unit_test(a_device_s_cookie_takes_from_a_share_apart),
        cmocka_unit_test(a_16th_probe_at_once_is_refused_and_time_gives_one_in_ten_seconds),
        cmocka_unit_test(classes_are_counted_apart),
        cmocka_unit_test(an_address_holds_256_connections_and_not_one_more),
        cmocka_unit_test(a_flood_of_addresses_takes_the_slot_of_no_connected_one),
        cmocka_unit_test(all_addresses_hold_12000_connections_and_not_one_more),
        cmocka_unit_test(mapped_and_plain_ipv4_are_the_same_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
