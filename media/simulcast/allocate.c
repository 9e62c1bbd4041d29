/* Everybody's smallest picture first, in order of rank; then each in turn as good as it is of use.
 * Going up needs a tenth more room than the step costs, so that an estimate that trembles does not
 * make pictures jump. */
#include "media/simulcast.h"

static uint32_t needs(const struct tl_allocation_picture *picture, size_t step)
{
    uint32_t kbps = picture->steps[step].kbps;
    if (picture->count == 1)
        return kbps / 2;
    return (int)step > picture->current ? kbps + kbps / 10 : kbps;
}

/* The picture of the lowest rank above (rank, index): a selection walk, for twenty at most. */
static size_t next_in_rank(const struct tl_allocation_picture *pictures, size_t count,
                           size_t before)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        bool after = before == count || pictures[i].rank > pictures[before].rank ||
                     (pictures[i].rank == pictures[before].rank && i > before);
        if (after && (best == count || pictures[i].rank < pictures[best].rank))
            best = i;
    }
    return best;
}

uint32_t tl_allocate(struct tl_allocation_picture *pictures, size_t count, uint32_t budget_kbps)
{
    uint32_t used = 0;
    for (size_t i = next_in_rank(pictures, count, count); i < count;
         i = next_in_rank(pictures, count, i)) {
        struct tl_allocation_picture *picture = &pictures[i];
        picture->ret_step = -1;
        if (picture->count == 0 || used + needs(picture, 0) > budget_kbps)
            continue;
        picture->ret_step = 0;
        used += picture->count == 1 ? needs(picture, 0) : picture->steps[0].kbps;
    }
    for (size_t i = next_in_rank(pictures, count, count); i < count;
         i = next_in_rank(pictures, count, i)) {
        struct tl_allocation_picture *picture = &pictures[i];
        if (picture->ret_step < 0)
            continue;
        used -= picture->count == 1 ? needs(picture, 0) : picture->steps[0].kbps;
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
