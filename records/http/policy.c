#include "http/policy.h"

#include <string.h>

#include "audit/audit.h"
#include "sign_in/handlers.h"
#include "sign_in/tokens.h"

enum tl_user_role tl_route_asks(const struct tl_route *route)
{
    tl_role_set roles = tl_access_roles(route->action);
    for (enum tl_user_role role = TL_ROLE_NOBODY; role < TL_ROLE_PERSON; role++)
        if (roles & TL_ONLY(role))
            return role;
    return TL_ROLE_PERSON;
}

enum tl_db_role tl_route_db_role(const struct tl_route *route)
{
    switch (tl_route_asks(route)) {
    case TL_ROLE_NOBODY: return TL_DB_STRANGER;
    case TL_ROLE_VISITOR:
    case TL_ROLE_RECIPIENT: return TL_DB_VISITOR;
    default: return TL_DB_PERSON;
    }
}

bool tl_call_become(struct tl_call *call, enum tl_db_role role,
                    const uint8_t digest[TL_DIGEST_SIZE])
{
    return tl_call_ask(call, TL_SQL_IDENTITY_TAKE, NULL, tl_value(tl_db_role_name(role)),
                       tl_value_raw(digest, TL_DIGEST_SIZE));
}

static void copy(char *buffer, size_t size, const char *text)
{
    if (tl_text_copy(tl_text(text ? text : ""), buffer, size))
        buffer[0] = 0;
}

static enum tl_proof read_proof(const char *word)
{
    static const char *const words[] = { [TL_PROOF_NONE] = "none",
                                         [TL_PROOF_CODE] = "code",
                                         [TL_PROOF_DEVICE] = "device",
                                         [TL_PROOF_PROVIDER] = "provider" };
    for (unsigned i = TL_PROOF_NONE; word && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum tl_proof)i;
    return TL_PROOF_MISSING;
}

/* It ran out since it was last used, and is ended now: one row of the audit, although we refuse. */
static bool session_is_over(struct tl_call *call, const struct tl_rows *rows)
{
    struct tl_audit audit = { .writer = call->settings->writer,
                              .actor_kind = "person",
                              .actor = tl_rows_text(rows, 0, 1),
                              .action = strcmp(tl_rows_text(rows, 0, 9), "idle") == 0
                                            ? "session.idle"
                                            : "session.too_old" };
    enum tl_error error = tl_audit_add(call->db, &audit);
    call->keep = true;
    if (!error && !tl_sessions_tell_ended(call))
        return false;
    return error ? tl_refuse_error(call, error) : true;
}

static bool find_person(struct tl_call *call, struct tl_text token)
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_principal *who = &call->who;
    tl_token_digest(token, digest);
    if (!tl_call_become(call, TL_DB_PERSON, digest) ||
        !tl_call_run(call, TL_SQL_WEB_SESSION_FIND, NULL, 0, &rows))
        return false;
    if (!rows.count)
        return true;
    if (tl_rows_text(&rows, 0, 9))
        return session_is_over(call, &rows);
    copy(who->account, sizeof who->account, tl_rows_text(&rows, 0, 0));
    copy(who->id, sizeof who->id, tl_rows_text(&rows, 0, 1));
    copy(who->name, sizeof who->name, tl_rows_text(&rows, 0, 2));
    who->language = strcmp(tl_rows_text(&rows, 0, 3), "en") == 0 ? TL_ENGLISH : TL_FRENCH;
    const char *roles = tl_rows_text(&rows, 0, 4);
    who->roles = tl_roles_read(tl_text(roles ? roles : ""));
    who->proof = read_proof(tl_rows_text(&rows, 0, 5));
    who->proved_s = tl_rows_text(&rows, 0, 6) ? (int)tl_rows_integer(&rows, 0, 6) : -1;
    who->enrolled = tl_rows_boolean(&rows, 0, 7);
    who->demo = tl_rows_boolean(&rows, 0, 8);
    /* A role given since they signed in may ask for what was not asked then: sign in again. */
    if (who->proof == TL_PROOF_NONE && tl_access_needs_factor(who->roles))
        return true;
    who->kind = TL_PRINCIPAL_PERSON;
    who->roles = who->proof == TL_PROOF_MISSING
                     ? TL_ONLY(TL_ROLE_HALF)
                     : who->roles | TL_ONLY(TL_ROLE_HALF) | TL_ONLY(TL_ROLE_PERSON);
    who->cares = who->roles &
                 (TL_ONLY(TL_ROLE_DOCTOR) | TL_ONLY(TL_ROLE_NURSE) | TL_ONLY(TL_ROLE_MIDWIFE));
    tl_csrf_write(token, who->csrf);
    return true;
}

bool tl_principal_of(struct tl_call *call, struct tl_text token)
{
    return find_person(call, token);
}

static bool find_visitor(struct tl_call *call, struct tl_text token)
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_principal *who = &call->who;
    tl_token_digest(token, digest);
    if (!tl_call_become(call, TL_DB_VISITOR, digest) ||
        !tl_call_ask(call, TL_SQL_VISIT_FIND, &rows, tl_value_raw(digest, sizeof digest)))
        return false;
    if (!rows.count)
        return true;
    bool visitor = tl_rows_text(&rows, 0, 0) != NULL;
    who->kind = visitor ? TL_PRINCIPAL_VISITOR : TL_PRINCIPAL_RECIPIENT;
    who->roles = TL_ONLY(visitor ? TL_ROLE_VISITOR : TL_ROLE_RECIPIENT);
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
    enum tl_user_role asks = tl_route_asks(call->route);
    if (asks == TL_ROLE_NOBODY) {
        call->who.roles = TL_ONLY(TL_ROLE_NOBODY);
        return true;
    }
    bool person = asks == TL_ROLE_PERSON || asks == TL_ROLE_HALF;
    if (tl_cookie_read(call->request->cookie, person ? TL_COOKIE_ACCOUNT : TL_COOKIE_VISIT,
                       &token))
        return true;
    return person ? find_person(call, token) : find_visitor(call, token);
}

