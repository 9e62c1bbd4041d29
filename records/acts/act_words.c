#include "acts/act_words.h"

#include <stdio.h>
#include <string.h>

static void write_length(double seconds, enum tl_language language, char *buffer, size_t size)
{
    const char *of = language == TL_FRENCH ? " de" : " of";
    long whole = (long)(seconds + 0.5);
    if (seconds < 0)
        buffer[0] = 0;
    else if (whole < 1)
        snprintf(buffer, size, language == TL_FRENCH ? "%s moins de 1 s" : "%s under 1 s", of);
    else if (whole < 120)
        snprintf(buffer, size, "%s %ld s", of, whole);
    else
        snprintf(buffer, size, "%s %ld min %02ld s", of, whole / 60, whole % 60);
}

/* Several short ones may stand in one line: the measure says how long they were together. */
static bool is_sum(const char *kind, const char *unit)
{
    return unit && strcmp(unit, "ms") == 0 &&
           (strcmp(kind, "freeze") == 0 || strcmp(kind, "audio_gap") == 0);
}

static void write_measure(const char *kind, double seconds, double measure, const char *unit,
                          enum tl_language language, char *buffer, size_t size)
{
    bool french = language == TL_FRENCH;
    buffer[0] = 0;
    if (!unit)
        return;
    if (strcmp(kind, "fallback") == 0)
        snprintf(buffer, size, " (%s)", strcmp(unit, "turn") == 0 ? "TURN, 443" : "TCP");
    else if (measure < 0)
        return;
    else if (strcmp(unit, "percent") == 0)
        snprintf(buffer, size, french ? " (%.0f %% perdus)" : " (%.0f%% lost)", measure);
    else if (strcmp(unit, "incidents") == 0)
        snprintf(buffer, size, french ? " : %.0f" : ": %.0f", measure);
    else if (is_sum(kind, unit) && seconds * 1000 - measure >= 1000)
        snprintf(buffer, size, french ? " en tout, en %.0f s" : " in all, within %.0f s",
                 seconds);
}

void tl_incident_sentence(const char *kind, double seconds, double measure, const char *unit,
                          const char *name, enum tl_language language,
                          char ret_sentence[TL_SENTENCE_SIZE])
{
    /* %s is the length of time. */
    static const struct {
        const char *kind;
        const char *before[2], *after[2];
    } table[] = {
        { "interruption",
          { "Interruption", "Interruption" },
          { " du son et de l'image", " of sound and picture" } },
        { "loss", { "Liaison dégradée", "Degraded link" }, { "", "" } },
        { "relay_restart",
          { "Redémarrage du relais", "Relay restart" },
          { ", reprise automatique", ", resumed by itself" } },
        { "reconnection", { "Reconnexion", "Reconnection" }, { "", "" } },
        { "audio_gap", { "Coupure du son", "Sound lost" }, { "", "" } },
        { "freeze", { "Image figée", "Picture frozen" }, { "", "" } },
        { "fallback",
          { "Réseau restrictif : liaison de secours utilisée",
            "Restrictive network: fallback link used" },
          { "", "" } },
        { "more",
          { "Autres incidents techniques, non détaillés",
            "More technical incidents, not listed" },
          { "", "" } },
        { "test_failed",
          { "Test du matériel non réussi", "Equipment test failed" },
          { "", "" } },
    };
    char length[40] = "", amount[40], who[140] = "";
    const char *before = kind, *after = "";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(kind, table[i].kind) == 0) {
            before = table[i].before[language];
            after = table[i].after[language];
        }
    /* A picture is frozen *for* so long; an interruption is *of* so long. */
    bool untimed = strcmp(kind, "fallback") == 0 || strcmp(kind, "more") == 0;
    double shown = untimed ? -1 : is_sum(kind, unit) && measure >= 0 ? measure / 1000 : seconds;
    write_length(shown, language, length, sizeof length);
    bool lasts = strcmp(kind, "freeze") == 0 || strcmp(kind, "loss") == 0 ||
                 (language != TL_FRENCH && strcmp(kind, "audio_gap") == 0);
    if (length[0] && lasts) {
        char for_length[56];
        snprintf(for_length, sizeof for_length, "%s%s",
                 language == TL_FRENCH ? " pendant" : " for",
                 length + 3); /* without " de", " of" */
        memcpy(length, for_length, sizeof length - 1);
    }
    write_measure(kind, seconds, measure, unit, language, amount, sizeof amount);
    if (name && name[0])
        snprintf(who, sizeof who, language == TL_FRENCH ? " pour %.120s" : " for %.120s", name);
    snprintf(ret_sentence, TL_SENTENCE_SIZE, "%.60s%s%s%s%s", before, length, after, amount,
             who);
}

