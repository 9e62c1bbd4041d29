/* RTP of one association under AES-GCM without libsrtp: streams, roll-over counters and replay
 * (RFC 3711 section 3.3) around srtp/gcm.h. Errors are those of media/srtp.h. */
#ifndef TL_SRTP_FAST_H
#define TL_SRTP_FAST_H

#include "media/srtp.h"

struct fast_srtp;

/* Without keys yet, for about so many senders. */
enum tl_error fast_srtp_reserve(size_t senders, struct fast_srtp **ret_fast);
/* The profile is one of AES-GCM. */
enum tl_error fast_srtp_start(struct fast_srtp *fast, const struct tl_srtp_keys *keys);
/* Takes NULL; returns NULL. */
struct fast_srtp *fast_srtp_free(struct fast_srtp *fast);
enum tl_error fast_srtp_add_sender(struct fast_srtp *fast, uint32_t ssrc);
enum tl_error fast_srtp_open(struct fast_srtp *fast, uint8_t *packet, size_t *size);
enum tl_error fast_srtp_seal(struct fast_srtp *fast, uint8_t *packet, size_t room,
                             size_t *size);

#endif
