#include "http/policy.h"

#include <string.h>

#include "sign_in/tokens.h"

const char *tl_policy_word(enum tl_policy policy)
{
    static const char *const words[] = {
        [TL_POLICY_UNSET] = "unset",         [TL_POLICY_ANYONE] = "anyone",
        [TL_POLICY_SIGNED_IN] = "signed_in", [TL_POLICY_CARES] = "cares",
        [TL_POLICY_PLANS] = "plans",         [TL_POLICY_PATIENT] = "patient",
        [TL_POLICY_ACT_READ] = "act_read",   [TL_POLICY_ACT_PLAN] = "act_plan",
        [TL_POLICY_ACT_OWN] = "act_own",     [TL_POLICY_ACT_TAKE_PART] = "act_take_part",
        [TL_POLICY_VISIT] = "visit",         [TL_POLICY_DELIVERY] = "delivery",
    };
    return words[policy];
}

static void copy(char *buffer, size_t size, const char *text)
{
    if (tl_text_copy(tl_text(text ? text : ""), buffer, size))
        buffer[0] = 0;
}

static bool find_person(struct tl_call *call, struct tl_text token)
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_principal *who = &call->who;
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_WEB_SESSION_FIND, &rows, tl_value_raw(digest, sizeof digest)))
        return false;
    if (!rows.count)
        return true;
    who->kind = TL_PRINCIPAL_PERSON;
    copy(who->account, sizeof who->account, tl_rows_text(&rows, 0, 0));
    copy(who->id, sizeof who->id, tl_rows_text(&rows, 0, 1));
    copy(who->name, sizeof who->name, tl_rows_text(&rows, 0, 2));
    who->language = strcmp(tl_rows_text(&rows, 0, 3), "en") == 0 ? TL_ENGLISH : TL_FRENCH;
    who->cares = tl_rows_boolean(&rows, 0, 4);
    who->plans = tl_rows_boolean(&rows, 0, 5);
    tl_csrf_write(token, who->csrf);
    return true;
}

static bool find_visitor(struct tl_call *call, struct tl_text token)
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_principal *who = &call->who;
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_VISIT_FIND, &rows, tl_value_raw(digest, sizeof digest)))
        return false;
    if (!rows.count)
        return true;
    bool visitor = tl_rows_text(&rows, 0, 0) != NULL;
    who->kind = visitor ? TL_PRINCIPAL_VISITOR : TL_PRINCIPAL_RECIPIENT;
    copy(who->id, sizeof who->id, tl_rows_text(&rows, 0, visitor ? 0 : 1));
    copy(who->act, sizeof who->act, tl_rows_text(&rows, 0, 2));
    copy(who->name, sizeof who->name, tl_rows_text(&rows, 0, 3));
    who->language = strcmp(tl_rows_text(&rows, 0, 4), "en") == 0 ? TL_ENGLISH : TL_FRENCH;
    tl_csrf_write(token, who->csrf);
    return true;
}

bool tl_principal_find(struct tl_call *call)
{
    struct tl_text token;
    bool visit =
        call->route->policy == TL_POLICY_VISIT || call->route->policy == TL_POLICY_DELIVERY;
    if (call->route->policy == TL_POLICY_ANYONE)
        return true;
    if (tl_cookie_read(call->request->cookie, visit ? TL_COOKIE_VISIT : TL_COOKIE_ACCOUNT,
                       &token))
        return true;
    return visit ? find_visitor(call, token) : find_person(call, token);
}

static bool missing(struct tl_call *call)
{
    return tl_refuse(call, TL_PROBLEM_MISSING, NULL,
                     TL_SAY("Cet élément n'existe pas, ou ne vous est pas accessible.",
                            "It does not exist, or is not open to you."));
}

static bool forbidden(struct tl_call *call)
{
    return tl_refuse(
        call, TL_PROBLEM_FORBIDDEN, NULL,
        TL_SAY("Votre rôle ne permet pas cette action.", "Your role does not allow this."));
}

