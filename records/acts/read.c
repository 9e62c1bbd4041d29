/* The day, the register, one act. */
#include <stdio.h>
#include <string.h>

#include "acts/act_answer.h"
#include "acts/handlers.h"
#include "http/time_text.h"

enum { LIST_ITEMS = 25 };

void tl_get_act(struct tl_call *call)
{
    tl_act_answer(call, 200);
}

static bool date_is_wrong(struct tl_text text)
{
    struct tl_date date;
    return text.size && tl_date_read(text, &date) != TL_OK;
}

void tl_get_day(struct tl_call *call)
{
    struct tl_fields f;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    struct tl_text date = tl_field_text_or_none(&f, "date", 10);
    if (date_is_wrong(date))
        tl_field_is_wrong(&f, "date", "not a date");
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_ACTS_OF_DAY, &rows, tl_value(call->who.id),
                         tl_value_text(date))) {
        call->audit_each = "act.listed";
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
    }
}

static void list_acts(struct tl_call *call, struct tl_fields f, struct tl_text q, int most)
{
    char patient[TL_UUID_SIZE], after[TL_UUID_SIZE], limit[12];
    enum tl_act_state known;
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_text state = tl_field_text_or_none(&f, "state", 20);
    struct tl_text from = tl_field_text_or_none(&f, "from", 10);
    struct tl_text to = tl_field_text_or_none(&f, "to", 10);
    tl_field_uuid(&f, "patient", true, patient);
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", most);
    if (state.size && tl_act_state_read(state, &known))
        tl_field_is_wrong(&f, "state", "not one of the words allowed");
    if (date_is_wrong(from))
        tl_field_is_wrong(&f, "from", "not a date");
    if (date_is_wrong(to))
        tl_field_is_wrong(&f, "to", "not a date");
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_ACTS_OF_PROFESSIONAL, &rows, tl_value(call->who.id),
                         tl_value_text(state), tl_value_text(from), tl_value_text(to),
                         tl_value(patient[0] ? patient : NULL), tl_value_text(q),
                         tl_value(after[0] ? after : NULL), tl_value(limit)) &&
             tl_answer_page(call, &rows))
        call->audit_each = "act.listed";
}

void tl_get_acts(struct tl_call *call)
{
    struct tl_fields f;
    if (!tl_call_query(call, &f))
        return;
    int most = tl_field_limit(&f, LIST_ITEMS);
    list_acts(call, f, (struct tl_text){ NULL, 0 }, most);
}

/* By words, which may be a patient's name: in the body, where no address shows them. */
void tl_post_acts_search(struct tl_call *call)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    struct tl_text q = tl_field_characters(&f, "q", 1, 100, TL_ONE_LINE);
    int most = (int)tl_field_integer_or(&f, "limit", 1, TL_CALL_MOST_ITEMS, LIST_ITEMS);
    list_acts(call, f, q, most);
}
