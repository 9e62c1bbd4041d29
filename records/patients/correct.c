#include "patients/correct.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "http/limits.h"
#include "http/policy.h"

static void drop(struct tl_correction *c)
{
    tl_secret_free_text(c->before);
    json_decref(c->read);
    c->before = NULL;
    c->read = NULL;
}

bool tl_correction_begin(struct tl_call *call, const char *patient, struct tl_correction *c)
{
    tl_autorows struct tl_rows rows = { 0 };
    c->patient = patient;
    c->before = NULL;
    c->read = NULL;
    if (!tl_call_ask(call, TL_SQL_PATIENT_FOR_CHANGE, &rows, tl_value(patient)))
        return false;
    if (!rows.count)
        return tl_refuse_missing(call);
    const char *plain = tl_rows_text(&rows, 0, 0);
    enum tl_error error =
        tl_text_copy(tl_text(tl_rows_text(&rows, 0, 1)), c->structure, sizeof c->structure);
    if (!error)
        error = tl_json_read(tl_bytes(plain, strlen(plain)), TL_JSON_BODY_LIMIT, &c->read);
    if (!error && !(c->before = strdup(plain)))
        error = TL_ERROR_MEMORY;
    if (error) {
        drop(c);
        return tl_refuse_error(call, error);
    }
    c->identity = tl_identity_read(c->read);
    return true;
}

static bool keep_before(struct tl_call *call, const struct tl_correction *c)
{
    char id[TL_UUID_SIZE];
    tl_random_uuid(id);
    const struct tl_place reason = { "patient_correction.reason", id, c->structure, NULL },
                          identity = { "patient_correction.identity", id, c->structure, NULL };
    return tl_call_ask(call, TL_SQL_PATIENT_CORRECTION_ADD, NULL, tl_value(id),
                       tl_value(c->patient), tl_value(call->who.id),
                       tl_value_sealed(c->reason.data, &reason),
                       tl_value_sealed(c->before, &identity));
}

static bool is_somebody_else(struct tl_call *call, const struct tl_correction *c,
                             const struct tl_identity_indexes *i)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_PATIENT_TRAITS_LOCK, NULL,
                     tl_index_value(i->traits, i->has_traits)) ||
        !tl_call_ask(call, TL_SQL_PATIENT_TWIN, &rows, tl_value(c->patient),
                     tl_index_value(i->traits, i->has_traits),
                     tl_index_value(i->ins, i->has_ins)))
        return true;
    if (tl_rows_text(&rows, 0, 0)[0] != 't')
        return false;
    (void)tl_refuse(call, TL_PROBLEM_EXISTS, NULL,
                    TL_SAY("Un autre patient a déjà ces traits d'identité ou ce matricule.",
                           "Another patient has these identity traits or this matricule."));
    return true;
}

static bool write(struct tl_call *call, const struct tl_correction *c, const char *json,
                  struct tl_rows *ret_patient)
{
    const struct tl_place place = { TL_PLACE_IDENTITY, c->patient, c->structure, NULL };
    struct tl_identity_indexes i;
    enum tl_error error = tl_identity_index(call->db, &c->identity, &i);
    if (error)
        return tl_refuse_error(call, error);
    if (strcmp(json, c->before) == 0)
        return !ret_patient ||
               tl_call_ask(call, TL_SQL_PATIENT_BY_ID, ret_patient, tl_value(c->patient));
    return !(c->reason.size && is_somebody_else(call, c, &i)) &&
           tl_limit_holds(call, TL_LIMIT_PATIENT_CORRECTIONS, c->patient, NULL, 1) &&
           keep_before(call, c) &&
           tl_call_ask(call, TL_SQL_PATIENT_UPDATE, ret_patient, tl_value(c->patient),
                       tl_value_sealed(json, &place), tl_index_value(i.traits, i.has_traits),
                       tl_index_value(i.name, i.has_name), tl_index_value(i.ins, i.has_ins));
}

bool tl_correction_end(struct tl_call *call, struct tl_correction *c,
                       struct tl_rows *ret_patient)
{
    char *json = NULL;
    enum tl_error error = tl_identity_write(&c->identity, &json);
    bool done = error ? tl_refuse_error(call, error) : write(call, c, json, ret_patient);
    tl_secret_free_text(json);
    drop(c);
    return done;
}
