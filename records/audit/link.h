/* One link of an audit chain, hashed by the program apart from the database's own function
 * (audit_row_hash, sql/migrations/0006): whoever may change that function changes nothing here.
 *
 *     hash = SHA-256(previous hash | writer|number|microseconds|kind|actor|action|act|patient|object)
 *
 * The fields are joined by bars, "-" for none; the microseconds are since 1970, UTC. */
#ifndef TL_RECORDS_AUDIT_LINK_H
#define TL_RECORDS_AUDIT_LINK_H

#include "base/bytes.h"
#include "base/clock.h"

enum { TL_AUDIT_HASH_SIZE = 32, TL_AUDIT_WRITER_SIZE = 33 };

/* As read from the table; texts are borrowed, NULL where the column is null. */
struct tl_audit_link {
    const char *writer;
    int64_t number; /* in the chain of its writer, from 1 */
    tl_time_us at;
    const char *actor_kind, *actor, *action, *act, *patient, *object;
    uint8_t previous[TL_AUDIT_HASH_SIZE], hash[TL_AUDIT_HASH_SIZE];
};

/* What its hash must be if the link had this number. */
void tl_audit_link_hash(const struct tl_audit_link *link, int64_t number,
                        uint8_t ret_hash[TL_AUDIT_HASH_SIZE]);

#endif
