#include "messages/words.h"

const char *const tl_source_names[TL_SOURCE_COUNT] = { "microphone", "camera", "screen",
                                                       "instrument", "instrument_audio" };
const bool tl_source_is_audio[TL_SOURCE_COUNT] = { true, false, false, false, true };
const char *const tl_may_names[TL_MAY_COUNT] = { "admit", "remove", "mute",
                                                 "end",   "share",  "photo" };

static const struct {
    const char *code, *french, *english;
} refusals[TL_REFUSE_COUNT] = {
    [TL_REFUSE_FORMAT] = { "format", "Le message n'est pas lisible.",
                           "The message cannot be read." },
    [TL_REFUSE_UNKNOWN_TYPE] = { "unknown_type", "Ce type de message n'existe pas.",
                                 "There is no such type of message." },
    [TL_REFUSE_FIELD] = { "field", "Un champ du message est absent, inconnu ou incorrect.",
                          "A field of the message is missing, unknown or wrong." },
    [TL_REFUSE_TOO_BIG] = { "too_big", "Le message est trop long.",
                            "The message is too long." },
    [TL_REFUSE_RATE] = { "rate", "Trop de messages en peu de temps. Patientez un instant.",
                         "Too many messages in a short time. Please wait a moment." },
    [TL_REFUSE_ORDER] = { "order", "Cette action n'est pas possible maintenant.",
                          "This is not possible now." },
    [TL_REFUSE_FORBIDDEN] = { "forbidden", "Vous n'avez pas le droit de faire cela.",
                              "You are not allowed to do this." },
    [TL_REFUSE_TICKET] = { "ticket",
                           "Votre accès n'est plus valable. Rouvrez la page pour entrer.",
                           "Your access is no longer valid. Open the page again to enter." },
    [TL_REFUSE_FULL] = { "full", "Toutes les places de la séance sont prises.",
                         "All seats of the session are taken." },
    [TL_REFUSE_BUSY] = { "busy",
                         "Le serveur de cette séance est complet. Réessayez dans un instant.",
                         "The server of this session is full. Please try again in a moment." },
    [TL_REFUSE_SDP] = { "sdp", "L'offre multimédia du navigateur ne peut pas être utilisée.",
                        "The browser's media offer cannot be used." },
    [TL_REFUSE_AWAY] = { "away", "Le service est momentanément indisponible. Réessayez.",
                         "The service is briefly unavailable. Please try again." },
    [TL_REFUSE_MISSING] = { "missing", "Cette personne n'est pas dans la séance.",
                            "This person is not in the session." },
};

const char *tl_refusal_code(enum tl_refusal refusal)
{
    return refusals[refusal].code;
}

const char *tl_refusal_words(enum tl_refusal refusal, bool english)
{
    return english ? refusals[refusal].english : refusals[refusal].french;
}
