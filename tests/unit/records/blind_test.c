/* What people take for one name has one index; what they do not, or what stands elsewhere, has another. */
#include "testing.h"

#include <stdlib.h>

#include "base/memory.h"
#include "seal/blind.h"

static const uint8_t key[TL_SEAL_KEY_SIZE] = { 5 }, other[TL_SEAL_KEY_SIZE] = { 6 };

static void one_name_written_in_several_ways_folds_to_one(void **state)
{
    (void)state;
    static const struct {
        const char *written, *folded;
    } names[] = {
        { "MOREAU", "moreau" },
        { "  Le Goff ", "le goff" },
        { "Élodie", "elodie" },
        { "E\xcc\x81lodie", "elodie" }, /* e and a combining accent */
        { "Jean-Marie", "jean marie" },
        { "L’Hôpital", "l hopital" },
        { "l'hopital", "l hopital" },
        { "Cœur", "coeur" },
        { "ŒUVRARD", "oeuvrard" },
        { "Straße", "strasse" },
        { "Ñuñez", "nunez" },
        { "Łukasz", "łukasz" }, /* a letter of its own */
        { "", "" },
        { " - ' ", "" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(names); i++) {
        tl_autofree char *folded = NULL;
        assert_int_equal(tl_fold(tl_text(names[i].written), &folded), TL_OK);
        assert_string_equal(folded, names[i].folded);
    }
    char *none = NULL;
    assert_int_equal(tl_fold(TL_TEXT("a\xff"), &none), TL_ERROR_FORMAT);
    assert_null(none);
}

static void every_word_of_a_query_is_looked_for(void **state)
{
    (void)state;
    assert_true(tl_folded_has("moreau durand jeanne marie", "jeanne mor"));
    assert_true(tl_folded_has("moreau", ""));
    assert_false(tl_folded_has("moreau durand", "moreau paul"));
    assert_false(tl_folded_has("", "a"));
}

static void index_of(const uint8_t *k, const char *use, const char *a, const char *b,
                     uint8_t ret[TL_BLIND_SIZE])
{
    const struct tl_text parts[] = { tl_text(a), tl_text(b) };
    assert_int_equal(tl_blind_index(k, use, parts, 2, ret), TL_OK);
}

static void an_index_says_whether_all_its_parts_are_the_same(void **state)
{
    (void)state;
    uint8_t one[TL_BLIND_SIZE], two[TL_BLIND_SIZE];
    index_of(key, "name", "MOREAU-DURAND", "1956-04-12", one);
    index_of(key, "name", "Moreau Durand", "1956-04-12", two);
    assert_memory_equal(one, two, sizeof one);
    static const struct {
        const uint8_t *key;
        const char *use, *a, *b;
    } others[] = {
        { other, "name", "MOREAU-DURAND", "1956-04-12" },
        { key, "traits", "MOREAU-DURAND", "1956-04-12" },
        { key, "name", "MOREAU", "1956-04-12" },
        { key, "name", "MOREAU-DURAND", "1956-04-13" },
        { key, "name", "1956-04-12", "MOREAU-DURAND" },
        { key, "name", "MOREAU-DURAND1956-04-12", "" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(others); i++) {
        index_of(others[i].key, others[i].use, others[i].a, others[i].b, two);
        assert_memory_not_equal(one, two, sizeof one);
    }
    const struct tl_text many[TL_BLIND_PARTS_LIMIT + 1] = { { "a", 1 } };
    assert_int_equal(tl_blind_index(key, "x", many, TL_BLIND_PARTS_LIMIT + 1, two),
                     TL_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_name_written_in_several_ways_folds_to_one),
        cmocka_unit_test(every_word_of_a_query_is_looked_for),
        cmocka_unit_test(an_index_says_whether_all_its_parts_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
