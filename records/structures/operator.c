/* Structures and sites, as the operator keeps them: made, changed, closed; the first manager of a
 * structure is invited from here. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/limits.h"
#include "http/policy.h"
#include "people/people.h"
#include "records/identifiers.h"
#include "structures/handlers.h"

enum { ITEMS = 50, NAME_LIMIT = 200, CITY_LIMIT = 100, ADDRESS_LIMIT = 200, KINDS = 4 };
static const char *const kinds[KINDS] = { "msp", "hospital", "ehpad", "ars" };

void tl_get_operator_structures(struct tl_call *call)
{
    struct tl_fields f;
    char after[TL_UUID_SIZE], limit[12];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    struct tl_text q = tl_field_characters_or_none(&f, "q", 100, TL_ONE_LINE);
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", tl_field_limit(&f, ITEMS));
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_OPERATOR_STRUCTURES, &rows, tl_value_text(q),
                         tl_value(limit), tl_value(after[0] ? after : NULL)))
        (void)tl_answer_page(call, &rows);
}

static void answer(struct tl_call *call, const char *id, int status)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_OPERATOR_STRUCTURE, &rows, tl_value(id)))
        return;
    if (rows.count)
        tl_answer_json(call, status, tl_rows_text(&rows, 0, 0));
    else
        (void)tl_refuse_missing(call);
}

void tl_get_operator_structure(struct tl_call *call)
{
    struct tl_fields f;
    if (!tl_call_query(call, &f))
        return;
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else
        answer(call, call->ids[0], 200);
}

/* The fields of a structure or of a site; those not sent are NULL when it is changed. */
struct place {
    struct tl_text name, finess, address, postal_code, city, departement, phone;
    const char *kind;
    bool closed;
};

static bool has(const struct tl_call *call, const char *name)
{
    return json_object_get(call->body, name) != NULL;
}

static bool read_place(struct tl_call *call, bool site, bool change, struct place *ret_place)
{
    struct tl_fields f;
    struct place p = { .kind = NULL };
    if (!tl_call_body(call, &f))
        return false;
    if (!change || has(call, "name"))
        p.name = tl_field_characters(&f, "name", 1, NAME_LIMIT, TL_ONE_LINE);
    if (!change || has(call, "city"))
        p.city = tl_field_characters(&f, "city", 1, CITY_LIMIT, TL_ONE_LINE);
    if (!site && (!change || has(call, "kind")))
        p.kind = kinds[tl_field_word(&f, "kind", kinds, KINDS)];
    if (!site && (!change || has(call, "departement")))
        p.departement = tl_field_text(&f, "departement", 2, 3);
    p.finess = tl_field_text_or_none(&f, "finess", 9);
    p.address = tl_field_characters_or_none(&f, "address", ADDRESS_LIMIT, TL_ONE_LINE);
    p.postal_code = tl_field_characters_or_none(&f, "postal_code", 10, TL_ONE_LINE);
    p.phone = tl_field_text_or_none(&f, "phone", 25);
    if (site && change)
        p.closed = tl_field_boolean_or(&f, "closed", false);
    enum tl_error finess = p.finess.data ? tl_finess_check(p.finess) : TL_OK;
    if (finess)
        tl_field_is_wrong(&f, "finess", finess == TL_ERROR_RANGE ? "key" : "not a number");
    if (p.phone.data && tl_phone_check(p.phone))
        tl_field_is_wrong(&f, "phone", "phone");
    *ret_place = p;
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

static bool departement_is_known(struct tl_call *call, struct tl_text code)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!code.data)
        return true;
    if (!tl_call_ask(call, TL_SQL_DEPARTEMENT_EXISTS, &rows, tl_value_text(code)))
        return false;
    if (tl_rows_boolean(&rows, 0, 0))
        return true;
    return tl_refuse(call, TL_PROBLEM_FIELD, "departement",
                     TL_SAY("Ce département n'est pas de la région.",
                            "This département is not of the region."));
}

static void keep_object(struct tl_call *call, const char *id)
{
    (void)tl_text_copy(tl_text(id), call->audit_object, sizeof call->audit_object);
}

