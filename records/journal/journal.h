/* The journal: session events kept on disk while PostgreSQL is away. One file a worker; another of
 * the same form, of kind "refused", holds those that can never be recorded, for a person to read.
 *
 *     file header   "TLJ1" | u32 0
 *     record        u32 size of sealed | u32 CRC-32C of sealed | sealed
 *     sealed        AES-256-GCM (base/seal.h), context "<kind> <index> <record number>"
 *
 * The checksum tells a torn or rotten record without the key; the context keeps records from being
 * moved, repeated or put into another worker's file. The reader is pure; the rest is the file. */
#ifndef TL_RECORDS_JOURNAL_H
#define TL_RECORDS_JOURNAL_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/seal.h"

enum {
    TL_JOURNAL_HEADER_SIZE = 8,
    TL_JOURNAL_RECORD_HEADER_SIZE = 8,
    TL_JOURNAL_RECORD_LIMIT = 65536 + TL_SEAL_SECRET_OVERHEAD,
    TL_JOURNAL_FILE_LIMIT = 16 * 1024 * 1024
};

/* ---- the reader, pure ---- */

struct tl_journal_reader {
    struct tl_bytes file;
    size_t at;      /* of the next record; once the end is reached, of the good part's end */
    size_t records; /* read so far */
};

uint32_t tl_crc32c(struct tl_bytes bytes);
/* TL_ERROR_FORMAT when it is not a journal. An empty file is an empty journal. */
enum tl_error tl_journal_reader_open(struct tl_bytes file,
                                     struct tl_journal_reader *ret_reader);
/* The next sealed record. TL_ERROR_MISSING at the clean end; TL_ERROR_FORMAT at a torn or rotten
 * record: what follows it cannot be trusted, the good part ends at reader->at. */
enum tl_error tl_journal_reader_next(struct tl_journal_reader *reader,
                                     struct tl_bytes *ret_sealed);

/* ---- the file ---- */

struct tl_journal;

/* Opens or makes folder/api-INDEX.KIND ("journal", "refused"), cuts a torn last record, counts what is there.
 * limit_bytes 0: TL_JOURNAL_FILE_LIMIT. TL_ERROR_IO. */
enum tl_error tl_journal_open(const char *folder, const char *kind, int index,
                              const uint8_t key[TL_SEAL_KEY_SIZE], size_t limit_bytes,
                              struct tl_journal **ret_journal);
struct tl_journal *tl_journal_free(struct tl_journal *journal);
/* Records not yet taken by a replay. */
size_t tl_journal_count(const struct tl_journal *journal);
/* Rotten bytes met and set aside since opening, for metrics. */
size_t tl_journal_rotten(const struct tl_journal *journal);

/* On disk (fsync) when it gives TL_OK. TL_ERROR_LIMIT: full; TL_ERROR_IO: the disk refused, and
 * the file is as it was before. */
enum tl_error tl_journal_append(struct tl_journal *journal, struct tl_bytes plain);
/* Each record in order, from the first, and all of them stay; stops at the first error of take. */
enum tl_error tl_journal_each(struct tl_journal *journal,
                              enum tl_error (*take)(void *context, struct tl_bytes plain),
                              void *context);
enum tl_error tl_journal_empty(struct tl_journal *journal);
/* The same of a file another process may be writing to; nothing of it is changed. TL_ERROR_MISSING:
 * there is none. */
enum tl_error tl_journal_look(const char *folder, const char *kind, int index,
                              const uint8_t key[TL_SEAL_KEY_SIZE],
                              enum tl_error (*take)(void *context, struct tl_bytes plain),
                              void *context);
/* Gives each record in order to take; stops at the first error of take and gives it. When all were
 * taken, the journal is emptied. The next replay goes on where this one stopped; after a restart
 * all are given again: take must know a repeat. */
enum tl_error tl_journal_replay(struct tl_journal *journal,
                                enum tl_error (*take)(void *context, struct tl_bytes plain),
                                void *context);

#endif
