/* Who stands in which receive slot of one receiver: a pure function.
 *
 * Room goes first to shared screens, then instruments, then cameras (those that are on before
 * those that are off, then in the order the receiver asked for, then by seat). Cameras stand from
 * the first video slot on, screens and instruments from the last one down, so that a share moves
 * nobody. Whom the receiver named in its layout stands where it asked; everyone else stays where
 * they were, because a move costs a key frame. */
#ifndef TL_SIGNALING_HUB_SLOTS_H
#define TL_SIGNALING_HUB_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "messages/words.h"

enum { TL_SLOTS_SEATS = 8, TL_SLOTS_LIMIT = 20 };

struct tl_slot {
    int seat;   /* index; -1 empty */
    int source; /* enum tl_source; TL_SOURCE_NONE empty */
};

struct tl_slots_question {
    struct {
        unsigned sends, on; /* bits of enum tl_source: reaches the relay; switched on */
    } seats[TL_SLOTS_SEATS];
    unsigned receiver;
    uint8_t order[TL_SLOTS_SEATS]; /* seats, as the receiver asked */
    unsigned order_count;
    bool audio_first; /* no cameras */
    bool is_audio[TL_SLOTS_LIMIT];
    unsigned count;
    struct tl_slot before[TL_SLOTS_LIMIT];
};

void tl_slots_assign(const struct tl_slots_question *question, struct tl_slot *ret_slots);

#endif
