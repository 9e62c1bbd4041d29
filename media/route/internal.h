/* What the files of route/ share: the structures of a relay. */
#ifndef TL_MEDIA_ROUTE_INTERNAL_H
#define TL_MEDIA_ROUTE_INTERNAL_H

#include "media/bandwidth.h"
#include "media/feedback.h"
#include "media/flow.h"
#include "media/relay.h"
#include "media/rewrite.h"
#include "media/ring.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/srtp.h"
#include "route/wheel.h"

enum {
    LAYERS_LIMIT = TL_RELAY_LAYERS_LIMIT,
    TEMPORAL_LIMIT = 4,
    STREAMS_LIMIT = 32,
    SENT_LIMIT =
        1024, /* transport-wide numbers remembered for feedback: half a second at most */
    VIDEO_RATE = 90000,
    AUDIO_RATE = 48000,
    PLI_INTERVAL_US = 500 * TL_MILLISECOND_US,
    PLI_SOON_US = 100 * TL_MILLISECOND_US, /* for who can see only now */
    TICK_US = 20 * TL_MILLISECOND_US,
    PROBE_TICK_US = 5 * TL_MILLISECOND_US,
    IDLE_TICK_US = 100 * TL_MILLISECOND_US, /* of who has sent and got nothing lately */
    DEFAULT_RTT_US = 100 * TL_MILLISECOND_US,
    FEEDBACK_INTERVAL_US = 50 * TL_MILLISECOND_US,
    RETRANSMIT_RATE = 1000, /* packets a second to one participant */
    RTCP_ROOM = 1200,
    SOUND_ROOM = 400, /* of a sealed packet of sound that may be sent twice */
    SOUND_POOL = 2048
};

struct participant;

struct layer {
    bool active;
    uint32_t ssrc;
    struct tl_receive_stats stats;
    /* of pictures only, taken when the participant opens */
    struct tl_nack_list *nack;
    struct tl_ring *ring;
    struct {
        bool known;
        tl_time_us sender_us; /* NTP of the last sender report */
        uint32_t rtp;
        uint32_t middle;
        tl_time_us arrived;
    } report;
    struct tl_rewrite_numbers last; /* picture id and TL0PICIDX, for packets without them */
    bool key_wanted;
    bool key_soon; /* by somebody whom the last one came too early for */
    tl_time_us key_asked;
    tl_time_us heard;
    uint16_t height; /* of the last key frame; 0: not known */
    struct rate {
        tl_time_us started;
        uint32_t bytes[TEMPORAL_LIMIT]; /* on the wire, by temporal layer */
        uint32_t kbps[TEMPORAL_LIMIT];  /* up to and with that temporal layer */
        uint8_t temporals;              /* seen; 0: rate not known yet */
        uint8_t highest;                /* in the window that fills */
    } rate;
    struct tl_flow flow;
    struct tl_frame_watch frames; /* video only */
    uint32_t second_bytes, second_packets, second_frames;
    uint32_t prior_expected;
    uint64_t prior_received;
};

struct slot;

struct source {
    struct participant *owner;
    enum tl_source_name name;
    const struct tl_send_parameters *parameters;
    bool muted;
    struct layer layers[LAYERS_LIMIT];
    struct slot *first_subscriber;
    double loudness; /* 0 silent to 127, smoothed */
    tl_time_us loudness_at;
    bool has_level;
};

struct slot {
    struct participant *owner;
    const struct tl_receive_parameters *parameters;
    struct tl_slot_wish wish; /* from "" when silent */
    struct source *source;    /* when the wish is fulfilled */
    struct slot *next_subscriber;
    bool waiting_key; /* nothing flows until a key frame of the target layer */
    bool paused;      /* the line does not carry it */
    bool plain;       /* of sound: the line does not carry it twice */
    bool foreseen;    /* a key frame was asked for before there were keys */
    uint8_t layer, target;
    uint8_t temporal, temporal_target; /* highest that passes */
    uint16_t picture;                  /* whose first packet was judged last */
    uint32_t ssrc, rtx_ssrc;
    struct tl_rewrite rewrite;
    uint16_t rtx_sequence;
    uint32_t packets, octets;
    int32_t remote_lost;
    uint32_t remote_highest;
    bool has_remote;
    uint16_t sound; /* in the pool, plus 1: the last datagram, to be sent once more; 0: none */
};

