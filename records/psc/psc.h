/* Sign-in by Pro Santé Connect, in one worker: how each attempt ended, with a word for the log, the
 * numbers and the audit. Browsers are told one of four things whatever it was. */
#ifndef TL_PSC_PSC_H
#define TL_PSC_PSC_H

#include "http/call.h"
#include "psc/provider.h"

enum { TL_PSC_ATTEMPT_S = 600, TL_PSC_ATTEMPTS_LIMIT = 300, TL_PSC_PAGE_LIMIT = 200 };
#define TL_PSC_ACR "eidas1"

/* The first are the verdicts on a token, TL_PSC_GOOD among them. */
enum tl_psc_outcome {
    TL_PSC_DECLINED = TL_PSC_VERDICT_COUNT, /* over there: by the person, or by the provider */
    TL_PSC_FORM,                            /* the redirect is none of the provider's */
    TL_PSC_STATE,                           /* nobody's, or used already */
    TL_PSC_BROWSER,                         /* sent from another browser */
    TL_PSC_LATE,
    TL_PSC_PROVIDER, /* the redirect is another provider's (RFC 9207) */
    TL_PSC_CODE,     /* refused by the token endpoint */
    TL_PSC_AWAY,
    TL_PSC_ANSWER,        /* not one of a provider, or too large */
    TL_PSC_SUBJECT_OTHER, /* userinfo speaks of somebody else than the ID token */
    TL_PSC_NO_RPPS,
    TL_PSC_UNKNOWN,  /* no account here has this RPPS */
    TL_PSC_REPEATED, /* a logout token taken before */
    TL_PSC_CROWD,    /* too many attempts under way, or sessions open */
    TL_PSC_OUTCOME_COUNT
};

enum tl_psc_course { TL_PSC_SIGN_IN, TL_PSC_LOGOUT, TL_PSC_COURSE_COUNT };

struct tl_psc {
    struct tl_psc_provider *provider;
    int64_t counts[TL_PSC_COURSE_COUNT][TL_PSC_OUTCOME_COUNT];
};

/* NULL when out of memory; the texts outlive it. */
struct tl_psc *tl_psc_open(const char *issuer, const char *client_id);
/* Takes NULL. */
void tl_psc_close(struct tl_psc *psc);
const char *tl_psc_outcome_word(unsigned outcome);
/* Takes NULL. api_psc_total{course,outcome} of all that has happened. */
void tl_psc_count_into(const struct tl_psc *psc, json_t *counters);
/* Counted, logged and, in the transaction, written to the audit: person may be NULL. */
bool tl_psc_ended(struct tl_call *call, enum tl_psc_course course, unsigned outcome,
                  const char *person);
/* What the channel's error is here. */
unsigned tl_psc_outcome_of(enum tl_error error);

/* A token, judged with the provider's keys, fetched again once when its key is not among them: a
 * tl_psc_outcome. Exactly one of the outputs is given, and says what the token is to be. */
struct tl_psc_judging {
    struct tl_text token;
    const struct tl_psc_expected *expected;
    tl_time_us now;
    struct tl_psc_identity *identity;
    struct tl_psc_logout *logout;
    char **person;
};
unsigned tl_psc_judge(struct tl_psc *psc, const struct tl_psc_judging *judging);

/* The address that ends the session over there, for the browser that signs out; untouched when it did
 * not come by Pro Santé Connect. False, and answered, when it cannot be told. */
bool tl_psc_leave(struct tl_call *call, json_t **ret_address);
/* Keeps it, of the browser that has just signed in. */
bool tl_psc_keep(struct tl_call *call, const struct tl_psc_identity *identity,
                 const char *id_token);

#endif
