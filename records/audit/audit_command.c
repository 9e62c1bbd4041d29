#include "audit/audit_command.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/memory.h"

enum { TOLD_LIMIT = 1000 };

struct telling {
    FILE *out;
    unsigned told;
};

static void tell(void *context, const struct tl_audit_finding *f)
{
    static const char *const words[] = {
        [TL_AUDIT_CHANGED] = "changed",           [TL_AUDIT_REMOVED] = "removed",
        [TL_AUDIT_INSERTED] = "inserted",         [TL_AUDIT_REORDERED] = "reordered",
        [TL_AUDIT_REWRITTEN] = "rewritten",       [TL_AUDIT_UNSIGNED] = "not signed",
        [TL_AUDIT_UNCHAINED] = "does not follow",
    };
    struct telling *telling = context;
    char at[TL_TIMESTAMP_SIZE] = "";
    if (telling->told++ >= TOLD_LIMIT)
        return;
    if (f->at)
        tl_timestamp_write(f->at, at);
    if (!f->writer)
        fprintf(telling->out, "%s: checkpoint at line %lld%s%s\n", words[f->fault],
                (long long)f->first, f->at ? ", of " : "", at);
    else if (f->first == f->last)
        fprintf(telling->out, "%s: %s %lld", words[f->fault], f->writer, (long long)f->first);
    else
        fprintf(telling->out, "%s: %s %lld to %lld", words[f->fault], f->writer,
                (long long)f->first, (long long)f->last);
    if (!f->writer)
        return;
    if (f->at)
        fprintf(telling->out, ", %s %s", f->fault == TL_AUDIT_REMOVED ? "after" : "written",
                at);
    if (f->checkpoint)
        fprintf(telling->out, ", against checkpoint %llu", (unsigned long long)f->checkpoint);
    fputc('\n', telling->out);
}

static enum tl_error read_checkpoints(const struct tl_audit_order *order,
                                      struct tl_audit_verifier *verifier)
{
    FILE *file = fopen(order->checkpoints, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    enum tl_error error = file ? TL_OK : TL_ERROR_IO;
    while (!error && (size = getline(&line, &room, file)) > 0) {
        if (line[size - 1] != '\n')
            break; /* it is being written */
        error = tl_audit_verifier_checkpoint(
            verifier, (struct tl_text){ line, (size_t)size - 1 }, order->public_key);
    }
    if (file && ferror(file))
        error = TL_ERROR_IO;
    free(line);
    if (file)
        fclose(file);
    return error;
}

static enum tl_error read_heads(struct tl_db *db, struct tl_audit_verifier *verifier)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_db_run(db, TL_SQL_AUDIT_HEADS, NULL, 0, &rows);
    for (size_t i = 0; !error && i < rows.count; i++) {
        struct tl_audit_head head;
        error = tl_audit_head_read(&rows, i, &head);
        if (!error)
            error = tl_audit_verifier_head(verifier, &head);
    }
    return error;
}

static enum tl_error take_link(struct tl_audit_verifier *verifier, const struct tl_rows *rows,
                               size_t i)
{
    struct tl_audit_link link = {
        .writer = tl_rows_text(rows, i, 0),
        .number = tl_rows_integer(rows, i, 1),
        .at = tl_rows_integer(rows, i, 2),
        .actor_kind = tl_rows_text(rows, i, 3),
        .actor = tl_rows_text(rows, i, 4),
        .action = tl_rows_text(rows, i, 5),
        .act = tl_rows_text(rows, i, 6),
        .patient = tl_rows_text(rows, i, 7),
        .object = tl_rows_text(rows, i, 8),
    };
    /* a hash of another size is the table's fault, and none of ours: it fits nothing */
    (void)tl_hex_read(tl_text(tl_rows_text(rows, i, 9)), link.previous, sizeof link.previous);
    (void)tl_hex_read(tl_text(tl_rows_text(rows, i, 10)), link.hash, sizeof link.hash);
    return tl_audit_verifier_link(verifier, &link);
}

static enum tl_error read_links(struct tl_db *db, struct tl_audit_verifier *verifier)
{
    char writer[TL_AUDIT_WRITER_SIZE * 4] = "", number[24] = "-9223372036854775808";
    for (;;) {
        tl_autorows struct tl_rows rows = { 0 };
        enum tl_error error = tl_db_query(db, TL_SQL_AUDIT_LINKS_AFTER, &rows, tl_value(writer),
                                          tl_value(number));
        for (size_t i = 0; !error && i < rows.count; i++)
            error = take_link(verifier, &rows, i);
        if (error || !rows.count)
            return error;
        error = tl_text_copy(tl_text(tl_rows_text(&rows, rows.count - 1, 0)), writer,
                             sizeof writer);
        if (error)
            return error;
        snprintf(number, sizeof number, "%lld",
                 (long long)tl_rows_integer(&rows, rows.count - 1, 1));
    }
}

static void sum_up(FILE *out, const struct tl_audit_order *order,
                   const struct tl_audit_summary *s)
{
    char at[TL_TIMESTAMP_SIZE];
    fprintf(out, "%llu links in %llu chains, %llu checkpoints, %llu findings\n",
            (unsigned long long)s->links, (unsigned long long)s->chains,
            (unsigned long long)s->checkpoints, (unsigned long long)s->findings);
    if (!order->checkpoints)
        fprintf(out, "no checkpoints are kept ([api] audit_file): a chain rewritten as a whole "
                     "would not be seen\n");
    if (s->first_checkpoint > 1)
        fprintf(out, "the file begins at checkpoint %llu: verify the earlier files too\n",
                (unsigned long long)s->first_checkpoint);
    if (s->last_checkpoint_at) {
        tl_timestamp_write(s->last_checkpoint_at, at);
        fprintf(out, "last checkpoint %s\n", at);
    }
    if (s->uncovered) {
        tl_timestamp_write(s->uncovered_since, at);
        fprintf(out, "%llu links, the first of %s, are in no checkpoint yet\n",
                (unsigned long long)s->uncovered, at);
    }
}

int tl_audit_verify(const struct tl_audit_order *order)
{
    struct telling telling = { .out = order->out };
    struct tl_audit_summary summary = { 0 };
    struct tl_audit_verifier *verifier = tl_audit_verifier_new(tell, &telling);
    enum tl_error error = verifier ? TL_OK : TL_ERROR_MEMORY;
    if (!error && order->checkpoints)
        error = read_checkpoints(order, verifier);
    if (!error)
        error = read_heads(order->db, verifier);
    if (!error)
        error = read_links(order->db, verifier);
    if (!error)
        tl_audit_verifier_end(verifier, &summary);
    tl_audit_verifier_free(verifier);
    if (error) {
        fprintf(stderr, "the audit could not be read to its end: %s\n", tl_error_name(error));
        return 2;
    }
    if (telling.told > TOLD_LIMIT)
        fprintf(order->out, "and %u more\n", telling.told - TOLD_LIMIT);
    sum_up(order->out, order, &summary);
    return summary.findings ? 1 : 0;
}
