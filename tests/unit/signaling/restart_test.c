/* ICE restart: the one offer that may come again, and what it does not touch. */
#include "world.h"

struct pair {
    struct world *w;
    uint64_t host, patient;
};

static struct pair pair_new(void)
{
    struct pair p = { .w = world_new() };
    p.host = world_join(p.w, "host:Anne");
    p.patient = world_join(p.w, "patient:jeanne");
    world_sayf(p.w, p.host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(p.w, p.patient));
    world_offer(p.w, p.host, 7, 9);
    world_offer(p.w, p.patient, 7, 9);
    return p;
}

static unsigned opened(struct world *w)
{
    return world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_OPEN);
}

static unsigned restarted(struct world *w)
{
    return world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_RESTART);
}

/* The lines of an answer that are not about ICE, and its version. */
static const char *sdp_of(struct pair p)
{
    return world_text(world_last(p.w, p.patient, "answer"), "sdp");
}

static void without_credentials(const char *sdp, char *buffer, size_t size)
{
    size_t used = 0;
    while (*sdp) {
        size_t line = strcspn(sdp, "\n") + 1;
        if (strncmp(sdp, "a=ice-ufrag", 11) != 0 && strncmp(sdp, "a=ice-pwd", 9) != 0 &&
            strncmp(sdp, "o=", 2) != 0 && used + line < size) {
            memcpy(buffer + used, sdp, line);
            used += line;
        }
        sdp += line;
    }
    buffer[used] = 0;
}

static void
the_same_offer_with_other_credentials_restarts_ice_and_repeats_the_answer(void **state)
{
    (void)state;
    static char first[40000], second[40000];
    unsigned long long session, again;
    unsigned version, later;
    struct pair p = pair_new();
    without_credentials(sdp_of(p), first, sizeof first);
    assert_int_equal(sscanf(sdp_of(p), "v=0\r\no=- %llu %u", &session, &version), 2);
    unsigned slots = world_to_relay_count(p.w, TL_MESSAGE_SLOTS_SET);
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    assert_int_equal(restarted(p.w), 1);
    assert_int_equal(opened(p.w), 2);
    json_t *sent = world_to_relay(p.w, TL_MESSAGE_PARTICIPANT_RESTART);
    assert_string_equal(world_text(json_object_get(sent, "remote"), "ufrag"), "efgh");
    assert_string_equal(world_text(sent, "participant"), world_participant(p.w, p.patient));
    assert_int_equal(world_count(p.w, p.patient, "answer"), 2);
    assert_non_null(strstr(sdp_of(p), "a=ice-ufrag:relay456\r\n"));
    without_credentials(sdp_of(p), second, sizeof second);
    assert_string_equal(first, second);
    assert_int_equal(sscanf(sdp_of(p), "v=0\r\no=- %llu %u", &again, &later), 2);
    assert_true(again == session && later == version + 1);
    /* nobody moved */
    assert_int_equal(world_to_relay_count(p.w, TL_MESSAGE_SLOTS_SET), slots);
    assert_int_equal(world_to_relay_count(p.w, TL_MESSAGE_PARTICIPANT_CLOSE), 0);
    world_free(p.w);
}

/* Chromium's second offer has no extension that the answer did not take. */
static void what_the_answer_did_not_take_may_be_missing_from_a_restart(void **state)
{
    (void)state;
    struct pair p = pair_new();
    uint64_t guest = world_join(p.w, "guest:Bob");
    world_sayf(p.w, p.host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(p.w, guest));
    p.w->offer_more = "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n";
    world_offer(p.w, guest, 1, 1);
    p.w->offer_more = NULL;
    world_offer_again(p.w, guest, "efgh", 1, 1);
    assert_int_equal(restarted(p.w), 1);
    assert_int_equal(world_count(p.w, guest, "answer"), 2);
    world_free(p.w);
}

static void another_offer_while_the_media_lives_is_refused(void **state)
{
    (void)state;
    struct pair p = pair_new();
    world_offer_again(p.w, p.patient, "efgh", 6, 9); /* another m-line less: no restart */
    assert_string_equal(world_error(p.w, p.patient), "order");
    world_offer_again(p.w, p.patient, "abcd", 7, 9); /* the same once more: neither */
    assert_string_equal(world_error(p.w, p.patient), "order");
    assert_int_equal(restarted(p.w), 0);
    assert_int_equal(opened(p.w), 2);
    world_free(p.w);
}

