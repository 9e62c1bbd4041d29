#include "outbox/messages.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "http/time_text.h"

/* {p} professional, {s} structure, {t} time, {l} link, {c} code. */
static const struct {
    struct tl_words subject, mail, sms;
} texts[TL_TOPIC_COUNT] = {
    [TL_TOPIC_LINK] = {
        { { "Votre téléconsultation avec {p}", "Your remote consultation with {p}" } },
        { { "Bonjour,\n\n{p} ({s}) vous attend en téléconsultation {t}.\n\nOuvrez ce lien depuis "
            "un téléphone, une tablette ou un ordinateur avec une caméra :\n{l}\n\nUn code à six "
            "chiffres vous est envoyé dans un autre message ; il vous sera demandé. Vous pouvez "
            "tester votre matériel dès la veille.\n\nCe lien est personnel : ne le transmettez "
            "pas. Aucun enregistrement n'est fait de l'image ni du son.\n\nEn cas d'urgence, "
            "appelez le 15 ou le 112.\n",
            "Hello,\n\n{p} ({s}) expects you for a remote consultation on {t}.\n\nOpen this link "
            "on a phone, a tablet or a computer with a camera:\n{l}\n\nA code of six digits comes "
            "in another message; you will be asked for it. You can test your equipment from the "
            "day before.\n\nThis link is yours alone: please do not pass it on. Neither picture "
            "nor sound is recorded.\n\nIn an emergency call 15 or 112.\n" } },
        { { "Téléconsultation {p}, {t} : {l}", "Remote consultation {p}, {t}: {l}" } },
    },
    [TL_TOPIC_CODE] = {
        { { "Votre code", "Your code" } },
        { { "Bonjour,\n\nVotre code est {c}.\n\nNe le communiquez à personne : ni le "
            "professionnel ni le secrétariat ne vous le demanderont.\n",
            "Hello,\n\nYour code is {c}.\n\nDo not give it to anyone: neither the professional "
            "nor the office will ask for it.\n" } },
        { { "Votre code Téléloire : {c}. Ne le donnez à personne.",
            "Your Téléloire code: {c}. Do not give it to anyone." } },
    },
    [TL_TOPIC_REMINDER] = {
        { { "Rappel : votre téléconsultation avec {p}", "Reminder: your consultation with {p}" } },
        { { "Bonjour,\n\nNous vous rappelons votre téléconsultation avec {p} ({s}) {t}.\n\nVotre "
            "lien :\n{l}\n\nSi vous n'avez plus votre code, vous pourrez en demander un autre en "
            "ouvrant le lien.\n",
            "Hello,\n\nA reminder of your remote consultation with {p} ({s}) on {t}.\n\nYour "
            "link:\n{l}\n\nIf you no longer have your code, you can ask for another when you open "
            "the link.\n" } },
        { { "Rappel : téléconsultation {p}, {t} : {l}", "Reminder: consultation {p}, {t}: {l}" } },
    },
    [TL_TOPIC_RESCHEDULED] = {
        { { "Nouvel horaire de votre téléconsultation", "New time for your consultation" } },
        { { "Bonjour,\n\nVotre téléconsultation avec {p} ({s}) a maintenant lieu {t}.\n\nVotre "
            "lien reste le même :\n{l}\n",
            "Hello,\n\nYour remote consultation with {p} ({s}) now takes place on {t}.\n\nYour "
            "link stays the same:\n{l}\n" } },
        { { "Téléconsultation {p} déplacée : {t}. Même lien : {l}",
            "Consultation {p} moved: {t}. Same link: {l}" } },
    },
    [TL_TOPIC_CANCELLED] = {
        { { "Votre téléconsultation est annulée", "Your consultation is cancelled" } },
        { { "Bonjour,\n\nVotre téléconsultation avec {p} ({s}), prévue {t}, est annulée. Vous "
            "n'avez rien à faire.\n\nPour un autre rendez-vous, prenez contact avec {s}. En cas "
            "d'urgence, appelez le 15 ou le 112.\n",
            "Hello,\n\nYour remote consultation with {p} ({s}), planned for {t}, is cancelled. "
            "There is nothing you need to do.\n\nFor another appointment please contact {s}. In "
            "an emergency call 15 or 112.\n" } },
        { { "Téléconsultation {p}, {t} : annulée. Contact : {s}",
            "Consultation {p}, {t}: cancelled. Contact: {s}" } },
    },
    [TL_TOPIC_HANDED_OVER] = {
        { { "Votre téléconsultation : {p} vous recevra", "Your consultation: {p} will see you" } },
        { { "Bonjour,\n\nC'est {p} qui vous recevra en téléconsultation {t}.\n\nVotre lien "
            "reste le même :\n{l}\n",
            "Hello,\n\n{p} will see you for your remote consultation on {t}.\n\nYour link "
            "stays the same:\n{l}\n" } },
        { { "{p} vous recevra en téléconsultation {t}. Même lien : {l}",
            "{p} will see you {t}. Same link: {l}" } },
    },
    [TL_TOPIC_REPORT] = {
        { { "Vos documents sont disponibles", "Your documents are ready" } },
        { { "Bonjour,\n\n{p} ({s}) a mis des documents à votre disposition. Vous pouvez les lire "
            "pendant 30 jours :\n{l}\n\nUn code à six chiffres vous est envoyé dans un autre "
            "message.\n",
            "Hello,\n\n{p} ({s}) has made documents available to you. You can read them for 30 "
            "days:\n{l}\n\nA code of six digits comes in another message.\n" } },
        { { "Documents de {p}, 30 jours : {l}", "Documents from {p}, 30 days: {l}" } },
    },
    [TL_TOPIC_COLLEAGUE] = {
        { { "{p} vous invite à une téléconsultation", "{p} invites you to a consultation" } },
        { { "Bonjour,\n\n{p} ({s}) vous invite à prendre part à une téléconsultation {t}. Elle "
            "figure dans votre journée :\n{l}\n",
            "Hello,\n\n{p} ({s}) invites you to take part in a remote consultation on {t}. It is "
            "on your day's page:\n{l}\n" } },
        { { "{p} vous invite à une téléconsultation, {t} : {l}",
            "{p} invites you to a consultation, {t}: {l}" } },
    },
    [TL_TOPIC_TAKEN_OVER] = {
        { { "Une téléconsultation vous est confiée", "A consultation is handed to you" } },
        { { "Bonjour,\n\nUne téléconsultation prévue {t} ({s}) vous est confiée. Le patient est "
            "prévenu. Elle figure dans votre journée :\n{l}\n",
            "Hello,\n\nA remote consultation planned for {t} ({s}) is handed to you. The patient "
            "has been told. It is on your day's page:\n{l}\n" } },
        { { "Une téléconsultation vous est confiée, {t} : {l}",
            "A consultation is handed to you, {t}: {l}" } },
    },
    [TL_TOPIC_PRO_PLANNED] = {
        { { "Une téléconsultation est planifiée pour vous", "A consultation is planned for you" } },
        { { "Bonjour,\n\nUne téléconsultation est planifiée pour vous {t} ({s}). Elle figure dans "
            "votre journée :\n{l}\n",
            "Hello,\n\nA remote consultation is planned for you on {t} ({s}). It is on your day's "
            "page:\n{l}\n" } },
        { { "Une téléconsultation est planifiée pour vous, {t} : {l}",
            "A consultation is planned for you, {t}: {l}" } },
    },
    [TL_TOPIC_PRO_CANCELLED] = {
        { { "Une téléconsultation est annulée", "A consultation is cancelled" } },
        { { "Bonjour,\n\nLa téléconsultation de {p} ({s}) prévue {t} est annulée.\n",
            "Hello,\n\nThe remote consultation of {p} ({s}) planned for {t} is cancelled.\n" } },
        { { "Téléconsultation {p}, {t} : annulée.", "Consultation {p}, {t}: cancelled." } },
    },
    [TL_TOPIC_PRO_RESCHEDULED] = {
        { { "Une téléconsultation est déplacée", "A consultation is moved" } },
        { { "Bonjour,\n\nLa téléconsultation de {p} ({s}) a maintenant lieu {t}. Elle figure dans "
            "votre journée :\n{l}\n",
            "Hello,\n\nThe remote consultation of {p} ({s}) now takes place on {t}. It is on your "
            "day's page:\n{l}\n" } },
        { { "Téléconsultation {p} déplacée : {t}. {l}", "Consultation {p} moved: {t}. {l}" } },
    },
    [TL_TOPIC_PRO_REMINDER] = {
        { { "Rappel : une téléconsultation vous attend", "Reminder: a consultation awaits you" } },
        { { "Bonjour,\n\nNous vous rappelons la téléconsultation de {p} ({s}) {t}. Elle figure dans "
            "votre journée :\n{l}\n",
            "Hello,\n\nA reminder of the remote consultation of {p} ({s}) on {t}. It is on your "
            "day's page:\n{l}\n" } },
        { { "Rappel : téléconsultation {p}, {t} : {l}", "Reminder: consultation {p}, {t}: {l}" } },
    },
    [TL_TOPIC_PRO_HANDED_OVER] = {
        { { "Une téléconsultation change de professionnel", "A consultation changes hands" } },
        { { "Bonjour,\n\nLa téléconsultation prévue {t} ({s}) est maintenant tenue par {p}.\n",
            "Hello,\n\nThe remote consultation planned for {t} ({s}) is now held by {p}.\n" } },
        { { "Téléconsultation {t} : tenue par {p}.", "Consultation {t}: held by {p}." } },
    },
    [TL_TOPIC_ALERT] = {
        { { "Des consultations inhabituelles de dossiers", "Unusual access to records" } },
        { { "Bonjour,\n\nUne personne de {s} a consulté des dossiers d'une façon inhabituelle. Ce "
            "n'est pas forcément une faute. Qui, quand et combien se lit dans Téléloire, après "
            "connexion ; une réponse y est attendue :\n{l}\n",
            "Hello,\n\nA person of {s} looked at records in an unusual way. That is not necessarily "
            "a fault. Who, when and how many can be read in Téléloire, once signed in; an answer is "
            "expected there:\n{l}\n" } },
        { { "Consultations inhabituelles de dossiers ({s}) : {l}",
            "Unusual access to records ({s}): {l}" } },
    },
    [TL_TOPIC_EMERGENCY] = {
        { { "Un accès d'urgence à un dossier", "An emergency access to a record" } },
        { { "Bonjour,\n\nLe dossier d'un patient connu de {s} a été ouvert en urgence {t}, par un "
            "professionnel qui n'y avait pas d'autre accès. Qui l'a ouvert, pourquoi et jusqu'à "
            "quand se lit dans Téléloire, après connexion :\n{l}\n",
            "Hello,\n\nThe record of a patient known to {s} was opened in an emergency on {t}, by a "
            "professional who had no other access to it. Who opened it, why and until when can be "
            "read in Téléloire, once signed in:\n{l}\n" } },
        { { "Accès d'urgence à un dossier ({s}), {t} : {l}",
            "Emergency access to a record ({s}), {t}: {l}" } },
    },
    [TL_TOPIC_NEWCOMER] = {
        { { "{s} vous attend sur Téléloire", "{s} expects you on Téléloire" } },
        { { "Bonjour,\n\n{p} vous invite à rejoindre {s} sur Téléloire, pour les actes à distance.\n\n"
            "Ouvrez ce lien ; il ne sert qu'une fois et expire {t} :\n{l}\n\nVous y choisirez un mot "
            "de passe et arriverez connecté. Si vous avez déjà un compte, vous vous connecterez avec "
            "lui.\n\nSi vous n'attendiez pas ce message, n'ouvrez pas le lien : il ne se passera rien.\n",
            "Hello,\n\n{p} invites you to join {s} on Téléloire, for remote acts.\n\nOpen this link; it "
            "works once and expires on {t}:\n{l}\n\nYou will choose a password there and arrive signed "
            "in. If you have an account already you will sign in with it.\n\nIf you did not expect this "
            "message do not open the link: nothing will happen.\n" } },
        { { "{p} vous invite à rejoindre {s} : {l}", "{p} invites you to join {s}: {l}" } },
    },
    [TL_TOPIC_LEFT] = {
        { { "Vous ne faites plus partie de {s}", "You are no longer part of {s}" } },
        { { "Bonjour,\n\nVotre appartenance à {s} est terminée sur Téléloire, par {p}. Les comptes rendus "
            "que vous avez signés restent à votre nom.\n\nSi c'est une erreur, parlez-en à {s}.\n",
            "Hello,\n\nYour membership of {s} on Téléloire was ended by {p}. The reports you signed stay in "
            "your name.\n\nIf this is a mistake please speak to {s}.\n" } },
        { { "Votre appartenance à {s} est terminée.", "Your membership of {s} is over." } },
    },
    [TL_TOPIC_FACTOR_RESET] = {
        { { "Votre second facteur a été retiré", "Your second factor was taken away" } },
        { { "Bonjour,\n\n{p} a retiré le second facteur de votre compte Téléloire. Vos appareils connectés ont été "
            "déconnectés ; un nouveau second facteur vous sera demandé à la prochaine connexion.\n\nSi vous ne "
            "l'avez pas demandé, parlez-en tout de suite à {s}.\n",
            "Hello,\n\n{p} took the second factor of your Téléloire account away. Your signed-in devices were signed "
            "out; a new second factor will be asked for at the next sign-in.\n\nIf you did not ask for this please "
            "speak to {s} at once.\n" } },
        { { "Le second facteur de votre compte a été retiré par {p}.",
            "The second factor of your account was taken away by {p}." } },
    },
};

