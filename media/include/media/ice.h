/* An ICE lite agent (RFC 8445 section 2.5), controlled: it answers authenticated binding requests,
 * keeps the addresses that sent them, and follows the client's latest nomination. Consent is an
 * authenticated request within 30 s (RFC 7675) from the very address we send to. No sockets, no
 * clock.
 *
 * A restart (RFC 8445 section 9) makes before it breaks:
 *
 *     tl_ice_restart ──▶ new credentials beside the old; media stays on the old pair
 *     a pair of the new generation is nominated ──▶ media moves there, the old credentials are
 *                                                  refused, its addresses are heard a moment more */
#ifndef TL_MEDIA_ICE_H
#define TL_MEDIA_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "media/address.h"
#include "media/stun.h"

enum {
    TL_ICE_UFRAG_LIMIT = 256, /* RFC 8445 section 5.3 */
    TL_ICE_PASSWORD_LIMIT = 256,
    TL_ICE_LOCAL_UFRAG_SIZE = 24, /* with NUL; ours are short */
    TL_ICE_LOCAL_PASSWORD_SIZE = 33,
    TL_ICE_TUPLES_LIMIT = 8,
    TL_ICE_REPLY_SIZE = 160,
    TL_ICE_SILENCE_US = 5 * TL_SECOND_US,  /* then "reconnecting" */
    TL_ICE_CONSENT_US = 30 * TL_SECOND_US, /* then failed */
    /* What the peer sent before it learned of the new pair is still on its way. */
    TL_ICE_LEAVING_US = 2 * TL_SECOND_US,
};

enum tl_ice_state {
    TL_ICE_WAITING, /* nobody has authenticated yet */
    TL_ICE_CONNECTED,
    TL_ICE_RECONNECTING, /* silent for TL_ICE_SILENCE_US */
    TL_ICE_FAILED        /* consent to send there expired, or nobody ever came */
};

struct tl_ice_tuple {
    struct tl_address address;
    tl_time_us until; /* consent of the last authenticated request from it */
    bool before;      /* validated for the generation that is being replaced */
};

/* One generation. */
struct tl_ice_credentials {
    char ufrag[TL_ICE_LOCAL_UFRAG_SIZE]; /* "" : none */
    char password[TL_ICE_LOCAL_PASSWORD_SIZE];
    char remote_ufrag[TL_ICE_UFRAG_LIMIT + 1];
};

struct tl_ice {
    struct tl_ice_credentials local;  /* as the last answer said */
    struct tl_ice_credentials before; /* in use until a pair of `local` is nominated */
    struct tl_ice_tuple tuples[TL_ICE_TUPLES_LIMIT]; /* of both generations */
    size_t tuple_count;
    struct tl_address
        destination; /* where we send: the latest nomination, before any the latest
                                      request */
    bool has_destination, nominated;
    tl_time_us started, heard;
};

/* What a request did. */
struct tl_ice_result {
    bool authenticated;
    bool added, removed,
        moved;      /* a tuple was added; one was dropped for it; destination changed */
    bool restarted; /* the first nomination of the new generation: the old one is forgotten */
    struct tl_address removed_address;
    unsigned error_code; /* answered with this error: 400, 401, 420, 487; 0 otherwise */
    size_t reply_size;   /* 0: say nothing */
    uint8_t reply[TL_ICE_REPLY_SIZE];
};

/* Texts are copied. TL_ERROR_LIMIT when one is too long. */
enum tl_error tl_ice_init(struct tl_ice *ice, struct tl_text ufrag, struct tl_text password,
                          struct tl_text remote_ufrag, tl_time_us now);
/* Other credentials beside the present ones; of a restart that had not come to a nomination nothing
 * stays. TL_ERROR_LIMIT as above. TL_ERROR_EXISTS: the peer repeats its ufrag, so this is none
 * (RFC 8839 section 4.4.1.1.1). */
enum tl_error tl_ice_restart(struct tl_ice *ice, struct tl_text ufrag, struct tl_text password,
                             struct tl_text remote_ufrag, tl_time_us now);
bool tl_ice_is_restarting(const struct tl_ice *ice);
/* Is this one of our ufrags, of either generation? */
bool tl_ice_owns(const struct tl_ice *ice, struct tl_text ufrag);
/* message was read from datagram. Responses and indications are ignored. */
void tl_ice_input(struct tl_ice *ice, tl_time_us now, const struct tl_address *from,
                  struct tl_bytes datagram, const struct tl_stun_message *message,
                  struct tl_ice_result *ret_result);
/* The answer to a request of nobody we know: 400 without credentials, 401 with unknown ones. */
void tl_ice_refuse(const struct tl_stun_message *message, struct tl_ice_result *ret_result);

/* Has this address sent an authenticated request whose consent still holds? */
bool tl_ice_is_validated(const struct tl_ice *ice, const struct tl_address *from,
                         tl_time_us now);
/* Authenticated media came: the peer is alive (this is not consent). */
void tl_ice_hear(struct tl_ice *ice, tl_time_us now);
/* Where consent to send to the destination has expired and another address has it, sends there from
 * now on: the one whose consent is the latest. True: the destination is another one. To be called
 * before the state is asked, which speaks of the destination only. */
bool tl_ice_follow(struct tl_ice *ice, tl_time_us now);
enum tl_ice_state tl_ice_state(const struct tl_ice *ice, tl_time_us now);
/* When the state may change by itself. */
tl_time_us tl_ice_next_deadline(const struct tl_ice *ice, tl_time_us now);

#endif
