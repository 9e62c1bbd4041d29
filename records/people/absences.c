/* Absences: days on which a professional is away, and who stands in. Planning on such a day is warned
 * about once, and done when the one who plans says they know. */
#include <string.h>

#include "http/limits.h"
#include "http/policy.h"
#include "http/time_text.h"
#include "people/handlers.h"
#include "people/people.h"

enum { DAY_SIZE = 11, LONGEST_DAYS = 730, AHEAD_DAYS = 730 };

bool tl_is_present(struct tl_call *call, const char *person, const char *starts_at, bool known)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (known)
        return true;
    if (!tl_call_ask(call, TL_SQL_ABSENCE_AT, &rows, tl_value(person), tl_value(starts_at)))
        return false;
    const char *absence = tl_rows_text(&rows, 0, 0);
    if (!absence)
        return true;
    return tl_refuse_with(
        call, TL_PROBLEM_ABSENT, "starts_at",
        TL_SAY("Ce professionnel est absent ce jour-là. Choisissez un autre jour ou un "
               "remplaçant, ou confirmez.",
               "This professional is away on that day. Choose another day or a replacement, or "
               "confirm."),
        json_pack("{s:o?}", "absence", json_loads(absence, 0, NULL)));
}

void tl_get_absences(struct tl_call *call)
{
    struct tl_fields f;
    char person[TL_UUID_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    tl_field_uuid(&f, "person", true, person);
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_ABSENCES_OF, &rows,
                         tl_value(person[0] ? person : call->who.id)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

struct absence {
    char person[TL_UUID_SIZE], replacement[TL_UUID_SIZE];
    struct tl_text from, until;
};

static bool read_absence(struct tl_call *call, struct absence *ret_absence)
{
    struct tl_fields f;
    struct absence a = { .person = "" };
    struct tl_date first, last;
    int64_t today = call->now / TL_SECOND_US / 86400;
    if (!tl_call_body(call, &f))
        return false;
    tl_field_uuid(&f, "person", true, a.person);
    a.from = tl_field_text(&f, "from", 1, DAY_SIZE - 1);
    a.until = tl_field_text(&f, "until", 1, DAY_SIZE - 1);
    tl_field_uuid(&f, "replacement", true, a.replacement);
    if (!f.wrong_field && tl_date_read(a.from, &first))
        tl_field_is_wrong(&f, "from", "not a date");
    if (!f.wrong_field && tl_date_read(a.until, &last))
        tl_field_is_wrong(&f, "until", "not a date");
    if (!f.wrong_field && tl_date_days(last) < today)
        tl_field_is_wrong(&f, "until", "past");
    if (!f.wrong_field && (tl_date_days(last) < tl_date_days(first) ||
                           tl_date_days(last) - tl_date_days(first) > LONGEST_DAYS))
        tl_field_is_wrong(&f, "until", "out of range");
    if (!f.wrong_field && tl_date_days(first) > today + AHEAD_DAYS)
        tl_field_is_wrong(&f, "from", "out of range");
    if (!a.person[0])
        memcpy(a.person, call->who.id, sizeof a.person);
    if (!f.wrong_field && strcmp(a.person, a.replacement) == 0)
        tl_field_is_wrong(&f, "replacement", "same");
    *ret_absence = a;
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

/* Practises; and is oneself, or managed by who asks. */
static bool may_decide(struct tl_call *call, const char *person)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_COLLEAGUE_OF, &rows, tl_value(person),
                     tl_value(call->who.id)))
        return false;
    bool own = strcmp(person, call->who.id) == 0;
    if (!own && !tl_rows_boolean(&rows, 0, 1))
        return tl_refuse_missing(call);
    return true;
}

static bool practises(struct tl_call *call, const char *person, const char *field)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_COLLEAGUE_OF, &rows, tl_value(person),
                     tl_value(call->who.id)))
        return false;
    if (tl_rows_boolean(&rows, 0, 0))
        return true;
    return tl_refuse(call, TL_PROBLEM_FIELD, field,
                     TL_SAY("Ce professionnel n'est pas dans l'annuaire.",
                            "This professional is not in the directory."));
}

static bool stands_alone(struct tl_call *call, const struct absence *a)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ABSENCE_OVERLAPS, &rows, tl_value(a->person),
                     tl_value_text(a->from), tl_value_text(a->until)))
        return false;
    if (!tl_rows_boolean(&rows, 0, 0))
        return true;
    return tl_refuse(call, TL_PROBLEM_EXISTS, "from",
                     TL_SAY("Une absence est déjà notée sur ces jours.",
                            "An absence is noted on these days already."));
}

void tl_post_absences(struct tl_call *call)
{
    struct absence a;
    tl_autorows struct tl_rows made = { 0 };
    if (read_absence(call, &a) && may_decide(call, a.person) &&
        practises(call, a.person, "person") &&
        (!a.replacement[0] || practises(call, a.replacement, "replacement")) &&
        tl_limit_holds(call, TL_LIMIT_PERSON_ABSENCES, a.person, NULL, 1) &&
        stands_alone(call, &a) &&
        tl_call_ask(call, TL_SQL_ABSENCE_ADD, &made, tl_value(a.person), tl_value_text(a.from),
                    tl_value_text(a.until), tl_value(a.replacement[0] ? a.replacement : NULL),
                    tl_value(call->who.id))) {
        const char *id = tl_rows_text(&made, 0, 0);
        (void)tl_text_copy(tl_text(id), call->audit_object, sizeof call->audit_object);
        tl_answer_object(call, 201, json_pack("{s:s}", "id", id));
    }
}

void tl_post_absence_cancel(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_ABSENCE_FIND, &rows, tl_value(call->ids[0])))
        return;
    memcpy(call->audit_object, call->ids[0], sizeof call->audit_object);
    if (!rows.count)
        (void)tl_refuse_missing(call);
    else if (may_decide(call, tl_rows_text(&rows, 0, 0)) &&
             tl_call_ask(call, TL_SQL_ABSENCE_CANCEL, NULL, tl_value(call->ids[0]),
                         tl_value(call->who.id)))
        tl_answer_empty(call, 204);
}
