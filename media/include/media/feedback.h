/* What a receiver of RTP owes its sender, and what it can say about the stream: loss and jitter
 * (RFC 3550 appendix A), what to ask again (NACK), and when each packet of the transport came
 * (transport-wide congestion control). Cores: bytes and time in, bytes out. */
#ifndef TL_MEDIA_FEEDBACK_H
#define TL_MEDIA_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "media/rtcp.h"

/* ---- one incoming stream ---- */

struct tl_receive_stats {
    bool started;
    uint16_t highest; /* sequence */
    uint32_t cycles;  /* roll-overs, shifted by 16 */
    uint32_t base;    /* extended, of the first packet */
    uint64_t received, bytes;
    uint32_t expected_prior;
    uint64_t received_prior;
    uint32_t jitter_q4; /* RFC 3550 appendix A.8: scaled by 16, in timestamp units */
    int64_t transit;
    bool has_transit;
    uint32_t last_timestamp;
};

/* repaired: came again by RTX, so that it counts as received but says nothing about jitter. */
void tl_receive_stats_add(struct tl_receive_stats *stats, tl_time_us now, uint16_t sequence,
                          uint32_t timestamp, uint32_t clock_rate, size_t bytes, bool repaired);
/* Highest extended sequence number. */
uint32_t tl_receive_stats_highest(const struct tl_receive_stats *stats);
/* Packets that should have come and did not; negative with duplicates (RFC 3550 section 6.4.1). */
int64_t tl_receive_stats_lost(const struct tl_receive_stats *stats);
double tl_receive_stats_jitter_ms(const struct tl_receive_stats *stats, uint32_t clock_rate);
/* Fills ssrc, fraction, lost, highest and jitter, and begins a new interval. */
void tl_receive_stats_report(struct tl_receive_stats *stats, uint32_t ssrc,
                             struct tl_rtcp_report *ret_report);

/* ---- asking again ---- */

enum {
    TL_NACK_LIST_LIMIT = 128, /* holes remembered; the oldest go first */
    TL_NACK_ATTEMPTS_LIMIT = 10,
    TL_NACK_GAP_LIMIT = 512 /* a larger jump is a new beginning, not loss */
};

struct tl_nack_list {
    bool started;
    uint16_t highest;
    size_t count;
    struct {
        uint32_t asked; /* the low bits: it is asked for again within seconds, or gone */
        uint16_t sequence;
        uint8_t attempts;
    } holes[TL_NACK_LIST_LIMIT];
};

/* A packet came. True when it filled a hole. */
bool tl_nack_list_add(struct tl_nack_list *list, uint16_t sequence);
/* A key frame came: nothing before it is needed. */
void tl_nack_list_forget_before(struct tl_nack_list *list, uint16_t sequence);
/* Sequences to ask for now, in order, each once per RTT and ten times at most. */
size_t tl_nack_list_due(struct tl_nack_list *list, tl_time_us now, tl_time_us rtt,
                        uint16_t *ret_sequences, size_t limit);

/* ---- transport-wide ---- */

enum { TL_ARRIVALS_LIMIT = 1024 }; /* the newest and what is behind it */

/* Arrival times by transport sequence number. Every packet of the transport is noted, repeats and
 * padding too: a sender that sees holes for its padding never leaves its start rate. */
struct tl_arrivals {
    bool started;
    uint16_t next; /* the first not reported yet */
    uint16_t highest;
    uint8_t feedback_count;
    bool pending;
    tl_time_us newest;              /* of all arrivals */
    uint32_t at[TL_ARRIVALS_LIMIT]; /* low bits of the time, good for an hour; 0: not here */
};

void tl_arrivals_init(struct tl_arrivals *arrivals);
void tl_arrivals_add(struct tl_arrivals *arrivals, tl_time_us now, uint16_t sequence);
/* Writes one feedback packet for what is pending; false when there is nothing (or no room). More
 * may be pending afterwards. media_ssrc must not be 0: Chromium ignores such feedback. */
bool tl_arrivals_write(struct tl_arrivals *arrivals, struct tl_writer *writer,
                       uint32_t sender_ssrc, uint32_t media_ssrc);

#endif
