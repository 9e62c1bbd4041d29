/* The states of an act and what may happen in each (docs/product: the register of acts). Pure. */
#ifndef TL_RECORDS_ACT_STATE_H
#define TL_RECORDS_ACT_STATE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

enum tl_act_state {
    TL_ACT_PLANNED,
    TL_ACT_WAITING,
    TL_ACT_LIVE,
    TL_ACT_TO_CLOSE,
    TL_ACT_CLOSED,
    TL_ACT_NOT_DONE,
    TL_ACT_AMENDED,
    TL_ACT_STATE_COUNT
};

enum tl_act_event {
    TL_ACT_ARRIVE,   /* somebody takes a seat */
    TL_ACT_MEET,     /* a host is in, and another is admitted */
    TL_ACT_END,      /* the session ends */
    TL_ACT_CLOSE,    /* the report is signed */
    TL_ACT_AMEND,    /* a new version of it */
    TL_ACT_CANCEL,   /* given up before its time */
    TL_ACT_NOT_HELD, /* nothing came of it */
    TL_ACT_MOVE,     /* another time: rescheduled, reminded, link renewed, handed over */
    TL_ACT_JOIN,     /* a ticket to the session */
    TL_ACT_ADD,      /* a document, a consent */
    TL_ACT_EVENT_COUNT
};

const char *tl_act_state_word(enum tl_act_state state);
enum tl_error tl_act_state_read(struct tl_text text, enum tl_act_state *ret_state);

/* TL_ERROR_STATE when it cannot happen now. */
enum tl_error tl_act_next(enum tl_act_state state, enum tl_act_event event,
                          enum tl_act_state *ret_state);
bool tl_act_may(enum tl_act_state state, enum tl_act_event event);
/* No session any more. */
bool tl_act_is_over(enum tl_act_state state);

#endif
