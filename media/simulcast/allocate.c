/* Everybody's smallest picture first, in order of rank; then each in turn as good as it is of use.
 * Going up needs a tenth more room than the step costs, so that an estimate that trembles does not
 * make pictures jump. The first passes down to half of its cost if it has one step only, for it
 * cannot be made smaller; only the first, or several would overfill the line for as long as they
 * last. */
#include "media/simulcast.h"

static uint32_t needs(const struct tl_allocation_picture *picture, size_t step)
{
    uint32_t kbps = picture->steps[step].kbps;
    return (int)step > picture->current ? kbps + kbps / 10 : kbps;
}

static bool fits_at_all(const struct tl_allocation_picture *picture, uint32_t used,
                        uint32_t budget_kbps)
{
    return used + needs(picture, 0) <= budget_kbps ||
           (used == 0 && picture->count == 1 && picture->steps[0].kbps / 2 <= budget_kbps);
}

/* Their order by rank; equals keep their places. By insertion, for twenty at most. */
static void sort_by_rank(const struct tl_allocation_picture *pictures, size_t count,
                         uint8_t ret_order[TL_ALLOCATION_PICTURES_LIMIT])
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && pictures[ret_order[at - 1]].rank > pictures[i].rank; at--)
            ret_order[at] = ret_order[at - 1];
        ret_order[at] = (uint8_t)i;
    }
}

uint32_t tl_allocate(struct tl_allocation_picture *pictures, size_t count, uint32_t budget_kbps)
{
    uint8_t order[TL_ALLOCATION_PICTURES_LIMIT];
    uint32_t used = 0;
    sort_by_rank(pictures, count, order);
    for (size_t i = 0; i < count; i++) {
        struct tl_allocation_picture *picture = &pictures[order[i]];
        picture->ret_step = -1;
        if (picture->count == 0 || !fits_at_all(picture, used, budget_kbps))
            continue;
        picture->ret_step = 0;
        used += picture->steps[0].kbps;
    }
    for (size_t i = 0; i < count; i++) {
        struct tl_allocation_picture *picture = &pictures[order[i]];
        if (picture->ret_step < 0)
            continue;
        used -= picture->steps[0].kbps;
        for (size_t s = 1; s < picture->count && s <= picture->most; s++)
            if (used + needs(picture, s) <= budget_kbps)
                picture->ret_step = (int)s;
        used += picture->steps[picture->ret_step].kbps;
    }
    return used;
}

uint32_t tl_allocation_wanted(const struct tl_allocation_picture *pictures, size_t count)
{
    uint32_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        if (pictures[i].count)
            wanted += pictures[i].steps[pictures[i].most].kbps * 11 / 10;
    return wanted;
}
