#ifndef TL_RECORDS_VISITS_HANDLERS_H
#define TL_RECORDS_VISITS_HANDLERS_H

#include "http/call.h"

void tl_post_invitation_open(struct tl_call *call);
void tl_post_invitation_code(struct tl_call *call);
void tl_post_invitation_new_code(struct tl_call *call);
void tl_get_visit(struct tl_call *call);
void tl_post_visit_consent(struct tl_call *call);
void tl_post_visit_test(struct tl_call *call);
void tl_post_probes(struct tl_call *call);
void tl_post_visit_join(struct tl_call *call);
void tl_post_visit_leave(struct tl_call *call);
void tl_get_visit_document(struct tl_call *call);
void tl_post_delivery_open(struct tl_call *call);
void tl_post_delivery_code(struct tl_call *call);
void tl_post_delivery_new_code(struct tl_call *call);
void tl_get_delivery_document(struct tl_call *call);

#endif
