/* The equipment test, with a scripted relay and examiner. */
#include "world.h"

struct trial {
    struct world *w;
    uint64_t client;
    char id[40];
};

static struct trial trial_new(bool examiner)
{
    struct trial t = { .w = world_new() };
    if (examiner)
        tl_hub_examiner_up(t.w->hub, t.w->now);
    t.client = world_join(t.w, "test:jeanne");
    world_offer(t.w, t.client, 1, 1);
    snprintf(t.id, sizeof t.id, "%s", world_participant(t.w, t.client));
    return t;
}

static void examiner_says(struct world *w, uint16_t type, const char *text)
{
    struct tl_channel_message message = { .type = type, .json = tl_bytes(text, strlen(text)) };
    tl_hub_examiner_message(w->hub, w->now, &message);
    world_pump(w);
}

static void relay_measures(struct trial *t, double kbps, double loss)
{
    world_relay_says(
        t->w, 0, TL_MESSAGE_PARTICIPANT_STATISTICS,
        "{\"participant\":\"%s\",\"rtt_ms\":30,\"up\":{\"kbps\":%f,\"packets\":90,\"lost\":1,"
        "\"loss\":%f,\"jitter_ms\":4},\"down\":{\"kbps\":400,\"packets\":80,\"lost\":0,"
        "\"loss\":0,"
        "\"nacked\":0,\"retransmitted\":0},\"sources\":[]}",
        t->id, kbps, loss);
}

/* The last `test` message of an event; its detail. */
static json_t *told(struct trial *t, const char *event)
{
    json_t *heard = t->w->clients[t->client].heard;
    for (size_t i = json_array_size(heard); i > 0; i--) {
        json_t *item = json_array_get(heard, i - 1);
        if (strcmp(world_text(item, "type"), "test") == 0 &&
            strcmp(world_text(item, "event"), event) == 0)
            return json_object_get(item, "detail");
    }
    return NULL;
}

#define VERDICT                                                                                \
    "{\"test\":1,\"audio\":{\"verdict\":\"too_quiet\",\"level_dbfs\":-52.0,\"peak_dbfs\":-40," \
    "\"clipped_share\":0,\"decoded_ms\":4800},\"video\":{\"verdict\":\"too_dark\","            \
    "\"brightness\":9,\"contrast\":3,\"motion\":0.5,\"frames\":70,\"width\":640,\"height\":"   \
    "480}}"

static void the_test_hears_and_sees_itself(void **state)
{
    (void)state;
    struct trial t = trial_new(true);
    json_t *welcome = world_last(t.w, t.client, "welcome");
    assert_string_equal(world_text(welcome, "kind"), "test");
    json_t *open = world_to_relay(t.w, TL_MESSAGE_PARTICIPANT_OPEN);
    assert_true(json_is_true(json_object_get(open, "test")));
    json_t *slots = json_object_get(world_to_relay(t.w, TL_MESSAGE_SLOTS_SET), "slots");
    assert_int_equal(json_array_size(slots), 2);
    assert_string_equal(world_text(json_array_get(slots, 0), "from"), t.id);
    assert_string_equal(world_text(json_array_get(slots, 0), "source"), "microphone");
    assert_string_equal(world_text(json_array_get(slots, 1), "source"), "camera");
    assert_string_equal(world_slot(t.w, t.client, "5") + 33, "microphone");
    world_free(t.w);
}

