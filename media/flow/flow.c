#include "media/flow.h"

/* Sound comes in units of 10 to 60 ms, pictures from 5 a second on: what is longer is a pause. */
enum { INTERVAL_MOST_MS = 200 };

void tl_flow_forget(struct tl_flow *flow)
{
    *flow = (struct tl_flow){ .known = false };
}

static void learn_interval(struct tl_flow *flow, uint32_t ticks, uint32_t clock_rate)
{
    if (ticks == 0 || ticks > clock_rate / 1000 * INTERVAL_MOST_MS)
        return;
    flow->interval = flow->interval ? (7 * flow->interval + ticks) / 8 : ticks;
}

/* Was at least half of what the time had room for sent and not seen, or did at least half of the
 * time not pass at the sender? */
static bool is_gap(const struct tl_flow *flow, tl_time_us waited, uint16_t missing,
                   uint32_t ticks, uint32_t clock_rate)
{
    tl_time_us interval_us = (tl_time_us)flow->interval * TL_SECOND_US / clock_rate;
    tl_time_us sender_us = (tl_time_us)ticks * TL_SECOND_US / clock_rate;
    return sender_us < waited / 2 || (tl_time_us)missing * interval_us >= waited / 2;
}

tl_time_us tl_flow_add(struct tl_flow *flow, tl_time_us now, uint16_t first, uint16_t last,
                       uint32_t timestamp, uint32_t clock_rate, tl_time_us least)
{
    uint16_t missing = (uint16_t)(first - flow->sequence - 1);
    uint32_t ticks = timestamp - flow->timestamp;
    tl_time_us waited = now - flow->at, gap = 0;
    if (flow->known) {
        if (missing >= 0x8000 || ticks >= 0x80000000)
            return 0; /* older */
        tl_time_us three = 3 * (tl_time_us)flow->interval * TL_SECOND_US / clock_rate;
        if (flow->interval && waited > least && waited > three &&
            is_gap(flow, waited, missing, ticks, clock_rate))
            gap = waited;
        if (missing == 0)
            learn_interval(flow, ticks, clock_rate);
    }
    flow->known = true;
    flow->at = now;
    flow->sequence = last;
    flow->timestamp = timestamp;
    return gap;
}

bool tl_frame_watch_add(struct tl_frame_watch *watch, uint32_t timestamp, uint16_t sequence,
                        bool begins, bool ends, uint16_t *ret_first, uint16_t *ret_last)
{
    unsigned i = 0;
    while (i < TL_FRAMES_WATCHED &&
           !(watch->frames[i].used && watch->frames[i].timestamp == timestamp))
        i++;
    if (i == TL_FRAMES_WATCHED) {
        i = watch->next++ % TL_FRAMES_WATCHED;
        watch->frames[i].used = true;
        watch->frames[i].begins = watch->frames[i].ends = false;
        watch->frames[i].timestamp = timestamp;
        watch->frames[i].packets = 0;
    }
    watch->frames[i].packets++;
    if (begins) {
        watch->frames[i].begins = true;
        watch->frames[i].first = sequence;
    }
    if (ends) {
        watch->frames[i].ends = true;
        watch->frames[i].last = sequence;
    }
    if (!watch->frames[i].begins || !watch->frames[i].ends ||
        watch->frames[i].packets !=
            (uint16_t)(watch->frames[i].last - watch->frames[i].first + 1))
        return false;
    watch->frames[i].used = false;
    *ret_first = watch->frames[i].first;
    *ret_last = watch->frames[i].last;
    return true;
}
