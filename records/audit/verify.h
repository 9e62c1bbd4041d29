/* Reads the audit as somebody who trusts neither the database nor its owner: every link is hashed
 * again, every chain must be whole, and what a signed checkpoint or the table of heads says must be
 * found in it. Says what is wrong and where. Pure: rows and lines come in, findings go out.
 *
 *     v = tl_audit_verifier_new(on_finding, context)
 *     tl_audit_verifier_checkpoint(v, line, key)    each line of the file, in order
 *     tl_audit_verifier_head(v, head)               each row of audit_head
 *     tl_audit_verifier_link(v, link)               each row of audit, by writer and number
 *     tl_audit_verifier_end(v, &summary)
 *
 * Who rewrites a whole chain, hashes included, is found only by a checkpoint; who takes rows after
 * the last checkpoint and sets the head back, by nothing: they are counted as not covered. */
#ifndef TL_RECORDS_AUDIT_VERIFY_H
#define TL_RECORDS_AUDIT_VERIFY_H

#include "audit/checkpoint.h"

enum tl_audit_fault {
    TL_AUDIT_CHANGED,   /* not what its hash, or the next link, was made of */
    TL_AUDIT_REMOVED,   /* links that were there are not */
    TL_AUDIT_INSERTED,  /* links that were not there are */
    TL_AUDIT_REORDERED, /* links stand in each other's place */
    TL_AUDIT_REWRITTEN, /* whole in itself, but not what was signed or remembered */
    TL_AUDIT_UNSIGNED,  /* a checkpoint that this key did not sign, or no checkpoint at all */
    TL_AUDIT_UNCHAINED, /* a checkpoint that does not follow the one before */
    TL_AUDIT_FAULT_COUNT
};

struct tl_audit_finding {
    enum tl_audit_fault fault;
    const char *writer;  /* NULL for a checkpoint; borrowed */
    int64_t first, last; /* numbers in the chain, or lines of the file */
    tl_time_us at;       /* when the first was written, as it says; 0 unknown */
    uint64_t checkpoint; /* that says so; 0 for none */
};

struct tl_audit_summary {
    uint64_t links, chains, checkpoints, findings;
    uint64_t uncovered;            /* links younger than the last checkpoint */
    tl_time_us uncovered_since;    /* the oldest of them; 0 for none */
    uint64_t first_checkpoint;     /* the file begins with it; 0 for none */
    tl_time_us last_checkpoint_at; /* 0 for none */
};

enum { TL_AUDIT_WRITERS_LIMIT = 1024, TL_AUDIT_MOVED_LIMIT = 64 };

struct tl_audit_verifier;
typedef void tl_audit_on_finding(void *context, const struct tl_audit_finding *finding);

struct tl_audit_verifier *tl_audit_verifier_new(tl_audit_on_finding *on_finding, void *context);
struct tl_audit_verifier *tl_audit_verifier_free(struct tl_audit_verifier *verifier);

/* TL_ERROR_MEMORY; TL_ERROR_LIMIT over TL_AUDIT_WRITERS_LIMIT. What is wrong with it is a finding. */
enum tl_error tl_audit_verifier_checkpoint(struct tl_audit_verifier *verifier,
                                           struct tl_text line,
                                           const uint8_t public_key[TL_CHECKPOINT_KEY_SIZE]);
enum tl_error tl_audit_verifier_head(struct tl_audit_verifier *verifier,
                                     const struct tl_audit_head *head);
/* By writer, then by number. TL_ERROR_STATE when not in that order. */
enum tl_error tl_audit_verifier_link(struct tl_audit_verifier *verifier,
                                     const struct tl_audit_link *link);
void tl_audit_verifier_end(struct tl_audit_verifier *verifier,
                           struct tl_audit_summary *ret_summary);

#endif