/* What the journal of an act says of each event; %s: the name. */
static const struct {
    const char *type;
    struct tl_words named, plain;
} labels[] = {
    { "created",
      { { "Acte planifié par %s", "Act planned by %s" } },
      { { "Acte planifié", "Act planned" } } },
    { "seat_taken", { { "Arrivée de %s", "%s arrived" } }, { { "Arrivée", "Arrival" } } },
    { "admitted", { { "Entrée de %s", "%s admitted" } }, { { "Entrée", "Admitted" } } },
    { "refused",
      { { "Entrée refusée à %s", "%s refused" } },
      { { "Entrée refusée", "Refused" } } },
    { "removed",
      { { "Sortie imposée à %s", "%s removed" } },
      { { "Sortie imposée", "Removed" } } },
    { "left", { { "Départ de %s", "%s left" } }, { { "Départ", "Departure" } } },
    { "ended",
      { { "Consultation terminée par %s", "Consultation ended by %s" } },
      { { "Consultation terminée", "Consultation ended" } } },
    { "identity_checked",
      { { "Identité vérifiée : %s", "Identity checked: %s" } },
      { { "Identité vérifiée", "Identity checked" } } },
    { "identity_unchecked",
      { { "Vérification de l'identité retirée : %s", "Identity check withdrawn: %s" } },
      { { "Vérification de l'identité retirée", "Identity check withdrawn" } } },
    { "incident",
      { { "Incident technique pour %s", "Technical incident for %s" } },
      { { "Incident technique", "Technical incident" } } },
    { "test_result",
      { { "Test du matériel par %s", "Equipment test by %s" } },
      { { "Test du matériel", "Equipment test" } } },
    { "cancelled", { { "Annulé par %s", "Cancelled by %s" } }, { { "Annulé", "Cancelled" } } },
    { "rescheduled",
      { { "Déplacé par %s", "Rescheduled by %s" } },
      { { "Déplacé", "Rescheduled" } } },
    { "reminded",
      { { "Rappel envoyé par %s", "Reminder sent by %s" } },
      { { "Rappel envoyé", "Reminder sent" } } },
    { "link_renewed",
      { { "Lien renouvelé par %s", "Link renewed by %s" } },
      { { "Lien renouvelé", "Link renewed" } } },
    { "link_opened",
      { { "Lien ouvert", "Link opened" } },
      { { "Lien ouvert", "Link opened" } } },
    { "code_verified",
      { { "Code vérifié", "Code verified" } },
      { { "Code vérifié", "Code verified" } } },
    { "handed_over",
      { { "Confié à un confrère par %s", "Handed over by %s" } },
      { { "Confié à un confrère", "Handed over" } } },
    { "colleague_invited",
      { { "Confrère invité par %s", "Colleague invited by %s" } },
      { { "Confrère invité", "Colleague invited" } } },
    { "guest_invited",
      { { "Participant invité par %s", "Guest invited by %s" } },
      { { "Participant invité", "Guest invited" } } },
    { "consent_given",
      { { "Accord recueilli", "Consent given" } },
      { { "Accord recueilli", "Consent given" } } },
    { "consent_refused",
      { { "Refus exprimé", "Consent refused" } },
      { { "Refus exprimé", "Consent refused" } } },
    { "document_added",
      { { "Document ajouté par %s", "Document added by %s" } },
      { { "Document ajouté", "Document added" } } },
    { "document_deleted",
      { { "Document retiré par %s", "Document removed by %s" } },
      { { "Document retiré", "Document removed" } } },
    { "closed",
      { { "Compte rendu signé par %s", "Report signed by %s" } },
      { { "Compte rendu signé", "Report signed" } } },
    { "amended",
      { { "Compte rendu modifié par %s", "Report amended by %s" } },
      { { "Compte rendu modifié", "Report amended" } } },
    { "not_done",
      { { "Non réalisé, déclaré par %s", "Not held, as stated by %s" } },
      { { "Non réalisé", "Not held" } } },
    { "report_read",
      { { "Documents lus par le patient", "Documents read by the patient" } },
      { { "Documents lus par le patient", "Documents read by the patient" } } },
};

void tl_event_label(const char *type, const char *name, enum tl_language language,
                    char ret_label[TL_SENTENCE_SIZE])
{
    char shown[121];
    snprintf(shown, sizeof shown, "%.120s", name ? name : "");
    snprintf(ret_label, TL_SENTENCE_SIZE, "%.60s", type);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(type, labels[i].type) != 0)
            continue;
        const char *pattern = (shown[0] ? labels[i].named : labels[i].plain).in[language];
        const char *hole = strstr(pattern, "%s");
        if (hole)
            snprintf(ret_label, TL_SENTENCE_SIZE, "%.*s%s%s", (int)(hole - pattern), pattern,
                     shown, hole + 2);
        else
            snprintf(ret_label, TL_SENTENCE_SIZE, "%s", pattern);
    }
}
