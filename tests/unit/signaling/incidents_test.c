/* Technical incidents on their way into the act: merged, bounded, in order. */
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

/* Of two seconds, over now. */
static void incident(struct pair p, const char *kind, double measure, const char *unit)
{
    world_relay_says(p.w, 0, TL_MESSAGE_INCIDENT,
                     "{\"participant\":\"%s\",\"kind\":\"%s\",\"started_us_ago\":2000000,"
                     "\"ended_us_ago\":0,\"measure\":%g,\"unit\":\"%s\"}",
                     world_participant(p.w, p.patient), kind, measure, unit);
}

/* The n-th incident of the act, from 0. */
static json_t *recorded(struct pair p, unsigned n)
{
    json_t *item;
    size_t i;
    json_array_foreach(p.w->recorded, i, item)
    {
        if (strcmp(world_text(item, "type"), "incident") == 0 && n-- == 0)
            return json_object_get(item, "detail");
    }
    return NULL;
}

static double measure(json_t *detail)
{
    return json_number_value(json_object_get(detail, "measure"));
}

static unsigned count(struct pair p)
{
    return world_events(p.w, "incident");
}

static void incidents_of_a_kind_under_five_seconds_apart_are_one_line(void **state)
{
    (void)state;
    struct pair p = pair_new();
    incident(p, "loss", 12, "percent");
    world_pass(p.w, 6 * TL_SECOND_US); /* the next began 4 s after the end */
    incident(p, "loss", 30, "percent");
    world_pass(p.w, 6 * TL_SECOND_US);
    incident(p, "loss", 20, "percent");
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 1);
    assert_true(measure(recorded(p, 0)) == 30); /* the worst */
    assert_string_not_equal(world_text(recorded(p, 0), "started_at"),
                            world_text(recorded(p, 0), "ended_at"));
    incident(p, "loss", 12, "percent");
    world_pass(p.w, 8 * TL_SECOND_US); /* 6 s: another line */
    incident(p, "loss", 12, "percent");
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 3);
    world_free(p.w);
}

static void freezes_and_gaps_in_one_line_say_how_long_they_were_together(void **state)
{
    (void)state;
    static const char *const kinds[] = { "freeze", "audio_gap" };
    for (size_t i = 0; i < 2; i++) {
        struct pair p = pair_new();
        incident(p, kinds[i], 700, "ms");
        world_pass(p.w, 3 * TL_SECOND_US);
        incident(p, kinds[i], 500, "ms");
        world_pass(p.w, 20 * TL_SECOND_US);
        assert_int_equal(count(p), 1);
        assert_true(measure(recorded(p, 0)) == 1200);
        world_free(p.w);
    }
}

static void incidents_of_other_kinds_people_and_rungs_stay_apart(void **state)
{
    (void)state;
    struct pair p = pair_new();
    static const char *const kinds[] = { "interruption", "freeze", "audio_gap",
                                         "reconnection" };
    for (size_t i = 0; i < 4; i++)
        incident(p, kinds[i], 500, "ms");
    incident(p, "loss", 20, "percent");
    incident(p, "fallback", 0, "tcp");
    incident(p, "fallback", 0, "turn");
    uint64_t host = p.host;
    p.host = p.patient;
    p.patient = host;
    incident(p, "loss", 20, "percent");
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 8);
    world_free(p.w);
}

static void a_fallback_told_again_is_one_line_and_its_unit_the_rung(void **state)
{
    (void)state;
    struct pair p = pair_new();
    for (unsigned i = 0; i < 3; i++)
        world_relay_says(p.w, 0, TL_MESSAGE_INCIDENT,
                         "{\"participant\":\"%s\",\"kind\":\"fallback\",\"started_us_ago\":0,"
                         "\"ended_us_ago\":0,\"measure\":null,\"unit\":\"tcp\"}",
                         world_participant(p.w, p.patient));
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 1);
    assert_string_equal(world_text(recorded(p, 0), "unit"), "tcp");
    assert_true(json_is_null(json_object_get(recorded(p, 0), "measure")));
    world_free(p.w);
}

