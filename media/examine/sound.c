#include "examine/judge.h"

#include <math.h>
#include <string.h>

enum { PIECE = 960 };

/* Speech at arm's length from a laptop is about -30 dBFS; a dead or muted microphone gives noise
 * below -60. Between them one is heard, but others turn their volume up to follow. */
static const double silent_below_dbfs = -58, quiet_below_dbfs = -42;
/* A sample this near the rail was cut off: Opus leaves flat tops a little wavy. */
static const float rail = 0.97f;
static const double clipped_from = 0.01;

static const char *const words[] = {
    [TL_SOUND_NONE] = "none",           [TL_SOUND_SILENT] = "silent",
    [TL_SOUND_TOO_QUIET] = "too_quiet", [TL_SOUND_CLIPPED] = "clipped",
    [TL_SOUND_GOOD] = "good",
};

static double dbfs(double power)
{
    double decibel = power > 0 ? 10 * log10(power) : TL_SOUND_FLOOR_DBFS;
    if (decibel < TL_SOUND_FLOOR_DBFS)
        return TL_SOUND_FLOOR_DBFS;
    return decibel > 0 ? 0 : decibel;
}

void tl_sound_judge_init(struct tl_sound_judge *judge)
{
    memset(judge, 0, sizeof *judge);
    judge->last_dbfs = TL_SOUND_FLOOR_DBFS;
}

static void add_piece(struct tl_sound_judge *judge, const float *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        float value = fabsf(samples[i]);
        if (!(value <= 4.0f)) /* also what is not a number */
            value = 4.0f;
        sum += (double)value * (double)value;
        if (value > judge->peak)
            judge->peak = value;
        judge->clipped += value >= rail;
    }
    judge->samples += count;
    judge->last_dbfs = dbfs(sum / (double)count);
    judge->frames_at[(size_t)lrint(-judge->last_dbfs)]++;
    judge->frames++;
}

void tl_sound_judge_add(struct tl_sound_judge *judge, const float *samples, size_t count)
{
    for (; count >= PIECE; samples += PIECE, count -= PIECE)
        add_piece(judge, samples, PIECE);
    if (count)
        add_piece(judge, samples, count);
}

void tl_sound_judge_report(const struct tl_sound_judge *judge,
                           struct tl_sound_report *ret_report)
{
    struct tl_sound_report report = { .verdict = TL_SOUND_NONE,
                                      .level_dbfs = TL_SOUND_FLOOR_DBFS,
                                      .peak_dbfs =
                                          dbfs((double)judge->peak * (double)judge->peak) };
    uint32_t louder = 0;
    for (int level = 0; judge->frames && level <= -TL_SOUND_FLOOR_DBFS; level++) {
        louder += judge->frames_at[level];
        if (louder * 10 >= judge->frames) {
            report.level_dbfs = -level;
            break;
        }
    }
    if (judge->samples)
        report.clipped_share = (double)judge->clipped / (double)judge->samples;
    report.decoded_ms = (unsigned)(judge->samples / 48);
    if (!judge->frames)
        report.verdict = TL_SOUND_NONE;
    else if (report.level_dbfs < silent_below_dbfs)
        report.verdict = TL_SOUND_SILENT;
    else if (report.level_dbfs < quiet_below_dbfs)
        report.verdict = TL_SOUND_TOO_QUIET;
    else if (report.clipped_share >= clipped_from)
        report.verdict = TL_SOUND_CLIPPED;
    else
        report.verdict = TL_SOUND_GOOD;
    *ret_report = report;
}

const char *tl_sound_verdict_word(enum tl_sound_verdict verdict)
{
    return words[verdict];
}
