/* Who saw a patient's data: what the audit holds of them, in days, for those who may tell them. */
#include "audit/handlers.h"

#include <stdio.h>

#include "http/policy.h"
#include "http/time_text.h"

enum { DAYS_A_PAGE = 14 };

void tl_get_patient_accesses(struct tl_call *call)
{
    struct tl_fields f;
    struct tl_date date;
    char before[11] = "", days[12];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    struct tl_text text = tl_field_text_or_none(&f, "before", sizeof before - 1);
    if (text.size && (tl_date_read(text, &date) || tl_text_copy(text, before, sizeof before)))
        tl_field_is_wrong(&f, "before", "not a date");
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    snprintf(days, sizeof days, "%d", DAYS_A_PAGE);
    if (tl_call_ask(call, TL_SQL_PATIENT_ACCESSES, &rows, tl_value(call->ids[0]),
                    tl_value(before[0] ? before : NULL), tl_value(days)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}
