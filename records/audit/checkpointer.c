#include "audit/checkpointer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/memory.h"
#include "base/secret.h"

struct tl_checkpointer {
    int file;
    off_t size; /* what is whole in it */
    uint8_t seed[TL_CHECKPOINT_KEY_SIZE];
    uint8_t digest[TL_AUDIT_HASH_SIZE]; /* of the last line */
    struct tl_checkpoint last, next; /* the heads of the last tell whether a chain has grown */
    tl_time_us due;
    uint64_t written;
    bool failing;
};

/* ---- the file ---- */

static bool write_all(int file, const char *data, size_t size, off_t at)
{
    while (size) {
        ssize_t written = pwrite(file, data, size, at);
        if (written <= 0)
            return false;
        data += written;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static bool read_all(int file, char *data, size_t size, off_t at)
{
    while (size) {
        ssize_t got = pread(file, data, size, at);
        if (got <= 0)
            return false;
        data += got;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* The last whole line, from the end of the file; what stands after it is a line cut short. */
static enum tl_error take_up(struct tl_checkpointer *c)
{
    enum { TAIL = 2 * TL_CHECKPOINT_LINE_LIMIT };
    struct stat facts;
    if (fstat(c->file, &facts))
        return TL_ERROR_IO;
    size_t size = facts.st_size < TAIL ? (size_t)facts.st_size : TAIL;
    tl_autofree char *tail = malloc(TAIL);
    if (!tail)
        return TL_ERROR_MEMORY;
    if (!read_all(c->file, tail, size, facts.st_size - (off_t)size))
        return TL_ERROR_IO;
    size_t end = size;
    while (end && tail[end - 1] != '\n')
        end--;
    c->size = facts.st_size - (off_t)(size - end);
    if (!end)
        return c->size                              ? TL_ERROR_FORMAT
               : size && ftruncate(c->file, 0) != 0 ? TL_ERROR_IO
                                                    : TL_OK;
    size_t begin = end - 1;
    while (begin && tail[begin - 1] != '\n')
        begin--;
    struct tl_text line = { tail + begin, end - 1 - begin };
    if (tl_checkpoint_read(line, NULL, &c->last))
        return TL_ERROR_FORMAT;
    tl_checkpoint_digest(line, c->digest);
    return end < size && ftruncate(c->file, c->size) ? TL_ERROR_IO : TL_OK;
}

enum tl_error tl_checkpointer_open(const char *path, const uint8_t seed[TL_CHECKPOINT_KEY_SIZE],
                                   struct tl_checkpointer **ret_checkpointer)
{
    struct tl_checkpointer *c = calloc(1, sizeof *c);
    if (!c)
        return TL_ERROR_MEMORY;
    memcpy(c->seed, seed, sizeof c->seed);
    c->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum tl_error error = c->file < 0 ? TL_ERROR_IO : take_up(c);
    if (error) {
        tl_checkpointer_free(c);
        return error;
    }
    *ret_checkpointer = c;
    return TL_OK;
}

struct tl_checkpointer *tl_checkpointer_free(struct tl_checkpointer *c)
{
    if (!c)
        return NULL;
    if (c->file >= 0)
        close(c->file);
    tl_secret_wipe(c->seed, sizeof c->seed);
    free(c);
    return NULL;
}

/* ---- the chains ---- */

static enum tl_error read_heads(struct tl_db *db, struct tl_checkpoint *ret_checkpoint)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_db_begin_as(db, TL_DB_SYSTEM);
    if (error)
        return error;
    error = tl_db_run(db, TL_SQL_AUDIT_HEADS, NULL, 0, &rows);
    tl_db_rollback(db); /* nothing was changed */
    if (error)
        return error;
    if (rows.count > TL_CHECKPOINT_HEADS_LIMIT)
        return TL_ERROR_LIMIT;
    for (size_t i = 0; i < rows.count && !error; i++)
        error = tl_audit_head_read(&rows, i, &ret_checkpoint->heads[i]);
    ret_checkpoint->head_count = rows.count;
    return error;
}

static bool have_grown(const struct tl_checkpoint *now, const struct tl_checkpoint *before)
{
    if (now->head_count != before->head_count)
        return true;
    for (size_t i = 0; i < now->head_count; i++) {
        const struct tl_audit_head *head = &now->heads[i];
        size_t j = 0;
        while (j < before->head_count && strcmp(before->heads[j].writer, head->writer) != 0)
            j++;
        if (j == before->head_count || before->heads[j].number != head->number)
            return true;
    }
    return false;
}

static enum tl_error write_next(struct tl_checkpointer *c)
{
    tl_autofree char *line = NULL;
    size_t size;
    enum tl_error error = tl_checkpoint_write(&c->next, c->seed, &line, &size);
    if (error)
        return error;
    if (!write_all(c->file, line, size, c->size) || fdatasync(c->file)) {
        (void)!ftruncate(c->file, c->size);
        return TL_ERROR_IO;
    }
    c->size += (off_t)size;
    tl_checkpoint_digest((struct tl_text){ line, size - 1 }, c->digest);
    c->last = c->next;
    c->written++;
    return TL_OK;
}

enum tl_error tl_checkpointer_tick(struct tl_checkpointer *c, struct tl_db *db, tl_time_us now,
                                   tl_time_us wall, bool at_once)
{
    if (now < c->due && !at_once)
        return TL_OK;
    c->due = now + (tl_time_us)TL_CHECKPOINT_EVERY_S * TL_SECOND_US;
    enum tl_error error = read_heads(db, &c->next);
    if (!error && have_grown(&c->next, &c->last)) {
        c->next.number = c->last.number + 1;
        c->next.at = wall;
        memcpy(c->next.previous, c->digest, sizeof c->next.previous);
        error = write_next(c);
    }
    c->failing = error != TL_OK;
    return error;
}

uint64_t tl_checkpointer_written(const struct tl_checkpointer *c)
{
    return c ? c->written : 0;
}

bool tl_checkpointer_is_failing(const struct tl_checkpointer *c)
{
    return c && c->failing;
}
