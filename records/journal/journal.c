#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/secret.h"

enum { PATH_LIMIT = 600 };

struct tl_journal {
    int fd, index;
    size_t size, limit, count, rotten;
    size_t taken; /* of the records: given to a replay that stopped after them */
    uint8_t key[TL_SEAL_KEY_SIZE];
    char kind[16];
    char path[PATH_LIMIT];
};

static void write_context(const struct tl_journal *journal, size_t record, char context[64])
{
    snprintf(context, 64, "%s %d %zu", journal->kind, journal->index, record);
}

static enum tl_error read_file(const struct tl_journal *journal, uint8_t **ret_data,
                               size_t *ret_size)
{
    struct stat status;
    if (fstat(journal->fd, &status) != 0 || status.st_size < 0)
        return TL_ERROR_IO;
    size_t size = (size_t)status.st_size, used = 0;
    if (size > TL_JOURNAL_FILE_LIMIT)
        return TL_ERROR_LIMIT;
    tl_autofree uint8_t *data = malloc(size ? size : 1);
    if (!data)
        return TL_ERROR_MEMORY;
    while (used < size) {
        ssize_t got = pread(journal->fd, data + used, size - used, (off_t)used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return TL_ERROR_IO;
        used += (size_t)got;
    }
    *ret_data = TL_TAKE(data);
    *ret_size = used;
    return TL_OK;
}

enum tl_error tl_journal_empty(struct tl_journal *journal)
{
    static const uint8_t header[TL_JOURNAL_HEADER_SIZE] = { 'T', 'L', 'J', '1', 0, 0, 0, 0 };
    if (ftruncate(journal->fd, 0) != 0 ||
        pwrite(journal->fd, header, sizeof header, 0) != sizeof header ||
        fdatasync(journal->fd) != 0)
        return TL_ERROR_IO;
    journal->size = sizeof header;
    journal->count = journal->taken = 0;
    return TL_OK;
}

/* Counts the good records; what follows a torn one was never told to be recorded. */
static enum tl_error take_stock(struct tl_journal *journal)
{
    tl_autofree uint8_t *data = NULL;
    size_t size;
    struct tl_journal_reader reader;
    struct tl_bytes sealed;
    enum tl_error error = read_file(journal, &data, &size);
    if (error)
        return error;
    if (size == 0)
        return tl_journal_empty(journal);
    if (tl_journal_reader_open(tl_bytes(data, size), &reader)) {
        journal->rotten += size;
        return tl_journal_empty(journal);
    }
    while ((error = tl_journal_reader_next(&reader, &sealed)) == TL_OK)
        ;
    journal->size = reader.at;
    journal->count = reader.records;
    if (error == TL_ERROR_MISSING)
        return TL_OK;
    journal->rotten += size - reader.at;
    if (ftruncate(journal->fd, (off_t)reader.at) != 0 || fdatasync(journal->fd) != 0)
        return TL_ERROR_IO;
    return TL_OK;
}

enum tl_error tl_journal_open(const char *folder, const char *kind, int index,
                              const uint8_t key[TL_SEAL_KEY_SIZE], size_t limit_bytes,
                              struct tl_journal **ret_journal)
{
    struct tl_journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return TL_ERROR_MEMORY;
    journal->index = index;
    journal->limit = limit_bytes && limit_bytes < TL_JOURNAL_FILE_LIMIT ? limit_bytes
                                                                        : TL_JOURNAL_FILE_LIMIT;
    memcpy(journal->key, key, sizeof journal->key);
    snprintf(journal->kind, sizeof journal->kind, "%s", kind);
    snprintf(journal->path, sizeof journal->path, "%s/api-%d.%s", folder, index, kind);
    (void)mkdir(folder, 0700);
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum tl_error error = journal->fd < 0 ? TL_ERROR_IO : take_stock(journal);
    if (error) {
        tl_journal_free(journal);
        return error;
    }
    *ret_journal = journal;
    return TL_OK;
}

struct tl_journal *tl_journal_free(struct tl_journal *journal)
{
    if (!journal)
        return NULL;
    if (journal->fd >= 0)
        close(journal->fd);
    tl_secret_wipe(journal->key, sizeof journal->key);
    free(journal);
    return NULL;
}

size_t tl_journal_count(const struct tl_journal *journal)
{
    return journal->count - journal->taken;
}

size_t tl_journal_rotten(const struct tl_journal *journal)
{
    return journal->rotten;
}

static enum tl_error write_record(struct tl_journal *journal, struct tl_bytes sealed)
{
    size_t size = TL_JOURNAL_RECORD_HEADER_SIZE + sealed.size;
    tl_autofree uint8_t *record = malloc(size);
    if (!record)
        return TL_ERROR_MEMORY;
    struct tl_writer w = tl_writer(record, size);
    tl_write_u32(&w, (uint32_t)sealed.size);
    tl_write_u32(&w, tl_crc32c(sealed));
    tl_write_bytes(&w, sealed);
    ssize_t written = pwrite(journal->fd, record, size, (off_t)journal->size);
    if (written == (ssize_t)size && fdatasync(journal->fd) == 0) {
        journal->size += size;
        journal->count++;
        return TL_OK;
    }
    /* Half a record must not stay: the next one would follow it unread. */
    (void)!ftruncate(journal->fd, (off_t)journal->size);
    return TL_ERROR_IO;
}

enum tl_error tl_journal_append(struct tl_journal *journal, struct tl_bytes plain)
{
    char context[64];
    tl_autofree uint8_t *sealed = NULL;
    size_t size;
    write_context(journal, journal->count, context);
    enum tl_error error = tl_seal_with(journal->key, tl_text(context), plain, &sealed, &size);
    if (error)
        return error;
    if (size > TL_JOURNAL_RECORD_LIMIT ||
        journal->size + TL_JOURNAL_RECORD_HEADER_SIZE + size > journal->limit)
        return TL_ERROR_LIMIT;
    return write_record(journal, tl_bytes(sealed, size));
}

typedef enum tl_error (*take_fn)(void *context, struct tl_bytes plain);

/* The records after the first `passed`, each to take. TL_ERROR_MISSING at the clean end,
 * TL_ERROR_FORMAT at a torn one, or the error of take; *ret_taken counts those taken. */
static enum tl_error go_through(struct tl_journal *journal, size_t passed, take_fn take,
                                void *take_context, size_t *ret_taken, size_t *ret_torn)
{
    tl_autofree uint8_t *data = NULL;
    size_t size;
    struct tl_journal_reader reader;
    struct tl_bytes sealed;
    char context[64];
    enum tl_error error = read_file(journal, &data, &size);
    if (!error)
        error = tl_journal_reader_open(tl_bytes(data, size), &reader);
    if (error)
        return error == TL_ERROR_FORMAT ? TL_ERROR_IO : error;
    while ((error = tl_journal_reader_next(&reader, &sealed)) == TL_OK) {
        uint8_t *plain = NULL;
        size_t plain_size;
        if (reader.records <= passed)
            continue;
        write_context(journal, reader.records - 1, context);
        /* Sealed by another key or moved: passed over, the others still count. */
        if (tl_unseal_with(journal->key, tl_text(context), sealed, &plain, &plain_size)) {
            journal->rotten += sealed.size;
            ++*ret_taken;
            continue;
        }
        error = take(take_context, tl_bytes(plain, plain_size));
        tl_secret_wipe(plain, plain_size);
        free(plain);
        if (error) /* one of its own, never mistaken for the end */
            return error == TL_ERROR_MISSING || error == TL_ERROR_FORMAT ? TL_ERROR_IO : error;
        ++*ret_taken;
    }
    *ret_torn = size - reader.at;
    return error;
}

enum tl_error tl_journal_replay(struct tl_journal *journal, take_fn take, void *context)
{
    size_t torn = 0;
    if (!journal->count)
        return TL_OK;
    enum tl_error error =
        go_through(journal, journal->taken, take, context, &journal->taken, &torn);
    if (error != TL_ERROR_MISSING && error != TL_ERROR_FORMAT)
        return error;
    journal->rotten += torn;
    return tl_journal_empty(journal);
}

enum tl_error tl_journal_each(struct tl_journal *journal, take_fn take, void *context)
{
    size_t taken = 0, torn = 0;
    enum tl_error error = go_through(journal, 0, take, context, &taken, &torn);
    return error == TL_ERROR_MISSING || error == TL_ERROR_FORMAT ? TL_OK : error;
}

enum tl_error tl_journal_look(const char *folder, const char *kind, int index,
                              const uint8_t key[TL_SEAL_KEY_SIZE], take_fn take, void *context)
{
    struct tl_journal journal = { .index = index };
    memcpy(journal.key, key, sizeof journal.key);
    snprintf(journal.kind, sizeof journal.kind, "%s", kind);
    snprintf(journal.path, sizeof journal.path, "%s/api-%d.%s", folder, index, kind);
    journal.fd = open(journal.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum tl_error error = journal.fd >= 0   ? tl_journal_each(&journal, take, context)
                          : errno == ENOENT ? TL_ERROR_MISSING
                                            : TL_ERROR_IO;
    if (journal.fd >= 0)
        close(journal.fd);
    tl_secret_wipe(&journal, sizeof journal);
    return error;
}
