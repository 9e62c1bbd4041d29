/* AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714) directly on OpenSSL: RTP or RTCP, one direction of
 * one association, its key schedule kept, packets sealed and opened in place. Roll-over counters,
 * indices and replay are the caller's. */
#ifndef TL_SRTP_GCM_H
#define TL_SRTP_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    TL_GCM_TAG_SIZE = 16,
    TL_GCM_SALT_SIZE = 12,
    TL_GCM_RTCP_HEADER_SIZE = 8,
    TL_GCM_RTCP_OVERHEAD = TL_GCM_TAG_SIZE + 4 /* the tag, then E flag and index */
};

enum tl_gcm_use { TL_GCM_RTP, TL_GCM_RTCP };

struct tl_gcm;

/* Without a key yet. With one of 16 bytes nothing more is allocated. */
enum tl_error tl_gcm_reserve(struct tl_gcm **ret_gcm);
/* master: key of key_size bytes (16 or 32), then the salt. TL_ERROR_CRYPTO. */
enum tl_error tl_gcm_start(struct tl_gcm *gcm, const uint8_t *master, size_t key_size,
                           enum tl_gcm_use use);
/* Both. */
enum tl_error tl_gcm_new(const uint8_t *master, size_t key_size, enum tl_gcm_use use,
                         struct tl_gcm **ret_gcm);
/* The same with the session's own key and salt, TL_GCM_SALT_SIZE bytes: nothing is derived. */
enum tl_error tl_gcm_new_session(const uint8_t *key, size_t key_size, const uint8_t *salt,
                                 struct tl_gcm **ret_gcm);
/* Takes NULL; returns NULL. Keys are wiped. */
struct tl_gcm *tl_gcm_free(struct tl_gcm *gcm);

/* header_size bytes are authenticated, the rest is sealed; the tag is written behind them. */
enum tl_error tl_gcm_seal(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index);
/* size includes the tag. TL_ERROR_AUTH; the payload is then of no use. */
enum tl_error tl_gcm_open(struct tl_gcm *gcm, uint8_t *packet, size_t header_size, size_t size,
                          uint32_t ssrc, uint64_t index);

/* RTCP (section 9): the first TL_GCM_RTCP_HEADER_SIZE bytes are authenticated, the rest is sealed;
 * TL_GCM_RTCP_OVERHEAD bytes are written behind. index: 31 bits. */
enum tl_error tl_gcm_seal_rtcp(struct tl_gcm *gcm, uint8_t *packet, size_t size, uint32_t ssrc,
                               uint32_t index);
/* The index a sealed packet says it has; false for one that is not encrypted. size is that of the
 * sealed packet, header and overhead at least. */
bool tl_gcm_rtcp_index(const uint8_t *packet, size_t size, uint32_t *ret_index);
enum tl_error tl_gcm_open_rtcp(struct tl_gcm *gcm, uint8_t *packet, size_t size, uint32_t ssrc,
                               uint32_t index);

#endif
