/* Patients found or made by the traits of the national health identity. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "http/limits.h"
#include "http/policy.h"
#include "patients/correct.h"
#include "patients/handlers.h"
#include "patients/identity.h"
#include "patients/traits.h"
#include "records/identifiers.h"

static void check_contact(struct tl_fields *f, struct tl_text phone, struct tl_text email)
{
    if (phone.size && tl_phone_check(phone))
        tl_field_is_wrong(f, "phone", "phone");
    if (email.size && tl_mail_address_check(email))
        tl_field_is_wrong(f, "email", "address");
}

static bool read_identity(struct tl_call *call, struct tl_identity *ret_identity)
{
    struct tl_fields f;
    struct tl_identity t = { 0 };
    if (!tl_call_body(call, &f))
        return false;
    tl_traits_read(&f, call->now, &t);
    t.used_name = tl_field_characters_or_none(&f, "used_name", 100, TL_ONE_LINE);
    t.phone = tl_field_text_or_none(&f, "phone", 25);
    t.email = tl_field_text_or_none(&f, "email", 254);
    tl_field_ignore(&f, "demo");
    check_contact(&f, t.phone, t.email);
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    *ret_identity = t;
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

static void answer_known(struct tl_call *call, const char *id)
{
    tl_autorows struct tl_rows rows = { 0 };
    keep_patient(call, id);
    if (!attach(call, call->audit_patient) ||
        !tl_call_ask(call, TL_SQL_PATIENT_BY_ID, &rows, tl_value(call->audit_patient)))
        return;
    json_t *patient = json_loads(tl_rows_text(&rows, 0, 0), 0, NULL);
    call->keep = true;
    (void)tl_refuse_with(call, TL_PROBLEM_EXISTS, NULL,
                         TL_SAY("Un patient a déjà ces traits d'identité.",
                                "A patient has these identity traits already."),
                         json_pack("{s:o?}", "patient", patient));
}

/* With the key of the structure that knew them first. */
static bool add(struct tl_call *call, const struct tl_identity *t,
                const struct tl_identity_indexes *i, struct tl_rows *ret_made)
{
    char id[TL_UUID_SIZE];
    char *json = NULL;
    tl_autorows struct tl_rows structure = { 0 };
    tl_random_uuid(id);
    if (!tl_call_ask(call, TL_SQL_PERSON_STRUCTURE, &structure, tl_value(call->who.id)))
        return false;
    const struct tl_place place = { TL_PLACE_IDENTITY, id, tl_rows_text(&structure, 0, 0),
                                    NULL };
    enum tl_error error = tl_identity_write(t, &json);
    if (error)
        return tl_refuse_error(call, error);
    bool done = tl_call_ask(
        call, TL_SQL_PATIENT_ADD, ret_made, tl_value(id), tl_value_sealed(json, &place),
        tl_index_value(i->traits, i->has_traits), tl_index_value(i->name, i->has_name),
        tl_index_value(i->ins, i->has_ins), tl_value(call->who.id));
    tl_secret_free_text(json);
    return done;
}

void tl_post_patients(struct tl_call *call)
{
    struct tl_identity t = { 0 };
    struct tl_identity_indexes i;
    tl_autorows struct tl_rows known = { 0 };
    tl_autorows struct tl_rows made = { 0 };
    if (!read_identity(call, &t))
        return;
    enum tl_error error = tl_identity_index(call->db, &t, &i);
    if (error) {
        (void)tl_refuse_error(call, error);
        return;
    }
    if (!tl_call_ask(call, TL_SQL_PATIENT_TRAITS_LOCK, NULL,
                     tl_index_value(i.traits, i.has_traits)) ||
        !tl_call_ask(call, TL_SQL_PATIENT_KNOWN_BY, &known,
                     tl_index_value(i.traits, i.has_traits), tl_index_value(i.ins, i.has_ins)))
        return;
    if (tl_rows_text(&known, 0, 0)) {
        answer_known(call, tl_rows_text(&known, 0, 0));
        return;
    }
    if (!tl_limit_holds(call, TL_LIMIT_ACCOUNT_PATIENTS, call->who.id, NULL, 1) ||
        !add(call, &t, &i, &made))
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

/* What is told of somebody; a text that is not told stays. */
struct change {
    bool phone, email, used_name;
    struct tl_text new_phone, new_email, new_used_name;
};

/* ret_patient may be NULL. */
static bool change(struct tl_call *call, const char *id, const struct change *c,
                   bool only_missing, struct tl_rows *ret_patient)
{
    struct tl_correction correction = { .reason = tl_text("") };
    if (!tl_correction_begin(call, id, &correction))
        return false;
    struct tl_identity *t = &correction.identity;
    if (c->phone && !(only_missing && t->phone.size))
        t->phone = c->new_phone;
    if (c->email && !(only_missing && t->email.size))
        t->email = c->new_email;
    if (c->used_name)
        t->used_name = c->new_used_name;
    return tl_correction_end(call, &correction, ret_patient);
}

bool tl_patient_keep_contact(struct tl_call *call, const char *id, struct tl_text email,
                             struct tl_text phone)
{
    const struct change c = { .phone = phone.size != 0,
                              .email = email.size != 0,
                              .new_phone = phone,
                              .new_email = email };
    return (!c.phone && !c.email) || change(call, id, &c, true, NULL);
}

void tl_patch_patient(struct tl_call *call)
{
    struct tl_fields f;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_body(call, &f))
        return;
    struct change c = {
        .phone = json_object_get(call->body, "phone") != NULL,
        .email = json_object_get(call->body, "email") != NULL,
        .used_name = json_object_get(call->body, "used_name") != NULL,
        .new_phone = tl_field_text_or_none(&f, "phone", 25),
        .new_email = tl_field_text_or_none(&f, "email", 254),
        .new_used_name = tl_field_characters_or_none(&f, "used_name", 100, TL_ONE_LINE),
    };
    check_contact(&f, c.new_phone, c.new_email);
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (change(call, call->ids[0], &c, false, &rows) && rows.count)
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}
