/* Makes one continuous outgoing stream of whatever feeds a slot: sequence numbers, timestamps,
 * VP8 picture ids and TL0PICIDX go on where the last source stopped. A segment is the time one
 * source feeds the slot; within it every number moves by a constant, so that repeats and late
 * packets land where they belong and a NACK can be traced back. Pictures left out on purpose (a
 * temporal layer a receiver does not get) close up behind themselves: the constant changes, and
 * the last changes are remembered. */
#ifndef TL_MEDIA_REWRITE_H
#define TL_MEDIA_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum {
    TL_REWRITE_GAP_LIMIT = 3000, /* a larger jump of a source begins a new segment */
    TL_REWRITE_RUNS = 64 /* of packets left out; what came before them cannot be traced */
};

struct tl_rewrite_numbers {
    uint16_t sequence;
    uint32_t timestamp;
    uint16_t picture_id; /* 15 bits */
    uint8_t tl0;
};

struct tl_rewrite_run {
    uint16_t first, last; /* sequence numbers in, all left out */
    uint16_t picture_id;  /* of the last */
    uint8_t pictures;
};

struct tl_rewrite {
    bool started;   /* something was sent */
    bool switching; /* the next packet begins a segment */
    uint32_t clock_rate;
    struct tl_rewrite_numbers newest_out; /* the highest sent */
    tl_time_us newest_at;
    uint16_t newest_in; /* sequence, within the segment */
    uint16_t first_in;  /* of the segment */
    uint16_t sequence_offset;
    uint32_t timestamp_offset;
    uint16_t picture_id_offset;
    uint8_t tl0_offset;
    unsigned run_newest, run_count;
    /* TL_REWRITE_RUNS of them, set by the owner after init; NULL where nothing is ever left out */
    struct tl_rewrite_run *runs;
};

/* first_sequence is cut below 2^15, so that a receiver which loses the first packets still guesses
 * the roll-over counter right. */
void tl_rewrite_init(struct tl_rewrite *rewrite, uint32_t clock_rate, uint16_t first_sequence,
                     uint32_t first_timestamp);
/* Another source, or the same after a pause. */
void tl_rewrite_switch(struct tl_rewrite *rewrite);
/* False: the packet belongs before this segment and must not be sent. */
bool tl_rewrite_apply(struct tl_rewrite *rewrite, tl_time_us now,
                      const struct tl_rewrite_numbers *in, struct tl_rewrite_numbers *ret_out);
/* The packet is left out: what follows closes up. Only for packets newer than all before; others
 * change nothing. */
void tl_rewrite_skip(struct tl_rewrite *rewrite, const struct tl_rewrite_numbers *in);
/* What was sent as out_sequence: the source's number. False when that was before the segment. */
bool tl_rewrite_trace(const struct tl_rewrite *rewrite, uint16_t out_sequence,
                      uint16_t *ret_in_sequence);
/* The numbers of a packet of the segment again, without noting anything. False: it was left out,
 * or what was left out since then is forgotten. */
bool tl_rewrite_repeat(const struct tl_rewrite *rewrite, const struct tl_rewrite_numbers *in,
                       struct tl_rewrite_numbers *ret_out);

#endif
