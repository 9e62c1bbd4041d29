/* What a probe finds out of a line, what it makes of it, and how that is told (docs/probe.md). Pure:
 * figures in, verdicts, JSON and words out. */
#ifndef TL_PROBE_H
#define TL_PROBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"

enum tl_probe_rung { /* best first */
                     TL_PROBE_UDP,
                     TL_PROBE_TCP,
                     TL_PROBE_TCP443,
                     TL_PROBE_TURN,
                     TL_PROBE_PROXY,
                     TL_PROBE_RUNGS
};
extern const char *const tl_probe_rung_words[TL_PROBE_RUNGS];

enum tl_probe_use { TL_PROBE_AUDIO, TL_PROBE_VIDEO, TL_PROBE_IMAGES, TL_PROBE_USES };
extern const char *const tl_probe_use_words[TL_PROBE_USES];

enum { TL_PROBE_STEPS_LIMIT = 8, TL_PROBE_WORD_SIZE = 24 };

struct tl_probe_step {
    double kbps, received_kbps, loss, delay_ms;
};

/* One direction. */
struct tl_probe_direction {
    double kbps; /* what it carries; beyond the largest step nothing is known */
    bool saturated;
    double loss; /* 0 to 1, under the media of a call */
    double jitter_ms;
    struct tl_probe_step steps[TL_PROBE_STEPS_LIMIT];
    size_t step_count;
};

struct tl_probe_result {
    enum tl_probe_rung rung;
    enum { TL_PROBE_MEASURED, TL_PROBE_FAILED, TL_PROBE_SKIPPED, TL_PROBE_UNKNOWN } state;
    char reason[TL_PROBE_WORD_SIZE]; /* a word of docs/probe.md, unless measured */
    double connect_ms, rtt_ms;       /* rtt below 0: not known */
    unsigned srtp_profile;
    struct tl_probe_direction up, down;
    /* what the far side decoded of us: its examiner's words, "none" when nothing */
    char far_audio[TL_PROBE_WORD_SIZE], far_video[TL_PROBE_WORD_SIZE];
    double far_level_dbfs;
    /* what we decoded of what came back: whether it was ours, and how much */
    bool near_audio, near_video;
    double near_level_dbfs, near_fps;
    unsigned near_width, near_height;
};

/* ---- judge.c ---- */

/* What a use asks of a line: the table of docs/probe.md. */
struct tl_probe_limits {
    double least_kbps, most_loss, most_rtt_ms, most_jitter_ms; /* each way */
    double least_fps;                                          /* 0: no picture is needed */
    bool sound;
};
extern const struct tl_probe_limits tl_probe_limits[TL_PROBE_USES];

enum tl_probe_lack { /* bits */
                     TL_PROBE_LACK_UP_KBPS,
                     TL_PROBE_LACK_DOWN_KBPS,
                     TL_PROBE_LACK_UP_LOSS,
                     TL_PROBE_LACK_DOWN_LOSS,
                     TL_PROBE_LACK_RTT,
                     TL_PROBE_LACK_JITTER,
                     TL_PROBE_LACK_FAR_AUDIO,
                     TL_PROBE_LACK_NEAR_AUDIO,
                     TL_PROBE_LACK_FAR_VIDEO,
                     TL_PROBE_LACK_NEAR_VIDEO,
                     TL_PROBE_LACKS
};
extern const char *const tl_probe_lack_words[TL_PROBE_LACKS];

/* What the line lacks for a use, as bits; 0: it is fit. Of a result that was measured. */
unsigned tl_probe_judge(const struct tl_probe_result *result, enum tl_probe_use use);
/* Fills kbps, the most that arrived in a step, and saturated: whether the last was too much. */
void tl_probe_direction_judge(struct tl_probe_direction *direction);
/* Steps of growing rate: the last was too much and brought no more than one before, so that the next
 * need not be tried. There is at least one. */
bool tl_probe_steps_are_enough(const struct tl_probe_direction *direction);

enum { TL_PROBE_EXIT_VIDEO, TL_PROBE_EXIT_LESS, TL_PROBE_EXIT_UNFIT, TL_PROBE_EXIT_UNKNOWN };
struct tl_probe_verdict {
    const struct tl_probe_result
        *best;               /* the highest rung of those good for most; NULL: none */
    bool fit[TL_PROBE_USES]; /* by the best rung for it */
    int exit_code;
};
struct tl_probe_verdict tl_probe_verdict(const struct tl_probe_result *results, size_t count);

/* ---- report.c ---- */

enum { TL_PROBE_REPORT_VERSION = 1 };
struct tl_probe_run {
    const char *server; /* as given */
    const char *site;   /* FINESS, or NULL */
    bool by_proxy;      /* HTTP and signalling went through one */
    tl_time_us wall, lasted;
    const struct tl_probe_result *results;
    size_t count;
};
json_t *tl_probe_report(const struct tl_probe_run *run);
/* Nine characters whose last is the Luhn key of the others. */
bool tl_probe_site_is_valid(const char *finess);

/* ---- words.c ---- */

enum tl_probe_language { TL_PROBE_FRENCH, TL_PROBE_ENGLISH };
enum tl_probe_stage {
    TL_PROBE_STAGE_CONNECT,
    TL_PROBE_STAGE_MEDIA,
    TL_PROBE_STAGE_UP,
    TL_PROBE_STAGE_DOWN,
    TL_PROBE_STAGE_JUDGE,
    TL_PROBE_STAGES
};
void tl_probe_print(FILE *out, const struct tl_probe_run *run, enum tl_probe_language language);
/* One line: what is being done now. */
void tl_probe_print_stage(FILE *out, enum tl_probe_rung rung, enum tl_probe_stage stage,
                          enum tl_probe_language language);
/* Why the server could not be asked at all: a word of docs/probe.md as a sentence. */
void tl_probe_print_reason(FILE *out, const char *server, const char *reason,
                           enum tl_probe_language language);

#endif
