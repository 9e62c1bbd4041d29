/* The controlling side of ICE (RFC 8445) against an ICE-lite peer: it checks the peer's host
 * candidates, nominates the first that answers, and keeps asking for consent (RFC 7675). No socket,
 * no clock. It gathers nothing: one local address, which the peer learns from the checks. */
#ifndef TL_CLIENT_ICE_H
#define TL_CLIENT_ICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "client/sdp.h"
#include "media/address.h"
#include "media/stun.h"

enum tl_ice_client_state {
    TL_ICE_CLIENT_NEW, /* no answer yet */
    TL_ICE_CLIENT_CHECKING,
    TL_ICE_CLIENT_CONNECTED, /* nominated, and confirmed */
    TL_ICE_CLIENT_SILENT,    /* no consent for 5 s */
    TL_ICE_CLIENT_FAILED     /* none for 30 s, or nobody answered */
};

enum {
    TL_ICE_CLIENT_FIRST_RETRY_US = 100 * TL_MILLISECOND_US,
    TL_ICE_CLIENT_LAST_RETRY_US = 1600 * TL_MILLISECOND_US,
    TL_ICE_CLIENT_CONSENT_EVERY_US = 2 * TL_SECOND_US,
    TL_ICE_CLIENT_PENDING = 8 /* requests of one candidate that may still be answered */
};

struct tl_ice_check {
    struct tl_address address;
    bool works; /* answered */
    tl_time_us next, retry;
    struct {
        uint8_t transaction[TL_STUN_TRANSACTION_SIZE];
        tl_time_us sent;
        bool nominating, used;
    } pending[TL_ICE_CLIENT_PENDING];
    unsigned latest;
};

struct tl_ice_client {
    char ufrag[9], password[33];
    char remote_ufrag[TL_SEAT_CREDENTIAL_SIZE], remote_password[TL_SEAT_CREDENTIAL_SIZE];
    uint64_t tie_breaker;
    struct tl_ice_check checks[TL_SEAT_CANDIDATES_LIMIT];
    size_t check_count;
    int chosen; /* -1: none; the check that is nominated */
    bool confirmed;
    tl_time_us started, heard, rtt;
};

void tl_ice_client_init(struct tl_ice_client *ice);
void tl_ice_client_start(struct tl_ice_client *ice, tl_time_us now,
                         const struct tl_seat_answer *answer);
/* A response that came from this address; anything else is ignored. */
void tl_ice_client_input(struct tl_ice_client *ice, tl_time_us now,
                         const struct tl_address *from, struct tl_bytes datagram);
/* Authenticated media came: the peer lives. */
void tl_ice_client_hear(struct tl_ice_client *ice, tl_time_us now);
/* The next check that is due; false when none is. */
bool tl_ice_client_next_output(struct tl_ice_client *ice, tl_time_us now,
                               uint8_t buffer[TL_STUN_MESSAGE_LIMIT], size_t *ret_size,
                               struct tl_address *ret_to);
tl_time_us tl_ice_client_next_deadline(const struct tl_ice_client *ice);
enum tl_ice_client_state tl_ice_client_state(const struct tl_ice_client *ice, tl_time_us now);
/* NULL before nomination is confirmed. */
const struct tl_address *tl_ice_client_address(const struct tl_ice_client *ice);

#endif
