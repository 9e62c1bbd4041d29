#ifndef TL_RECORDS_PATIENTS_HANDLERS_H
#define TL_RECORDS_PATIENTS_HANDLERS_H

#include "http/call.h"

/* An address told with an invitation is kept where none was known. */
bool tl_patient_keep_contact(struct tl_call *call, const char *id, struct tl_text email,
                             struct tl_text phone);

void tl_post_patients_search(struct tl_call *call);
void tl_post_patients(struct tl_call *call);
void tl_get_patient(struct tl_call *call);
void tl_patch_patient(struct tl_call *call);
void tl_post_patients_find(struct tl_call *call);
void tl_post_patient_emergency(struct tl_call *call);
void tl_get_emergency_accesses(struct tl_call *call);
void tl_get_patient_export(struct tl_call *call);
void tl_get_patient_rights(struct tl_call *call);
void tl_post_patient_correction(struct tl_call *call);
void tl_post_patient_restriction(struct tl_call *call);
void tl_post_patient_restriction_end(struct tl_call *call);

#endif