struct stream { /* a foreign SSRC */
    uint32_t ssrc;
    struct source *source;
    uint8_t layer;
    bool rtx;
};

enum { SEAL_OVERHEAD = 16, UDP_OVERHEAD = 8 + 20 }; /* what a datagram weighs on the line */

struct sent { /* an outgoing transport-wide number: eight bytes, for every packet writes one */
    uint32_t at;      /* the low bits of the time; good for an hour */
    uint16_t size;    /* before sealing, with what left right behind it; 0: none was sent */
    uint8_t cluster;  /* of the bandwidth estimate; 0: none */
    uint8_t step : 4; /* of a probe, from 1; 0: none */
    uint8_t reported : 1, told : 1;
};
static inline tl_time_us sent_at(const struct sent *sent, tl_time_us now)
{
    return now - (tl_time_us)((uint32_t)now - sent->at);
}

struct probe {
    bool running;
    struct tl_probe_step steps[TL_RELAY_PROBE_STEPS_LIMIT];
    size_t count, step;
    tl_time_us step_started, finished; /* finished: the last was sent */
    int64_t step_budget_bytes;
    uint16_t replay; /* sequence in the ring to send again next */
    struct {
        uint64_t sent_bytes, received_bytes;
        uint32_t sent, received, judged;
        tl_time_us first_sent, last_sent;
        int64_t first_arrival, last_arrival;
        tl_time_us first_arrival_sent, last_arrival_sent;
    } measures[TL_RELAY_PROBE_STEPS_LIMIT];
};

struct paced { /* a sealed datagram that waits for its time */
    uint16_t next, size, number;
    bool numbered;
    uint8_t data[TL_RELAY_PACKET_ROOM];
};
enum { PACE_POOL = 2048 };

struct sound { /* a sealed datagram that is sent twice */
    uint16_t next, size;
    uint8_t data[SOUND_ROOM];
};

struct pace {
    uint16_t first, last;
    size_t count, bytes;
    tl_time_us ready_at; /* when the next may leave */
};

/* What is limited of what comes from a participant. */
enum ingress { INGRESS_PACKETS, INGRESS_BYTES, INGRESS_RTCP, INGRESS_STUN, INGRESS_COUNT };

struct bucket {
    int64_t left;
    tl_time_us at;
};

