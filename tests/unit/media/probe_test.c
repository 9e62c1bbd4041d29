/* The probe's judgement: figures of a line in, what it is fit for out; the report and the page. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "probe/probe.h"

static struct tl_probe_result good(enum tl_probe_rung rung)
{
    return (struct tl_probe_result){
        .rung = rung,
        .state = TL_PROBE_MEASURED,
        .rtt_ms = 30,
        .up = { .kbps = 2000, .loss = 0.001, .jitter_ms = 3 },
        .down = { .kbps = 4000, .loss = 0.001, .jitter_ms = 3 },
        .far_audio = "good",
        .far_video = "good",
        .near_audio = true,
        .near_video = true,
        .near_fps = 15,
    };
}

static void each_figure_at_its_edge_decides_each_use(void **state)
{
    (void)state;
    for (unsigned use = 0; use < TL_PROBE_USES; use++) {
        const struct tl_probe_limits *l = &tl_probe_limits[use];
        struct tl_probe_result r = good(TL_PROBE_UDP);
        r.up.kbps = r.down.kbps = l->least_kbps;
        r.up.loss = r.down.loss = l->most_loss;
        r.rtt_ms = l->most_rtt_ms;
        r.up.jitter_ms = r.down.jitter_ms = l->most_jitter_ms;
        r.near_fps = l->least_fps;
        assert_int_equal(tl_probe_judge(&r, (enum tl_probe_use)use), 0);
        const struct {
            enum tl_probe_lack lack;
            double *figure, change;
        } edges[] = {
            { TL_PROBE_LACK_UP_KBPS, &r.up.kbps, -1 },
            { TL_PROBE_LACK_DOWN_KBPS, &r.down.kbps, -1 },
            { TL_PROBE_LACK_UP_LOSS, &r.up.loss, 0.001 },
            { TL_PROBE_LACK_DOWN_LOSS, &r.down.loss, 0.001 },
            { TL_PROBE_LACK_RTT, &r.rtt_ms, 1 },
            { TL_PROBE_LACK_JITTER, &r.up.jitter_ms, 1 },
            { TL_PROBE_LACK_JITTER, &r.down.jitter_ms, 1 },
        };
        for (size_t i = 0; i < TL_COUNT_OF(edges); i++) {
            *edges[i].figure += edges[i].change;
            assert_int_equal(tl_probe_judge(&r, (enum tl_probe_use)use), 1u << edges[i].lack);
            *edges[i].figure -= edges[i].change;
        }
    }
}

static void sound_and_picture_count_where_they_are_needed_and_nowhere_else(void **state)
{
    (void)state;
    struct tl_probe_result r = good(TL_PROBE_UDP);
    strcpy(r.far_video, "frozen");
    assert_int_equal(tl_probe_judge(&r, TL_PROBE_VIDEO), 1u << TL_PROBE_LACK_FAR_VIDEO);
    assert_int_equal(tl_probe_judge(&r, TL_PROBE_AUDIO), 0);
    r.near_fps = 9;
    strcpy(r.far_audio, "none");
    r.near_audio = false;
    assert_int_equal(tl_probe_judge(&r, TL_PROBE_VIDEO),
                     1u << TL_PROBE_LACK_FAR_VIDEO | 1u << TL_PROBE_LACK_NEAR_VIDEO |
                         1u << TL_PROBE_LACK_FAR_AUDIO | 1u << TL_PROBE_LACK_NEAR_AUDIO);
    assert_int_equal(tl_probe_judge(&r, TL_PROBE_AUDIO),
                     1u << TL_PROBE_LACK_FAR_AUDIO | 1u << TL_PROBE_LACK_NEAR_AUDIO);
    assert_int_equal(tl_probe_judge(&r, TL_PROBE_IMAGES), 0);
    r.rtt_ms = -1; /* never measured is not good */
    assert_int_equal(tl_probe_judge(&r, TL_PROBE_IMAGES), 1u << TL_PROBE_LACK_RTT);
}

static void the_best_rung_is_the_highest_of_those_good_for_most(void **state)
{
    (void)state;
    struct tl_probe_result r[3] = { good(TL_PROBE_UDP), good(TL_PROBE_TCP),
                                    good(TL_PROBE_TURN) };
    assert_ptr_equal(tl_probe_verdict(r, 3).best, &r[0]);
    assert_int_equal(tl_probe_verdict(r, 3).exit_code, 0);
    r[0].up.loss = 0.1; /* sound only */
    assert_ptr_equal(tl_probe_verdict(r, 3).best, &r[1]);
    assert_int_equal(tl_probe_verdict(r, 3).exit_code, 0);
    r[1].state = TL_PROBE_FAILED;
    r[2].up.kbps = 300;
    struct tl_probe_verdict verdict = tl_probe_verdict(r, 3);
    assert_ptr_equal(verdict.best, &r[0]);
    assert_false(verdict.fit[TL_PROBE_VIDEO]);
    assert_true(verdict.fit[TL_PROBE_AUDIO]);
    assert_int_equal(verdict.exit_code, 1);
    r[0].state = r[2].state = TL_PROBE_FAILED;
    assert_int_equal(tl_probe_verdict(r, 3).exit_code, 2);
    assert_null(tl_probe_verdict(r, 3).best);
    for (unsigned i = 0; i < 3; i++)
        r[i].state = i ? TL_PROBE_UNKNOWN : TL_PROBE_SKIPPED;
    assert_int_equal(tl_probe_verdict(r, 3).exit_code, 3);
}