bool tl_refuse_missing(struct tl_call *call)
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

/* What the answer's words go by when somebody is several things to an act. */
static enum tl_relation strongest(tl_relation_set relations)
{
    static const enum tl_relation order[] = { TL_RELATION_OWN, TL_RELATION_COLLEAGUE,
                                              TL_RELATION_PLANNER, TL_RELATION_CARE_TEAM,
                                              TL_RELATION_EMERGENCY };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (relations & TL_ONLY(order[i]))
            return order[i];
    return TL_RELATION_NONE;
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
        return tl_refuse_missing(call);
    copy(act->id, sizeof act->id, call->ids[0]);
    copy(act->patient, sizeof act->patient, tl_rows_text(&rows, 0, 0));
    copy(act->professional, sizeof act->professional, tl_rows_text(&rows, 0, 1));
    copy(act->structure, sizeof act->structure, tl_rows_text(&rows, 0, 2));
    if (tl_act_state_read(tl_text(tl_rows_text(&rows, 0, 3)), &act->state))
        return tl_refuse_error(call, TL_ERROR_IO);
    act->version = tl_rows_integer(&rows, 0, 4);
    act->occupied = tl_rows_boolean(&rows, 0, 5);
    const char *relations = tl_rows_text(&rows, 0, 6);
    call->standing.relations = tl_relations_read(tl_text(relations ? relations : ""));
    act->relation = strongest(call->standing.relations);
    copy(call->audit_patient, sizeof call->audit_patient, act->patient);
    return true;
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

static void read_standing(struct tl_call *call, const struct tl_rows *rows)
{
    const char *relations = tl_rows_text(rows, 0, 0), *roles = tl_rows_text(rows, 0, 1);
    call->standing.relations = tl_relations_read(tl_text(relations ? relations : ""));
    call->standing.roles_there =
        roles ? tl_roles_read(tl_text(roles)) | TL_ONLY(TL_ROLE_PERSON) : 0;
}

static bool find_patient(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_PATIENT_RELATION, &rows, tl_value(call->ids[0]),
                     tl_value(call->who.id)))
        return false;
    copy(call->audit_patient, sizeof call->audit_patient, call->ids[0]);
    read_standing(call, &rows);
    return true;
}

static bool find_structure(struct tl_call *call, const char *structure)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_STRUCTURE_RELATION, &rows, tl_value(structure),
                     tl_value(call->who.id)))
        return false;
    if (!rows.count)
        return tl_refuse_missing(call);
    read_standing(call, &rows);
    return true;
}

static bool decide(struct tl_call *call, enum tl_action action)
{
    if (tl_access_allows(action, &call->standing))
        return true;
    enum tl_object object = tl_action_object(action);
    if (object != TL_OBJECT_NOTHING && !tl_access_knows(object, &call->standing))
        return tl_refuse_missing(call);
    return forbidden(call);
}

bool tl_policy_check_structure(struct tl_call *call, enum tl_action action,
                               const char *structure)
{
    return find_structure(call, structure) && decide(call, action);
}

bool tl_policy_check(struct tl_call *call, bool change)
{
    enum tl_action action = call->route->action;
    enum tl_object object = tl_action_object(action);
    call->standing = (struct tl_standing){ .roles = call->who.roles };
    if ((object == TL_OBJECT_ACT && !find_act(call, change)) ||
        (object == TL_OBJECT_PATIENT && !find_patient(call)) ||
        (object == TL_OBJECT_STRUCTURE && !find_structure(call, call->ids[0])))
        return false;
    return decide(call, action) &&
           (object == TL_OBJECT_ACT && change ? version_holds(call) : true);
}

bool tl_principal_check(struct tl_call *call, bool change)
{
    static const enum tl_principal_kind kinds[] = {
        [TL_ROLE_VISITOR] = TL_PRINCIPAL_VISITOR,
        [TL_ROLE_RECIPIENT] = TL_PRINCIPAL_RECIPIENT,
        [TL_ROLE_HALF] = TL_PRINCIPAL_PERSON,
        [TL_ROLE_PERSON] = TL_PRINCIPAL_PERSON,
    };
    enum tl_user_role asks = tl_route_asks(call->route);
    if (asks == TL_ROLE_NOBODY)
        return true;
    bool known = call->who.kind == kinds[asks];
    if (!known)
        return tl_refuse(call, TL_PROBLEM_NOT_SIGNED_IN, NULL,
                         TL_SAY("Votre session est terminée ou n'a pas commencé.",
                                "Your session is over or has not begun."));
    if (asks == TL_ROLE_PERSON && call->who.proof == TL_PROOF_MISSING)
        return tl_refuse(call, TL_PROBLEM_FACTOR, NULL,
                         TL_SAY("Donnez d'abord le second facteur de votre compte.",
                                "First give your account's second factor."));
    /* A forged request cannot read the page that holds this value. */
    if (change && !tl_secret_equal(tl_bytes(call->request->csrf.data, call->request->csrf.size),
                                   tl_bytes(call->who.csrf, strlen(call->who.csrf))))
        return tl_refuse(
            call, TL_PROBLEM_CSRF, NULL,
            TL_SAY("Rechargez la page et recommencez.", "Reload the page and try again."));
    return true;
}
