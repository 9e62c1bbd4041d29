/* What a patient agrees to, in words they understand (R6316-2, R6316-3; loi n° 78-17). A change of
 * meaning is a new version: consent rows name the version shown. */
#include "visits/visit_answer.h"

json_t *tl_consent_text(enum tl_language language)
{
    static const char *const titles[2] = {
        "Votre accord pour cette téléconsultation",
        "Your consent to this remote consultation",
    };
    /* What decides comes first; the page keeps the rest behind "read more". */
    static const char *const first[2][3] = {
        {
            "Vous allez parler avec un professionnel de santé, par l’image et le son. Ce que "
            "vous "
            "dites est couvert par le secret médical.",
            "Rien n’est enregistré\u00a0: ni l’image, ni le son.",
            "Vous pouvez refuser, ou arrêter à tout moment, sans conséquence sur vos soins.",
        },
        {
            "You are about to talk with a health professional by picture and sound. What you "
            "say "
            "is covered by medical secrecy.",
            "Nothing is recorded: neither picture nor sound.",
            "You may refuse, or stop at any time, without any consequence for your care.",
        },
    };
    static const char *const more[2][3] = {
        {
            "Si vous refusez, un rendez-vous en cabinet vous sera proposé.",
            "Le professionnel garde dans votre dossier son compte rendu, la date et l’heure, "
            "les "
            "documents et photos échangés, et les incidents techniques, comme la loi le "
            "demande. "
            "Ces données sont conservées 20 ans et ne servent qu’à vos soins.",
            "Une autre personne ne prend part à la consultation qu’après l’accord du "
            "professionnel, et vous voyez toujours qui est présent.",
        },
        {
            "If you refuse, an appointment at the practice will be offered to you.",
            "The professional keeps in your file the report, the date and time, the documents "
            "and "
            "photos exchanged, and the technical incidents, as the law asks. These data are "
            "kept "
            "for 20 years and serve your care only.",
            "Another person takes part only once the professional agrees, and you always see "
            "who "
            "is present.",
        },
    };
    json_t *lists[2] = { json_array(), json_array() };
    for (size_t i = 0; i < 3; i++) {
        json_array_append_new(lists[0], json_string(first[language][i]));
        json_array_append_new(lists[1], json_string(more[language][i]));
    }
    return json_pack("{s:s,s:o,s:o}", "title", titles[language], "paragraphs", lists[0], "more",
                     lists[1]);
}
