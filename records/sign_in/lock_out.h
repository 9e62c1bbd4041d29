/* The lock-out of who guesses passwords: five failures of one login, known or not, or fifty from
 * one address, within fifteen minutes. A locked one is refused before any hashing, so that it costs
 * us nothing, and told when to come back: fifteen minutes after the failure that filled the count. */
#ifndef TL_RECORDS_LOCK_OUT_H
#define TL_RECORDS_LOCK_OUT_H

#include "http/call.h"

/* A whole site may share one address: five wrong passwords of one colleague must not lock it. */
enum { TL_LOGIN_FAILURES_LIMIT = 5, TL_ADDRESS_FAILURES_LIMIT = 50, TL_LOCK_MINUTES = 15 };

/* Who tries: a login's digest, and the address it came from. */
struct tl_attempt {
    uint8_t login[TL_DIGEST_SIZE];
    char peer[65];
    bool by_device; /* from a device that was here before: its address' failures do not count */
};

/* Of a login as the account has it, or as it was typed: capitals are let be. False, and answered,
 * when the address does not fit. */
bool tl_attempt_read(struct tl_call *call, struct tl_text login,
                     struct tl_attempt *ret_attempt);
/* The same at the sign-in, where a device that was here before has a share of its own. */
bool tl_attempt_of_device(struct tl_call *call, struct tl_text login,
                          struct tl_attempt *ret_attempt);
/* Of a code of the account whose password was given: counted apart from passwords, and for a device
 * that was here before apart from all others. */
bool tl_attempt_of_factor(struct tl_call *call, struct tl_attempt *ret_attempt);
/* False, and answered, when the login or the address is locked. Tries of one login come one after
 * the other from here to the end of the transaction: five at once are five. */
bool tl_attempt_may(struct tl_call *call, const struct tl_attempt *attempt);
/* Locked for so many seconds. Always false. */
bool tl_attempt_refuse(struct tl_call *call, int seconds);
/* Counts a failure and refuses; kept although it refuses. */
bool tl_attempt_failed(struct tl_call *call, const struct tl_attempt *attempt,
                       enum tl_problem problem, const char *field, struct tl_words detail);

/* The login in lower case (of ASCII), as accounts have it; cut to size. */
void tl_login_lower(struct tl_text login, char *buffer, size_t size);

#endif
