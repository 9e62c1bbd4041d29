#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "probe/probe.h"

static json_t *tenths(double value)
{
    return json_real(round(value * 10) / 10);
}

static json_t *share(double value)
{
    return json_real(round(value * 10000) / 10000);
}

static json_t *limits_json(void)
{
    json_t *all = json_object();
    for (unsigned use = 0; use < TL_PROBE_USES; use++) {
        const struct tl_probe_limits *l = &tl_probe_limits[use];
        json_object_set_new(all, tl_probe_use_words[use],
                            json_pack("{s:o,s:o,s:o,s:o,s:o,s:b}", "least_kbps",
                                      tenths(l->least_kbps), "most_loss", share(l->most_loss),
                                      "most_rtt_ms", tenths(l->most_rtt_ms), "most_jitter_ms",
                                      tenths(l->most_jitter_ms), "least_fps",
                                      tenths(l->least_fps), "sound", l->sound));
    }
    return all;
}

static json_t *direction_json(const struct tl_probe_direction *d)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < d->step_count; i++)
        json_array_append_new(steps,
                              json_pack("{s:o,s:o,s:o,s:o}", "kbps", tenths(d->steps[i].kbps),
                                        "received_kbps", tenths(d->steps[i].received_kbps),
                                        "loss", share(d->steps[i].loss), "delay_ms",
                                        tenths(d->steps[i].delay_ms)));
    return json_pack("{s:o,s:b,s:o,s:o,s:o}", "kbps", tenths(d->kbps), "saturated",
                     d->saturated, "loss", share(d->loss), "jitter_ms", tenths(d->jitter_ms),
                     "steps", steps);
}

static json_t *uses_json(const struct tl_probe_result *r)
{
    json_t *uses = json_object();
    for (unsigned use = 0; use < TL_PROBE_USES; use++) {
        unsigned lacks = tl_probe_judge(r, (enum tl_probe_use)use);
        json_t *list = json_array();
        for (unsigned i = 0; i < TL_PROBE_LACKS; i++)
            if (lacks & 1u << i)
                json_array_append_new(list, json_string(tl_probe_lack_words[i]));
        json_object_set_new(uses, tl_probe_use_words[use],
                            json_pack("{s:b,s:o}", "fit", lacks == 0, "lacks", list));
    }
    return uses;
}

static json_t *result_json(const struct tl_probe_result *r)
{
    static const char *const states[] = { "measured", "failed", "skipped", "unknown" };
    bool measured = r->state == TL_PROBE_MEASURED;
    json_t *json = json_pack("{s:s,s:s,s:s?}", "rung", tl_probe_rung_words[r->rung], "state",
                             states[r->state], "reason", measured ? NULL : r->reason);
    if (!measured)
        return json;
    json_t *more = json_pack(
        "{s:o,s:o,s:i,s:o,s:o,s:{s:s,s:s,s:o},s:{s:b,s:o,s:b,s:o,s:i,s:i},s:o}", "connect_ms",
        tenths(r->connect_ms), "rtt_ms", r->rtt_ms < 0 ? json_null() : tenths(r->rtt_ms),
        "srtp_profile", (int)r->srtp_profile, "up", direction_json(&r->up), "down",
        direction_json(&r->down), "far", "audio", r->far_audio, "video", r->far_video,
        "level_dbfs", tenths(r->far_level_dbfs), "near", "audio", r->near_audio, "level_dbfs",
        tenths(r->near_level_dbfs), "video", r->near_video, "fps", tenths(r->near_fps), "width",
        (int)r->near_width, "height", (int)r->near_height, "uses", uses_json(r));
    json_object_update_new(json, more);
    return json;
}

json_t *tl_probe_report(const struct tl_probe_run *run)
{
    struct tl_probe_verdict verdict = tl_probe_verdict(run->results, run->count);
    char at[TL_TIMESTAMP_SIZE];
    json_t *rungs = json_array(), *fit = json_object();
    tl_timestamp_write(run->wall, at);
    for (size_t i = 0; i < run->count; i++)
        json_array_append_new(rungs, result_json(&run->results[i]));
    for (unsigned use = 0; use < TL_PROBE_USES; use++)
        json_object_set_new(fit, tl_probe_use_words[use], json_boolean(verdict.fit[use]));
    return json_pack("{s:s,s:i,s:s,s:s,s:s?,s:b,s:o,s:o,s:o,s:s?,s:o,s:i}", "schema",
                     "teleloire.probe", "version", TL_PROBE_REPORT_VERSION, "at", at, "server",
                     run->server, "site", run->site, "by_proxy", run->by_proxy, "seconds",
                     tenths((double)run->lasted / TL_SECOND_US), "limits", limits_json(),
                     "rungs", rungs, "best",
                     verdict.best ? tl_probe_rung_words[verdict.best->rung] : NULL, "fit", fit,
                     "exit", verdict.exit_code);
}

bool tl_probe_site_is_valid(const char *finess)
{
    unsigned sum = 0;
    if (strlen(finess) != 9)
        return false;
    for (unsigned i = 0; i < 9; i++) {
        char c = finess[8 - i];
        bool corsica = i == 7 && (c == 'A' || c == 'B'); /* 2A, 2B: counts as 0 */
        if (!corsica && (c < '0' || c > '9'))
            return false;
        unsigned digit = corsica ? 0 : (unsigned)(c - '0');
        if (i % 2)
            digit = digit >= 5 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}
