/* One media connection of a native participant: ICE, DTLS as the client, SRTP, and RTP both ways.
 * It makes its own sound and pictures, and judges what it hears and sees in each slot. Datagrams and
 * time come in, datagrams go out through a function; no socket and no clock here. */
#ifndef TL_CLIENT_PEER_H
#define TL_CLIENT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "client/sdp.h"
#include "media/address.h"
#include "media/dtls.h"

typedef void tl_peer_send(void *context, const struct tl_address *to, struct tl_bytes datagram);

struct tl_peer_config {
    struct tl_dtls_identity *identity; /* not owned */
    uint8_t number;                    /* who we are to eye and ear: 0 to 15 */
    uint8_t grain;                     /* of the camera, see tl_pattern_grain */
    unsigned width, height, fps, kbps; /* of the camera */
    unsigned audio_slots, video_slots;
    enum tl_way way;
    uint16_t web_port;      /* see tl_seat_offer */
    tl_time_us wall_offset; /* wall clock minus monotonic clock */
    tl_peer_send *send;
    void *context;
};

enum tl_peer_state {
    TL_PEER_NEW,
    TL_PEER_CONNECTING,
    TL_PEER_CONNECTED,
    TL_PEER_RECONNECTING,
    TL_PEER_FAILED
};

struct tl_peer;
/* NULL when out of memory or an encoder refuses. */
struct tl_peer *tl_peer_new(const struct tl_peer_config *config, tl_time_us now);
struct tl_peer *tl_peer_free(struct tl_peer *peer);
/* The context of config.send, when what it points to has moved. */
void tl_peer_set_context(struct tl_peer *peer, void *context);
/* The offer; ip may be NULL. */
enum tl_error tl_peer_offer(const struct tl_peer *peer, const char *ip, uint16_t port,
                            char *buffer, size_t room, size_t *ret_size);
/* The answer: checks begin. TL_ERROR_STATE when there was one already. */
enum tl_error tl_peer_answer(struct tl_peer *peer, tl_time_us now, struct tl_text sdp);
/* A datagram that came; the buffer is changed (opened in place). */
void tl_peer_input(struct tl_peer *peer, tl_time_us now, const struct tl_address *from,
                   uint8_t *data, size_t size);
/* Does all that is due. */
void tl_peer_tick(struct tl_peer *peer, tl_time_us now);
tl_time_us tl_peer_next_deadline(const struct tl_peer *peer, tl_time_us now);
/* Says goodbye by close_notify. */
void tl_peer_close(struct tl_peer *peer);

enum tl_peer_state tl_peer_state(const struct tl_peer *peer, tl_time_us now);
/* A word while failed, else NULL: "ice", "fingerprint", "profile", "handshake", "closed". */
const char *tl_peer_reason(const struct tl_peer *peer);
void tl_peer_set_sending(struct tl_peer *peer, bool microphone, bool camera);

struct tl_peer_slot {
    bool video;
    unsigned mid;
    uint64_t packets;
    int64_t lost;
    double jitter_ms;
    tl_time_us heard;    /* the last packet, 0: never */
    uint64_t decoded;    /* Opus packets, VP8 frames */
    int identity;        /* who is heard or seen now; -1: nobody, or not to be read */
    double level_dbfs;   /* audio */
    uint64_t moved;      /* video: frames whose number differs from the one before */
    uint64_t unreadable; /* video: decoded, but no pattern */
    unsigned width, height;
};
enum { TL_SEAT_SILENCE_DBFS = -96 };
size_t tl_peer_slot_count(const struct tl_peer *peer);
void tl_peer_slot(const struct tl_peer *peer, size_t index, struct tl_peer_slot *ret_slot);

struct tl_peer_statistics {
    tl_time_us rtt; /* 0: not known yet */
    uint64_t packets_out, bytes_out, packets_in, bytes_in;
    int64_t lost_in;
    double loss_in, loss_out; /* 0 to 1, of all packets so far, of the last report */
    uint64_t nacks_out, nacks_in, retransmitted_out, retransmitted_in, plis_out, plis_in;
    uint64_t feedback_in, bad_in; /* bad: what could not be opened or read */
    uint16_t srtp_profile;
};
void tl_peer_statistics(const struct tl_peer *peer, struct tl_peer_statistics *ret_statistics);

/* ---- what the way carries ---- */

/* Packets by their transport-wide numbers: what arrived, and the newest that did. Between two looks,
 * 1 - arrived / newest is the loss. */
struct tl_peer_transport {
    int64_t newest;
    uint64_t arrived;
};
void tl_peer_transport(const struct tl_peer *peer, struct tl_peer_transport *ret_up,
                       struct tl_peer_transport *ret_down);

enum { TL_PEER_PROBE_KBPS_LIMIT = 10000, TL_PEER_PROBE_MS_LIMIT = 2000 };
struct tl_peer_measure {
    double kbps, received_kbps; /* sent, headers of UDP with it, and what of it arrived */
    double loss, delay_ms;      /* how much later the last came than the first, beyond pace */
};
/* Sends at this rate for so long, media with it. TL_ERROR_STATE: not connected, or one runs;
 * TL_ERROR_RANGE. */
enum tl_error tl_peer_probe(struct tl_peer *peer, tl_time_us now, unsigned kbps, unsigned ms);
/* False while it runs. */
bool tl_peer_probed(const struct tl_peer *peer, struct tl_peer_measure *ret_measure);

#endif
