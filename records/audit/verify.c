#include "audit/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A transaction may end this long after its row took its time. */
enum { LATE_COMMIT_US = 60 * TL_SECOND_US };

/* What a link must be, because a checkpoint (or, with 0, the table of heads) says so. */
struct mark {
    int64_t number;
    uint64_t checkpoint;
    uint8_t hash[TL_AUDIT_HASH_SIZE];
};

struct chain {
    char writer[TL_AUDIT_WRITER_SIZE];
    struct mark *marks; /* of checkpoints, rising */
    size_t count, room, next;
    struct mark head; /* of the table */
    bool has_head, seen;
};

/* A link that was read and not yet judged: what stands after it may say what happened. */
struct held {
    bool there;
    int64_t place;   /* its number in the table */
    int64_t made_as; /* the number its hash was made with; 0 for none near */
    tl_time_us at;
    uint8_t previous[TL_AUDIT_HASH_SIZE], hash[TL_AUDIT_HASH_SIZE];
};

struct tl_audit_verifier {
    tl_audit_on_finding *on_finding;
    void *context;
    struct tl_audit_summary summary;
    struct chain *chains;
    size_t chain_count;
    /* of the checkpoints */
    uint64_t line;
    uint8_t digest[TL_AUDIT_HASH_SIZE];
    uint64_t last_checkpoint;
    struct tl_checkpoint checkpoint; /* large: not on the stack */
    /* of the chain being read */
    struct chain *chain;
    struct held held;
    int64_t place, expected; /* of the last judged; the number the next must be made with */
    tl_time_us last_at;
    uint8_t hash[TL_AUDIT_HASH_SIZE];
    bool follows; /* hash is that of the link right before */
    bool faulty;  /* something was found since the last mark that held */
    int64_t signed_to;
};

struct tl_audit_verifier *tl_audit_verifier_new(tl_audit_on_finding *on_finding, void *context)
{
    struct tl_audit_verifier *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->on_finding = on_finding;
    v->context = context;
    return v;
}

struct tl_audit_verifier *tl_audit_verifier_free(struct tl_audit_verifier *v)
{
    for (size_t i = 0; v && i < v->chain_count; i++)
        free(v->chains[i].marks);
    if (v)
        free(v->chains);
    free(v);
    return NULL;
}

static void find(struct tl_audit_verifier *v, enum tl_audit_fault fault, int64_t first,
                 int64_t last, tl_time_us at, uint64_t checkpoint)
{
    struct tl_audit_finding finding = { .fault = fault,
                                        .writer = v->chain ? v->chain->writer : NULL,
                                        .first = first,
                                        .last = last,
                                        .at = at,
                                        .checkpoint = checkpoint };
    v->summary.findings++;
    v->faulty = true;
    v->on_finding(v->context, &finding);
}

/* ---- what must be found ---- */

static enum tl_error chain_of(struct tl_audit_verifier *v, const char *writer,
                              struct chain **ret_chain)
{
    for (size_t i = 0; i < v->chain_count; i++)
        if (strcmp(v->chains[i].writer, writer) == 0)
            return *ret_chain = &v->chains[i], TL_OK;
    if (v->chain_count == TL_AUDIT_WRITERS_LIMIT)
        return TL_ERROR_LIMIT;
    if (!v->chains)
        v->chains = calloc(TL_AUDIT_WRITERS_LIMIT, sizeof *v->chains);
    if (!v->chains)
        return TL_ERROR_MEMORY;
    struct chain *chain = &v->chains[v->chain_count];
    enum tl_error error = tl_text_copy(tl_text(writer), chain->writer, sizeof chain->writer);
    if (error)
        return error;
    v->chain_count++;
    *ret_chain = chain;
    return TL_OK;
}

static enum tl_error add_mark(struct chain *chain, const struct tl_audit_head *head,
                              uint64_t checkpoint)
{
    const struct mark *last = chain->count ? &chain->marks[chain->count - 1] : NULL;
    if (!head->number || (last && last->number >= head->number))
        return TL_OK; /* signed before; the first word counts */
    if (!chain->marks || chain->count == chain->room) {
        size_t room = chain->room ? chain->room * 2 : 64;
        struct mark *marks = realloc(chain->marks, room * sizeof *marks);
        if (!marks)
            return TL_ERROR_MEMORY;
        chain->marks = marks;
        chain->room = room;
    }
    struct mark *mark = &chain->marks[chain->count++];
    *mark = (struct mark){ .number = head->number, .checkpoint = checkpoint };
    memcpy(mark->hash, head->hash, sizeof mark->hash);
    return TL_OK;
}

