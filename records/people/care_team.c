/* Who cares for a patient (équipe de soins, L1110-12 CSP): seen by the team, which adds colleagues
 * and ends a part in it. Holding an act makes one part of it (sql/migrations/0063). */
#include <string.h>

#include "http/limits.h"
#include "http/policy.h"
#include "people/handlers.h"

static void answer(struct tl_call *call, int status)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_CARE_TEAM, &rows, tl_value(call->ids[0]),
                    tl_value(call->who.id)))
        tl_answer_json(call, status, tl_rows_text(&rows, 0, 0));
}

void tl_get_care_team(struct tl_call *call)
{
    answer(call, 200);
}

void tl_post_care_team(struct tl_call *call)
{
    struct tl_fields f;
    char person[TL_UUID_SIZE];
    tl_autorows struct tl_rows known = { 0 };
    tl_autorows struct tl_rows made = { 0 };
    if (!tl_call_body(call, &f))
        return;
    tl_field_uuid(&f, "person", false, person);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!tl_limit_holds(call, TL_LIMIT_PATIENT_TEAM, call->ids[0], NULL, 1) ||
        !tl_call_ask(call, TL_SQL_COLLEAGUE_OF, &known, tl_value(person),
                     tl_value(call->who.id)))
        return;
    if (!tl_rows_boolean(&known, 0, 0)) {
        (void)tl_refuse(call, TL_PROBLEM_FIELD, "person",
                        TL_SAY("Ce professionnel n'est pas dans l'annuaire.",
                               "This professional is not in the directory."));
        return;
    }
    if (!tl_call_ask(call, TL_SQL_CARE_TEAM_ADD, &made, tl_value(call->ids[0]),
                     tl_value(person), tl_value(call->who.id)))
        return;
    memcpy(call->audit_object, person, sizeof person);
    if (made.count)
        answer(call, 201);
    else
        (void)tl_refuse(call, TL_PROBLEM_EXISTS, "person",
                        TL_SAY("Cette personne fait déjà partie de l'équipe.",
                               "This person is part of the team already."));
}

void tl_post_care_team_end(struct tl_call *call)
{
    tl_autorows struct tl_rows ended = { 0 };
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_CARE_TEAM_END, &ended, tl_value(call->ids[1]),
                     tl_value(call->ids[0]), tl_value(call->who.id)))
        return;
    if (!ended.count) {
        (void)tl_refuse_missing(call);
        return;
    }
    (void)tl_text_copy(tl_text(tl_rows_text(&ended, 0, 0)), call->audit_object,
                       sizeof call->audit_object);
    tl_answer_empty(call, 204);
}
