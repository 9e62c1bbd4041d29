/* The state machine as product.md draws it, every arrow and every arrow that is not there. */
#include "testing.h"

#include "acts/act_state.h"

/* Which events are possible in each state, and where they lead. */
static const struct {
    enum tl_act_state from;
    enum tl_act_event event;
    enum tl_act_state to;
} arrows[] = {
    { TL_ACT_PLANNED, TL_ACT_ARRIVE, TL_ACT_WAITING },
    { TL_ACT_PLANNED, TL_ACT_CANCEL, TL_ACT_NOT_DONE },
    { TL_ACT_PLANNED, TL_ACT_NOT_HELD, TL_ACT_NOT_DONE },
    { TL_ACT_WAITING, TL_ACT_MEET, TL_ACT_LIVE },
    { TL_ACT_WAITING, TL_ACT_END, TL_ACT_TO_CLOSE },
    { TL_ACT_WAITING, TL_ACT_CANCEL, TL_ACT_NOT_DONE },
    { TL_ACT_WAITING, TL_ACT_NOT_HELD, TL_ACT_NOT_DONE },
    { TL_ACT_LIVE, TL_ACT_END, TL_ACT_TO_CLOSE },
    { TL_ACT_TO_CLOSE, TL_ACT_CLOSE, TL_ACT_CLOSED },
    { TL_ACT_TO_CLOSE, TL_ACT_NOT_HELD, TL_ACT_NOT_DONE },
    { TL_ACT_CLOSED, TL_ACT_AMEND, TL_ACT_AMENDED },
};

static void only_the_arrows_of_the_register_move_an_act(void **state)
{
    (void)state;
    size_t moved = 0;
    for (unsigned s = 0; s < TL_ACT_STATE_COUNT; s++)
        for (unsigned e = 0; e < TL_ACT_EVENT_COUNT; e++) {
            enum tl_act_state to = (enum tl_act_state)s;
            if (tl_act_next((enum tl_act_state)s, (enum tl_act_event)e, &to) || to == s)
                continue;
            moved++;
            bool known = false;
            for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++)
                known |= arrows[i].from == s && arrows[i].event == e && arrows[i].to == to;
            assert_true(known);
        }
    assert_int_equal(moved, sizeof arrows / sizeof arrows[0]);
}

static void an_act_cannot_close_without_having_ended(void **state)
{
    (void)state;
    assert_false(tl_act_may(TL_ACT_PLANNED, TL_ACT_CLOSE));
    assert_false(tl_act_may(TL_ACT_WAITING, TL_ACT_CLOSE));
    assert_false(tl_act_may(TL_ACT_LIVE, TL_ACT_CLOSE));
    assert_true(tl_act_may(TL_ACT_TO_CLOSE, TL_ACT_CLOSE));
    assert_false(tl_act_may(TL_ACT_CLOSED, TL_ACT_CLOSE));
}

static void an_act_that_is_over_takes_nobody_and_nothing(void **state)
{
    (void)state;
    for (unsigned s = 0; s < TL_ACT_STATE_COUNT; s++) {
        enum tl_act_state act = (enum tl_act_state)s;
        assert_int_equal(tl_act_is_over(act), !tl_act_may(act, TL_ACT_JOIN));
    }
    assert_false(tl_act_may(TL_ACT_CLOSED, TL_ACT_ADD));
    assert_false(tl_act_may(TL_ACT_NOT_DONE, TL_ACT_ADD));
    for (unsigned e = 0; e < TL_ACT_EVENT_COUNT; e++)
        assert_false(tl_act_may(TL_ACT_NOT_DONE, (enum tl_act_event)e));
}

static void a_refused_event_leaves_the_output_untouched(void **state)
{
    (void)state;
    enum tl_act_state to = TL_ACT_LIVE;
    assert_int_equal(tl_act_next(TL_ACT_NOT_DONE, TL_ACT_ARRIVE, &to), TL_ERROR_STATE);
    assert_int_equal(to, TL_ACT_LIVE);
    assert_int_equal(tl_act_next(TL_ACT_STATE_COUNT, TL_ACT_ARRIVE, &to), TL_ERROR_STATE);
    assert_int_equal(tl_act_next(TL_ACT_PLANNED, TL_ACT_EVENT_COUNT, &to), TL_ERROR_STATE);
}

static void words_and_states_are_one_to_one(void **state)
{
    (void)state;
    for (unsigned s = 0; s < TL_ACT_STATE_COUNT; s++) {
        enum tl_act_state read = TL_ACT_STATE_COUNT;
        assert_int_equal(
            tl_act_state_read(tl_text(tl_act_state_word((enum tl_act_state)s)), &read), TL_OK);
        assert_int_equal(read, s);
    }
    enum tl_act_state read;
    assert_int_equal(tl_act_state_read(tl_text("dead"), &read), TL_ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_arrows_of_the_register_move_an_act),
        cmocka_unit_test(an_act_cannot_close_without_having_ended),
        cmocka_unit_test(an_act_that_is_over_takes_nobody_and_nothing),
        cmocka_unit_test(a_refused_event_leaves_the_output_untouched),
        cmocka_unit_test(words_and_states_are_one_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