enum tl_error tl_audit_verifier_checkpoint(struct tl_audit_verifier *v, struct tl_text line,
                                           const uint8_t public_key[TL_CHECKPOINT_KEY_SIZE])
{
    struct tl_checkpoint *checkpoint = &v->checkpoint;
    v->line++;
    v->chain = NULL;
    if (tl_checkpoint_read(line, public_key, checkpoint)) {
        find(v, TL_AUDIT_UNSIGNED, (int64_t)v->line, (int64_t)v->line, 0, 0);
        return TL_OK;
    }
    if (!v->summary.checkpoints)
        v->summary.first_checkpoint = checkpoint->number;
    else if (checkpoint->number != v->last_checkpoint + 1 ||
             memcmp(checkpoint->previous, v->digest, sizeof v->digest) != 0)
        find(v, TL_AUDIT_UNCHAINED, (int64_t)v->line, (int64_t)v->line, checkpoint->at,
             checkpoint->number);
    v->last_checkpoint = checkpoint->number;
    tl_checkpoint_digest(line, v->digest);
    v->summary.checkpoints++;
    v->summary.last_checkpoint_at = checkpoint->at;
    for (size_t i = 0; i < checkpoint->head_count; i++) {
        struct chain *chain;
        enum tl_error error = chain_of(v, checkpoint->heads[i].writer, &chain);
        if (!error)
            error = add_mark(chain, &checkpoint->heads[i], checkpoint->number);
        if (error)
            return error;
    }
    return TL_OK;
}

enum tl_error tl_audit_verifier_head(struct tl_audit_verifier *v,
                                     const struct tl_audit_head *head)
{
    struct chain *chain;
    enum tl_error error = chain_of(v, head->writer, &chain);
    if (error)
        return error;
    chain->has_head = head->number > 0;
    chain->head.number = head->number;
    memcpy(chain->head.hash, head->hash, sizeof head->hash);
    return TL_OK;
}

/* ---- one chain ---- */

static void meet_mark(struct tl_audit_verifier *v, const struct mark *mark,
                      const struct held *link)
{
    if (memcmp(mark->hash, link->hash, sizeof mark->hash) == 0) {
        v->faulty = false;
        v->signed_to = mark->number;
    } else if (!v->faulty) {
        find(v, TL_AUDIT_REWRITTEN, v->signed_to + 1, mark->number, link->at, mark->checkpoint);
    }
}

static void meet_marks(struct tl_audit_verifier *v, const struct held *link)
{
    struct chain *chain = v->chain;
    int64_t number = link->made_as ? link->made_as : link->place;
    while (chain->next < chain->count && chain->marks[chain->next].number <= number) {
        const struct mark *mark = &chain->marks[chain->next++];
        if (mark->number == number)
            meet_mark(v, mark, link);
    }
    /* Who puts a link in or takes one out numbers the head as the others: both ways count. */
    if (chain->has_head &&
        (chain->head.number == number || chain->head.number == link->place) &&
        memcmp(chain->head.hash, link->hash, sizeof link->hash) == 0)
        chain->has_head = false;
}

static void settle(struct tl_audit_verifier *v, const struct held *link)
{
    const struct chain *chain = v->chain;
    int64_t number = link->made_as ? link->made_as : link->place;
    v->place = link->place;
    v->last_at = link->at;
    memcpy(v->hash, link->hash, sizeof v->hash);
    v->follows = true;
    meet_marks(v, link);
    if (chain->count && number <= chain->marks[chain->count - 1].number)
        return;
    if (v->summary.last_checkpoint_at &&
        link->at < v->summary.last_checkpoint_at - LATE_COMMIT_US) {
        find(v, TL_AUDIT_INSERTED, link->place, link->place, link->at, v->last_checkpoint);
        return;
    }
    if (!v->summary.uncovered++ || link->at < v->summary.uncovered_since)
        v->summary.uncovered_since = link->at;
}

static void judge(struct tl_audit_verifier *v, const struct held *link)
{
    if (link->place > v->place + 1) {
        find(v, TL_AUDIT_REMOVED, v->place + 1, link->place - 1, v->last_at, 0);
        v->expected += link->place - v->place - 1;
        v->follows = false;
    }
    if (!link->made_as) {
        find(v, TL_AUDIT_CHANGED, link->place, link->place, link->at, 0);
    } else if (link->made_as > v->expected) {
        find(v, TL_AUDIT_REMOVED, v->expected, link->made_as - 1, v->last_at, 0);
        v->expected = link->made_as;
    } else if (link->made_as < v->expected) {
        find(v, TL_AUDIT_INSERTED, link->place - (v->expected - link->made_as), link->place - 1,
             link->at, 0);
        v->expected = link->made_as;
    } else if (v->follows && memcmp(link->previous, v->hash, sizeof v->hash) != 0) {
        /* the one before holds in itself, and is not the one this was chained to */
        find(v, TL_AUDIT_CHANGED, v->place ? v->place : link->place,
             v->place ? v->place : link->place, v->place ? v->last_at : link->at, 0);
    }
    v->expected++;
    settle(v, link);
}