static void fallback(struct pair p, const char *unit, int started_s, const char *ended)
{
    world_relay_says(
        p.w, 0, TL_MESSAGE_INCIDENT,
        "{\"participant\":\"%s\",\"kind\":\"fallback\",\"started_us_ago\":%d000000,"
        "\"ended_us_ago\":%s,\"measure\":null,\"unit\":\"%s\"}",
        world_participant(p.w, p.patient), started_s, ended, unit);
}

static void a_fallback_is_one_line_from_its_start_to_its_end_however_long(void **state)
{
    (void)state;
    struct pair p = pair_new();
    fallback(p, "tcp", 5, "null");
    for (unsigned i = 0; i < 300; i++)
        world_pass(p.w, TL_SECOND_US);
    assert_int_equal(count(p), 0);
    fallback(p, "tcp", 305, "0");
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 1);
    assert_false(json_is_null(json_object_get(recorded(p, 0), "ended_at")));
    world_free(p.w);
}

static void a_fallback_that_lasts_ends_with_the_session(void **state)
{
    (void)state;
    struct pair p = pair_new();
    fallback(p, "turn", 5, "null");
    for (unsigned i = 0; i < 100; i++)
        world_pass(p.w, TL_SECOND_US);
    world_say(p.w, p.host, "{\"type\":\"end\"}");
    world_pass(p.w, TL_SECOND_US);
    assert_int_equal(count(p), 1);
    assert_string_equal(world_text(recorded(p, 0), "unit"), "turn");
    assert_false(json_is_null(json_object_get(recorded(p, 0), "ended_at")));
    world_free(p.w);
}

static void a_report_of_what_lasts_and_of_its_end_are_one_line(void **state)
{
    (void)state;
    struct pair p = pair_new();
    world_relay_says(p.w, 0, TL_MESSAGE_INCIDENT,
                     "{\"participant\":\"%s\",\"kind\":\"loss\",\"started_us_ago\":2000000,"
                     "\"ended_us_ago\":null,\"measure\":12,\"unit\":\"percent\"}",
                     world_participant(p.w, p.patient));
    world_pass(p.w, 4 * TL_SECOND_US);
    incident(p, "loss", 14, "percent");
    assert_int_equal(count(p), 0);
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 1);
    world_free(p.w);
}