struct participant {
    unsigned place; /* index in the relay's table */
    struct participant *next_in_room;
    tl_time_us busy_until; /* something flowed: looked at more often */
    struct tl_participant_parameters parameters;
    unsigned room;
    enum tl_participant_state state;
    tl_time_us opened, failed_at, restart_asked;
    struct tl_ice ice;
    struct tl_dtls *dtls;
    tl_time_us dtls_tick_at;  /* INT64_MAX: no timer */
    tl_time_us settle_at;     /* 0: nothing opened under its keys yet; INT64_MAX: settled */
    tl_time_us farewell_at;   /* what may be its close_notify came; 0: not */
    struct tl_srtp *srtp;     /* NULL before its keys are there */
    struct tl_srtp *reserved; /* what it will be, before that */
    uint32_t rtcp_ssrc;
    struct source *sources; /* as many as parameters.sends */
    struct slot *slots;     /* as many as parameters.receives */
    struct stream streams[STREAMS_LIMIT];
    size_t stream_count;
    uint8_t transport_cc_in, transport_cc_out;
    struct tl_arrivals arrivals;
    tl_time_us feedback_at, reports_at, statistics_at;
    uint32_t last_media_ssrc;
    uint16_t transport_sequence;
    struct sent sent[SENT_LIMIT];
    tl_time_us rtt;                    /* 0: unknown */
    tl_time_us checked_at, greeted_at; /* its first check and first DTLS came; 0: not yet */
    bool has_clock_offset;
    tl_time_us clock_offset; /* our wall clock minus the peer's NTP clock */
    double retransmit_tokens;
    tl_time_us retransmit_at;
    struct bucket ingress[INGRESS_COUNT];
    struct probe probe;
    struct tl_bandwidth bandwidth;
    struct pace pace;
    struct {
        bool known;
        uint32_t last; /* 24 bits, units of 64 ms */
        int64_t unwrapped;
    } reference;
    tl_time_us allocate_at;
    tl_time_us repeat_until; /* sound goes twice until then */
    uint32_t wanted_kbps;
    enum tl_video_choice video;
    tl_time_us copy_until;
    uint32_t copy_test;
    /* this second */
    uint32_t up_bytes, up_packets, down_bytes, down_packets, nacked, retransmitted;
    int64_t down_lost, down_expected;
    /* incidents */
    tl_time_us interrupted_at; /* 0: not */
    tl_time_us back_at;        /* the last interruption ended */
    tl_time_us lossy_since;
    unsigned lossy_seconds, clean_seconds;
    double lossy_worst;
    unsigned fallback; /* what the path is: an enum tl_rung and one more; 0: UDP */
    tl_time_us fallback_since;
    bool fallback_told;
    uint8_t down_loss_stale;
    double down_loss;
};

struct room {
    char id[TL_RELAY_ID_SIZE];
    size_t members; /* 0: free */
    struct participant *first;
    struct participant *speaker;
    tl_time_us spoke_at, judged_at;
    bool announced; /* the present speaker was told */
};

struct tuple_entry {
    struct tl_address address;
    uint16_t place; /* participant's, plus 1; 0: free */
};

enum { TUPLES_TABLE_SIZE = 2 * TL_RELAY_PARTICIPANTS_LIMIT * TL_ICE_TUPLES_LIMIT };

struct tuples {
    struct tl_hash_key key;
    size_t count;
    struct tuple_entry entries[TUPLES_TABLE_SIZE];
};

/* Who has an id: as tuples, a place plus 1, 0: free. */
enum { IDS_TABLE_SIZE = 2 * TL_RELAY_PARTICIPANTS_LIMIT };

struct tl_relay {
    struct tl_relay_config config;
    bool draining;
    uint16_t ids[IDS_TABLE_SIZE];
    struct participant *participants[TL_RELAY_PARTICIPANTS_LIMIT];
    size_t participant_count;
    struct room rooms[TL_RELAY_PARTICIPANTS_LIMIT];
    struct tuples tuples;
    uint64_t counters[TL_RELAY_COUNTER_COUNT];
    tl_time_us now; /* of the last input or tick */
    struct wheel wheel;
    struct paced pace_pool[PACE_POOL];
    uint16_t pace_free, pace_fresh; /* given back; the first never used, so never touched */
    struct sound sound_pool[SOUND_POOL];
    uint16_t sound_free, sound_fresh; /* the same; sound_free plus 1, 0: none */
    double refusal_tokens;
    tl_time_us refusal_at;
};

/* An opened packet of a source, on its way to the slots. */
struct media {
    struct source *source;
    struct layer *layer;
    uint16_t sequence;
    uint32_t timestamp;
    uint8_t payload_type;
    bool marker;
    bool unpacked; /* a sound taken out of RED, whatever its number */
    struct tl_bytes payload;
    bool has_vp8;
    struct tl_vp8_descriptor vp8;
    bool has_level;
    uint8_t level; /* the extension's byte */
};

static inline void count(struct tl_relay *relay, enum tl_relay_counter counter)
{
    relay->counters[counter]++;
}

