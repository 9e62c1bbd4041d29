/* The day, the register, one act. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/act_answer.h"
#include "acts/handlers.h"
#include "base/memory.h"
#include "base/secret.h"
#include "http/time_text.h"
#include "seal/blind.h"

enum { LIST_ITEMS = 25, LOOKED_AT = 5000 /* acts opened for one search */ };

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

/* Which acts of the register; texts are the body's or the query's. */
struct filter {
    struct tl_text state, from, to;
    char patient[TL_UUID_SIZE], after[TL_UUID_SIZE];
    int most;
};

static bool read_filter(struct tl_call *call, struct tl_fields *f, struct filter *filter)
{
    enum tl_act_state known;
    filter->state = tl_field_text_or_none(f, "state", 20);
    filter->from = tl_field_text_or_none(f, "from", 10);
    filter->to = tl_field_text_or_none(f, "to", 10);
    tl_field_uuid(f, "patient", true, filter->patient);
    tl_field_uuid(f, "after", true, filter->after);
    if (filter->state.size && tl_act_state_read(filter->state, &known))
        tl_field_is_wrong(f, "state", "not one of the words allowed");
    if (date_is_wrong(filter->from))
        tl_field_is_wrong(f, "from", "not a date");
    if (date_is_wrong(filter->to))
        tl_field_is_wrong(f, "to", "not a date");
    return tl_fields_end(f) ? tl_refuse_fields(call, f) : true;
}

/* A page of them; ids: of these only, or NULL. */
static void answer_acts(struct tl_call *call, const struct filter *filter, const char *ids)
{
    tl_autorows struct tl_rows rows = { 0 };
    char limit[12];
    snprintf(limit, sizeof limit, "%d", filter->most);
    if (tl_call_ask(call, TL_SQL_ACTS_OF_PROFESSIONAL, &rows, tl_value(call->who.id),
                    tl_value_text(filter->state), tl_value_text(filter->from),
                    tl_value_text(filter->to),
                    tl_value(filter->patient[0] ? filter->patient : NULL), tl_value(ids),
                    tl_value(filter->after[0] ? filter->after : NULL), tl_value(limit)) &&
        tl_answer_page(call, &rows))
        call->audit_each = "act.listed";
}

void tl_get_acts(struct tl_call *call)
{
    struct tl_fields f;
    struct filter filter = { .most = 0 };
    if (!tl_call_query(call, &f))
        return;
    filter.most = tl_field_limit(&f, LIST_ITEMS);
    if (read_filter(call, &f, &filter))
        answer_acts(call, &filter, NULL);
}

static bool has_words(const char *patient, const char *reason, const char *query)
{
    tl_autofree char *text = NULL;
    char *folded = NULL;
    if (asprintf(&text, "%s %s", patient ? patient : "", reason ? reason : "") < 0) {
        text = NULL;
        return false;
    }
    bool has = !tl_fold(tl_text(text), &folded) && tl_folded_has(folded, query);
    tl_secret_wipe(text, strlen(text));
    tl_secret_free_text(folded);
    return has;
}

/* Names and reasons are sealed: those of the latest acts are opened here, and one more than a page of
 * those that have the words is told to the database, as {id,id}. */
static bool find_words(struct tl_call *call, const struct filter *filter, const char *query,
                       char *ids, size_t size)
{
    tl_autorows struct tl_rows rows = { 0 };
    char most[12];
    int count = 0;
    struct tl_writer w = tl_writer(ids, size - 1);
    snprintf(most, sizeof most, "%d", LOOKED_AT);
    if (!tl_call_ask(call, TL_SQL_ACTS_FOR_SEARCH, &rows, tl_value(call->who.id),
                     tl_value_text(filter->state), tl_value_text(filter->from),
                     tl_value_text(filter->to),
                     tl_value(filter->patient[0] ? filter->patient : NULL),
                     tl_value(filter->after[0] ? filter->after : NULL), tl_value(most)))
        return false;
    tl_write_u8(&w, '{');
    for (size_t i = 0; i < rows.count && count <= filter->most; i++)
        if (has_words(tl_rows_text(&rows, i, 1), tl_rows_text(&rows, i, 2), query))
            tl_write_format(&w, "%s%s", count++ ? "," : "", tl_rows_text(&rows, i, 0));
    tl_write_u8(&w, '}');
    ids[w.used] = 0;
    return true;
}

/* By words, which may be a patient's name: in the body, where no address shows them. */
void tl_post_acts_search(struct tl_call *call)
{
    struct tl_fields f;
    struct filter filter = { .most = 0 };
    char ids[(TL_CALL_MOST_ITEMS + 1) * TL_UUID_SIZE + 3], *query = NULL;
    if (!tl_call_body(call, &f))
        return;
    struct tl_text q = tl_field_characters(&f, "q", 1, 100, TL_ONE_LINE);
    filter.most = (int)tl_field_integer_or(&f, "limit", 1, TL_CALL_MOST_ITEMS, LIST_ITEMS);
    if (!read_filter(call, &f, &filter))
        return;
    if (tl_fold(q, &query)) {
        (void)tl_refuse(call, TL_PROBLEM_FIELD, "q",
                        TL_SAY("Ce texte n'est pas lisible.", "This text is not readable."));
        return;
    }
    if (find_words(call, &filter, query, ids, sizeof ids))
        answer_acts(call, &filter, ids);
    tl_secret_free_text(query);
}
