/* What links with companies a professional declares: read by colleagues, and by the patient beside
 * the consent. Each statement is a version; none is changed. */
#include <string.h>

#include "base/memory.h"
#include "http/limits.h"
#include "people/handlers.h"

enum { MOST_LINKS = 20, ORGANISATION = 200, NATURE = 500, FIRST_YEAR = 1950, LAST_YEAR = 2100 };

void tl_get_interests(struct tl_call *call)
{
    struct tl_fields f;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (tl_call_ask(call, TL_SQL_INTERESTS, &rows, tl_value(call->ids[0])))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

static bool read_link(struct tl_call *call, json_t *item)
{
    struct tl_fields f = tl_fields(item);
    if (!json_is_object(item))
        return tl_refuse(call, TL_PROBLEM_FIELD, "links",
                         TL_SAY("Valeur incorrecte.", "Wrong value."));
    (void)tl_field_characters(&f, "organisation", 1, ORGANISATION, TL_ONE_LINE);
    (void)tl_field_characters(&f, "nature", 1, NATURE, TL_ONE_LINE);
    if (!json_is_null(json_object_get(item, "since_year")))
        (void)tl_field_integer_or(&f, "since_year", FIRST_YEAR, LAST_YEAR, FIRST_YEAR);
    else
        tl_field_ignore(&f, "since_year");
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

void tl_post_interests(struct tl_call *call)
{
    struct tl_fields f;
    size_t i;
    json_t *item;
    tl_autorows struct tl_rows made = { 0 };
    tl_autorows struct tl_rows all = { 0 };
    if (!tl_call_body(call, &f))
        return;
    json_t *links = tl_field_array(&f, "links", MOST_LINKS);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    json_array_foreach(links, i, item) if (!read_link(call, item)) return;
    tl_autofree char *text = json_dumps(links, JSON_COMPACT);
    if (tl_limit_holds(call, TL_LIMIT_PERSON_INTERESTS, call->who.id, NULL, 1) &&
        tl_call_ask(call, TL_SQL_INTERESTS_ADD, &made, tl_value(call->who.id)) &&
        tl_call_ask(call, TL_SQL_INTEREST_LINKS_ADD, NULL, tl_value(tl_rows_text(&made, 0, 0)),
                    tl_value(text ? text : "[]"))) {
        (void)tl_text_copy(tl_text(tl_rows_text(&made, 0, 0)), call->audit_object,
                           sizeof call->audit_object);
        if (tl_call_ask(call, TL_SQL_INTERESTS, &all, tl_value(call->who.id)))
            tl_answer_json(call, 201, tl_rows_text(&all, 0, 0));
    }
}
