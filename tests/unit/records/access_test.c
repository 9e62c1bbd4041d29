/* The table of rights, asked directly. */
#include "base/memory.h"
#include "http/access.h"
#include "sign_in/step_up.h"
#include "testing.h"

static bool allows(enum tl_action action, const char *roles, const char *there,
                   const char *relations)
{
    struct tl_standing standing = { tl_roles_read(tl_text(roles)),
                                    tl_roles_read(tl_text(there)),
                                    tl_relations_read(tl_text(relations)) };
    return tl_access_allows(action, &standing);
}

static void words_are_read_back_and_what_is_unknown_counts_for_nothing(void **state)
{
    (void)state;
    for (enum tl_user_role role = 0; role < TL_ROLE_COUNT; role++)
        assert_int_equal(tl_roles_read(tl_text(tl_role_word(role))), TL_ONLY(role));
    for (enum tl_relation relation = 0; relation < TL_RELATION_COUNT; relation++)
        assert_int_equal(tl_relations_read(tl_text(tl_relation_word(relation))),
                         TL_ONLY(relation));
    assert_int_equal(tl_roles_read(tl_text("doctor manager")),
                     TL_ONLY(TL_ROLE_DOCTOR) | TL_ONLY(TL_ROLE_MANAGER));
    assert_int_equal(tl_roles_read(tl_text("")), 0);
    assert_int_equal(tl_roles_read(tl_text("doctors Doctor  admin ")), 0);
}

static void an_action_without_a_row_is_nobodys(void **state)
{
    (void)state;
    assert_int_equal(tl_access_roles(TL_ACTION_UNSET), 0);
    for (enum tl_action action = TL_ACTION_UNSET + 1; action < TL_ACTION_COUNT; action++)
        assert_int_not_equal(tl_access_roles(action), 0);
}

static void a_factor_is_asked_of_every_role_but_who_sees_numbers_only(void **state)
{
    (void)state;
    static const char *const asked[] = { "doctor",  "nurse",    "midwife",   "secretary",
                                         "manager", "operator", "ars doctor" };
    static const char *const others[] = {
        "", "person", "half person", "ars", "committee", "ars committee", "nobody", "visitor"
    };
    for (size_t i = 0; i < TL_COUNT_OF(asked); i++)
        assert_true(tl_access_needs_factor(tl_roles_read(tl_text(asked[i]))));
    for (size_t i = 0; i < TL_COUNT_OF(others); i++)
        assert_false(tl_access_needs_factor(tl_roles_read(tl_text(others[i]))));
}

static void signing_and_what_leaves_want_a_fresh_proof(void **state)
{
    (void)state;
    assert_int_equal(tl_step_up_of(TL_ACTION_ACT_CLOSE)->minutes, 60);
    assert_int_equal(tl_step_up_of(TL_ACTION_RIGHTS_EXPORT)->minutes, 5);
    assert_int_equal(tl_step_up_of(TL_ACTION_FACTOR_CHANGE)->minutes, 5);
    assert_int_equal(tl_step_up_of(TL_ACTION_FACTOR_RESET)->minutes, 5);
    assert_null(tl_step_up_of(TL_ACTION_ACT_READ));
    assert_null(tl_step_up_of(TL_ACTION_FACTOR_GIVE)); /* or nobody could give it */
}

static void nobody_reads_clinical_text_but_who_cares(void **state)
{
    (void)state;
    static const char *const others[] = { "nobody",    "visitor",
                                          "recipient", "person secretary",
                                          "manager",   "operator",
                                          "ars",       "committee" };
    static const enum tl_action clinical[] = { TL_ACTION_ACT_READ_CLINICAL,
                                               TL_ACTION_DOCUMENT_READ, TL_ACTION_DOCUMENT_ADD,
                                               TL_ACTION_ACT_CLOSE };
    const char *all = "own colleague planner structure care_team emergency";
    for (size_t i = 0; i < TL_COUNT_OF(clinical); i++) {
        for (size_t j = 0; j < TL_COUNT_OF(others); j++)
            assert_false(allows(clinical[i], others[j], others[j], all));
        assert_true(allows(clinical[i], "person doctor", "", "own"));
        assert_false(allows(clinical[i], "person doctor", "", ""));
        assert_false(allows(clinical[i], "person doctor secretary", "", "planner"));
    }
}

static void of_a_structure_the_role_in_that_very_one_counts(void **state)
{
    (void)state;
    assert_true(allows(TL_ACTION_STRUCTURE_MANAGE, "doctor manager", "manager", "structure"));
    assert_false(allows(TL_ACTION_STRUCTURE_MANAGE, "doctor manager", "doctor", "structure"));
    assert_true(allows(TL_ACTION_PATIENT_READ, "secretary", "secretary", "structure"));
    assert_false(allows(TL_ACTION_PATIENT_READ, "secretary manager", "manager", "structure"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read_back_and_what_is_unknown_counts_for_nothing),
        cmocka_unit_test(an_action_without_a_row_is_nobodys),
        cmocka_unit_test(a_factor_is_asked_of_every_role_but_who_sees_numbers_only),
        cmocka_unit_test(signing_and_what_leaves_want_a_fresh_proof),
        cmocka_unit_test(nobody_reads_clinical_text_but_who_cares),
        cmocka_unit_test(of_a_structure_the_role_in_that_very_one_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
