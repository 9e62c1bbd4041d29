/* What samples and pixels say about a microphone and a camera. No codec here: decoded sound and
 * pictures come in, a verdict goes out. */
#ifndef TL_EXAMINE_JUDGE_H
#define TL_EXAMINE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* ---- sound: 48 kHz mono, -1 to 1 ---- */

enum tl_sound_verdict {
    TL_SOUND_NONE, /* nothing decoded */
    TL_SOUND_SILENT,
    TL_SOUND_TOO_QUIET,
    TL_SOUND_CLIPPED,
    TL_SOUND_GOOD
};

enum { TL_SOUND_FLOOR_DBFS = -96 };

struct tl_sound_judge {
    uint32_t frames_at[-TL_SOUND_FLOOR_DBFS + 1]; /* pieces of 20 ms by level, in whole dB */
    uint32_t frames;
    uint64_t samples, clipped;
    float peak;
    double last_dbfs;
};

struct tl_sound_report {
    enum tl_sound_verdict verdict;
    double level_dbfs; /* of speech: the level one piece in ten exceeds */
    double peak_dbfs;
    double clipped_share; /* 0 to 1 of the samples */
    unsigned decoded_ms;
};

void tl_sound_judge_init(struct tl_sound_judge *judge);
void tl_sound_judge_add(struct tl_sound_judge *judge, const float *samples, size_t count);
void tl_sound_judge_report(const struct tl_sound_judge *judge,
                           struct tl_sound_report *ret_report);
const char *tl_sound_verdict_word(enum tl_sound_verdict verdict);

/* ---- pictures: the luma plane ---- */

enum tl_picture_verdict {
    TL_PICTURE_NONE,
    TL_PICTURE_BLACK,
    TL_PICTURE_TOO_DARK,
    TL_PICTURE_TOO_BRIGHT,
    TL_PICTURE_FROZEN,
    TL_PICTURE_GOOD
};

enum { TL_PICTURE_GRID_X = 32, TL_PICTURE_GRID_Y = 18 };

struct tl_picture_judge {
    unsigned frames, width, height;
    double brightness_sum, contrast_sum, bright_share_sum; /* over frames */
    double last_brightness;
    tl_time_us first_at, compared_at, last_at;
    bool has_before;
    float before[TL_PICTURE_GRID_X * TL_PICTURE_GRID_Y];
    double motion_sum;
    unsigned motion_count;
};

struct tl_picture_report {
    enum tl_picture_verdict verdict;
    double brightness; /* mean luma, 0 to 255 */
    double contrast;   /* standard deviation of luma */
    double motion;     /* luma by which the parts that move most differ after 200 ms */
    unsigned frames, width, height;
};

void tl_picture_judge_init(struct tl_picture_judge *judge);
/* time: when the picture was taken, by its RTP timestamp or by arrival, in microseconds. */
void tl_picture_judge_add(struct tl_picture_judge *judge, tl_time_us time, const uint8_t *luma,
                          size_t stride, unsigned width, unsigned height);
/* now: the end of the test on the same clock; a picture that stopped coming is frozen. */
void tl_picture_judge_report(const struct tl_picture_judge *judge, tl_time_us now,
                             struct tl_picture_report *ret_report);
const char *tl_picture_verdict_word(enum tl_picture_verdict verdict);

#endif
