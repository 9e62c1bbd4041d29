#include "acts/act_state.h"

static const char *const words[TL_ACT_STATE_COUNT] = {
    [TL_ACT_PLANNED] = "planned", [TL_ACT_WAITING] = "waiting",
    [TL_ACT_LIVE] = "live",       [TL_ACT_TO_CLOSE] = "to_close",
    [TL_ACT_CLOSED] = "closed",   [TL_ACT_NOT_DONE] = "not_done",
    [TL_ACT_AMENDED] = "amended",
};

/* next[state][event]: 1 + the state it leads to; 0: it cannot happen. */
#define TO(state) (1 + (state))
static const unsigned char next[TL_ACT_STATE_COUNT][TL_ACT_EVENT_COUNT] = {
    [TL_ACT_PLANNED] = {
        [TL_ACT_ARRIVE] = TO(TL_ACT_WAITING),
        [TL_ACT_CANCEL] = TO(TL_ACT_NOT_DONE),
        [TL_ACT_NOT_HELD] = TO(TL_ACT_NOT_DONE),
        [TL_ACT_MOVE] = TO(TL_ACT_PLANNED),
        [TL_ACT_JOIN] = TO(TL_ACT_PLANNED),
        [TL_ACT_ADD] = TO(TL_ACT_PLANNED),
    },
    [TL_ACT_WAITING] = {
        [TL_ACT_ARRIVE] = TO(TL_ACT_WAITING),
        [TL_ACT_MEET] = TO(TL_ACT_LIVE),
        [TL_ACT_END] = TO(TL_ACT_TO_CLOSE),
        [TL_ACT_CANCEL] = TO(TL_ACT_NOT_DONE),
        [TL_ACT_NOT_HELD] = TO(TL_ACT_NOT_DONE),
        [TL_ACT_MOVE] = TO(TL_ACT_WAITING),
        [TL_ACT_JOIN] = TO(TL_ACT_WAITING),
        [TL_ACT_ADD] = TO(TL_ACT_WAITING),
    },
    [TL_ACT_LIVE] = {
        [TL_ACT_ARRIVE] = TO(TL_ACT_LIVE),
        [TL_ACT_MEET] = TO(TL_ACT_LIVE),
        [TL_ACT_END] = TO(TL_ACT_TO_CLOSE),
        [TL_ACT_JOIN] = TO(TL_ACT_LIVE),
        [TL_ACT_ADD] = TO(TL_ACT_LIVE),
    },
    [TL_ACT_TO_CLOSE] = {
        [TL_ACT_END] = TO(TL_ACT_TO_CLOSE),
        [TL_ACT_CLOSE] = TO(TL_ACT_CLOSED),
        [TL_ACT_NOT_HELD] = TO(TL_ACT_NOT_DONE),
        [TL_ACT_ADD] = TO(TL_ACT_TO_CLOSE),
    },
    [TL_ACT_CLOSED] = {
        [TL_ACT_AMEND] = TO(TL_ACT_AMENDED),
    },
    [TL_ACT_AMENDED] = {
        [TL_ACT_AMEND] = TO(TL_ACT_AMENDED),
    },
};

const char *tl_act_state_word(enum tl_act_state state)
{
    return (unsigned)state < TL_ACT_STATE_COUNT ? words[state] : "";
}

enum tl_error tl_act_state_read(struct tl_text text, enum tl_act_state *ret_state)
{
    for (unsigned i = 0; i < TL_ACT_STATE_COUNT; i++)
        if (tl_text_is(text, words[i])) {
            *ret_state = (enum tl_act_state)i;
            return TL_OK;
        }
    return TL_ERROR_FORMAT;
}

enum tl_error tl_act_next(enum tl_act_state state, enum tl_act_event event,
                          enum tl_act_state *ret_state)
{
    if ((unsigned)state >= TL_ACT_STATE_COUNT || (unsigned)event >= TL_ACT_EVENT_COUNT ||
        !next[state][event])
        return TL_ERROR_STATE;
    *ret_state = (enum tl_act_state)(next[state][event] - 1);
    return TL_OK;
}

bool tl_act_may(enum tl_act_state state, enum tl_act_event event)
{
    enum tl_act_state ignored;
    return tl_act_next(state, event, &ignored) == TL_OK;
}

bool tl_act_is_over(enum tl_act_state state)
{
    return state == TL_ACT_TO_CLOSE || state == TL_ACT_CLOSED || state == TL_ACT_NOT_DONE ||
           state == TL_ACT_AMENDED;
}
