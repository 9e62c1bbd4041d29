/* The equipment test, with a scripted relay and examiner. */
#include "world.h"

#include "hub/state.h"

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

static void few_bits_of_a_picture_that_needs_none_are_no_bad_link(void **state)
{
    (void)state;
    struct trial t = trial_new(true);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
    relay_measures(&t, 60, 0);
    examiner_says(t.w, TL_MESSAGE_TEST_VERDICT, VERDICT); /* too dark */
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    json_t *network = json_object_get(told(&t, "verdict"), "network");
    assert_string_equal(world_text(network, "verdict"), "good");
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

static void begin_and_probe(struct trial *t)
{
    world_say(t->w, t->client, "{\"type\":\"test\",\"step\":\"begin\"}");
    world_say(t->w, t->client, "{\"type\":\"test\",\"step\":\"down\"}");
}

static bool told_of_nothing(struct trial *t)
{
    json_t *steps = json_object_get(told(t, "down"), "steps");
    return steps && json_array_size(steps) == 0;
}

static void a_way_down_that_cannot_be_measured_is_told_at_once(void **state)
{
    (void)state;
    struct trial t = trial_new(false);
    t.w->probe_refused = true;
    begin_and_probe(&t);
    assert_true(told_of_nothing(&t));
    world_forget(t.w, t.client);
    t.w->probe_refused = false;
    world_say(t.w, t.client,
              "{\"type\":\"test\",\"step\":\"down\"}"); /* it may be tried again */
    assert_null(told(&t, "down"));
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_PROBE_DOWN), 2);
    world_free(t.w);
}

static void a_measure_that_never_comes_is_told_after_eight_seconds(void **state)
{
    (void)state;
    struct trial t = trial_new(false);
    begin_and_probe(&t);
    world_pass(t.w, 8 * TL_SECOND_US - 1);
    assert_null(told(&t, "down"));
    world_pass(t.w, 1);
    assert_true(told_of_nothing(&t));
    world_forget(t.w, t.client); /* one that comes all the same has no question any more */
    world_relay_says(t.w, 0, TL_MESSAGE_PROBE_RESULT, "{\"participant\":\"%s\",\"steps\":[]}",
                     t.id);
    assert_null(told(&t, "down"));
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    json_t *network = json_object_get(told(&t, "verdict"), "network");
    assert_true(json_is_null(json_object_get(network, "down_kbps")));
    world_free(t.w);
}

static void a_relay_that_dies_under_the_measure_is_told(void **state)
{
    (void)state;
    struct trial t = trial_new(false);
    begin_and_probe(&t);
    world_relay_dies(t.w, 0);
    assert_true(told_of_nothing(&t));
    world_free(t.w);
}

static void packets_that_are_all_lost_are_a_loss_of_one(void **state)
{
    (void)state;
    struct trial t = trial_new(false);
    relay_measures(&t, 900, 0);
    begin_and_probe(&t);
    relay_measures(&t, 900, 0);
    world_relay_says(t.w, 0, TL_MESSAGE_PROBE_RESULT,
                     "{\"participant\":\"%s\",\"steps\":[{\"kbps\":300,\"received_kbps\":0,"
                     "\"loss\":1,\"delay_ms\":0},{\"kbps\":700,\"received_kbps\":0,"
                     "\"loss\":1,\"delay_ms\":0}]}",
                     t.id);
    assert_int_equal(json_array_size(json_object_get(told(&t, "down"), "steps")), 2);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    json_t *network = json_object_get(told(&t, "verdict"), "network");
    assert_string_equal(world_text(network, "verdict"), "poor");
    assert_true(json_number_value(json_object_get(network, "down_loss")) == 1);
    world_free(t.w);
}

static void a_ninth_probe_at_once_is_refused_and_a_place_freed_is_taken(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t first = world_join(w, "probe:a");
    assert_string_equal(world_text(world_last(w, first, "welcome"), "kind"), "test");
    for (unsigned i = 1; i < TL_HUB_PROBES_LIMIT; i++)
        assert_non_null(world_last(w, world_join(w, "probe:a"), "welcome"));
    uint64_t one_more = world_join(w, "probe:a");
    assert_null(world_last(w, one_more, "welcome"));
    assert_string_equal(world_error(w, one_more), "away");
    assert_int_equal(w->clients[one_more].code, 1013);
    /* a patient's own test is none of them */
    assert_non_null(world_last(w, world_join(w, "test:jeanne"), "welcome"));
    world_drop(w, first);
    assert_non_null(world_last(w, world_join(w, "probe:a"), "welcome"));
    world_free(w);
}

static void a_probe_ends_after_ninety_seconds_and_a_patients_test_does_not(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t probe = world_join(w, "probe:a"), patient = world_join(w, "test:jeanne");
    world_pass(w, 89 * TL_SECOND_US);
    assert_null(world_last(w, probe, "bye"));
    world_pass(w, 2 * TL_SECOND_US);
    assert_string_equal(world_text(world_last(w, probe, "bye"), "reason"), "expired");
    assert_int_equal(w->clients[probe].code, 1000);
    assert_null(world_last(w, patient, "bye"));
    world_free(w);
}

static void a_probe_leaves_nothing_in_any_act(void **state)
{
    (void)state;
    struct trial t = { .w = world_new() };
    tl_hub_examiner_up(t.w->hub, t.w->now);
    t.client = world_join(t.w, "probe:a");
    world_offer(t.w, t.client, 1, 1);
    snprintf(t.id, sizeof t.id, "%s", world_participant(t.w, t.client));
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"begin\"}");
    examiner_says(t.w, TL_MESSAGE_TEST_VERDICT, VERDICT);
    world_say(t.w, t.client, "{\"type\":\"test\",\"step\":\"end\"}");
    assert_non_null(told(&t, "verdict"));
    world_relay_says(t.w, 0, TL_MESSAGE_PARTICIPANT_STATE,
                     "{\"participant\":\"%s\",\"state\":\"failed\",\"reason\":\"timeout\"}",
                     t.id);
    assert_int_equal(json_array_size(t.w->recorded), 0);
    world_free(t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_hears_and_sees_itself),
        cmocka_unit_test(a_whole_test_ends_with_its_verdict_recorded_then_told),
        cmocka_unit_test(a_bad_link_is_told_audio_first_or_poor),
        cmocka_unit_test(few_bits_of_a_picture_that_needs_none_are_no_bad_link),
        cmocka_unit_test(an_examiner_that_dies_does_not_keep_the_person_waiting),
        cmocka_unit_test(steps_out_of_order_are_refused),
        cmocka_unit_test(who_leaves_a_test_frees_relay_and_examiner),
        cmocka_unit_test(a_way_down_that_cannot_be_measured_is_told_at_once),
        cmocka_unit_test(a_measure_that_never_comes_is_told_after_eight_seconds),
        cmocka_unit_test(a_relay_that_dies_under_the_measure_is_told),
        cmocka_unit_test(packets_that_are_all_lost_are_a_loss_of_one),
        cmocka_unit_test(a_ninth_probe_at_once_is_refused_and_a_place_freed_is_taken),
        cmocka_unit_test(a_probe_ends_after_ninety_seconds_and_a_patients_test_does_not),
        cmocka_unit_test(a_probe_leaves_nothing_in_any_act),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