/* The value that stands for {x}, or NULL. */
static const char *fact(char letter, const struct tl_message_facts *facts, const char *when)
{
    switch (letter) {
    case 'p': return facts->professional;
    case 's': return facts->structure;
    case 't': return when;
    case 'l': return facts->link;
    case 'c': return facts->code;
    default: return NULL;
    }
}

static enum tl_error fill(const char *pattern, const struct tl_message_facts *facts,
                          const char *when, char *buffer, size_t size)
{
    size_t used = 0;
    while (*pattern) {
        const char *value = NULL;
        if (pattern[0] == '{' && pattern[1] && pattern[2] == '}')
            value = fact(pattern[1], facts, when);
        size_t length = value ? strlen(value) : 1;
        if (length >= size - used)
            return TL_ERROR_LIMIT;
        memcpy(buffer + used, value ? value : pattern, length);
        used += length;
        pattern += value ? 3 : 1;
    }
    buffer[used] = 0;
    return TL_OK;
}

enum tl_error tl_message_compose(enum tl_message_topic topic, enum tl_language language,
                                 bool sms, const struct tl_message_facts *facts,
                                 char ret_subject[TL_SUBJECT_SIZE], char ret_text[TL_TEXT_SIZE])
{
    char when[TL_TIME_WORDS_SIZE];
    char dated[TL_TIME_WORDS_SIZE + 8];
    tl_time_words(facts->starts_at, language, when);
    snprintf(dated, sizeof dated, "%s%s", language == TL_FRENCH ? "le " : "", when);
    enum tl_error error =
        fill(texts[topic].subject.in[language], facts, dated, ret_subject, TL_SUBJECT_SIZE);
    if (error)
        return error;
    const struct tl_words *text = sms ? &texts[topic].sms : &texts[topic].mail;
    return fill(text->in[language], facts, dated, ret_text, TL_TEXT_SIZE);
}
