/* Sound before pictures: every voice once, in order of rank, then twice where there is room. Sound
 * that overfills a line is worse than a voice less: it stands in the queue with all the others. */
#include "media/simulcast.h"

enum {
    SHARE_PERCENT = 50,      /* of the line, for voices that go twice in case of loss */
    SHARE_LOSSY_PERCENT = 80 /* the same, where loss is known */
};

/* Their order by rank; equals keep their places. By insertion, for twenty at most. */
static void sort_by_rank(const struct tl_allocation_voice *voices, size_t count,
                         uint8_t ret_order[TL_ALLOCATION_VOICES_LIMIT])
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && voices[ret_order[at - 1]].rank > voices[i].rank; at--)
            ret_order[at] = ret_order[at - 1];
        ret_order[at] = (uint8_t)i;
    }
}

/* What flows stays as long as it fits; what does not needs a tenth more room to begin. */
static bool fits(uint32_t used, uint32_t kbps, bool flows, uint32_t room_kbps)
{
    return used + (flows ? kbps : kbps + kbps / 10) <= room_kbps;
}

static uint32_t share_of(uint32_t kbps, bool lossy)
{
    return (uint32_t)((uint64_t)kbps * (lossy ? SHARE_LOSSY_PERCENT : SHARE_PERCENT) / 100);
}

uint32_t tl_allocate_voices(struct tl_allocation_voice *voices, size_t count,
                            uint32_t budget_kbps, bool lossy)
{
    uint8_t order[TL_ALLOCATION_VOICES_LIMIT];
    uint32_t used = 0;
    sort_by_rank(voices, count, order);
    for (size_t i = 0; i < count; i++) {
        struct tl_allocation_voice *voice = &voices[order[i]];
        voice->passes = i == 0 || fits(used, voice->plain_kbps, voice->passes, budget_kbps);
        used += voice->passes ? voice->plain_kbps : 0;
    }
    uint32_t room = share_of(budget_kbps, lossy);
    for (size_t i = 0; i < count; i++) {
        struct tl_allocation_voice *voice = &voices[order[i]];
        voice->doubled = voice->passes && fits(used, voice->spare_kbps, voice->doubled, room);
        used += voice->doubled ? voice->spare_kbps : 0;
    }
    return used;
}

uint32_t tl_allocation_voices_wanted(const struct tl_allocation_voice *voices, size_t count,
                                     bool lossy)
{
    uint32_t plain = 0, spare = 0;
    for (size_t i = 0; i < count; i++) {
        plain += voices[i].plain_kbps;
        spare += voices[i].spare_kbps;
    }
    if (spare == 0)
        return plain * 11 / 10;
    return (plain + spare) * 110 / share_of(100, lossy);
}
