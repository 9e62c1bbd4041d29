/* What a visitor sees of their consultation. */
#ifndef TL_RECORDS_VISIT_ANSWER_H
#define TL_RECORDS_VISIT_ANSWER_H

#include "http/call.h"

struct tl_visit {
    json_t *object; /* Visit of docs/api.md, without csrf; owned by who asked */
    bool consent_needed, consent_given, early, over;
    bool may_consent,
        may_only_help; /* helper or guardian: consent passed on, never one's own */
    bool test_only;    /* no session ticket any more, nor yet */
    char state[24];    /* of the invitation */
};

bool tl_visit_find(struct tl_call *call, struct tl_visit *ret_visit);
/* The consent text, version 1, in plain words. */
json_t *tl_consent_text(enum tl_language language);
#define TL_CONSENT_VERSION "1"

#endif
