/* One datagram of a channel, as any role may receive it from a role gone wrong. */
#include <stdlib.h>

#include "base/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_channel_message message;
    if (tl_channel_message_read(tl_bytes(data, size), &message) == TL_OK) {
        uint8_t header[TL_CHANNEL_HEADER_SIZE];
        if (tl_channel_message_header(&message, header) != TL_OK ||
            memcmp(header, data, sizeof header) != 0)
            abort(); /* what is read is written back the same */
    }
    return 0;
}
