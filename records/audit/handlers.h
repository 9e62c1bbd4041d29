#ifndef TL_RECORDS_AUDIT_HANDLERS_H
#define TL_RECORDS_AUDIT_HANDLERS_H

#include "http/call.h"

void tl_get_patient_accesses(struct tl_call *call);
/* A day of the audit: of the patients a structure knows, or, for the operator, of all. */
void tl_get_structure_accesses(struct tl_call *call);
void tl_get_operator_audit(struct tl_call *call);
void tl_get_alerts(struct tl_call *call);
void tl_post_alert_seen(struct tl_call *call);

#endif
