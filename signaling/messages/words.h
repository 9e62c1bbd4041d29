/* The words of docs/signalling.md and docs/channels.md that both sides of the hub share. */
#ifndef TL_SIGNALING_MESSAGES_WORDS_H
#define TL_SIGNALING_MESSAGES_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum tl_source {
    TL_SOURCE_MICROPHONE,
    TL_SOURCE_CAMERA,
    TL_SOURCE_SCREEN,
    TL_SOURCE_INSTRUMENT,
    TL_SOURCE_INSTRUMENT_AUDIO,
    TL_SOURCE_COUNT,
    TL_SOURCE_NONE = -1
};
extern const char *const tl_source_names[TL_SOURCE_COUNT];
extern const bool tl_source_is_audio[TL_SOURCE_COUNT];

/* What a person may do; bits. */
enum tl_may {
    TL_MAY_ADMIT = 1,
    TL_MAY_REMOVE = 2,
    TL_MAY_MUTE = 4,
    TL_MAY_END = 8,
    TL_MAY_SHARE = 16,
    TL_MAY_PHOTO = 32
};
enum { TL_MAY_COUNT = 6 };
extern const char *const tl_may_names[TL_MAY_COUNT];

/* Why a message was refused (docs/signalling.md, error codes). */
enum tl_refusal {
    TL_REFUSE_FORMAT,
    TL_REFUSE_UNKNOWN_TYPE,
    TL_REFUSE_FIELD,
    TL_REFUSE_TOO_BIG,
    TL_REFUSE_RATE,
    TL_REFUSE_ORDER,
    TL_REFUSE_FORBIDDEN,
    TL_REFUSE_TICKET,
    TL_REFUSE_FULL,
    TL_REFUSE_BUSY,
    TL_REFUSE_SDP,
    TL_REFUSE_AWAY,
    TL_REFUSE_MISSING,
    TL_REFUSE_COUNT
};
const char *tl_refusal_code(enum tl_refusal refusal);
/* For people. */
const char *tl_refusal_words(enum tl_refusal refusal, bool english);

#endif
