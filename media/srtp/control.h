/* RTCP of one association under AES-GCM without libsrtp (RFC 7714 section 9, RFC 3711 section 3.4):
 * each SSRC's index and what came already, around srtp/gcm.h. Errors are those of media/srtp.h. */
#ifndef TL_SRTP_CONTROL_H
#define TL_SRTP_CONTROL_H

#include "media/srtp.h"

struct control_srtp;

/* Without keys yet, for about so many senders. */
enum tl_error control_srtp_reserve(size_t senders, struct control_srtp **ret);
/* The profile is one of AES-GCM. */
enum tl_error control_srtp_start(struct control_srtp *control, const struct tl_srtp_keys *keys);
/* Takes NULL; returns NULL. */
struct control_srtp *control_srtp_free(struct control_srtp *control);
enum tl_error control_srtp_add_sender(struct control_srtp *control, uint32_t ssrc);
enum tl_error control_srtp_open(struct control_srtp *control, uint8_t *packet, size_t *size);
enum tl_error control_srtp_seal(struct control_srtp *control, uint8_t *packet, size_t room,
                                size_t *size);

#endif
