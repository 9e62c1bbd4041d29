#include "media/feedback.h"
#include "media/rtp.h"

static void drop_first(struct tl_nack_list *list, size_t count)
{
    list->count -= count;
    memmove(list->holes, list->holes + count, list->count * sizeof list->holes[0]);
}

static bool fill(struct tl_nack_list *list, uint16_t sequence)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->holes[i].sequence == sequence) {
            list->count--;
            memmove(list->holes + i, list->holes + i + 1,
                    (list->count - i) * sizeof list->holes[0]);
            return true;
        }
    return false;
}

bool tl_nack_list_add(struct tl_nack_list *list, uint16_t sequence)
{
    if (!list->started) {
        list->started = true;
        list->highest = sequence;
        return false;
    }
    if (!tl_sequence_newer(sequence, list->highest)) {
        if ((uint16_t)(list->highest - sequence) <= TL_NACK_GAP_LIMIT)
            return fill(list, sequence);
        list->count = 0; /* far behind: the stream began again */
        list->highest = sequence;
        return false;
    }
    uint16_t gap = (uint16_t)(sequence - list->highest - 1);
    if (gap > TL_NACK_GAP_LIMIT)
        list->count = 0;
    else
        for (uint16_t i = 0; i < gap; i++) {
            if (list->count == TL_NACK_LIST_LIMIT)
                drop_first(list, 1);
            list->holes[list->count].sequence = (uint16_t)(list->highest + 1 + i);
            list->holes[list->count].attempts = 0;
            list->holes[list->count].asked = 0;
            list->count++;
        }
    list->highest = sequence;
    return false;
}

void tl_nack_list_forget_before(struct tl_nack_list *list, uint16_t sequence)
{
    size_t old = 0;
    while (old < list->count && tl_sequence_newer(sequence, list->holes[old].sequence))
        old++;
    drop_first(list, old);
}

static bool asked_long_ago(const struct tl_nack_list *list, size_t hole, tl_time_us now,
                           tl_time_us rtt)
{
    return (tl_time_us)((uint32_t)now - list->holes[hole].asked) >= rtt;
}

size_t tl_nack_list_due(struct tl_nack_list *list, tl_time_us now, tl_time_us rtt,
                        uint16_t *ret_sequences, size_t limit)
{
    size_t due = 0, kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->holes[i].attempts == TL_NACK_ATTEMPTS_LIMIT &&
            asked_long_ago(list, i, now, rtt))
            continue; /* asked often enough: it is lost */
        if (due < limit && list->holes[i].attempts < TL_NACK_ATTEMPTS_LIMIT &&
            (list->holes[i].attempts == 0 || asked_long_ago(list, i, now, rtt))) {
            ret_sequences[due++] = list->holes[i].sequence;
            list->holes[i].attempts++;
            list->holes[i].asked = (uint32_t)now;
        }
        list->holes[kept++] = list->holes[i];
    }
    list->count = kept;
    return due;
}
