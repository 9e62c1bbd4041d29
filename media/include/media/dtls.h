/* DTLS 1.2 for SRTP keys (RFC 5763, RFC 5764), behind the shape of a core: datagrams in, datagrams
 * out, a deadline. OpenSSL keeps its own timer, which is why this is a shell. The peer is known by
 * the SHA-256 of its certificate alone, given by signalling before the first byte. */
#ifndef TL_MEDIA_DTLS_H
#define TL_MEDIA_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "media/srtp.h"

enum {
    TL_DTLS_FINGERPRINT_SIZE = 32,
    TL_DTLS_FINGERPRINT_TEXT_SIZE = 32 * 3, /* "AA:BB:...", with its NUL */
    TL_DTLS_DATAGRAM_LIMIT = 1200,          /* of what we send */
    TL_DTLS_OUTPUT_LIMIT = 16,              /* datagrams that may wait */
    TL_DTLS_FIRST_REPEAT_US = 100000, /* of a flight that got no answer; then twice that */
    TL_DTLS_LAST_REPEAT_US = 3000000,
    TL_DTLS_FAREWELL_LIMIT = 64 /* of a close_notify kept for later */
};

enum tl_dtls_role { TL_DTLS_SERVER, TL_DTLS_CLIENT };

enum tl_dtls_state {
    TL_DTLS_HANDSHAKING,
    TL_DTLS_CONNECTED, /* fingerprint checked, keys ready */
    TL_DTLS_FAILED,
    TL_DTLS_CLOSED /* close_notify came */
};

/* A P-256 key and self-signed certificate, made at start, never written anywhere. */
struct tl_dtls_identity;
enum tl_error tl_dtls_identity_new(struct tl_dtls_identity **ret_identity);
struct tl_dtls_identity *tl_dtls_identity_free(struct tl_dtls_identity *identity);
const char *tl_dtls_identity_fingerprint(const struct tl_dtls_identity *identity);

/* "AA:BB:..." of 32 bytes, both cases. TL_ERROR_FORMAT. */
enum tl_error tl_dtls_fingerprint_read(struct tl_text text,
                                       uint8_t ret_fingerprint[TL_DTLS_FINGERPRINT_SIZE]);

struct tl_dtls;
enum tl_error tl_dtls_new(struct tl_dtls_identity *identity, enum tl_dtls_role role,
                          const uint8_t remote_fingerprint[TL_DTLS_FINGERPRINT_SIZE],
                          struct tl_dtls **ret_dtls);
struct tl_dtls *tl_dtls_free(struct tl_dtls *dtls);

/* The client begins here; nothing for the server. */
void tl_dtls_start(struct tl_dtls *dtls);
/* One datagram that came. */
void tl_dtls_input(struct tl_dtls *dtls, struct tl_bytes datagram);
/* The next datagram to send, until false; valid until the next call of any function. */
bool tl_dtls_next_output(struct tl_dtls *dtls, struct tl_bytes *ret_datagram);
/* Microseconds until tl_dtls_tick should be called; -1: no timer runs. */
tl_time_us tl_dtls_timeout(struct tl_dtls *dtls);
/* Sends the last flight again when its time has come. */
void tl_dtls_tick(struct tl_dtls *dtls);
/* Queues close_notify. */
void tl_dtls_close(struct tl_dtls *dtls);
/* For who has shown that the handshake is over for it too (what it sent opened under its keys): no
 * flight is repeated any more, and what the association holds, some 90 KiB, is given back. Our
 * close_notify is kept for tl_dtls_close; alerts of the peer are read no more. Nothing unless
 * connected. */
void tl_dtls_settle(struct tl_dtls *dtls);

enum tl_dtls_state tl_dtls_state(const struct tl_dtls *dtls);
/* A word for why it failed: "fingerprint", "profile", "handshake"; NULL while it has not. */
const char *tl_dtls_reason(const struct tl_dtls *dtls);
/* RFC 5764 section 4.2. TL_ERROR_STATE unless connected. */
enum tl_error tl_dtls_keys(struct tl_dtls *dtls, struct tl_srtp_keys *ret_keys);

#endif
