/* What relays and the examiner say (docs/channels.md). */
#ifndef TL_SIGNALING_MESSAGES_RELAY_READ_H
#define TL_SIGNALING_MESSAGES_RELAY_READ_H

#include "base/clock.h"
#include "base/json.h"
#include "messages/client_read.h"
#include "sdp/sdp.h"

enum { TL_OFFER_DIGEST_SIZE = 65 }; /* 64 hexadecimal digits and a NUL */

enum tl_media_state {
    TL_MEDIA_NONE,    /* the relay knows nothing of it */
    TL_MEDIA_OPENING, /* PARTICIPANT_OPEN is on its way */
    TL_MEDIA_CONNECTING,
    TL_MEDIA_CONNECTED,
    TL_MEDIA_RECONNECTING,
    TL_MEDIA_FAILED
};

/* The answer to PARTICIPANT_OPEN. Spans live as long as json. */
struct tl_opened {
    struct tl_text ufrag, pwd, fingerprint;
    struct tl_sdp_candidate candidates[TL_SDP_CANDIDATES_LIMIT];
    unsigned candidate_count;
    struct {
        struct tl_text mid;
        uint32_t ssrc, rtx_ssrc;
    } receives[TL_SDP_RECEIVES_LIMIT];
    unsigned receive_count;
};

/* What a participant has at its relay: from our own offer, or from RELAY_LIST. */
struct tl_media_lines {
    char sends[TL_SOURCE_COUNT][TL_SDP_MID_LIMIT + 1]; /* "" none */
    struct {
        char mid[TL_SDP_MID_LIMIT + 1];
        bool audio;
        bool sized;      /* the client said how large it shows it */
        uint16_t height; /* device pixels; 0: not on its screen */
    } receives[TL_SDP_RECEIVES_LIMIT];
    unsigned receive_count;
};

struct tl_listed {
    char participant[TL_PARTICIPANT_SIZE], room[TL_PARTICIPANT_SIZE];
    enum tl_media_state state;
    char offer[TL_OFFER_DIGEST_SIZE]; /* as we opened it; "" : none */
    struct tl_media_lines lines;
    unsigned muted; /* bits of enum tl_source */
};

/* How much of the pictures wanted goes down to a client. */
enum tl_pictures {
    TL_PICTURES_UNWANTED,
    TL_PICTURES_ALL,
    TL_PICTURES_REDUCED,
    TL_PICTURES_NONE, /* the line carries sound only */
    TL_PICTURES_COUNT
};
extern const char *const tl_pictures_words[TL_PICTURES_COUNT]; /* the first is NULL */

struct tl_statistics {
    struct tl_text participant;
    double rtt_ms; /* negative: unknown */
    double up_kbps, up_loss, up_jitter_ms, down_kbps, down_loss;
    double down_estimate_kbps; /* what the way to the client carries; negative: unknown */
    enum tl_pictures pictures;
};

struct tl_relay_incident {
    struct tl_text participant, unit;
    unsigned kind;                        /* index of tl_incident_names */
    int64_t started_us_ago, ended_us_ago; /* ended: -1 while it lasts */
    double measure;                       /* negative: none */
};
enum { TL_INCIDENT_KINDS = 6 };
extern const char *const tl_incident_names[TL_INCIDENT_KINDS];

struct tl_state_change {
    struct tl_text participant;
    bool closed;
    enum tl_media_state state;
};

struct tl_probe {
    struct tl_text participant;
    json_t *steps;          /* borrowed */
    double best_kbps, loss; /* of the step that brought most */
};

enum tl_error tl_opened_read(json_t *json, struct tl_opened *ret_opened);
/* One entry of RELAY_LIST's `participants`. */
enum tl_error tl_listed_read(json_t *json, struct tl_listed *ret_listed);
enum tl_error tl_statistics_read(json_t *json, struct tl_statistics *ret_statistics);
enum tl_error tl_incident_read(json_t *json, struct tl_relay_incident *ret_incident);
enum tl_error tl_state_change_read(json_t *json, struct tl_state_change *ret_change);
/* ret_participant has no data when nobody speaks. */
enum tl_error tl_speaker_read(json_t *json, struct tl_text *ret_room,
                              struct tl_text *ret_participant);
enum tl_error tl_probe_read(json_t *json, struct tl_probe *ret_probe);
enum tl_error tl_progress_read(json_t *json, uint32_t *ret_test, double *ret_level_dbfs,
                               double *ret_brightness);
/* Borrowed objects, each with its `verdict`. */
enum tl_error tl_verdict_read(json_t *json, uint32_t *ret_test, json_t **ret_audio,
                              json_t **ret_video);

#endif
