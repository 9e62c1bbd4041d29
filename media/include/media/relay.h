/* The relay's core: participants with what they send and the slots they receive in; datagrams and
 * time in, datagrams and events out. It opens no socket and reads no clock. Who a participant is,
 * it never knows: only a random id.
 *
 *     datagram ─▶ STUN? ─▶ ICE ─▶ reply            (the only thing an unknown address can reach)
 *        └─▶ address validated? ─▶ DTLS ─▶ keys
 *                 └─▶ SRTP opened ─▶ source ─▶ each subscribed slot: rewrite, seal ─▶ datagrams
 */
#ifndef TL_MEDIA_RELAY_H
#define TL_MEDIA_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "media/address.h"
#include "media/dtls.h"
#include "media/ice.h"

enum {
    TL_RELAY_PARTICIPANTS_LIMIT = 1024,
    TL_RELAY_SENDS_LIMIT = 8,
    TL_RELAY_RECEIVES_LIMIT = 20,
    TL_RELAY_SSRCS_LIMIT = 8, /* declared for one source */
    TL_RELAY_ID_SIZE = 33,    /* 32 hexadecimal digits and NUL */
    TL_RELAY_MID_SIZE = 17,
    TL_RELAY_LAYERS_LIMIT = 3, /* of simulcast, from the smallest picture to the largest */
    TL_RELAY_RID_SIZE = 17,
    TL_RELAY_HEIGHT_LIMIT = 4320,
    TL_RELAY_DIGEST_SIZE = 65,   /* 64 hexadecimal digits and NUL */
    TL_RELAY_PACKET_ROOM = 1600, /* of a buffer to build a datagram in */
    TL_RELAY_PROBE_STEPS_LIMIT = 8,
    TL_RELAY_PROBE_KBPS_LIMIT = 8000,
    TL_RELAY_PROBE_MS_LIMIT = 4000, /* all steps together */
    TL_RELAY_COPY_SECONDS_LIMIT = 5,
    TL_RELAY_COPY_HEADER_SIZE = 16,
    /* What is taken of one participant in a second, and at once after a pause: several times what
     * eight sources with three layers, repeats and probes come to (docs/media.md). */
    TL_RELAY_IN_PACKETS = 6000,
    TL_RELAY_IN_BYTES = 6000000,
    TL_RELAY_IN_RTCP = 1500,
    TL_RELAY_IN_STUN = 200
};

enum tl_source_name {
    TL_SOURCE_MICROPHONE,
    TL_SOURCE_CAMERA,
    TL_SOURCE_SCREEN,
    TL_SOURCE_INSTRUMENT,
    TL_SOURCE_INSTRUMENT_AUDIO,
    TL_SOURCE_COUNT
};
extern const char *const tl_source_words[TL_SOURCE_COUNT];

enum { TL_PAYLOAD_NONE = 255 };

/* Payload types; TL_PAYLOAD_NONE where not negotiated. */
struct tl_payload_types {
    uint8_t opus, red, vp8, rtx;
};

/* Local identifiers of header extensions; 0 where not negotiated. */
struct tl_extension_ids {
    uint8_t mid, rid, repaired_rid, audio_level, transport_cc, abs_send_time;
};

struct tl_send_parameters {
    char mid[TL_RELAY_MID_SIZE];
    enum tl_source_name source;
    bool video;
    struct tl_payload_types types;
    struct tl_extension_ids extensions;
    uint32_t ssrcs[TL_RELAY_SSRCS_LIMIT];
    size_t ssrc_count;
    char rids[TL_RELAY_LAYERS_LIMIT][TL_RELAY_RID_SIZE];
    size_t rid_count; /* 0: one stream */
};

struct tl_receive_parameters {
    char mid[TL_RELAY_MID_SIZE];
    bool video;
    struct tl_payload_types types;
    struct tl_extension_ids extensions;
};

struct tl_participant_parameters {
    char id[TL_RELAY_ID_SIZE];
    char room[TL_RELAY_ID_SIZE];
    char remote_ufrag[TL_ICE_UFRAG_LIMIT + 1];
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    /* The door's, of the offer without its ICE credentials; only kept for it. "" : none */
    char offer[TL_RELAY_DIGEST_SIZE];
    struct tl_send_parameters sends[TL_RELAY_SENDS_LIMIT];
    size_t send_count;
    struct tl_receive_parameters receives[TL_RELAY_RECEIVES_LIMIT];
    size_t receive_count;
};

struct tl_participant_answer {
    char ufrag[TL_ICE_LOCAL_UFRAG_SIZE];
    char password[TL_ICE_LOCAL_PASSWORD_SIZE];
    struct {
        uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0: none */
    } receives[TL_RELAY_RECEIVES_LIMIT];
};

