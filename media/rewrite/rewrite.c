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
    rewrite->run_count = 0;
    rewrite->switching = false;
}

static unsigned run_at(const struct tl_rewrite *rewrite, unsigned back)
{
    return (rewrite->run_newest + TL_REWRITE_RUNS - back) % TL_REWRITE_RUNS;
}

bool tl_rewrite_repeat(const struct tl_rewrite *rewrite, const struct tl_rewrite_numbers *in,
                       struct tl_rewrite_numbers *ret_out)
{
    uint16_t packets = 0, pictures = 0;
    unsigned i = 0;
    for (; i < rewrite->run_count; i++) {
        unsigned run = run_at(rewrite, i);
        if (tl_sequence_newer(in->sequence, rewrite->runs[run].last))
            break;
        if (!tl_sequence_newer(rewrite->runs[run].first, in->sequence))
            return false;
        packets += (uint16_t)(rewrite->runs[run].last - rewrite->runs[run].first + 1);
        pictures += rewrite->runs[run].pictures;
    }
    if (i == TL_REWRITE_RUNS)
        return false;
    *ret_out = (struct tl_rewrite_numbers){
        .sequence = (uint16_t)(in->sequence + rewrite->sequence_offset + packets),
        .timestamp = in->timestamp + rewrite->timestamp_offset,
        .picture_id = (uint16_t)(in->picture_id + rewrite->picture_id_offset + pictures) &
                      PICTURE_ID_MASK,
        .tl0 = (uint8_t)(in->tl0 + rewrite->tl0_offset),
    };
    return true;
}

/* Keeps "first" within half the sequence space of "newest" in a long segment. */
static void note_newest(struct tl_rewrite *rewrite, uint16_t sequence)
{
    rewrite->newest_in = sequence;
    if ((uint16_t)(sequence - rewrite->first_in) > 2 * TL_REWRITE_GAP_LIMIT)
        rewrite->first_in = (uint16_t)(sequence - TL_REWRITE_GAP_LIMIT);
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
    if (!tl_rewrite_repeat(rewrite, in, ret_out))
        return false;
    if (newer) {
        note_newest(rewrite, in->sequence);
        rewrite->newest_out = *ret_out;
        rewrite->newest_at = now;
        rewrite->started = true;
    }
    return true;
}

void tl_rewrite_skip(struct tl_rewrite *rewrite, const struct tl_rewrite_numbers *in)
{
    if (!rewrite->runs || rewrite->switching ||
        !tl_sequence_newer(in->sequence, rewrite->newest_in) ||
        (uint16_t)(in->sequence - rewrite->newest_in) > TL_REWRITE_GAP_LIMIT)
        return;
    unsigned run = rewrite->run_newest;
    bool goes_on = rewrite->run_count && rewrite->runs[run].last == rewrite->newest_in &&
                   (uint16_t)(in->sequence - rewrite->newest_in) == 1 &&
                   rewrite->runs[run].pictures < UINT8_MAX;
    if (!goes_on) {
        run = (run + 1) % TL_REWRITE_RUNS;
        bool same_picture = rewrite->run_count &&
                            rewrite->runs[rewrite->run_newest].picture_id == in->picture_id;
        rewrite->runs[run].first = in->sequence;
        rewrite->runs[run].picture_id = in->picture_id;
        rewrite->runs[run].pictures = same_picture ? 0 : 1;
        rewrite->picture_id_offset =
            (uint16_t)(rewrite->picture_id_offset - rewrite->runs[run].pictures);
        rewrite->run_newest = run;
        if (rewrite->run_count < TL_REWRITE_RUNS)
            rewrite->run_count++;
    } else if (rewrite->runs[run].picture_id != in->picture_id) {
        rewrite->runs[run].picture_id = in->picture_id;
        rewrite->runs[run].pictures++;
        rewrite->picture_id_offset--;
    }
    rewrite->runs[run].last = in->sequence;
    rewrite->sequence_offset--;
    note_newest(rewrite, in->sequence);
}

bool tl_rewrite_trace(const struct tl_rewrite *rewrite, uint16_t out_sequence,
                      uint16_t *ret_in_sequence)
{
    uint16_t in = (uint16_t)(out_sequence - rewrite->sequence_offset);
    if (!rewrite->started || rewrite->switching || tl_sequence_newer(in, rewrite->newest_in))
        return false;
    unsigned i = 0;
    for (; i < rewrite->run_count; i++) {
        unsigned run = run_at(rewrite, i);
        if (tl_sequence_newer(in, rewrite->runs[run].last))
            break;
        in -= (uint16_t)(rewrite->runs[run].last - rewrite->runs[run].first + 1);
    }
    if (i == TL_REWRITE_RUNS || tl_sequence_newer(rewrite->first_in, in))
        return false;
    *ret_in_sequence = in;
    return true;
}
