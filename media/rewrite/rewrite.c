#include "media/rewrite.h"

#include "media/rtp.h"

enum { PICTURE_ID_MASK = 0x7fff };

void tl_rewrite_init(struct tl_rewrite *rewrite, uint32_t clock_rate, uint16_t first_sequence,
                     uint32_t first_timestamp)
{
    *rewrite = (struct tl_rewrite){
        .switching = true,
        .clock_rate = clock_rate,
        /* "newest" is one before the first that will be sent */
        .newest_out = { .sequence = (uint16_t)((first_sequence & 0x7fff) - 1),
                        .timestamp = first_timestamp },
    };
}

void tl_rewrite_switch(struct tl_rewrite *rewrite)
{
    rewrite->switching = true;
}

/* The stream's clock went on while nothing was sent: at least one frame, so that no two frames
 * share a timestamp. */
static uint32_t clock_ahead(const struct tl_rewrite *rewrite, tl_time_us now)
{
    int64_t passed = (now - rewrite->newest_at) * rewrite->clock_rate / TL_SECOND_US;
    int64_t least = rewrite->clock_rate / 100;
    int64_t most = (int64_t)rewrite->clock_rate * 3600;
    return (uint32_t)(passed < least ? least : passed > most ? most : passed);
}

static void begin_segment(struct tl_rewrite *rewrite, tl_time_us now,
                          const struct tl_rewrite_numbers *in)
{
    const struct tl_rewrite_numbers *last = &rewrite->newest_out;
    uint32_t timestamp = last->timestamp + (rewrite->started ? clock_ahead(rewrite, now) : 0);
    rewrite->sequence_offset = (uint16_t)(last->sequence + 1 - in->sequence);
    rewrite->timestamp_offset = timestamp - in->timestamp;
    rewrite->picture_id_offset =
        (uint16_t)((last->picture_id + 1 - in->picture_id) & PICTURE_ID_MASK);
    rewrite->tl0_offset = (uint8_t)(last->tl0 + 1 - in->tl0);
    rewrite->first_in = in->sequence;
    rewrite->newest_in = in->sequence;
    rewrite->switching = false;
}

void tl_rewrite_repeat(const struct tl_rewrite *rewrite, const struct tl_rewrite_numbers *in,
                       struct tl_rewrite_numbers *ret_out)
{
    *ret_out = (struct tl_rewrite_numbers){
        .sequence = (uint16_t)(in->sequence + rewrite->sequence_offset),
        .timestamp = in->timestamp + rewrite->timestamp_offset,
        .picture_id = (uint16_t)(in->picture_id + rewrite->picture_id_offset) & PICTURE_ID_MASK,
        .tl0 = (uint8_t)(in->tl0 + rewrite->tl0_offset),
    };
}

bool tl_rewrite_apply(struct tl_rewrite *rewrite, tl_time_us now,
                      const struct tl_rewrite_numbers *in, struct tl_rewrite_numbers *ret_out)
{
    bool newer = tl_sequence_newer(in->sequence, rewrite->newest_in);
    uint16_t distance = newer ? (uint16_t)(in->sequence - rewrite->newest_in)
                              : (uint16_t)(rewrite->newest_in - in->sequence);
    if (rewrite->switching || distance > TL_REWRITE_GAP_LIMIT) {
        begin_segment(rewrite, now, in);
        newer = true;
    } else if (!newer && tl_sequence_newer(rewrite->first_in, in->sequence)) {
        return false;
    }
    tl_rewrite_repeat(rewrite, in, ret_out);
    if (newer) {
        rewrite->newest_in = in->sequence;
        rewrite->newest_out = *ret_out;
        rewrite->newest_at = now;
        rewrite->started = true;
        /* keeps "first" within half the sequence space of "newest" in a long segment */
        if ((uint16_t)(in->sequence - rewrite->first_in) > 2 * TL_REWRITE_GAP_LIMIT)
            rewrite->first_in = (uint16_t)(in->sequence - TL_REWRITE_GAP_LIMIT);
    }
    return true;
}

bool tl_rewrite_trace(const struct tl_rewrite *rewrite, uint16_t out_sequence,
                      uint16_t *ret_in_sequence)
{
    uint16_t in = (uint16_t)(out_sequence - rewrite->sequence_offset);
    if (!rewrite->started || rewrite->switching || tl_sequence_newer(rewrite->first_in, in) ||
        tl_sequence_newer(in, rewrite->newest_in))
        return false;
    *ret_in_sequence = in;
    return true;
}