/* The act, locked when it is about to change, and what the person is to it. */
static bool find_act(struct tl_call *call, bool change)
{
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_act_view *act = &call->act;
    if (change && !tl_call_ask(call, TL_SQL_ACT_LOCK, NULL, tl_value(call->ids[0])))
        return false;
    if (!tl_call_ask(call, TL_SQL_ACT_VIEW, &rows, tl_value(call->ids[0]),
                     tl_value(call->who.id)))
        return false;
    if (!rows.count)
        return missing(call);
    copy(act->id, sizeof act->id, call->ids[0]);
    copy(act->patient, sizeof act->patient, tl_rows_text(&rows, 0, 0));
    copy(act->professional, sizeof act->professional, tl_rows_text(&rows, 0, 1));
    copy(act->structure, sizeof act->structure, tl_rows_text(&rows, 0, 2));
    if (tl_act_state_read(tl_text(tl_rows_text(&rows, 0, 3)), &act->state))
        return tl_refuse_error(call, TL_ERROR_IO);
    act->version = tl_rows_integer(&rows, 0, 4);
    act->occupied = tl_rows_boolean(&rows, 0, 5);
    act->relation = (enum tl_relation)tl_rows_integer(&rows, 0, 6);
    copy(call->audit_patient, sizeof call->audit_patient, act->patient);
    return act->relation == TL_RELATION_NONE ? missing(call) : true;
}

/* RFC 9110 section 13.1.1: a change based on an old version is refused. */
static bool version_holds(struct tl_call *call)
{
    struct tl_text wanted = call->request->if_match;
    uint64_t version;
    if (!wanted.data || !wanted.size)
        return true;
    if (wanted.size >= 2 && wanted.data[0] == '"' && wanted.data[wanted.size - 1] == '"')
        wanted = (struct tl_text){ wanted.data + 1, wanted.size - 2 };
    if (tl_text_u64(wanted, INT32_MAX, &version) == TL_OK &&
        (int64_t)version == call->act.version)
        return true;
    return tl_refuse(call, TL_PROBLEM_PRECONDITION, NULL,
                     TL_SAY("Cet acte a été modifié entre-temps : rechargez-le.",
                            "This act was changed meanwhile: reload it."));
}

static bool check_act(struct tl_call *call, bool change)
{
    if (!find_act(call, change))
        return false;
    enum tl_relation relation = call->act.relation;
    bool may = relation == TL_RELATION_OWN;
    switch (call->route->policy) {
    case TL_POLICY_ACT_READ: may = true; break;
    case TL_POLICY_ACT_PLAN: may |= relation == TL_RELATION_PLANNER; break;
    case TL_POLICY_ACT_TAKE_PART: may |= relation == TL_RELATION_COLLEAGUE; break;
    default: break;
    }
    if (!may)
        return forbidden(call);
    return change ? version_holds(call) : true;
}

static bool check_patient(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!call->who.plans)
        return forbidden(call);
    if (!tl_call_ask(call, TL_SQL_PATIENT_RELATION, &rows, tl_value(call->ids[0]),
                     tl_value(call->who.id)))
        return false;
    copy(call->audit_patient, sizeof call->audit_patient, call->ids[0]);
    return rows.count ? true : missing(call);
}

bool tl_principal_check(struct tl_call *call, bool change)
{
    enum tl_policy policy = call->route->policy;
    enum tl_principal_kind kind = call->who.kind;
    if (policy == TL_POLICY_ANYONE)
        return true;
    bool known = policy == TL_POLICY_VISIT      ? kind == TL_PRINCIPAL_VISITOR
                 : policy == TL_POLICY_DELIVERY ? kind == TL_PRINCIPAL_RECIPIENT
                                                : kind == TL_PRINCIPAL_PERSON;
    if (!known)
        return tl_refuse(call, TL_PROBLEM_NOT_SIGNED_IN, NULL,
                         TL_SAY("Votre session est terminée ou n'a pas commencé.",
                                "Your session is over or has not begun."));
    /* A forged request cannot read the page that holds this value. */
    if (change && !tl_secret_equal(tl_bytes(call->request->csrf.data, call->request->csrf.size),
                                   tl_bytes(call->who.csrf, strlen(call->who.csrf))))
        return tl_refuse(
            call, TL_PROBLEM_CSRF, NULL,
            TL_SAY("Rechargez la page et recommencez.", "Reload the page and try again."));
    return true;
}

bool tl_policy_check(struct tl_call *call, bool change)
{
    switch (call->route->policy) {
    case TL_POLICY_ANYONE:
    case TL_POLICY_SIGNED_IN:
    case TL_POLICY_VISIT:
    case TL_POLICY_DELIVERY: return true;
    case TL_POLICY_CARES: return call->who.cares ? true : forbidden(call);
    case TL_POLICY_PLANS: return call->who.plans ? true : forbidden(call);
    case TL_POLICY_PATIENT: return check_patient(call);
    case TL_POLICY_ACT_READ:
    case TL_POLICY_ACT_PLAN:
    case TL_POLICY_ACT_TAKE_PART:
    case TL_POLICY_ACT_OWN: return check_act(call, change);
    default: return forbidden(call);
    }
}
