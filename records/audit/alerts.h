/* Unusual access (docs/operations/audit.md): found each minute in what was audited since, told by a
 * message that names nobody, answered for on a page. The rules are rows of audit_rule. */
#ifndef TL_RECORDS_AUDIT_ALERTS_H
#define TL_RECORDS_AUDIT_ALERTS_H

#include "http/call.h"

/* In a transaction of its own; what fails is looked at again the next time. */
enum tl_error tl_audit_alerts_scan(struct tl_db *db, const struct tl_records_settings *settings,
                                   tl_time_us wall);

#endif
