/* What of the second factor several files need: what a password alone is worth, and the rows. */
#ifndef TL_RECORDS_FACTOR_H
#define TL_RECORDS_FACTOR_H

#include "sign_in/handlers.h"
#include "sign_in/totp.h"

/* Me of who has given the second factor, or what is missing; NULL, and answered, when it cannot be
 * read. */
json_t *tl_me(struct tl_call *call);
/* The session is whole: its cookie, its device, Me as the answer. extra, taken over, may be NULL. */
bool tl_session_whole(struct tl_call *call, const char *token,
                      const uint8_t login[TL_DIGEST_SIZE], bool trusted, json_t *extra);
/* A demo account's own factor, made when it is first needed: its page shows the codes, as the demo
 * publishes its passwords. */
bool tl_factor_of_demo(struct tl_call *call, const char *account);
/* The code a demo account may give now; NULL: none, or this is no demo. */
json_t *tl_factor_demo_code(struct tl_call *call);

#endif
