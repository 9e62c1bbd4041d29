#include <string.h>

#include "probe/probe.h"

const char *const tl_probe_rung_words[TL_PROBE_RUNGS] = { "udp", "tcp", "tcp443", "turn",
                                                          "proxy" };
const char *const tl_probe_use_words[TL_PROBE_USES] = { "audio", "video", "images" };
const char *const tl_probe_lack_words[TL_PROBE_LACKS] = {
    "up_kbps", "down_kbps", "up_loss",    "down_loss", "rtt",
    "jitter",  "far_audio", "near_audio", "far_video", "near_video"
};

/* As the equipment test of the pages judges (signaling/hub/equipment.c); of images: a photograph of
 * 2 MB within a minute. */
const struct tl_probe_limits tl_probe_limits[TL_PROBE_USES] = {
    [TL_PROBE_AUDIO] = { 100, 0.15, 800, 100, 0, true },
    [TL_PROBE_VIDEO] = { 500, 0.05, 400, 60, 10, true },
    [TL_PROBE_IMAGES] = { 270, 0.15, 2000, 1000, 0, false },
};

unsigned tl_probe_judge(const struct tl_probe_result *r, enum tl_probe_use use)
{
    const struct tl_probe_limits *l = &tl_probe_limits[use];
    bool picture = l->least_fps > 0;
    bool lacks[TL_PROBE_LACKS] = {
        [TL_PROBE_LACK_UP_KBPS] = (r->up.kbps < l->least_kbps),
        [TL_PROBE_LACK_DOWN_KBPS] = (r->down.kbps < l->least_kbps),
        [TL_PROBE_LACK_UP_LOSS] = (r->up.loss > l->most_loss),
        [TL_PROBE_LACK_DOWN_LOSS] = (r->down.loss > l->most_loss),
        [TL_PROBE_LACK_RTT] = r->rtt_ms < 0 || r->rtt_ms > l->most_rtt_ms,
        [TL_PROBE_LACK_JITTER] =
            r->up.jitter_ms > l->most_jitter_ms || r->down.jitter_ms > l->most_jitter_ms,
        [TL_PROBE_LACK_FAR_AUDIO] = l->sound && strcmp(r->far_audio, "good") != 0,
        [TL_PROBE_LACK_NEAR_AUDIO] = l->sound && !r->near_audio,
        [TL_PROBE_LACK_FAR_VIDEO] = picture && strcmp(r->far_video, "good") != 0,
        [TL_PROBE_LACK_NEAR_VIDEO] = picture && (!r->near_video || r->near_fps < l->least_fps),
    };
    unsigned bits = 0;
    for (unsigned i = 0; i < TL_PROBE_LACKS; i++)
        if (lacks[i])
            bits |= 1u << i;
    return bits;
}

static bool is_too_much(const struct tl_probe_step *step)
{
    return step->loss > 0.1 || step->received_kbps < 0.85 * step->kbps;
}

/* A line that loses may fail a step it has the room for, so one alone does not end it. */
bool tl_probe_steps_are_enough(const struct tl_probe_direction *d)
{
    const struct tl_probe_step *last = &d->steps[d->step_count - 1];
    double before = 0;
    for (size_t i = 0; i + 1 < d->step_count; i++)
        if (d->steps[i].received_kbps > before)
            before = d->steps[i].received_kbps;
    return d->step_count > 1 && is_too_much(last) && last->received_kbps < 1.15 * before;
}

void tl_probe_direction_judge(struct tl_probe_direction *d)
{
    d->kbps = 0;
    for (size_t i = 0; i < d->step_count; i++)
        if (d->steps[i].received_kbps > d->kbps)
            d->kbps = d->steps[i].received_kbps;
    d->saturated = d->step_count && is_too_much(&d->steps[d->step_count - 1]);
}

struct tl_probe_verdict tl_probe_verdict(const struct tl_probe_result *results, size_t count)
{
    struct tl_probe_verdict verdict = { .exit_code = TL_PROBE_EXIT_UNKNOWN };
    unsigned best = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tl_probe_result *r = &results[i];
        if (r->state == TL_PROBE_MEASURED || r->state == TL_PROBE_FAILED)
            verdict.exit_code = TL_PROBE_EXIT_UNFIT;
    }
    static const unsigned worth[TL_PROBE_USES] = {
        [TL_PROBE_AUDIO] = 2, [TL_PROBE_VIDEO] = 4, [TL_PROBE_IMAGES] = 1
    };
    for (size_t i = 0; i < count; i++) {
        const struct tl_probe_result *r = &results[i];
        unsigned sum = 0;
        if (r->state != TL_PROBE_MEASURED)
            continue;
        for (unsigned use = 0; use < TL_PROBE_USES; use++)
            if (tl_probe_judge(r, (enum tl_probe_use)use) == 0) {
                verdict.fit[use] = true;
                sum += worth[use];
            }
        if (sum > best || (sum == best && sum && r->rung < verdict.best->rung)) {
            best = sum;
            verdict.best = r;
        }
    }
    if (verdict.fit[TL_PROBE_VIDEO])
        verdict.exit_code = TL_PROBE_EXIT_VIDEO;
    else if (verdict.best)
        verdict.exit_code = TL_PROBE_EXIT_LESS;
    return verdict;
}
