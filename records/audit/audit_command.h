/* `teleloire audit ...`: the operator's proof that the audit is whole. Runs as the owner of the
 * database and believes neither. */
#ifndef TL_RECORDS_AUDIT_COMMAND_H
#define TL_RECORDS_AUDIT_COMMAND_H

#include <stdio.h>

#include "audit/verify.h"
#include "db/db.h"

struct tl_audit_order {
    struct tl_db *db;
    const char *checkpoints; /* path of the file; NULL: none is kept */
    uint8_t public_key[TL_CHECKPOINT_KEY_SIZE];
    FILE *out;
};

/* Tells what was found, one line each, and a summary. 0 when the audit is whole, 1 when it is not,
 * 2 when it could not be read to the end. */
int tl_audit_verify(const struct tl_audit_order *order);

#endif
