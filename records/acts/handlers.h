#ifndef TL_RECORDS_ACTS_HANDLERS_H
#define TL_RECORDS_ACTS_HANDLERS_H

#include "http/call.h"

/* How far ahead an act may begin, planned or moved. */
static const tl_time_us TL_ACT_FUTURE_LIMIT_US = (tl_time_us)730 * 86400 * TL_SECOND_US;

void tl_get_day(struct tl_call *call);
void tl_get_acts(struct tl_call *call);
void tl_post_acts_search(struct tl_call *call);
void tl_post_acts(struct tl_call *call);
void tl_get_act(struct tl_call *call);
void tl_post_act_cancel(struct tl_call *call);
void tl_post_act_reschedule(struct tl_call *call);
void tl_post_act_remind(struct tl_call *call);
void tl_post_act_renew_link(struct tl_call *call);
void tl_post_act_hand_over(struct tl_call *call);
void tl_post_act_invite(struct tl_call *call);
void tl_post_act_join(struct tl_call *call);
void tl_post_act_consent(struct tl_call *call);
void tl_post_act_documents(struct tl_call *call);
void tl_get_act_document(struct tl_call *call);
void tl_delete_act_document(struct tl_call *call);
void tl_post_act_close(struct tl_call *call);
void tl_post_act_not_done(struct tl_call *call);
void tl_post_act_amend(struct tl_call *call);
void tl_post_watch(struct tl_call *call);

#endif
