#ifndef TL_PSC_HANDLERS_H
#define TL_PSC_HANDLERS_H

#include "http/call.h"

void tl_get_psc_begin(struct tl_call *call);
void tl_get_psc_callback(struct tl_call *call);
void tl_post_psc_logout(struct tl_call *call);

#endif
