/* AEAD_AES_128_GCM and AEAD_AES_256_GCM for RTP (RFC 7714) directly on OpenSSL: one direction of
 * one association, its key schedule kept, packets sealed and opened in place. Roll-over counters
 * and replay are the caller's. */
#ifndef TL_SRTP_GCM_H
#define TL_SRTP_GCM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { TL_GCM_TAG_SIZE = 16, TL_GCM_SALT_SIZE = 12 };

struct tl_gcm;

/* master: key of key_size bytes (16 or 32), then the salt. TL_ERROR_CRYPTO. */
enum tl_error tl_gcm_new(const uint8_t *master, size_t key_size, struct tl_gcm **ret_gcm);
/* Takes NULL; returns NULL. Keys are wiped. */
struct tl_gcm *tl_gcm_free(struct tl_gcm *gcm);

/* header_size bytes are authenticated, the rest is sealed; the tag is written behind them. */
enum tl_error tl_gcm_seal(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index);
/* size includes the tag. TL_ERROR_AUTH; the payload is then of no use. */
enum tl_error tl_gcm_open(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index);

#endif
