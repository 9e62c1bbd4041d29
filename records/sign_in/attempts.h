/* The front of the sign-in: how often one login, one address or one device may try before anybody
 * asks the database or hashes a password. A worker's own table of fixed size, time passed in; pure.
 * It is wider than the lock-out of the database (sign_in/lock_out.h), which is exact and shared by all
 * workers: who mistypes meets that one, and reads when it ends; a flood stops here.
 *
 *     sign-in ─▶ known device? ─yes─▶ the device's share ──────────▶ lock-out ─▶ password
 *                      └─no──▶ the login's share, the address' ──▶ lock-out ─▶ password
 *
 * What succeeds gives its try back. What is refused is counted, and told to the audit in a few rows. */
#ifndef TL_RECORDS_ATTEMPTS_H
#define TL_RECORDS_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"

enum {
    TL_ATTEMPTS_BUCKETS = 4096, /* of each kind */
    TL_ATTEMPTS_TOLD = 64,      /* floods told apart at a time; what is over is told together */
    TL_ATTEMPTS_TELL_S =
        20 /* how long one flood's refusals are summed up before they are told */
};

enum tl_attempts_kind {
    TL_ATTEMPTS_LOGIN,
    TL_ATTEMPTS_ADDRESS,
    TL_ATTEMPTS_DEVICE,
    TL_ATTEMPTS_KINDS
};
const char *tl_attempts_word(enum tl_attempts_kind kind);

struct tl_attempts;

/* secret: random, so that nobody chooses what shares a slot. NULL when out of memory. */
struct tl_attempts *tl_attempts_new(uint64_t secret);
struct tl_attempts *tl_attempts_free(struct tl_attempts *attempts);

/* One try of each key given (NULL: not counted); refused, all or none are taken. */
struct tl_attempts_try {
    struct tl_bytes keys[TL_ATTEMPTS_KINDS];
};
/* False: refused, by *ret_kind, for so many seconds. */
bool tl_attempts_take(struct tl_attempts *attempts, const struct tl_attempts_try *tried,
                      tl_time_us now, enum tl_attempts_kind *ret_kind, int *ret_wait_s);
/* It succeeded. */
void tl_attempts_give_back(struct tl_attempts *attempts, const struct tl_attempts_try *tried);

/* The next flood to tell: its kind, the first 8 bytes of its key's digest, how many were refused since
 * when. Those that have no row of their own come last, all together, with number 0. False: none now. */
struct tl_attempts_flood {
    enum tl_attempts_kind kind;
    uint64_t key;
    uint64_t refused;
    tl_time_us since;
};
bool tl_attempts_next_flood(struct tl_attempts *attempts, tl_time_us now,
                            struct tl_attempts_flood *ret_flood);

/* Since the worker began. */
uint64_t tl_attempts_refused(const struct tl_attempts *attempts, enum tl_attempts_kind kind);

#endif
