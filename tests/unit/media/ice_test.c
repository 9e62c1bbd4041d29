#include "testing.h"

#include "media/ice.h"

static const tl_time_us start = 1000 * (tl_time_us)TL_SECOND_US;
static struct tl_ice ice;
static struct tl_ice_result result;

static struct tl_address host(uint8_t last)
{
    return tl_address_ipv4(192, 0, 2, last, 5000);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(tl_ice_init(&ice, TL_TEXT("ours"), TL_TEXT("our-long-password-22ch"),
                                 TL_TEXT("theirs"), start),
                     TL_OK);
    return 0;
}

static void ask(struct tl_stun_message out, struct tl_text password,
                const struct tl_address *from, tl_time_us now)
{
    uint8_t buffer[300];
    size_t size;
    struct tl_stun_message in;
    out.method = TL_STUN_BINDING;
    assert_int_equal(tl_stun_write(&out, password, buffer, sizeof buffer, &size), TL_OK);
    assert_int_equal(tl_stun_read(tl_bytes(buffer, size), &in), TL_OK);
    tl_ice_input(&ice, now, from, tl_bytes(buffer, size), &in, &result);
}

static void check(uint8_t from, bool nominates, tl_time_us now)
{
    struct tl_address address = host(from);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours:theirs"),
                                  .has_controlling = true,
                                  .use_candidate = nominates },
        TL_TEXT("our-long-password-22ch"), &address, now);
}

static unsigned answered_code(void)
{
    struct tl_stun_message answer;
    assert_int_equal(tl_stun_read(tl_bytes(result.reply, result.reply_size), &answer), TL_OK);
    return answer.class_ == TL_STUN_ERROR ? answer.error_code : 0;
}

static void an_authenticated_request_validates_its_address(void **state)
{
    (void)state;
    struct tl_address from = host(1), other = host(2);
    check(1, false, start);
    assert_true(result.authenticated && result.added);
    struct tl_stun_message answer;
    struct tl_bytes reply = tl_bytes(result.reply, result.reply_size);
    assert_int_equal(tl_stun_read(reply, &answer), TL_OK);
    assert_int_equal(answer.class_, TL_STUN_SUCCESS);
    assert_int_equal(tl_stun_verify(reply, &answer, TL_TEXT("our-long-password-22ch")), TL_OK);
    assert_true(tl_address_equal(&answer.mapped, &from));
    assert_true(tl_ice_is_validated(&ice, &from, start));
    assert_false(tl_ice_is_validated(&ice, &other, start));
}

static void requests_that_do_not_authenticate_get_400_or_401_and_validate_nothing(void **state)
{
    (void)state;
    struct tl_address from = host(1);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours:theirs") }, TL_TEXT("guess"), &from,
        start);
    assert_int_equal(answered_code(), 401);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours:others") },
        TL_TEXT("our-long-password-22ch"), &from, start);
    assert_int_equal(answered_code(), 401);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours") },
        TL_TEXT("our-long-password-22ch"), &from, start);
    assert_int_equal(answered_code(), 401);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours:theirs") }, (struct tl_text){ 0 },
        &from, start);
    assert_int_equal(answered_code(), 400);
    ask((struct tl_stun_message){ 0 }, TL_TEXT("our-long-password-22ch"), &from, start);
    assert_int_equal(answered_code(), 400);
    assert_false(result.authenticated);
    assert_false(tl_ice_is_validated(&ice, &from, start));
    assert_int_equal(tl_ice_state(&ice, start), TL_ICE_WAITING);
}

static void a_peer_that_claims_our_role_gets_487(void **state)
{
    (void)state;
    struct tl_address from = host(1);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours:theirs"), .has_controlled = true },
        TL_TEXT("our-long-password-22ch"), &from, start);
    assert_int_equal(answered_code(), 487);
    assert_false(tl_ice_is_validated(&ice, &from, start));
}

static void responses_and_indications_are_not_answered(void **state)
{
    (void)state;
    struct tl_address from = host(1);
    static const enum tl_stun_class classes[] = { TL_STUN_INDICATION, TL_STUN_SUCCESS };
    for (size_t i = 0; i < 2; i++) {
        ask((struct tl_stun_message){ .class_ = classes[i],
                                      .username = TL_TEXT("ours:theirs") },
            TL_TEXT("our-long-password-22ch"), &from, start);
        assert_int_equal(result.reply_size, 0);
        assert_false(tl_ice_is_validated(&ice, &from, start));
    }
}

