#include "testing.h"

#include "base/memory.h"
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

static void consent_is_of_the_address_we_send_to_and_no_other(void **state)
{
    (void)state;
    struct tl_address one = host(1), two = host(2);
    check(1, true, start);
    check(2, false, start + 20 * TL_SECOND_US); /* authenticated, not nominated */
    assert_false(tl_ice_follow(&ice, start + TL_ICE_CONSENT_US - 1));
    assert_true(tl_address_equal(&ice.destination, &one));
    /* the second address renewed nothing for the first */
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US), TL_ICE_FAILED);
    assert_true(tl_ice_follow(&ice, start + TL_ICE_CONSENT_US));
    assert_true(tl_address_equal(&ice.destination, &two));
    assert_int_equal(tl_ice_state(&ice, start + TL_ICE_CONSENT_US), TL_ICE_RECONNECTING);
    assert_int_equal(tl_ice_next_deadline(&ice, start + TL_ICE_CONSENT_US),
                     start + 50 * TL_SECOND_US);
    assert_false(tl_ice_follow(&ice, start + 50 * TL_SECOND_US)); /* nobody is left */
    assert_int_equal(tl_ice_state(&ice, start + 50 * TL_SECOND_US), TL_ICE_FAILED);
}

static void of_several_that_hold_the_latest_is_followed(void **state)
{
    (void)state;
    struct tl_address latest = host(3);
    check(1, true, start);
    check(2, false, start + 10 * TL_SECOND_US);
    check(3, false, start + 25 * TL_SECOND_US);
    check(4, false, start + 20 * TL_SECOND_US);
    check(5, false, start - TL_SECOND_US); /* expired */
    assert_true(tl_ice_follow(&ice, start + TL_ICE_CONSENT_US));
    assert_true(tl_address_equal(&ice.destination, &latest));
    check(1, true, start + 31 * TL_SECOND_US); /* and the client still decides */
    assert_true(result.moved);
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

/* ---- restart ---- */

static void restart(tl_time_us now)
{
    assert_int_equal(tl_ice_restart(&ice, TL_TEXT("ours2"), TL_TEXT("our-second-password-22"),
                                    TL_TEXT("theirs2"), now),
                     TL_OK);
}

static void check_new(uint8_t from, bool nominates, tl_time_us now)
{
    struct tl_address address = host(from);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours2:theirs2"),
                                  .has_controlling = true,
                                  .use_candidate = nominates },
        TL_TEXT("our-second-password-22"), &address, now);
}

static void the_old_path_serves_until_a_pair_of_the_new_generation_is_nominated(void **state)
{
    (void)state;
    struct tl_address old = host(1), fresh = host(2);
    check(1, true, start);
    restart(start + 1);
    assert_true(tl_ice_is_restarting(&ice));
    check_new(2, false, start + 2);
    assert_true(result.authenticated && result.added);
    assert_false(result.moved || result.restarted);
    assert_true(tl_address_equal(&ice.destination, &old));
    check(1, true, start + 3); /* and its checks are answered */
    assert_int_equal(answered_code(), 0);
    check_new(2, true, start + 4);
    assert_true(result.moved && result.restarted);
    assert_true(tl_address_equal(&ice.destination, &fresh));
    assert_false(tl_ice_is_restarting(&ice));
}

static void the_old_credentials_are_refused_once_the_new_ones_have_a_nomination(void **state)
{
    (void)state;
    check(1, true, start);
    restart(start + 1);
    check_new(1, true, start + 2); /* the same address: nothing moves, the generation does */
    assert_true(result.restarted);
    assert_false(result.moved);
    check(1, true, start + 3);
    assert_int_equal(answered_code(), 401);
    assert_true(tl_ice_owns(&ice, TL_TEXT("ours2")));
    assert_false(tl_ice_owns(&ice, TL_TEXT("ours")));
    assert_false(tl_ice_owns(&ice, TL_TEXT("")));
}

static void what_was_sent_on_the_old_path_is_heard_a_moment_more(void **state)
{
    (void)state;
    struct tl_address old = host(1), fresh = host(2);
    tl_time_us moved = start + TL_SECOND_US;
    check(1, true, start);
    restart(start);
    check_new(2, true, moved);
    assert_true(tl_ice_is_validated(&ice, &old, moved + TL_ICE_LEAVING_US - 1));
    assert_false(tl_ice_is_validated(&ice, &old, moved + TL_ICE_LEAVING_US));
    assert_true(tl_ice_is_validated(&ice, &fresh, moved + TL_ICE_CONSENT_US - 1));
}

static void credentials_of_two_generations_do_not_mix(void **state)
{
    (void)state;
    static const char *const names[] = {
        "ours:theirs2", "ours2:theirs", "ours2:theirs2", "ours:theirs", ":", ":theirs"
    };
    static const char *const passwords[] = { "our-long-password-22ch",
                                             "our-long-password-22ch",
                                             "our-long-password-22ch",
                                             "our-second-password-22",
                                             "",
                                             "" };
    struct tl_address from = host(3);
    check(1, true, start);
    restart(start);
    for (size_t i = 0; i < TL_COUNT_OF(names); i++) {
        ask((struct tl_stun_message){ .username = tl_text(names[i]), .has_controlling = true },
            tl_text(passwords[i]), &from, start);
        assert_false(result.authenticated);
        assert_false(tl_ice_is_validated(&ice, &from, start));
    }
}

