/* What a patient may ask of who holds their data: a copy of all of it (GDPR art. 15 and 20, L1111-7 CSP),
 * its correction (art. 16), its restriction (art. 18). */
#include "base/secret.h"
#include "http/limits.h"
#include "http/policy.h"
#include "patients/correct.h"
#include "patients/handlers.h"
#include "patients/traits.h"

enum { REASON_LEAST = 3, REASON_MOST = 500 };

void tl_get_patient_export(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_PATIENT_EXPORT, &rows, tl_value(call->ids[0]),
                    tl_value(call->who.id)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

static void answer_rights(struct tl_call *call, int status)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_PATIENT_RIGHTS, &rows, tl_value(call->ids[0])))
        tl_answer_json(call, status, tl_rows_text(&rows, 0, 0));
}

void tl_get_patient_rights(struct tl_call *call)
{
    answer_rights(call, 200);
}

void tl_post_patient_correction(struct tl_call *call)
{
    struct tl_fields f;
    struct tl_identity told = { 0 };
    struct tl_correction c = { 0 };
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_body(call, &f))
        return;
    tl_traits_read(&f, call->now, &told);
    c.reason = tl_field_characters(&f, "reason", REASON_LEAST, REASON_MOST, TL_SEVERAL_LINES);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!tl_correction_begin(call, call->ids[0], &c))
        return;
    told.used_name = c.identity.used_name;
    told.phone = c.identity.phone;
    told.email = c.identity.email;
    c.identity = told;
    if (tl_correction_end(call, &c, &rows) && rows.count)
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

void tl_post_patient_restriction(struct tl_call *call)
{
    struct tl_fields f;
    char id[TL_UUID_SIZE];
    tl_autorows struct tl_rows structure = { 0 };
    tl_autorows struct tl_rows made = { 0 };
    if (!tl_call_body(call, &f))
        return;
    struct tl_text reason =
        tl_field_characters(&f, "reason", REASON_LEAST, REASON_MOST, TL_SEVERAL_LINES);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!tl_limit_holds(call, TL_LIMIT_PATIENT_RESTRICTIONS, call->ids[0], NULL, 1) ||
        !tl_call_ask(call, TL_SQL_PATIENT_STRUCTURE, &structure, tl_value(call->ids[0])))
        return;
    tl_random_uuid(id);
    const struct tl_place place = { "patient_restriction.reason", id,
                                    tl_rows_text(&structure, 0, 0), NULL };
    if (!tl_call_ask(call, TL_SQL_PATIENT_RESTRICT, &made, tl_value(id), tl_value(call->ids[0]),
                     tl_value(call->who.id), tl_value_sealed(reason.data, &place)))
        return;
    if (made.count)
        answer_rights(call, 201);
    else
        (void)tl_refuse(call, TL_PROBLEM_EXISTS, NULL,
                        TL_SAY("Les données de ce patient sont déjà limitées.",
                               "This patient's data is restricted already."));
}

/* Of one that is over already, the same answer. */
void tl_post_patient_restriction_end(struct tl_call *call)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_PATIENT_RESTRICTION_END, NULL, tl_value(call->ids[0]),
                         tl_value(call->who.id)))
        answer_rights(call, 200);
}
