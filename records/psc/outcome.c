/* How attempts end: words, numbers, log and audit; and tokens judged with keys that may be old. */
#include <stdio.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "base/log.h"
#include "psc/psc.h"

static const char *const own_words[] = {
    "declined", "form",   "state",         "browser", "late",    "provider", "code",
    "away",     "answer", "other_subject", "no_rpps", "unknown", "repeated", "crowd",
};
_Static_assert(sizeof own_words / sizeof own_words[0] ==
                   (int)TL_PSC_OUTCOME_COUNT - (int)TL_PSC_VERDICT_COUNT,
               "a word for each");

static const char *const courses[] = {
    [TL_PSC_SIGN_IN] = "sign_in", [TL_PSC_LOGOUT] = "logout"
};

struct tl_psc *tl_psc_open(const char *issuer, const char *client_id)
{
    struct tl_psc *psc = calloc(1, sizeof *psc);
    if (psc)
        psc->provider = tl_psc_provider_new(issuer, client_id);
    if (psc && !psc->provider) {
        free(psc);
        return NULL;
    }
    return psc;
}

void tl_psc_close(struct tl_psc *psc)
{
    if (psc)
        tl_psc_provider_free(psc->provider);
    free(psc);
}

const char *tl_psc_outcome_word(unsigned outcome)
{
    if (outcome < TL_PSC_VERDICT_COUNT)
        return tl_psc_verdict_word((enum tl_psc_verdict)outcome);
    return outcome < TL_PSC_OUTCOME_COUNT ? own_words[outcome - TL_PSC_VERDICT_COUNT]
                                          : "unknown";
}

void tl_psc_count_into(const struct tl_psc *psc, json_t *counters)
{
    char name[96];
    for (unsigned course = 0; psc && course < TL_PSC_COURSE_COUNT; course++)
        for (unsigned outcome = 0; outcome < TL_PSC_OUTCOME_COUNT; outcome++) {
            snprintf(name, sizeof name, "api_psc_total{course=\"%s\",outcome=\"%s\"}",
                     courses[course], tl_psc_outcome_word(outcome));
            json_object_set_new(counters, name, json_integer(psc->counts[course][outcome]));
        }
}

bool tl_psc_ended(struct tl_call *call, enum tl_psc_course course, unsigned outcome,
                  const char *person)
{
    char action[64];
    const char *word = tl_psc_outcome_word(outcome);
    call->settings->psc->counts[course][outcome]++;
    tl_log(outcome == TL_PSC_GOOD ? TL_LOG_INFO : TL_LOG_WARNING, "api.psc",
           TL_WORD("course", courses[course]), TL_WORD("outcome", word));
    if (outcome == TL_PSC_GOOD)
        snprintf(action, sizeof action, "psc.%s", courses[course]);
    else
        snprintf(action, sizeof action, "psc.%s_%s", courses[course], word);
    struct tl_audit audit = { .writer = call->settings->writer,
                              .actor_kind = person ? "person" : "door",
                              .actor = person ? person : "",
                              .action = action };
    enum tl_error error = tl_audit_add(call->db, &audit);
    return error ? tl_refuse_error(call, error) : true;
}

unsigned tl_psc_outcome_of(enum tl_error error)
{
    return error == TL_OK             ? (unsigned)TL_PSC_GOOD
           : error == TL_ERROR_AUTH   ? (unsigned)TL_PSC_CODE
           : error == TL_ERROR_FORMAT ? (unsigned)TL_PSC_ANSWER
                                      : (unsigned)TL_PSC_AWAY;
}

static enum tl_psc_verdict judge_once(const struct tl_psc_judging *judging,
                                      const struct tl_psc_keys *keys)
{
    if (judging->identity)
        return tl_psc_identity_judge(judging->token, keys, judging->expected, judging->now,
                                     judging->identity);
    if (judging->logout)
        return tl_psc_logout_judge(judging->token, keys, judging->expected, judging->now,
                                   judging->logout);
    return tl_psc_answer_judge(judging->token, keys, judging->expected, judging->person);
}

unsigned tl_psc_judge(struct tl_psc *psc, const struct tl_psc_judging *judging)
{
    const struct tl_psc_keys *keys = NULL;
    enum tl_error error = tl_psc_provider_keys(psc->provider, false, &keys);
    if (error)
        return tl_psc_outcome_of(error);
    enum tl_psc_verdict verdict = judge_once(judging, keys);
    if (verdict == TL_PSC_KEY_UNKNOWN &&
        tl_psc_provider_keys(psc->provider, true, &keys) == TL_OK)
        verdict = judge_once(judging, keys);
    return verdict;
}
