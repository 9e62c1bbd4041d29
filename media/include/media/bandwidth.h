/* How much the path to one receiver carries, estimated on the sending side from the receiver's
 * transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), after the ideas of
 * draft-ietf-rmcat-gcc-02: growing delay says that the sum is too much, before anything is lost.
 *
 *     feedback ─▶ delay (trend of queueing, standing queue) ─▶ over? ─┐
 *        ├─────▶ throughput (what arrived, was it squeezed)           ├─▶ estimate ─▶ target
 *        ├─────▶ loss (too much, unless it comes with the line) ──────┤
 *        └─────▶ clusters (short bursts above the estimate) ──────────┘
 *
 * A relay sends what fits of what there is, so that its streams rarely fill the path: the estimate
 * never falls for that, and rises by clusters that the owner sends when there is more to show.
 *
 * Times are microseconds: sent on the owner's clock, arrived on the receiver's (only differences
 * count). Rates are kbit/s of whole datagrams. No allocation; nothing fails. */
#ifndef TL_MEDIA_BANDWIDTH_H
#define TL_MEDIA_BANDWIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum {
    TL_BANDWIDTH_START_KBPS = 600,
    TL_BANDWIDTH_LEAST_KBPS = 30,
    TL_BANDWIDTH_MOST_KBPS = 20000,
    TL_BANDWIDTH_TREND_WINDOW = 20,
    TL_BANDWIDTH_THROUGHPUT_PACKETS = 512,
    TL_BANDWIDTH_BASES = 3
};

/* One packet as the feedback tells it. */
struct tl_bandwidth_packet {
    tl_time_us sent;
    tl_time_us arrived; /* when received; within 2^60 of zero */
    uint16_t size;      /* bytes */
    uint8_t cluster;    /* number of the probing cluster it was sent in; 0: none */
    bool received;
    bool first_word; /* the first feedback that speaks of it: a loss may be taken back later */
};

/* ---- delay.c: is the queue on the way growing? ---- */

enum tl_delay_signal { TL_DELAY_NORMAL, TL_DELAY_OVER, TL_DELAY_UNDER };

struct tl_delay_group { /* packets sent within 5 ms: a burst says nothing about the path */
    tl_time_us first_sent, last_sent, last_arrived;
};

struct tl_delay {
    bool has_group, has_previous;
    struct tl_delay_group group, previous;
    double accumulated_ms, smoothed_ms;
    struct {
        double at_ms, delay_ms;
    } window[TL_BANDWIDTH_TREND_WINDOW];
    unsigned deltas; /* seen since the start */
    tl_time_us first_arrival;
    double threshold_ms;
    tl_time_us judged_at;
    double over_ms; /* how long the trend has been above the threshold */
    double prior_trend;
    enum tl_delay_signal signal;
    /* queueing: one-way delay above the least of the last 20 to 30 s */
    tl_time_us bases[TL_BANDWIDTH_BASES];
    tl_time_us base_started;
    double queue_ms; /* smoothed */
    bool has_base;
};

void tl_delay_init(struct tl_delay *delay);
/* trend: false for packets of a cluster, whose queue is our own doing. */
void tl_delay_add(struct tl_delay *delay, tl_time_us sent, tl_time_us arrived, bool trend);
/* The path became longer, which is no queue: the present delay is the new base. */
void tl_delay_rebase(struct tl_delay *delay);

/* ---- throughput.c: what arrived over the last half second ---- */

struct tl_throughput {
    /* eight bytes each, for there are many: times are the low bits of units of 16 us, of which
     * only differences count */
    struct {
        uint64_t sent : 24, arrived : 24, size : 16;
    } packets[TL_BANDWIDTH_THROUGHPUT_PACKETS];
    unsigned newest, count;
    tl_time_us newest_arrived;
};

struct tl_throughput_view {
    uint32_t kbps; /* arrived; 0: not known */
    bool squeezed; /* took clearly longer to arrive than to be sent: the path was full */
};

void tl_throughput_add(struct tl_throughput *throughput, tl_time_us sent, tl_time_us arrived,
                       uint16_t size);
struct tl_throughput_view tl_throughput_view(const struct tl_throughput *throughput);

/* ---- cluster.c: short bursts above the estimate ---- */

