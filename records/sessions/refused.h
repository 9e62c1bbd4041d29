/* teleloire journal list|retry: what the workers' files hold, for an operator. Shows ids, types and
 * times, never a name. The files are only read: a worker drops what it finds recorded. */
#ifndef TL_RECORDS_REFUSED_H
#define TL_RECORDS_REFUSED_H

#include <stdio.h>

#include "db/db.h"
#include "journal/journal.h"

enum { TL_REFUSED_WORKERS_LIMIT = 96 }; /* those a configuration may ask for */

struct tl_refused {
    struct tl_db *db;
    FILE *out;
    bool retry; /* record the refused ones; else look only, at what waits too */
    const char *kind;
    int index;
    size_t seen, recorded;
};

/* TL_ERROR_IO: a file cannot be read. */
enum tl_error tl_refused_go_through(struct tl_refused *refused, const char *folder,
                                    const uint8_t key[TL_SEAL_KEY_SIZE]);

#endif
