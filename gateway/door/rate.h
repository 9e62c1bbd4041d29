/* How often one address may ask, and how many connections it may hold: token buckets in a table
 * of fixed size, time passed in. IPv6 clients are counted by their /64, which is what one customer
 * holds (RFC 6177 section 2). */
#ifndef TL_DOOR_RATE_H
#define TL_DOOR_RATE_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "routes.h"

enum {
    TL_RATE_ADDRESSES_LIMIT = 8192,
    TL_RATE_CONNECTIONS_LIMIT = 256, /* of one address: a whole practice behind one router */
    TL_RATE_ALL_CONNECTIONS_LIMIT = 12000 /* of all of them together */
};

/* The first 8 bytes of an IPv6 address, or an IPv4 address mapped. */
struct tl_rate_key {
    uint64_t high, low;
};

struct tl_rate_bucket {
    struct tl_rate_key key;
    bool used;
    unsigned connections;
    tl_time_us seen;
    int64_t millionths[TL_RATE_CLASS_COUNT]; /* of a token */
};

struct tl_rates {
    uint64_t secret; /* so that nobody chooses addresses that share a slot */
    unsigned connections;
    struct tl_rate_bucket buckets[TL_RATE_ADDRESSES_LIMIT];
};

/* secret is random. The struct is large: not on the stack. */
void tl_rates_init(struct tl_rates *rates, uint64_t secret);
/* An address as text ("203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"). */
enum tl_error tl_rate_key_read(const char *address, struct tl_rate_key *ret_key);
/* Counted until tl_rates_disconnected. TL_ERROR_LIMIT: too many of this address, or of all. */
enum tl_error tl_rates_connected(struct tl_rates *rates, struct tl_rate_key key,
                                 tl_time_us now);
void tl_rates_disconnected(struct tl_rates *rates, struct tl_rate_key key);
/* Takes one token. TL_ERROR_LIMIT: none left; *ret_wait_s says when to come back. */
enum tl_error tl_rates_take(struct tl_rates *rates, struct tl_rate_key key,
                            enum tl_rate_class class, tl_time_us now, unsigned *ret_wait_s);

#endif