struct tl_slot_wish {
    char mid[TL_RELAY_MID_SIZE];
    char from[TL_RELAY_ID_SIZE]; /* "" : silent */
    enum tl_source_name source;
    uint16_t height; /* device pixels in which the picture is shown; 0: not known */
    bool hidden;
};

/* ---- what comes out ---- */

enum tl_participant_state {
    TL_PARTICIPANT_CONNECTING,
    TL_PARTICIPANT_CONNECTED,
    TL_PARTICIPANT_RECONNECTING,
    TL_PARTICIPANT_FAILED,
    TL_PARTICIPANT_CLOSED,
    TL_PARTICIPANT_STATE_COUNT
};
extern const char *const tl_participant_state_words[TL_PARTICIPANT_STATE_COUNT];

struct tl_source_statistics {
    enum tl_source_name source;
    uint32_t kbps, frames;
    double loss, jitter_ms;
    int level; /* 0 loud to 127 silent, -1 unknown */
};

/* How much of the pictures wanted goes down. */
enum tl_video_choice {
    TL_VIDEO_UNWANTED,
    TL_VIDEO_ALL,
    TL_VIDEO_REDUCED,
    TL_VIDEO_NONE, /* the line carries sound only */
    TL_VIDEO_CHOICE_COUNT
};
extern const char *const tl_video_choice_words[TL_VIDEO_CHOICE_COUNT]; /* [0] is NULL */

struct tl_participant_statistics {
    int rtt_ms; /* -1: not known yet */
    uint32_t up_kbps, up_packets;
    int64_t up_lost;
    double up_loss, up_jitter_ms;
    uint32_t down_kbps, down_packets;
    int64_t down_lost;
    double down_loss;
    uint32_t nacked, retransmitted;
    uint32_t estimate_kbps; /* what the way down carries */
    double queue_ms;        /* and what stands on it */
    enum tl_video_choice video;
    struct tl_source_statistics sources[TL_RELAY_SENDS_LIMIT];
    size_t source_count;
};

enum tl_incident_kind {
    TL_INCIDENT_INTERRUPTION,
    TL_INCIDENT_LOSS,
    TL_INCIDENT_RECONNECTION,
    TL_INCIDENT_FREEZE,    /* of one of its pictures */
    TL_INCIDENT_AUDIO_GAP, /* of one of its sounds */
    TL_INCIDENT_FALLBACK,  /* its path is not UDP */
    TL_INCIDENT_KIND_COUNT
};
extern const char *const tl_incident_words[TL_INCIDENT_KIND_COUNT];

/* What a path may have to fall back to. */
enum tl_rung { TL_RUNG_TCP, TL_RUNG_TURN, TL_RUNG_COUNT };

struct tl_incident {
    enum tl_incident_kind kind;
    enum tl_rung rung; /* FALLBACK only */
    tl_time_us started_ago;
    tl_time_us ended_ago; /* -1: it lasts */
    double measure;       /* percent for loss, none for fallback, milliseconds otherwise */
};

struct tl_probe_step {
    uint32_t kbps, ms;
};

struct tl_probe_measure {
    uint32_t kbps, received_kbps; /* sent, and what of it arrived */
    double loss, delay_ms;        /* how much later the last came than the first, beyond pace */
};

struct tl_relay_event {
    enum {
        TL_RELAY_EVENT_STATE,
        TL_RELAY_EVENT_STATISTICS,
        TL_RELAY_EVENT_SPEAKER,
        TL_RELAY_EVENT_INCIDENT,
        TL_RELAY_EVENT_PROBE
    } kind;
    const char *participant; /* SPEAKER: NULL when nobody speaks */
    const char *room;        /* SPEAKER only */
    enum tl_participant_state state;
    const char *reason; /* STATE: a word, or NULL */
    const struct tl_participant_statistics *statistics;
    struct tl_incident incident;
    const struct tl_probe_measure *probe;
    size_t probe_count;
};

/* What a datagram carries: how its packet is marked (RFC 8837), and what is dropped first where
 * there is no room. */
enum tl_traffic { TL_TRAFFIC_CONTROL, TL_TRAFFIC_AUDIO, TL_TRAFFIC_VIDEO };

struct tl_relay_output {
    void *context;
    /* A buffer of TL_RELAY_PACKET_ROOM bytes for the next datagram; NULL when none is left (the
     * datagram is then dropped and counted). Given back unused if send does not follow. */
    uint8_t *(*begin)(void *context);
    void (*send)(void *context, const struct tl_address *to, size_t size);
    void (*event)(void *context, const struct tl_relay_event *event);
    /* A copy for the examiner (docs/channels.md, TEST_COPY). May be NULL. */
    void (*copy)(void *context, struct tl_bytes datagram);
    /* As send, for sound and pictures. May be NULL: send takes them too. */
    void (*send_media)(void *context, const struct tl_address *to, size_t size,
                       enum tl_traffic traffic);
};

