/* How an act ends in the register: its report with what the law asks (R6316-4), or the reason why
 * it was not held. */
#include <stdio.h>
#include <string.h>

#include "acts/act_answer.h"
#include "acts/documents.h"
#include "acts/handlers.h"
#include "base/memory.h"
#include "http/limits.h"
#include "visits/invitation.h"

struct closing {
    struct tl_text text, conclusion, incident_comment, why;
    bool incidents_confirmed, identity_checked, send_to_patient;
    char prescription[TL_UUID_SIZE];
};

static bool read_closing(struct tl_call *call, bool amends, struct closing *ret_closing)
{
    struct tl_fields f;
    struct closing c = { .why = { NULL, 0 } };
    if (!tl_call_body(call, &f))
        return false;
    c.text = tl_field_characters_or_none(&f, "text", 50000, TL_SEVERAL_LINES);
    c.conclusion = tl_field_characters_or_none(&f, "conclusion", 10000, TL_SEVERAL_LINES);
    c.incidents_confirmed = tl_field_boolean_or(&f, "incidents_confirmed", false);
    c.incident_comment =
        tl_field_characters_or_none(&f, "incident_comment", 2000, TL_SEVERAL_LINES);
    c.identity_checked = tl_field_boolean_or(&f, "identity_checked", false);
    tl_field_uuid(&f, "prescription", true, c.prescription);
    c.send_to_patient = tl_field_boolean_or(&f, "send_to_patient", false);
    if (amends)
        c.why = tl_field_characters(&f, "why", 1, 1000, TL_SEVERAL_LINES);
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    *ret_closing = c;
    return true;
}

static bool blank(struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != ' ' && text.data[i] != '\n' && text.data[i] != '\t')
            return false;
    return true;
}

/* R6316-4 asks for the report and the incidents, R6316-3 for the identity, R6316-2 for a free and
 * informed consent: without one of them the act cannot be closed as held (a refusal closes it as
 * not held). All that is missing is named at once. */
static bool is_finished(struct tl_call *call, const struct closing *c)
{
    tl_autorows struct tl_rows consent = { 0 };
    if (!tl_call_ask(call, TL_SQL_CONSENT_LAST, &consent, tl_value(call->act.id)))
        return false;
    bool consented = consent.count && tl_rows_boolean(&consent, 0, 0);
    const struct {
        const char *field;
        bool there;
        struct tl_words words;
    } parts[] = {
        { "text", !blank(c->text),
          TL_SAY("Le compte rendu est vide.", "The report is empty.") },
        { "incidents_confirmed", c->incidents_confirmed,
          TL_SAY("Confirmez les incidents techniques.", "Confirm the technical incidents.") },
        { "identity_checked", c->identity_checked,
          TL_SAY("L'identité du patient n'est pas vérifiée.",
                 "The patient's identity is not checked.") },
        { "consent", consented,
          TL_SAY("L'accord du patient n'est pas enregistré.",
                 "The patient's consent is not recorded.") },
    };
    json_t *missing = json_array();
    size_t first = TL_COUNT_OF(parts);
    for (size_t i = TL_COUNT_OF(parts); i-- > 0;)
        if (!parts[i].there) {
            first = i;
            json_array_insert_new(missing, 0, json_string(parts[i].field));
        }
    if (first == TL_COUNT_OF(parts)) {
        json_decref(missing);
        return true;
    }
    return tl_refuse_with(call, TL_PROBLEM_UNFINISHED, parts[first].field, parts[first].words,
                          json_pack("{s:o}", "missing", missing));
}

static bool prescription_is_here(struct tl_call *call, const char *prescription)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!prescription[0])
        return true;
    if (!tl_call_ask(call, TL_SQL_PRESCRIPTION_OF_ACT, &rows, tl_value(prescription),
                     tl_value(call->act.id)))
        return false;
    return rows.count ? true
                      : tl_refuse(call, TL_PROBLEM_FIELD, "prescription",
                                  TL_SAY("Ce document n'est pas dans cet acte.",
                                         "This document is not in this act."));
}

static bool sign(struct tl_call *call, const struct closing *c, enum tl_act_state state)
{
    bool sent = false;
    char id[TL_UUID_SIZE];
    tl_random_uuid(id);
    const char *structure = call->act.structure;
    const struct tl_place text = { "report.text", id, structure, NULL };
    const struct tl_place conclusion = { "report.conclusion", id, structure, NULL };
    const struct tl_place comment = { "report.incident_comment", id, structure, NULL };
    const struct tl_place why = { "report.why", id, structure, NULL };
    if (!prescription_is_here(call, c->prescription) ||
        !tl_call_ask(call, TL_SQL_REPORT_ADD, NULL, tl_value(call->act.id),
                     tl_value_sealed(c->text.data, &text),
                     tl_value_sealed(c->conclusion.data ? c->conclusion.data : "", &conclusion),
                     tl_value_boolean(c->incidents_confirmed),
                     tl_value_sealed(c->incident_comment.data, &comment),
                     tl_value_boolean(c->identity_checked),
                     tl_value(c->prescription[0] ? c->prescription : NULL),
                     tl_value_boolean(c->send_to_patient), tl_value_sealed(c->why.data, &why),
                     tl_value(call->who.id), tl_value(id)) ||
        !tl_call_ask(call, TL_SQL_ACT_CLOSE, NULL, tl_value(call->act.id),
                     tl_value(tl_act_state_word(state))) ||
        !tl_call_ask(call, TL_SQL_PATIENT_IDENTITY_SEEN, NULL, tl_value(call->act.id)) ||
        !tl_report_document_make(call))
        return false;
    return !c->send_to_patient || tl_delivery_make(call, &sent);
}

