/* The one offer a client makes and the one answer it gets (RFC 8866, RFC 3264, RFC 8843, RFC 8829).
 * Bytes in, parameters out: everything kept from the peer is a span into its text until it has
 * been validated, and lives as long as that text.
 *
 * It does not negotiate again (an ICE restart repeats everything but the credentials) and takes no
 * remote candidates (we are ICE-lite). Simulcast is taken of what a client sends, and never offered
 * to it: who receives gets one continuous stream a slot. */
#ifndef TL_SIGNALING_SDP_H
#define TL_SIGNALING_SDP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_SDP_TEXT_LIMIT = 60000,
    TL_SDP_LINE_LIMIT = 1024,
    TL_SDP_LINES_LIMIT = 4000,
    TL_SDP_MEDIA_LIMIT = 30,
    TL_SDP_FORMATS_LIMIT = 64,  /* payload types of one m-line */
    TL_SDP_SSRCS_LIMIT = 8,     /* of one m-line; more are not kept */
    TL_SDP_RIDS_LIMIT = 3,      /* layers taken of one picture */
    TL_SDP_RID_LINES_LIMIT = 8, /* declared in one m-line; more are not kept */
    TL_SDP_RID_LIMIT = 16,
    TL_SDP_MID_LIMIT = 16, /* what a one-byte header extension carries (RFC 8285 section 4.2) */
    TL_SDP_ICE_LIMIT = 256,
    TL_SDP_SENDS_LIMIT = 8,
    TL_SDP_RECEIVES_LIMIT = 20,
    TL_SDP_CANDIDATES_LIMIT = 24, /* 8 addresses: UDP, TCP, TCP on the shared port */
    TL_SDP_ANSWER_LIMIT = 65536,
    TL_SDP_FINGERPRINT_SIZE = 32 * 3 /* 32 pairs, 31 colons and a NUL */
};

enum tl_sdp_kind { TL_SDP_AUDIO, TL_SDP_VIDEO, TL_SDP_OTHER };
enum tl_sdp_direction { TL_SDP_SENDRECV, TL_SDP_SENDONLY, TL_SDP_RECVONLY, TL_SDP_INACTIVE };
enum tl_sdp_use { TL_SDP_REJECT, TL_SDP_SEND, TL_SDP_RECEIVE }; /* as the client sees it */
enum { TL_SDP_NONE = -1 };

/* The header extensions taken; an id of 0 means not offered. */
enum tl_sdp_extension {
    TL_SDP_EXTENSION_MID,
    TL_SDP_EXTENSION_AUDIO_LEVEL,
    TL_SDP_EXTENSION_TRANSPORT_CC,
    TL_SDP_EXTENSION_ABS_SEND_TIME,
    TL_SDP_EXTENSION_RID,
    TL_SDP_EXTENSION_REPAIRED_RID,
    TL_SDP_EXTENSION_COUNT
};

/* rtcp-fb of the codec we take: bits. */
enum {
    TL_SDP_FEEDBACK_NACK = 1,
    TL_SDP_FEEDBACK_PLI = 2,
    TL_SDP_FEEDBACK_FIR = 4,
    TL_SDP_FEEDBACK_TRANSPORT_CC = 8
};

struct tl_sdp_media {
    enum tl_sdp_kind kind;
    struct tl_text kind_text, protocol, first_format, mid;
    enum tl_sdp_direction direction;
    bool offered; /* false: port 0 without bundle-only, already rejected by the offerer */
    bool mux, reduced_size, dtx;
    int opus, red, vp8, rtx; /* payload types or TL_SDP_NONE */
    unsigned feedback;
    uint8_t extensions[TL_SDP_EXTENSION_COUNT];
    unsigned one_way; /* bits of enum tl_sdp_extension: offered sendonly */
    uint32_t ssrcs[TL_SDP_SSRCS_LIMIT];
    unsigned ssrc_count;
    struct tl_text
        rids[TL_SDP_RIDS_LIMIT]; /* its layers, in the client's order; 0: one stream */
    unsigned rid_count;
    /* Set by tl_sdp_plan. */
    enum tl_sdp_use use;
    unsigned source;
};

struct tl_sdp_offer {
    struct tl_text ufrag, pwd;
    char fingerprint[TL_SDP_FINGERPRINT_SIZE]; /* upper case, sha-256 */
    bool active;                               /* setup:active; otherwise actpass */
    bool mixed_extensions;
    struct tl_sdp_media media[TL_SDP_MEDIA_LIMIT];
    unsigned media_count;
};

/* What was wrong, for the `field` of an error: "line 12", "m-line 3: rtcp-mux". */
struct tl_sdp_problem {
    char where[64];
};

/* TL_ERROR_FORMAT, TL_ERROR_LIMIT, TL_ERROR_UNSUPPORTED; ret_problem is then written. */
enum tl_error tl_sdp_offer_read(struct tl_text text, struct tl_sdp_offer *ret_offer,
                                struct tl_sdp_problem *ret_problem);

/* Which m-line carries which source: names of the sources come as mids (empty: not offered), in
 * the order of the caller's own enumeration; audio tells which of them are sound. Named m-lines
 * become SEND, other receiving ones RECEIVE, the rest REJECT. */
enum tl_error tl_sdp_plan(struct tl_sdp_offer *offer, const struct tl_text *mids,
                          const bool *audio, unsigned count,
                          struct tl_sdp_problem *ret_problem);
/* The id taken of an extension, 0 when none: names of layers are only taken where there are layers. */
uint8_t tl_sdp_extension_id(const struct tl_sdp_media *media, enum tl_sdp_extension extension);
/* Takes no simulcast of this offer. */
void tl_sdp_one_layer(struct tl_sdp_offer *offer);

struct tl_sdp_candidate {
    struct tl_text ip;
    uint16_t port;
    uint32_t priority;
    bool tcp; /* passive */
};

/* What the relay said: ssrcs stand in the order of the offer's m-lines (used for RECEIVE). */
struct tl_sdp_local {
    uint64_t session;
    unsigned version; /* grows with each answer of the session (RFC 3264 section 8) */
    struct tl_text ufrag, pwd, fingerprint;
    struct tl_sdp_candidate candidates[TL_SDP_CANDIDATES_LIMIT];
    unsigned candidate_count;
    struct {
        uint32_t ssrc, rtx_ssrc; /* 0: none */
    } receives[TL_SDP_MEDIA_LIMIT];
};

/* TL_ERROR_LIMIT when it does not fit. */
enum tl_error tl_sdp_answer_write(const struct tl_sdp_offer *offer,
                                  const struct tl_sdp_local *local, struct tl_writer *writer);

#endif
