#include "client/tone.h"

#include <math.h>
#include <string.h>

/* Multiples of 50 Hz, so that 20 ms hold whole periods and one frame separates them. */
static const double low_hz[TL_TONE_GROUP] = { 500, 650, 800, 950 };
static const double high_hz[TL_TONE_GROUP] = { 1450, 1750, 2050, 2350 };

/* Syllables come about four times a second. */
static const double syllable_hz = 4.0;
/* What is left of the past after one frame: a memory of about half a second. */
static const double fading = 0.96;
static const double silence_power = 1e-7; /* -70 dBFS */

void tl_tone_init(struct tl_tone *tone, int identity, double amplitude)
{
    *tone = (struct tl_tone){ .identity = identity & (TL_TONE_IDENTITIES - 1),
                              .amplitude = amplitude };
}

void tl_tone_make(struct tl_tone *tone, int16_t *ret_samples, size_t count)
{
    double low = low_hz[tone->identity % TL_TONE_GROUP];
    double high = high_hz[tone->identity / TL_TONE_GROUP];
    for (size_t i = 0; i < count; i++, tone->sample++) {
        double t = (double)(tone->sample % ((uint64_t)TL_TONE_RATE * 60)) / TL_TONE_RATE;
        double syllable = 0.6 - 0.4 * cos(2 * M_PI * syllable_hz * t);
        double value = tone->amplitude * syllable *
                       (0.5 * sin(2 * M_PI * low * t) + 0.5 * sin(2 * M_PI * high * t));
        if (value > 1)
            value = 1;
        if (value < -1)
            value = -1;
        ret_samples[i] = (int16_t)lrint(value * 32767);
    }
}

void tl_tone_judge_init(struct tl_tone_judge *judge)
{
    memset(judge, 0, sizeof *judge);
}

/* Goertzel: mean power of one frequency in one frame, for samples in -1 to 1. */
static double power_at(const int16_t *samples, double hz)
{
    double coefficient = 2 * cos(2 * M_PI * hz / TL_TONE_RATE), before = 0, last = 0;
    for (size_t i = 0; i < TL_TONE_FRAME; i++) {
        double next = samples[i] / 32768.0 + coefficient * last - before;
        before = last;
        last = next;
    }
    double square = last * last + before * before - coefficient * last * before;
    return 2 * square / ((double)TL_TONE_FRAME * TL_TONE_FRAME);
}

void tl_tone_judge_add(struct tl_tone_judge *judge, const int16_t *samples, size_t count)
{
    for (; count >= TL_TONE_FRAME; samples += TL_TONE_FRAME, count -= TL_TONE_FRAME) {
        double sum = 0;
        for (size_t i = 0; i < TL_TONE_FRAME; i++)
            sum += (samples[i] / 32768.0) * (samples[i] / 32768.0);
        judge->total = judge->total * fading + (1 - fading) * sum / TL_TONE_FRAME;
        for (size_t i = 0; i < TL_TONE_GROUP; i++) {
            judge->low[i] =
                judge->low[i] * fading + (1 - fading) * power_at(samples, low_hz[i]);
            judge->high[i] =
                judge->high[i] * fading + (1 - fading) * power_at(samples, high_hz[i]);
        }
        judge->samples += TL_TONE_FRAME;
    }
}

/* The one that holds most, if it holds far more than any other. */
static int strongest(const double *power, double total)
{
    int best = 0;
    double second = 0;
    for (int i = 1; i < TL_TONE_GROUP; i++)
        if (power[i] > power[best])
            best = i;
    for (int i = 0; i < TL_TONE_GROUP; i++)
        if (i != best && power[i] > second)
            second = power[i];
    return power[best] > 0.2 * total && power[best] > 6 * second ? best : -1;
}

int tl_tone_judge_identity(const struct tl_tone_judge *judge)
{
    if (judge->total < silence_power)
        return TL_TONE_NOBODY;
    int low = strongest(judge->low, judge->total), high = strongest(judge->high, judge->total);
    return low < 0 || high < 0 ? TL_TONE_NOBODY : high * TL_TONE_GROUP + low;
}

double tl_tone_judge_level_dbfs(const struct tl_tone_judge *judge)
{
    double decibel = judge->total > 0 ? 10 * log10(judge->total) : -96;
    return decibel < -96 ? -96 : decibel;
}
