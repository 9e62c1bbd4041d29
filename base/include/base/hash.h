/* SipHash-2-4 (Aumasson and Bernstein, 2012): a hash for tables whose keys a peer can choose. With
 * a random key nobody outside can find what collides. */
#ifndef TL_BASE_HASH_H
#define TL_BASE_HASH_H

#include <stdint.h>

#include "base/bytes.h"

struct tl_hash_key {
    uint64_t k[2];
};

/* A random one. */
struct tl_hash_key tl_hash_key_new(void);
uint64_t tl_hash(const struct tl_hash_key *key, struct tl_bytes data);

#endif