/* Every packet that is not forwarded is counted under one of these. */
#define TL_RELAY_COUNTERS(X)                                                                   \
    X(PACKETS_RECEIVED, "packets_received")                                                    \
    X(PACKETS_SENT, "packets_sent")                                                            \
    X(PACKETS_FORWARDED, "packets_forwarded")                                                  \
    X(BYTES_RECEIVED, "bytes_received")                                                        \
    X(BYTES_SENT, "bytes_sent")                                                                \
    X(RETRANSMITTED, "packets_retransmitted")                                                  \
    X(NACKS_UNANSWERED, "nacks_unanswered")                                                    \
    X(DTLS_HANDSHAKES, "dtls_handshakes")                                                      \
    X(DTLS_SETTLED, "dtls_settled")                                                            \
    X(ICE_RESTARTS, "ice_restarts")                                                            \
    X(PATHS_FOLLOWED, "paths_followed")                                                        \
    X(PLI_SENT, "key_frames_asked")                                                            \
    X(SOUND_REPEATED, "sounds_repeated")                                                       \
    X(PACED, "packets_paced")                                                                  \
    X(PACE_FULL, "packets_not_paced")                                                          \
    X(NOT_CHOSEN, "packets_of_other_layers")                                                   \
    X(PLI_HELD, "key_frame_requests_held")                                                     \
    X(DROP_UNKNOWN, "dropped{reason=\"unknown_kind\"}")                                        \
    X(DROP_TOO_LARGE, "dropped{reason=\"too_large\"}")                                         \
    X(DROP_STUN_FORMAT, "dropped{reason=\"stun_format\"}")                                     \
    X(DROP_STUN_AUTH, "dropped{reason=\"stun_auth\"}")                                         \
    X(DROP_STUN_RATE, "dropped{reason=\"stun_rate\"}")                                         \
    X(DROP_IN_PACKETS, "dropped{reason=\"limit_packets\"}")                                    \
    X(DROP_IN_BYTES, "dropped{reason=\"limit_bytes\"}")                                        \
    X(DROP_IN_RTCP, "dropped{reason=\"limit_rtcp\"}")                                          \
    X(DROP_IN_STUN, "dropped{reason=\"limit_stun\"}")                                          \
    X(DROP_ADDRESS, "dropped{reason=\"address_not_validated\"}")                               \
    X(DROP_NO_KEYS, "dropped{reason=\"before_dtls\"}")                                         \
    X(DROP_SRTP_AUTH, "dropped{reason=\"srtp_auth\"}")                                         \
    X(DROP_SRTP_REPLAY, "dropped{reason=\"srtp_replay\"}")                                     \
    X(DROP_SRTP_STREAMS, "dropped{reason=\"srtp_streams\"}")                                   \
    X(DROP_RTP_FORMAT, "dropped{reason=\"rtp_format\"}")                                       \
    X(DROP_RTCP_FORMAT, "dropped{reason=\"rtcp_format\"}")                                     \
    X(DROP_NO_SOURCE, "dropped{reason=\"no_source\"}")                                         \
    X(DROP_PAYLOAD_TYPE, "dropped{reason=\"payload_type\"}")                                   \
    X(DROP_MUTED, "dropped{reason=\"muted\"}")                                                 \
    X(DROP_RTX, "dropped{reason=\"rtx\"}")                                                     \
    X(DROP_WAITING_KEY, "dropped{reason=\"waiting_key_frame\"}")                               \
    X(DROP_OLD, "dropped{reason=\"before_switch\"}")                                           \
    X(DROP_SEAL, "dropped{reason=\"seal\"}")                                                   \
    X(DROP_ROOM, "dropped{reason=\"send_queue\"}")

#define TL_RELAY_COUNTER_ENUM(name, word) TL_RELAY_##name,
enum tl_relay_counter { TL_RELAY_COUNTERS(TL_RELAY_COUNTER_ENUM) TL_RELAY_COUNTER_COUNT };
extern const char *const tl_relay_counter_words[TL_RELAY_COUNTER_COUNT];