/* A session everybody left without ending it is over once its professional closes the act. */
static bool end_deserted(struct tl_call *call)
{
    if (call->act.state != TL_ACT_LIVE || call->act.occupied)
        return true;
    if (!tl_call_ask(call, TL_SQL_ACT_END, NULL, tl_value(call->act.id)))
        return false;
    call->act.state = TL_ACT_TO_CLOSE;
    return tl_act_changed(call, "act.ended", NULL);
}

static void close_as(struct tl_call *call, enum tl_act_event event, const char *event_word)
{
    struct closing closing;
    enum tl_act_state state;
    if (!read_closing(call, event == TL_ACT_AMEND, &closing) || !end_deserted(call))
        return;
    if (tl_act_next(call->act.state, event, &state)) {
        (void)tl_refuse(
            call, TL_PROBLEM_STATE, NULL,
            event == TL_ACT_AMEND
                ? TL_SAY("Seul un acte clos peut être modifié.",
                         "Only a closed act can be amended.")
                : TL_SAY("Terminez la consultation, ou l'acte est déjà clos.",
                         "End the consultation first, or the act is closed already."));
        return;
    }
    if (event == TL_ACT_AMEND && !tl_limit_holds_for_act(call, TL_LIMIT_ACT_AMENDMENTS))
        return;
    if (is_finished(call, &closing) && sign(call, &closing, state) &&
        tl_call_event(call, event_word, NULL) && tl_act_changed(call, "act.changed", NULL))
        tl_act_answer(call, 200);
}

void tl_post_act_close(struct tl_call *call)
{
    close_as(call, TL_ACT_CLOSE, "closed");
}

void tl_post_act_amend(struct tl_call *call)
{
    close_as(call, TL_ACT_AMEND, "amended");
}

static bool has_begun(struct tl_call *call)
{
    struct tl_act_facts facts;
    if (!tl_act_facts_find(call, &facts))
        return false;
    bool begun = facts.starts_at <= call->now;
    tl_rows_release(&facts.rows);
    return begun ? true
                 : tl_refuse(call, TL_PROBLEM_STATE, NULL,
                             TL_SAY("L'heure n'est pas venue : annulez le rendez-vous, et "
                                    "tous seront prévenus.",
                                    "Its time has not come: cancel the appointment, and "
                                    "everybody will be told."));
}

void tl_post_act_not_done(struct tl_call *call)
{
    static const char *const reasons[] = { "patient_absent", "technical", "refusal",
                                           "professional", "other" };
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    const char *reason = reasons[tl_field_word(&f, "reason", reasons, 5)];
    struct tl_text comment = tl_field_characters_or_none(&f, "comment", 1000, TL_SEVERAL_LINES);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!tl_act_may(call->act.state, TL_ACT_NOT_HELD)) {
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("L'acte a eu lieu, ou il est déjà clos.",
                               "The act was held, or it is closed already."));
        return;
    }
    /* Before its time it is cancelled, and everybody is told. */
    if (call->act.state == TL_ACT_PLANNED && !has_begun(call))
        return;
    const struct tl_place place = { "act.not_done_comment", call->act.id, call->act.structure,
                                    NULL };
    /* Ends the session of whoever still waits. */
    if (tl_call_ask(call, TL_SQL_ACT_NOT_DONE, NULL, tl_value(call->act.id), tl_value(reason),
                    tl_value_sealed(comment.data, &place), tl_value_boolean(false)) &&
        tl_call_event(call, "not_done", json_pack("{s:s}", "reason", reason)) &&
        tl_act_changed(call, "act.ended", NULL))
        tl_act_answer(call, 200);
}

void tl_post_act_consent(struct tl_call *call)
{
    static const char *const bys[] = { "patient", "helper" };
    static const char *const hows[] = { "oral", "written" };
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    bool given = tl_field_boolean(&f, "given");
    const char *by = bys[tl_field_word(&f, "by", bys, 2)];
    const char *how = hows[tl_field_word(&f, "how", hows, 2)];
    struct tl_text version = tl_field_characters(&f, "text_version", 1, 10, TL_ONE_LINE);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!tl_act_may(call->act.state, TL_ACT_ADD)) {
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("L'acte est déjà clos.", "The act is closed already."));
        return;
    }
    if (tl_limit_holds_for_act(call, TL_LIMIT_ACT_CONSENTS) &&
        tl_call_ask(call, TL_SQL_CONSENT_ADD, NULL, tl_value(call->act.id),
                    tl_value_boolean(given), tl_value(by), tl_value(how),
                    tl_value_text(version), tl_value(tl_language_code(call->request->language)),
                    tl_value(call->who.id), tl_value(NULL)) &&
        tl_call_event(call, given ? "consent_given" : "consent_refused",
                      json_pack("{s:s,s:s}", "by", by, "how", how)))
        tl_act_answer(call, 200);
}
