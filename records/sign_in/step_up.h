/* Step-up: some actions want to know that the one who signed in is still the one at the page. Each
 * names how old the last proof of a second factor may be; the dispatcher asks before the handler, once
 * the table of rights has let the action through. */
#ifndef TL_RECORDS_STEP_UP_H
#define TL_RECORDS_STEP_UP_H

#include "http/call.h"

struct tl_step_up {
    enum tl_action action;
    int minutes; /* the proof may be so old */
    const char *why;
};
extern const struct tl_step_up tl_step_ups[];
extern const size_t tl_step_up_count;

/* NULL: the action wants no fresh proof. */
const struct tl_step_up *tl_step_up_of(enum tl_action action);
/* False, and answered 403 step_up_needed, when the proof is older than that, or there was none. An
 * account that has no factor, and needs none, has nothing to give and passes. */
bool tl_step_up_check(struct tl_call *call, enum tl_action action);

#endif
