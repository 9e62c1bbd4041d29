#ifndef TL_CLIENT_PEER_INTERNAL_H
#define TL_CLIENT_PEER_INTERNAL_H

#include <opus.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "client/ice.h"
#include "client/peer.h"
#include "client/source.h"
#include "examine/frames.h"
#include "media/feedback.h"
#include "media/ring.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/srtp.h"

enum {
    AUDIO_RATE = 48000,
    VIDEO_RATE = 90000,
    PACKET_ROOM = 1600,
    NACKS_LIMIT = 64,
    OPUS_FRAME_LIMIT = 5760,
    SENT_LIMIT = 4096, /* packets whose fate is not known yet */
    /* A relay may send more SSRCs than slots for a while after a restart; RTX doubles them. */
    REPORT_BLOCKS_LIMIT = 31
};

/* One of our two streams. */
struct outgoing {
    uint32_t ssrc;
    uint16_t sequence;
    uint32_t timestamp; /* of the last packet */
    tl_time_us sent_at;
    uint32_t packets, octets;
    bool on;
};

/* One receive slot. */
struct incoming {
    struct tl_seat_answer_slot slot;
    struct tl_receive_stats stats;
    struct tl_nack_list nack; /* video */
    tl_time_us heard, asked_key_at;
    uint32_t sr_middle; /* LSR of its sender */
    tl_time_us sr_arrived;
    OpusDecoder *opus;
    bool has_sequence;
    uint16_t sequence; /* audio: the last decoded */
    bool has_vpx;
    vpx_codec_ctx_t vpx;
    struct tl_frames *frames;
    struct tl_tone_judge tone;
    uint64_t decoded, moved, unreadable;
    struct tl_pattern_seen seen;
    bool has_seen;
    tl_time_us seen_at;
    unsigned width, height;
};

struct sent {
    tl_time_us at;
    uint16_t sequence, size;
    bool used, in_step;
};

/* peer_probe.c: one step. */
struct probe {
    enum { PROBE_NONE, PROBE_SENDING, PROBE_SETTLING, PROBE_DONE } stage;
    unsigned kbps, ms, replay;
    tl_time_us began, ended, told;
    uint16_t last_sequence;
    uint64_t sent, sent_bytes, received, received_bytes;
    int64_t first_arrival, last_arrival;              /* on the relay's clock */
    tl_time_us first_arrival_sent, last_arrival_sent; /* on ours */
    struct tl_peer_measure measure;
};

struct tl_peer {
    struct tl_peer_config config;
    struct tl_seat_offer offer;
    struct tl_seat_answer answer;
    bool answered;
    const char *reason; /* failed for good */
    struct tl_ice_client ice;
    struct tl_dtls *dtls;
    tl_time_us dtls_due; /* INT64_MAX: no timer */
    struct tl_srtp *srtp;
    uint16_t srtp_profile;

    struct tl_voice *voice;
    struct tl_camera *camera;
    struct outgoing microphone, picture;
    uint16_t rtx_sequence, picture_id, transport_sequence;
    uint32_t timestamp_base;
    tl_time_us voice_at, picture_at, key_sent_at;
    bool key_wanted;
    struct tl_ring *ring;

    struct incoming slots[TL_SEAT_SLOTS_LIMIT];
    struct tl_arrivals arrivals;
    tl_time_us feedback_at, report_at, repair_at;
    tl_time_us rtt;
    struct tl_peer_statistics statistics;
    struct tl_peer_transport transport_up, transport_down;
    struct sent sent[SENT_LIMIT];
    struct probe probe;
};

/* peer.c: seals and sends; data has PACKET_ROOM. How large it left, 0: it did not. */
size_t peer_send_rtp(struct tl_peer *peer, uint8_t *data, size_t size);
void peer_send_rtcp(struct tl_peer *peer, uint8_t *data, size_t size);

/* peer_out.c */
bool outgoing_init(struct tl_peer *peer);
void outgoing_release(struct tl_peer *peer);
/* From the moment SRTP works. */
void outgoing_begin(struct tl_peer *peer, tl_time_us now);
void outgoing_tick(struct tl_peer *peer, tl_time_us now);
void outgoing_repeat(struct tl_peer *peer, tl_time_us now, uint16_t sequence);
tl_time_us outgoing_deadline(const struct tl_peer *peer);

/* peer_in.c */
bool incoming_init(struct tl_peer *peer);
void incoming_release(struct tl_peer *peer);
void incoming_rtp(struct tl_peer *peer, tl_time_us now, struct tl_bytes datagram);
struct incoming *incoming_by_ssrc(struct tl_peer *peer, uint32_t ssrc);
void incoming_tick(struct tl_peer *peer, tl_time_us now);

/* peer_probe.c */
void transport_note_in(struct tl_peer *peer, uint16_t sequence);
void transport_note_out(struct tl_peer *peer, tl_time_us now, uint16_t sequence, size_t size);
void transport_feedback(struct tl_peer *peer, const struct tl_rtcp_packet *packet);
void step_tick(struct tl_peer *peer, tl_time_us now);
tl_time_us step_deadline(const struct tl_peer *peer, tl_time_us now);

/* peer_rtcp.c */
void rtcp_input(struct tl_peer *peer, tl_time_us now, struct tl_bytes compound);
void rtcp_tick(struct tl_peer *peer, tl_time_us now);

#endif
