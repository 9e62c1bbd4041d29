/* The native participant's own offer, and the answer it gets (docs/signalling.md, The offer). It
 * names the fixed numbers below itself, so that the answer can only take them or leave them. */
#ifndef TL_CLIENT_SDP_H
#define TL_CLIENT_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "media/address.h"
#include "media/dtls.h"

enum {
    TL_SEAT_OPUS = 111,
    TL_SEAT_VP8 = 96,
    TL_SEAT_RTX = 97,
    /* header extensions */
    TL_SEAT_AUDIO_LEVEL_ID = 1,
    TL_SEAT_ABS_SEND_TIME_ID = 2,
    TL_SEAT_TRANSPORT_CC_ID = 3,
    TL_SEAT_MID_ID = 4,

    TL_SEAT_SLOTS_LIMIT = 18, /* receive slots we offer at most */
    TL_SEAT_MID_SIZE = 4,     /* ours are "0" to "19" */
    TL_SEAT_OFFER_LIMIT = 24 * 1024,
    TL_SEAT_ANSWER_LIMIT = 65536,
    TL_SEAT_CANDIDATES_LIMIT = 8,
    TL_SEAT_CREDENTIAL_SIZE = 257
};

/* The rung of the ladder a participant takes: which of the answer's candidates it looks at. */
enum tl_way {
    TL_WAY_UDP,
    TL_WAY_TCP,    /* the relay's own port */
    TL_WAY_SHARED, /* the pages' port */
    TL_WAY_TURN,   /* TURN over TLS, on the pages' port */
    TL_WAY_PROXY,  /* the same through an HTTP proxy */
    TL_WAY_COUNT
};
extern const char *const tl_way_words[TL_WAY_COUNT];

struct tl_seat_offer {
    enum tl_way way;
    uint16_t
        web_port; /* of the pages; 0: unknown, and TCP candidates are all the relay's own */
    const char *ufrag, *password, *fingerprint;
    const char *candidate_ip; /* NULL: none is named; the relay learns it from our checks */
    uint16_t candidate_port;
    uint32_t microphone_ssrc, camera_ssrc, camera_rtx_ssrc;
    unsigned audio_slots, video_slots; /* TL_SEAT_SLOTS_LIMIT together */
};

/* m-line 0 is the microphone, 1 the camera, then audio slots, then video slots; mid = index. */
enum tl_error tl_seat_offer_write(const struct tl_seat_offer *offer, char *buffer, size_t room,
                                  size_t *ret_size);

struct tl_seat_answer_slot {
    bool active; /* not rejected */
    bool video;
    uint32_t ssrc, rtx_ssrc; /* 0: none */
};

struct tl_seat_answer {
    char ufrag[TL_SEAT_CREDENTIAL_SIZE], password[TL_SEAT_CREDENTIAL_SIZE];
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    struct tl_address candidates[TL_SEAT_CANDIDATES_LIMIT];
    size_t candidate_count;
    bool microphone, camera; /* taken */
    bool camera_rtx;
    bool mid, audio_level, transport_cc,
        abs_send_time; /* header extensions taken for what we send */
    struct tl_seat_answer_slot slots[TL_SEAT_SLOTS_LIMIT];
    size_t slot_count;
};

/* TL_ERROR_FORMAT: not an answer to such an offer: m-lines in another number or order, another
 * protocol, no ICE or DTLS parameters, not passive, no candidate. Candidates that are not hosts with
 * an address, or of another way, are passed over; those of TCP have a stream, 1 and up. */
enum tl_error tl_seat_answer_read(struct tl_text sdp, const struct tl_seat_offer *offer,
                                  struct tl_seat_answer *ret_answer);

#endif
