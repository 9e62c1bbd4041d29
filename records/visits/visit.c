/* The visitor's side of a consultation: what it is, consent, test, join, leave; and documents. */
#include <string.h>

#include "acts/act_answer.h"
#include "acts/documents.h"
#include "http/limits.h"
#include "http/policy.h"
#include "sessions/tickets.h"
#include "sign_in/tokens.h"
#include "visits/handlers.h"
#include "visits/visit_answer.h"

static void copy_state(const char *text, char buffer[24])
{
    if (tl_text_copy(tl_text(text), buffer, 24))
        buffer[0] = 0;
}

bool tl_visit_find(struct tl_call *call, struct tl_visit *ret_visit)
{
    tl_autorows struct tl_rows rows = { 0 };
    struct tl_visit visit = { 0 };
    if (!tl_call_ask(call, TL_SQL_VISIT_FACTS, &rows, tl_value(call->who.id)))
        return false;
    visit.object = rows.count ? json_loads(tl_rows_text(&rows, 0, 0), 0, NULL) : NULL;
    if (!visit.object)
        return tl_refuse_error(call, TL_ERROR_IO);
    (void)tl_text_copy(tl_text(call->who.act), call->act.id, sizeof call->act.id);
    (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 7)), call->audit_patient,
                       sizeof call->audit_patient);
    const char *given = tl_rows_text(&rows, 0, 3);
    const char *role = tl_rows_text(&rows, 0, 1);
    visit.consent_needed = strcmp(role, "patient") == 0;
    visit.may_only_help = strcmp(role, "helper") == 0 || strcmp(role, "guardian") == 0;
    visit.may_consent = visit.consent_needed || visit.may_only_help;
    visit.consent_given = given && given[0] == 't';
    visit.early = tl_rows_boolean(&rows, 0, 5);
    copy_state(tl_rows_text(&rows, 0, 6), visit.state);
    visit.over = strcmp(visit.state, "ended") == 0 || strcmp(visit.state, "cancelled") == 0 ||
                 strcmp(visit.state, "not_held") == 0 || strcmp(visit.state, "expired") == 0;
    if (strcmp(visit.state, "expired") == 0)
        json_object_set_new(visit.object, "state", json_string("ended"));
    json_t *consent =
        json_pack("{s:b,s:o,s:s,s:o}", "needed", visit.consent_needed, "given",
                  given ? json_boolean(visit.consent_given) : json_null(), "text_version",
                  TL_CONSENT_VERSION, "text", tl_consent_text(call->request->language));
    json_object_set_new(visit.object, "consent", consent);
    *ret_visit = visit;
    return true;
}

static void answer(struct tl_call *call)
{
    struct tl_visit visit;
    if (!tl_visit_find(call, &visit))
        return;
    json_object_set_new(visit.object, "csrf", json_string(call->who.csrf));
    tl_answer_object(call, 200, visit.object);
}

void tl_get_visit(struct tl_call *call)
{
    answer(call);
}

/* The visit as far as deciding needs it. */
static bool find_facts(struct tl_call *call, struct tl_visit *ret_visit)
{
    if (!tl_visit_find(call, ret_visit))
        return false;
    json_decref(ret_visit->object);
    ret_visit->object = NULL;
    if (!ret_visit->over)
        return true;
    return tl_refuse_with(call, TL_PROBLEM_STATE, NULL,
                          TL_SAY("Cette consultation est terminée ou annulée.",
                                 "This consultation is over or cancelled."),
                          json_pack("{s:s}", "state", ret_visit->state));
}

/* R6316-2: the consent is the patient's; who helps them may pass it on, and says so; others who
 * were invited have no word in it. */
static bool may_consent(struct tl_call *call, const struct tl_visit *visit, const char *by)
{
    if (!visit->may_consent)
        return tl_refuse(call, TL_PROBLEM_FORBIDDEN, NULL,
                         TL_SAY("Seul le patient, ou qui l'accompagne, peut donner cet accord.",
                                "Only the patient, or who accompanies them, can give this "
                                "consent."));
    if (visit->may_only_help && strcmp(by, "helper") != 0)
        return tl_refuse(call, TL_PROBLEM_FIELD, "by",
                         TL_SAY("Vous accompagnez le patient : dites-le.",
                                "You accompany the patient: say so."));
    return true;
}

