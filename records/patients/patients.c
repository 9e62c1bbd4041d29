/* Patients found or made by the traits of the national health identity. */
#include <stdio.h>
#include <string.h>

#include "http/limits.h"
#include "http/time_text.h"
#include "patients/handlers.h"
#include "records/identifiers.h"

enum { SEARCH_ITEMS = 20 };

struct traits {
    struct tl_text birth_name, used_name, first_names, birth_date, sex, birth_place_code;
    struct tl_text ins, ins_oid, phone, email;
};

static void check_contact(struct tl_fields *f, struct tl_text phone, struct tl_text email)
{
    if (phone.size && tl_phone_check(phone))
        tl_field_is_wrong(f, "phone", "phone");
    if (email.size && tl_mail_address_check(email))
        tl_field_is_wrong(f, "email", "address");
}

/* A name of spaces is no name; the database would refuse it without saying which. */
static void check_name(struct tl_fields *f, const char *field, struct tl_text name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] != ' ' && name.data[i] != '\t')
            return;
    if (name.data)
        tl_field_is_wrong(f, field, "missing");
}

static void check_birth(struct tl_fields *f, const struct traits *t, tl_time_us now)
{
    struct tl_date date;
    if (f->wrong_field)
        return;
    if (tl_date_read(t->birth_date, &date))
        tl_field_is_wrong(f, "birth_date", "not a date");
    else if (tl_date_days(date) * 86400 > now / TL_SECOND_US)
        tl_field_is_wrong(f, "birth_date", "future");
    if (tl_place_code_check(t->birth_place_code))
        tl_field_is_wrong(f, "birth_place_code", "place");
}

static void check_ins(struct tl_fields *f, const struct traits *t)
{
    if (f->wrong_field || (!t->ins.size && !t->ins_oid.size))
        return;
    enum tl_error error = tl_ins_check(t->ins);
    if (error)
        tl_field_is_wrong(f, "ins", error == TL_ERROR_RANGE ? "key" : "not a matricule");
    else if (tl_ins_oid_check(t->ins_oid))
        tl_field_is_wrong(f, "ins_oid", "not one of the words allowed");
    else if (tl_ins_wrong_trait(t->ins, t->sex.data[0], t->birth_date, t->birth_place_code))
        tl_field_is_wrong(
            f, tl_ins_wrong_trait(t->ins, t->sex.data[0], t->birth_date, t->birth_place_code),
            "mismatch");
}

static bool read_traits(struct tl_call *call, struct traits *ret_traits)
{
    static const char *const sexes[] = { "F", "M", "U" };
    struct tl_fields f;
    struct traits t;
    if (!tl_call_body(call, &f))
        return false;
    t.birth_name = tl_field_characters(&f, "birth_name", 1, 100, TL_ONE_LINE);
    t.used_name = tl_field_characters_or_none(&f, "used_name", 100, TL_ONE_LINE);
    t.first_names = tl_field_characters(&f, "first_names", 1, 100, TL_ONE_LINE);
    t.birth_date = tl_field_text(&f, "birth_date", 1, 10);
    t.sex = tl_text(sexes[tl_field_word(&f, "sex", sexes, 3)]);
    t.birth_place_code = tl_field_text(&f, "birth_place_code", 1, 5);
    t.ins = tl_field_text_or_none(&f, "ins", 15);
    t.ins_oid = tl_field_text_or_none(&f, "ins_oid", 30);
    t.phone = tl_field_text_or_none(&f, "phone", 25);
    t.email = tl_field_text_or_none(&f, "email", 254);
    tl_field_ignore(&f, "demo");
    check_name(&f, "birth_name", t.birth_name);
    check_name(&f, "first_names", t.first_names);
    check_birth(&f, &t, call->now);
    check_ins(&f, &t);
    check_contact(&f, t.phone, t.email);
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    *ret_traits = t;
    return true;
}

static void keep_patient(struct tl_call *call, const char *id)
{
    (void)tl_text_copy(tl_text(id), call->audit_patient, sizeof call->audit_patient);
}

/* The structures of who asks know the patient from now on. */
static bool attach(struct tl_call *call, const char *patient)
{
    return tl_call_ask(call, TL_SQL_PATIENT_ATTACH, NULL, tl_value(patient),
                       tl_value(call->who.id));
}

static void answer_known(struct tl_call *call, const struct tl_rows *rows)
{
    keep_patient(call, tl_rows_text(rows, 0, 0));
    if (!attach(call, call->audit_patient))
        return;
    json_t *patient = json_loads(tl_rows_text(rows, 0, 1), 0, NULL);
    call->keep = true;
    (void)tl_refuse_with(call, TL_PROBLEM_EXISTS, NULL,
                         TL_SAY("Un patient a déjà ces traits d'identité.",
                                "A patient has these identity traits already."),
                         json_pack("{s:o?}", "patient", patient));
}