struct tl_cluster {
    uint8_t number; /* 0: none yet */
    bool running;   /* being sent */
    bool judged;
    uint32_t kbps;
    tl_time_us started, lasts;
    uint32_t sent_packets;
    uint64_t sent_bytes;
    uint32_t received_packets;
    uint64_t received_bytes;
    uint16_t first_arrived_size, last_sent_size;
    tl_time_us first_sent, last_sent, first_arrived, last_arrived;
};

/* ---- loss.c ---- */

struct tl_loss {
    uint32_t expected, lost; /* in the window that fills */
    tl_time_us window_started;
    double fraction;    /* of the last whole window */
    double inherent;    /* what comes with the line whatever the rate */
    double before_cut;  /* the fraction that made us cut last */
    unsigned vain_cuts; /* cuts that did not help */
    uint32_t cut_kbps,
        before_kbps; /* what arrived at the last cut, and at the first vain one */
    tl_time_us cut_at;
};

/* What the last whole window asks for: a factor on the rate, 1 when nothing. */
double tl_loss_judge(struct tl_loss *loss, tl_time_us now, tl_time_us rtt,
                     uint32_t arrived_kbps);
void tl_loss_add(struct tl_loss *loss, const struct tl_bandwidth_packet *packet);
/* No more than the line itself loses: the rate may grow. */
bool tl_loss_allows_growth(const struct tl_loss *loss);

/* ---- estimator.c ---- */

struct tl_bandwidth {
    struct tl_delay delay;
    struct tl_throughput throughput;
    struct tl_loss loss;
    struct tl_cluster cluster;
    double kbps;
    double capacity_kbps; /* where it was too much lately; 0: not known */
    tl_time_us cut_at, grown_at, cluster_next, heard, capacity_at;
    tl_time_us standing_since; /* 0: no standing queue */
    unsigned standing_cuts;
    double standing_before_ms;
    uint8_t clusters;
    tl_time_us room_next; /* when to ask again for more than is wanted */
    bool leaping;         /* the last cluster showed room: the next dares more */
    bool has_feedback, has_remb;
    uint32_t sent_unheard; /* packets since the last feedback */
    tl_time_us starved_at;
};

void tl_bandwidth_init(struct tl_bandwidth *bandwidth, tl_time_us now);
/* Every packet with a transport-wide number, as it leaves; gives the cluster it belongs to. */
uint8_t tl_bandwidth_sent(struct tl_bandwidth *bandwidth, tl_time_us now, uint16_t size);
/* What leaves right behind that packet without a number: counts as part of it, and so it must when
 * its feedback comes. */
void tl_bandwidth_sent_behind(struct tl_bandwidth *bandwidth, uint16_t size);
/* The packets of one feedback in order of sequence number, then its end. rtt 0: not known. */
void tl_bandwidth_packet(struct tl_bandwidth *bandwidth,
                         const struct tl_bandwidth_packet *packet);
void tl_bandwidth_feedback(struct tl_bandwidth *bandwidth, tl_time_us now, tl_time_us rtt);
/* REMB (draft-alvestrand-rmcat-remb-03) of a receiver that gives no transport-wide feedback. */
void tl_bandwidth_remb(struct tl_bandwidth *bandwidth, tl_time_us now, uint64_t bits_per_s);
/* Silence: a receiver whose feedback stays away gets less and less. Call every 100 ms or so. */
void tl_bandwidth_tick(struct tl_bandwidth *bandwidth, tl_time_us now);

/* The receiver has said anything at all. */
bool tl_bandwidth_is_known(const struct tl_bandwidth *bandwidth);
/* What the path carries. */
uint32_t tl_bandwidth_kbps(const struct tl_bandwidth *bandwidth);
/* What to send now: less than it carries while a queue is to drain. */
uint32_t tl_bandwidth_target_kbps(const struct tl_bandwidth *bandwidth);
double tl_bandwidth_queue_ms(const struct tl_bandwidth *bandwidth);

/* Begins a cluster when one is worth sending: there is more to show than the estimate carries. */
bool tl_bandwidth_cluster_begin(struct tl_bandwidth *bandwidth, tl_time_us now,
                                uint32_t wanted_kbps);
/* Bytes to send now, beside what flows anyway, to keep the cluster's pace; 0 when none runs. Ends
 * the cluster when its time is over. */
size_t tl_bandwidth_cluster_due(struct tl_bandwidth *bandwidth, tl_time_us now);

#endif
