/* The act as docs/api.md shows it: what the database holds, with words and with what may be done
 * next. A secretary gets it without the clinical text. */
#ifndef TL_RECORDS_ACT_ANSWER_H
#define TL_RECORDS_ACT_ANSWER_H

#include "http/call.h"

/* Answers with the act call->act names, read afresh. */
void tl_act_answer(struct tl_call *call, int status);
/* After a change: professionals concerned watch their day pages. */
bool tl_act_changed(struct tl_call *call, const char *kind, json_t *detail);

#endif