void tl_post_visit_consent(struct tl_call *call)
{
    static const char *const bys[] = { "patient", "helper" };
    struct tl_fields f;
    struct tl_visit visit;
    if (!tl_call_body(call, &f))
        return;
    bool given = tl_field_boolean(&f, "given");
    const char *by = bys[tl_field_word(&f, "by", bys, 2)];
    struct tl_text version = tl_field_text(&f, "text_version", 1, 10);
    /* What was agreed to must be what we would show now. */
    if (!f.wrong_field && !tl_text_is(version, TL_CONSENT_VERSION))
        tl_field_is_wrong(&f, "text_version", "not one of the words allowed");
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (find_facts(call, &visit) && may_consent(call, &visit, by) &&
        tl_limit_holds_for_act(call, TL_LIMIT_ACT_CONSENTS) &&
        tl_call_ask(call, TL_SQL_CONSENT_ADD, NULL, tl_value(call->act.id),
                    tl_value_boolean(given), tl_value(by), tl_value("page"),
                    tl_value_text(version), tl_value(tl_language_code(call->request->language)),
                    tl_value(NULL), tl_value(call->who.id)) &&
        tl_call_event(call, given ? "consent_given" : "consent_refused",
                      json_pack("{s:s,s:s}", "by", by, "how", "page")) &&
        tl_act_changed(call, "act.changed", NULL))
        answer(call);
}

static void answer_ticket(struct tl_call *call, const char *kind)
{
    char ticket[TL_TOKEN_SIZE];
    bool session = strcmp(kind, "session") == 0;
    if (tl_ticket_make(call, kind, call->act.id, ticket))
        tl_answer_object(call, 200,
                         json_pack("{s:s,s:s*}", "ticket", ticket, "session",
                                   session ? call->act.id : NULL));
}

void tl_post_visit_test(struct tl_call *call)
{
    struct tl_visit visit;
    if (tl_call_empty_body(call) && find_facts(call, &visit) &&
        tl_limit_holds(call, TL_LIMIT_VISIT_TESTS, call->who.id, NULL, 1))
        answer_ticket(call, "test");
}

/* Of nobody: a site's line is measured before it has an appointment (docs/decisions/0050). */
void tl_post_probes(struct tl_call *call)
{
    char ticket[TL_TOKEN_SIZE];
    if (tl_call_empty_body(call) && tl_ticket_make_probe(call, ticket))
        tl_answer_object(call, 200, json_pack("{s:s}", "ticket", ticket));
}

void tl_post_visit_join(struct tl_call *call)
{
    struct tl_visit visit;
    if (!tl_call_empty_body(call) || !find_facts(call, &visit))
        return;
    if (visit.consent_needed && !visit.consent_given)
        (void)tl_refuse(call, TL_PROBLEM_CONSENT, NULL,
                        TL_SAY("Votre accord est nécessaire avant d'entrer.",
                               "Your consent is needed before you come in."));
    else if (visit.early)
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("La salle d'attente ouvre une heure avant le rendez-vous.",
                               "The waiting room opens one hour before the appointment."));
    else
        answer_ticket(call, "session");
}

void tl_post_visit_leave(struct tl_call *call)
{
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_VISIT_END, NULL, tl_value(call->who.id)))
        return;
    (void)tl_text_copy(tl_text(call->who.act), call->act.id, sizeof call->act.id);
    tl_answer_empty(call, 204);
    tl_answer_cookie(call, TL_COOKIE_VISIT, "");
}

/* Only what was given to the patient: the signed report and its prescription. */
static void answer_document(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    (void)tl_text_copy(tl_text(call->who.act), call->act.id, sizeof call->act.id);
    if (!tl_call_ask(call, TL_SQL_DOCUMENT_FOR_DELIVERY, &rows, tl_value(call->ids[0]),
                     tl_value(call->who.act)))
        return;
    if (rows.count)
        (void)tl_document_answer(call, call->who.act, call->ids[0]);
    else
        (void)tl_refuse_missing(call);
}

void tl_get_visit_document(struct tl_call *call)
{
    struct tl_visit visit;
    if (!tl_visit_find(call, &visit))
        return;
    bool ready = json_is_true(json_object_get(visit.object, "report_ready"));
    json_decref(visit.object);
    if (ready)
        answer_document(call);
    else
        (void)tl_refuse_missing(call);
}

void tl_get_delivery_document(struct tl_call *call)
{
    answer_document(call);
}
