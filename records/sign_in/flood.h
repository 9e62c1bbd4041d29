/* A flood of sign-ins in the audit: what was refused of one login, address or device within 20 s
 * is one row, with its own row in the chain. */
#ifndef TL_RECORDS_FLOOD_H
#define TL_RECORDS_FLOOD_H

#include "db/db.h"
#include "sign_in/attempts.h"

enum tl_error tl_sign_in_flood_add(struct tl_db *db, const char *writer,
                                   const struct tl_attempts_flood *flood);

#endif
