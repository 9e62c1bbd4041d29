#include "examine/judge.h"

#include <math.h>
#include <string.h>

enum {
    CELLS = TL_PICTURE_GRID_X * TL_PICTURE_GRID_Y,
    COMPARE_EVERY_US = 200 * TL_MILLISECOND_US,
    /* A codec sharpens a still picture for about a second after its key frame. */
    SETTLE_US = 1000 * TL_MILLISECOND_US,
    STOPPED_US = 2000 * TL_MILLISECOND_US,
    COMPARISONS_LEAST = 3,
    MOST_MOVING = CELLS / 20,
    BRIGHT_LUMA = 232
};

/* Video black is 16 and white 235. */
static const double black_below = 24, black_contrast_below = 6, dark_below = 50,
                    bright_above = 215, bright_share_above = 0.6, frozen_below = 0.5;

static const char *const words[] = {
    [TL_PICTURE_NONE] = "none",         [TL_PICTURE_BLACK] = "black",
    [TL_PICTURE_TOO_DARK] = "too_dark", [TL_PICTURE_TOO_BRIGHT] = "too_bright",
    [TL_PICTURE_FROZEN] = "frozen",     [TL_PICTURE_GOOD] = "good",
};

void tl_picture_judge_init(struct tl_picture_judge *judge)
{
    memset(judge, 0, sizeof *judge);
}

struct look {
    double brightness, contrast, bright_share;
    float cells[CELLS]; /* mean luma of each */
};

/* Every second pixel of every second line is enough. */
static void look_at(const uint8_t *luma, size_t stride, unsigned width, unsigned height,
                    struct look *ret_look)
{
    uint64_t sum = 0, squares = 0, bright = 0, count = 0;
    uint32_t cell_sum[CELLS] = { 0 }, cell_count[CELLS] = { 0 };
    for (unsigned y = 0; y < height; y += 2) {
        const uint8_t *line = luma + (size_t)y * stride;
        unsigned row = y * TL_PICTURE_GRID_Y / height * TL_PICTURE_GRID_X;
        for (unsigned x = 0; x < width; x += 2) {
            unsigned value = line[x], cell = row + x * TL_PICTURE_GRID_X / width;
            sum += value;
            squares += (uint64_t)value * value;
            bright += value >= BRIGHT_LUMA;
            cell_sum[cell] += value;
            cell_count[cell]++;
            count++;
        }
    }
    double mean = (double)sum / (double)count;
    double variance = (double)squares / (double)count - mean * mean;
    ret_look->brightness = mean;
    ret_look->contrast = variance > 0 ? sqrt(variance) : 0;
    ret_look->bright_share = (double)bright / (double)count;
    for (unsigned i = 0; i < CELLS; i++)
        ret_look->cells[i] = cell_count[i] ? (float)cell_sum[i] / (float)cell_count[i] : 0;
}

/* The mean difference of the twentieth of the cells that differ most: a face that speaks before a
 * still wall moves few cells, and noise moves all of them a little. */
static double motion_between(const float *a, const float *b)
{
    float most[MOST_MOVING] = { 0 };
    for (unsigned i = 0; i < CELLS; i++) {
        float difference = fabsf(a[i] - b[i]);
        if (difference <= most[MOST_MOVING - 1])
            continue;
        unsigned place = MOST_MOVING - 1;
        for (; place > 0 && most[place - 1] < difference; place--)
            most[place] = most[place - 1];
        most[place] = difference;
    }
    double sum = 0;
    for (unsigned i = 0; i < MOST_MOVING; i++)
        sum += (double)most[i];
    return sum / MOST_MOVING;
}

void tl_picture_judge_add(struct tl_picture_judge *judge, tl_time_us time, const uint8_t *luma,
                          size_t stride, unsigned width, unsigned height)
{
    if (width == 0 || height == 0)
        return;
    struct look look;
    look_at(luma, stride, width, height, &look);
    if (!judge->frames)
        judge->first_at = time;
    judge->frames++;
    judge->width = width;
    judge->height = height;
    judge->last_at = time;
    judge->last_brightness = look.brightness;
    judge->brightness_sum += look.brightness;
    judge->contrast_sum += look.contrast;
    judge->bright_share_sum += look.bright_share;
    if (time - judge->first_at < SETTLE_US)
        return;
    if (judge->has_before && time - judge->compared_at < COMPARE_EVERY_US)
        return;
    if (judge->has_before) {
        judge->motion_sum += motion_between(judge->before, look.cells);
        judge->motion_count++;
    }
    memcpy(judge->before, look.cells, sizeof judge->before);
    judge->has_before = true;
    judge->compared_at = time;
}

static enum tl_picture_verdict verdict_of(const struct tl_picture_judge *judge, tl_time_us now,
                                          const struct tl_picture_report *report)
{
    if (!judge->frames)
        return TL_PICTURE_NONE;
    if (report->brightness < black_below && report->contrast < black_contrast_below)
        return TL_PICTURE_BLACK;
    if (now - judge->last_at > STOPPED_US)
        return TL_PICTURE_FROZEN;
    /* Before motion: what is too dark or too bright hardly seems to move, and light helps. */
    if (report->brightness < dark_below)
        return TL_PICTURE_TOO_DARK;
    if (report->brightness > bright_above ||
        judge->bright_share_sum / judge->frames > bright_share_above)
        return TL_PICTURE_TOO_BRIGHT;
    if (judge->motion_count >= COMPARISONS_LEAST && report->motion < frozen_below)
        return TL_PICTURE_FROZEN;
    return TL_PICTURE_GOOD;
}

void tl_picture_judge_report(const struct tl_picture_judge *judge, tl_time_us now,
                             struct tl_picture_report *ret_report)
{
    struct tl_picture_report report = { .frames = judge->frames,
                                        .width = judge->width,
                                        .height = judge->height };
    if (judge->frames) {
        report.brightness = judge->brightness_sum / judge->frames;
        report.contrast = judge->contrast_sum / judge->frames;
    }
    if (judge->motion_count)
        report.motion = judge->motion_sum / judge->motion_count;
    report.verdict = verdict_of(judge, now, &report);
    *ret_report = report;
}

const char *tl_picture_verdict_word(enum tl_picture_verdict verdict)
{
    return words[verdict];
}
