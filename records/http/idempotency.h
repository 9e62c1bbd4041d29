/* The same Idempotency-Key gives the same answer, and the effect happens once: the key's row is
 * written in the transaction of the effect, so that a second request waits for the first. */
#ifndef TL_RECORDS_IDEMPOTENCY_H
#define TL_RECORDS_IDEMPOTENCY_H

#include "http/call.h"

struct tl_once {
    bool active, answered;
    char owner[TL_UUID_SIZE + 8], key[TL_UUID_SIZE];
};

bool tl_once_begin(struct tl_call *call, struct tl_once *ret_once);
bool tl_once_end(struct tl_call *call, const struct tl_once *once);

#endif