static void what_is_over_a_hundred_is_one_last_line_that_says_how_many(void **state)
{
    (void)state;
    struct pair p = pair_new();
    for (int i = 0; i < 99; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    assert_int_equal(count(p), 99);
    incident(p, "loss", 12, "percent");
    world_pass(p.w, 25 * TL_SECOND_US);
    assert_int_equal(count(p), 100); /* the limit itself has room */
    for (int i = 0; i < 37; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    assert_int_equal(count(p), 100);
    world_say(p.w, p.host, "{\"type\":\"end\"}");
    assert_int_equal(count(p), 101);
    json_t *last = recorded(p, 100);
    assert_string_equal(world_text(last, "kind"), "more");
    assert_string_equal(world_text(last, "unit"), "incidents");
    assert_true(measure(last) == 37);
    world_free(p.w);
}

static void an_act_of_a_hundred_incidents_has_no_line_for_more(void **state)
{
    (void)state;
    struct pair p = pair_new();
    for (int i = 0; i < 100; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    world_say(p.w, p.host, "{\"type\":\"end\"}");
    assert_int_equal(count(p), 100);
    world_free(p.w);
}

static void one_over_a_hundred_is_one_line_that_says_one(void **state)
{
    (void)state;
    struct pair p = pair_new();
    for (int i = 0; i < 101; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    assert_int_equal(count(p), 100);
    world_say(p.w, p.host, "{\"type\":\"end\"}");
    assert_int_equal(count(p), 101);
    assert_string_equal(world_text(recorded(p, 100), "kind"), "more");
    assert_true(measure(recorded(p, 100)) == 1);
    world_free(p.w);
}

/* Everybody goes, and comes again. */
static void pair_again(struct pair *p)
{
    world_say(p->w, p->patient, "{\"type\":\"leave\"}");
    world_say(p->w, p->host, "{\"type\":\"leave\"}");
    world_drop(p->w, p->patient);
    world_drop(p->w, p->host);
    assert_int_equal(tl_hub_counts(p->w->hub).sessions, 0);
    p->host = world_join(p->w, "host:Anne");
    p->patient = world_join(p->w, "patient:jeanne");
    world_sayf(p->w, p->host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(p->w, p->patient));
    world_offer(p->w, p->host, 7, 9);
    world_offer(p->w, p->patient, 7, 9);
}

static void an_act_everybody_left_and_entered_again_holds_no_more_than_a_hundred(void **state)
{
    (void)state;
    struct pair p = pair_new();
    for (int i = 0; i < 99; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    pair_again(&p);
    for (int i = 0; i < 3; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    assert_int_equal(count(p), 100);
    world_say(p.w, p.host, "{\"type\":\"end\"}");
    assert_int_equal(count(p), 101);
    assert_true(measure(recorded(p, 100)) == 2);
    world_free(p.w);
}

static void how_many_more_is_said_when_everybody_has_left_too(void **state)
{
    (void)state;
    struct pair p = pair_new();
    for (int i = 0; i < 103; i++) {
        incident(p, "loss", 12, "percent");
        world_pass(p.w, 25 * TL_SECOND_US);
    }
    assert_int_equal(count(p), 100);
    pair_again(&p);
    assert_int_equal(count(p), 101);
    assert_string_equal(world_text(recorded(p, 100), "kind"), "more");
    assert_true(measure(recorded(p, 100)) == 3);
    world_free(p.w);
}

static void sixteen_ripen_at_once_and_a_seventeenth_is_not_lost(void **state)
{
    (void)state;
    static const char *const kinds[] = { "interruption", "loss", "audio_gap", "freeze" };
    static const char *const units[] = { "percent", "ms", "tcp", "turn" };
    struct pair p = pair_new();
    for (unsigned i = 0; i < 16; i++) {
        incident(p, kinds[i % 4], 500, units[i / 4]);
        world_pass(p.w, TL_SECOND_US / 10);
    }
    assert_int_equal(count(p), 0);
    incident(p, "loss", 500, "");
    assert_int_equal(count(p), 1); /* the one that would be written down next made room */
    assert_string_equal(world_text(recorded(p, 0), "kind"), kinds[0]);
    assert_string_equal(world_text(recorded(p, 0), "unit"), units[0]);
    world_pass(p.w, 20 * TL_SECOND_US);
    assert_int_equal(count(p), 17);
    world_free(p.w);
}

static void incidents_are_in_the_act_before_its_end(void **state)
{
    (void)state;
    struct pair p = pair_new();
    incident(p, "freeze", 800, "ms");
    world_say(p.w, p.host, "{\"type\":\"end\"}");
    size_t size = json_array_size(p.w->recorded);
    assert_string_equal(world_text(json_array_get(p.w->recorded, size - 2), "type"),
                        "incident");
    assert_string_equal(world_text(json_array_get(p.w->recorded, size - 1), "type"), "ended");
    world_free(p.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incidents_of_a_kind_under_five_seconds_apart_are_one_line),
        cmocka_unit_test(freezes_and_gaps_in_one_line_say_how_long_they_were_together),
        cmocka_unit_test(incidents_of_other_kinds_people_and_rungs_stay_apart),
        cmocka_unit_test(a_fallback_told_again_is_one_line_and_its_unit_the_rung),
        cmocka_unit_test(a_fallback_is_one_line_from_its_start_to_its_end_however_long),
        cmocka_unit_test(a_fallback_that_lasts_ends_with_the_session),
        cmocka_unit_test(a_report_of_what_lasts_and_of_its_end_are_one_line),
        cmocka_unit_test(what_is_over_a_hundred_is_one_last_line_that_says_how_many),
        cmocka_unit_test(an_act_of_a_hundred_incidents_has_no_line_for_more),
        cmocka_unit_test(one_over_a_hundred_is_one_line_that_says_one),
        cmocka_unit_test(an_act_everybody_left_and_entered_again_holds_no_more_than_a_hundred),
        cmocka_unit_test(how_many_more_is_said_when_everybody_has_left_too),
        cmocka_unit_test(sixteen_ripen_at_once_and_a_seventeenth_is_not_lost),
        cmocka_unit_test(incidents_are_in_the_act_before_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