static void
steps_end_where_more_brings_no_more_and_a_lossy_line_is_not_a_narrow_one(void **state)
{
    (void)state;
    struct tl_probe_direction narrow = {
        .steps = { { 300, 290, 0, 5 }, { 500, 295, 0.3, 300 } }, .step_count = 1
    };
    assert_false(tl_probe_steps_are_enough(&narrow));
    narrow.step_count = 2;
    assert_true(tl_probe_steps_are_enough(&narrow));
    tl_probe_direction_judge(&narrow);
    assert_true(narrow.kbps == 295 && narrow.saturated);
    struct tl_probe_direction lossy = {
        .steps = { { 300, 255, 0.15, 0 }, { 500, 425, 0.15, 0 }, { 1000, 980, 0.02, 0 } },
        .step_count = 2
    };
    assert_false(tl_probe_steps_are_enough(&lossy));
    lossy.step_count = 3;
    tl_probe_direction_judge(&lossy);
    assert_true(lossy.kbps == 980 && !lossy.saturated);
    struct tl_probe_direction none = { .step_count = 0 };
    tl_probe_direction_judge(&none);
    assert_true(none.kbps == 0 && !none.saturated);
}

static void a_site_is_a_finess_number_with_its_key(void **state)
{
    (void)state;
    assert_true(tl_probe_site_is_valid("440000057"));
    assert_false(tl_probe_site_is_valid("440000058"));
    assert_false(tl_probe_site_is_valid("44000005"));
    assert_false(tl_probe_site_is_valid("4400000570"));
    assert_false(tl_probe_site_is_valid("44000005x"));
    assert_false(tl_probe_site_is_valid("A40000057"));
    assert_false(tl_probe_site_is_valid(""));
}

/* ---- what is told ---- */

static struct tl_probe_run a_run(const struct tl_probe_result *results, size_t count)
{
    return (struct tl_probe_run){ .server = "https://teleloire.example",
                                  .site = "440000057",
                                  .lasted = 61 * TL_SECOND_US,
                                  .results = results,
                                  .count = count };
}

static char *page(const struct tl_probe_run *run, enum tl_probe_language language)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    tl_probe_print(out, run, language);
    (void)fclose(out);
    return text;
}

static void the_page_says_in_both_languages_what_is_fit_and_what_lacks(void **state)
{
    (void)state;
    struct tl_probe_result r[2] = {
        { .rung = TL_PROBE_UDP, .state = TL_PROBE_FAILED, .reason = "no_answer" },
        good(TL_PROBE_TCP)
    };
    r[1].up.kbps = 295;
    r[1].up.saturated = true;
    struct tl_probe_run run = a_run(r, 2);
    const struct {
        enum tl_probe_language language;
        const char *parts[6];
    } wanted[] = {
        { TL_PROBE_FRENCH,
          { "aucune réponse : un pare-feu ?", "↑ 295 kbit/s, pertes 0,1 %", "↓ ≥ 4,0 Mbit/s",
            "Son seul                ✓ convient (TCP)", "✗ ne convient pas : débit montant\n",
            "Meilleure voie utilisable : TCP" } },
        { TL_PROBE_ENGLISH,
          { "no answer: a firewall?", "↑ 295 kbit/s, loss 0.1 %", "↓ ≥ 4.0 Mbit/s",
            "Sound only              ✓ fit (TCP)", "✗ not fit: bandwidth up\n",
            "Best usable way: TCP" } },
    };
    for (size_t i = 0; i < 2; i++) {
        char *text = page(&run, wanted[i].language);
        for (size_t j = 0; j < 6; j++)
            if (!strstr(text, wanted[i].parts[j]))
                fail_msg("%s is not in:\n%s", wanted[i].parts[j], text);
        free(text);
    }
}

static void the_report_names_the_thresholds_it_judged_by(void **state)
{
    (void)state;
    struct tl_probe_result r = good(TL_PROBE_TURN);
    struct tl_probe_run run = a_run(&r, 1);
    json_t *report = tl_probe_report(&run), *limits = json_object_get(report, "limits");
    for (unsigned use = 0; use < TL_PROBE_USES; use++)
        assert_true(json_number_value(json_object_get(
                        json_object_get(limits, tl_probe_use_words[use]), "least_kbps")) ==
                    tl_probe_limits[use].least_kbps);
    assert_string_equal(json_string_value(json_object_get(report, "best")), "turn");
    assert_string_equal(json_string_value(json_object_get(report, "site")), "440000057");
    assert_int_equal(json_integer_value(json_object_get(report, "exit")), 0);
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_figure_at_its_edge_decides_each_use),
        cmocka_unit_test(sound_and_picture_count_where_they_are_needed_and_nowhere_else),
        cmocka_unit_test(the_best_rung_is_the_highest_of_those_good_for_most),
        cmocka_unit_test(
            steps_end_where_more_brings_no_more_and_a_lossy_line_is_not_a_narrow_one),
        cmocka_unit_test(a_site_is_a_finess_number_with_its_key),
        cmocka_unit_test(the_page_says_in_both_languages_what_is_fit_and_what_lacks),
        cmocka_unit_test(the_report_names_the_thresholds_it_judged_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