static void after_a_welcome_a_restart_restarts_and_another_offer_replaces(void **state)
{
    (void)state;
    struct pair p = pair_new();
    char token[64];
    snprintf(token, sizeof token, "%s", world_token(p.w, p.patient));
    world_drop(p.w, p.patient);
    p.patient = world_resume(p.w, token);
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    assert_int_equal(restarted(p.w), 1);
    world_offer_again(p.w, p.patient, "ijkl", 6, 9);
    assert_int_equal(opened(p.w), 3);
    assert_int_equal(restarted(p.w), 1);
    world_free(p.w);
}

static void a_restart_is_known_again_after_the_door_was_replaced(void **state)
{
    (void)state;
    struct pair p = pair_new();
    char token[64];
    snprintf(token, sizeof token, "%s", world_token(p.w, p.patient));
    world_replace_door(p.w);
    tl_hub_relay_up(p.w->hub, p.w->now, 0);
    world_pass(p.w, 200 * TL_MILLISECOND_US);
    p.patient = world_resume(p.w, token);
    world_pass(p.w, 200 * TL_MILLISECOND_US);
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    assert_int_equal(restarted(p.w), 1);
    assert_int_equal(world_count(p.w, p.patient, "answer"), 1);
    assert_int_equal(opened(p.w), 2);
    world_free(p.w);
}

static void
a_restart_the_relay_refuses_tells_the_client_to_build_another_connection(void **state)
{
    (void)state;
    struct pair p = pair_new();
    json_object_clear(p.w->at_relay[0]); /* it gave them up, and has not said so yet */
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    assert_string_equal(world_error(p.w, p.patient), "order");
    world_offer_again(p.w, p.patient, "ijkl", 6, 9); /* another connection */
    assert_int_equal(opened(p.w), 3);
    assert_int_equal(world_count(p.w, p.patient, "answer"), 2);
    world_free(p.w);
}

static void a_restart_of_media_that_is_gone_is_refused(void **state)
{
    (void)state;
    struct pair p = pair_new();
    world_relay_says(p.w, 0, TL_MESSAGE_PARTICIPANT_STATE,
                     "{\"participant\":\"%s\",\"state\":\"failed\",\"reason\":\"consent\"}",
                     world_participant(p.w, p.patient));
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    assert_string_equal(world_error(p.w, p.patient), "order");
    assert_int_equal(restarted(p.w), 0);
    world_free(p.w);
}

static void
a_relay_that_does_not_answer_a_restart_costs_five_seconds_and_nothing_else(void **state)
{
    (void)state;
    struct pair p = pair_new();
    p.w->relay_silent = true;
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    world_pass(p.w, 6 * TL_SECOND_US);
    assert_string_equal(world_error(p.w, p.patient), "away");
    p.w->relay_silent = false;
    world_offer_again(p.w, p.patient, "ijkl", 7, 9);
    assert_int_equal(world_count(p.w, p.patient, "answer"), 2);
    assert_int_equal(opened(p.w), 2);
    world_free(p.w);
}

static void a_relay_that_dies_during_a_restart_moves_everyone_as_ever(void **state)
{
    (void)state;
    struct pair p = pair_new();
    p.w->relay_silent = true;
    world_offer_again(p.w, p.patient, "efgh", 7, 9);
    p.w->relay_silent = false;
    world_relay_starts(p.w, 1);
    world_relay_dies(p.w, 0);
    assert_string_equal(world_text(world_last(p.w, p.patient, "media"), "event"), "restart");
    world_offer_again(p.w, p.patient, "ijkl", 6, 9);
    assert_int_equal(world_count(p.w, p.patient, "answer"), 2);
    world_free(p.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_same_offer_with_other_credentials_restarts_ice_and_repeats_the_answer),
        cmocka_unit_test(what_the_answer_did_not_take_may_be_missing_from_a_restart),
        cmocka_unit_test(another_offer_while_the_media_lives_is_refused),
        cmocka_unit_test(after_a_welcome_a_restart_restarts_and_another_offer_replaces),
        cmocka_unit_test(a_restart_is_known_again_after_the_door_was_replaced),
        cmocka_unit_test(
            a_restart_the_relay_refuses_tells_the_client_to_build_another_connection),
        cmocka_unit_test(a_restart_of_media_that_is_gone_is_refused),
        cmocka_unit_test(
            a_relay_that_does_not_answer_a_restart_costs_five_seconds_and_nothing_else),
        cmocka_unit_test(a_relay_that_dies_during_a_restart_moves_everyone_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
