/* What a person reads, in French and English: one catalogue, and the page made of it. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "probe/probe.h"

struct text {
    const char *word, *texts[2]; /* French, English */
};

static const char *const rungs[TL_PROBE_RUNGS][2] = {
    [TL_PROBE_UDP] = { "UDP", "UDP" },
    [TL_PROBE_TCP] = { "TCP", "TCP" },
    [TL_PROBE_TCP443] = { "TCP, port 443", "TCP, port 443" },
    [TL_PROBE_TURN] = { "TURN/TLS, port 443", "TURN/TLS, port 443" },
    [TL_PROBE_PROXY] = { "TURN/TLS par le proxy", "TURN/TLS by the proxy" },
};

static const char *const uses[TL_PROBE_USES][2] = {
    [TL_PROBE_AUDIO] = { "Son seul", "Sound only" },
    [TL_PROBE_VIDEO] = { "Visioconférence", "Video call" },
    [TL_PROBE_IMAGES] = { "Échange d’images", "Image exchange" },
};

static const char *const lacks[TL_PROBE_LACKS][2] = {
    [TL_PROBE_LACK_UP_KBPS] = { "débit montant", "bandwidth up" },
    [TL_PROBE_LACK_DOWN_KBPS] = { "débit descendant", "bandwidth down" },
    [TL_PROBE_LACK_UP_LOSS] = { "pertes en montée", "loss up" },
    [TL_PROBE_LACK_DOWN_LOSS] = { "pertes en descente", "loss down" },
    [TL_PROBE_LACK_RTT] = { "délai", "delay" },
    [TL_PROBE_LACK_JITTER] = { "gigue", "jitter" },
    [TL_PROBE_LACK_FAR_AUDIO] = { "son mal reçu par le serveur",
                                  "sound not well received there" },
    [TL_PROBE_LACK_NEAR_AUDIO] = { "son mal reçu ici", "sound not well received here" },
    [TL_PROBE_LACK_FAR_VIDEO] = { "image mal reçue par le serveur",
                                  "picture not well received there" },
    [TL_PROBE_LACK_NEAR_VIDEO] = { "image mal reçue ici", "picture not well received here" },
};

static const char *const stages[TL_PROBE_STAGES][2] = {
    [TL_PROBE_STAGE_CONNECT] = { "connexion…", "connecting…" },
    [TL_PROBE_STAGE_MEDIA] = { "son et image dans les deux sens…",
                               "sound and picture both ways…" },
    [TL_PROBE_STAGE_UP] = { "débit montant…", "bandwidth up…" },
    [TL_PROBE_STAGE_DOWN] = { "débit descendant…", "bandwidth down…" },
    [TL_PROBE_STAGE_JUDGE] = { "verdict de l’examinateur…", "the examiner's verdict…" },
};

static const struct text reasons[] = {
    { "no_answer", { "aucune réponse : un pare-feu ?", "no answer: a firewall?" } },
    { "refused", { "connexion refusée", "connection refused" } },
    { "unreachable", { "injoignable", "unreachable" } },
    { "closed", { "connexion coupée", "connection cut" } },
    { "name", { "nom introuvable", "the name is not known" } },
    { "certificate",
      { "certificat du serveur refusé (autorité locale : --ca FICHIER)",
        "the server's certificate is refused (a local authority: --ca FILE)" } },
    { "tls", { "échec de TLS", "TLS failed" } },
    { "proxy_refused", { "refusé par le proxy", "the proxy refuses" } },
    { "proxy_credentials",
      { "le proxy demande un mot de passe", "the proxy asks for a password" } },
    { "proxy_closed", { "connexion coupée par le proxy", "the proxy closed the connection" } },
    { "proxy_answer",
      { "réponse incomprise du proxy", "the proxy's answer is not understood" } },
    { "turn_refused", { "refusé par TURN", "TURN refuses" } },
    { "turn_credentials", { "accès refusé par TURN", "TURN refuses the access" } },
    { "turn_answer", { "réponse incomprise de TURN", "TURN's answer is not understood" } },
    { "no_turn", { "le serveur n’a pas de TURN", "the server has no TURN" } },
    { "no_proxy", { "pas de proxy indiqué", "no proxy was named" } },
    { "not_asked", { "non demandé", "not asked for" } },
    { "signalling", { "la connexion WebSocket échoue", "the WebSocket fails" } },
    { "busy",
      { "trop de mesures en cours, réessayez dans une minute",
        "too many probes are under way, try again in a minute" } },
    { "no_access", { "le serveur ne propose pas de mesure", "the server offers no probe" } },
    { "media",
      { "le chiffrement des médias n’aboutit pas", "media encryption does not come up" } },
    { "no_candidate",
      { "le serveur ne propose pas cette voie", "the server does not offer this way" } },
    { "no_measure", { "la mesure n’a pas abouti", "the measurement did not end" } },
};

static const char *reason_text(const char *word, enum tl_probe_language language)
{
    for (size_t i = 0; i < TL_COUNT_OF(reasons); i++)
        if (strcmp(reasons[i].word, word) == 0)
            return reasons[i].texts[language];
    return word;
}

/* French writes a comma. */
static const char *number(double value, int digits, enum tl_probe_language language,
                          char buffer[32])
{
    snprintf(buffer, 32, "%.*f", digits, value);
    char *point = strchr(buffer, '.');
    if (point && language == TL_PROBE_FRENCH)
        *point = ',';
    return buffer;
}

static const char *rate(const struct tl_probe_direction *d, enum tl_probe_language language,
                        char buffer[48])
{
    char digits[32];
    const char *more = d->saturated ? "" : "≥ ";
    if (d->kbps >= 1000)
        snprintf(buffer, 48, "%s%s Mbit/s", more, number(d->kbps / 1000, 1, language, digits));
    else
        snprintf(buffer, 48, "%s%s kbit/s", more, number(d->kbps, 0, language, digits));
    return buffer;
}