/* Something flows to or from them: due in a tick at the latest. */
static inline void participant_busy(struct tl_relay *relay, tl_time_us now,
                                    struct participant *participant)
{
    participant->busy_until = now + IDLE_TICK_US;
    wheel_hasten(&relay->wheel, now, participant->place, now + TICK_US);
}

/* tuples.c */
void tuples_init(struct tuples *tuples);
void tuples_put(struct tuples *tuples, const struct tl_address *address, unsigned place);
void tuples_remove(struct tuples *tuples, const struct tl_address *address, unsigned place);
bool tuples_find(const struct tuples *tuples, const struct tl_address *address,
                 unsigned *ret_place);

/* participants.c */
struct participant *participant_by_id(const struct tl_relay *relay, const char *id);
void participant_event(struct tl_relay *relay, struct participant *participant,
                       enum tl_participant_state state, const char *reason);
void participant_fail(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                      const char *reason);
void participant_remove(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                        const char *reason);
void participant_drop_transport(struct tl_relay *relay, struct participant *participant);
/* A generation of ICE credentials of ours. */
void participant_credentials(const struct tl_relay *relay,
                             const struct participant *participant,
                             char ret_ufrag[TL_ICE_LOCAL_UFRAG_SIZE],
                             char ret_password[TL_ICE_LOCAL_PASSWORD_SIZE]);
void participant_answer(const struct participant *participant,
                        struct tl_participant_answer *ret_answer);

/* restart.c: a pair of the new generation was nominated */
void restart_done(struct tl_relay *relay, tl_time_us now, struct participant *participant);
/* Where consent to send to its address has expired, sends to another that holds. */
void path_follow(struct tl_relay *relay, tl_time_us now, struct participant *participant);

/* slots.c */
void slot_connect(struct tl_relay *relay, tl_time_us now, struct slot *slot);
void slot_disconnect(struct tl_relay *relay, struct slot *slot);
void slots_find_source(struct tl_relay *relay, tl_time_us now, struct participant *newcomer);
/* The layer's stream, or all of them (NULL), begins anew under the old name. */
void source_restarted(struct source *source, const struct layer *layer);

/* transport.c: datagrams of one participant */
void transport_send(struct tl_relay *relay, struct participant *participant, size_t size);
void transport_send_as(struct tl_relay *relay, struct participant *participant, size_t size,
                       enum tl_traffic traffic);
/* What came opened under its keys. */
void transport_heard(struct participant *participant, tl_time_us now);
void transport_flush_dtls(struct tl_relay *relay, struct participant *participant,
                          tl_time_us now);
/* Seals and sends a compound; the first packet's sender must be a stream of ours. */
void transport_send_rtcp(struct tl_relay *relay, struct participant *participant,
                         struct tl_bytes compound);
uint16_t transport_note_sent(struct participant *participant, tl_time_us now, size_t size,
                             uint8_t step);
/* A sealed datagram without a number of its own leaves right behind that number: it weighs on the
 * line as well, and arrives when that one does. */
void transport_note_behind(struct participant *participant, uint16_t number, size_t size);

/* ingress.c: false, and counted, when it is over the participant's limit */
bool ingress_has(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                 enum ingress what, size_t amount);
void ingress_take(struct participant *participant, enum ingress what, size_t amount);
/* A datagram of DTLS, RTP or RTCP: taken, or over a limit. */
bool ingress_media(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                   bool rtcp, size_t size);

/* receive.c, rtcp_in.c */
void receive_rtp(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                 uint8_t *data, size_t size);
void receive_rtcp(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                  uint8_t *data, size_t size);

/* gaps.c */
void gaps_hear(struct tl_relay *relay, tl_time_us now, struct participant *participant,
               const struct media *media);

/* forward.c */
void forward(struct tl_relay *relay, tl_time_us now, struct slot *slot,
             const struct media *media);
bool forward_again(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                   const struct tl_ring_packet *packet, uint8_t probe_step, size_t *ret_size);
bool forward_padding(struct tl_relay *relay, tl_time_us now, struct slot *slot, uint8_t size,
                     uint8_t probe_step, size_t *ret_size);

