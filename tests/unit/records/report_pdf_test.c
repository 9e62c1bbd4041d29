/* The patient's copy of the report: a PDF whose table of objects is true, whatever the text. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "acts/report_pdf.h"
#include "base/memory.h"

static struct tl_report_facts facts(const char *text)
{
    return (struct tl_report_facts){ .professional = "Dr Anne Le Goff",
                                     .profession = "Médecin généraliste",
                                     .rpps = "10001234566",
                                     .structure = "MSP de Clisson",
                                     .patient = "Jeanne MOREAU",
                                     .birth_date = "1956-04-12",
                                     .date = "23/11/2026",
                                     .text = text,
                                     .conclusion = "Repos.",
                                     .version = 1 };
}

/* Every offset of the cross-reference table points at the object it names (ISO 32000-1, 7.5.4). */
static void check_table(const uint8_t *pdf, size_t size)
{
    assert_memory_equal(pdf, "%PDF-1.4\n", 9);
    tl_autofree char *text = calloc(1, size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = pdf[i] ? (char)pdf[i] : ' ';
    char *start = strstr(text, "startxref\n"), *next;
    assert_non_null(start);
    size_t table = strtoul(start + 10, NULL, 10);
    unsigned objects = 0;
    assert_int_equal(sscanf(text + table, "xref\n0 %u\n", &objects), 1);
    next = strchr(strchr(text + table, '\n') + 1, '\n') + 1;
    for (unsigned i = 0; i < objects; i++, next += 20) {
        char expected[24];
        if (i == 0)
            continue;
        snprintf(expected, sizeof expected, "%u 0 obj\n", i);
        assert_memory_equal(text + strtoul(next, NULL, 10), expected, strlen(expected));
    }
}

static void a_report_is_a_pdf_with_its_words(void **state)
{
    (void)state;
    uint8_t *pdf = NULL;
    size_t size;
    struct tl_report_facts f =
        facts("Toux depuis trois jours (sèche). C:\\ – fièvre à 38 °C, œdème…");
    assert_int_equal(tl_report_pdf(&f, &pdf, &size), TL_OK);
    check_table(pdf, size);
    assert_non_null(memmem(pdf, size,
                           "Toux depuis trois jours \\(s\xe8"
                           "che\\). C:\\\\ \x96 fi\xe8vre",
                           46));
    assert_non_null(memmem(pdf, size,
                           "\x9c"
                           "d\xe8me\x85",
                           6));
    free(pdf);
}

static void a_long_report_takes_more_pages_and_an_endless_one_is_refused(void **state)
{
    (void)state;
    tl_autofree char *text = calloc(1, 600001);
    assert_non_null(text);
    memset(text, 'a', 50000);
    uint8_t *pdf = NULL;
    size_t size;
    struct tl_report_facts f = facts(text);
    assert_int_equal(tl_report_pdf(&f, &pdf, &size), TL_OK);
    check_table(pdf, size);
    assert_non_null(memmem(pdf, size, "/Count 11", 9));
    free(pdf);
    memset(text, '\n', 600000);
    pdf = NULL;
    assert_int_equal(tl_report_pdf(&f, &pdf, &size), TL_ERROR_LIMIT);
    assert_null(pdf);
}

static void the_longest_report_of_short_lines_is_whole(void **state)
{
    (void)state;
    tl_autofree char *text = calloc(1, 50001);
    tl_autofree char *conclusion = calloc(1, 10001);
    assert_non_null(text);
    assert_non_null(conclusion);
    memset(text, '\n', 50000);
    memset(conclusion, '\n', 10000);
    uint8_t *pdf = NULL;
    size_t size;
    struct tl_report_facts f = facts(text);
    f.conclusion = conclusion;
    assert_int_equal(tl_report_pdf(&f, &pdf, &size), TL_OK);
    check_table(pdf, size);
    free(pdf);
}

static void lines_break_at_spaces_and_at_line_ends(void **state)
{
    (void)state;
    uint8_t *pdf = NULL;
    size_t size;
    struct tl_report_facts f = facts("un\ndeux\n\nmot mot mot mot mot mot mot mot mot mot mot "
                                     "mot mot mot mot mot mot mot mot mot mot mot mot mot fin");
    assert_int_equal(tl_report_pdf(&f, &pdf, &size), TL_OK);
    assert_non_null(memmem(pdf, size, "(un) Tj", 7));
    assert_non_null(memmem(pdf, size, "(deux) Tj", 9));
    assert_non_null(memmem(pdf, size, "(mot mot fin) Tj", 16));
    free(pdf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_a_pdf_with_its_words),
        cmocka_unit_test(the_longest_report_of_short_lines_is_whole),
        cmocka_unit_test(a_long_report_takes_more_pages_and_an_endless_one_is_refused),
        cmocka_unit_test(lines_break_at_spaces_and_at_line_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