enum { TL_RELAY_TURN_HOSTS_LIMIT = 8 };
struct tl_relay_config {
    unsigned index; /* stands in every ufrag, so that a relay is known by a STUN username */
    size_t participants_limit;         /* at most TL_RELAY_PARTICIPANTS_LIMIT; 0: that */
    struct tl_dtls_identity *identity; /* not owned; outlives the relay */
    tl_time_us wall_offset;            /* wall clock minus monotonic clock */
    bool libsrtp; /* seals and opens RTP under every profile; else OpenSSL what it can */
    struct tl_relay_output output;
    /* From where our relays' TURN sends: these hosts, these ports (media/turn_service.h). */
    struct tl_address turn_hosts[TL_RELAY_TURN_HOSTS_LIMIT];
    size_t turn_host_count;
    uint16_t turn_first_port;
    unsigned turn_port_count;
};

struct tl_relay;
enum tl_error tl_relay_new(const struct tl_relay_config *config, struct tl_relay **ret_relay);
struct tl_relay *tl_relay_free(struct tl_relay *relay);

/* An id that exists is replaced: its transport is new, its wishes for slots stay.
 * TL_ERROR_LIMIT: full. TL_ERROR_RANGE: parameters that cannot be (two sends of one source or
 * mid, an id in another room ...). TL_ERROR_STATE: draining. */
enum tl_error tl_relay_open(struct tl_relay *relay, tl_time_us now,
                            const struct tl_participant_parameters *parameters,
                            struct tl_participant_answer *ret_answer);
/* ICE restart: other credentials for the same transport. DTLS, keys, streams and slots stay, and so
 * does the path in use, until the peer has nominated a pair with the new ones. TL_ERROR_MISSING.
 * TL_ERROR_STATE: its transport is gone. TL_ERROR_EXISTS: the ufrag is not another one. */
enum tl_error tl_relay_restart(struct tl_relay *relay, tl_time_us now, const char *id,
                               struct tl_text remote_ufrag,
                               struct tl_participant_answer *ret_answer);
/* TL_ERROR_MISSING. */
enum tl_error tl_relay_close(struct tl_relay *relay, tl_time_us now, const char *id);
/* The whole table of a receiver; slots left out are silent. A wish for somebody not here (yet)
 * waits; one for somebody of another room never comes true. TL_ERROR_MISSING: receiver or mid. */
enum tl_error tl_relay_slots_set(struct tl_relay *relay, tl_time_us now, const char *id,
                                 const struct tl_slot_wish *wishes, size_t count);
enum tl_error tl_relay_source_mute(struct tl_relay *relay, tl_time_us now, const char *id,
                                   enum tl_source_name source, bool muted);
enum tl_error tl_relay_test_copy(struct tl_relay *relay, tl_time_us now, const char *id,
                                 uint32_t test, unsigned seconds);
/* TL_ERROR_RANGE: steps over the limits. TL_ERROR_STATE: not connected, one runs already, or no
 * slot with RTX and transport-wide numbers to probe on. */
enum tl_error tl_relay_probe(struct tl_relay *relay, tl_time_us now, const char *id,
                             const struct tl_probe_step *steps, size_t count);
void tl_relay_drain(struct tl_relay *relay);
/* It drains, and nobody is left. */
bool tl_relay_is_drained(const struct tl_relay *relay);

/* One datagram; data is opened in place. */
void tl_relay_input(struct tl_relay *relay, tl_time_us now, const struct tl_address *from,
                    uint8_t *data, size_t size);
/* Has this address authenticated for somebody who is here, and does that still hold? */
bool tl_relay_knows(const struct tl_relay *relay, tl_time_us now,
                    const struct tl_address *address);
void tl_relay_tick(struct tl_relay *relay, tl_time_us now);
/* INT64_MAX when nobody is here. */
tl_time_us tl_relay_next_deadline(const struct tl_relay *relay, tl_time_us now);

size_t tl_relay_participant_count(const struct tl_relay *relay);
/* Of the recent packets kept to answer NACKs from, with their index. */
size_t tl_relay_ring_bytes(const struct tl_relay *relay);
uint64_t tl_relay_counter(const struct tl_relay *relay, enum tl_relay_counter counter);
/* By id; NULL when nobody has it. Good until the next call that changes something. */
const struct tl_participant_parameters *tl_relay_parameters(const struct tl_relay *relay,
                                                            const char *id);
/* For RELAY_LIST: the index-th participant (0 to count - 1). */
struct tl_relay_listing {
    const char *id, *room;
    enum tl_participant_state state;
    const struct tl_participant_parameters *parameters;
    unsigned muted; /* bits, in the order of parameters->sends */
};
bool tl_relay_list(const struct tl_relay *relay, size_t index,
                   struct tl_relay_listing *ret_listing);
/* The index in the ufrag of a STUN username that one of our relays made. TL_ERROR_FORMAT. */
enum tl_error tl_relay_index_of(struct tl_text username, unsigned *ret_index);

#endif
