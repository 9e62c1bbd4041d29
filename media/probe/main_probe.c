/* teleloire probe --to https://HOST[:PORT] [--ca FILE] [--proxy URL | --no-proxy] [--rungs udp,tcp,...]
 *                 [--site FINESS] [--json] [--lang fr|en] [--quiet]
 *
 * The page, or with --json the report, on standard output; what is being done, and errors, on standard
 * error. The proxy is HTTPS_PROXY's where none is named. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "probe/probe.h"
#include "rung.h"

struct options {
    const char *to, *ca, *proxy, *site;
    bool json, quiet, no_proxy, rungs[TL_PROBE_RUNGS];
    enum tl_probe_language language;
    char url[1024];
};

static int usage(enum tl_probe_language language)
{
    fputs(language == TL_PROBE_ENGLISH ? "teleloire probe --to https://HOST[:PORT] [--ca FILE] "
                                         "[--proxy http://HOST:PORT]\n"
                                         "                [--no-proxy] [--rungs "
                                         "udp,tcp,tcp443,turn,proxy] [--site FINESS]\n"
                                         "                [--json] [--lang fr|en] [--quiet]\n"
                                       : "teleloire probe --to https://HÔTE[:PORT] [--ca "
                                         "FICHIER] [--proxy http://HÔTE:PORT]\n"
                                         "                [--no-proxy] [--rungs "
                                         "udp,tcp,tcp443,turn,proxy] [--site FINESS]\n"
                                         "                [--json] [--lang fr|en] [--quiet]\n",
          stderr);
    return TL_PROBE_EXIT_UNKNOWN;
}

static bool read_rungs(struct options *o, const char *list)
{
    struct tl_text rest = tl_text(list), word;
    memset(o->rungs, 0, sizeof o->rungs);
    while (rest.size) {
        bool known = false;
        (void)tl_text_split(&rest, ',', &word);
        for (unsigned i = 0; i < TL_PROBE_RUNGS; i++)
            if (tl_text_is(word, tl_probe_rung_words[i]))
                known = o->rungs[i] = true;
        if (!known)
            return false;
    }
    return *list != 0;
}

static bool read_value(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--to") == 0)
        o->to = value;
    else if (strcmp(name, "--ca") == 0)
        o->ca = value;
    else if (strcmp(name, "--proxy") == 0)
        o->proxy = value;
    else if (strcmp(name, "--site") == 0)
        return tl_probe_site_is_valid(o->site = value);
    else if (strcmp(name, "--rungs") == 0)
        return read_rungs(o, value);
    else if (strcmp(name, "--lang") == 0 && strcmp(value, "en") == 0)
        o->language = TL_PROBE_ENGLISH;
    else
        return strcmp(name, "--lang") == 0 && strcmp(value, "fr") == 0;
    return true;
}

static bool read_options(struct options *o, int count, char **arguments)
{
    for (unsigned i = 0; i < TL_PROBE_RUNGS; i++)
        o->rungs[i] = true;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--json") == 0)
            o->json = true;
        else if (strcmp(arguments[i], "--quiet") == 0)
            o->quiet = true;
        else if (strcmp(arguments[i], "--no-proxy") == 0)
            o->no_proxy = true;
        else if (i + 1 == count || !read_value(o, arguments[i], arguments[i + 1]))
            return false;
        else
            i++;
    }
    if (!o->to || strncmp(o->to, "https://", 8) != 0 ||
        tl_text_copy(tl_text(o->to), o->url, sizeof o->url))
        return false;
    for (size_t size = strlen(o->url); size && o->url[size - 1] == '/'; size--)
        o->url[size - 1] = 0;
    return strlen(o->url) > 8 && !strpbrk(o->url + 8, "/?#@");
}

static const char *proxy_of(const struct options *o)
{
    static const char *const names[] = { "HTTPS_PROXY", "https_proxy" };
    if (o->no_proxy || o->proxy)
        return o->no_proxy ? NULL : o->proxy;
    for (size_t i = 0; i < TL_COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

static void show_stage(void *context, enum tl_probe_rung rung, enum tl_probe_stage stage)
{
    const struct options *o = context;
    if (!o->quiet)
        tl_probe_print_stage(stderr, rung, stage, o->language);
}

static void skip(struct tl_probe_result *result, enum tl_probe_rung rung, const char *reason)
{
    *result = (struct tl_probe_result){ .rung = rung, .state = TL_PROBE_SKIPPED, .rtt_ms = -1 };
    (void)tl_text_copy(tl_text(reason), result->reason, sizeof result->reason);
}

static int tell(const struct options *o, const struct tl_probe_run *run)
{
    struct tl_probe_verdict verdict = tl_probe_verdict(run->results, run->count);
    tl_autojson json_t *report = o->json ? tl_probe_report(run) : NULL;
    if (report) {
        (void)json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    if (verdict.exit_code == TL_PROBE_EXIT_UNKNOWN)
        for (size_t i = 0; i < run->count; i++)
            if (run->results[i].state == TL_PROBE_UNKNOWN) {
                tl_probe_print_reason(stderr, run->server, run->results[i].reason, o->language);
                return verdict.exit_code;
            }
    if (!o->json)
        tl_probe_print(stdout, run, o->language);
    return verdict.exit_code;
}

int main(int count, char **arguments)
{
    struct options o = { .language = TL_PROBE_FRENCH };
    struct tl_probe_result results[TL_PROBE_RUNGS];
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(&o, count, arguments))
        return usage(o.language);
    const char *proxy = proxy_of(&o);
    struct tl_http *http = tl_http_new(o.url, o.ca, proxy);
    if (!http)
        return TL_PROBE_EXIT_UNKNOWN;
    tl_time_us began = tl_clock_monotonic();
    struct tl_probe_run run = { .server = o.url,
                                .site = o.site,
                                .by_proxy = proxy != NULL,
                                .wall = tl_clock_wall(),
                                .results = results,
                                .count = TL_PROBE_RUNGS };
    bool gone = false; /* who cannot be asked once is not asked for each rung */
    for (unsigned i = 0; i < TL_PROBE_RUNGS; i++) {
        struct tl_probe_rung_config config = {
            .url = o.url,
            .ca = o.ca,
            .proxy = proxy,
            .language = o.language == TL_PROBE_ENGLISH ? "en" : "fr",
            .http = http,
            .rung = (enum tl_probe_rung)i,
            .stage = show_stage,
            .context = &o,
        };
        if (!o.rungs[i])
            skip(&results[i], config.rung, "not_asked");
        else if (config.rung == TL_PROBE_PROXY && !proxy)
            skip(&results[i], config.rung, "no_proxy");
        else if (gone)
            skip(&results[i], config.rung, "not_asked");
        else
            tl_probe_rung_run(&config, &results[i]);
        gone |= results[i].state == TL_PROBE_UNKNOWN && *tl_http_word(http);
    }
    run.lasted = tl_clock_monotonic() - began;
    int status = tell(&o, &run);
    tl_http_free(http);
    return status;
}
