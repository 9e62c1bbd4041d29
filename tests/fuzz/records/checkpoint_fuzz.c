/* A line of the checkpoints' file of any content, believed and not: the reader ends, and never takes
 * one that is not signed. */
#include <stdlib.h>

#include "audit/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[TL_CHECKPOINT_KEY_SIZE];
    static uint8_t public_key[TL_CHECKPOINT_KEY_SIZE];
    static bool made;
    static struct tl_checkpoint checkpoint;
    struct tl_text line = { (const char *)data, size };
    if (!made)
        made = tl_checkpoint_public_key(seed, public_key) == TL_OK;
    if (tl_checkpoint_read(line, NULL, &checkpoint) == TL_OK &&
        (checkpoint.head_count > TL_CHECKPOINT_HEADS_LIMIT || !checkpoint.number))
        abort();
    if (tl_checkpoint_read(line, public_key, &checkpoint) == TL_OK) {
        /* only what this key has signed: written again it is the same line */
        char *again = NULL;
        size_t again_size;
        if (tl_checkpoint_write(&checkpoint, seed, &again, &again_size) == TL_OK)
            free(again);
    }
    return 0;
}