static void addresses_of_both_generations_share_one_limit(void **state)
{
    (void)state;
    struct tl_address old = host(1);
    check(1, true, start);
    for (uint8_t i = 2; i <= TL_ICE_TUPLES_LIMIT; i++)
        check(i, false, start + i);
    restart(start + 20);
    for (uint8_t i = 0; i < 3 * TL_ICE_TUPLES_LIMIT; i++) {
        check_new((uint8_t)(100 + i), false, start + 30 + i);
        assert_true(result.added && result.removed);
        assert_int_equal(ice.tuple_count, TL_ICE_TUPLES_LIMIT);
        assert_true(tl_ice_is_validated(&ice, &old, start + 30 + i)); /* media is there */
    }
}

static void
a_second_restart_before_a_nomination_replaces_the_first_and_keeps_the_path(void **state)
{
    (void)state;
    struct tl_address old = host(1), between = host(2);
    check(1, true, start);
    restart(start);
    check_new(2, false, start + 1);
    assert_int_equal(tl_ice_restart(&ice, TL_TEXT("ours3"), TL_TEXT("our-third-password-22c"),
                                    TL_TEXT("theirs3"), start + 2),
                     TL_OK);
    assert_false(tl_ice_is_validated(&ice, &between, start + 3));
    check_new(2, true, start + 3);
    assert_int_equal(answered_code(), 401);
    check(1, false, start + 4);
    assert_int_equal(answered_code(), 0);
    assert_true(tl_address_equal(&ice.destination, &old));
    struct tl_address fresh = host(3);
    ask((struct tl_stun_message){ .username = TL_TEXT("ours3:theirs3"),
                                  .has_controlling = true,
                                  .use_candidate = true },
        TL_TEXT("our-third-password-22c"), &fresh, start + 5);
    assert_true(result.restarted && result.moved);
}

static void a_restart_needs_another_ufrag_that_fits(void **state)
{
    (void)state;
    static char longest[TL_ICE_UFRAG_LIMIT + 2];
    memset(longest, 'u', TL_ICE_UFRAG_LIMIT + 1);
    struct tl_text ours = TL_TEXT("ours2"), password = TL_TEXT("our-second-password-22");
    assert_int_equal(tl_ice_restart(&ice, ours, password, TL_TEXT("theirs"), start),
                     TL_ERROR_EXISTS);
    assert_int_equal(tl_ice_restart(&ice, ours, password, tl_text(longest), start),
                     TL_ERROR_LIMIT);
    assert_false(tl_ice_is_restarting(&ice));
    longest[TL_ICE_UFRAG_LIMIT] = 0;
    assert_int_equal(tl_ice_restart(&ice, ours, password, tl_text(longest), start), TL_OK);
}

static void a_mapped_ipv4_address_is_the_same_as_the_plain_one(void **state)
{
    (void)state;
    struct tl_address plain, mapped;
    assert_int_equal(tl_address_read(TL_TEXT("192.0.2.1"), 5, &plain), TL_OK);
    assert_int_equal(tl_address_read(TL_TEXT("::ffff:192.0.2.1"), 5, &mapped), TL_OK);
    assert_true(tl_address_equal(&plain, &mapped));
    assert_true(tl_address_is_ipv4(&mapped));
    struct tl_hash_key key = { { 1, 2 } };
    assert_true(tl_address_hash(&plain, &key) == tl_address_hash(&mapped, &key));
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
        cmocka_unit_test_setup(consent_is_of_the_address_we_send_to_and_no_other, set_up),
        cmocka_unit_test_setup(of_several_that_hold_the_latest_is_followed, set_up),
        cmocka_unit_test_setup(nobody_ever_coming_fails_after_30_seconds, set_up),
        cmocka_unit_test_setup(
            more_addresses_than_the_limit_push_out_the_oldest_but_the_nominated, set_up),
        cmocka_unit_test_setup(
            the_old_path_serves_until_a_pair_of_the_new_generation_is_nominated, set_up),
        cmocka_unit_test_setup(
            the_old_credentials_are_refused_once_the_new_ones_have_a_nomination, set_up),
        cmocka_unit_test_setup(what_was_sent_on_the_old_path_is_heard_a_moment_more, set_up),
        cmocka_unit_test_setup(credentials_of_two_generations_do_not_mix, set_up),
        cmocka_unit_test_setup(addresses_of_both_generations_share_one_limit, set_up),
        cmocka_unit_test_setup(
            a_second_restart_before_a_nomination_replaces_the_first_and_keeps_the_path, set_up),
        cmocka_unit_test_setup(a_restart_needs_another_ufrag_that_fits, set_up),
        cmocka_unit_test(a_mapped_ipv4_address_is_the_same_as_the_plain_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
