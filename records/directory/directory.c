/* Professionals and structures: who can be invited, handed over to, worked with. */
#include <stdio.h>

#include "directory/handlers.h"

enum { ITEMS = 20 };

void tl_get_directory(struct tl_call *call)
{
    struct tl_fields f;
    char structure[TL_UUID_SIZE], after[TL_UUID_SIZE], limit[12];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    struct tl_text q = tl_field_characters_or_none(&f, "q", 100, TL_ONE_LINE);
    struct tl_text profession = tl_field_characters_or_none(&f, "profession", 100, TL_ONE_LINE);
    tl_field_uuid(&f, "structure", true, structure);
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", tl_field_limit(&f, ITEMS));
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_DIRECTORY, &rows, tl_value_text(q),
                         tl_value_text(profession), tl_value(structure[0] ? structure : NULL),
                         tl_value(limit), tl_value(after[0] ? after : NULL)))
        (void)tl_answer_page(call, &rows);
}

void tl_get_structures(struct tl_call *call)
{
    struct tl_fields f;
    char after[TL_UUID_SIZE], limit[12];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    struct tl_text q = tl_field_characters_or_none(&f, "q", 100, TL_ONE_LINE);
    struct tl_text kind = tl_field_text_or_none(&f, "kind", 20);
    struct tl_text departement = tl_field_text_or_none(&f, "departement", 3);
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", tl_field_limit(&f, TL_CALL_MOST_ITEMS));
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_STRUCTURES, &rows, tl_value_text(q), tl_value_text(kind),
                         tl_value_text(departement), tl_value(limit),
                         tl_value(after[0] ? after : NULL)))
        (void)tl_answer_page(call, &rows);
}