static void the_latest_nomination_is_followed(void **state)
{
    (void)state;
    struct tl_address one = host(1), two = host(2);
    check(1, true, start);
    check(2, false, start + 1);
    assert_true(tl_address_equal(&ice.destination, &one));
    check(2, true, start + 2);
    assert_true(result.moved);
    assert_true(tl_address_equal(&ice.destination, &two));
    check(1, false, start + 3);
    assert_true(tl_address_equal(&ice.destination, &two));
    assert_true(tl_ice_is_validated(&ice, &one, start + 3)); /* still there */
}

static void silence_is_told_at_5_seconds_and_consent_ends_at_30(void **state)
{
    (void)state;
    struct tl_address from = host(1);
    check(1, true, start);
    assert_int_equal(tl_ice_next_deadline(&ice, start), start + TL_ICE_SILENCE_US);
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_SILENCE_US - 1), TL_ICE_CONNECTED);
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_SILENCE_US), TL_ICE_RECONNECTING);
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US - 1), TL_ICE_RECONNECTING);
    assert_true(tl_ice_is_validated(&ice, &from, start + TL_ICE_CONSENT_US - 1));
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US), TL_ICE_FAILED);
    assert_false(tl_ice_is_validated(&ice, &from, start + TL_ICE_CONSENT_US));
    /* media keeps it from "reconnecting", but it is no consent */
    tl_ice_hear(&ice, start + 29 * TL_SECOND_US);
    assert_int_equal(tl_ice_state(&ice, start + 29 * TL_SECOND_US), TL_ICE_CONNECTED);
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US), TL_ICE_FAILED);
}

static void nobody_ever_coming_fails_after_30_seconds(void **state)
{
    (void)state;
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US - 1), TL_ICE_WAITING);
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US), TL_ICE_FAILED);
}

static void more_addresses_than_the_limit_push_out_the_oldest_but_the_nominated(void **state)
{
    (void)state;
    struct tl_address first = host(1), second = host(2);
    check(1, true, start);
    for (uint8_t i = 2; i <= TL_ICE_TUPLES_LIMIT; i++) {
        check(i, false, start + i);
        assert_false(result.removed);
    }
    check(100, false, start + 100);
    assert_true(result.removed);
    assert_true(tl_address_equal(&result.removed_address, &second));
    assert_false(tl_ice_is_validated(&ice, &second, start + 100));
    assert_true(tl_ice_is_validated(&ice, &first, start + 100));
    assert_int_equal(ice.tuple_count, TL_ICE_TUPLES_LIMIT);
}

static void a_mapped_ipv4_address_is_the_same_as_the_plain_one(void **state)
{
    (void)state;
    struct tl_address plain, mapped;
    assert_int_equal(tl_address_read(TL_TEXT("192.0.2.1"), 5, &plain), TL_OK);
    assert_int_equal(tl_address_read(TL_TEXT("::ffff:192.0.2.1"), 5, &mapped), TL_OK);
    assert_true(tl_address_equal(&plain, &mapped));
    assert_true(tl_address_is_ipv4(&mapped));
    assert_int_equal(tl_address_hash(&plain, 1), tl_address_hash(&mapped, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_authenticated_request_validates_its_address, set_up),
        cmocka_unit_test_setup(
            requests_that_do_not_authenticate_get_400_or_401_and_validate_nothing, set_up),
        cmocka_unit_test_setup(a_peer_that_claims_our_role_gets_487, set_up),
        cmocka_unit_test_setup(responses_and_indications_are_not_answered, set_up),
        cmocka_unit_test_setup(the_latest_nomination_is_followed, set_up),
        cmocka_unit_test_setup(silence_is_told_at_5_seconds_and_consent_ends_at_30, set_up),
        cmocka_unit_test_setup(nobody_ever_coming_fails_after_30_seconds, set_up),
        cmocka_unit_test_setup(
            more_addresses_than_the_limit_push_out_the_oldest_but_the_nominated, set_up),
        cmocka_unit_test(a_mapped_ipv4_address_is_the_same_as_the_plain_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
