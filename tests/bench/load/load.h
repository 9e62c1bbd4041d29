/* The load generator's parts: many participants who speak real ICE, DTLS and SRTP to one relay and
 * replay recorded packet times. One thread, one socket a participant. */
#ifndef TL_BENCH_LOAD_H
#define TL_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "client/ice.h"
#include "media/dtls.h"
#include "media/feedback.h"
#include "media/rtp.h"
#include "media/srtp.h"

enum {
    OPUS_TYPE = 111,
    VP8_TYPE = 96,
    SENT_LOG = 2048, /* packets of a stream whose sending time is remembered */
    INCOMING_LIMIT = 32,
    PACKET_ROOM = 1600,
    TRANSPORT_CC_ID = 3,
    OPENED_EVERY = 64, /* of received packets one is opened and its numbers are checked */
    DELAY_BUCKETS = 4096
};

/* Times and sizes of one recorded stream, replayed for ever. */
struct trace {
    struct trace_packet {
        tl_time_us at;
        uint16_t size; /* of the RTP payload */
        bool marker;
    } * packets;
    size_t count;
    tl_time_us length;
};

struct participant;

struct stream {
    struct participant *owner;
    const struct trace *trace;
    bool video;
    uint32_t ssrc;
    uint64_t number; /* packets made; the low bits are the sequence number */
    uint32_t frame;
    bool key_wanted;
    size_t place;       /* in the trace */
    tl_time_us started; /* of this round of the trace */
    tl_time_us due;
    size_t size; /* of the packet sealed beforehand; 0: none yet */
    uint32_t sent_packets, sent_bytes;
    uint32_t sent_timestamp; /* of the latest packet, and when it left */
    tl_time_us sent_at;
    uint8_t packet[PACKET_ROOM];
    tl_time_us sent[SENT_LOG]; /* by packet number */
};

/* What a participant receives under one SSRC. */
struct incoming {
    uint32_t ssrc;
    struct stream *from; /* known once a packet was opened */
    int64_t offset;      /* their sequence minus the source's */
    unsigned since_opened;
    tl_time_us heard;
    struct tl_receive_stats stats;
    uint32_t sr_middle; /* of the last sender report, and when it came */
    tl_time_us sr_arrived;
};

struct participant {
    unsigned index, room;
    int fd;
    uint16_t port;
    bool sends, connected;
    struct tl_ice_client ice;
    struct tl_address remote;
    struct tl_dtls *dtls;
    tl_time_us dtls_due;
    struct tl_srtp *srtp;
    struct stream audio, video;
    struct incoming incoming[INCOMING_LIMIT];
    size_t incoming_count;
    uint16_t transport_number; /* of the next packet, transport-wide */
    struct tl_arrivals arrivals;
    tl_time_us report_at, feedback_at;
};

struct measure {
    bool on;
    tl_time_us began, ended;
    uint64_t sent, received, unopened;
    uint64_t delays[DELAY_BUCKETS]; /* see delay_bucket */
    uint64_t late[DELAY_BUCKETS];   /* of our own sending */
};

struct load {
    struct participant *participants;
    unsigned count, group, senders;
    bool split;   /* two connections a person, as Janus wants them: one sends, one receives */
    bool answers; /* receiver reports and transport-wide feedback, as a browser sends them */
    enum tl_dtls_role role;
    uint16_t base_port;
    struct tl_dtls_identity *identity;
    struct trace audio, video;
    tl_time_us wall_offset; /* of the wall clock, in which the kernel tells arrivals */
    unsigned rooms;         /* that send */
    struct stream **heap;   /* the stream that is due next on top */
    size_t heap_count;
    struct stream **unsealed; /* whose next packet may not be made yet */
    size_t unsealed_count;
    int epoll;
    tl_time_us read_at;
    unsigned wanted, connected; /* participants that were given a remote; that have keys */
    unsigned profiles;          /* agreed on, a bit each */
    struct measure measure;
};

/* trace.c: lines "offset_us size marker"; slow times as slowly. */
bool trace_read(const char *path, unsigned slow, struct trace *ret_trace);

/* participant.c */
bool participant_open(struct load *load, unsigned index);
bool participant_remote(struct load *load, struct participant *participant, const char *ufrag,
                        const char *password, const char *fingerprint,
                        const struct tl_address *to);
bool participant_known_keys(struct load *load, struct participant *participant,
                            const struct tl_address *to);
void participant_tick(struct load *load, struct participant *participant, tl_time_us now);
void participant_read(struct load *load, struct participant *participant);

/* stream.c */
void stream_seal(struct stream *stream);
void stream_send(struct load *load, struct stream *stream, tl_time_us now);
void stream_start(struct load *load, struct stream *stream, tl_time_us now, tl_time_us into);
void heap_add(struct load *load, struct stream *stream);
void heap_fix(struct load *load);
/* A media packet that came: counted, and its delay noted. */
void stream_receive(struct load *load, struct participant *participant, tl_time_us now,
                    uint8_t *data, size_t size);

/* feedback.c: what a browser tells the one who sends to it. */
void feedback_init(struct participant *participant);
void feedback_note(struct participant *participant, struct incoming *incoming,
                   const struct tl_rtp_packet *packet, tl_time_us now);
void feedback_receive(struct participant *participant, tl_time_us now, uint8_t *data,
                      size_t size);
void feedback_tick(struct participant *participant, tl_time_us now);

/* measure.c */
void delay_note(uint64_t buckets[DELAY_BUCKETS], tl_time_us delay);
double delay_quantile(const uint64_t buckets[DELAY_BUCKETS], double quantile);
/* Nanoseconds that all threads of a process spent on a processor. */
uint64_t cpu_of(int pid);

#endif
