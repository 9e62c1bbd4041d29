#ifndef TL_RECORDS_SIGN_IN_HANDLERS_H
#define TL_RECORDS_SIGN_IN_HANDLERS_H

#include "http/call.h"

/* How strongly somebody proved who they are, this time. */
enum tl_strength {
    TL_STRENGTH_PASSWORD, /* a password: the second factor is asked for where there is one */
    TL_STRENGTH_PROVIDER  /* an identity provider asked for both: nothing is missing */
};

/* A browser of the account is signed in from here on: answers with Me and the cookie, or refuses.
 * login: the digest whose failures are forgiven; NULL: none. */
void tl_session_begin(struct tl_call *call, const char *account,
                      const uint8_t login[TL_DIGEST_SIZE], enum tl_strength strength);

void tl_get_about(struct tl_call *call);
/* The browsers this transaction signed out: a notice closes what they hold open, once it is committed.
 * False, and answered, when the database refused. */
bool tl_sessions_tell_ended(struct tl_call *call);
/* Before the database is asked, and any password is hashed: false, and answered, when this login,
 * address or device tries too often (sign_in/attempts.h). */
bool tl_sign_in_front(struct tl_call *call);
void tl_post_sign_in(struct tl_call *call);
void tl_post_sign_out(struct tl_call *call);
void tl_get_me(struct tl_call *call);
void tl_patch_me(struct tl_call *call);
void tl_post_me_password(struct tl_call *call);
void tl_get_factor(struct tl_call *call);
void tl_post_factor_code(struct tl_call *call);
void tl_post_factor_enrol(struct tl_call *call);
void tl_post_factor_confirm(struct tl_call *call);
void tl_post_recovery_codes(struct tl_call *call);
void tl_post_me_device_forget(struct tl_call *call);
void tl_post_people_factor_reset(struct tl_call *call);
void tl_get_me_sessions(struct tl_call *call);
void tl_post_me_session_revoke(struct tl_call *call);
void tl_post_me_sign_out_everywhere(struct tl_call *call);

#endif