/* True when both were judged together. */
static bool judge_pair(struct tl_audit_verifier *v, const struct held *a, const struct held *b)
{
    bool whole = a->place == v->place + 1 && b->place == a->place + 1;
    if (!whole || b->made_as != v->expected)
        return false;
    if (a->made_as == v->expected + 1) {
        find(v, TL_AUDIT_REORDERED, a->place, b->place, a->at, 0);
        v->expected += 2;
        settle(v, b);
        settle(v, a);
        v->place = b->place;
    } else {
        find(v, TL_AUDIT_INSERTED, a->place, a->place, a->at, 0);
        v->expected++;
        settle(v, b);
    }
    return true;
}

static void end_chain(struct tl_audit_verifier *v)
{
    struct chain *chain = v->chain;
    if (!chain)
        return;
    if (v->held.there)
        judge(v, &v->held);
    v->held.there = false;
    const struct mark *missing = chain->next < chain->count ? &chain->marks[chain->count - 1]
                                 : chain->has_head          ? &chain->head
                                                            : NULL;
    if (missing && missing->number >= v->expected)
        find(v, TL_AUDIT_REMOVED, v->expected, missing->number, v->last_at,
             missing->checkpoint);
    else if (missing && !v->faulty)
        find(v, TL_AUDIT_REWRITTEN, v->signed_to + 1, v->place, v->last_at,
             missing->checkpoint);
    v->chain = NULL;
}

static enum tl_error begin_chain(struct tl_audit_verifier *v, const char *writer)
{
    struct chain *chain;
    end_chain(v);
    enum tl_error error = chain_of(v, writer, &chain);
    if (error)
        return error;
    if (chain->seen)
        return TL_ERROR_STATE;
    chain->seen = true;
    v->summary.chains++;
    v->chain = chain;
    v->place = 0;
    v->expected = 1;
    v->last_at = 0;
    v->signed_to = 0;
    v->faulty = false;
    v->follows = true;
    memset(v->hash, 0, sizeof v->hash);
    return TL_OK;
}

/* The number the hash was made with, the expected one first, then those nearest. */
static int64_t number_made_with(const struct tl_audit_link *link, int64_t expected)
{
    uint8_t hash[TL_AUDIT_HASH_SIZE];
    for (int64_t away = 0; away <= TL_AUDIT_MOVED_LIMIT; away++)
        for (int side = 0; side < (away ? 2 : 1); side++) {
            int64_t number = side ? expected - away : expected + away;
            if (number < 1)
                continue;
            tl_audit_link_hash(link, number, hash);
            if (memcmp(hash, link->hash, sizeof hash) == 0)
                return number;
        }
    return 0;
}

enum tl_error tl_audit_verifier_link(struct tl_audit_verifier *v,
                                     const struct tl_audit_link *link)
{
    if (!v->chain || strcmp(v->chain->writer, link->writer) != 0) {
        enum tl_error error = begin_chain(v, link->writer);
        if (error)
            return error;
    }
    const struct held *before = &v->held;
    int64_t place = before->there ? before->place : v->place;
    if (link->number <= place)
        return TL_ERROR_STATE;
    v->summary.links++;
    /* what the one held will be taken for, and the links missing between */
    int64_t expected = v->expected + (link->number - v->place - 1);
    struct held now = { .there = true,
                        .place = link->number,
                        .made_as = number_made_with(link, expected),
                        .at = link->at };
    memcpy(now.previous, link->previous, sizeof now.previous);
    memcpy(now.hash, link->hash, sizeof now.hash);
    if (before->there && judge_pair(v, before, &now)) {
        v->held.there = false;
        return TL_OK;
    }
    if (before->there)
        judge(v, before);
    v->held = now;
    return TL_OK;
}

void tl_audit_verifier_end(struct tl_audit_verifier *v, struct tl_audit_summary *ret_summary)
{
    end_chain(v);
    for (size_t i = 0; i < v->chain_count; i++) {
        struct chain *chain = &v->chains[i];
        const struct mark *last = chain->count      ? &chain->marks[chain->count - 1]
                                  : chain->has_head ? &chain->head
                                                    : NULL;
        if (chain->seen || !last)
            continue;
        v->chain = chain;
        find(v, TL_AUDIT_REMOVED, 1, last->number, 0, last->checkpoint);
        v->chain = NULL;
    }
    *ret_summary = v->summary;
}
