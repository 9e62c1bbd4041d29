/* Which voices and layers go to a receiver: what its way down carries, shared between the sound and
 * the pictures it wants, sound first. Pure: numbers in, choices out.
 *
 *     a step    one way to send a picture: a layer of simulcast and the temporal layers up to one,
 *               with what it costs; the steps of a picture rise in cost and in quality
 *     a rank    who comes first: a shared screen, who speaks, the larger picture */
#ifndef TL_MEDIA_SIMULCAST_H
#define TL_MEDIA_SIMULCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TL_ALLOCATION_STEPS_LIMIT = 12,
    TL_ALLOCATION_PICTURES_LIMIT = 20,
    TL_ALLOCATION_VOICES_LIMIT = 20
};

struct tl_allocation_voice {
    uint32_t plain_kbps; /* each packet once */
    uint32_t spare_kbps; /* what it costs on top to carry each packet twice; 0: nothing */
    uint32_t rank;       /* lower comes first: an instrument, who speaks, the louder */
    bool passes;         /* in: flows now; out: is to flow */
    bool doubled;        /* the same of each packet twice */
};

struct tl_allocation_step {
    uint8_t layer, temporal;
    uint32_t kbps;
};

struct tl_allocation_picture {
    struct tl_allocation_step steps[TL_ALLOCATION_STEPS_LIMIT];
    size_t count;
    size_t most;   /* more than this step would be wasted on how large it is shown */
    int current;   /* step flowing now; -1: none */
    uint32_t rank; /* lower comes first */
    int ret_step;  /* -1: nothing of it fits */
};

/* Chooses passes and doubled for each of at most TL_ALLOCATION_VOICES_LIMIT voices; gives what the
 * choice costs, in kbit/s. The first voice always passes. lossy: the line is known to lose packets,
 * so that more of it is spent on sending twice. */
uint32_t tl_allocate_voices(struct tl_allocation_voice *voices, size_t count,
                            uint32_t budget_kbps, bool lossy);
/* The line on which all of them would go twice; once, where nothing goes twice. */
uint32_t tl_allocation_voices_wanted(const struct tl_allocation_voice *voices, size_t count,
                                     bool lossy);
/* Chooses ret_step for each of at most TL_ALLOCATION_PICTURES_LIMIT pictures, in kbit/s of budget; gives what the choice costs. A picture of
 * one step only is let through down to half of its cost: it cannot be made smaller, and its sender
 * follows its own estimate. */
uint32_t tl_allocate(struct tl_allocation_picture *pictures, size_t count,
                     uint32_t budget_kbps);
/* What all of them would cost at their most. */
uint32_t tl_allocation_wanted(const struct tl_allocation_picture *pictures, size_t count);

#endif
