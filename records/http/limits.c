#include "http/limits.h"

#include <string.h>

enum { DAY_S = 86400, IDLE_SESSION_S = 1800, TICKET_S = 60, MIB = 1024 * 1024 };

const struct tl_limit_row tl_limits[TL_LIMIT_COUNT] = {
    [TL_LIMIT_ACT_CONSENTS] = { "act_consents",
                                20,
                                TL_PROBLEM_FULL,
                                0,
                                TL_SQL_COUNT_CONSENTS,
                                "consents and refusals recorded of an act",
                                { { "Cet accord a déjà été donné ou retiré trop souvent.",
                                    "This consent was given or withdrawn too often "
                                    "already." } } },
    [TL_LIMIT_ACT_REMINDERS] = { "act_reminders",
                                 10,
                                 TL_PROBLEM_FULL,
                                 0,
                                 TL_SQL_COUNT_REMINDERS,
                                 "reminders sent for an act",
                                 { { "Assez de rappels ont été envoyés pour cet acte.",
                                     "Enough reminders were sent for this act." } } },
    [TL_LIMIT_ACT_LINKS] = { "act_links",
                             20,
                             TL_PROBLEM_FULL,
                             0,
                             TL_SQL_COUNT_LINKS,
                             "links renewed for the patient of an act",
                             { { "Ce lien a été renouvelé trop souvent : planifiez un autre "
                                 "acte.",
                                 "This link was renewed too often: plan another act." } } },
    [TL_LIMIT_ACT_MOVES] = { "act_moves",
                             20,
                             TL_PROBLEM_FULL,
                             0,
                             TL_SQL_COUNT_MOVES,
                             "new times given to an act",
                             { { "Cet acte a été déplacé trop souvent : planifiez-en un autre.",
                                 "This act was moved too often: plan another." } } },
    [TL_LIMIT_ACT_AMENDMENTS] = { "act_amendments",
                                  30,
                                  TL_PROBLEM_FULL,
                                  0,
                                  TL_SQL_COUNT_AMENDMENTS,
                                  "amendments of a report",
                                  { { "Ce compte rendu a été modifié trop souvent.",
                                      "This report was amended too often." } } },
    [TL_LIMIT_ACT_GUESTS] = { "act_guests",
                              10,
                              TL_PROBLEM_FULL,
                              0,
                              TL_SQL_COUNT_GUESTS,
                              "guests invited to an act",
                              { { "Assez de personnes sont invitées à cet acte.",
                                  "Enough people are invited to this act." } } },
    [TL_LIMIT_ACT_COLLEAGUES] = { "act_colleagues",
                                  20,
                                  TL_PROBLEM_FULL,
                                  0,
                                  TL_SQL_COUNT_COLLEAGUES,
                                  "invitations of colleagues to an act, and its hand-overs",
                                  { { "Assez de professionnels ont été invités à cet acte.",
                                      "Enough professionals were invited to this act." } } },
    [TL_LIMIT_ACT_DOCUMENTS] = { "act_documents",
                                 60,
                                 TL_PROBLEM_FULL,
                                 0,
                                 TL_SQL_COUNT_DOCUMENTS,
                                 "documents and photos of an act, withdrawn ones too",
                                 { { "Cet acte a déjà trop de documents.",
                                     "This act has too many documents already." } } },
    [TL_LIMIT_ACT_DOCUMENT_BYTES] = { "act_document_bytes",
                                      200ll * MIB,
                                      TL_PROBLEM_FULL,
                                      0,
                                      TL_SQL_COUNT_DOCUMENT_BYTES,
                                      "bytes of the documents of an act",
                                      { { "Les documents de cet acte prennent déjà trop de "
                                          "place.",
                                          "The documents of this act take too much room "
                                          "already." } } },
    [TL_LIMIT_PROFESSIONAL_DAY] = { "professional_day",
                                    150,
                                    TL_PROBLEM_FULL,
                                    0,
                                    TL_SQL_COUNT_ACTS_OF_DAY,
                                    "acts of one professional on one day, cancelled ones too",
                                    { { "La journée de ce professionnel est pleine.",
                                        "The day of this professional is full." } } },
    [TL_LIMIT_ACCOUNT_PATIENTS] = { "account_patients",
                                    200,
                                    TL_PROBLEM_LIMIT,
                                    DAY_S,
                                    TL_SQL_COUNT_PATIENTS_MADE,
                                    "patients created by one person in 24 h",
                                    { { "Vous avez créé trop de patients depuis hier.",
                                        "You have created too many patients since "
                                        "yesterday." } } },
    [TL_LIMIT_ACCOUNT_SESSIONS] = { "account_sessions",
                                    30,
                                    TL_PROBLEM_LIMIT,
                                    IDLE_SESSION_S,
                                    TL_SQL_COUNT_WEB_SESSIONS,
                                    "browsers signed in to one account",
                                    { { "Ce compte est ouvert sur trop d'appareils : "
                                        "déconnectez-vous ailleurs, ou attendez une "
                                        "demi-heure.",
                                        "This account is open on too many devices: sign out "
                                        "elsewhere, or wait half an hour." } } },
    [TL_LIMIT_TICKETS] = { "tickets",
                           20,
                           TL_PROBLEM_LIMIT,
                           TICKET_S,
                           TL_SQL_COUNT_TICKETS,
                           "tickets of one person, not used yet and not a minute old",
                           { { "Trop d'entrées demandées à la fois : patientez une minute.",
                               "Too many entries asked for at once: wait a minute." } } },
    [TL_LIMIT_VISIT_TESTS] = { "visit_tests",
                               40,
                               TL_PROBLEM_LIMIT,
                               DAY_S,
                               TL_SQL_COUNT_TESTS,
                               "equipment tests of one invitation in 24 h",
                               { { "Assez de tests pour aujourd'hui.",
                                   "Enough tests for today." } } },
    [TL_LIMIT_PROBES] = { "probes",
                          32,
                          TL_PROBLEM_LIMIT,
                          TICKET_S,
                          TL_SQL_COUNT_PROBES,
                          "tickets of probes, of all who ask, not used yet and not a minute "
                          "old",
                          { { "Trop de mesures sont en cours. Patientez une minute.",
                              "Too many probes are under way. Please wait a minute." } } },
};

bool tl_limit_holds(struct tl_call *call, enum tl_limit limit, const char *subject,
                    const char *day, int64_t more)
{
    const struct tl_limit_row *row = &tl_limits[limit];
    const char *but = call->act.id[0] ? call->act.id : NULL;
    const struct tl_value values[] = { tl_value(subject), tl_value(day), tl_value(but) };
    tl_autorows struct tl_rows counted = { 0 };
    /* Two statements: the second sees what the one before us at the lock has committed. */
    if (!tl_call_ask(call, TL_SQL_LIMIT_LOCK, NULL, tl_value(row->name), tl_value(subject)) ||
        !tl_call_run(call, row->count, values, day ? 3 : 1, &counted))
        return false;
    if (tl_rows_integer(&counted, 0, 0) + more <= row->most)
        return true;
    call->answer.retry_after_s = row->retry_after_s;
    return tl_refuse_with(
        call, row->problem, NULL, row->words,
        json_pack("{s:s,s:I}", "limit", row->name, "most", (json_int_t)row->most));
}

bool tl_limit_holds_for_act(struct tl_call *call, enum tl_limit limit)
{
    return tl_limit_holds(call, limit, call->act.id, NULL, 1);
}