void tl_post_patients(struct tl_call *call)
{
    struct traits t = { 0 };
    tl_autorows struct tl_rows known = { 0 };
    tl_autorows struct tl_rows made = { 0 };
    if (!read_traits(call, &t))
        return;
    if (!tl_call_ask(call, TL_SQL_PATIENT_TRAITS_LOCK, NULL, tl_value_text(t.birth_name),
                     tl_value_text(t.first_names), tl_value_text(t.birth_date),
                     tl_value_text(t.sex), tl_value_text(t.birth_place_code)) ||
        !tl_call_ask(call, TL_SQL_PATIENT_BY_TRAITS, &known, tl_value_text(t.birth_name),
                     tl_value_text(t.first_names), tl_value_text(t.birth_date),
                     tl_value_text(t.sex), tl_value_text(t.birth_place_code),
                     tl_value_text(t.ins), tl_value_text(t.ins_oid)))
        return;
    if (known.count) {
        answer_known(call, &known);
        return;
    }
    if (!tl_limit_holds(call, TL_LIMIT_ACCOUNT_PATIENTS, call->who.id, NULL, 1) ||
        !tl_call_ask(call, TL_SQL_PATIENT_ADD, &made, tl_value_text(t.birth_name),
                     tl_value_text(t.used_name), tl_value_text(t.first_names),
                     tl_value_text(t.birth_date), tl_value_text(t.sex),
                     tl_value_text(t.birth_place_code), tl_value_text(t.ins),
                     tl_value_text(t.ins_oid), tl_value_text(t.phone), tl_value_text(t.email),
                     tl_value(call->who.id)))
        return;
    keep_patient(call, tl_rows_text(&made, 0, 0));
    if (attach(call, call->audit_patient))
        tl_answer_json(call, 201, tl_rows_text(&made, 0, 1));
}

void tl_get_patient(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_PATIENT_BY_ID, &rows, tl_value(call->ids[0])))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

void tl_patch_patient(struct tl_call *call)
{
    struct tl_fields f;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_body(call, &f))
        return;
    bool has_phone = json_object_get(call->body, "phone") != NULL;
    bool has_email = json_object_get(call->body, "email") != NULL;
    bool has_used_name = json_object_get(call->body, "used_name") != NULL;
    struct tl_text phone = tl_field_text_or_none(&f, "phone", 25);
    struct tl_text email = tl_field_text_or_none(&f, "email", 254);
    struct tl_text used_name = tl_field_characters_or_none(&f, "used_name", 100, TL_ONE_LINE);
    check_contact(&f, phone, email);
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_PATIENT_UPDATE, &rows, tl_value(call->ids[0]),
                         tl_value_boolean(has_phone), tl_value_text(phone),
                         tl_value_boolean(has_email), tl_value_text(email),
                         tl_value_boolean(has_used_name), tl_value_text(used_name)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

/* 12/04/1956 as people here write it, into 1956-04-12; false when it is neither form. */
static bool read_query_date(struct tl_text q, char ret_date[11])
{
    struct tl_date date;
    if (q.size != 10)
        return false;
    if (q.data[2] == '/' && q.data[5] == '/')
        snprintf(ret_date, 11, "%.4s-%.2s-%.2s", q.data + 6, q.data + 3, q.data);
    else
        snprintf(ret_date, 11, "%.10s", q.data);
    return tl_date_read(tl_text(ret_date), &date) == TL_OK;
}

/* "Moreau, 12/04/1956": the date is taken off the end, what is left is the name. */
static bool take_query_date(struct tl_text *q, char ret_date[11])
{
    enum { DATE = 10 };
    struct tl_text end = { q->data + (q->size < DATE ? 0 : q->size - DATE), DATE };
    bool apart =
        q->size == DATE || (q->size > DATE && (end.data[-1] == ' ' || end.data[-1] == ','));
    if (!apart || !read_query_date(end, ret_date))
        return false;
    q->size -= DATE;
    while (q->size && (q->data[q->size - 1] == ' ' || q->data[q->size - 1] == ','))
        q->size--;
    return true;
}

void tl_post_patients_search(struct tl_call *call)
{
    struct tl_fields f;
    enum { CHARACTERS = 100 };
    char name[4 * CHARACTERS + 1] = "", date[11] = "", ins[16] = "", after[TL_UUID_SIZE];
    char limit[12];
    size_t used = 0;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_body(call, &f))
        return;
    struct tl_text q = tl_field_characters(&f, "q", 2, CHARACTERS, TL_ONE_LINE);
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d",
             (int)tl_field_integer_or(&f, "limit", 1, TL_CALL_MOST_ITEMS, SEARCH_ITEMS));
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    bool by_date = take_query_date(&q, date);
    (void)tl_text_copy(q, name, sizeof name); /* without what was taken off */
    for (size_t i = 0; i < q.size && used <= 15; i++) {
        if (q.data[i] == ' ')
            continue;
        if (used < 15)
            ins[used] = q.data[i];
        used++;
    }
    bool by_ins = !by_date && used == 15 && ins[0] >= '0' && ins[0] <= '9';
    if (tl_call_ask(call, TL_SQL_PATIENT_SEARCH, &rows, tl_value(call->who.id),
                    tl_value(by_ins || !q.size ? NULL : name), tl_value(by_date ? date : NULL),
                    tl_value(by_ins ? ins : NULL), tl_value(limit),
                    tl_value(after[0] ? after : NULL)) &&
        tl_answer_page(call, &rows))
        call->audit_each = "patient.listed";
}
