/* Changing who a patient is said to be, with what stood before kept beside it (GDPR art. 16). */
#ifndef TL_RECORDS_CORRECT_H
#define TL_RECORDS_CORRECT_H

#include <jansson.h>

#include "http/call.h"
#include "patients/identity.h"

struct tl_correction {
    struct tl_identity identity; /* in: as it is; what is to be otherwise is set in it */
    struct tl_text reason;       /* ends with a NUL; empty: a change of contact */
    const char *patient;
    char structure[TL_UUID_SIZE];
    char *before; /* ours */
    json_t *read; /* ours: what the identity points into */
};

/* The patient's identity opened and its row locked; false when it is refused, then there is nothing to
 * end. */
bool tl_correction_begin(struct tl_call *call, const char *patient,
                         struct tl_correction *correction);
/* Sealed again, the one before added to the history; nothing is kept of a change that changes nothing.
 * ret_patient: the patient as an answer, or NULL. False when it is refused: another patient has the same
 * traits or matricule (409 exists), or there are too many corrections. */
bool tl_correction_end(struct tl_call *call, struct tl_correction *correction,
                       struct tl_rows *ret_patient);

#endif
