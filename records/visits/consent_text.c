/* What a patient agrees to, in words they understand (R6316-2, R6316-3; loi n° 78-17). A change of
 * meaning is a new version: consent rows name the version shown. */
#include "visits/visit_answer.h"

json_t *tl_consent_text(enum tl_language language)
{
    static const char *const titles[2] = {
        "Votre accord pour cette téléconsultation",
        "Your consent to this remote consultation",
    };
    static const char *const paragraphs[2][5] = {
        {
            "Vous allez parler avec un professionnel de santé par l'image et le son. C'est une "
            "consultation comme une autre : ce que vous dites est couvert par le secret "
            "médical.",
            "Ni l'image ni le son ne sont enregistrés, par personne.",
            "Le professionnel garde dans votre dossier son compte rendu, la date et l'heure, "
            "les "
            "documents et photos échangés, et les incidents techniques, comme la loi le "
            "demande. "
            "Ces données sont conservées 20 ans et ne servent qu'à vos soins.",
            "Une autre personne ne prend part à la consultation qu'après l'accord du "
            "professionnel, et vous voyez toujours qui est présent.",
            "Vous pouvez refuser, ou arrêter à tout moment, sans conséquence sur vos soins : "
            "un "
            "rendez-vous en cabinet vous sera proposé.",
        },
        {
            "You are about to talk with a health professional by picture and sound. It is a "
            "consultation like any other: what you say is covered by medical secrecy.",
            "Neither picture nor sound is recorded, by anyone.",
            "The professional keeps in your file the report, the date and time, the documents "
            "and "
            "photos exchanged, and the technical incidents, as the law asks. These data are "
            "kept "
            "for 20 years and serve your care only.",
            "Another person takes part only once the professional agrees, and you always see "
            "who "
            "is present.",
            "You may refuse, or stop at any time, without any consequence for your care: an "
            "appointment at the practice will be offered to you.",
        },
    };
    json_t *list = json_array();
    for (size_t i = 0; i < 5; i++)
        json_array_append_new(list, json_string(paragraphs[language][i]));
    return json_pack("{s:s,s:o}", "title", titles[language], "paragraphs", list);
}
