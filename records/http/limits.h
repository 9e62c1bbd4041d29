/* How many: what a person or a patient can grow, each with its limit, in one table. A limit is
 * counted in the transaction that adds, behind a lock of its own name and subject, so that of two
 * requests at the edge one is refused. docs/api.md shows the table. */
#ifndef TL_RECORDS_LIMITS_H
#define TL_RECORDS_LIMITS_H

#include "http/call.h"

enum tl_limit {
    TL_LIMIT_ACT_CONSENTS,
    TL_LIMIT_ACT_REMINDERS,
    TL_LIMIT_ACT_LINKS,
    TL_LIMIT_ACT_MOVES,
    TL_LIMIT_ACT_AMENDMENTS,
    TL_LIMIT_ACT_GUESTS,
    TL_LIMIT_ACT_COLLEAGUES,
    TL_LIMIT_ACT_DOCUMENTS,
    TL_LIMIT_ACT_DOCUMENT_BYTES,
    TL_LIMIT_PROFESSIONAL_DAY,
    TL_LIMIT_ACCOUNT_PATIENTS,
    TL_LIMIT_ACCOUNT_SESSIONS,
    TL_LIMIT_TICKETS,
    TL_LIMIT_VISIT_TESTS,
    TL_LIMIT_PROBES,
    TL_LIMIT_EMERGENCIES,
    TL_LIMIT_STRUCTURE_PEOPLE,
    TL_LIMIT_STRUCTURE_ROLES,
    TL_LIMIT_STRUCTURE_NEWCOMERS,
    TL_LIMIT_PERSON_NEWCOMERS,
    TL_LIMIT_STRUCTURE_EQUIPMENT,
    TL_LIMIT_STRUCTURE_SITES,
    TL_LIMIT_STRUCTURES,
    TL_LIMIT_PERSON_DELEGATIONS,
    TL_LIMIT_PERSON_ABSENCES,
    TL_LIMIT_PERSON_INTERESTS,
    TL_LIMIT_PATIENT_TEAM,
    TL_LIMIT_PATIENT_CORRECTIONS,
    TL_LIMIT_PATIENT_RESTRICTIONS,
    TL_LIMIT_COUNT
};

struct tl_limit_row {
    const char *name;
    int64_t most;
    enum tl_problem
        problem;           /* TL_PROBLEM_FULL (409): stays so; TL_PROBLEM_LIMIT (429): passes */
    int retry_after_s;     /* of a limit that passes */
    enum tl_sql count;     /* of the subject ($1); on a day ($2), the act at hand ($3) apart */
    const char *what;      /* one line, for docs/api.md */
    struct tl_words words; /* for who is refused */
};
extern const struct tl_limit_row tl_limits[TL_LIMIT_COUNT];

/* False, and answered with the limit's name, when `more` do not fit. subject: the id the limit
 * counts for; day: RFC 3339, or NULL when the limit has no day. */
bool tl_limit_holds(struct tl_call *call, enum tl_limit limit, const char *subject,
                    const char *day, int64_t more);
/* One more of the act at hand. */
bool tl_limit_holds_for_act(struct tl_call *call, enum tl_limit limit);

#endif