static void a_whole_test_ends_with_its_verdict_recorded_then_told(void **state)
{
    (void)state;
    struct trial t = trial_new(true);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
    json_t *begin = json_array_get(t.w->examiner_log, 0);
    assert_int_equal(json_integer_value(json_object_get(begin, "_type")),
                     TL_MESSAGE_TEST_BEGIN);
    json_t *copy = world_to_relay(t.w, TL_MESSAGE_TEST_COPY);
    assert_int_equal(json_integer_value(json_object_get(copy, "seconds")), 5);
    assert_true(json_equal(json_object_get(copy, "test"), json_object_get(begin, "test")));
    examiner_says(t.w, TL_MESSAGE_TEST_PROGRESS,
                  "{\"test\":1,\"level_dbfs\":-23.1,\"brightness\":120}");
    assert_true(json_number_value(json_object_get(told(&t, "progress"), "level_dbfs")) < -23);
    relay_measures(&t, 900, 0.01);
    assert_true(json_number_value(json_object_get(told(&t, "up"), "kbps")) > 800);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"down\"}");
    assert_int_equal(
        json_array_size(json_object_get(world_to_relay(t.w, TL_MESSAGE_PROBE_DOWN), "steps")),
        5);
    world_relay_says(t.w, 0, TL_MESSAGE_PROBE_RESULT,
                     "{\"participant\":\"%s\",\"steps\":[{\"kbps\":300,\"received_kbps\":298,"
                     "\"loss\":0,\"delay_ms\":1},{\"kbps\":700,\"received_kbps\":690,"
                     "\"loss\":0.01,\"delay_ms\":3}]}",
                     t.id);
    assert_int_equal(json_array_size(json_object_get(told(&t, "down"), "steps")), 2);
    examiner_says(t.w, TL_MESSAGE_TEST_VERDICT, VERDICT);
    assert_null(told(&t, "verdict"));
    t.w->api_mode = API_AWAY;
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    assert_null(told(&t, "verdict"));
    t.w->api_mode = API_ANSWERS;
    world_pass(t.w, TL_SECOND_US);
    json_t *verdict = told(&t, "verdict");
    assert_string_equal(world_text(json_object_get(verdict, "audio"), "verdict"), "too_quiet");
    assert_string_equal(world_text(json_object_get(verdict, "video"), "verdict"), "too_dark");
    assert_string_equal(world_text(json_object_get(verdict, "network"), "verdict"), "good");
    assert_int_equal(world_events(t.w, "test_result"), 1);
    world_free(t.w);
}

static void a_bad_link_is_told_audio_first_or_poor(void **state)
{
    (void)state;
    static const struct {
        double kbps, loss;
        const char *verdict;
    } cases[] = { { 700, 0.0, "good" },
                  { 700, 0.08, "audio_first" },
                  { 60, 0.0, "audio_first" },
                  { 700, 0.2, "poor" } };
    struct trial t = trial_new(false);
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
        relay_measures(&t, cases[i].kbps, cases[i].loss);
        world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
        json_t *verdict = told(&t, "verdict");
        assert_string_equal(world_text(json_object_get(verdict, "network"), "verdict"),
                            cases[i].verdict);
        assert_string_equal(world_text(json_object_get(verdict, "audio"), "verdict"), "none");
    }
    world_free(t.w);
}

static void an_examiner_that_dies_does_not_keep_the_person_waiting(void **state)
{
    (void)state;
    struct trial t = trial_new(true);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    assert_null(told(&t, "verdict"));
    tl_hub_examiner_down(t.w->hub, t.w->now);
    world_pump(t.w);
    assert_non_null(told(&t, "verdict"));
    tl_hub_examiner_up(t.w->hub, t.w->now);
    world_forget(t.w, t.client);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    world_pass(t.w, 4 * TL_SECOND_US); /* silent, not dead */
    assert_non_null(told(&t, "verdict"));
    world_free(t.w);
}

static void steps_out_of_order_are_refused(void **state)
{
    (void)state;
    struct trial t = trial_new(true);
    static const char *const wrong[] = { "{\"type\":\"test\",\"step\":\"end\"}",
                                         "{\"type\":\"test\",\"step\":\"down\"}",
                                         "{\"type\":\"admit\",\"participant\":"
                                         "\"00000000000000000000000000000000\"}" };
    for (size_t i = 0; i < TL_COUNT_OF(wrong); i++) {
        world_forget(t.w, t.client);
        world_say(t.w, t.client, wrong[i]);
        assert_string_equal(world_error(t.w, t.client), "order");
    }
    world_free(t.w);
}

static void who_leaves_a_test_frees_relay_and_examiner(void **state)
{
    (void)state;
    struct trial t = trial_new(true);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
    world_drop(t.w, t.client);
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_PARTICIPANT_CLOSE), 1);
    json_t *last = json_array_get(t.w->examiner_log, json_array_size(t.w->examiner_log) - 1);
    assert_int_equal(json_integer_value(json_object_get(last, "_type")), TL_MESSAGE_TEST_END);
    examiner_says(t.w, TL_MESSAGE_TEST_VERDICT, VERDICT); /* late: for nobody */
    world_free(t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_hears_and_sees_itself),
        cmocka_unit_test(a_whole_test_ends_with_its_verdict_recorded_then_told),
        cmocka_unit_test(a_bad_link_is_told_audio_first_or_poor),
        cmocka_unit_test(an_examiner_that_dies_does_not_keep_the_person_waiting),
        cmocka_unit_test(steps_out_of_order_are_refused),
        cmocka_unit_test(who_leaves_a_test_frees_relay_and_examiner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
