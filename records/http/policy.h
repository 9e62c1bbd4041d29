/* Who asks, and whether the table of rights (http/access.h) lets them. A route names its action; the
 * dispatcher checks it before the handler, in the same transaction, and a route without one, or whose
 * action is nobody's, is refused when the worker starts. */
#ifndef TL_RECORDS_POLICY_H
#define TL_RECORDS_POLICY_H

#include "http/access.h"
#include "http/call.h"

enum tl_idempotency { TL_ONCE_NO, TL_ONCE };

struct tl_route {
    enum tl_method method;
    const char *path; /* {} stands for a UUID, at most two */
    enum tl_action action;
    const char *audit;        /* what the audit row says; NULL: touches no health data */
    enum tl_idempotency once; /* takes an Idempotency-Key */
    size_t body_limit;
    void (*handler)(struct tl_call *call);
};

/* Whose cookie the route reads: TL_ROLE_NOBODY, TL_ROLE_VISITOR, TL_ROLE_RECIPIENT,
 * TL_ROLE_HALF or TL_ROLE_PERSON; the last two are one cookie. */
enum tl_user_role tl_route_asks(const struct tl_route *route);
/* As whom the route's transaction works until more is known (db/db.h). */
enum tl_db_role tl_route_db_role(const struct tl_route *route);
/* Cookie or nothing: who is this? The answer is in call->who, and the database works for them from
 * here on; false when it refused. */
bool tl_principal_find(struct tl_call *call);
/* The same for the token of an account's browser that has just been made. */
bool tl_principal_of(struct tl_call *call, struct tl_text token);
/* False (and answered) when the route needs an identity that is not there, or the change was not
 * sent by a page of ours. */
bool tl_principal_check(struct tl_call *call, bool change);
/* False (and answered) when the table says no to who was checked. Absent and not allowed to know
 * look the same. */
bool tl_policy_check(struct tl_call *call, bool change);
/* The same for an object that is named in the body: a structure, for an action upon structures. */
bool tl_policy_check_structure(struct tl_call *call, enum tl_action action,
                               const char *structure);
/* The one 404 of what is not there or not theirs. Always false. */
bool tl_refuse_missing(struct tl_call *call);
/* The database works for who holds this token from here on: a browser that has just signed in, or
 * opened a link. */
bool tl_call_become(struct tl_call *call, enum tl_db_role role,
                    const uint8_t digest[TL_DIGEST_SIZE]);

#endif
