/* Who plans and invites for whom: set by the professional themselves or by a manager of the
 * structure, ended by either. */
#include <string.h>

#include "http/limits.h"
#include "http/policy.h"
#include "people/handlers.h"

void tl_get_delegations(struct tl_call *call)
{
    struct tl_fields f;
    char structure[TL_UUID_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    tl_field_uuid(&f, "structure", true, structure);
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_DELEGATIONS_OF_STRUCTURE, &rows,
                         tl_value(structure[0] ? structure : NULL), tl_value(call->who.id)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

/* Their own, or a manager's. */
static bool may_decide(struct tl_call *call, const char *professional, const char *structure)
{
    return strcmp(professional, call->who.id) == 0 ||
           tl_policy_check_structure(call, TL_ACTION_STRUCTURE_MANAGE, structure);
}

static bool fits(struct tl_call *call, const char *structure, const char *professional,
                 const char *delegate)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_DELEGATION_MAY, &rows, tl_value(structure),
                     tl_value(professional), tl_value(delegate)))
        return false;
    if (!tl_rows_boolean(&rows, 0, 0))
        return tl_refuse(call, TL_PROBLEM_FIELD, "professional",
                         TL_SAY("Cette personne n'exerce pas dans cette structure.",
                                "This person does not practise in this structure."));
    if (!tl_rows_boolean(&rows, 0, 1))
        return tl_refuse(call, TL_PROBLEM_FIELD, "delegate",
                         TL_SAY("Cette personne n'est pas secrétaire de cette structure.",
                                "This person is no secretary of this structure."));
    if (tl_rows_boolean(&rows, 0, 2))
        return tl_refuse(
            call, TL_PROBLEM_EXISTS, "delegate",
            TL_SAY("Cette délégation est déjà donnée.", "This delegation is given already."));
    return true;
}

void tl_post_delegations(struct tl_call *call)
{
    struct tl_fields f;
    char structure[TL_UUID_SIZE], professional[TL_UUID_SIZE], delegate[TL_UUID_SIZE];
    tl_autorows struct tl_rows made = { 0 };
    if (!tl_call_body(call, &f))
        return;
    tl_field_uuid(&f, "structure", false, structure);
    tl_field_uuid(&f, "professional", true, professional);
    tl_field_uuid(&f, "delegate", false, delegate);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!professional[0])
        memcpy(professional, call->who.id, sizeof professional);
    if (may_decide(call, professional, structure) &&
        tl_limit_holds(call, TL_LIMIT_PERSON_DELEGATIONS, professional, NULL, 1) &&
        fits(call, structure, professional, delegate) &&
        tl_call_ask(call, TL_SQL_DELEGATION_ADD, &made, tl_value(structure),
                    tl_value(professional), tl_value(delegate), tl_value(call->who.id))) {
        const char *id = tl_rows_text(&made, 0, 0);
        (void)tl_text_copy(tl_text(id), call->audit_object, sizeof call->audit_object);
        tl_answer_object(call, 201, json_pack("{s:s}", "id", id));
    }
}

void tl_post_delegation_end(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_DELEGATION_FIND, &rows, tl_value(call->ids[0])))
        return;
    memcpy(call->audit_object, call->ids[0], sizeof call->audit_object);
    if (!rows.count)
        (void)tl_refuse_missing(call);
    else if (may_decide(call, tl_rows_text(&rows, 0, 0), tl_rows_text(&rows, 0, 2)) &&
             tl_call_ask(call, TL_SQL_DELEGATION_END, NULL, tl_value(call->ids[0]),
                         tl_value(call->who.id)))
        tl_answer_empty(call, 204);
}
