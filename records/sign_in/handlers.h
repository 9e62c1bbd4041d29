#ifndef TL_RECORDS_SIGN_IN_HANDLERS_H
#define TL_RECORDS_SIGN_IN_HANDLERS_H

#include "http/call.h"

void tl_get_about(struct tl_call *call);
void tl_post_sign_in(struct tl_call *call);
void tl_post_sign_out(struct tl_call *call);
void tl_get_me(struct tl_call *call);
void tl_patch_me(struct tl_call *call);
void tl_post_me_password(struct tl_call *call);

#endif