/* How wide on a screen: every letter here is one column. */
static int columns(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void print_padded(FILE *out, const char *text, int width)
{
    fprintf(out, "%s%*s", text, width > columns(text) ? width - columns(text) : 1, "");
}

static void print_direction(FILE *out, const char *arrow, const struct tl_probe_direction *d,
                            enum tl_probe_language language)
{
    static const char *const loss[2] = { "pertes", "loss" }, *const jitter[2] = { "gigue",
                                                                                  "jitter" };
    char a[48], b[32], c[32];
    fprintf(out, "%s %s, %s %s %%, %s %s ms", arrow, rate(d, language, a), loss[language],
            number(d->loss * 100, 1, language, b), jitter[language],
            number(d->jitter_ms, 1, language, c));
}

static void print_measured(FILE *out, const struct tl_probe_result *r,
                           enum tl_probe_language language)
{
    static const char *const connected[2] = { "connecté en", "connected in" },
                             *const round_trip[2] = { "aller-retour", "round trip" };
    const char *gap = language == TL_PROBE_FRENCH ? " ; " : "; ";
    char buffer[32];
    bool fit = false;
    for (unsigned use = 0; use < TL_PROBE_USES; use++)
        fit |= tl_probe_judge(r, (enum tl_probe_use)use) == 0;
    fprintf(out, "%s %s %s ms%s", fit ? "✓" : "✗", connected[language],
            number(r->connect_ms, 0, language, buffer), gap);
    print_direction(out, "↑", &r->up, language);
    fputs(gap, out);
    print_direction(out, "↓", &r->down, language);
    fprintf(out, "%s%s %s ms\n", gap, round_trip[language],
            r->rtt_ms < 0 ? "?" : number(r->rtt_ms, 0, language, buffer));
}

/* The rung on which a use is best served: the highest that is fit; else the one that lacks least. */
static const struct tl_probe_result *rung_of(const struct tl_probe_run *run,
                                             enum tl_probe_use use, unsigned *ret_lacks)
{
    const struct tl_probe_result *found = NULL;
    for (size_t i = 0; i < run->count; i++) {
        const struct tl_probe_result *r = &run->results[i];
        if (r->state != TL_PROBE_MEASURED)
            continue;
        unsigned bits = tl_probe_judge(r, use);
        if (!found || __builtin_popcount(bits) < __builtin_popcount(*ret_lacks)) {
            found = r;
            *ret_lacks = bits;
        }
    }
    return found;
}

static void print_use(FILE *out, const struct tl_probe_run *run, enum tl_probe_use use,
                      enum tl_probe_language language)
{
    static const char *const fit[2] = { "convient", "fit" },
                             *const unfit[2] = { "ne convient pas : ", "not fit: " },
                             *const no_way[2] = { "aucune voie ne mène au serveur",
                                                  "no way leads to the server" };
    unsigned bits = 0;
    const struct tl_probe_result *r = rung_of(run, use, &bits);
    fputs("  ", out);
    print_padded(out, uses[use][language], 24);
    if (r && !bits) {
        fprintf(out, "✓ %s (%s)\n", fit[language], rungs[r->rung][language]);
        return;
    }
    fprintf(out, "✗ %s", unfit[language]);
    if (!r)
        fputs(no_way[language], out);
    for (unsigned i = 0, told = 0; i < TL_PROBE_LACKS; i++)
        if (bits & 1u << i)
            fprintf(out, "%s%s", told++ ? ", " : "", lacks[i][language]);
    fputc('\n', out);
}

void tl_probe_print(FILE *out, const struct tl_probe_run *run, enum tl_probe_language language)
{
    static const char *const title[2] = { "Mesure de la ligne vers", "The line to" },
                             *const site[2] = { ", site ", ", site " },
                             *const best[2] = { "Meilleure voie utilisable",
                                                "Best usable way" },
                             *const none[2] = { "aucune", "none" };
    struct tl_probe_verdict verdict = tl_probe_verdict(run->results, run->count);
    fprintf(out, "%s %s%s%s\n\n", title[language], run->server, run->site ? site[language] : "",
            run->site ? run->site : "");
    for (size_t i = 0; i < run->count; i++) {
        const struct tl_probe_result *r = &run->results[i];
        fputs("  ", out);
        print_padded(out, rungs[r->rung][language], 24);
        if (r->state == TL_PROBE_MEASURED)
            print_measured(out, r, language);
        else
            fprintf(out, "%s %s\n", r->state == TL_PROBE_SKIPPED ? "–" : "✗",
                    reason_text(r->reason, language));
    }
    fputc('\n', out);
    for (unsigned use = 0; use < TL_PROBE_USES; use++)
        print_use(out, run, (enum tl_probe_use)use, language);
    fprintf(out, "\n  %s%s%s\n", best[language], language == TL_PROBE_FRENCH ? " : " : ": ",
            verdict.best ? rungs[verdict.best->rung][language] : none[language]);
}

void tl_probe_print_stage(FILE *out, enum tl_probe_rung rung, enum tl_probe_stage stage,
                          enum tl_probe_language language)
{
    fprintf(out, "%s%s%s\n", rungs[rung][language], language == TL_PROBE_FRENCH ? " : " : ": ",
            stages[stage][language]);
    fflush(out);
}

void tl_probe_print_reason(FILE *out, const char *server, const char *reason,
                           enum tl_probe_language language)
{
    fprintf(out, "teleloire-probe%s%s%s%s\n", language == TL_PROBE_FRENCH ? " : " : ": ",
            server, language == TL_PROBE_FRENCH ? " : " : ": ", reason_text(reason, language));
}