/* reports.c */
void reports_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void key_frame_ask(struct tl_relay *relay, tl_time_us now, struct source *source,
                   unsigned layer);
/* For every picture this receiver has a slot for. */
void key_frames_ask(struct tl_relay *relay, tl_time_us now, struct participant *receiver);
/* The same once it can be sent any: what others were sent a moment ago came too early for it. */
void key_frames_begin(struct tl_relay *relay, tl_time_us now, struct participant *receiver);
/* Before there are keys: in time for a frame to be here with them. */
void key_frames_foresee(struct tl_relay *relay, tl_time_us now, struct participant *receiver);
void key_frame_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);

/* downlink.c: what the way to a receiver carries, and which layers go there */
void downlink_feedback(struct participant *participant, tl_time_us now,
                       const struct tl_rtcp_packet *packet);
void downlink_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void layer_rate_add(struct layer *layer, tl_time_us now, uint8_t temporal, size_t payload);
/* Of a packet of sound: its newest block, and what it repeats of earlier ones. */
void sound_rate_add(struct layer *layer, tl_time_us now, size_t primary, size_t older);
/* Something came of it within a second, and its rate is known. */
bool layer_is_alive(const struct layer *layer, tl_time_us now);
/* Whether a packet belongs to what this slot shows; moves the slot on at key frames. */
bool slot_shows(struct tl_relay *relay, struct slot *slot, const struct media *media);
static inline struct layer *slot_layer(const struct slot *slot)
{
    return &slot->source->layers[slot->layer];
}

/* voices.c: shares the line between the voices first; gives what they take of it, and the line on
 * which they would be as good as they can be. */
uint32_t voices_share(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                      uint32_t target_kbps, uint32_t *ret_wanted_kbps);

/* repeat.c: sends a sealed packet of sound, and where it helps the one before it again */
/* numbered: number is the datagram's transport-wide one. */
void sound_repeat(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                  const uint8_t *sealed, size_t size, bool numbered, uint16_t number);
void sound_repeat_judge(struct participant *participant, tl_time_us now);
void sound_forget(struct tl_relay *relay, struct slot *slot);

/* pace.c */
void pace_init(struct tl_relay *relay);
/* True: the datagram (at most TL_RELAY_PACKET_ROOM bytes) is taken care of; false: send it now. */
bool pace_defers(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                 const uint8_t *datagram, size_t size, bool numbered, uint16_t number);
void pace_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void pace_drop(struct tl_relay *relay, struct participant *participant);

/* statistics.c, speaker.c, probe.c */
void statistics_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void incidents_end(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void incident_reconnection(struct tl_relay *relay, struct participant *participant,
                           tl_time_us lasted);
void incident_gap(struct tl_relay *relay, struct participant *participant, bool video,
                  tl_time_us lasted);
/* The path is, or was, of a lower rung than UDP. */
void incident_fallback(struct tl_relay *relay, struct participant *participant,
                       enum tl_rung rung, tl_time_us lasted, bool over);
/* fallback.c */
void fallback_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void fallback_end(struct tl_relay *relay, tl_time_us now, struct participant *participant);
void incident_interruption(struct tl_relay *relay, tl_time_us now,
                           struct participant *participant, bool over);
void speaker_hear(struct source *source, tl_time_us now, uint8_t level);
void speaker_tick(struct tl_relay *relay, tl_time_us now, struct room *room);
void speaker_leave(struct tl_relay *relay, struct participant *participant);
void probe_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant);
/* One packet of about the size of a media packet on a stream that can carry it; false when none
 * can. replay walks the recent packets. */
bool probe_send(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                uint16_t *replay, uint8_t step, size_t *ret_size);
void probe_feedback(struct participant *participant, tl_time_us now, const struct sent *sent,
                    bool received, int64_t arrival_us);

#endif
