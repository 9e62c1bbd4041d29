#include "journal/journal.h"

/* CRC-32C (RFC 3720 appendix B.4), bit by bit: journals are small and rare. */
uint32_t tl_crc32c(struct tl_bytes bytes)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
    }
    return ~crc;
}

enum tl_error tl_journal_reader_open(struct tl_bytes file, struct tl_journal_reader *ret_reader)
{
    struct tl_journal_reader reader = { .file = file };
    if (file.size) {
        struct tl_reader r = tl_reader(file);
        struct tl_bytes magic = tl_read_bytes(&r, 4);
        uint32_t zero = tl_read_u32(&r);
        if (r.failed || !tl_bytes_equal(magic, tl_bytes("TLJ1", 4)) || zero != 0)
            return TL_ERROR_FORMAT;
        reader.at = TL_JOURNAL_HEADER_SIZE;
    }
    *ret_reader = reader;
    return TL_OK;
}

enum tl_error tl_journal_reader_next(struct tl_journal_reader *reader,
                                     struct tl_bytes *ret_sealed)
{
    size_t left = reader->file.size - reader->at;
    if (!left)
        return TL_ERROR_MISSING;
    struct tl_reader r = tl_reader(tl_bytes(reader->file.data + reader->at, left));
    uint32_t size = tl_read_u32(&r);
    uint32_t crc = tl_read_u32(&r);
    if (r.failed || size == 0 || size > TL_JOURNAL_RECORD_LIMIT)
        return TL_ERROR_FORMAT;
    struct tl_bytes sealed = tl_read_bytes(&r, size);
    if (r.failed || tl_crc32c(sealed) != crc)
        return TL_ERROR_FORMAT;
    reader->at += TL_JOURNAL_RECORD_HEADER_SIZE + size;
    reader->records++;
    *ret_sealed = sealed;
    return TL_OK;
}
