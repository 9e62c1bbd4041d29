/* Sound with an identity, and its judge. A tone is two sines, one of a low group and one of a high
 * group (as telephones dial), swelling and fading like syllables, so that what was made by
 * participant n is recognised after Opus, and so that a mixture or a stranger is not. 48 kHz mono. */
#ifndef TL_CLIENT_TONE_H
#define TL_CLIENT_TONE_H

#include <stddef.h>
#include <stdint.h>

enum {
    TL_TONE_RATE = 48000,
    TL_TONE_FRAME = 960, /* samples in 20 ms */
    TL_TONE_IDENTITIES = 16,
    TL_TONE_NOBODY = -1
};

struct tl_tone {
    int identity;     /* 0 to 15 */
    double amplitude; /* 0 to 1; above 1 clips */
    uint64_t sample;
};

void tl_tone_init(struct tl_tone *tone, int identity, double amplitude);
void tl_tone_make(struct tl_tone *tone, int16_t *ret_samples, size_t count);

enum { TL_TONE_GROUP = 4 };

struct tl_tone_judge {
    double low[TL_TONE_GROUP], high[TL_TONE_GROUP]; /* power, fading with time */
    double total;
    uint64_t samples;
};

void tl_tone_judge_init(struct tl_tone_judge *judge);
/* Whole frames of TL_TONE_FRAME samples; what does not fill one is left out. */
void tl_tone_judge_add(struct tl_tone_judge *judge, const int16_t *samples, size_t count);
/* Who is heard over the last half second or so; TL_TONE_NOBODY for silence, noise, mixtures. */
int tl_tone_judge_identity(const struct tl_tone_judge *judge);
/* RMS of the same time in dBFS, -96 for silence. */
double tl_tone_judge_level_dbfs(const struct tl_tone_judge *judge);

#endif
