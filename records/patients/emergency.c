/* Emergency access (L1110-4 CSP, in the patient's interest, when nobody who may can be asked): a
 * professional who knows exactly who the patient is opens their record for a while, and says why.
 * It is told at once to who manages the structures that know the patient, and ends by itself. */
#include <stdio.h>
#include <string.h>

#include "http/limits.h"
#include "http/policy.h"
#include "http/time_text.h"
#include "outbox/outbox.h"
#include "patients/handlers.h"
#include "patients/identity.h"
#include "records/identifiers.h"

enum {
    LEAST_MINUTES = 5,
    USUAL_MINUTES = 60,
    MOST_MINUTES = 240,
    REASON_LEAST = 10,
    REASON_MOST = 500
};

/* A whole INS, or the five traits: nobody is found by less. */

static struct tl_identity read_identity(struct tl_fields *f, json_t *body)
{
    static const char *const sexes[] = { "F", "M", "U" };
    struct tl_identity who = { 0 };
    struct tl_date date;
    if (json_is_string(json_object_get(body, "ins"))) {
        who.ins = tl_field_text(f, "ins", 15, 15);
        who.ins_oid = tl_field_text(f, "ins_oid", 1, 30);
        if (!f->wrong_field && tl_ins_check(who.ins))
            tl_field_is_wrong(f, "ins", "key");
        return who;
    }
    who.birth_name = tl_field_characters(f, "birth_name", 1, 100, TL_ONE_LINE);
    who.first_names = tl_field_characters(f, "first_names", 1, 100, TL_ONE_LINE);
    who.birth_date = tl_field_text(f, "birth_date", 1, 10);
    who.sex = tl_text(sexes[tl_field_word(f, "sex", sexes, 3)]);
    who.birth_place_code = tl_field_text(f, "birth_place_code", 1, 5);
    if (!f->wrong_field && tl_date_read(who.birth_date, &date))
        tl_field_is_wrong(f, "birth_date", "not a date");
    return who;
}

/* The patient's id, or the same 404 as ever. */
static bool find(struct tl_call *call, const struct tl_identity *who, char ret_id[TL_UUID_SIZE])
{
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_identity_indexes i;
    enum tl_error error = tl_identity_index(call->db, who, &i);
    if (error)
        return tl_refuse_error(call, error);
    if (!tl_call_ask(call, TL_SQL_PATIENT_KNOWN_BY, &rows,
                     tl_index_value(i.traits, i.has_traits), tl_index_value(i.ins, i.has_ins)))
        return false;
    const char *id = tl_rows_text(&rows, 0, 0);
    return id && tl_text_copy(tl_text(id), ret_id, TL_UUID_SIZE) == TL_OK
               ? true
               : tl_refuse_missing(call);
}

void tl_post_patients_find(struct tl_call *call)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    struct tl_identity who = read_identity(&f, call->body);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (find(call, &who, call->audit_patient))
        tl_answer_object(call, 200, json_pack("{s:s}", "id", call->audit_patient));
}

/* Nothing of the patient in the message: who reads it looks in the page. */
static bool tell_managers(struct tl_call *call, const char *access)
{
    tl_autorows struct tl_rows rows = { 0 };
    char link[300];
    if (!tl_call_ask(call, TL_SQL_EMERGENCY_TOLD, &rows, tl_value(access)))
        return false;
    snprintf(link, sizeof link, "%s/", call->settings->public_url);
    for (size_t i = 0; i < rows.count; i++) {
        struct tl_recipient to = { tl_rows_text(&rows, i, 0), tl_rows_text(&rows, i, 1),
                                   strcmp(tl_rows_text(&rows, i, 2), "en") == 0 ? TL_ENGLISH
                                                                                : TL_FRENCH };
        struct tl_message_facts facts = { "", tl_rows_text(&rows, i, 3), call->now, link, "" };
        if (!tl_outbox_tell(call, TL_TOPIC_EMERGENCY, &to, &facts))
            return false;
    }
    return true;
}

static bool open_record(struct tl_call *call, struct tl_text reason, int minutes)
{
    tl_autorows struct tl_rows made = { 0 };
    tl_autorows struct tl_rows patient = { 0 };
    char text[12], id[TL_UUID_SIZE];
    tl_random_uuid(id);
    const struct tl_place place = { "emergency_access.reason", id, NULL, NULL };
    snprintf(text, sizeof text, "%d", minutes);
    if (!tl_limit_holds(call, TL_LIMIT_EMERGENCIES, call->who.id, NULL, 1) ||
        !tl_call_ask(call, TL_SQL_EMERGENCY_ADD, &made, tl_value(call->ids[0]),
                     tl_value(call->who.id), tl_value_sealed(reason.data, &place),
                     tl_value(text), tl_value(id)) ||
        !tell_managers(call, tl_rows_text(&made, 0, 0)) ||
        !tl_call_ask(call, TL_SQL_PATIENT_BY_ID, &patient, tl_value(call->ids[0])))
        return false;
    (void)tl_text_copy(tl_text(tl_rows_text(&made, 0, 0)), call->audit_object,
                       sizeof call->audit_object);
    tl_answer_object(call, 201,
                     json_pack("{s:s,s:o}", "expires_at", tl_rows_text(&made, 0, 1), "patient",
                               json_loads(tl_rows_text(&patient, 0, 0), 0, NULL)));
    return true;
}

void tl_post_patient_emergency(struct tl_call *call)
{
    struct tl_fields f;
    char found[TL_UUID_SIZE];
    if (!tl_call_body(call, &f))
        return;
    struct tl_text reason =
        tl_field_characters(&f, "reason", REASON_LEAST, REASON_MOST, TL_SEVERAL_LINES);
    int minutes =
        (int)tl_field_integer_or(&f, "minutes", LEAST_MINUTES, MOST_MINUTES, USUAL_MINUTES);
    struct tl_identity who = read_identity(&f, call->body);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    /* An id alone opens nothing: who asks knows who it is. */
    if (!find(call, &who, found))
        return;
    if (strcmp(found, call->ids[0]) != 0)
        (void)tl_refuse_missing(call);
    else
        (void)open_record(call, reason, minutes);
}

void tl_get_emergency_accesses(struct tl_call *call)
{
    struct tl_fields f;
    tl_autorows struct tl_rows rows = { 0 };
    char limit[12], after[TL_UUID_SIZE];
    if (!tl_call_query(call, &f))
        return;
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", tl_field_limit(&f, 25));
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_EMERGENCY_ACCESSES, &rows, tl_value(limit),
                         tl_value(after[0] ? after : NULL)))
        (void)tl_answer_page(call, &rows);
}
