/* What people read: incidents, events, messages, times. */
#include "testing.h"

#include <string.h>

#include "acts/act_words.h"
#include "http/time_text.h"
#include "outbox/messages.h"

static void an_incident_is_told_in_both_languages(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        double seconds, measure;
        const char *unit, *name, *french, *english;
    } cases[] = {
        { "interruption", 12, -1, "", NULL, "Interruption de 12 s du son et de l'image",
          "Interruption of 12 s of sound and picture" },
        { "interruption", 0.2, -1, "", NULL,
          "Interruption de moins de 1 s du son et de l'image",
          "Interruption of under 1 s of sound and picture" },
        { "interruption", 119.4, -1, "", NULL, "Interruption de 119 s du son et de l'image",
          "Interruption of 119 s of sound and picture" },
        { "interruption", 125, -1, "", NULL, "Interruption de 2 min 05 s du son et de l'image",
          "Interruption of 2 min 05 s of sound and picture" },
        { "loss", -1, 31, "percent", "Jeanne", "Liaison dégradée (31 % perdus) pour Jeanne",
          "Degraded link (31% lost) for Jeanne" },
        { "freeze", 4, -1, "", NULL, "Image figée pendant 4 s", "Picture frozen for 4 s" },
        { "audio_gap", 2, 1800, "ms", NULL, "Coupure du son de 2 s", "Sound lost for 2 s" },
        { "audio_gap", 0.3, 300, "ms", "Jeanne", "Coupure du son de moins de 1 s pour Jeanne",
          "Sound lost for under 1 s for Jeanne" },
        { "freeze", 20, 4200, "ms", NULL, "Image figée pendant 4 s en tout, en 20 s",
          "Picture frozen for 4 s in all, within 20 s" },
        { "reconnection", 3, 3100, "ms", NULL, "Reconnexion de 3 s", "Reconnection of 3 s" },
        { "fallback", 0, -1, "tcp", "Jeanne",
          "Réseau restrictif : liaison de secours utilisée (TCP) pour Jeanne",
          "Restrictive network: fallback link used (TCP) for Jeanne" },
        { "fallback", 0, -1, "turn", NULL,
          "Réseau restrictif : liaison de secours utilisée (TURN, 443)",
          "Restrictive network: fallback link used (TURN, 443)" },
        { "more", 600, 37, "incidents", NULL, "Autres incidents techniques, non détaillés : 37",
          "More technical incidents, not listed: 37" },
        { "relay_restart", -1, -1, NULL, NULL, "Redémarrage du relais, reprise automatique",
          "Relay restart, resumed by itself" },
        { "reconnection", 3, -1, "", NULL, "Reconnexion de 3 s", "Reconnection of 3 s" },
        { "something_new", -1, -1, "", NULL, "something_new", "something_new" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sentence[TL_SENTENCE_SIZE];
        tl_incident_sentence(cases[i].kind, cases[i].seconds, cases[i].measure, cases[i].unit,
                             cases[i].name, TL_FRENCH, sentence);
        assert_string_equal(sentence, cases[i].french);
        tl_incident_sentence(cases[i].kind, cases[i].seconds, cases[i].measure, cases[i].unit,
                             cases[i].name, TL_ENGLISH, sentence);
        assert_string_equal(sentence, cases[i].english);
    }
}

static void a_long_name_is_cut_and_nothing_overflows(void **state)
{
    (void)state;
    char name[1000], sentence[TL_SENTENCE_SIZE];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    tl_incident_sentence(name, 1e9, 1e9, "percent", name, TL_FRENCH, sentence);
    assert_true(strlen(sentence) < TL_SENTENCE_SIZE);
    tl_event_label("admitted", name, TL_FRENCH, sentence);
    assert_true(strlen(sentence) < TL_SENTENCE_SIZE);
}

static void an_event_is_labelled_with_and_without_a_name(void **state)
{
    (void)state;
    char label[TL_SENTENCE_SIZE];
    tl_event_label("admitted", "Jeanne", TL_FRENCH, label);
    assert_string_equal(label, "Entrée de Jeanne");
    tl_event_label("admitted", NULL, TL_ENGLISH, label);
    assert_string_equal(label, "Admitted");
    tl_event_label("a_new_type", "Jeanne", TL_FRENCH, label);
    assert_string_equal(label, "a_new_type");
}

static void every_message_fits_and_leaves_no_hole_unfilled(void **state)
{
    (void)state;
    struct tl_message_facts facts = { "Dr Anne Le Goff", "MSP de Clisson", 1795446000000000,
                                      "https://h/visite#t", "012345" };
    for (unsigned topic = 0; topic < TL_TOPIC_COUNT; topic++)
        for (unsigned language = 0; language < 2; language++)
            for (unsigned sms = 0; sms < 2; sms++) {
                char subject[TL_SUBJECT_SIZE], text[TL_TEXT_SIZE];
                assert_int_equal(tl_message_compose((enum tl_message_topic)topic,
                                                    (enum tl_language)language, sms, &facts,
                                                    subject, text),
                                 TL_OK);
                assert_true(subject[0] && text[0]);
                assert_null(strchr(text, '{'));
                assert_null(strchr(subject, '{'));
                /* The code never travels with the link. */
                assert_true(!strstr(text, "012345") || !strstr(text, "visite#"));
            }
}

