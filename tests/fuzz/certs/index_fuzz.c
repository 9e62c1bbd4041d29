/* Any bytes as an index, then read back from what is written. */
#include <stdlib.h>

#include "certs/issued.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_index index, again;
    char *text;
    size_t text_size;
    if (tl_index_read(tl_bytes(data, size), &index) != TL_OK)
        return 0;
    if (tl_index_write(&index, &text, &text_size) != TL_OK ||
        tl_index_read(tl_bytes(text, text_size), &again) != TL_OK || again.count != index.count)
        abort();
    free(text);
    tl_index_free(&again);
    tl_index_free(&index);
    return 0;
}
