/* The equipment of a structure's sites: entered and kept by its manager, read by whoever works
 * there. What is retired stays on record and changes no more. */
#include <string.h>

#include "http/limits.h"
#include "http/policy.h"
#include "structures/handlers.h"

enum { NAME_LIMIT = 100, STATES = 4 };
static const char *const states[STATES] = { "in_use", "broken", "in_repair", "retired" };

void tl_get_equipment(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_EQUIPMENT_OF_STRUCTURE, &rows, tl_value(call->ids[0]),
                    tl_value(tl_language_code(call->request->language))))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

static bool has_place(struct tl_call *call, const char *site, struct tl_text kind)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_EQUIPMENT_PLACE, &rows, tl_value(call->ids[0]),
                     tl_value(site), tl_value_text(kind)))
        return false;
    if (!tl_rows_boolean(&rows, 0, 0))
        return tl_refuse(call, TL_PROBLEM_FIELD, "site",
                         TL_SAY("Ce site n'est pas de cette structure, ou il est fermé.",
                                "This site is not of this structure, or is closed."));
    if (!tl_rows_boolean(&rows, 0, 1))
        return tl_refuse(call, TL_PROBLEM_FIELD, "kind",
                         TL_SAY("Ce n'est pas un équipement de la liste.",
                                "This is not in the list of equipment."));
    return true;
}

void tl_post_equipment(struct tl_call *call)
{
    struct tl_fields f;
    char site[TL_UUID_SIZE];
    tl_autorows struct tl_rows made = { 0 };
    if (!tl_call_body(call, &f))
        return;
    tl_field_uuid(&f, "site", false, site);
    struct tl_text kind = tl_field_text(&f, "kind", 1, 30);
    struct tl_text name = tl_field_characters(&f, "name", 1, NAME_LIMIT, TL_ONE_LINE);
    const char *state = json_object_get(call->body, "state")
                            ? states[tl_field_word(&f, "state", states, STATES)]
                            : states[0];
    bool shared = tl_field_boolean_or(&f, "shared", false);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (has_place(call, site, kind) &&
        tl_limit_holds(call, TL_LIMIT_STRUCTURE_EQUIPMENT, call->ids[0], NULL, 1) &&
        tl_call_ask(call, TL_SQL_EQUIPMENT_ADD, &made, tl_value(site), tl_value_text(kind),
                    tl_value_text(name), tl_value(state), tl_value_boolean(shared),
                    tl_value(call->who.id))) {
        const char *id = tl_rows_text(&made, 0, 0);
        (void)tl_text_copy(tl_text(id), call->audit_object, sizeof call->audit_object);
        tl_answer_object(call, 201, json_pack("{s:s}", "id", id));
    }
}

void tl_patch_equipment(struct tl_call *call)
{
    struct tl_fields f;
    char site[TL_UUID_SIZE];
    struct tl_text nothing = { NULL, 0 };
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_body(call, &f))
        return;
    bool moves = json_object_get(call->body, "site") != NULL;
    bool shares = json_object_get(call->body, "shared") != NULL;
    tl_field_uuid(&f, "site", !moves, site);
    struct tl_text name = json_object_get(call->body, "name")
                              ? tl_field_characters(&f, "name", 1, NAME_LIMIT, TL_ONE_LINE)
                              : nothing;
    const char *state = json_object_get(call->body, "state")
                            ? states[tl_field_word(&f, "state", states, STATES)]
                            : NULL;
    bool shared = tl_field_boolean_or(&f, "shared", false);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!tl_call_ask(call, TL_SQL_EQUIPMENT_FIND, &rows, tl_value(call->ids[1]),
                     tl_value(call->ids[0])))
        return;
    memcpy(call->audit_object, call->ids[1], sizeof call->audit_object);
    if (!rows.count)
        (void)tl_refuse_missing(call);
    else if (strcmp(tl_rows_text(&rows, 0, 0), "retired") == 0)
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Cet équipement est retiré : il ne change plus.",
                               "This equipment is retired: it changes no more."));
    else if ((!moves || has_place(call, site, nothing)) &&
             tl_call_ask(call, TL_SQL_EQUIPMENT_CHANGE, NULL, tl_value(call->ids[1]),
                         tl_value(moves ? site : NULL), tl_value_text(name), tl_value(state),
                         shares ? tl_value_boolean(shared) : tl_value(NULL),
                         tl_value(call->who.id)))
        tl_answer_empty(call, 204);
}
