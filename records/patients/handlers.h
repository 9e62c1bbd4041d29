#ifndef TL_RECORDS_PATIENTS_HANDLERS_H
#define TL_RECORDS_PATIENTS_HANDLERS_H

#include "http/call.h"

void tl_post_patients_search(struct tl_call *call);
void tl_post_patients(struct tl_call *call);
void tl_get_patient(struct tl_call *call);
void tl_patch_patient(struct tl_call *call);

#endif
