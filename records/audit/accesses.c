/* Who saw a patient's data: what the audit holds of them, in days, for those who may tell them; and a
 * day of the audit, for those who answer for people. */
#include "audit/handlers.h"

#include <stdio.h>

#include "http/policy.h"
#include "http/time_text.h"

enum { DAYS_A_PAGE = 14, DATE_SIZE = sizeof "2026-11-28" };

/* The one parameter of these pages, "" when it is missing. False: answered. */
static bool take_date(struct tl_call *call, const char *name, char ret_date[DATE_SIZE])
{
    struct tl_fields f;
    struct tl_date date;
    ret_date[0] = '\0';
    if (!tl_call_query(call, &f))
        return false;
    struct tl_text text = tl_field_text_or_none(&f, name, DATE_SIZE - 1);
    if (text.size && (tl_date_read(text, &date) || tl_text_copy(text, ret_date, DATE_SIZE)))
        tl_field_is_wrong(&f, name, "not a date");
    return !tl_fields_end(&f) || tl_refuse_fields(call, &f);
}

void tl_get_patient_accesses(struct tl_call *call)
{
    char before[DATE_SIZE], days[12];
    tl_autorows struct tl_rows rows = { 0 };
    if (!take_date(call, "before", before))
        return;
    snprintf(days, sizeof days, "%d", DAYS_A_PAGE);
    if (tl_call_ask(call, TL_SQL_PATIENT_ACCESSES, &rows, tl_value(call->ids[0]),
                    tl_value(before[0] ? before : NULL), tl_value(days)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

/* NULL: answered. */
static json_t *read_day(struct tl_call *call, const char *structure)
{
    char day[DATE_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!take_date(call, "day", day) ||
        !tl_call_ask(call, TL_SQL_AUDIT_DAY, &rows, tl_value(structure),
                     tl_value(day[0] ? day : NULL)))
        return NULL;
    json_t *day_read = json_loads(tl_rows_text(&rows, 0, 0), 0, NULL);
    if (!day_read)
        (void)tl_refuse_error(call, TL_ERROR_MEMORY);
    return day_read;
}

void tl_get_structure_accesses(struct tl_call *call)
{
    json_t *day = read_day(call, call->ids[0]);
    if (day)
        tl_answer_object(call, 200, day);
}

/* Whether checkpoints can be written is what the door knows, from the worker that writes them. */
void tl_get_operator_audit(struct tl_call *call)
{
    json_t *day = read_day(call, NULL);
    if (!day)
        return;
    json_object_set(json_object_get(day, "state"), "checkpoints_failing",
                    json_object_get(call->request->platform, "checkpoints_failing"));
    tl_answer_object(call, 200, day);
}
