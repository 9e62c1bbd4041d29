/* Datagrams in a stream: however it is cut, the same datagrams come out. The first byte says how
 * long the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "media/deframer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A digest of what comes out, so that two ways can be compared. */
static uint64_t run(const uint8_t *data, size_t size, size_t piece_size)
{
    static struct tl_deframer deframer;
    uint64_t digest = 14695981039346656037u;
    deframer.used = 0;
    while (size) {
        size_t take = size < piece_size ? size : piece_size, left = take, length;
        uint8_t *piece = malloc(take), *at = piece, *frame;
        if (!piece)
            abort();
        memcpy(piece, data, take);
        enum tl_error error;
        while ((error = tl_deframer_next(&deframer, &at, &left, &frame, &length)) == TL_OK) {
            if (length == 0 || length > TL_FRAME_LIMIT)
                abort();
            for (size_t i = 0; i < length; i++)
                digest = (digest ^ frame[i]) * 1099511628211u;
            digest = (digest ^ length << 8) * 1099511628211u;
            frame[0] ^= 1; /* receivers write to it */
        }
        free(piece);
        if (error == TL_ERROR_FORMAT)
            return digest ^ 1;
        if (error != TL_ERROR_AGAIN || left)
            abort();
        data += take;
        size -= take;
    }
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t piece = 1 + data[0];
    if (run(data + 1, size - 1, piece) != run(data + 1, size - 1, size))
        abort();
    return 0;
}