void tl_post_operator_structures(struct tl_call *call)
{
    struct place p;
    tl_autorows struct tl_rows made = { 0 };
    if (read_place(call, false, false, &p) && departement_is_known(call, p.departement) &&
        tl_limit_holds(call, TL_LIMIT_STRUCTURES, "all", NULL, 1) &&
        tl_call_ask(call, TL_SQL_STRUCTURE_ADD, &made, tl_value_text(p.name), tl_value(p.kind),
                    tl_value_text(p.finess), tl_value_text(p.address),
                    tl_value_text(p.postal_code), tl_value_text(p.city),
                    tl_value_text(p.departement), tl_value_text(p.phone))) {
        keep_object(call, tl_rows_text(&made, 0, 0));
        answer(call, call->audit_object, 201);
    }
}

/* The structure of the path, locked: one that works. */
static bool find(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_STRUCTURE_LOCK, &rows, tl_value(call->ids[0])))
        return false;
    keep_object(call, call->ids[0]);
    if (!rows.count)
        return tl_refuse_missing(call);
    if (!tl_rows_boolean(&rows, 0, 0))
        return true;
    return tl_refuse(call, TL_PROBLEM_STATE, NULL,
                     TL_SAY("Cette structure est fermée.", "This structure is closed."));
}

void tl_patch_operator_structure(struct tl_call *call)
{
    struct place p;
    if (!read_place(call, false, true, &p) || !departement_is_known(call, p.departement) ||
        !find(call))
        return;
    tl_autofree char *body = json_dumps(call->body, JSON_COMPACT);
    if (tl_call_ask(call, TL_SQL_STRUCTURE_CHANGE, NULL, tl_value(call->ids[0]),
                    tl_value(body ? body : "{}")))
        answer(call, call->ids[0], 200);
}

void tl_post_operator_structure_close(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_empty_body(call) || !find(call) || !tl_people_lock(call, call->ids[0]) ||
        !tl_call_ask(call, TL_SQL_STRUCTURE_OPEN_ACTS, &rows, tl_value(call->ids[0])))
        return;
    int64_t open = tl_rows_integer(&rows, 0, 0);
    if (open) {
        (void)tl_refuse_with(call, TL_PROBLEM_STATE, NULL,
                             TL_SAY("Des actes de cette structure sont encore ouverts.",
                                    "Acts of this structure are still open."),
                             json_pack("{s:I}", "open_acts", (json_int_t)open));
        return;
    }
    if (tl_call_ask(call, TL_SQL_STRUCTURE_CLOSE, NULL, tl_value(call->ids[0]),
                    tl_value(call->who.id)))
        answer(call, call->ids[0], 200);
}

void tl_post_operator_structure_manager(struct tl_call *call)
{
    struct tl_newcomer n;
    if (tl_newcomer_read(call, "manager", &n) && find(call))
        tl_newcomer_invite(call, call->ids[0], &n);
}

void tl_post_operator_sites(struct tl_call *call)
{
    struct place p;
    tl_autorows struct tl_rows made = { 0 };
    if (read_place(call, true, false, &p) && find(call) &&
        tl_limit_holds(call, TL_LIMIT_STRUCTURE_SITES, call->ids[0], NULL, 1) &&
        tl_call_ask(call, TL_SQL_SITE_ADD, &made, tl_value(call->ids[0]), tl_value_text(p.name),
                    tl_value_text(p.finess), tl_value_text(p.address),
                    tl_value_text(p.postal_code), tl_value_text(p.city),
                    tl_value_text(p.phone))) {
        keep_object(call, tl_rows_text(&made, 0, 0));
        answer(call, call->ids[0], 201);
    }
}

void tl_patch_operator_site(struct tl_call *call)
{
    struct place p;
    tl_autorows struct tl_rows rows = { 0 };
    if (!read_place(call, true, true, &p) || !find(call) ||
        !tl_call_ask(call, TL_SQL_SITE_FIND, &rows, tl_value(call->ids[1]),
                     tl_value(call->ids[0])))
        return;
    keep_object(call, call->ids[1]);
    if (!rows.count) {
        (void)tl_refuse_missing(call);
        return;
    }
    tl_autofree char *body = json_dumps(call->body, JSON_COMPACT);
    if (tl_call_ask(call, TL_SQL_SITE_CHANGE, NULL, tl_value(call->ids[1]),
                    tl_value(body ? body : "{}"), tl_value_boolean(p.closed)))
        answer(call, call->ids[0], 200);
}