static void facts_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static char long_name[TL_TEXT_SIZE];
    memset(long_name, 'x', sizeof long_name - 1);
    struct tl_message_facts facts = { long_name, "", 0, "", "" };
    char subject[TL_SUBJECT_SIZE], text[TL_TEXT_SIZE];
    assert_int_equal(tl_message_compose(TL_TOPIC_LINK, TL_FRENCH, false, &facts, subject, text),
                     TL_ERROR_LIMIT);
}

static void times_are_read_with_any_offset_and_nothing_else(void **state)
{
    (void)state;
    static const char *const same[] = { "2026-11-23T14:30:00Z", "2026-11-23T15:30:00+01:00",
                                        "2026-11-23T14:30:00.000Z", "2026-11-23t14:30:00z",
                                        "2026-11-23T09:00:00.0-05:30" };
    for (size_t i = 0; i < 5; i++) {
        tl_time_us time = 0;
        assert_int_equal(tl_time_read(tl_text(same[i]), &time), TL_OK);
        assert_int_equal(time, 1795444200000000);
    }
    static const char *const wrong[] = { "",
                                         "2026-11-23",
                                         "2026-11-23T14:30:00",
                                         "2026-11-23 14:30:00Z",
                                         "2026-11-31T14:30:00Z",
                                         "2026-02-29T14:30:00Z",
                                         "2026-11-23T24:00:00Z",
                                         "2026-11-23T14:60:00Z",
                                         "2026-11-23T14:30:00.Z",
                                         "2026-11-23T14:30:00+1:00",
                                         "2026-11-23T14:30:00+15:00",
                                         "2026-11-23T14:30:00Zx",
                                         "1879-12-31T14:30:00Z" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tl_time_us time = 7;
        assert_int_not_equal(tl_time_read(tl_text(wrong[i]), &time), TL_OK);
        assert_int_equal(time, 7);
    }
}

static void a_leap_day_exists_in_leap_years_only(void **state)
{
    (void)state;
    struct tl_date date;
    assert_int_equal(tl_date_read(tl_text("2024-02-29"), &date), TL_OK);
    assert_int_equal(tl_date_read(tl_text("2000-02-29"), &date), TL_OK);
    assert_int_equal(tl_date_read(tl_text("1900-02-29"), &date), TL_ERROR_RANGE);
    assert_int_equal(tl_date_read(tl_text("2026-13-01"), &date), TL_ERROR_RANGE);
    assert_int_equal(tl_date_days((struct tl_date){ 1970, 1, 1 }), 0);
    assert_int_equal(tl_date_days((struct tl_date){ 2000, 3, 1 }), 11017);
}

static void people_read_the_time_of_paris_in_summer_and_in_winter(void **state)
{
    (void)state;
    char words[TL_TIME_WORDS_SIZE];
    tl_time_us time;
    assert_int_equal(tl_time_read(tl_text("2026-11-23T13:30:00Z"), &time), TL_OK);
    tl_time_words(time, TL_FRENCH, words);
    assert_string_equal(words, "lundi 23 novembre 2026 à 14 h 30");
    tl_time_words(time, TL_ENGLISH, words);
    assert_string_equal(words, "Monday 23 November 2026 at 14:30");
    /* Directive 2000/84/EC: the hour changes at 1:00 UTC on 29 March and 25 October 2026. */
    static const char *const edges[][2] = {
        { "2026-03-29T00:59:00Z", "dimanche 29 mars 2026 à 1 h 59" },
        { "2026-03-29T01:00:00Z", "dimanche 29 mars 2026 à 3 h 00" },
        { "2026-10-25T00:59:00Z", "dimanche 25 octobre 2026 à 2 h 59" },
        { "2026-10-25T01:00:00Z", "dimanche 25 octobre 2026 à 2 h 00" },
        { "2026-12-31T23:30:00Z", "vendredi 1 janvier 2027 à 0 h 30" },
    };
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(tl_time_read(tl_text(edges[i][0]), &time), TL_OK);
        tl_time_words(time, TL_FRENCH, words);
        assert_string_equal(words, edges[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_incident_is_told_in_both_languages),
        cmocka_unit_test(a_long_name_is_cut_and_nothing_overflows),
        cmocka_unit_test(an_event_is_labelled_with_and_without_a_name),
        cmocka_unit_test(every_message_fits_and_leaves_no_hole_unfilled),
        cmocka_unit_test(facts_that_do_not_fit_are_refused),
        cmocka_unit_test(times_are_read_with_any_offset_and_nothing_else),
        cmocka_unit_test(a_leap_day_exists_in_leap_years_only),
        cmocka_unit_test(people_read_the_time_of_paris_in_summer_and_in_winter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
