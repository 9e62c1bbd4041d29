#include "hub/slots.h"

#include <stddef.h>

static const struct tl_slot empty = { -1, TL_SOURCE_NONE };

/* A list of what is wanted, most wanted first, and where each wants to stand. */
struct wanted {
    struct tl_slot what;
    int place;     /* the n-th slot of its kind; -1: where it was, or the next free one */
    bool from_end; /* the next free one from the end */
};

struct list {
    struct wanted items[TL_SLOTS_SEATS * 2];
    unsigned count;
};

static bool has(const struct tl_slots_question *q, unsigned seat, enum tl_source source,
                bool on)
{
    unsigned bit = 1u << source;
    return seat != q->receiver && (q->seats[seat].sends & bit) &&
           (!on || (q->seats[seat].on & bit));
}

static void want(struct list *list, unsigned limit, unsigned seat, enum tl_source source,
                 int place, bool from_end)
{
    if (list->count < limit && list->count < TL_SLOTS_SEATS * 2)
        list->items[list->count++] =
            (struct wanted){ { (int)seat, (int)source }, place, from_end };
}

static void want_all(const struct tl_slots_question *q, struct list *list, unsigned limit,
                     enum tl_source source, bool on, bool from_end)
{
    for (unsigned seat = 0; seat < TL_SLOTS_SEATS; seat++)
        if (has(q, seat, source, on))
            want(list, limit, seat, source, -1, from_end);
}

static bool is_named(const struct tl_slots_question *q, unsigned seat)
{
    for (unsigned i = 0; i < q->order_count; i++)
        if (q->order[i] == seat)
            return true;
    return false;
}

/* Those named get the places 0, 1, 2 ... among the cameras. */
static void want_cameras(const struct tl_slots_question *q, struct list *list, unsigned limit,
                         bool on)
{
    int place = 0;
    for (unsigned i = 0; i < q->order_count; i++) {
        unsigned seat = q->order[i];
        if (seat >= TL_SLOTS_SEATS || !has(q, seat, TL_SOURCE_CAMERA, false))
            continue;
        bool is_on = has(q, seat, TL_SOURCE_CAMERA, true);
        if (is_on == on)
            want(list, limit, seat, TL_SOURCE_CAMERA, place, false);
        place++;
    }
    for (unsigned seat = 0; seat < TL_SLOTS_SEATS; seat++)
        if (!is_named(q, seat) && has(q, seat, TL_SOURCE_CAMERA, false) &&
            has(q, seat, TL_SOURCE_CAMERA, true) == on)
            want(list, limit, seat, TL_SOURCE_CAMERA, -1, false);
}

static bool same(struct tl_slot a, struct tl_slot b)
{
    return a.seat == b.seat && a.source == b.source;
}

/* Puts the list into the slots of one kind: places asked for, then those who stay, then the rest. */
static void place_list(const struct tl_slots_question *q, const struct list *list, bool audio,
                       struct tl_slot *slots)
{
    unsigned own[TL_SLOTS_LIMIT] = { 0 }, count = 0;
    bool placed[TL_SLOTS_SEATS * 2] = { false };
    for (unsigned i = 0; i < q->count; i++)
        if (q->is_audio[i] == audio)
            own[count++] = i;
    for (unsigned w = 0; w < list->count; w++) {
        int place = list->items[w].place;
        if (place < 0 || (unsigned)place >= count || slots[own[place]].seat >= 0)
            continue;
        slots[own[place]] = list->items[w].what;
        placed[w] = true;
    }
    for (unsigned w = 0; w < list->count; w++)
        for (unsigned i = 0; i < count && !placed[w]; i++)
            if (slots[own[i]].seat < 0 && list->items[w].place < 0 &&
                same(q->before[own[i]], list->items[w].what)) {
                slots[own[i]] = list->items[w].what;
                placed[w] = true;
            }
    for (unsigned w = 0; w < list->count; w++)
        for (unsigned i = 0; i < count && !placed[w]; i++) {
            unsigned at = own[list->items[w].from_end ? count - 1 - i : i];
            if (slots[at].seat < 0) {
                slots[at] = list->items[w].what;
                placed[w] = true;
            }
        }
}

void tl_slots_assign(const struct tl_slots_question *q, struct tl_slot *ret_slots)
{
    unsigned audio = 0;
    struct list list = { .count = 0 };
    for (unsigned i = 0; i < q->count; i++) {
        audio += q->is_audio[i];
        ret_slots[i] = empty;
    }
    want_all(q, &list, audio, TL_SOURCE_MICROPHONE, false, false);
    want_all(q, &list, audio, TL_SOURCE_INSTRUMENT_AUDIO, true, true);
    place_list(q, &list, true, ret_slots);

    unsigned video = q->count - audio;
    list.count = 0;
    want_all(q, &list, video, TL_SOURCE_SCREEN, true, true);
    want_all(q, &list, video, TL_SOURCE_INSTRUMENT, true, true);
    if (!q->audio_first) {
        want_cameras(q, &list, video, true);
        want_cameras(q, &list, video, false);
    }
    place_list(q, &list, false, ret_slots);
}
