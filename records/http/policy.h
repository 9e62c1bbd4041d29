/* Who may do what on which object: the one table of rights. A route names its policy; the
 * dispatcher checks it before the handler, in the same transaction, and a route without one is
 * refused when the worker starts. */
#ifndef TL_RECORDS_POLICY_H
#define TL_RECORDS_POLICY_H

#include "http/call.h"

enum tl_policy {
    TL_POLICY_UNSET,     /* no route may have it */
    TL_POLICY_ANYONE,    /* no identity: signing in, opening a link */
    TL_POLICY_SIGNED_IN, /* an account, whatever its roles */
    TL_POLICY_CARES,     /* doctor, nurse or midwife somewhere */
    TL_POLICY_PLANS,     /* the same, or a secretary */
    TL_POLICY_PATIENT,   /* plans, and a structure of theirs knows the patient {id} */
    TL_POLICY_ACT_READ, /* own, invited to it, or secretary of its structure (without the text) */
    TL_POLICY_ACT_PLAN,      /* own, or secretary of its structure */
    TL_POLICY_ACT_TAKE_PART, /* own, or invited to it */
    TL_POLICY_ACT_OWN,       /* own */
    TL_POLICY_VISIT,         /* the visitor's cookie */
    TL_POLICY_DELIVERY       /* the recipient's cookie */
};

enum tl_idempotency { TL_ONCE_NO, TL_ONCE };

struct tl_route {
    enum tl_method method;
    const char *path; /* {} stands for a UUID, at most two */
    enum tl_policy policy;
    const char *audit;        /* what the audit row says; NULL: touches no health data */
    enum tl_idempotency once; /* takes an Idempotency-Key */
    size_t body_limit;
    void (*handler)(struct tl_call *call);
};

/* The policy's name, for people: act_own. */
const char *tl_policy_word(enum tl_policy policy);
/* Cookie or nothing: who is this? The answer is in call->who; false when the database refused. */
bool tl_principal_find(struct tl_call *call);
/* False (and answered) when the route needs an identity that is not there, or the change was not
 * sent by a page of ours. */
bool tl_principal_check(struct tl_call *call, bool change);
/* False (and answered) when the policy says no to who was checked. Absent and not allowed to know look the same. */
bool tl_policy_check(struct tl_call *call, bool change);

#endif
