/* SRTP and SRTCP of one DTLS association (RFC 3711, RFC 7714, RFC 5764): AES-GCM directly on OpenSSL,
 * AES-CM over libsrtp. In place; streams to seal are named beforehand. The first packet of a stream may
 * allocate, no other does. */
#ifndef TL_MEDIA_SRTP_H
#define TL_MEDIA_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum tl_srtp_profile {
    TL_SRTP_NONE = 0,
    TL_SRTP_AES128_CM_SHA1_80 = 1, /* the values of RFC 5764 and RFC 7714 */
    TL_SRTP_AEAD_AES_128_GCM = 7,
    TL_SRTP_AEAD_AES_256_GCM = 8
};

enum {
    TL_SRTP_KEY_LIMIT = 44,    /* the longest master key and salt: 32 + 12 */
    TL_SRTP_OVERHEAD = 24,     /* room a sealed packet may need beyond the plain one */
    TL_SRTP_STREAMS_LIMIT = 64 /* foreign SSRCs one association may bring */
};

struct tl_srtp_keys {
    enum tl_srtp_profile profile;
    uint8_t local[TL_SRTP_KEY_LIMIT];  /* master key, then salt: what we seal with */
    uint8_t remote[TL_SRTP_KEY_LIMIT]; /* what the peer seals with */
    bool library; /* by libsrtp whatever the profile, not by our AES-GCM on OpenSSL */
};

struct tl_srtp;

/* Sizes of master key and salt of a profile; TL_ERROR_UNSUPPORTED. */
enum tl_error tl_srtp_profile_sizes(enum tl_srtp_profile profile, size_t *ret_key,
                                    size_t *ret_salt);
/* Once per process, before the sandbox: libsrtp's NSS opens files at the first use of a cipher, so
 * every profile is used once. */
enum tl_error tl_srtp_warm_up(void);

enum tl_error tl_srtp_new(const struct tl_srtp_keys *keys, struct tl_srtp **ret_srtp);
/* The same in two steps: what is kept as long as its participant, allocated with it and not between
 * the pieces of a handshake, whose pages could then not be given back (docs/decisions/0056).
 * library: as in the keys. senders: of ours, about; none is named before it has started. */
enum tl_error tl_srtp_reserve(bool library, size_t senders, struct tl_srtp **ret_srtp);
/* Once. Allocates nothing under AEAD_AES_128_GCM, which is what we choose where we may. */
enum tl_error tl_srtp_start(struct tl_srtp *srtp, const struct tl_srtp_keys *keys);
/* Takes NULL; returns NULL. Keys are wiped. */
struct tl_srtp *tl_srtp_free(struct tl_srtp *srtp);
/* Sealed and opened by OpenSSL directly? */
bool tl_srtp_is_direct(const struct tl_srtp *srtp);
/* Prepares a stream of ours, RTP and RTCP. */
enum tl_error tl_srtp_add_sender(struct tl_srtp *srtp, uint32_t ssrc);

/* Sealed to plain, in place. TL_ERROR_AUTH: forged or damaged. TL_ERROR_EXISTS: replayed, or older
 * than the window. TL_ERROR_LIMIT: more foreign SSRCs than TL_SRTP_STREAMS_LIMIT.
 * TL_ERROR_FORMAT. */
enum tl_error tl_srtp_open_rtp(struct tl_srtp *srtp, uint8_t *packet, size_t *size);
enum tl_error tl_srtp_open_rtcp(struct tl_srtp *srtp, uint8_t *packet, size_t *size);
/* Plain to sealed, in place; room is the size of the buffer (at least size +
 * TL_SRTP_OVERHEAD, else TL_ERROR_LIMIT). */
enum tl_error tl_srtp_seal_rtp(struct tl_srtp *srtp, uint8_t *packet, size_t room,
                               size_t *size);
enum tl_error tl_srtp_seal_rtcp(struct tl_srtp *srtp, uint8_t *packet, size_t room,
                                size_t *size);

#endif
