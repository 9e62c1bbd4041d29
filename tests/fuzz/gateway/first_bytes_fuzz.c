/* The first bytes of a connection: a verdict once given stays, however much more comes. */
#include <stdlib.h>
#include <string.h>

#include "door/first_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TL_FIRST_BYTES_LIMIT)
        return 0;
    enum tl_first_bytes verdict = TL_FIRST_BYTES_MORE;
    unsigned relay = 0;
    size_t step = 1 + size / 64;
    for (size_t seen = 0; seen <= size; seen += step) {
        unsigned now_relay = 0;
        uint8_t *copy = malloc(seen ? seen : 1); /* a read past the end is seen */
        if (!copy)
            abort();
        memcpy(copy, data, seen);
        enum tl_first_bytes now =
            tl_first_bytes_sort(tl_bytes(copy, seen), "turn.example.fr", &now_relay);
        free(copy);
        if (verdict != TL_FIRST_BYTES_MORE && (now != verdict || now_relay != relay))
            abort();
        verdict = now;
        relay = now_relay;
        if (relay > 255)
            abort();
    }
    return 0;
}
