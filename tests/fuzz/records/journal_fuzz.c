/* A journal file of any content: the reader ends, never past the file, and gives only records
 * whose checksum holds. */
#include <stdlib.h>

#include "journal/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[TL_SEAL_KEY_SIZE];
    struct tl_journal_reader reader;
    struct tl_bytes sealed;
    if (tl_journal_reader_open(tl_bytes(data, size), &reader))
        return 0;
    while (tl_journal_reader_next(&reader, &sealed) == TL_OK) {
        uint8_t *plain = NULL;
        size_t plain_size;
        if (reader.at > size || sealed.size > TL_JOURNAL_RECORD_LIMIT)
            abort();
        if (tl_unseal_with(key, TL_TEXT("journal 0 0"), sealed, &plain, &plain_size) == TL_OK)
            free(plain);
    }
    return 0;
}
